// Generated from the declarations that the build makes: npm run gen. A change here is a change of the public API.
/// <reference lib="esnext.disposable" />
import { AbortSignalLike } from './enclave.js';
import { CallLimits } from './embed.js';
import { CreateEnclaveOptions } from './enclave.js';
import { DeadlineChoice } from './embed.js';
import { EnclasmError } from './embed.js';
import { Enclave } from './enclave.js';
import { FileName } from './enclave.js';
import { LimitOptions } from './embed.js';
import { LogLevel } from './embed.js';
import { ModeChoice } from './embed.js';
import { Preopen } from './libraries.js';
import { TransportName } from './enclave.js';
import { Usage } from './embed.js';

/** What an Extism plugin may ask for: nothing unless given. */
export interface ExtismPluginOptions {
    /** Settings, by name. */
    readonly config?: Readonly<Record<string, string>> | undefined;
    /**
     * Makes the plugin's requests, and decides which of them are made. May be async where the call can wait: in an enclave that is a worker or a
     * process, and on this thread in a mode that can pause.
     */
    readonly http?: ((request: PluginRequest) => PluginResponse | Promise<PluginResponse>) | undefined;
    /** Functions that it imports, by module name and name: each takes and gives blocks of its memory, as bytes. Async as `http`. */
    readonly functions?: Readonly<Record<string, Readonly<Record<string, (...inputs: Uint8Array[]) => PluginFunctionResult>>>> | undefined;
}

/** A plugin: bytes, texts or JSON in, the same out. */
export declare class Plugin {
    #private;
    /** The convention that it is called by. */
    readonly convention: PluginConvention;
    private constructor();
    /** The names that it exports. */
    get exports(): readonly string[];
    /**
     * Calls a function of the plugin. Calls that come while one runs wait for their turn. After a trap, a limit or a broken convention the next
     * call begins with a new instance; after a `failed` the same goes on.
     * @param name an exported function; of a `wasi-command` '_start'
     * @param input bytes, a text, or what goes as JSON; undefined: nothing
     * @throws PluginError, by its `fault`; Trap, LimitError and what else a guest's call throws; what functions of yours throw; EnclaveError
     */
    call(name: string, input?: PluginInput, options?: PluginCallOptions): Promise<PluginOutput>;
    /** Ends it when the calls before have ended, with all that it had; an enclave that was there before stays. */
    close(): Promise<void>;
    /** `await using` closes it with its block. */
    [Symbol.asyncDispose](): Promise<void>;
}

/** Limits of one call of a plugin; what is absent is the plugin's. */
export interface PluginCallOptions extends CallLimits {
    /** Ends the call when it is aborted. */
    readonly signal?: AbortSignalLike | undefined;
}

/**
 * How a plugin takes its input and gives its output:
 *
 * - `wasi-command`: a program: input is its standard input, output its standard output; a new instance for each call
 * - `extism`: the guest ABI of Extism: functions of `extism:host/env`
 * - `assemblyscript`: String or ArrayBuffer in and out, by the runtime that `--exportRuntime` exports
 * - `pointer-length`: an address and a length, in memory of `malloc` and `free`, or `alloc` and `dealloc`
 */
export type PluginConvention = 'wasi-command' | 'extism' | 'assemblyscript' | 'pointer-length';

/** An enclave of the plugin's own, by its transport or by what it is made with; or one that there is. */
export type PluginEnclave = TransportName | CreateEnclaveOptions | Enclave;

/** The plugin has not what its convention needs, does not keep to it, or says that it failed: `fault` tells which. */
export declare class PluginError extends EnclasmError {
    readonly name = "PluginError";
    readonly kind = "plugin";
    /** What went wrong, for code. */
    readonly fault: PluginFault;
    /** What a plugin that `failed` gave as its code: a program's exit code, or what an Extism function returned; 0 with other faults. */
    readonly code: number;
    /** An error about a plugin. @param code the plugin's own, where it `failed` */
    constructor(fault: PluginFault, text: string, code?: number);
}

/**
 * How a plugin's call went wrong:
 *
 * - `no-convention`: its exports and imports are those of no convention, or the one that was named does not fit them
 * - `no-function`: it exports no function of that name
 * - `wrong-type`: the function, or the allocator, has another type than its convention says
 * - `no-allocator`: it exports nothing that allocates memory for the input
 * - `out-of-memory`: its allocator had no room for the input
 * - `out-of-bounds`: it gave an address outside of its memory
 * - `output-too-long`: its output is longer than `maxOutputBytes`
 * - `invalid-text`: a text was wanted, and its output is not UTF-8 or has half of a character
 * - `invalid-json`: JSON was wanted, and its output is something else
 * - `not-granted`: it asked the host for what it was not granted
 * - `failed`: the plugin itself said that it failed: an exit code, or an error's text
 */
export type PluginFault = 'failed' | 'invalid-json' | 'invalid-text' | 'no-allocator' | 'no-convention' | 'no-function' | 'not-granted' | 'out-of-bounds' | 'out-of-memory' | 'output-too-long' | 'wrong-type';

/** What a function for an Extism plugin gives: bytes, a text, or nothing; or a promise of it. */
export type PluginFunctionResult = Uint8Array | string | undefined | Promise<Uint8Array | string | undefined>;

/** What goes to a plugin: bytes as they are, a text as UTF-8, nothing for undefined, and everything else as JSON. */
export type PluginInput = Uint8Array | ArrayBuffer | string | number | boolean | object | null | undefined;

/** A function that a plugin imports: with WAMR's signature where it takes texts (`$`) or buffers (`*~`), values alone without one. */
export type PluginNative = ((...args: never[]) => unknown) | {
    /** WAMR's notation, as `($)i`. */
    readonly signature?: string | undefined;
    /** What runs on this side. */
    readonly func: (...args: never[]) => unknown;
    /** It returns a promise. */
    readonly async?: boolean | undefined;
};

/** How a plugin is made: what it may use, and where it runs. */
export interface PluginOptions extends PluginSettings {
    /**
     * Where it runs: on this thread without a boundary unless given; in an enclave of its own of this transport, or made with these options; or in
     * an enclave that there is, whose runtime is initialised and which stays when the plugin is closed.
     */
    readonly enclave?: PluginEnclave | undefined;
}

/** What a plugin gave. */
export declare class PluginOutput {
    /** As it came. */
    readonly bytes: Uint8Array;
    /** What the call used; undefined where it ran inside another, which counts it. */
    readonly usage: Usage | undefined;
    private constructor();
    /** As text. @throws PluginError 'invalid-text' for bytes that are not UTF-8 */
    text(): string;
    /** As JSON; `T` is what the caller expects, and is not checked. @throws PluginError 'invalid-json', 'invalid-text' */
    json<T = unknown>(): T;
}

/** A request of an Extism plugin. */
export interface PluginRequest {
    /** Where it goes: look at it before it does. */
    readonly url: string;
    /** `GET` unless the plugin says otherwise. */
    readonly method: string;
    /** By name. */
    readonly headers: Readonly<Record<string, string>>;
    /** Empty where it has none. */
    readonly body: Uint8Array;
}

/** The answer to it. */
export interface PluginResponse {
    /** The HTTP status. */
    readonly status: number;
    /** By name. */
    readonly headers?: Readonly<Record<string, string>> | undefined;
    /** A text is sent as UTF-8. */
    readonly body?: Uint8Array | string | undefined;
}

/** What a plugin may use, wherever it runs. */
export interface PluginSettings {
    /** Which convention it was compiled for. Default: the first that its exports and imports fit. */
    readonly convention?: PluginConvention | undefined;
    /** A label for errors and the log. */
    readonly name?: string | undefined;
    /** Of each call: `fuel` and `timeoutMs`, for all that it does; of the instance: the others. */
    readonly limits?: LimitOptions | undefined;
    /**
     * How `limits.timeoutMs` is kept: `soft`, by the plugin itself, and its enclave goes on; `hard`, by ending the enclave, which costs the plugin nothing
     * while it runs. Needs an enclave in a worker or a process: one of its own is started again for the next call. Default: `soft`.
     */
    readonly deadline?: DeadlineChoice | undefined;
    /** The running mode. Default 'auto'. */
    readonly mode?: ModeChoice | undefined;
    /** The same input gives the same output: NaNs are canonical, clocks and randomness fixed. */
    readonly deterministic?: boolean | undefined;
    /** Bytes of one call's output. Default 16 MiB. */
    readonly maxOutputBytes?: number | undefined;
    /** What it sees through WASI. */
    readonly wasi?: PluginWasi | undefined;
    /** Functions that it imports, by module name and name. */
    readonly natives?: Readonly<Record<string, Readonly<Record<string, PluginNative>>>> | undefined;
    /** Of convention `extism`. */
    readonly extism?: ExtismPluginOptions | undefined;
    /** Gets each line of the log. Default: standard error. */
    readonly log?: ((level: string, text: string) => void) | undefined;
    /** Which lines there are. Default 'warning'. */
    readonly logLevel?: LogLevel | undefined;
}

/** What a plugin sees through WASI: nothing unless given. */
export interface PluginWasi {
    /** Its arguments, the program's name first. */
    readonly args?: readonly string[] | undefined;
    /** Its environment variables. */
    readonly env?: Readonly<Record<string, string>> | undefined;
    /** Which directories it sees, by the path that it sees: `{ '/data': { path: '/srv/data', readOnly: true } }`. */
    readonly preopens?: Readonly<Record<string, Preopen>> | undefined;
    /** Gets what it writes to its standard output; that of a `wasi-command` is its output. Unless given, it is dropped. */
    readonly stdout?: ((bytes: Uint8Array) => unknown) | undefined;
    /** Gets what it writes to its standard error. Unless given, it is dropped; a `wasi-command` that fails has the end of it in its error. */
    readonly stderr?: ((bytes: Uint8Array) => unknown) | undefined;
}

/**
 * Makes a plugin: `const plugin = await createPlugin('greet.wasm'); (await plugin.call('greet', 'World')).text()`.
 * @param source the module's bytes, or its file: a path or a URL
 * @param options what it may use, and where it runs
 * @throws UsageError for options that are wrong; PluginError 'no-convention' for a module that fits none
 * @throws MalformedError, InvalidError, LinkError and what its start function throws; EnclaveError where the enclave cannot be had
 */
export declare function createPlugin(source: Uint8Array | ArrayBuffer | FileName, options?: PluginOptions): Promise<Plugin>;

export {};
