// Where compiled code comes from: made while the program runs (jit.ts) or read from a module made ahead of time (aot-load.ts).
import type { FunctionInstance } from '../../runtime/function.js';
import type { FuncType } from '../../wasm/types.js';
import type { EmitOptions } from './emit.js';
import type { Enter } from './js-function.js';
import type { Library, RawFunction } from './library.js';
import type { SharedNames } from './shared-names.js';

/** Functions of a chunk for one instance: index, function, body. */
export type Linked = readonly (readonly [index: number, run: RawFunction, body: RawFunction])[];
export type ChunkFactory = (library: Library, names: SharedNames) => Linked;

export type Adapter = (library: Library, callee: FunctionInstance) => RawFunction;
/** How values of one signature pass: from call slots into the code, and from the code to a function that somebody else runs. */
export type SignaturePair = readonly [enter: Enter, adapter: Adapter];

/** The code of one module. */
export interface ModuleCode {
  /** Linking once more makes new functions, about which the host has learned nothing yet. */
  readonly linksAnew: boolean;
  /** The chunk that holds a function, or undefined: this code does not have it. Throws what `look` at the clock throws. */
  chunkOf(index: number, options: EmitOptions, look: () => void): ChunkFactory | undefined;
  enter(type: FuncType): Enter;
  adapter(type: FuncType): Adapter;
}
