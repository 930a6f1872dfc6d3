// Generated from the declarations that the build makes: npm run gen. A change here is a change of the public API.
/// <reference lib="esnext.disposable" />
import { Feature } from './binary.js';
import { FuncType } from './binary.js';
import { GlobalType } from './binary.js';
import { Library } from './libraries.js';
import { MemoryType } from './binary.js';
import { OsFiles } from './libraries.js';
import { TableType } from './binary.js';
import { ValidatedModule } from './binary.js';
import { WasiOptions } from './libraries.js';

/** An AbortSignal, or an object like it. */
export interface AbortSignalLike {
    /** Whether the signal was aborted. */
    readonly aborted: boolean;
    /** Why it was aborted: the `cause` of the error. */
    readonly reason?: unknown;
    /** Registers a listener that is called when the signal is aborted. */
    addEventListener?(type: 'abort', listener: () => void): void;
    /** Removes a listener. */
    removeEventListener?(type: 'abort', listener: () => void): void;
}

/** Wrong use of an allocator. "Does not fit" is never an error: it is `null` from the call. */
export declare class AllocatorError extends EnclasmError {
    readonly name: string;
    /** What went wrong, for code. */
    readonly kind: AllocatorErrorKind;
    /** Makes an error about memory. @param cause what led to it */
    constructor(kind: AllocatorErrorKind, message: string, cause?: unknown);
}

/** What went wrong, for code; the message says the same for people. */
export type AllocatorErrorKind = 'bad-argument' | 'bad-callback-result' | 'bad-callbacks' | 'callback-threw' | 'destroyed' | 'heap-corrupted' | 'not-a-live-block' | 'pool-too-large' | 'pool-too-small';

/** Limits of one call that runs in slices, and what happens when its fuel is used up. */
export interface AsyncCallOptions extends CallOptions {
    /**
     * Called when the fuel is used up; returns how many units more the guest gets. 0 or undefined ends the call with a LimitError, any other
     * value that is no whole number with a UsageError. Default: the call ends. Guests that a native calls cannot pause, so it is not called for them.
     */
    readonly onFuel?: ((usedUp: number) => MoreFuel | Promise<MoreFuel>) | undefined;
}

/**
 * A place for bytes: `size` bytes at `offset` in `buffer`. Offsets are multiples of 8, and never 0. Do not keep the buffer: an embedder's buffer
 * may be replaced when it grows, so read it from the block again.
 */
export interface Block {
    /** The buffer that it lies in. */
    readonly buffer: ArrayBufferLike;
    /** Where it begins, in bytes. */
    readonly offset: number;
    /** The size that was requested, in bytes; 0 is allowed and still a place of its own. */
    readonly size: number;
}

/** Limits of one call; what is absent is the instance's. */
export type CallLimits = {
    /** Instructions of one outermost call, also of the start function: a whole number up to 2^53-1. Beyond it: LimitError. */
    readonly fuel?: number | undefined;
    /** Milliseconds of one outermost call, natives and sleeping included. Beyond it: LimitError. */
    readonly timeoutMs?: number | undefined;
};

/** Limits of one call; what is absent is the instance's. In a call that a native makes, those of the outer call hold as well. */
export interface CallOptions extends CallLimits {
    /**
     * Ends the call when it is aborted, as the instance's own signal does. It is checked before the call and at checkpoints. During a synchronous call
     * only a native can abort it on this thread; see callAsync, and enclaves in workers and processes.
     */
    readonly signal?: AbortSignalLike | undefined;
}

/** A key under which each instance can keep a value: WAMR's context key. */
export declare class ContextKey<T> {
    #private;
    private constructor();
    /** Ends the key. The destructor still gets the values of instances when they end. */
    destroy(): void;
}

/** What kind of damage it is. */
export type CorruptionKind = 'accounting' | 'bins' | 'block-map' | 'double-free' | 'footer' | 'foreign-pointer' | 'free-list' | 'header' | 'interior-pointer' | 'lock' | 'misaligned-pointer' | 'stale-pointer';

/** The first damage a heap found. */
export interface CorruptionReport {
    /** What kind of damage it is. */
    readonly kind: CorruptionKind;
    /** Offset in bytes, as the heap's user counts: of the pointer for bad pointers, of the damaged word otherwise. */
    readonly offset: number;
    /** The operation that found it. */
    readonly during: HeapOperation;
    /** One line for people. */
    readonly message: string;
}

/** Every default. C programs import natives from module 'env'. */
export declare const DEFAULT_INIT_ARGS: ResolvedInitArgs;

/** By checks in the guest's code, or by ending its enclave: see InstantiateOptions. */
export type DeadlineChoice = 'hard' | 'soft';

/** What still existed when a runtime was destroyed. */
export interface DestroyReport {
    /** The number of exec envs that the embedder had made and not destroyed. */
    readonly execEnvs: number;
    /** Threads of guests that had not ended. */
    readonly threads: number;
    /** Names, in order of creation. */
    readonly instances: readonly string[];
    /** The names of loaded modules, in the order of loading. */
    readonly modules: readonly string[];
    /** The number of JavaScript values that the externref map held. */
    readonly externrefs: number;
    /** The number of shared memories that instances held. */
    readonly sharedMemories: number;
    /** Blocks that were never freed; undefined where memory was never set up. */
    readonly leaks: LeakReport | undefined;
}

/** The parent of all errors of this runtime. Errors of the embedder's own natives are not instances of it: they come through unchanged. */
export declare abstract class EnclasmError extends Error {
    /** The name of the error's class. */
    abstract readonly name: string;
    /** The kind of error, for code: one word for each class. */
    abstract readonly kind: string;
    /** Makes an error with a message that a terminal can show, cut at 4,096 characters. */
    constructor(message?: string, options?: ErrorOptions);
    /** Returns what JSON.stringify writes: name, kind, message, and the fields of the kind; bigints as digits. */
    toJSON(): Record<string, unknown>;
}

/** One running mode of a runtime, as `interpEngine()` and `aotEngine()` make it. Embedders do not implement it: not all of its members are public. */
export interface Engine {
    /** The running mode that this engine implements. */
    readonly mode: RunningMode;
    /** Whether its calls can pause, which threads of a guest need. */
    readonly canPause?: boolean;
    /** Whether the JavaScript engine sets aside frames of its calls that wait: that is enough for callAsync, and not for threads in turn. */
    readonly canSuspend?: boolean;
    /** Returns undefined, or the reason why this JavaScript engine cannot run this engine at all (no code generation, no WebAssembly). */
    unavailable(): string | undefined;
    /** Returns those of the module's features that this engine, or the JavaScript engine under it, lacks. */
    missingFeatures(module: Pick<ValidatedModule, 'usedFeatures'>): readonly Feature[];
}

/**
 * One thread of execution of a guest, WAMR's `wasm_exec_env_t`: the first argument of every native. `instanceOf(env)` is the instance that
 * called, with its memory.
 */
declare class ExecEnv {
    #private;
    /** A value that belongs to the embedder; the runtime does not use it. */
    userData: unknown;
    /** The attachment of the native function that runs: what its NativeSymbol gave. */
    attachment: unknown;
    /** The bytes of stack that calls on it may use; 0 means as much as `limits.stackBytes` allows. */
    readonly stackSize: number;
    private constructor();
}
export type { ExecEnv };

/** The guest asked to end (WASI proc_exit). Not a failure; never wrapped, never matched by text. */
export declare class ExitError extends EnclasmError {
    readonly name = "ExitError";
    readonly kind = "exit";
    /** What the guest gave to `proc_exit`: 0 to 2^32-1. */
    readonly code: number;
    /** Ends the guest with an exit code when a native throws it. @param code 0 to 2^32-1 */
    constructor(code: number);
}

/** One export of a module. */
export type ExportInfo = {
    readonly name: string;
} & ExternType;

/** The kind of an import or export, with its type; a tag has a function type. */
export type ExternType = {
    readonly kind: 'func';
    readonly type: FuncType;
} | {
    readonly kind: 'table';
    readonly type: TableType;
} | {
    readonly kind: 'memory';
    readonly type: MemoryType;
} | {
    readonly kind: 'global';
    readonly type: GlobalType;
} | {
    readonly kind: 'tag';
    readonly type: FuncType;
};

/** Runs the functions that another engine refuses, as `interpFallback()` makes it. */
export interface Fallback {
    /** The running mode whose engine runs those functions. */
    readonly mode: RunningMode;
}

/** One wasm frame of a trap, innermost first. */
export interface Frame {
    /** Index of the function in its module, imports first; -1 if the engine does not know it. */
    readonly functionIndex: number;
    /** The function's name from the name section or an export, or `$fN`. */
    readonly functionName: string;
    /** The name under which the module was loaded, else the one in its name section; '' without either, or if the engine does not know the module. */
    readonly moduleName: string;
    /** Absolute byte offset of the instruction in the module, in jit and aot of the function's first one; -1 if the engine does not know it. */
    readonly offset: number;
}

/** What a native function gets for a `*` without a length: an address that is in bounds for one byte, and checked access to what lies there. */
declare class GuestPointer {
    #private;
    /** The address in memory 0, in bytes. */
    readonly address: number;
    private constructor();
    /**
     * Returns `length` bytes from here on, in place: they are valid until the guest runs again.
     * @throws Trap if they reach beyond the memory
     */
    bytes(length: number): Uint8Array;
    /** Returns the same bytes as a DataView; wasm is little-endian (`getInt32(0, true)`). @throws Trap as `bytes` */
    view(length: number): DataView;
    /**
     * Reads the NUL-terminated string that starts here; bytes that are not UTF-8 become U+FFFD.
     * @throws Trap if it does not end within the memory or is too long
     * @throws LimitError if a long one exceeds the limits of time or memory
     */
    text(): string;
}
export type { GuestPointer };

/** A heap found its own words damaged, or was given a pointer that is none of its blocks. The heap is frozen. */
export declare class HeapCorruptionError extends AllocatorError {
    readonly name: string;
    /** What was found. */
    readonly report: CorruptionReport;
    /** Makes an error about a damaged heap. @param report what was found */
    constructor(report: CorruptionReport);
}

/** An operation of an allocator. */
export type HeapOperation = 'alignedAlloc' | 'free' | 'malloc' | 'migrate' | 'realloc' | 'stats' | 'verify';

/** The steps in order; those from 'platform' to 'externref map' are WAMR's env_init. */
export declare const INIT_STEPS: readonly ["memory", "platform", "built-in natives", "module registry", "shared memory", "thread manager", "trap translation", "externref map", "natives", "thread limit"];

/** One import of a module. */
export type ImportInfo = {
    readonly module: string;
    readonly name: string;
} & ExternType;

/**
 * What an embedder gives for the imports from one module name: functions `(env, ...values) => value`, exports of other instances, and
 * values for immutable globals.
 */
export type ImportObject = Readonly<Record<string, unknown>>;

/** What an embedder gives for the imports, by module name. */
export type Imports = Readonly<Record<string, ImportObject | WasmInstance>>;

/** WAMR's fields that have no effect here. They are checked, and one that asks for something gives a warning. */
export type InitArgsWithoutEffect = {
    /** Where the server of WAMR's source debugger would listen: an IP address. */
    readonly ipAddr?: string | undefined;
    /** Where the server of WAMR's source debugger would listen: a port; 0 for any. */
    readonly instancePort?: number | undefined;
    /** Bytes that WAMR's fast compiler would keep code in. */
    readonly fastJitCodeCacheSize?: number | undefined;
    /** Bytes of WAMR's heap of garbage-collected objects; here `limits.memoryBytes` bounds them. */
    readonly gcHeapSize?: number | undefined;
    /** How much WAMR's LLVM compiler would optimise, 0 to 3. */
    readonly llvmJitOptLevel?: number | undefined;
    /** How much WAMR's LLVM compiler would care for the size of code, 0 to 3. */
    readonly llvmJitSizeLevel?: number | undefined;
    /** Which accesses WAMR's LLVM compiler would make through a segment register of x86-64: a set of flags. */
    readonly segueFlags?: number | undefined;
    /** Whether a profiler would get the names of WAMR's compiled functions. */
    readonly enableLinuxPerf?: boolean | undefined;
};

/** Initialisation failed at a step; the steps before it have been undone. The reason is `cause`. */
export declare class InitError extends EnclasmError {
    readonly name = "InitError";
    readonly kind = "init";
    /** The step that failed. */
    readonly step: InitStep;
    /** An error of a step. @param cause what the step threw */
    constructor(step: InitStep, cause: unknown);
}

/** Observes the steps. If it throws, the step fails, which tests use. */
export interface InitObserver {
    /** Called before a step runs. */
    beforeStep?(step: InitStep): void;
    /** Called after a step was undone. */
    afterUndo?(step: InitStep): void;
}

/** A step of the initialisation. */
export type InitStep = (typeof INIT_STEPS)[number];

/** How one instance is made: what it may use, what it imports, and which mode runs it. */
export interface InstantiateOptions {
    /** A label for errors and logs; default: the module's name. */
    readonly name?: string | undefined;
    /** Bytes of stack that calls may use on exec envs that specify no size; 0 means as much as `limits.stackBytes` allows. */
    readonly stackSize?: number | undefined;
    /** Bytes of the app heap in memory 0; dropped where the module exports malloc and free. Default: 0. */
    readonly heapSize?: number | undefined;
    /** The largest size of memory 0 in pages, kept between the module's initial size and its maximum. */
    readonly maxMemoryPages?: number | undefined;
    /** The running mode. Default: the runtime's runningMode. */
    readonly mode?: ModeChoice | undefined;
    /** The limits of the instance; for absent ones the runtime's defaults hold. */
    readonly limits?: LimitOptions | undefined;
    /** Whether the same input gives the same output: NaNs are canonical, clocks and randomness fixed. */
    readonly deterministic?: boolean | undefined;
    /** Count instructions even where no fuel limit asks for it. */
    readonly metered?: boolean | undefined;
    /**
     * Whether a call can be ended by a deadline, an AbortSignal, or a limit of nesting calls. `false` is for guests that nothing limits: in mode
     * host their code is left unchanged and runs at the speed of native WebAssembly, only the end of the thread stops it, other instances cannot
     * get its functions, and a native cannot call it inside a call that has such a limit. Refused together with limits that need it. Default: true;
     * with `deadline: 'hard'` only where another limit needs it.
     */
    readonly interruptible?: boolean | undefined;
    /** Whether an unknown function import is a LinkError at once, rather than a trap when it is called. */
    readonly strictLinking?: boolean | undefined;
    /**
     * Whether the guest can have threads, and how they run: `parallel`, each in a worker, or `cooperative`, in turn on this JavaScript thread, which
     * needs mode `interp`. `auto`: where it imports `wasi.thread-spawn`, or `pthread_create` from `env`, as the mode and the host allow. `none`:
     * `thread-spawn` gives it -1, `pthread_create` EAGAIN. Default: `auto`.
     */
    readonly threads?: ThreadsChoice | undefined;
    /**
     * Makes it deterministic, with this as the source of its random bytes and of the order in which its threads run: another seed is another of
     * the things that can happen. Default, for a deterministic guest: 0.
     */
    readonly seed?: number | undefined;
    /**
     * How its `timeoutMs` is kept. `soft`: by checks in the guest's code, and all else goes on. `hard`: from outside, by ending the enclave with all that
     * is in it; the guest has no checks for it and runs at the speed that it has without a deadline. Needs an enclave in a worker or a process.
     * Default: `soft`.
     */
    readonly deadline?: DeadlineChoice | undefined;
    /** A signal that ends every call, and the instantiation, when it is aborted. */
    readonly signal?: AbortSignalLike | undefined;
    /** What it imports, by module name and name; it takes precedence over natives and libraries. */
    readonly imports?: Imports | undefined;
    /** Natives of this instance alone, by module name: after `imports`, and before those of the runtime. */
    readonly natives?: Readonly<Record<string, readonly NativeSymbol[]>> | undefined;
    /** What a program that imports WASI may do; nothing unless given. The printf of libc-builtin writes to its stdout, too. */
    readonly wasi?: WasiOptions | undefined;
    /** Who sees what the guest does: its calls of natives, its functions, its growth. Nothing costs time that no member of it asks for. */
    readonly observe?: Observer | undefined;
    /** The first value of `WasmInstance.customData`, which belongs to the embedder. */
    readonly customData?: unknown;
}

/** The limits of an instantiation as a whole and its usage, for callers that need the usage even where it fails. */
declare class InstantiationAccount {
    #private;
    /** What the parts have used so far. */
    readonly usage: Usage;
    /** @param limits of the whole; if absent, each part has the limits of the instance */
    constructor(limits?: CallLimits);
    /**
     * Returns the limits of the next part; undefined where those of the instance hold.
     * @param own the limits of the instance; the lesser of both holds
     * @param now monotonic milliseconds
     */
    left(own: CallLimits, now: number): CallLimits | undefined;
    /** Counts a part that has ended or failed. @param used undefined where no guest ran @param now monotonic milliseconds */
    add(used: Usage | undefined, now: number): void;
}
export type { InstantiationAccount };

/** A bug of this runtime: please report it. */
export declare class InternalError extends EnclasmError {
    readonly name = "InternalError";
    readonly kind = "internal";
}

/** The module is well-formed but not valid, or uses a feature that is off. */
export declare class InvalidError extends EnclasmError {
    readonly name = "InvalidError";
    readonly kind = "invalid";
    /** Where in the module the fault is, in bytes from its start. */
    readonly offset: number;
    /** Index of the function, or -1 outside functions. */
    readonly functionIndex: number;
    /** The feature to switch on, if that is what is missing. */
    readonly feature: Feature | undefined;
    /**
     * Makes an error about a module.
     * @param text the specification's text, or the implementation's limit
     * @param offset bytes from the start of the module
     */
    constructor(text: string, offset: number, functionIndex?: number, feature?: Feature);
}

/** What was still allocated when an allocator was destroyed. */
export interface LeakReport {
    /** Blocks in use, charges not included. */
    readonly blocks: number;
    /** Bytes of these blocks. */
    readonly bytes: number;
    /** Charges for things that live elsewhere and were still counted. */
    readonly charges: number;
    /** The bytes of these charges. */
    readonly chargedBytes: number;
    /** The first few leaked blocks. */
    readonly first: readonly {
        readonly offset: number;
        readonly size: number;
    }[];
    /** The damage that froze the heap; null where there was none. */
    readonly corruption: CorruptionReport | null;
}

/** A limit was hit. The error says which, its value, and what had been used. */
export declare class LimitError extends EnclasmError {
    readonly name = "LimitError";
    readonly kind = "limit";
    /** The limit that was hit; 'signal' if an AbortSignal was aborted. */
    readonly limit: LimitName;
    /** What the limit allows, in its own unit: instructions, milliseconds, bytes or a count. */
    readonly value: number;
    /** What the call had used; undefined if no guest ran. */
    usage: Usage | undefined;
    /** The guest's frames, innermost first; empty if the guest was not running. */
    frames: readonly Frame[];
    /** The thread that reached it, where the guest has several: 0 is the first. */
    thread: number | undefined;
    /**
     * Makes an error about a limit.
     * @param value what the limit allows
     * @param detail what the message says besides
     * @param cause what led to it: of a signal, the reason that it was aborted with
     */
    constructor(limit: LimitName, value: number, detail?: string, cause?: unknown);
    /** What the message says besides the limit and its value. */
    get detail(): string | undefined;
}

/** A limit that a LimitError can name. */
export type LimitName = 'callDepth' | 'fuel' | 'hostCalls' | 'instances' | 'memoryBytes' | 'moduleBytes' | 'openFiles' | 'outputBytes' | 'signal' | 'stackBytes' | 'tableElements' | 'threads' | 'timeoutMs';

/** Limits of one instance; what is absent is the runtime's default, or none. */
export type LimitOptions = {
    /** Instructions of one outermost call, also of the start function: a whole number up to 2^53-1. Beyond it: LimitError. */
    readonly fuel?: number | undefined;
    /** Milliseconds of one outermost call, natives and sleeping included. Beyond it: LimitError. */
    readonly timeoutMs?: number | undefined;
    /**
     * Bytes of memories, tables, GC objects, exceptions and files in memory; of a runtime, of all its instances. Beyond it: LimitError of an
     * instantiation, and from what makes objects and exceptions; -1 from growth; ENOMEM or ENOSPC of files.
     */
    readonly memoryBytes?: number | undefined;
    /** Bytes of stack: 16 for each local and operand of the functions that run. Default: as much as the mode has. Beyond it: LimitError. */
    readonly stackBytes?: number | undefined;
    /**
     * Calls of the guest that may nest. Default: 16,384 in `interp`, elsewhere what the JavaScript stack has room for. Beyond it: LimitError; beyond
     * the default the trap "call stack exhausted".
     */
    readonly callDepth?: number | undefined;
    /** Elements of all tables of the instance. Default: 10,000,000. Beyond it: LimitError when an instance is made; -1 from `table.grow`. */
    readonly tableElements?: number | undefined;
    /** Threads that a guest may have at once beside its first. Default, and most: the runtime's `maxThreadNum`. Beyond it: -1 from `thread-spawn`, LimitError from `spawnThread`. */
    readonly threads?: number | undefined;
    /**
     * WASI descriptors open at once, streams and preopens included. Default: 512. Beyond it: EMFILE; LimitError where streams and preopens
     * alone are more.
     */
    readonly openFiles?: number | undefined;
    /** Bytes that WASI (files and streams) and printf write in the life of the instance. Beyond it: LimitError. */
    readonly outputBytes?: number | undefined;
    /** Calls to natives of one outermost call. Beyond it: LimitError. */
    readonly hostCalls?: number | undefined;
};

/** An import is missing or has the wrong type, or instances cannot be linked. */
export declare class LinkError extends EnclasmError {
    readonly name = "LinkError";
    readonly kind = "link";
}

/** The options of loading one module. */
export interface LoadOptions {
    /** A label for errors and logs. */
    readonly name?: string | undefined;
    /** Features that are switched on or off for this module, in the runtime's set. */
    readonly features?: Partial<Record<Feature, boolean>> | undefined;
}

/** The severity of a line of the log: from 'fatal', the gravest, by 'error', 'warning' and 'debug' to 'verbose'. */
export type LogLevel = 'debug' | 'error' | 'fatal' | 'verbose' | 'warning';

/** The bytes are not a module: `offset` is absolute. */
export declare class MalformedError extends EnclasmError {
    readonly name = "MalformedError";
    readonly kind = "malformed";
    /** Where in the module the fault is, in bytes from its start. */
    readonly offset: number;
    /**
     * Makes an error about a module's bytes.
     * @param text the specification's text
     * @param offset bytes from the start of the module
     */
    constructor(text: string, offset: number);
}

/** The bytes of the pool, exact at any time. The allocator's own headers count as used. */
export interface MemAllocInfo {
    /** All bytes. */
    readonly total: number;
    /** Bytes that are free, contiguous or not. */
    readonly totalFree: number;
    /** The most that was ever in use at once. */
    readonly highmark: number;
}

/** One of the three, for the memAllocType of the same name. */
export interface MemAllocOption {
    /** For type 'pool'. */
    readonly pool?: PoolOption | undefined;
    /** For type 'allocator'. */
    readonly allocator?: UserAllocatorOptions | undefined;
    /** For type 'system'. */
    readonly system?: SystemOption | undefined;
}

/** Where memory comes from: one buffer of fixed size, the embedder's functions, or a buffer for each allocation. */
export type MemAllocType = 'pool' | 'allocator' | 'system';

/** A running mode, or `auto`: the fastest that can run the module. */
export type ModeChoice = 'aot' | 'auto' | 'host' | 'interp' | 'jit';

/** Gets the bytes that the reader returned, when their module is unloaded. */
export type ModuleDestroyer = (name: string, bytes: Uint8Array | ArrayBuffer) => void;

/** Returns the bytes of a module by its name; undefined where there is none. */
export type ModuleReader = (name: string) => Uint8Array | ArrayBuffer | undefined | null;

/** More fuel, one unit for each instruction; undefined or 0 gives none. */
export type MoreFuel = number | undefined;

/**
 * A native function. It gets the exec env and one argument per letter of its signature (a `*~` pair gives one).
 * Without a signature it gets one argument per wasm parameter, as numbers, bigints and references.
 * It returns the result, an array if there are several, a promise if it is async.
 */
export type NativeFunction = (env: ExecEnv, ...args: never[]) => unknown;

/** One native function of a table: WAMR's `NativeSymbol`. */
export type NativeSymbol = (NativeSymbolCommon & {
    readonly raw?: false | undefined;
    readonly func: NativeFunction;
}) | (NativeSymbolCommon & {
    readonly raw: true;
    readonly func: RawNativeFunction;
});

/** What every native function declares, however it takes its arguments. */
export interface NativeSymbolCommon {
    /** The name of the import; a leading '_' of the import may be omitted here. */
    readonly symbol: string;
    /** WAMR's notation, see docs/embedding.md: `(ii*~$)i`. If absent, nothing is checked or converted. */
    readonly signature?: string | undefined;
    /** The value of `env.attachment` during the call. */
    readonly attachment?: unknown;
    /** The function returns a promise: only callAsync, in a mode that can wait, runs it. */
    readonly async?: boolean | undefined;
}

/** An outermost call into a guest that has ended. */
export interface ObservedCall {
    /** The instance's name. */
    readonly instance: string;
    /** What this call used. */
    readonly usage: Usage;
    /** What it threw, in an object; undefined if it returned. */
    readonly thrown: {
        readonly error: unknown;
    } | undefined;
    /** When it began, in monotonic milliseconds. */
    readonly startedAt: number;
}

/** A memory or table that has grown, or that a limit has kept from it. */
export interface ObservedGrowth {
    /** The instance's name. */
    readonly instance: string;
    /** What has grown; `bytes` and `elements`: what `limits.memoryBytes` and `limits.tableElements` count has not. */
    readonly of: 'memory' | 'table' | 'bytes' | 'elements';
    /** The size that it has now: bytes of a memory, elements of a table; for a refusal, of all of the instance together. */
    readonly size: number;
    /** The limit that refused, in the same unit; undefined if it has grown. */
    readonly refusedBy: number | undefined;
}

/** A call of a function that the guest imports, once it has ended. */
export interface ObservedHostCall {
    /** The module name that the guest imports it from. */
    readonly module: string;
    /** The name that the guest imports it by. */
    readonly name: string;
    /** The arguments, as natives get them from the guest. */
    readonly args: readonly unknown[];
    /** The results; none if it threw. */
    readonly results: readonly unknown[];
    /** What it threw, in an object; undefined if it returned. */
    readonly thrown: {
        readonly error: unknown;
    } | undefined;
    /** When it began, in monotonic milliseconds. */
    readonly startedAt: number;
    /** How long it took, in milliseconds. */
    readonly ms: number;
    /** The thread whose code made the call. */
    readonly thread: ObservedThread;
}

/** Calls of one guest that run one after the other: where an event happened. */
export interface ObservedThread {
    /** The instance's name. */
    readonly instance: string;
    /** Threads of one instance have numbers from 0; calls that wait for promises at the same time are on several, too. */
    readonly number: number;
    /** The fuel that its calls have used so far; 0 where the instance counts none. */
    readonly fuel: number;
    /** Monotonic milliseconds. */
    readonly now: number;
}

/**
 * What an embedder wants to see of an instance: `InstantiateOptions.observe`. Each member is one kind of event, and what no member asks for costs
 * nothing. The functions run while the guest does: they must return soon and must not call it. What they throw ends the guest's call.
 */
export interface Observer {
    /** A function that the guest imports has returned or thrown: natives, WASI. */
    hostCall?(call: ObservedHostCall): void;
    /** A function of the guest begins. @param index in the module's function index space */
    entered?(index: number, thread: ObservedThread): void;
    /** A function of the guest has ended, however it did: the last that was entered on this thread and has not. */
    left?(index: number, thread: ObservedThread): void;
    /** Code up to the next such place begins to run. @param offset of its first instruction in the module */
    reached?(offset: number, thread: ObservedThread): void;
    /** A memory or a table has grown, or was kept from it. */
    grew?(growth: ObservedGrowth): void;
    /** An outermost call begins. */
    callBegan?(instance: string): void;
    /** An outermost call has ended. */
    callEnded?(call: ObservedCall): void;
}

/** What this runtime needs of the world outside the JavaScript language. Files and network are apart. */
export interface Platform {
    /** The platform's name, for the log and for reports. */
    readonly name: string;
    /** Milliseconds since an arbitrary start, with a fraction; never goes back. */
    monotonicNow(): number;
    /** Nanoseconds since 1970-01-01 UTC. */
    realtimeNow(): bigint;
    /** Processor time of this process in nanoseconds; undefined where the platform cannot measure it. */
    cpuTimeNow(): bigint | undefined;
    /** Fills `bytes` from a cryptographic source. */
    randomFill(bytes: Uint8Array): void;
    /** Takes one line of the log. */
    log(level: LogLevel, text: string): void;
    /** Blocks this thread for `ms` milliseconds; returns false at once where the platform cannot block. */
    sleep(ms: number): boolean;
    /** Calls `callback` after `ms` milliseconds; returns a function that cancels it. Absent where the platform has no timers: waiting then polls. */
    startTimer?(ms: number, callback: () => void): () => void;
    /**
     * Moves the bytes of a buffer to a new one and detaches the old. Absent where the platform cannot; not asked where JavaScript itself can.
     * @throws TypeError where the buffer is detached already
     */
    transferBuffer?(buffer: ArrayBuffer): ArrayBuffer;
    /**
     * Starts a worker for threads of guests: it runs entry/thread-main. Absent where there are no workers, or no memory that they could share.
     * @param onMessage called when the worker has posted something, if this thread's event loop runs
     */
    readonly startThread?: ((onMessage: () => void) => PlatformThread) | undefined;
    /** Resolves when other tasks of the event loop have had their turn. */
    yieldToEventLoop(): Promise<void>;
}

/** A worker for threads of guests. */
export interface PlatformThread {
    /** Sends it data, as `postMessage` does. */
    post(message: object): void;
    /** Blocks this thread until the worker has come up, or could not. */
    awaitStart(): void;
    /** Whether this thread's event loop goes on as long as the worker does; not at first. */
    keepAlive(keep: boolean): void;
    /** It has run, and has ended by itself. */
    readonly died: boolean;
    /** Ends it, whatever it does. @param isIdle whether nothing of a guest is in it: the platform may keep it for another */
    end(isIdle: boolean): void;
}

/** A platform, with files where the JavaScript environment has them. */
export type PlatformWithFiles = Platform & Partial<OsFiles>;

/** One buffer of fixed size, WAMR's `Alloc_With_Pool`. At least one of the two members is given. */
export interface PoolOption {
    /** The embedder's buffer, of which `heapSize` bytes are used, or all; default: a new buffer. */
    readonly heapBuf?: ArrayBuffer | SharedArrayBuffer | Uint8Array | undefined;
    /** Bytes of the pool. */
    readonly heapSize?: number | undefined;
}

/** Every running mode. */
export declare const RUNNING_MODES: readonly ["interp", "jit", "aot", "host"];

/** A raw native function. It reads its arguments from slots 0 and up and leaves its results there. */
export type RawNativeFunction = (env: ExecEnv, slots: Slots) => void | Promise<void>;

/** Init args with every default filled in. */
export type ResolvedInitArgs = {
    readonly [Key in keyof RuntimeInitArgs]-?: Exclude<RuntimeInitArgs[Key], undefined>;
};

/**
 * What runs a guest: `'host'` is native WebAssembly, `'jit'` JavaScript that is compiled from the module when it is instantiated, `'aot'` the same
 * compiled ahead of time, `'interp'` the interpreter.
 */
export type RunningMode = (typeof RUNNING_MODES)[number];

/**
 * A runtime: WAMR's `wasm_runtime_*` functions as methods. It owns its memory, natives, engines, modules and instances; two of them share
 * nothing. It ends with `destroy()`, or by `using`.
 */
export declare class Runtime {
    #private;
    /**
     * Initialises a runtime, step by step as wasm_runtime_full_init does.
     * @param host what it runs on: platform, engines, libraries
     * @throws UsageError for wrong arguments; InitError with `step` and `cause` when a step failed, after the others were undone
     */
    static init(args: RuntimeInitArgs | undefined, host: RuntimeHost): Runtime;
    /**
     * The same as `Runtime.init(args, host)`.
     * @param args memory, natives, limits and mode; each has a default
     * @param host what it runs on: platform, engines, libraries
     * @throws UsageError for wrong arguments
     * @throws InitError with `step` and `cause` when a step failed; the others have been undone
     */
    constructor(args: RuntimeInitArgs | undefined, host: RuntimeHost);
    /** The version of this package. */
    get version(): Version;
    /** Whether it was destroyed: then everything else here is a UsageError. */
    get destroyed(): boolean;
    /** The live instances in the order of creation, sub-instances included. */
    get instances(): readonly WasmInstance[];
    /** The modules that were not unloaded, in the order of loading. */
    get modules(): readonly WasmModule[];
    /** The bytes of all instances together: now, and at most so far. */
    get usage(): Pick<Usage, 'memoryBytes' | 'peakMemoryBytes'>;
    /**
     * Decodes and validates a module, and loads the modules that it imports from by the module reader, where there is one.
     * @throws MalformedError, InvalidError, LimitError (moduleBytes), LinkError (circular dependency)
     */
    load(bytes: Uint8Array | ArrayBuffer, options?: LoadOptions): WasmModule;
    /**
     * Makes a module's exports available to modules that import from `name`.
     * @throws UsageError for a module that is not loaded here, and for a name that is built in or another module's
     */
    registerModule(name: string, module: WasmModule): void;
    /** Returns the module that is registered under a name; undefined where there is none. */
    findModuleRegistered(name: string): WasmModule | undefined;
    /** Sets the function that reads modules which others import from, and the one that gets their bytes back when they are unloaded. */
    setModuleReader(reader: ModuleReader | undefined, destroyer?: ModuleDestroyer): void;
    /**
     * Makes an instance and runs its start functions, under its limits.
     * @param account the limits of all of that together, and what it used
     * @throws UsageError, LinkError, LimitError, Trap, WasmException
     */
    instantiate(module: WasmModule, options?: InstantiateOptions, account?: InstantiationAccount): WasmInstance;
    /**
     * Makes a shared memory for several instances to import: `imports: { env: { memory } }`. It counts for the runtime's memory, and lives until it is
     * released or the runtime ends.
     * @param options its first and its largest size, in pages of 64 KiB
     * @throws UsageError for sizes that no memory has; LimitError memoryBytes where there is no room
     */
    createSharedMemory(options: SharedMemoryOptions): WasmSharedMemory;
    /**
     * Adds a table of natives. It hides older natives of the same names for instances that are made from now on.
     * @throws UsageError for a bad signature, a missing name or function, or a name that stands twice
     */
    registerNatives(moduleName: string, symbols: readonly NativeSymbol[]): void;
    /** Removes the table with this very array. Returns whether there was one. Instances keep the natives that they were linked with. */
    unregisterNatives(moduleName: string, symbols: readonly NativeSymbol[]): boolean;
    /** Whether an import of a function would find a native, whatever its type. */
    isImportFuncLinked(moduleName: string, name: string): boolean;
    /**
     * Allocates a block of the runtime's memory; returns null where it does not fit.
     * @throws AllocatorError for what is no number of bytes; HeapCorruptionError once the pool is found damaged
     */
    malloc(bytes: number): Block | null;
    /** Resizes a block, which may move it; returns null where it does not fit, and the old block stays. @throws as malloc; AllocatorError for a block that is none */
    realloc(block: Block, bytes: number): Block | null;
    /** Frees a block of malloc and zeroes it. @throws AllocatorError for a block that is none; HeapCorruptionError for one that was freed */
    free(block: Block): void;
    /**
     * Allocates like malloc, at an offset that is a multiple of `alignment`.
     * @param alignment a power of two, bytes
     * @throws as malloc
     */
    alignedAlloc(bytes: number, alignment: number): Block | null;
    /** Returns the sizes of the memory; null where it has no total, with 'allocator' and with 'system' without a limit. */
    getMemAllocInfo(): MemAllocInfo | null;
    /** Checks everything that the allocator manages. */
    verifyMemory(): VerifyReport;
    /** Makes a key under which each instance can keep a value. @param destructor gets the value when the instance ends */
    createContextKey<T>(destructor?: (value: T) => void): ContextKey<T>;
    /** Returns the JavaScript value that a number stands for, in an object; undefined where it stands for none. */
    externrefRefToObj(index: number): {
        readonly value: unknown;
    } | undefined;
    /** Keeps the value of a number through externrefReclaim. Returns whether the number stands for one. */
    externrefRetain(index: number): boolean;
    /** Threads of one guest beside its first, for guests made from now on; 0 changes nothing. @throws UsageError for what is no whole number */
    setMaxThreadNum(count: number): void;
    /** Threads that a guest made from now on can have beside its first. */
    get maxThreadNum(): number;
    /** The least grave level that is logged. */
    get logLevel(): LogLevel;
    /** Sets the least grave level that is logged: WAMR's `wasm_runtime_set_log_level`. @throws UsageError for an unknown level */
    setLogLevel(level: LogLevel): void;
    /**
     * Ends threads, instances, modules, natives and memory, in that order; every byte of a pool is zero afterwards.
     * @returns what was still alive
     * @throws UsageError while a call runs, or when it has been destroyed
     */
    destroy(): DestroyReport;
    /** Destroys the runtime, unless it was destroyed, at the end of a block with `using`. */
    [Symbol.dispose](): void;
}

/** The host of a runtime, which is what it runs on: the second argument of `Runtime.init`. */
export interface RuntimeHost {
    /** Clocks, randomness, log and waiting, and files where the JavaScript environment has them. */
    readonly platform: PlatformWithFiles;
    /** The engines, in the order that mode 'auto' prefers. */
    readonly engines: readonly Engine[];
    /** What guests may import besides the embedder's natives; default: nothing. Where two libraries have a name, the later one's counts. */
    readonly libraries?: readonly Library[] | undefined;
    /** Observes initialisation and its undoing, for tests. */
    readonly observer?: InitObserver | undefined;
}

/** What `Runtime.init` takes: WAMR's `RuntimeInitArgs`, with defaults for everything. */
export interface RuntimeInitArgs extends InitArgsWithoutEffect {
    /** The most threads of one cluster; 0 leaves the default. */
    readonly maxThreadNum?: number | undefined;
    /** The mode of instances that ask for none. */
    readonly runningMode?: ModeChoice | undefined;
    /** Limits of the runtime, and defaults for its instances. */
    readonly limits?: RuntimeLimitOptions | undefined;
    /** The least grave level that is logged; default 'warning'. */
    readonly logLevel?: LogLevel | undefined;
    /** Where memory comes from. */
    readonly memAllocType?: MemAllocType | undefined;
    /** What memAllocType needs: `{ pool }`, `{ allocator }` or `{ system }`. */
    readonly memAllocOption?: MemAllocOption | undefined;
    /** The module name that `nativeSymbols` are registered under. */
    readonly nativeModuleName?: string | undefined;
    /** Natives that are registered last; `registerNatives` adds more. */
    readonly nativeSymbols?: readonly NativeSymbol[] | undefined;
    /** Features that are switched on or off in the default set. */
    readonly features?: Partial<Record<Feature, boolean>> | undefined;
}

/** Limits of a runtime: its memoryBytes hold for all instances together, the other limits of instances are defaults for each. */
export type RuntimeLimitOptions = {
    /** Instructions of one outermost call, also of the start function: a whole number up to 2^53-1. Beyond it: LimitError. */
    readonly fuel?: number | undefined;
    /** Milliseconds of one outermost call, natives and sleeping included. Beyond it: LimitError. */
    readonly timeoutMs?: number | undefined;
    /**
     * Bytes of memories, tables, GC objects, exceptions and files in memory; of a runtime, of all its instances. Beyond it: LimitError of an
     * instantiation, and from what makes objects and exceptions; -1 from growth; ENOMEM or ENOSPC of files.
     */
    readonly memoryBytes?: number | undefined;
    /** Bytes of stack: 16 for each local and operand of the functions that run. Default: as much as the mode has. Beyond it: LimitError. */
    readonly stackBytes?: number | undefined;
    /**
     * Calls of the guest that may nest. Default: 16,384 in `interp`, elsewhere what the JavaScript stack has room for. Beyond it: LimitError; beyond
     * the default the trap "call stack exhausted".
     */
    readonly callDepth?: number | undefined;
    /** Elements of all tables of the instance. Default: 10,000,000. Beyond it: LimitError when an instance is made; -1 from `table.grow`. */
    readonly tableElements?: number | undefined;
    /** Instances of the runtime alive at once, those of sub-modules included. Beyond it: LimitError. */
    readonly instances?: number | undefined;
    /** Threads that a guest may have at once beside its first. Default, and most: the runtime's `maxThreadNum`. Beyond it: -1 from `thread-spawn`, LimitError from `spawnThread`. */
    readonly threads?: number | undefined;
    /**
     * WASI descriptors open at once, streams and preopens included. Default: 512. Beyond it: EMFILE; LimitError where streams and preopens
     * alone are more.
     */
    readonly openFiles?: number | undefined;
    /** Bytes that WASI (files and streams) and printf write in the life of the instance. Beyond it: LimitError. */
    readonly outputBytes?: number | undefined;
    /** Calls to natives of one outermost call. Beyond it: LimitError. */
    readonly hostCalls?: number | undefined;
    /** Bytes of a module's file. Default: 1 GiB, which is the most there can be. Beyond it: LimitError. */
    readonly moduleBytes?: number | undefined;
};

/** The size of a shared memory, in pages of 64 KiB. */
export interface SharedMemoryOptions {
    /** What it begins with. */
    readonly initial: number;
    /** The most that it can have: at most what the instances' imports declare. */
    readonly maximum: number;
}

/** Where a raw native function finds its arguments and leaves its results: 16 bytes for each value, seen as words, doubles and bytes. */
declare class Slots {
    /** Slot k begins at word 4k: an i32 takes that word, an i64 two words with the low one first. */
    readonly i32: Int32Array;
    /** The f32 of slot k is at 4k. */
    readonly f32: Float32Array;
    /** The f64 of slot k is at 2k. */
    readonly f64: Float64Array;
    /** The bytes of slot k begin at 16k; a v128 takes all 16. */
    readonly u8: Uint8Array;
    /** The reference of slot k is at k. */
    readonly refs: unknown[];
    constructor(capacity?: number);
}
export type { Slots };

/** A buffer for each allocation, WAMR's `Alloc_With_System_Allocator`. */
export interface SystemOption {
    /** The most bytes in use. */
    readonly limit?: number | undefined;
}

/** The tag of an exception; it is equal only to itself. */
declare class TagInstance {
    private constructor();
    /** The types of the payload's values. */
    get params(): FuncType['params'];
}
export type { TagInstance };

/** A thread of a guest that waits for ever. */
export interface ThreadWait {
    /** 0 is the first. */
    readonly thread: number;
    /** Where `memory.atomic.notify` would wake it; undefined where it waits in a native. */
    readonly address: number | undefined;
    /** Where it is, innermost first. */
    readonly frames: readonly Frame[];
}

/** Whether a guest can have threads: see InstantiateOptions. */
export type ThreadsChoice = 'auto' | 'cooperative' | 'none' | 'parallel';

/** An instance whose guest starts threads cannot be made so, or one that has no threads was to start one: the message says what is missing. */
export declare class ThreadsUnsupportedError extends EnclasmError {
    readonly name = "ThreadsUnsupportedError";
    readonly kind = "threads-unsupported";
}

/** The guest did what the specification forbids at run time. */
export declare class Trap extends EnclasmError {
    readonly name = "Trap";
    readonly kind = "trap";
    /** Which trap it is, for code. */
    readonly id: TrapId;
    /** The guest's frames, innermost first; empty if the guest was not running. */
    frames: readonly Frame[];
    /** The thread that trapped, where the guest has several: 0 is the first. */
    thread: number | undefined;
    /** In a deadlock: where each thread waits. */
    waits: readonly ThreadWait[] | undefined;
    /**
     * Makes a trap; a native that throws one makes its guest trap.
     * @param frames the guest's frames; the runtime adds them if they are absent
     * @param detail replaces the specification's text, for traps whose text the embedder gives
     */
    constructor(id: TrapId, frames?: readonly Frame[], detail?: string);
}

/** The name of a trap: one for each text of the specification, and for those that only embedders make. */
export type TrapId = 'array-out-of-bounds' | 'cast-failure' | 'custom' | 'deadlock' | 'expected-shared-memory' | 'indirect-call-type-mismatch' | 'integer-divide-by-zero' | 'integer-overflow' | 'invalid-conversion' | 'memory-out-of-bounds' | 'null-array-reference' | 'null-exception-reference' | 'null-function-reference' | 'null-i31-reference' | 'null-reference' | 'null-structure-reference' | 'out-of-memory' | 'stack-exhausted' | 'table-out-of-bounds' | 'terminated-by-user' | 'text-too-long' | 'unaligned-atomic' | 'undefined-element' | 'uninitialized-element' | 'unlinked-import' | 'unreachable' | 'unsupported-operation';

/** What a call, or an instance in its life, has used. */
export type Usage = {
    /** Instructions: a number as the limit is, exact up to 2^53-1, which it does not exceed; undefined if they are not counted. */
    readonly fuel: number | undefined;
    /** Milliseconds in calls, natives and sleeping included. Of calls below 0.05 ms one in 256 is timed. */
    readonly wallMs: number;
    /** Bytes held, of what the limit `memoryBytes` counts: at the end of the call, or now. */
    readonly memoryBytes: number;
    /** The most bytes that were held at once in the life of the instance. */
    readonly peakMemoryBytes: number;
    /** Calls to natives. */
    readonly hostCalls: number;
    /** Bytes that WASI read, from files, streams and sockets. */
    readonly bytesRead: number;
    /** Bytes that WASI, and printf, wrote. */
    readonly bytesWritten: number;
    /** Threads that the guest, or the embedder, started; undefined where it can have none. */
    readonly threads: number | undefined;
    /** The most threads at once in the life of the instance, the first included. */
    readonly peakThreads: number | undefined;
    /** A hash of which threads ran after which, for how long: equal for the same seed and input. Of deterministic guests alone. */
    readonly schedule: number | undefined;
};

/** A misuse of the API: a stale handle, unload with live instances, a second init. */
export declare class UsageError extends EnclasmError {
    readonly name = "UsageError";
    readonly kind = "usage";
}

/** The embedder's functions. Pointers are byte offsets into `buffer`, multiples of 8; 0 means "no memory". */
export interface UserAllocatorOptions {
    /** Allocates `size` bytes and returns their offset in `buffer`, or 0 if it has no memory. */
    readonly malloc: (size: number, userData: unknown) => number;
    /** Without it, a block grows by malloc, copy and free (WAMR's runtime refuses every realloc then, so that no memory could grow). */
    readonly realloc?: (pointer: number, size: number, userData: unknown) => number;
    /** Takes back what malloc or realloc returned. */
    readonly free: (pointer: number, userData: unknown) => void;
    /** The memory that pointers point into; a function if it can be replaced (a memory that grows). */
    readonly buffer: ArrayBufferLike | (() => ArrayBufferLike);
    /** The last argument of every callback. */
    readonly userData?: unknown;
}

/** The version of this package: `major.minor.patch`. */
export declare const VERSION = "0.1.0";

/** What a walk over everything that the allocator manages found. */
export interface VerifyReport {
    /** Whether no inconsistency was found. */
    readonly ok: boolean;
    /** One line for each inconsistency; empty when ok. */
    readonly problems: readonly string[];
    /** Blocks in use, those behind charges included. */
    readonly usedBlocks: number;
    /** The damage that froze the heap, found now or earlier; always null where there is no heap. */
    readonly corruption: CorruptionReport | null;
}

/** A version in three numbers. */
export interface Version {
    /** Grows with changes that break programs. */
    readonly major: number;
    /** Grows with what is new. */
    readonly minor: number;
    /** Grows with what is mended. */
    readonly patch: number;
}

/** An exception that no guest has caught. An exnref refers to the same object. */
export declare class WasmException extends EnclasmError {
    readonly name = "WasmException";
    readonly kind = "exception";
    /** The kind of the exception: exceptions with the same tag have the same object here. */
    readonly tag: TagInstance;
    /** Where the guest threw it, innermost first. */
    frames: readonly Frame[];
    /** The thread that threw it, where the guest has several: 0 is the first. */
    thread: number | undefined;
    private constructor();
    /** The payload as values, one for each parameter of the tag. */
    get payload(): readonly unknown[];
    /** Includes the payload's numbers, and an i64 as its digits. A value that is not a number is null. */
    toJSON(): Record<string, unknown>;
}

/** An export of an instance. */
export type WasmExtern = WasmFunction | WasmMemory | WasmGlobal | WasmTable | WasmTag;

/** Called as functions of JavaScript are. */
export interface WasmFunction {
    /**
     * The same as `call`: one result comes as itself, several as an array, none as undefined.
     * @throws what call throws
     */
    (...args: WasmValue[]): WasmValue | WasmValue[];
}

/** An exported function: WAMR's `wasm_function_inst_t`. Calls check the arguments by its type. */
export declare class WasmFunction {
    /** The name that it was looked up by, or its own. */
    readonly name: string;
    private constructor();
    /** The types of its parameters and results; reference types hold ids of the runtime's types. */
    get type(): FuncType;
    /** Whether callAsync can run it, because its mode can pause a call or it is a native. */
    get canPause(): boolean;
    /**
     * Calls it on the instance's own exec env.
     * @param args numbers for i32, f32, f64; bigints for i64; 16 bytes for v128; null or values for references
     * @returns one value per result
     * @throws UsageError for wrong arguments; Trap, WasmException, LimitError, ExitError; what a native throws
     */
    call(...args: WasmValue[]): WasmValue[];
    /**
     * Calls it on an exec env of the embedder's, with limits for this call.
     * @throws what call throws; UsageError for an exec env that has ended, unknown options, and fuel where it is not counted
     */
    callOn(env: ExecEnv, args: readonly WasmValue[], options?: CallOptions): WasmValue[];
    /**
     * Calls it in slices: other tasks of the event loop run between them, an AbortSignal and the deadline end the call at once, and async natives
     * are awaited. Several such calls may run at the same time.
     * @throws what call throws; UsageError in a mode that cannot pause
     */
    callAsync(args?: readonly WasmValue[], options?: AsyncCallOptions): Promise<WasmValue[]>;
}

/** An exported global. */
declare class WasmGlobal {
    /** Its value type, and whether it can be set. */
    get type(): GlobalType;
    /** Its value now. @throws UsageError after the instance has ended */
    get(): WasmValue;
    /** Changes its value. @throws UsageError for an immutable global or a value of the wrong type */
    set(value: WasmValue): void;
}
export type { WasmGlobal };

/** A live instance of a module, WAMR's `wasm_module_inst_t`: its exports, calls, memory and heap, until `deinstantiate()`. */
export declare class WasmInstance {
    #private;
    /** The module that the instance was made of. */
    readonly module: WasmModule;
    /** A value that belongs to the embedder: WAMR's custom data. */
    customData: unknown;
    private constructor();
    /** Its label in errors and the log. */
    get name(): string;
    /** The running mode that its functions run in. */
    get mode(): RunningMode;
    /** Why `auto` chose the mode, or that it was asked for. */
    get modeReason(): string;
    /** Its limits, the runtime's defaults included. */
    get limits(): LimitOptions;
    /** What it has used since its creation, start function included. */
    get usage(): Usage;
    /** What the last outermost call used; undefined before the first. */
    get lastCallUsage(): Usage | undefined;
    /** Which limits refused the guest something in its last call, with the options that raise them; undefined where none did. */
    get refused(): string | undefined;
    /** Whether it has ended, or its runtime has: then everything else here is a UsageError. */
    get ended(): boolean;
    /** Whether the program imports WASI. */
    get isWasiMode(): boolean;
    /** The exit code that proc_exit was given or main returned in the last call that had one; 0 before. */
    get wasiExitCode(): number;
    /** All exports, by name. */
    get exports(): Readonly<Record<string, WasmExtern>>;
    /** Returns an exported function; null where there is none of that name. */
    lookupFunction(name: string): WasmFunction | null;
    /** Returns an exported memory; null where there is none of that name. */
    lookupMemory(name: string): WasmMemory | null;
    /** Returns memory `index`, exported or not; null where there is none. */
    getMemory(index?: number): WasmMemory | null;
    /** Returns WASI's `_start`; null where there is none. */
    lookupWasiStartFunction(): WasmFunction | null;
    /** The exec env that calls use unless they are given another. */
    get execEnv(): ExecEnv;
    /**
     * Makes an exec env, the first of a new cluster.
     * @param stackSize bytes of stack that calls on it may use within `limits.stackBytes`; default: the instance's; 0 means as much as that allows
     * @throws UsageError where the instance counts no stack: it was made without stackSize and limits.stackBytes
     */
    createExecEnv(stackSize?: number): ExecEnv;
    /**
     * Ends an exec env of createExecEnv.
     * @throws UsageError for one that has ended, while the instance runs, and for an exec env that is the instance's own or another instance's
     */
    destroyExecEnv(env: ExecEnv): void;
    /**
     * Runs the program: `_start`, or main. `argv` is what main gets, and replaces WASI's args where it is not empty.
     * @returns the exit code
     * @throws Trap, LimitError and so on; UsageError where there is no entry point
     */
    executeMain(argv?: readonly string[], options?: CallOptions): number;
    /** Runs the program in slices, as WasmFunction.callAsync does. @throws as executeMain; UsageError in a mode that cannot pause */
    executeMainAsync(argv?: readonly string[], options?: AsyncCallOptions): Promise<number>;
    /**
     * Calls a function with arguments as text: `executeFunc('add', ['1', '0x2'])` gives `['0x3:i32']`.
     * @throws UsageError for a function that is not exported and for arguments that do not fit; what the call throws
     */
    executeFunc(name: string, argv?: readonly string[], options?: CallOptions): string[];
    /** Calls the function in slices, as WasmFunction.callAsync does. */
    executeFuncAsync(name: string, argv?: readonly string[], options?: AsyncCallOptions): Promise<string[]>;
    /**
     * Whether executeFuncAsync, or executeMainAsync, can run; both refuse in a mode that cannot pause.
     * @param name the exported function; if absent, the program's entry point is meant
     */
    canPause(name?: string): boolean;
    /** Makes the calls that run or wait in the instance end with the trap "terminated by user"; inside a native, as soon as it returns. */
    terminate(): void;
    /** How the guest's threads run: `parallel`, each in a worker, `cooperative`, in turn on this JavaScript thread, or `none`: it can have none. */
    get threads(): Exclude<ThreadsChoice, 'auto'>;
    /**
     * Starts a thread of the guest: it calls a function in an instance of its own, which shares the memories, once a call of this instance, or
     * `join`, runs. What the function returns is what `join` gives.
     * @param target the name of an exported function, or one of this instance's
     * @param values its arguments
     * @throws ThreadsUnsupportedError where the guest can have none; LimitError where it has as many as it may; UsageError for what is no function of it
     */
    spawnThread(target: string | WasmFunction, values?: readonly WasmValue[]): WasmThread;
    /** Returns why the last call failed, in WAMR's words: "Exception: unreachable"; null where it did not fail. */
    getException(): string | null;
    /** The error of the last call; null where it did not fail. */
    get exception(): unknown;
    /** Sets the exception; inside a native, the call that runs the native traps with this text. Null clears it. */
    setException(text: string | null): void;
    /** Forgets the exception: WAMR's `wasm_runtime_clear_exception`. */
    clearException(): void;
    /**
     * Allocates guest memory on the app heap, or with the guest's own malloc. Returns the address; 0 where there is no room, or no heap.
     * @param options the limits of the call of the guest's malloc
     */
    moduleMalloc(bytes: number, options?: CallOptions): number;
    /** Resizes a block and returns its address; 0 where there is no room, or the heap is the guest's own: then the old block stays. */
    moduleRealloc(address: number, bytes: number): number;
    /** Frees a block of moduleMalloc; 0 is ignored. On the app heap, an address of no block traps: "app heap corrupted". */
    moduleFree(address: number, options?: CallOptions): void;
    /** Copies bytes into newly allocated guest memory. Returns the address; 0 where there is no room. */
    moduleDupData(data: Uint8Array): number;
    /** Whether [offset, offset + size) lies in memory 0; if not, it sets the exception, as WAMR does. */
    validateAppAddr(offset: number, size: number): boolean;
    /** Whether a NUL-terminated string lies at `offset`; if not, it sets the exception. */
    validateAppStrAddr(offset: number): boolean;
    /** Whether a view lies inside memory 0; if not, it sets the exception. */
    validateNativeAddr(view: Uint8Array): boolean;
    /** Returns a view of `size` bytes from `offset` on, or up to the end; null where they are out of range. Address 0 is valid. */
    addrAppToNative(offset: number, size?: number): Uint8Array | null;
    /** Returns the address at which a view starts in memory 0; null where it does not lie there. */
    addrNativeToApp(view: Uint8Array): number | null;
    /** Returns the first address of memory 0 and the one after its last; null where `offset` is out of range. */
    getAppAddrRange(offset: number): {
        readonly start: number;
        readonly end: number;
    } | null;
    /** Grows memory 0 by pages of its page size, 64 KiB as a rule. Returns whether it grew. @throws UsageError for what is no number of pages */
    enlargeMemory(pages: number): boolean;
    /** Keeps a value under a key of Runtime.createContextKey. @throws UsageError after the key or the instance has ended */
    setContext<T>(key: ContextKey<T>, value: T): void;
    /** Returns the value that setContext kept; undefined where there is none. @throws UsageError after the key has ended */
    getContext<T>(key: ContextKey<T>): T | undefined;
    /** Returns a number that stands for a JavaScript value where only numbers can pass; 0xffffffff for null, as in WAMR. */
    externrefObjToRef(value: unknown): number;
    /** Forgets a value of externrefObjToRef and runs its cleanup. Returns whether it was known. Throws what the cleanup throws. */
    externrefObjDel(value: unknown): boolean;
    /** Sets a function that gets the value when it is forgotten. Returns whether the value is known. */
    externrefSetCleanup(value: unknown, cleanup: ((value: unknown) => void) | undefined): boolean;
    /** Forgets the values that are neither retained nor in a global or table of the instance. Every cleanup runs; the first error is thrown. */
    externrefReclaim(): void;
    /**
     * Ends the instance: exec envs, contexts, memories, WASI descriptors, and the instances that were made for its imports.
     * Calls of its functions that others still hold, in tables or as references, throw a UsageError from then on.
     * @throws UsageError while it runs or may run, while another instance imports from it, or when it has ended
     */
    deinstantiate(): void;
    /** Ends the instance, unless it has ended, at the end of a block with `using`. */
    [Symbol.dispose](): void;
}

/** A linear memory: WAMR's `wasm_memory_inst_t`. */
declare class WasmMemory {
    /** Its limits in pages, the size of a page, and whether it is shared. */
    get type(): MemoryType;
    /** Whether several threads may access it. */
    get shared(): boolean;
    /** The bytes of a page. */
    get pageSize(): number;
    /** Its size in pages of `pageSize` bytes. */
    get pages(): number;
    /** The most pages that it can have. */
    get maxPages(): number;
    /** Its size in bytes. */
    get byteLength(): number;
    /**
     * All bytes, in place: valid until the memory grows or the instance ends, so ask again after each call.
     */
    get bytes(): Uint8Array;
    /** Grows by pages; returns the old size in pages, or -1 where a limit prevents it. @throws UsageError for what is no number of pages */
    grow(delta: number): number;
}
export type { WasmMemory };

/** A loaded module: WAMR's `wasm_module_t`. It can be instantiated as often as one likes, until `unload()`. */
export declare class WasmModule {
    #private;
    private constructor();
    /** A label for errors and logs; '' unless given. Frames of traps contain it. */
    get name(): string;
    set name(name: string);
    /** Whether it was unloaded and cannot be used any more. */
    get unloaded(): boolean;
    /** Its imports, in the order of the file. @throws UsageError after unload */
    get imports(): ImportInfo[];
    /** Its exports, in the order of the file. @throws UsageError after unload */
    get exports(): ExportInfo[];
    /** The features that it really uses, beyond the first version of WebAssembly. */
    get usedFeatures(): ReadonlySet<Feature>;
    /** Returns copies of the contents of all custom sections of a name. */
    customSections(name: string): Uint8Array[];
    /**
     * Forgets the module and frees its code.
     * @throws UsageError while instances of it are alive, while loaded modules import from it, or when it has been unloaded
     */
    unload(): void;
}

/**
 * A shared memory of the runtime's, as `Runtime.createSharedMemory` gives it, for `imports`. Its bytes count for the runtime, not for the instances. It
 * lives until `release()`, or as long as the runtime.
 */
export declare class WasmSharedMemory extends WasmMemory {
    #private;
    private constructor();
    /** Gives its bytes back. @throws UsageError while an instance holds it, and when it has been released */
    release(): void;
}

/** A table of references. */
declare class WasmTable {
    #private;
    /** Its limits in elements, and the type of the elements. */
    get type(): TableType;
    /** Its number of elements. */
    get length(): number;
    /** Returns the element at an index. @throws UsageError for an index that it does not have */
    get(index: number): WasmValue;
    /** Changes the element at an index. @throws UsageError for an index that it does not have, or a value of the wrong type */
    set(index: number, value: WasmValue): void;
    /** Grows by elements; returns the old length, or -1 where a limit prevents it. @throws UsageError as set */
    grow(delta: number, value?: WasmValue): number;
}
export type { WasmTable };

/** A tag, which is equal only to itself; `value` is what WasmException.tag holds. */
declare class WasmTag {
    /** The types of the payload of its exceptions. */
    get params(): readonly number[];
}
export type { WasmTag };

/**
 * A thread of a guest, as `WasmInstance.spawnThread` gives it. It runs while calls of its instance do, those of `join` included; between them it
 * stands still.
 */
export declare class WasmThread {
    #private;
    private constructor();
    /** Its number, from 1 on; no other thread of the instance has it as long as this one is alive. */
    get id(): number;
    /** Whether it has returned, or was ended. */
    get ended(): boolean;
    /**
     * Runs the threads until this one has ended, as a call of the instance.
     * @returns what its function returned
     * @throws UsageError where it was cancelled, detached, joined before, or ended with all others; what any thread throws
     */
    join(options?: CallOptions): WasmValue[];
    /** The same in slices, as WasmFunction.callAsync. */
    joinAsync(options?: AsyncCallOptions): Promise<WasmValue[]>;
    /** Ends it; inside a native as soon as that returns. Nothing happens where it has ended. */
    cancel(): void;
    /** Leaves it to itself: it cannot be joined. @throws UsageError as join */
    detach(): void;
}

/**
 * i32, f32, f64: number. i64: bigint. v128: Uint8Array of 16 bytes. References: null, a FunctionInstance, a GcStruct, a GcArray, a number (i31), a
 * WasmException (exnref), or any JavaScript value (externref).
 * The payload of an f32 or f64 NaN may change on the way, as in the JavaScript API of WebAssembly; slots keep it.
 */
export type WasmValue = unknown;

/** The version of this package: WAMR's `wasm_runtime_get_version`. */
export declare function getVersion(): Version;

/** Returns the embedder's object for the instance that called a native: `instanceOf(env).moduleMalloc(8)`. */
export declare function instanceOf(env: ExecEnv): WasmInstance;

export {};
