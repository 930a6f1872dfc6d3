// Generated from the declarations that the build makes: npm run gen. A change here is a change of the public API.
/// <reference lib="esnext.disposable" />
import { DeadlineChoice } from './embed.js';
import { EnclasmError } from './embed.js';
import { FileSystem } from './libraries.js';
import { LimitOptions } from './embed.js';
import { LogLevel } from './embed.js';
import { ModeChoice } from './embed.js';
import { NetworkOptions } from './libraries.js';
import { OpenFile } from './libraries.js';
import { RuntimeLimitOptions } from './embed.js';
import { StreamInput } from './libraries.js';
import { StreamOutput } from './libraries.js';
import { ThreadsChoice } from './embed.js';
import { Usage } from './embed.js';

declare const KIND_OF_HANDLE: unique symbol;
/** A signal like AbortSignal; where the JavaScript environment has none, an object of the embedder's will do. */
export interface AbortSignalLike {
    /** Whether it was aborted. */
    readonly aborted: boolean;
    /** Why it was aborted: the `cause` of the error. */
    readonly reason?: unknown;
    /** Registers a listener that is called when it is aborted. */
    addEventListener(type: 'abort', listener: () => void): void;
    /** Removes a listener. */
    removeEventListener(type: 'abort', listener: () => void): void;
}

/** Commands as methods, with the text of their rows; the argument may be left out where the row has none. */
export type AsyncCommands = {
    /** Initialises the runtime: memory, environment, natives, thread limit. A second one without destroy is an error. */
    readonly initRuntime: (args?: {
        readonly options?: {
            readonly natives?: readonly ({
                readonly moduleName: string;
                readonly symbols: readonly ({
                    readonly symbol: string;
                    readonly id: number;
                    readonly signature?: string | undefined;
                    readonly async?: boolean | undefined;
                })[];
            })[] | undefined;
            readonly moduleReader?: boolean | undefined;
            readonly maxThreadNum?: number | undefined;
            readonly runningMode?: ModeChoice | undefined;
            readonly limits?: RuntimeLimitOptions | undefined;
            readonly logLevel?: LogLevel | undefined;
            readonly memAllocType?: 'allocator' | 'pool' | 'system' | undefined;
            readonly heapSize?: number | undefined;
        } | undefined;
    } | undefined, options?: CallOptions | undefined) => Promise<{}>;
    /** Decodes and validates a module. */
    readonly loadModule: (args: {
        readonly bytes: Uint8Array<ArrayBuffer | SharedArrayBuffer>;
        readonly name?: string | undefined;
    }, options?: CallOptions | undefined) => Promise<{
        readonly module: Handle<'module'>;
    }>;
    /** Makes an instance under its limits; the start function runs. `limits` hold for all of that together. */
    readonly instantiateModule: (args: {
        readonly module: Handle<'module'>;
        readonly options?: {
            readonly natives?: readonly ({
                readonly moduleName: string;
                readonly symbols: readonly ({
                    readonly symbol: string;
                    readonly id: number;
                    readonly signature?: string | undefined;
                    readonly async?: boolean | undefined;
                })[];
            })[] | undefined;
            readonly limits?: LimitOptions | undefined;
            readonly heapSize?: number | undefined;
            readonly threads?: ThreadsChoice | undefined;
            readonly deadline?: DeadlineChoice | undefined;
            readonly name?: string | undefined;
            readonly stackSize?: number | undefined;
            readonly maxMemoryPages?: number | undefined;
            readonly mode?: ModeChoice | undefined;
            readonly deterministic?: boolean | undefined;
            readonly metered?: boolean | undefined;
            readonly interruptible?: boolean | undefined;
            readonly strictLinking?: boolean | undefined;
            readonly seed?: number | undefined;
        } | undefined;
        readonly limits?: {
            readonly fuel?: number | undefined;
            readonly timeoutMs?: number | undefined;
        } | undefined;
    }, options?: CallOptions | undefined) => Promise<{
        readonly instance: Handle<'instance'>;
        readonly mode: ModeChoice;
        readonly modeReason: string;
        readonly usage?: {
            readonly fuel: number | undefined;
            readonly wallMs: number;
            readonly memoryBytes: number;
            readonly peakMemoryBytes: number;
            readonly hostCalls: number;
            readonly bytesRead: number;
            readonly bytesWritten: number;
            readonly threads: number | undefined;
            readonly peakThreads: number | undefined;
            readonly schedule: number | undefined;
        } | undefined;
    }>;
    /** Finds an exported function. A name that no export has is not an error. */
    readonly lookupFunction: (args: {
        readonly instance: Handle<'instance'>;
        readonly name: string;
    }, options?: CallOptions | undefined) => Promise<{
        readonly params: readonly string[];
        readonly results: readonly string[];
        readonly function?: Handle<'function'> | undefined;
    }>;
    /** Makes a thread of execution for an instance. */
    readonly createExecEnv: (args: {
        readonly instance: Handle<'instance'>;
        readonly stackSize?: number | undefined;
    }, options?: CallOptions | undefined) => Promise<{
        readonly execEnv: Handle<'execEnv'>;
    }>;
    /** Calls a function with typed values. */
    readonly callWasm: (args: {
        readonly function: Handle<'function'>;
        readonly execEnv: Handle<'execEnv'>;
        readonly values: readonly WireValue[];
        readonly limits?: {
            readonly fuel?: number | undefined;
            readonly timeoutMs?: number | undefined;
        } | undefined;
    }, options?: CallOptions | undefined) => Promise<{
        readonly values: readonly WireValue[];
        readonly usage?: {
            readonly fuel: number | undefined;
            readonly wallMs: number;
            readonly memoryBytes: number;
            readonly peakMemoryBytes: number;
            readonly hostCalls: number;
            readonly bytesRead: number;
            readonly bytesWritten: number;
            readonly threads: number | undefined;
            readonly peakThreads: number | undefined;
            readonly schedule: number | undefined;
        } | undefined;
    }>;
    /** Calls an exported function with arguments as text, results as text. */
    readonly execAppFunc: (args: {
        readonly instance: Handle<'instance'>;
        readonly name: string;
        readonly argv: readonly string[];
        readonly limits?: {
            readonly fuel?: number | undefined;
            readonly timeoutMs?: number | undefined;
        } | undefined;
    }, options?: CallOptions | undefined) => Promise<{
        readonly results: readonly string[];
        readonly usage?: {
            readonly fuel: number | undefined;
            readonly wallMs: number;
            readonly memoryBytes: number;
            readonly peakMemoryBytes: number;
            readonly hostCalls: number;
            readonly bytesRead: number;
            readonly bytesWritten: number;
            readonly threads: number | undefined;
            readonly peakThreads: number | undefined;
            readonly schedule: number | undefined;
        } | undefined;
    }>;
    /** Runs the program's main function; the exit code is the guest's own. */
    readonly execAppMain: (args: {
        readonly instance: Handle<'instance'>;
        readonly argv: readonly string[];
        readonly limits?: {
            readonly fuel?: number | undefined;
            readonly timeoutMs?: number | undefined;
        } | undefined;
    }, options?: CallOptions | undefined) => Promise<{
        readonly exitCode: number;
        readonly refused?: string | undefined;
        readonly usage?: {
            readonly fuel: number | undefined;
            readonly wallMs: number;
            readonly memoryBytes: number;
            readonly peakMemoryBytes: number;
            readonly hostCalls: number;
            readonly bytesRead: number;
            readonly bytesWritten: number;
            readonly threads: number | undefined;
            readonly peakThreads: number | undefined;
            readonly schedule: number | undefined;
        } | undefined;
    }>;
    /** The text of the instance's exception, or none; beyond 16,384 characters it is cut. */
    readonly getException: (args: {
        readonly instance: Handle<'instance'>;
    }, options?: CallOptions | undefined) => Promise<{
        readonly exception?: string | undefined;
    }>;
    /** Ends an instance and the handles that belong to it. Refused while it runs. */
    readonly deinstantiateModule: (args: {
        readonly instance: Handle<'instance'>;
    }, options?: CallOptions | undefined) => Promise<{}>;
    /** Frees a module. Refused while it has instances. */
    readonly unloadModule: (args: {
        readonly module: Handle<'module'>;
    }, options?: CallOptions | undefined) => Promise<{}>;
    /** Ends everything; says what was still alive. Every handle dies. Refused from inside a call. */
    readonly destroyRuntime: (args?: {} | undefined, options?: CallOptions | undefined) => Promise<{
        readonly report: {
            readonly instances: number;
            readonly threads: number;
            readonly modules: number;
            readonly execEnvs: number;
            readonly leakedBytes: number;
        };
    }>;
    /** Sets what instances that are made of the module from now on see through WASI. Replaces what was set before. */
    readonly setWasiArgs: (args: {
        readonly options: {
            readonly args?: readonly string[] | undefined;
            readonly addressPool?: readonly string[] | undefined;
            readonly allowResolve?: readonly string[] | undefined;
            readonly env?: readonly string[] | undefined;
            readonly preopens?: readonly {
                readonly guestPath: string;
                readonly grant: number;
                readonly readOnly: boolean;
            }[] | undefined;
            readonly stdin?: 'called' | 'closed' | 'host' | undefined;
            readonly stdout?: 'called' | 'closed' | 'host' | undefined;
            readonly stderr?: 'called' | 'closed' | 'host' | undefined;
        };
        readonly module: Handle<'module'>;
    }, options?: CallOptions | undefined) => Promise<{}>;
    /** Sets what is logged, before or after init. */
    readonly setLogLevel: (args: {
        readonly level: LogLevel;
    }, options?: CallOptions | undefined) => Promise<{}>;
    /** The version of the trusted side. */
    readonly getVersion: (args?: {} | undefined, options?: CallOptions | undefined) => Promise<{
        readonly major: number;
        readonly minor: number;
        readonly patch: number;
    }>;
    /** First command: agrees on the protocol. `epoch` counts restarts, so that handles of a dead enclave stay dead. The other two are the most bytes that the untrusted side takes: in a packet, and as the arguments of one native. */
    readonly handshake: (args: {
        readonly protocolVersion: number;
        readonly epoch: number;
        readonly maxPacketBytes: number;
        readonly maxNativeBytes: number;
    }, options?: CallOptions | undefined) => Promise<{
        readonly platform: string;
        readonly protocolVersion: number;
    }>;
    /** Answers with the numbers it was sent. Each packet has 64 bytes. */
    readonly ping: (args: {
        readonly a: number;
        readonly b: number;
        readonly c: number;
        readonly d: number;
    }, options?: CallOptions | undefined) => Promise<{
        readonly a: number;
        readonly b: number;
        readonly c: number;
        readonly d: number;
    }>;
    /** Answers with the bytes it was sent. */
    readonly echo: (args: {
        readonly bytes: Uint8Array<ArrayBuffer | SharedArrayBuffer>;
    }, options?: CallOptions | undefined) => Promise<{
        readonly bytes: Uint8Array<ArrayBuffer | SharedArrayBuffer>;
    }>;
    /** What an instance has used since it was made. */
    readonly getUsage: (args: {
        readonly instance: Handle<'instance'>;
    }, options?: CallOptions | undefined) => Promise<{
        readonly usage: {
            readonly fuel: number | undefined;
            readonly wallMs: number;
            readonly memoryBytes: number;
            readonly peakMemoryBytes: number;
            readonly hostCalls: number;
            readonly bytesRead: number;
            readonly bytesWritten: number;
            readonly threads: number | undefined;
            readonly peakThreads: number | undefined;
            readonly schedule: number | undefined;
        };
    }>;
    /** Total, free and highest use of the pool in bytes; none without a pool. */
    readonly getMemAllocInfo: (args?: {} | undefined, options?: CallOptions | undefined) => Promise<{
        readonly info?: {
            readonly total: number;
            readonly totalFree: number;
            readonly highmark: number;
        } | undefined;
    }>;
    /** Ends a thread of execution. */
    readonly destroyExecEnv: (args: {
        readonly execEnv: Handle<'execEnv'>;
    }, options?: CallOptions | undefined) => Promise<{}>;
    /** Sets the exception of an instance. */
    readonly setException: (args: {
        readonly instance: Handle<'instance'>;
        readonly exception: string;
    }, options?: CallOptions | undefined) => Promise<{}>;
    /** Clears the exception of an instance. */
    readonly clearException: (args: {
        readonly instance: Handle<'instance'>;
    }, options?: CallOptions | undefined) => Promise<{}>;
    /** Makes a running instance stop with "terminated by user": sent from inside an ocall. */
    readonly terminate: (args: {
        readonly instance: Handle<'instance'>;
    }, options?: CallOptions | undefined) => Promise<{}>;
    /** Names, kinds and types of the exports. */
    readonly listExports: (args: {
        readonly module: Handle<'module'>;
    }, options?: CallOptions | undefined) => Promise<{
        readonly exports: readonly ({
            readonly name: string;
            readonly module: string;
            readonly kind: 'func' | 'global' | 'memory' | 'table' | 'tag';
            readonly type: string;
        })[];
    }>;
    /** Module names, names, kinds and types of the imports. */
    readonly listImports: (args: {
        readonly module: Handle<'module'>;
    }, options?: CallOptions | undefined) => Promise<{
        readonly imports: readonly ({
            readonly name: string;
            readonly module: string;
            readonly kind: 'func' | 'global' | 'memory' | 'table' | 'tag';
            readonly type: string;
        })[];
    }>;
    /** Adds natives of the embedder; the newest registration of a name wins. */
    readonly registerNatives: (args: {
        readonly table: {
            readonly moduleName: string;
            readonly symbols: readonly ({
                readonly symbol: string;
                readonly id: number;
                readonly signature?: string | undefined;
                readonly async?: boolean | undefined;
            })[];
        };
    }, options?: CallOptions | undefined) => Promise<{}>;
    /** Makes a module importable by others under a name. */
    readonly registerModule: (args: {
        readonly name: string;
        readonly module: Handle<'module'>;
    }, options?: CallOptions | undefined) => Promise<{}>;
    /** Allocates in the guest's memory; 0 when it does not fit. */
    readonly moduleMalloc: (args: {
        readonly instance: Handle<'instance'>;
        readonly size: number;
        readonly limits?: {
            readonly fuel?: number | undefined;
            readonly timeoutMs?: number | undefined;
        } | undefined;
    }, options?: CallOptions | undefined) => Promise<{
        readonly address: number;
        readonly usage?: {
            readonly fuel: number | undefined;
            readonly wallMs: number;
            readonly memoryBytes: number;
            readonly peakMemoryBytes: number;
            readonly hostCalls: number;
            readonly bytesRead: number;
            readonly bytesWritten: number;
            readonly threads: number | undefined;
            readonly peakThreads: number | undefined;
            readonly schedule: number | undefined;
        } | undefined;
    }>;
    /** Frees in the guest's memory. */
    readonly moduleFree: (args: {
        readonly instance: Handle<'instance'>;
        readonly address: number;
        readonly limits?: {
            readonly fuel?: number | undefined;
            readonly timeoutMs?: number | undefined;
        } | undefined;
    }, options?: CallOptions | undefined) => Promise<{
        readonly usage?: {
            readonly fuel: number | undefined;
            readonly wallMs: number;
            readonly memoryBytes: number;
            readonly peakMemoryBytes: number;
            readonly hostCalls: number;
            readonly bytesRead: number;
            readonly bytesWritten: number;
            readonly threads: number | undefined;
            readonly peakThreads: number | undefined;
            readonly schedule: number | undefined;
        } | undefined;
    }>;
    /** Copies bytes out of the guest's memory 0. */
    readonly readMemory: (args: {
        readonly instance: Handle<'instance'>;
        readonly address: number;
        readonly length: number;
    }, options?: CallOptions | undefined) => Promise<{
        readonly bytes: Uint8Array<ArrayBuffer | SharedArrayBuffer>;
    }>;
    /** Copies bytes into the guest's memory 0. */
    readonly writeMemory: (args: {
        readonly instance: Handle<'instance'>;
        readonly bytes: Uint8Array<ArrayBuffer | SharedArrayBuffer>;
        readonly address: number;
    }, options?: CallOptions | undefined) => Promise<{}>;
    /** Live handles of each kind. */
    readonly countHandles: (args?: {} | undefined, options?: CallOptions | undefined) => Promise<{
        readonly instances: number;
        readonly modules: number;
        readonly execEnvs: number;
        readonly functions: number;
        readonly references: number;
    }>;
    /** Gives up a reference to a guest's object that a call returned. */
    readonly releaseReference: (args: {
        readonly reference: Handle<'reference'>;
    }, options?: CallOptions | undefined) => Promise<{}>;
    /** Makes an instance that callPlugin calls by a convention. `limits` hold for all of that together. */
    readonly instantiatePlugin: (args: {
        readonly module: Handle<'module'>;
        readonly convention: 'assemblyscript' | 'extism' | 'pointer-length';
        readonly options?: {
            readonly natives?: readonly ({
                readonly moduleName: string;
                readonly symbols: readonly ({
                    readonly symbol: string;
                    readonly id: number;
                    readonly signature?: string | undefined;
                    readonly async?: boolean | undefined;
                })[];
            })[] | undefined;
            readonly limits?: LimitOptions | undefined;
            readonly heapSize?: number | undefined;
            readonly threads?: ThreadsChoice | undefined;
            readonly deadline?: DeadlineChoice | undefined;
            readonly name?: string | undefined;
            readonly stackSize?: number | undefined;
            readonly maxMemoryPages?: number | undefined;
            readonly mode?: ModeChoice | undefined;
            readonly deterministic?: boolean | undefined;
            readonly metered?: boolean | undefined;
            readonly interruptible?: boolean | undefined;
            readonly strictLinking?: boolean | undefined;
            readonly seed?: number | undefined;
        } | undefined;
        readonly limits?: {
            readonly fuel?: number | undefined;
            readonly timeoutMs?: number | undefined;
        } | undefined;
        readonly extism?: {
            readonly functions?: readonly {
                readonly id: number;
                readonly name: string;
                readonly module: string;
            }[] | undefined;
            readonly config?: readonly string[] | undefined;
            readonly http?: number | undefined;
        } | undefined;
    }, options?: CallOptions | undefined) => Promise<{
        readonly instance: Handle<'instance'>;
        readonly mode: ModeChoice;
        readonly modeReason: string;
        readonly usage?: {
            readonly fuel: number | undefined;
            readonly wallMs: number;
            readonly memoryBytes: number;
            readonly peakMemoryBytes: number;
            readonly hostCalls: number;
            readonly bytesRead: number;
            readonly bytesWritten: number;
            readonly threads: number | undefined;
            readonly peakThreads: number | undefined;
            readonly schedule: number | undefined;
        } | undefined;
    }>;
    /** Calls a function of a plugin: bytes in, bytes out, at most `maxOutputBytes` of them. `isText`: the input is UTF-8. */
    readonly callPlugin: (args: {
        readonly instance: Handle<'instance'>;
        readonly name: string;
        readonly input: Uint8Array<ArrayBuffer | SharedArrayBuffer>;
        readonly isText: boolean;
        readonly maxOutputBytes: number;
        readonly limits?: {
            readonly fuel?: number | undefined;
            readonly timeoutMs?: number | undefined;
        } | undefined;
    }, options?: CallOptions | undefined) => Promise<{
        readonly output: Uint8Array<ArrayBuffer | SharedArrayBuffer>;
        readonly usage?: {
            readonly fuel: number | undefined;
            readonly wallMs: number;
            readonly memoryBytes: number;
            readonly peakMemoryBytes: number;
            readonly hostCalls: number;
            readonly bytesRead: number;
            readonly bytesWritten: number;
            readonly threads: number | undefined;
            readonly peakThreads: number | undefined;
            readonly schedule: number | undefined;
        } | undefined;
    }>;
    /** Runs a program in an instance of its own. `wasi` is what it sees; streams that it does not name are `stdin` and the results. `held` is output that was held back for `holdMs`. */
    readonly runProgram: (args: {
        readonly module: Handle<'module'>;
        readonly maxOutputBytes: number;
        readonly options?: {
            readonly natives?: readonly ({
                readonly moduleName: string;
                readonly symbols: readonly ({
                    readonly symbol: string;
                    readonly id: number;
                    readonly signature?: string | undefined;
                    readonly async?: boolean | undefined;
                })[];
            })[] | undefined;
            readonly limits?: LimitOptions | undefined;
            readonly heapSize?: number | undefined;
            readonly threads?: ThreadsChoice | undefined;
            readonly deadline?: DeadlineChoice | undefined;
            readonly name?: string | undefined;
            readonly stackSize?: number | undefined;
            readonly maxMemoryPages?: number | undefined;
            readonly mode?: ModeChoice | undefined;
            readonly deterministic?: boolean | undefined;
            readonly metered?: boolean | undefined;
            readonly interruptible?: boolean | undefined;
            readonly strictLinking?: boolean | undefined;
            readonly seed?: number | undefined;
        } | undefined;
        readonly limits?: {
            readonly fuel?: number | undefined;
            readonly timeoutMs?: number | undefined;
        } | undefined;
        readonly stdin?: Uint8Array<ArrayBuffer | SharedArrayBuffer> | undefined;
        readonly wasi?: {
            readonly args?: readonly string[] | undefined;
            readonly addressPool?: readonly string[] | undefined;
            readonly allowResolve?: readonly string[] | undefined;
            readonly env?: readonly string[] | undefined;
            readonly preopens?: readonly {
                readonly guestPath: string;
                readonly grant: number;
                readonly readOnly: boolean;
            }[] | undefined;
            readonly stdin?: 'called' | 'closed' | 'host' | undefined;
            readonly stdout?: 'called' | 'closed' | 'host' | undefined;
            readonly stderr?: 'called' | 'closed' | 'host' | undefined;
        } | undefined;
        readonly holdMs?: number | undefined;
    }, options?: CallOptions | undefined) => Promise<{
        readonly exitCode: number;
        readonly stdout: Uint8Array<ArrayBuffer | SharedArrayBuffer>;
        readonly stderr: Uint8Array<ArrayBuffer | SharedArrayBuffer>;
        readonly refused?: string | undefined;
        readonly held?: readonly ({
            readonly bytes: Uint8Array<ArrayBuffer | SharedArrayBuffer>;
            readonly stream: 'stderr' | 'stdout';
        })[] | undefined;
        readonly usage?: {
            readonly fuel: number | undefined;
            readonly wallMs: number;
            readonly memoryBytes: number;
            readonly peakMemoryBytes: number;
            readonly hostCalls: number;
            readonly bytesRead: number;
            readonly bytesWritten: number;
            readonly threads: number | undefined;
            readonly peakThreads: number | undefined;
            readonly schedule: number | undefined;
        } | undefined;
    }>;
    /** Starts a thread of the guest, which calls an export, by its name or looked up. It runs while calls of the instance do; `tid` is its number there. */
    readonly spawnThread: (args: {
        readonly instance: Handle<'instance'>;
        readonly values: readonly WireValue[];
        readonly function?: Handle<'function'> | undefined;
        readonly name?: string | undefined;
    }, options?: CallOptions | undefined) => Promise<{
        readonly thread: Handle<'thread'>;
        readonly tid: number;
    }>;
    /** Runs the threads until this one has ended, and gives what its function returned. The handle is gone whatever comes of it. */
    readonly joinThread: (args: {
        readonly thread: Handle<'thread'>;
        readonly limits?: {
            readonly fuel?: number | undefined;
            readonly timeoutMs?: number | undefined;
        } | undefined;
    }, options?: CallOptions | undefined) => Promise<{
        readonly values: readonly WireValue[];
        readonly usage?: {
            readonly fuel: number | undefined;
            readonly wallMs: number;
            readonly memoryBytes: number;
            readonly peakMemoryBytes: number;
            readonly hostCalls: number;
            readonly bytesRead: number;
            readonly bytesWritten: number;
            readonly threads: number | undefined;
            readonly peakThreads: number | undefined;
            readonly schedule: number | undefined;
        } | undefined;
    }>;
    /** Ends a thread, inside a native as soon as that returns. The handle stays, for JOIN_THREAD or DETACH_THREAD. */
    readonly cancelThread: (args: {
        readonly thread: Handle<'thread'>;
    }, options?: CallOptions | undefined) => Promise<{}>;
    /** Threads beside the first that are alive, and were started; the most at once with it. Guest and embedder may start them. */
    readonly countThreads: (args: {
        readonly instance: Handle<'instance'>;
    }, options?: CallOptions | undefined) => Promise<{
        readonly alive: number;
        readonly started: number;
        readonly peak: number;
    }>;
    /** Leaves a thread to itself: the handle is gone. */
    readonly detachThread: (args: {
        readonly thread: Handle<'thread'>;
    }, options?: CallOptions | undefined) => Promise<{}>;
};

/** How long a command may take, and what ends it. */
export interface CallOptions extends Omit<SyncCallOptions, 'borrow'> {
    /**
     * Ends the call when it is aborted, even while a guest runs: the guest stops by itself (LimitError 'signal'), and the enclave stays with all else
     * in it. The enclave is stopped (EnclaveError 'aborted') only where the guest had a processor for two seconds and did not look at the signal; at
     * once where it cannot see one: made with `interruptible: false`, or in a process that a launcher started.
     */
    readonly signal?: AbortSignalLike | undefined;
}

/** The options of an enclave: its transport, and what the embedder does for the guests inside. */
export interface CreateEnclaveOptions extends HostServices, TransportOptions {
    /** The addresses and names that guests may use of the network; setWasiArgs says which of them a guest gets. None unless given. */
    readonly network?: NetworkOptions | undefined;
    /** The most bytes of text and memory that one call of a native may bring; more is an error of the guest's call. Default 16 MiB. */
    readonly maxNativeBytes?: number | undefined;
    /** Is told of every packet that crosses the boundary, by name and size. Default: none is told of, and nothing is measured. */
    readonly observePacket?: PacketObserver | undefined;
}

/** The options of a pool of enclaves. */
export interface CreatePoolOptions extends PoolSettings {
    /** The options of each enclave of the pool. */
    readonly enclave?: CreateEnclaveOptions | undefined;
}

/** An enclave: its commands as methods that return promises, and the same under `sync`. */
export type Enclave = EnclaveCore & AsyncCommands;

/** The members of an enclave besides its commands. */
declare class EnclaveCore {
    #private;
    /** The commands for callers that cannot await, over a transport that can wait: same thread, and workers with shared memory. */
    readonly sync: SyncCommands;
    private constructor();
    /** Why no more calls are possible; undefined while they are. */
    get failure(): EnclaveError | undefined;
    /** The number of files that the trusted side has open on this side. */
    get openNodes(): number;
    /** The number of sockets that the trusted side has on this side. */
    get openSockets(): number;
    /**
     * Makes a table of natives for initRuntime or registerNatives: the functions stay here, and their numbers cross.
     * @throws UsageError for what is no list of functions, and for a signature that is none
     */
    natives(moduleName: string, symbols: readonly NativeDefinition[]): NativeTable;
    /** Makes an externref argument of any JavaScript value; it is valid for as long as the runtime lives. */
    reference(object: unknown): WireValue;
    /** Returns the JavaScript value that an externref result stands for. */
    objectOf(reference: WireValue): unknown;
    /** Ends this trusted side and starts an empty one, which refuses handles of the one before. */
    restart(options?: CallOptions): Promise<void>;
    /** Ends the trusted side. Calls that wait are rejected; a second close does nothing. */
    close(): Promise<void>;
    /** `await using` ends it with its block. */
    [Symbol.asyncDispose](): Promise<void>;
}
export type { EnclaveCore };

/** The enclave, not the guest, failed. `failure` says how; the message says what to do. */
export declare class EnclaveError extends EnclasmError {
    readonly name = "EnclaveError";
    readonly kind = "enclave";
    /** The way it failed, for programs to test. */
    readonly failure: EnclaveFailure;
    /** An error about an enclave. @param cause what led to it */
    constructor(failure: EnclaveFailure, text: string, cause?: unknown);
}

/** Why an enclave cannot answer any more, or could not be started. */
export type EnclaveFailure = 
/** The untrusted side closed it. */
'closed'
/** The call did not end before its deadline; the trusted side was stopped. */
 | 'timeout'
/** The call's AbortSignal was aborted and the guest did not stop by itself. */
 | 'aborted'
/** It ended: it exited without being asked to, or an error happened outside any command. */
 | 'exit'
/** The operating system ended it with a signal. */
 | 'killed' | 'out-of-memory'
/** It broke the protocol, so its answers are not believed any more. */
 | 'protocol'
/** The JavaScript environment or the operating system lacks what the transport needs, or the enclave could not be started. */
 | 'unavailable'
/** The call cannot be made in this way: a sync call over an async transport, a payload beyond the limit, a full queue. */
 | 'refused';

/** A pool of enclaves for many tenants: ready in advance, bounded, fair. An enclave that served one tenant is emptied before it serves another. */
declare class EnclavePool {
    #private;
    private constructor();
    /** How many enclaves and tasks there are now. */
    get status(): PoolStatus;
    /** What each tenant has used. */
    get usages(): ReadonlyMap<string, TenantUsage>;
    /** Forgets an idle tenant and its account. */
    forget(tenant: string): boolean;
    /**
     * Resolves when every enclave that the pool wants is ready. One that could not be started before is tried again.
     * @throws what kept one from being started, as `run` does
     */
    warm(): Promise<void>;
    /** Resolves when the queue has room: for producers that can wait. */
    capacity(): Promise<void>;
    /**
     * Runs a task with an enclave of its own. Everything that the task leaves in it is removed before another tenant's task begins.
     * @throws EnclaveError 'refused' when the queue is full, 'timeout', 'aborted', 'closed'; LimitError when the tenant's budget is used up;
     * also what the task throws
     */
    run<T>(tenant: string, work: (enclave: Lease) => Promise<T>, options?: WorkOptions): Promise<T>;
    /**
     * Runs a program with streams, files, natives and limits of its own, which end with it. Its compiled module stays for later runs.
     * @throws UsageError for a job that is wrong; as the other form, and what the program's run throws; PluginError 'output-too-long'
     */
    run(tenant: string, job: ProgramJob | PreparedJob, options?: WorkOptions): Promise<ProgramOutput>;
    /** Runs a program for no tenant in particular: `run` in one call. @throws as run */
    runProgram(module: Uint8Array | PoolProgram, options?: ProgramOptions & WorkOptions): Promise<ProgramOutput>;
    /**
     * Calls a function of a plugin, by its convention, in an instance of its own. Its compiled module stays for later calls.
     * @throws UsageError for a job that is wrong; as run, and what a plugin's call throws
     */
    callPlugin(tenant: string, given: PluginJob, options?: WorkOptions): Promise<PluginJobOutput>;
    /** Checks and reads a job once, for many runs. @throws UsageError */
    prepare(job: ProgramJob): PreparedJob;
    /**
     * Loads and compiles a job's module in every enclave, in those that are started later too, so that its first job waits for neither.
     * @param convention of a plugin @returns when the enclaves that are idle have it; the function ends it: enclaves that are started later have it no more
     * @throws UsageError
     */
    preload(job: ProgramJob, convention?: PluginJob['convention']): Promise<() => void>;
    /** Hashes a module once, for jobs that run it often. */
    program(bytes: Uint8Array): PoolProgram;
    /** Takes no more work; resolves when everything accepted has ended. */
    drain(): Promise<void>;
    /** Closes the pool: tasks that wait are refused, tasks that run lose their enclave. After drain() no task is lost. */
    close(): Promise<void>;
    /** `await using` closes it with its block. */
    [Symbol.asyncDispose](): Promise<void>;
}
export type { EnclavePool };

/** A path, or the URL of a file as text or as a `URL`. */
export type FileName = string | {
    readonly href: string;
};

/** An address in a guest's memory, as a native of the embedder's gets it for a `*`: commands can read and write what lies there. */
declare class GuestAddress {
    /** Bytes from the start of memory 0. */
    readonly address: number;
    constructor(address: number);
}
export type { GuestAddress };

/** A guest's exception that the guest did not catch, as the untrusted side sees it: the payload's values. */
export declare class GuestException extends EnclasmError {
    readonly name = "GuestException";
    readonly kind = "exception";
    /** The thread that threw it, where the guest has several: 0 is the first. */
    readonly thread: number | undefined;
    /** Stands for an exception inside. @param thread the thread that threw it */
    constructor(thread?: number);
}

/** An object that lives on the trusted side (a funcref, a GC object): it crosses as a handle. */
declare class GuestReference {
    /** Its handle, until releaseReference. */
    readonly handle: number;
    constructor(handle: number);
}
export type { GuestReference };

/** The number of an object on the other side, which alone makes it; 0 is never one. */
export type Handle<K extends string = string> = number & {
    /** Keeps a handle of one kind from being used as one of another. */
    readonly [KIND_OF_HANDLE]: K;
};

/** An object of the embedder's that a guest holds as an externref: it crosses as a number that the untrusted side chose. */
declare class HostReference {
    /** Its number. */
    readonly id: number;
    constructor(id: number);
}
export type { HostReference };

/** What the embedder does for the trusted side. Every member is optional; requests for a missing one are refused. */
export interface HostServices {
    /**
     * Where a guest's standard output goes: to a function, a writable stream of Node's or the web's, or an open file. A function that returns a
     * number says how many bytes it took; at 0 the guest waits, under its deadline. Any other result means all of them. All functions here may be
     * async, where the transport can wait for them; streams always are.
     */
    readonly stdout?: OutputService | undefined;
    /** Where a guest's standard error goes; see stdout. */
    readonly stderr?: OutputService | undefined;
    /**
     * A guest's standard input: a function that gives at most `length` bytes and an empty array at the end, a readable stream, an async iterable, or an open
     * file. A promise only where the transport can wait for one.
     */
    readonly stdin?: InputService | undefined;
    /** Gets each line of the trusted side's log. */
    readonly log?: ((level: string, text: string) => void) | undefined;
    /** File systems by grant number; preopens name them. */
    readonly grants?: readonly FileSystem[] | undefined;
    /** Gives the bytes of a module that another one imports. */
    readonly moduleReader?: ((name: string) => Uint8Array | undefined | Promise<Uint8Array | undefined>) | undefined;
    /** A clock in nanoseconds, where the trusted side was built to use the untrusted side's. */
    readonly clock?: {
        realtime(): bigint;
        monotonic(): bigint;
    } | undefined;
    /** Fills bytes with random ones, where the trusted side was built to use the untrusted side's. */
    readonly random?: ((bytes: Uint8Array) => void) | undefined;
}

/** A function that gives at most `length` bytes of input and an empty array at the end; a stream; or an open file. */
export type InputService = ((length: number) => Uint8Array | Promise<Uint8Array>) | StreamInput | OpenFile;

/** A directory for a job: a path or file system that it may write to, or either with `readOnly`. */
export type JobPreopen = string | FileSystem | {
    readonly path: string;
    readonly readOnly?: boolean | undefined;
} | {
    readonly fileSystem: FileSystem;
    readonly readOnly?: boolean | undefined;
};

/** What a task gets of an enclave: the commands, natives and references. It cannot close or restart the enclave. */
export type Lease = AsyncCommands & Pick<Enclave, 'natives' | 'reference' | 'objectOf'>;

/** The caller of a native. */
export interface NativeCaller {
    /** The handle of the instance that called, for commands that the native sends; 0 while a start function runs. */
    readonly instance: Handle<'instance'>;
}

/**
 * A native of the embedder's. Its arguments follow the signature: numbers, bigints, strings ($), a Uint8Array that is copied in and back (*~), a
 * GuestAddress (*), JavaScript values for externrefs. It returns the result, an array where there are several, or a promise of either.
 */
export interface NativeDefinition {
    /** The name of the import. */
    readonly symbol: string;
    /** WAMR's notation, as `(ii*~$)i`. */
    readonly signature?: string | undefined;
    /** The function, which runs on the untrusted side. */
    readonly func: (caller: NativeCaller, ...args: never[]) => unknown;
    /** Whether it returns a promise. */
    readonly async?: boolean | undefined;
}

/** A table of natives on its way to initRuntime or registerNatives: what `enclave.natives` gives. */
export type NativeTable = {
    readonly moduleName: string;
    readonly symbols: readonly ({
        readonly symbol: string;
        readonly id: number;
        readonly signature?: string | undefined;
        readonly async?: boolean | undefined;
    })[];
};

/** One packet over the boundary of an enclave and its answer, seen from outside. */
export interface ObservedPacket {
    /** A command goes into the enclave, an ocall comes out of it. */
    readonly kind: 'command' | 'ocall';
    /** The name of the command or of the ocall: `LOAD_MODULE`. */
    readonly name: string;
    /** Bytes of the packet that asks. */
    readonly bytes: number;
    /** Bytes of the answer; 0 where there is none. */
    readonly answerBytes: number;
    /** How it ended: `lost` where no answer came. */
    readonly outcome: 'answered' | 'error' | 'lost';
    /** When it was sent or arrived, in milliseconds of the enclave's timers. */
    readonly startedAt: number;
    /** How long the answer took, in milliseconds; ocalls in between are part of a command's time. */
    readonly ms: number;
}

/** An error of the runtime whose class the boundary does not know: its kind and text, as they were. */
export declare class OtherError extends EnclasmError {
    readonly name = "OtherError";
    readonly kind: string;
    /** An error of another class. @param kind the kind of that class */
    constructor(kind: string);
}

/** A function that takes output, and returns how many bytes it took or any other value for all; a stream; or an open file. */
export type OutputService = ((bytes: Uint8Array) => unknown) | StreamOutput | OpenFile;

/** Is told of every packet. It must return soon: the enclave waits meanwhile. */
export type PacketObserver = (packet: ObservedPacket) => void;

/** A call of a function of a plugin, in an instance of its own: nothing of one call is left for the next. */
export interface PluginJob {
    /** The module: its bytes, or what `pool.program` made of them. */
    readonly module: Uint8Array | PoolProgram;
    /** Which convention it was compiled for; a program is run by `run`. */
    readonly convention: 'extism' | 'assemblyscript' | 'pointer-length';
    /** The exported function. */
    readonly name: string;
    /** Its input; a text goes as one where the convention has texts. Default: no bytes. */
    readonly input?: Uint8Array | string | undefined;
    /** Settings of an Extism plugin, by name. */
    readonly config?: Readonly<Record<string, string>> | undefined;
    /** Of the call as a whole, its instantiation included: `fuel` and `timeoutMs`; of its instance: the others. */
    readonly limits?: LimitOptions | undefined;
    /**
     * How `limits.timeoutMs` is kept: `soft`, by the plugin itself, and its enclave goes on; `hard`, by ending the enclave, which costs the plugin
     * nothing while it runs; the pool starts another. Default: `soft`.
     */
    readonly deadline?: DeadlineChoice | undefined;
    /** The running mode. Default: the runtime's. */
    readonly mode?: ModeChoice | undefined;
    /** Whether the same input gives the same output. */
    readonly deterministic?: boolean | undefined;
    /** The most bytes of output. Default 16 MiB. */
    readonly maxOutputBytes?: number | undefined;
    /** Is told what the call used, however it ends, unless it was ended with its enclave. */
    readonly used?: UsageListener | undefined;
}

/** What a plugin's function gave. */
export interface PluginJobOutput {
    /** Its output. */
    readonly output: Uint8Array;
    /** What the call used, its instantiation included. */
    readonly usage: Usage;
}

/** A module for jobs, with the key of its content: `pool.program(bytes)` hashes it once, where `run` with bytes does at each job. */
declare class PoolProgram {
    /** Identifies the content; equal bytes have equal keys. */
    readonly key: string;
    private constructor();
}
export type { PoolProgram };

/** How a pool works, for embedders. */
export interface PoolSettings {
    /** Prepares a new or emptied enclave, at least by initRuntime. Default: initRuntime with its defaults. */
    readonly prepare?: ((enclave: Enclave) => Promise<unknown>) | undefined;
    /** The most enclaves that work at once; at least 1. */
    readonly size: number;
    /** The number of enclaves that are kept ready besides, so that replacing one takes no time. Default 1. */
    readonly spares?: number | undefined;
    /** The most tasks that may wait. Default 1000. */
    readonly queueLimit?: number | undefined;
    /** The number of tasks after which an enclave is replaced. Default 10000. */
    readonly recycleAfter?: number | undefined;
    /** The budget of every tenant, or a function that gives it by name. Default: no limits. */
    readonly budget?: TenantBudget | ((tenant: string) => TenantBudget) | undefined;
}

/** How many enclaves and tasks a pool has. */
export interface PoolStatus {
    /** Enclaves that are ready. */
    readonly idle: number;
    /** Enclaves that run a task. */
    readonly busy: number;
    /** Enclaves that are being started or emptied. */
    readonly starting: number;
    /** Tasks that wait for an enclave. */
    readonly waiting: number;
    /** Enclaves replaced so far. */
    readonly recycled: number;
}

/** A job that was checked and read once, by `pool.prepare`, for many runs: that costs more than the rest of a short one. */
declare class PreparedJob {
    #private;
    private constructor();
    /** Returns the same job with these instead of its own. @throws UsageError */
    with(input: ProgramInput): PreparedJob;
}
export type { PreparedJob };

/** How a child process is made, for embedders. */
export interface ProcessSettings {
    /** Files and folders that the child may read, beside its code; none unless given. */
    readonly allowRead?: readonly string[] | undefined;
    /** MiB of JavaScript heap. Default 512. */
    readonly heapMiB?: number | undefined;
    /** MiB of memory in all, guest memories included; a child beyond it is killed, where the operating system reports it. Default 2048. */
    readonly memoryMiB?: number | undefined;
    /** Whether the child runs under bubblewrap: without a network, without other processes, with only the files that it needs. */
    readonly bubblewrap?: boolean | undefined;
    /**
     * Whether the threads of guests may run in workers inside the child; if not, they run in turn. Node does not hold workers to the rights of their process:
     * whoever takes over the child's JavaScript can then do there what the child could without Node's permission model. With bubblewrap that is little.
     */
    readonly allowWorkers?: boolean | undefined;
    /**
     * Command and arguments that run the entry file elsewhere (in a container, under Gramine, on another machine). The wire is the command's
     * standard input and output. The command decides what is isolated.
     */
    readonly launcher?: readonly string[] | undefined;
    /** Largest packet in bytes. Default 256 MiB. */
    readonly maxPacketBytes?: number | undefined;
}

/** What differs from run to run of a prepared job; what is absent is the job's. */
export interface ProgramInput extends Pick<ProgramOptions, 'env' | 'stdin' | 'stdout' | 'stderr' | 'used'> {
    /** The limit of the run. */
    readonly fuel?: number | undefined;
}

/** A program's run for a tenant. */
export interface ProgramJob extends ProgramOptions {
    /** The module: its bytes, or what `pool.program` made of them. */
    readonly module: Uint8Array | PoolProgram;
}

/** What one run of a program gets. Everything ends with the run. */
export interface ProgramOptions {
    /** Its arguments, the program's name first. */
    readonly args?: readonly string[] | undefined;
    /** Its environment variables; none unless given. */
    readonly env?: Readonly<Record<string, string>> | undefined;
    /** Its directories, by the path that it sees; none unless given. */
    readonly preopens?: Readonly<Record<string, JobPreopen>> | undefined;
    /** Its standard input: bytes, a text, or what an enclave takes as `stdin`. Default: none. */
    readonly stdin?: Uint8Array | string | InputService | undefined;
    /** Gets its standard output, as an enclave's `stdout`. Default: it is collected, and comes with the result. */
    readonly stdout?: OutputService | undefined;
    /** Gets its standard error, in the same way. */
    readonly stderr?: OutputService | undefined;
    /**
     * Milliseconds for which output that functions and streams get may be held back, up to 16 KiB of it: what is short costs next to nothing then. It
     * comes before anything else that the embedder can see of the program. Functions take all that they are given. Not held back where the enclave cannot
     * wait, and of programs whose deadline is hard. Default: it comes with each write.
     */
    readonly holdOutputMs?: number | undefined;
    /** Functions that it imports, by module name. */
    readonly natives?: Readonly<Record<string, readonly NativeDefinition[]>> | undefined;
    /** Of the run as a whole: `fuel` and `timeoutMs`; of its instance: the others. */
    readonly limits?: LimitOptions | undefined;
    /**
     * How `limits.timeoutMs` is kept: `soft`, by the program itself, and its enclave goes on; `hard`, by ending the enclave, which costs the program
     * nothing while it runs; the pool starts another. Default: `soft`.
     */
    readonly deadline?: DeadlineChoice | undefined;
    /** The running mode. Default: the runtime's. */
    readonly mode?: ModeChoice | undefined;
    /** Whether the same input gives the same output. */
    readonly deterministic?: boolean | undefined;
    /** The most bytes of each output that is collected. Default 16 MiB. */
    readonly maxOutputBytes?: number | undefined;
    /** Is told what the run used, also of one that fails: a trap has no usage of its own. */
    readonly used?: UsageListener | undefined;
}

/** How a program ended. */
export interface ProgramOutput {
    /** What it gave to `proc_exit`, or its `main` returned. */
    readonly exitCode: number;
    /** What it wrote to its standard output; empty where that went elsewhere. */
    readonly stdout: Uint8Array;
    /** What it wrote to its standard error; empty where that went elsewhere. */
    readonly stderr: Uint8Array;
    /** Which limits refused it something, with the options that raise them; undefined where none did. */
    readonly refused: string | undefined;
    /** What the run used, its instantiation included. */
    readonly usage: Usage;
}

/** The other side sent bytes that are not what the protocol says. Nothing was done with them. */
export declare class ProtocolError extends EnclasmError {
    readonly name = "ProtocolError";
    readonly kind = "protocol";
}

/** Whose clock, random bytes or log is used: 'own' is the trusted side's, 'host' the untrusted side's, by ocall. */
export type Source = 'own' | 'host';

/** Options of a command that the caller waits for without awaiting. */
export interface SyncCallOptions {
    /** Milliseconds after which the call is an error and the trusted side is stopped. */
    readonly timeoutMs?: number | undefined;
    /** Whether bytes in the result may be views that are valid only until the next call, which saves a copy. */
    readonly borrow?: boolean | undefined;
}

/** The same commands for callers that wait without awaiting: `enclave.sync`. */
export type SyncCommands = {
    /** Initialises the runtime: memory, environment, natives, thread limit. A second one without destroy is an error. */
    readonly initRuntime: (args?: {
        readonly options?: {
            readonly natives?: readonly ({
                readonly moduleName: string;
                readonly symbols: readonly ({
                    readonly symbol: string;
                    readonly id: number;
                    readonly signature?: string | undefined;
                    readonly async?: boolean | undefined;
                })[];
            })[] | undefined;
            readonly moduleReader?: boolean | undefined;
            readonly maxThreadNum?: number | undefined;
            readonly runningMode?: ModeChoice | undefined;
            readonly limits?: RuntimeLimitOptions | undefined;
            readonly logLevel?: LogLevel | undefined;
            readonly memAllocType?: 'allocator' | 'pool' | 'system' | undefined;
            readonly heapSize?: number | undefined;
        } | undefined;
    } | undefined, options?: SyncCallOptions | undefined) => {};
    /** Decodes and validates a module. */
    readonly loadModule: (args: {
        readonly bytes: Uint8Array<ArrayBuffer | SharedArrayBuffer>;
        readonly name?: string | undefined;
    }, options?: SyncCallOptions | undefined) => {
        readonly module: Handle<'module'>;
    };
    /** Makes an instance under its limits; the start function runs. `limits` hold for all of that together. */
    readonly instantiateModule: (args: {
        readonly module: Handle<'module'>;
        readonly options?: {
            readonly natives?: readonly ({
                readonly moduleName: string;
                readonly symbols: readonly ({
                    readonly symbol: string;
                    readonly id: number;
                    readonly signature?: string | undefined;
                    readonly async?: boolean | undefined;
                })[];
            })[] | undefined;
            readonly limits?: LimitOptions | undefined;
            readonly heapSize?: number | undefined;
            readonly threads?: ThreadsChoice | undefined;
            readonly deadline?: DeadlineChoice | undefined;
            readonly name?: string | undefined;
            readonly stackSize?: number | undefined;
            readonly maxMemoryPages?: number | undefined;
            readonly mode?: ModeChoice | undefined;
            readonly deterministic?: boolean | undefined;
            readonly metered?: boolean | undefined;
            readonly interruptible?: boolean | undefined;
            readonly strictLinking?: boolean | undefined;
            readonly seed?: number | undefined;
        } | undefined;
        readonly limits?: {
            readonly fuel?: number | undefined;
            readonly timeoutMs?: number | undefined;
        } | undefined;
    }, options?: SyncCallOptions | undefined) => {
        readonly instance: Handle<'instance'>;
        readonly mode: ModeChoice;
        readonly modeReason: string;
        readonly usage?: {
            readonly fuel: number | undefined;
            readonly wallMs: number;
            readonly memoryBytes: number;
            readonly peakMemoryBytes: number;
            readonly hostCalls: number;
            readonly bytesRead: number;
            readonly bytesWritten: number;
            readonly threads: number | undefined;
            readonly peakThreads: number | undefined;
            readonly schedule: number | undefined;
        } | undefined;
    };
    /** Finds an exported function. A name that no export has is not an error. */
    readonly lookupFunction: (args: {
        readonly instance: Handle<'instance'>;
        readonly name: string;
    }, options?: SyncCallOptions | undefined) => {
        readonly params: readonly string[];
        readonly results: readonly string[];
        readonly function?: Handle<'function'> | undefined;
    };
    /** Makes a thread of execution for an instance. */
    readonly createExecEnv: (args: {
        readonly instance: Handle<'instance'>;
        readonly stackSize?: number | undefined;
    }, options?: SyncCallOptions | undefined) => {
        readonly execEnv: Handle<'execEnv'>;
    };
    /** Calls a function with typed values. */
    readonly callWasm: (args: {
        readonly function: Handle<'function'>;
        readonly execEnv: Handle<'execEnv'>;
        readonly values: readonly WireValue[];
        readonly limits?: {
            readonly fuel?: number | undefined;
            readonly timeoutMs?: number | undefined;
        } | undefined;
    }, options?: SyncCallOptions | undefined) => {
        readonly values: readonly WireValue[];
        readonly usage?: {
            readonly fuel: number | undefined;
            readonly wallMs: number;
            readonly memoryBytes: number;
            readonly peakMemoryBytes: number;
            readonly hostCalls: number;
            readonly bytesRead: number;
            readonly bytesWritten: number;
            readonly threads: number | undefined;
            readonly peakThreads: number | undefined;
            readonly schedule: number | undefined;
        } | undefined;
    };
    /** Calls an exported function with arguments as text, results as text. */
    readonly execAppFunc: (args: {
        readonly instance: Handle<'instance'>;
        readonly name: string;
        readonly argv: readonly string[];
        readonly limits?: {
            readonly fuel?: number | undefined;
            readonly timeoutMs?: number | undefined;
        } | undefined;
    }, options?: SyncCallOptions | undefined) => {
        readonly results: readonly string[];
        readonly usage?: {
            readonly fuel: number | undefined;
            readonly wallMs: number;
            readonly memoryBytes: number;
            readonly peakMemoryBytes: number;
            readonly hostCalls: number;
            readonly bytesRead: number;
            readonly bytesWritten: number;
            readonly threads: number | undefined;
            readonly peakThreads: number | undefined;
            readonly schedule: number | undefined;
        } | undefined;
    };
    /** Runs the program's main function; the exit code is the guest's own. */
    readonly execAppMain: (args: {
        readonly instance: Handle<'instance'>;
        readonly argv: readonly string[];
        readonly limits?: {
            readonly fuel?: number | undefined;
            readonly timeoutMs?: number | undefined;
        } | undefined;
    }, options?: SyncCallOptions | undefined) => {
        readonly exitCode: number;
        readonly refused?: string | undefined;
        readonly usage?: {
            readonly fuel: number | undefined;
            readonly wallMs: number;
            readonly memoryBytes: number;
            readonly peakMemoryBytes: number;
            readonly hostCalls: number;
            readonly bytesRead: number;
            readonly bytesWritten: number;
            readonly threads: number | undefined;
            readonly peakThreads: number | undefined;
            readonly schedule: number | undefined;
        } | undefined;
    };
    /** The text of the instance's exception, or none; beyond 16,384 characters it is cut. */
    readonly getException: (args: {
        readonly instance: Handle<'instance'>;
    }, options?: SyncCallOptions | undefined) => {
        readonly exception?: string | undefined;
    };
    /** Ends an instance and the handles that belong to it. Refused while it runs. */
    readonly deinstantiateModule: (args: {
        readonly instance: Handle<'instance'>;
    }, options?: SyncCallOptions | undefined) => {};
    /** Frees a module. Refused while it has instances. */
    readonly unloadModule: (args: {
        readonly module: Handle<'module'>;
    }, options?: SyncCallOptions | undefined) => {};
    /** Ends everything; says what was still alive. Every handle dies. Refused from inside a call. */
    readonly destroyRuntime: (args?: {} | undefined, options?: SyncCallOptions | undefined) => {
        readonly report: {
            readonly instances: number;
            readonly threads: number;
            readonly modules: number;
            readonly execEnvs: number;
            readonly leakedBytes: number;
        };
    };
    /** Sets what instances that are made of the module from now on see through WASI. Replaces what was set before. */
    readonly setWasiArgs: (args: {
        readonly options: {
            readonly args?: readonly string[] | undefined;
            readonly addressPool?: readonly string[] | undefined;
            readonly allowResolve?: readonly string[] | undefined;
            readonly env?: readonly string[] | undefined;
            readonly preopens?: readonly {
                readonly guestPath: string;
                readonly grant: number;
                readonly readOnly: boolean;
            }[] | undefined;
            readonly stdin?: 'called' | 'closed' | 'host' | undefined;
            readonly stdout?: 'called' | 'closed' | 'host' | undefined;
            readonly stderr?: 'called' | 'closed' | 'host' | undefined;
        };
        readonly module: Handle<'module'>;
    }, options?: SyncCallOptions | undefined) => {};
    /** Sets what is logged, before or after init. */
    readonly setLogLevel: (args: {
        readonly level: LogLevel;
    }, options?: SyncCallOptions | undefined) => {};
    /** The version of the trusted side. */
    readonly getVersion: (args?: {} | undefined, options?: SyncCallOptions | undefined) => {
        readonly major: number;
        readonly minor: number;
        readonly patch: number;
    };
    /** First command: agrees on the protocol. `epoch` counts restarts, so that handles of a dead enclave stay dead. The other two are the most bytes that the untrusted side takes: in a packet, and as the arguments of one native. */
    readonly handshake: (args: {
        readonly protocolVersion: number;
        readonly epoch: number;
        readonly maxPacketBytes: number;
        readonly maxNativeBytes: number;
    }, options?: SyncCallOptions | undefined) => {
        readonly platform: string;
        readonly protocolVersion: number;
    };
    /** Answers with the numbers it was sent. Each packet has 64 bytes. */
    readonly ping: (args: {
        readonly a: number;
        readonly b: number;
        readonly c: number;
        readonly d: number;
    }, options?: SyncCallOptions | undefined) => {
        readonly a: number;
        readonly b: number;
        readonly c: number;
        readonly d: number;
    };
    /** Answers with the bytes it was sent. */
    readonly echo: (args: {
        readonly bytes: Uint8Array<ArrayBuffer | SharedArrayBuffer>;
    }, options?: SyncCallOptions | undefined) => {
        readonly bytes: Uint8Array<ArrayBuffer | SharedArrayBuffer>;
    };
    /** What an instance has used since it was made. */
    readonly getUsage: (args: {
        readonly instance: Handle<'instance'>;
    }, options?: SyncCallOptions | undefined) => {
        readonly usage: {
            readonly fuel: number | undefined;
            readonly wallMs: number;
            readonly memoryBytes: number;
            readonly peakMemoryBytes: number;
            readonly hostCalls: number;
            readonly bytesRead: number;
            readonly bytesWritten: number;
            readonly threads: number | undefined;
            readonly peakThreads: number | undefined;
            readonly schedule: number | undefined;
        };
    };
    /** Total, free and highest use of the pool in bytes; none without a pool. */
    readonly getMemAllocInfo: (args?: {} | undefined, options?: SyncCallOptions | undefined) => {
        readonly info?: {
            readonly total: number;
            readonly totalFree: number;
            readonly highmark: number;
        } | undefined;
    };
    /** Ends a thread of execution. */
    readonly destroyExecEnv: (args: {
        readonly execEnv: Handle<'execEnv'>;
    }, options?: SyncCallOptions | undefined) => {};
    /** Sets the exception of an instance. */
    readonly setException: (args: {
        readonly instance: Handle<'instance'>;
        readonly exception: string;
    }, options?: SyncCallOptions | undefined) => {};
    /** Clears the exception of an instance. */
    readonly clearException: (args: {
        readonly instance: Handle<'instance'>;
    }, options?: SyncCallOptions | undefined) => {};
    /** Makes a running instance stop with "terminated by user": sent from inside an ocall. */
    readonly terminate: (args: {
        readonly instance: Handle<'instance'>;
    }, options?: SyncCallOptions | undefined) => {};
    /** Names, kinds and types of the exports. */
    readonly listExports: (args: {
        readonly module: Handle<'module'>;
    }, options?: SyncCallOptions | undefined) => {
        readonly exports: readonly ({
            readonly name: string;
            readonly module: string;
            readonly kind: 'func' | 'global' | 'memory' | 'table' | 'tag';
            readonly type: string;
        })[];
    };
    /** Module names, names, kinds and types of the imports. */
    readonly listImports: (args: {
        readonly module: Handle<'module'>;
    }, options?: SyncCallOptions | undefined) => {
        readonly imports: readonly ({
            readonly name: string;
            readonly module: string;
            readonly kind: 'func' | 'global' | 'memory' | 'table' | 'tag';
            readonly type: string;
        })[];
    };
    /** Adds natives of the embedder; the newest registration of a name wins. */
    readonly registerNatives: (args: {
        readonly table: {
            readonly moduleName: string;
            readonly symbols: readonly ({
                readonly symbol: string;
                readonly id: number;
                readonly signature?: string | undefined;
                readonly async?: boolean | undefined;
            })[];
        };
    }, options?: SyncCallOptions | undefined) => {};
    /** Makes a module importable by others under a name. */
    readonly registerModule: (args: {
        readonly name: string;
        readonly module: Handle<'module'>;
    }, options?: SyncCallOptions | undefined) => {};
    /** Allocates in the guest's memory; 0 when it does not fit. */
    readonly moduleMalloc: (args: {
        readonly instance: Handle<'instance'>;
        readonly size: number;
        readonly limits?: {
            readonly fuel?: number | undefined;
            readonly timeoutMs?: number | undefined;
        } | undefined;
    }, options?: SyncCallOptions | undefined) => {
        readonly address: number;
        readonly usage?: {
            readonly fuel: number | undefined;
            readonly wallMs: number;
            readonly memoryBytes: number;
            readonly peakMemoryBytes: number;
            readonly hostCalls: number;
            readonly bytesRead: number;
            readonly bytesWritten: number;
            readonly threads: number | undefined;
            readonly peakThreads: number | undefined;
            readonly schedule: number | undefined;
        } | undefined;
    };
    /** Frees in the guest's memory. */
    readonly moduleFree: (args: {
        readonly instance: Handle<'instance'>;
        readonly address: number;
        readonly limits?: {
            readonly fuel?: number | undefined;
            readonly timeoutMs?: number | undefined;
        } | undefined;
    }, options?: SyncCallOptions | undefined) => {
        readonly usage?: {
            readonly fuel: number | undefined;
            readonly wallMs: number;
            readonly memoryBytes: number;
            readonly peakMemoryBytes: number;
            readonly hostCalls: number;
            readonly bytesRead: number;
            readonly bytesWritten: number;
            readonly threads: number | undefined;
            readonly peakThreads: number | undefined;
            readonly schedule: number | undefined;
        } | undefined;
    };
    /** Copies bytes out of the guest's memory 0. */
    readonly readMemory: (args: {
        readonly instance: Handle<'instance'>;
        readonly address: number;
        readonly length: number;
    }, options?: SyncCallOptions | undefined) => {
        readonly bytes: Uint8Array<ArrayBuffer | SharedArrayBuffer>;
    };
    /** Copies bytes into the guest's memory 0. */
    readonly writeMemory: (args: {
        readonly instance: Handle<'instance'>;
        readonly bytes: Uint8Array<ArrayBuffer | SharedArrayBuffer>;
        readonly address: number;
    }, options?: SyncCallOptions | undefined) => {};
    /** Live handles of each kind. */
    readonly countHandles: (args?: {} | undefined, options?: SyncCallOptions | undefined) => {
        readonly instances: number;
        readonly modules: number;
        readonly execEnvs: number;
        readonly functions: number;
        readonly references: number;
    };
    /** Gives up a reference to a guest's object that a call returned. */
    readonly releaseReference: (args: {
        readonly reference: Handle<'reference'>;
    }, options?: SyncCallOptions | undefined) => {};
    /** Makes an instance that callPlugin calls by a convention. `limits` hold for all of that together. */
    readonly instantiatePlugin: (args: {
        readonly module: Handle<'module'>;
        readonly convention: 'assemblyscript' | 'extism' | 'pointer-length';
        readonly options?: {
            readonly natives?: readonly ({
                readonly moduleName: string;
                readonly symbols: readonly ({
                    readonly symbol: string;
                    readonly id: number;
                    readonly signature?: string | undefined;
                    readonly async?: boolean | undefined;
                })[];
            })[] | undefined;
            readonly limits?: LimitOptions | undefined;
            readonly heapSize?: number | undefined;
            readonly threads?: ThreadsChoice | undefined;
            readonly deadline?: DeadlineChoice | undefined;
            readonly name?: string | undefined;
            readonly stackSize?: number | undefined;
            readonly maxMemoryPages?: number | undefined;
            readonly mode?: ModeChoice | undefined;
            readonly deterministic?: boolean | undefined;
            readonly metered?: boolean | undefined;
            readonly interruptible?: boolean | undefined;
            readonly strictLinking?: boolean | undefined;
            readonly seed?: number | undefined;
        } | undefined;
        readonly limits?: {
            readonly fuel?: number | undefined;
            readonly timeoutMs?: number | undefined;
        } | undefined;
        readonly extism?: {
            readonly functions?: readonly {
                readonly id: number;
                readonly name: string;
                readonly module: string;
            }[] | undefined;
            readonly config?: readonly string[] | undefined;
            readonly http?: number | undefined;
        } | undefined;
    }, options?: SyncCallOptions | undefined) => {
        readonly instance: Handle<'instance'>;
        readonly mode: ModeChoice;
        readonly modeReason: string;
        readonly usage?: {
            readonly fuel: number | undefined;
            readonly wallMs: number;
            readonly memoryBytes: number;
            readonly peakMemoryBytes: number;
            readonly hostCalls: number;
            readonly bytesRead: number;
            readonly bytesWritten: number;
            readonly threads: number | undefined;
            readonly peakThreads: number | undefined;
            readonly schedule: number | undefined;
        } | undefined;
    };
    /** Calls a function of a plugin: bytes in, bytes out, at most `maxOutputBytes` of them. `isText`: the input is UTF-8. */
    readonly callPlugin: (args: {
        readonly instance: Handle<'instance'>;
        readonly name: string;
        readonly input: Uint8Array<ArrayBuffer | SharedArrayBuffer>;
        readonly isText: boolean;
        readonly maxOutputBytes: number;
        readonly limits?: {
            readonly fuel?: number | undefined;
            readonly timeoutMs?: number | undefined;
        } | undefined;
    }, options?: SyncCallOptions | undefined) => {
        readonly output: Uint8Array<ArrayBuffer | SharedArrayBuffer>;
        readonly usage?: {
            readonly fuel: number | undefined;
            readonly wallMs: number;
            readonly memoryBytes: number;
            readonly peakMemoryBytes: number;
            readonly hostCalls: number;
            readonly bytesRead: number;
            readonly bytesWritten: number;
            readonly threads: number | undefined;
            readonly peakThreads: number | undefined;
            readonly schedule: number | undefined;
        } | undefined;
    };
    /** Runs a program in an instance of its own. `wasi` is what it sees; streams that it does not name are `stdin` and the results. `held` is output that was held back for `holdMs`. */
    readonly runProgram: (args: {
        readonly module: Handle<'module'>;
        readonly maxOutputBytes: number;
        readonly options?: {
            readonly natives?: readonly ({
                readonly moduleName: string;
                readonly symbols: readonly ({
                    readonly symbol: string;
                    readonly id: number;
                    readonly signature?: string | undefined;
                    readonly async?: boolean | undefined;
                })[];
            })[] | undefined;
            readonly limits?: LimitOptions | undefined;
            readonly heapSize?: number | undefined;
            readonly threads?: ThreadsChoice | undefined;
            readonly deadline?: DeadlineChoice | undefined;
            readonly name?: string | undefined;
            readonly stackSize?: number | undefined;
            readonly maxMemoryPages?: number | undefined;
            readonly mode?: ModeChoice | undefined;
            readonly deterministic?: boolean | undefined;
            readonly metered?: boolean | undefined;
            readonly interruptible?: boolean | undefined;
            readonly strictLinking?: boolean | undefined;
            readonly seed?: number | undefined;
        } | undefined;
        readonly limits?: {
            readonly fuel?: number | undefined;
            readonly timeoutMs?: number | undefined;
        } | undefined;
        readonly stdin?: Uint8Array<ArrayBuffer | SharedArrayBuffer> | undefined;
        readonly wasi?: {
            readonly args?: readonly string[] | undefined;
            readonly addressPool?: readonly string[] | undefined;
            readonly allowResolve?: readonly string[] | undefined;
            readonly env?: readonly string[] | undefined;
            readonly preopens?: readonly {
                readonly guestPath: string;
                readonly grant: number;
                readonly readOnly: boolean;
            }[] | undefined;
            readonly stdin?: 'called' | 'closed' | 'host' | undefined;
            readonly stdout?: 'called' | 'closed' | 'host' | undefined;
            readonly stderr?: 'called' | 'closed' | 'host' | undefined;
        } | undefined;
        readonly holdMs?: number | undefined;
    }, options?: SyncCallOptions | undefined) => {
        readonly exitCode: number;
        readonly stdout: Uint8Array<ArrayBuffer | SharedArrayBuffer>;
        readonly stderr: Uint8Array<ArrayBuffer | SharedArrayBuffer>;
        readonly refused?: string | undefined;
        readonly held?: readonly ({
            readonly bytes: Uint8Array<ArrayBuffer | SharedArrayBuffer>;
            readonly stream: 'stderr' | 'stdout';
        })[] | undefined;
        readonly usage?: {
            readonly fuel: number | undefined;
            readonly wallMs: number;
            readonly memoryBytes: number;
            readonly peakMemoryBytes: number;
            readonly hostCalls: number;
            readonly bytesRead: number;
            readonly bytesWritten: number;
            readonly threads: number | undefined;
            readonly peakThreads: number | undefined;
            readonly schedule: number | undefined;
        } | undefined;
    };
    /** Starts a thread of the guest, which calls an export, by its name or looked up. It runs while calls of the instance do; `tid` is its number there. */
    readonly spawnThread: (args: {
        readonly instance: Handle<'instance'>;
        readonly values: readonly WireValue[];
        readonly function?: Handle<'function'> | undefined;
        readonly name?: string | undefined;
    }, options?: SyncCallOptions | undefined) => {
        readonly thread: Handle<'thread'>;
        readonly tid: number;
    };
    /** Runs the threads until this one has ended, and gives what its function returned. The handle is gone whatever comes of it. */
    readonly joinThread: (args: {
        readonly thread: Handle<'thread'>;
        readonly limits?: {
            readonly fuel?: number | undefined;
            readonly timeoutMs?: number | undefined;
        } | undefined;
    }, options?: SyncCallOptions | undefined) => {
        readonly values: readonly WireValue[];
        readonly usage?: {
            readonly fuel: number | undefined;
            readonly wallMs: number;
            readonly memoryBytes: number;
            readonly peakMemoryBytes: number;
            readonly hostCalls: number;
            readonly bytesRead: number;
            readonly bytesWritten: number;
            readonly threads: number | undefined;
            readonly peakThreads: number | undefined;
            readonly schedule: number | undefined;
        } | undefined;
    };
    /** Ends a thread, inside a native as soon as that returns. The handle stays, for JOIN_THREAD or DETACH_THREAD. */
    readonly cancelThread: (args: {
        readonly thread: Handle<'thread'>;
    }, options?: SyncCallOptions | undefined) => {};
    /** Threads beside the first that are alive, and were started; the most at once with it. Guest and embedder may start them. */
    readonly countThreads: (args: {
        readonly instance: Handle<'instance'>;
    }, options?: SyncCallOptions | undefined) => {
        readonly alive: number;
        readonly started: number;
        readonly peak: number;
    };
    /** Leaves a thread to itself: the handle is gone. */
    readonly detachThread: (args: {
        readonly thread: Handle<'thread'>;
    }, options?: SyncCallOptions | undefined) => {};
};

/** All transports, the one that isolates least first. */
export declare const TRANSPORT_NAMES: readonly TransportName[];

/** What one tenant may use in all; an absent member means no limit. */
export interface TenantBudget {
    /** The number of instructions. */
    readonly fuel?: number | undefined;
    /** Milliseconds for which its tasks hold enclaves. */
    readonly timeMs?: number | undefined;
    /** Bytes that each of its instances may hold. */
    readonly memoryBytes?: number | undefined;
}

/** What one tenant has used. */
export interface TenantUsage {
    /** The number of instructions, exact up to 2^53-1, where counting stops. */
    readonly fuel: number;
    /** Milliseconds for which its tasks held enclaves. */
    readonly timeMs: number;
    /** The number of tasks that have ended, failed ones included. */
    readonly calls: number;
}

/** Where the trusted side runs: on this thread, in a worker, or in a process of its own. */
export type TransportName = 'same-thread' | 'worker' | 'process';

/** Where an enclave's trusted side runs. */
export interface TransportOptions {
    /** Default 'worker'. */
    readonly transport?: TransportName | undefined;
    /** Settings that the trusted side gets when it starts. */
    readonly trusted?: TrustedSettings | undefined;
    /**
     * The file that workers and processes start from, for programs that were bundled: the path or URL of 'enclasm/enclave-main', or of a
     * bundle made of it. In a browser the URL of 'enclasm/web/enclave-main.js'. Default: where this package has it.
     */
    readonly entry?: FileName | undefined;
    /**
     * The folder where the code that V8 makes of that file is kept, so that later enclaves start faster: an absolute path, or false to keep none. Every
     * program that can write there can run code here. Default: a folder among the user's caches (XDG_CACHE_HOME, or the platform's own). Browsers keep
     * such code themselves, and take no path.
     */
    readonly codeCache?: string | false | undefined;
    /** Settings of transport 'worker'. */
    readonly worker?: WorkerSettings | undefined;
    /** Settings of transport 'process'. */
    readonly process?: ProcessSettings | undefined;
}

/** Settings of the trusted side, which cross to a worker or child as data. */
export interface TrustedSettings {
    /** Whose clock the guest gets: the trusted side's own unless given. */
    readonly clock?: Source | undefined;
    /** Whose random bytes the guest gets: the trusted side's own unless given. */
    readonly random?: Source | undefined;
    /**
     * In a browser: how many workers stand ready for threads of guests, one for each thread and one for the guest itself. Default: none, and threads run in
     * turn. The page has to be isolated from other origins. Elsewhere workers are started when they are needed.
     */
    readonly threadWorkers?: number | undefined;
    /** Bytes of the largest packet that the trusted side accepts. */
    readonly maxPacketBytes?: number | undefined;
}

/**
 * A function of the embedder threw during an ocall. The thrown value stays on the untrusted side and is found there again by `id` when it comes
 * out of the call that led to it.
 */
export declare class UntrustedFailure extends EnclasmError {
    readonly name = "UntrustedFailure";
    readonly kind = "host";
    /** The number that the thrown value is kept under. */
    readonly id: number;
    /** Stands for what a function of the embedder threw. @param id the number that the thrown value is kept under */
    constructor(id: number, text: string);
}

/** Is told what a guest used, however it ended, unless it was ended with its enclave: then nobody knows. */
export type UsageListener = (usage: Usage) => void;

/** A wasm value on the wire: i32, f32, f64 as number; i64 as bigint; v128 as 16 bytes; references as null or one of the two classes. */
export type WireValue = number | bigint | Uint8Array | null | HostReference | GuestReference;

/** How long a task may take, and what ends it. */
export interface WorkOptions {
    /** Milliseconds for waiting and running; after that the task is an error, and ended as by the signal. */
    readonly timeoutMs?: number | undefined;
    /** Ends the task when it is aborted. A program stops, and its enclave stays; of other tasks that have begun the enclave is replaced. */
    readonly signal?: AbortSignalLike | undefined;
}

/** How a worker is made, for embedders. */
export interface WorkerSettings {
    /** MiB of JavaScript heap the worker may have; guest memory lies outside it and has limits of its own. Default 512. */
    readonly heapMiB?: number | undefined;
    /** Whether packets go through shared memory; if false, as messages. Default: shared memory where the JavaScript environment has it. */
    readonly sharedMemory?: boolean | undefined;
    /** Bytes of shared memory per direction; larger packets move as messages. */
    readonly areaBytes?: number | undefined;
    /** The number of cores; default: the machine's. With one core, neither side spins. */
    readonly cores?: number | undefined;
}

/**
 * Starts an enclave.
 * @param call how long the start may take (timeoutMs), and what ends it (signal)
 * @throws UsageError for wrong options, EnclaveError where the JavaScript environment or the operating system cannot start it
 */
export declare function createEnclave(options?: CreateEnclaveOptions, call?: CallOptions): Promise<Enclave>;

/** Makes a pool of enclaves. @throws UsageError for wrong options, such as a size below 1 */
export declare function createEnclavePool(given: CreatePoolOptions): EnclavePool;

/** Starts an enclave without awaiting, over a transport that can wait. @throws as createEnclave; EnclaveError over one that cannot */
export declare function createEnclaveSync(options?: CreateEnclaveOptions): Enclave;

export {};
