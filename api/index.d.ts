// Generated from the declarations that the build makes: npm run gen. A change here is a change of the public API.
import { Engine } from './embed.js';
import { OsFiles } from './libraries.js';
import { PlatformWithFiles } from './embed.js';
import { Runtime as EmbedRuntime } from './embed.js';
import { RuntimeHost } from './embed.js';
import { RuntimeInitArgs } from './embed.js';
export type { AsyncCallOptions } from './embed.js';
export type { CallOptions } from './embed.js';
export type { DestroyReport } from './embed.js';
export type { ExecEnv } from './embed.js';
export type { Frame } from './embed.js';
export type { GuestPointer } from './embed.js';
export type { Imports } from './embed.js';
export type { InstantiateOptions } from './embed.js';
export type { LimitName } from './embed.js';
export type { LimitOptions } from './embed.js';
export type { LoadOptions } from './embed.js';
export type { NativeSymbol } from './embed.js';
export type { Observer } from './embed.js';
export type { Preopen } from './libraries.js';
export type { RunningMode } from './embed.js';
export type { RuntimeHost } from './embed.js';
export type { RuntimeInitArgs } from './embed.js';
export type { RuntimeLimitOptions } from './embed.js';
export type { Usage } from './embed.js';
export type { WasiOptions } from './libraries.js';
export type { WasmExtern } from './embed.js';
export type { WasmGlobal } from './embed.js';
export type { WasmMemory } from './embed.js';
export type { WasmSharedMemory } from './embed.js';
export type { WasmTable } from './embed.js';
export type { WasmTag } from './embed.js';
export type { WasmValue } from './embed.js';
export { EnclasmError } from './embed.js';
export { ExitError } from './embed.js';
export { InitError } from './embed.js';
export { InternalError } from './embed.js';
export { InvalidError } from './embed.js';
export { LimitError } from './embed.js';
export { LinkError } from './embed.js';
export { MalformedError } from './embed.js';
export { Trap } from './embed.js';
export { UsageError } from './embed.js';
export { VERSION } from './embed.js';
export { WasmException } from './embed.js';
export { WasmFunction } from './embed.js';
export { WasmInstance } from './embed.js';
export { WasmModule } from './embed.js';
export { WasmThread } from './embed.js';
export { instanceOf } from './embed.js';

/**
 * A runtime: WAMR's `wasm_runtime_*` functions as methods. It owns its memory, natives, engines, modules and instances; two of them share
 * nothing. This one runs on Node, Bun, Deno and in browsers; `enclasm/embed` has the class for a platform of your own.
 */
export declare class Runtime extends EmbedRuntime {
    /**
     * Initialises a runtime, step by step as `wasm_runtime_full_init` does; `Runtime.init(args, host)` is the same.
     * @param args memory, natives, limits and mode; each has a default
     * @param host what it runs on; default: the platform of this JavaScript environment, all engines and all libraries
     * @throws UsageError for wrong arguments
     * @throws InitError with `step` and `cause` when a step failed; the others have been undone
     */
    constructor(args?: RuntimeInitArgs, host?: RuntimeHost);
    /**
     * Initialises a runtime, step by step as `wasm_runtime_full_init` does.
     * @param args memory, natives, limits and mode; each has a default
     * @param host what it runs on; default: the platform of this JavaScript environment, all engines and all libraries
     * @throws UsageError for wrong arguments
     * @throws InitError with `step` and `cause` when a step failed; the others have been undone
     */
    static init(args?: RuntimeInitArgs, host?: RuntimeHost): Runtime;
}

/** Makes engines for one runtime: `host`, `jit` and `interp`, in the order that mode 'auto' prefers. */
export declare function defaultEngines(): Engine[];

/**
 * The host that `Runtime.init` uses by default: the platform of this JavaScript environment, all engines, all libraries.
 * @param log takes each line of the log; standard error unless given, in a browser the console
 */
export declare function defaultHost(log?: (line: string) => void): RuntimeHost;

/**
 * Node, Bun or Deno as a platform: clocks, randomness, log, files, and a network for WASI's sockets.
 * @param log takes each line of the log; standard error unless given
 * @param codeCache a folder where the code is kept that V8 makes of the file which workers for threads of guests run, so that they start in about half the
 * time: an absolute path. Every program that can write there can run code here. Default: none is kept
 */
export declare function nodePlatform(log?: (line: string) => void, codeCache?: string): PlatformWithFiles & OsFiles;

export {};
