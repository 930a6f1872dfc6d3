// The source of compiled code: made while the program runs (jit.ts) or read from a module compiled ahead of time (aot-load.ts).
import type { FunctionInstance } from '../../runtime/function.js';
import type { FuncType } from '../../wasm/types.js';
import type { EmitOptions, Shape } from './emit-options.js';
import type { Enter } from './js-function.js';
import type { Library, RawFunction } from './library.js';
import type { SharedNames } from './shared-names.js';

/** The functions of a chunk for one instance: index, function, body. */
export type Linked = readonly (readonly [index: number, run: RawFunction, body: RawFunction])[];
export type ChunkFactory = (library: Library, names: SharedNames) => Linked;

/** The code of a function from the head of a loop on, for one instance. */
export type LoopFactory = (library: Library, names: SharedNames) => RawFunction;

export type Adapter = (library: Library, callee: FunctionInstance) => RawFunction;
/** How values of one signature pass: from call slots into the code, and from the code to a function outside it. */
export type SignaturePair = readonly [enter: Enter, adapter: Adapter];

/** The code of one module. */
export interface ModuleCode {
  /** Of a file with the code, which another JavaScript thread can import; undefined: there is none. */
  readonly url?: string | undefined;
  readonly shape: Shape;
  /** Linking again makes new functions, about which the JavaScript engine has learned nothing yet. */
  readonly linksAnew: boolean;
  /**
   * Returns the chunk that holds a function, or undefined if this code does not have it. Throws what `checkpoint` throws.
   * @param group the functions of the chunk, where it is made for them; default: as the code likes
   */
  chunkOf(
    index: number,
    options: EmitOptions,
    checkpoint: () => void,
    group?: readonly number[],
  ): ChunkFactory | undefined;
  /** Only where chunks are made for a group: the functions that a function calls directly. */
  calleesOf?(index: number): readonly number[];
  /**
   * Only there: the code of a function from the head of a loop on, which takes all locals; undefined if there can be none.
   * @param offset where the loop's instruction starts, in the module
   */
  loopEntry?(index: number, offset: number, options: EmitOptions, checkpoint: () => void): LoopFactory | undefined;
  enter(type: FuncType): Enter;
  adapter(type: FuncType): Adapter;
}
