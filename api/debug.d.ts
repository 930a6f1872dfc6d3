// Generated from the declarations that the build makes: npm run gen. A change here is a change of the public API.
import { Frame } from './embed.js';
import { ObservedHostCall } from './embed.js';
import { Observer } from './embed.js';
import { WasmInstance } from './embed.js';
export type { ObservedCall } from './embed.js';
export type { ObservedGrowth } from './embed.js';
export type { ObservedHostCall } from './embed.js';
export type { ObservedThread } from './embed.js';
export type { Observer } from './embed.js';

/** Records which source lines run. */
export declare class CoverageRecorder {
    #private;
    /** For `InstantiateOptions.observe`; several instances may have it. */
    readonly observer: Observer;
    /** Makes a recorder of places. @param readSourceMap for lines of modules without DWARF */
    constructor(readSourceMap?: SourceMapReader);
    /** Returns the coverage so far as an lcov file; empty where modules say nothing of their lines. */
    lcov(): string;
}

/** The programs that profiles are written for. */
export declare const PROFILE_FORMATS: readonly ["speedscope", "firefox"];

/** The program that a profile is written for. */
export type ProfileFormat = (typeof PROFILE_FORMATS)[number];

/** What a profile counts: fuel is exact and the same in each run and each mode, milliseconds are not. */
export type ProfileUnit = 'fuel' | 'ms';

/** Records a profile: which functions used the fuel or the time, by the paths that led to them. */
export declare class Profiler {
    #private;
    /** For `InstantiateOptions.observe`; several instances may have it. Fuel needs `metered: true`. */
    readonly observer: Observer;
    /**
     * Makes a recorder of calls.
     * @param unit fuel is exact and the same in each run and each mode
     * @param readSourceMap for lines of modules without DWARF
     */
    constructor(unit?: ProfileUnit, readSourceMap?: SourceMapReader);
    /**
     * Returns the profile so far as the text of a file.
     * @param program a title
     */
    text(format: ProfileFormat, program?: string): string;
}

/** A frame with its place in the source. */
export interface SourceFrame extends Frame {
    /** The file and line of its instruction, in jit and aot of its function; undefined where the module does not say. */
    readonly source: SourceLine | undefined;
}

/** A line of a source file. */
export interface SourceLine {
    /** As the compiler wrote it: a path, absolute or not. */
    readonly file: string;
    /** From 1. */
    readonly line: number;
}

/** How recorders find source maps: gets what the module says of its map (a path or URL), returns the map's text; undefined where there is none. */
export type SourceMapReader = (url: string) => string | undefined;

/** Returns one line, without its end: `fd_close(fd=3) = ESUCCESS <0.02 ms>`. */
export declare function callLine(call: ObservedHostCall): string;

/** Returns an observer whose events all of these see. */
export declare function combineObservers(...observers: readonly Observer[]): Observer;

/**
 * Returns a core dump of an instance as the tool conventions of WebAssembly say: frames, memories, globals.
 * @param frames of the trap that ended its call: `trap.frames`
 * @param program the name of the program
 * @throws UsageError for an instance that has ended
 */
export declare function coreDump(instance: WasmInstance, frames: readonly Frame[], program?: string): Uint8Array;

/** `_ZN4core3fmt5write17h0123456789abcdefE` becomes `core::fmt::write`. */
export declare function demangled(name: string): string;

/**
 * Returns frames with names as in the source, and with places.
 * @param bytes the module that the frames are of
 * @param moduleName whose frames they are, as `Frame.moduleName` says; frames of other modules stay as they are. Default: all are of this module
 * @param readSourceMap for modules without DWARF, see `SourceMapReader`
 */
export declare function sourceFrames(frames: readonly Frame[], bytes: Uint8Array, moduleName?: string, readSourceMap?: (url: string) => string | undefined): SourceFrame[];

export {};
