// Generated from the declarations that the build makes: npm run gen. A change here is a change of the public API.
import { FileName } from './enclave.js';
import { Platform } from './embed.js';
import { PlatformThread } from './embed.js';
export type { AbortSignalLike } from './enclave.js';
export type { AotAbility } from './aot.js';
export type { AotFault } from './aot.js';
export type { AotHeader } from './aot.js';
export type { AotModule } from './aot.js';
export type { AotOptions } from './aot.js';
export type { AotTarget } from './aot.js';
export type { AsyncCallOptions } from './embed.js';
export type { AsyncCommands } from './enclave.js';
export type { CallOptions } from './embed.js';
export type { Consumption } from './webassembly.js';
export type { CreateEnclaveOptions } from './enclave.js';
export type { CreatePoolOptions } from './enclave.js';
export type { DestroyReport } from './embed.js';
export type { Enclave } from './enclave.js';
export type { EnclaveCore } from './enclave.js';
export type { EnclaveFailure } from './enclave.js';
export type { EnclavePool } from './enclave.js';
export type { ErrnoName } from './libraries.js';
export type { ExecEnv } from './embed.js';
export type { ExtismPluginOptions } from './plugin.js';
export type { FileClock } from './libraries.js';
export type { FileName } from './enclave.js';
export type { FileStat } from './libraries.js';
export type { FileSystem } from './libraries.js';
export type { FileType } from './libraries.js';
export type { FixedClockOptions } from './libraries.js';
export type { Frame } from './embed.js';
export type { GuestAddress } from './enclave.js';
export type { GuestPointer } from './embed.js';
export type { GuestReference } from './enclave.js';
export type { Handle } from './enclave.js';
export type { HostReference } from './enclave.js';
export type { HostServices } from './enclave.js';
export type { Imports } from './embed.js';
export type { InputCallback } from './libraries.js';
export type { InputOption } from './libraries.js';
export type { InputService } from './enclave.js';
export type { InstallOptions } from './webassembly.js';
export type { InstantiateOptions } from './embed.js';
export type { JobPreopen } from './enclave.js';
export type { Lease } from './enclave.js';
export type { Library } from './libraries.js';
export type { LibraryExterns } from './libraries.js';
export type { LimitName } from './embed.js';
export type { LimitOptions } from './embed.js';
export type { Listing } from './libraries.js';
export type { LoadOptions } from './embed.js';
export type { MemoryFileSystemOptions } from './libraries.js';
export type { MemoryPayer } from './libraries.js';
export type { MemoryTree } from './libraries.js';
export type { NamespaceControl } from './webassembly.js';
export type { NamespaceHost } from './webassembly.js';
export type { NamespaceLimits } from './webassembly.js';
export type { NamespaceOptions } from './webassembly.js';
export type { NamespaceTotals } from './webassembly.js';
export type { NativeCaller } from './enclave.js';
export type { NativeDefinition } from './enclave.js';
export type { NativeSymbol } from './embed.js';
export type { NativeTable } from './enclave.js';
export type { NetworkOptions } from './libraries.js';
export type { NodeReadable } from './libraries.js';
export type { NodeWritable } from './libraries.js';
export type { ObservedPacket } from './enclave.js';
export type { Observer } from './embed.js';
export type { OpenDirectory } from './libraries.js';
export type { OpenFile } from './libraries.js';
export type { OpenHow } from './libraries.js';
export type { OpenNode } from './libraries.js';
export type { OsFiles } from './libraries.js';
export type { OutputCallback } from './libraries.js';
export type { OutputOption } from './libraries.js';
export type { OutputService } from './enclave.js';
export type { PacketObserver } from './enclave.js';
export type { PluginCallOptions } from './plugin.js';
export type { PluginConvention } from './plugin.js';
export type { PluginFault } from './plugin.js';
export type { PluginFunctionResult } from './plugin.js';
export type { PluginInput } from './plugin.js';
export type { PluginJob } from './enclave.js';
export type { PluginJobOutput } from './enclave.js';
export type { PluginNative } from './plugin.js';
export type { PluginRequest } from './plugin.js';
export type { PluginResponse } from './plugin.js';
export type { PluginSettings } from './plugin.js';
export type { PluginWasi } from './plugin.js';
export type { PoolProgram } from './enclave.js';
export type { PoolSettings } from './enclave.js';
export type { PoolStatus } from './enclave.js';
export type { Preopen } from './libraries.js';
export type { PreparedJob } from './enclave.js';
export type { ProcessSettings } from './enclave.js';
export type { ProgramInput } from './enclave.js';
export type { ProgramJob } from './enclave.js';
export type { ProgramOptions } from './enclave.js';
export type { ProgramOutput } from './enclave.js';
export type { RandomFill } from './libraries.js';
export type { Readiness } from './libraries.js';
export type { RunningMode } from './embed.js';
export type { RuntimeHost } from './embed.js';
export type { RuntimeInitArgs } from './embed.js';
export type { RuntimeLimitOptions } from './embed.js';
export type { Source } from './enclave.js';
export type { StreamEmitter } from './libraries.js';
export type { StreamInput } from './libraries.js';
export type { StreamOutput } from './libraries.js';
export type { SyncCallOptions } from './enclave.js';
export type { SyncCommands } from './enclave.js';
export type { TenantBudget } from './enclave.js';
export type { TenantUsage } from './enclave.js';
export type { TransportName } from './enclave.js';
export type { TransportOptions } from './enclave.js';
export type { TrustedSettings } from './enclave.js';
export type { Usage } from './embed.js';
export type { UsageListener } from './enclave.js';
export type { WasiClock } from './libraries.js';
export type { WasiOptions } from './libraries.js';
export type { WasmExtern } from './embed.js';
export type { WasmGlobal } from './embed.js';
export type { WasmMemory } from './embed.js';
export type { WasmSharedMemory } from './embed.js';
export type { WasmTable } from './embed.js';
export type { WasmTag } from './embed.js';
export type { WasmValue } from './embed.js';
export type { WebReadable } from './libraries.js';
export type { WebWritable } from './libraries.js';
export type { WireValue } from './enclave.js';
export type { WorkOptions } from './enclave.js';
export type { WorkerSettings } from './enclave.js';
export { ALL_LIBRARIES } from './libraries.js';
export { AotError } from './aot.js';
export { EnclasmError } from './embed.js';
export { EnclaveError } from './enclave.js';
export { ExitError } from './embed.js';
export { FileError } from './libraries.js';
export { GuestException } from './enclave.js';
export { InitError } from './embed.js';
export { InternalError } from './embed.js';
export { InvalidError } from './embed.js';
export { LimitError } from './embed.js';
export { LinkError } from './embed.js';
export { MalformedError } from './embed.js';
export { MemoryFileSystem } from './libraries.js';
export { OtherError } from './enclave.js';
export { OutputSink } from './libraries.js';
export { Plugin } from './plugin.js';
export { PluginEnclave } from './plugin.js';
export { PluginError } from './plugin.js';
export { PluginOptions } from './plugin.js';
export { PluginOutput } from './plugin.js';
export { ProtocolError } from './enclave.js';
export { Runtime } from './index.js';
export { SymbolicLink } from './libraries.js';
export { TRANSPORT_NAMES } from './enclave.js';
export { Trap } from './embed.js';
export { UntrustedFailure } from './enclave.js';
export { UsageError } from './embed.js';
export { VERSION } from './embed.js';
export { WasmException } from './embed.js';
export { WasmFunction } from './embed.js';
export { WasmInstance } from './embed.js';
export { WasmModule } from './embed.js';
export { WasmThread } from './embed.js';
export { aotEngine } from './aot.js';
export { checkAotText } from './aot.js';
export { compileToModule } from './aot.js';
export { createEnclave } from './enclave.js';
export { createEnclavePool } from './enclave.js';
export { createEnclaveSync } from './enclave.js';
export { createPlugin } from './plugin.js';
export { createWebAssembly } from './webassembly.js';
export { defaultEngines } from './index.js';
export { defaultHost } from './index.js';
export { enclasmOf } from './webassembly.js';
export { functionsLeftOut } from './aot.js';
export { installWebAssembly } from './webassembly.js';
export { instanceOf } from './embed.js';
export { isAotText } from './aot.js';
export { libPthread } from './libraries.js';
export { libcBuiltin } from './libraries.js';
export { loadAot } from './aot.js';
export { nodePlatform } from './index.js';
export { spectest } from './libraries.js';
export { wasi } from './libraries.js';
export { wasiThreads } from './libraries.js';

/** Workers for threads of guests, which all runtimes of one platform take in turn. */
export interface ThreadWorkers {
    /** One of them, until it is ended. @throws LimitError where none stands ready */
    take(onMessage: () => void): PlatformThread;
}

/**
 * Starts workers for threads of guests, for a `webPlatform` in a worker of a page that is isolated from other origins. A browser starts none while a guest
 * runs, so they stand ready before.
 * @param count one for each thread that runs at once, and one for each guest with threads
 * @param entry the URL of 'enclasm/web/thread-main.js'; default: where this package has it
 * @throws UsageError on a page, and where no memory can be shared
 * @throws ThreadsUnsupportedError where one of them cannot be started: those that are up end
 */
export declare function startThreadWorkers(count: number, entry?: FileName): Promise<ThreadWorkers>;

/**
 * Makes that platform.
 * @param log takes each line of the log; the console unless given
 * @param threads workers for threads of guests; none unless given
 */
export declare function webPlatform(log?: (line: string) => void, threads?: ThreadWorkers): Platform;

export {};
