// What crosses between the page and its two workers. Types and their limits only: whoever receives a message trusts it, because both ends are this page's own.
import type { SourceFrame } from '#src/debug/source-frames.js';
import type { Frame } from '#src/wasm/errors.js';
import type { Usage } from '#src/wasm/usage-table.js';

// ---- the enclave's worker ----

/** What the inspector wants of an enclave: the first message that its worker gets. */
export interface Watch {
  /** Where reports go. */
  readonly port: MessagePort;
  /** Whether calls of functions are recorded, which makes the guest slower. */
  readonly profile: boolean;
  /** Input and files that travel along, where the guest cannot wait for the page. */
  readonly given: GivenFiles | undefined;
  /** What the page wishes to see of the guest's memory, while the guest runs; undefined where they share no memory. */
  readonly wish: SharedArrayBuffer | undefined;
}
export interface GivenFiles {
  readonly stdin: Uint8Array;
  /** By names between slashes. */
  readonly files: readonly InputFile[];
}
export interface InputFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What the guest has used so far, the running call included. */
export interface LiveUsage extends Usage {
  /** Bytes of memory 0; undefined where there is none. */
  readonly memorySize: number | undefined;
}

/** A call of a native or of WASI that has ended. */
export interface CallRow {
  /** Name, arguments and results. */
  readonly text: string;
  /** What the guest had used when it ended: instructions. */
  readonly fuel: number;
  readonly ms: number;
  /** It threw, or its error number is not 0. */
  readonly failed: boolean;
}

/** The blocks of the pool in the order of their places. */
export interface HeapMap {
  readonly total: number;
  readonly free: number;
  /** The most bytes that were in use at once. */
  readonly highmark: number;
  /** Bytes from the pool's start, header included. */
  readonly offsets: Float64Array;
  readonly bytes: Float64Array;
  /** The number of each block's use in BLOCK_USES. */
  readonly uses: Uint8Array;
  /** Blocks behind the last of these. */
  readonly left: number;
}
export const BLOCK_USES = ['free', 'used', 'charged'] as const;

/** A profile as boxes: each function on each path of callers, laid out by fuel. */
export interface Flame {
  /** Of functions. */
  readonly names: readonly string[];
  /** `file:line` of functions; empty where it is not known. */
  readonly places: readonly string[];
  /** Of boxes: the function, the depth, the fuel at which it begins and ends, the place of the caller's box or -1. */
  readonly frames: Uint32Array;
  readonly depths: Uint16Array;
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  readonly callers: Int32Array;
  /** Of functions: the fuel of their own instructions, and with the functions that they call. */
  readonly self: Float64Array;
  readonly total: Float64Array;
  readonly fuel: number;
  /** The file for speedscope. */
  readonly file: Uint8Array;
}

export type Report =
  | { readonly kind: 'usage'; readonly usage: LiveUsage }
  | {
      readonly kind: 'calls';
      readonly first: readonly CallRow[];
      readonly skipped: number;
      readonly last: readonly CallRow[];
    }
  | { readonly kind: 'heap'; readonly heap: HeapMap }
  | { readonly kind: 'memory'; readonly bytes: Uint8Array | undefined }
  | { readonly kind: 'files'; readonly files: readonly InputFile[] }
  | { readonly kind: 'profile'; readonly flame: Flame };

// ---- the module's worker ----

/** The largest file that is read. */
export const MOST_MODULE_BYTES = 128 << 20;

export type ModuleAnswers = {
  open: { readonly summary: Summary } | { readonly refusal: Refusal };
  /** Lists of a module, part by part. */
  imports: readonly ExternRow[];
  exports: readonly ExternRow[];
  /** The number of lines of the module as text. */
  print: number;
  lines: readonly string[];
  frames: readonly SourceFrame[];
  /** The exact name of an export. */
  exportName: string;
};
export type ModuleAsks = {
  open: { readonly bytes: Uint8Array };
  imports: Range;
  exports: Range;
  print: Record<never, never>;
  lines: Range;
  frames: { readonly frames: readonly Frame[] };
  exportName: { readonly index: number };
};
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface ExternRow {
  readonly kind: string;
  /** `module.name` of imports. */
  readonly name: string;
  readonly type: string;
}
/** A function that can be called from outside. */
export interface Entry {
  /** Its place among the exports. */
  readonly index: number;
  readonly name: string;
  readonly params: readonly string[];
}
export interface SectionRow {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
  readonly entries: number | undefined;
}
export interface Summary {
  readonly bytes: number;
  readonly functions: number;
  readonly imports: number;
  readonly exports: number;
  /** `initial to maximum pages` of memory 0. */
  readonly memory: string | undefined;
  readonly features: readonly string[];
  readonly sections: readonly SectionRow[];
  /** Whether it has an entry point of its own, `_start` or main. */
  readonly isProgram: boolean;
  readonly isWasi: boolean;
  /** The first of them. */
  readonly entries: readonly Entry[];
  readonly moreEntries: number;
}
/** Why a file is no module that can run. */
export interface Refusal {
  readonly title: string;
  readonly message: string;
  readonly advice: string;
  /** Where the fault is, with the bytes around it. */
  readonly at: { readonly offset: number; readonly from: number; readonly bytes: Uint8Array } | undefined;
}
