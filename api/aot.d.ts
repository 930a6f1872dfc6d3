// Generated from the declarations that the build makes: npm run gen. A change here is a change of the public API.
import { EnclasmError } from './embed.js';
import { Engine } from './embed.js';
import { Fallback } from './embed.js';
import { Feature } from './binary.js';
import { ValidatedModule } from './binary.js';

/**
 * What an instance of the compiled code can do: run without limits, with a deadline or an AbortSignal, with exact fuel and call depth, or with the
 * latter and observers of its functions and places.
 * Each ability is a copy of the code; a file with a stronger one also serves instances that need less.
 */
export type AotAbility = 'plain' | 'deadline' | 'fuel' | 'observed';

/** A compiled file is refused. */
export declare class AotError extends EnclasmError {
    readonly name = "AotError";
    readonly kind = "aot";
    /** What is wrong with the file. */
    readonly fault: AotFault;
    /** Makes an error about a compiled file. @param fault what is wrong with it */
    constructor(fault: AotFault, text: string, options?: ErrorOptions);
}

/** What can be wrong with a compiled file. */
export type AotFault = 'not-aot' | 'version' | 'truncated' | 'edited' | 'mismatch';

/** What a compiled file states about itself. */
export interface AotHeader {
    /** The version of the format: see docs/aot-format.md. */
    readonly format: number;
    /** The platform that the file is meant for. */
    readonly target: AotTarget;
    /** SHA-256 of the WebAssembly module. */
    readonly wasmHash: string;
    /** SHA-256 of the texts of the code. */
    readonly codeHash: string;
    /** Features that the module uses. */
    readonly features: readonly Feature[];
    /** The functions that were too large to compile; a fallback runs them. */
    readonly left: readonly number[];
}

/** A compiled file that was checked: the result of `loadAot`, which `aotEngine` runs. */
declare class AotModule {
    /** What the file states about itself. */
    readonly header: AotHeader;
    /** The WebAssembly module inside, or undefined if it was left out. */
    readonly wasm: Uint8Array | undefined;
    /** From where a worker can import the file; undefined: nobody has said it. */
    readonly url: string | undefined;
    private constructor();
}
export type { AotModule };

/** How a module is compiled ahead of time. */
export interface AotOptions {
    /** The default is 'node'. 'hermes' gives a CommonJS module, the others ES modules. The code for 'hermes' and 'jitless' is written to be interpreted. */
    readonly target?: AotTarget | undefined;
    /** The default is ['plain', 'deadline']. */
    readonly abilities?: readonly AotAbility[] | undefined;
    /** NaNs are made canonical. */
    readonly deterministic?: boolean | undefined;
    /** The WebAssembly module is left out; the code that loads the file provides it. */
    readonly withoutWasm?: boolean | undefined;
}

/** The platform that a compiled file is meant for, which decides the form of the file. 'jitless': any whose JavaScript engine compiles nothing. */
export type AotTarget = 'node' | 'browser' | 'worker' | 'jitless' | 'hermes';

/**
 * Makes the engine of one runtime: it runs the given modules, and no others.
 * @param fallback runs functions that were too large to compile; without one they trap when called
 */
export declare function aotEngine(modules: readonly AotModule[], fallback?: Fallback): Engine;

/**
 * Checks the text of a compiled file before it is run.
 * @throws AotError 'not-aot', 'version', 'truncated', 'edited'
 */
export declare function checkAotText(text: string): void;

/** Returns the text of the compiled file. @throws UsageError that names a wrong option */
export declare function compileToModule(module: ValidatedModule, options?: AotOptions): string;

/** Returns the functions that are too large to compile, by index, each with what it has too much of. */
export declare function functionsLeftOut(module: ValidatedModule): ReadonlyMap<number, string>;

/** Whether a text claims to be a compiled file. */
export declare function isAotText(text: string): boolean;

/**
 * Takes what a compiled file exports (`import * as compiled from './module.mjs'`).
 * @param verify false: the code may have been reformatted by a bundler, so its hash is not checked
 * @param url of the file: threads of a guest in workers need it, as each worker imports the file for itself
 * @throws AotError
 */
export declare function loadAot(exports: unknown, verify?: boolean, url?: string): AotModule;

export {};
