// A function of JavaScript that an instance imports. It knows its place and its importer, which its name and the limits of a call through a table need.
// Refuses nothing.
import { type NativeFunctionBody, NativeFunctionInstance, type NativeTraits } from '../runtime/function.js';
import type { Instance } from '../runtime/instance.js';
import type { DefinedType } from '../wasm/subtyping.js';

/** A function of JavaScript that an instance imports. */
export class ImportedFunction extends NativeFunctionInstance {
  /** Its place in the index space of that instance. */
  override readonly index: number;
  readonly importer: Instance;

  constructor(type: DefinedType, index: number, importer: Instance, code: NativeFunctionBody, traits?: NativeTraits) {
    super(type, String(index), code, traits);
    this.index = index;
    this.importer = importer;
  }
}
