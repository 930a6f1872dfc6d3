// Generated from the declarations that the build makes: npm run gen. A change here is a change of the public API.
import { Feature } from './binary.js';
import { ModeChoice } from './embed.js';
import { RunningMode } from './embed.js';
import { Runtime } from './embed.js';
import { RuntimeHost } from './embed.js';
import { Usage } from './embed.js';

/** What can be used up over the life of a namespace. */
export type Consumption = {
    /** Instructions of one outermost call, also of the start function: a whole number up to 2^53-1. Beyond it: LimitError. */
    readonly fuel?: number | undefined;
    /** Milliseconds of one outermost call, natives and sleeping included. Beyond it: LimitError. */
    readonly timeoutMs?: number | undefined;
    /** Calls to natives of one outermost call. Beyond it: LimitError. */
    readonly hostCalls?: number | undefined;
};

/** How a namespace becomes the global one. */
export interface InstallOptions extends NamespaceOptions {
    /** Whether it takes the place of a `WebAssembly` that is there already. Default: true. */
    readonly replace?: boolean | undefined;
}

/** What the embedder of a namespace has that the standard object does not show. */
export interface NamespaceControl {
    /** The runtime that the namespace is. */
    readonly runtime: Runtime;
    /** The mode that runs every module. */
    readonly mode: RunningMode;
    /** What all of its calls together have used; `wallMs` only where some limit is of time, which may be Infinity. */
    readonly usage: Usage;
    /**
     * Gives more of totals, used up or not.
     * @throws UsageError for a total that the namespace does not have
     */
    refill(more: Consumption): void;
    /** Ends the runtime: from then on every call is a UsageError. @throws UsageError while a call runs */
    destroy(): void;
}

/** What a namespace stands on. */
export type NamespaceHost = Pick<RuntimeHost, 'platform' | 'engines'>;

/** Limits of each call into a namespace, compiling and instantiating included. Beyond one: LimitError, which no guest can catch. */
export type NamespaceLimits = {
    /** Instructions of one outermost call, also of the start function: a whole number up to 2^53-1. Beyond it: LimitError. */
    readonly fuel?: number | undefined;
    /** Milliseconds of one outermost call, natives and sleeping included. Beyond it: LimitError. */
    readonly timeoutMs?: number | undefined;
    /** Bytes of stack: 16 for each local and operand of the functions that run. Default: as much as the mode has. Beyond it: LimitError. */
    readonly stackBytes?: number | undefined;
    /**
     * Calls of the guest that may nest. Default: 16,384 in `interp`, elsewhere what the JavaScript stack has room for. Beyond it: LimitError; beyond
     * the default the trap "call stack exhausted".
     */
    readonly callDepth?: number | undefined;
    /** Calls to natives of one outermost call. Beyond it: LimitError. */
    readonly hostCalls?: number | undefined;
    /** Bytes of a module's file. Default: 1 GiB, which is the most there can be. Beyond it: LimitError. */
    readonly moduleBytes?: number | undefined;
};

/** How a namespace runs what it compiles, and what that may use. */
export interface NamespaceOptions {
    /** What runs the modules. Default `auto`: the fastest mode here that has every feature that is on. */
    readonly mode?: ModeChoice | undefined;
    /** Limits of each call from outside, compiling and instantiating included. Beyond one: LimitError, which no guest can catch. */
    readonly limits?: NamespaceLimits | undefined;
    /** Limits of everything that the namespace does in its life. Once one is used up every call fails at once. */
    readonly total?: NamespaceTotals | undefined;
    /** Features on or off, against the default set. */
    readonly features?: Partial<Record<Feature, boolean>> | undefined;
}

/** Limits of everything that a namespace does in its life. Once one that is used up is, every call fails at once; one of what is held makes growth fail. */
export type NamespaceTotals = {
    /** Instructions of one outermost call, also of the start function: a whole number up to 2^53-1. Beyond it: LimitError. */
    readonly fuel?: number | undefined;
    /** Milliseconds of one outermost call, natives and sleeping included. Beyond it: LimitError. */
    readonly timeoutMs?: number | undefined;
    /**
     * Bytes of memories, tables, GC objects, exceptions and files in memory; of a runtime, of all its instances. Beyond it: LimitError of an
     * instantiation, and from what makes objects and exceptions; -1 from growth; ENOMEM or ENOSPC of files.
     */
    readonly memoryBytes?: number | undefined;
    /** Elements of all tables of the instance. Default: 10,000,000. Beyond it: LimitError when an instance is made; -1 from `table.grow`. */
    readonly tableElements?: number | undefined;
    /** Instances of the runtime alive at once, those of sub-modules included. Beyond it: LimitError. */
    readonly instances?: number | undefined;
    /** Calls to natives of one outermost call. Beyond it: LimitError. */
    readonly hostCalls?: number | undefined;
};

/**
 * Makes an object like the global `WebAssembly`, whose modules run under limits. Each is a runtime of its own: they share nothing, and an object of one
 * is foreign to another.
 * @param options mode, limits, totals, features
 * @param host what it stands on; Node, Bun or Deno with every mode unless given
 * @throws UsageError for options that there are not, and for a mode that cannot run here
 */
export declare function createWebAssembly(options?: NamespaceOptions, host?: NamespaceHost): object;

/**
 * What the embedder of an object of createWebAssembly has that the standard does not show: its runtime, what it has used, more of its totals, its end.
 * @param webAssembly one that createWebAssembly made, or the global one after installWebAssembly
 * @throws UsageError for any other
 */
export declare function enclasmOf(webAssembly: object): NamespaceControl;

/**
 * Makes such an object and puts it in place of the global `WebAssembly`.
 * @returns what puts back what was there before
 * @throws as createWebAssembly
 */
export declare function installWebAssembly(options?: InstallOptions, host?: NamespaceHost): () => void;

export {};
