// Tags, and exceptions on their way: thrown by guests, caught by guests, or seen by the embedder when nobody caught them.
import { EnclasmError, type Frame } from '../wasm/errors.js';
import type { DefinedType } from '../wasm/subtyping.js';
import type { FuncType } from '../wasm/types.js';
import { fieldsToValues } from './gc.js';

/** Tags are equal only to themselves. */
export class TagInstance {
  readonly type: DefinedType;
  constructor(type: DefinedType) {
    this.type = type;
  }
  get params(): FuncType['params'] {
    return (this.type.composite as FuncType).params;
  }
}

/** A wasm exception: also what an exnref refers to. */
export class WasmException extends EnclasmError {
  override readonly name = 'WasmException';
  readonly kind = 'exception';
  readonly tag: TagInstance;
  /** The payload in the layout of gc.ts, so that bits stay exact. */
  readonly fields: readonly unknown[];
  frames: readonly Frame[] = [];

  constructor(tag: TagInstance, fields: readonly unknown[]) {
    super('uncaught wasm exception');
    this.tag = tag;
    this.fields = fields;
  }
  /** The payload as values, one per parameter of the tag. */
  get payload(): readonly unknown[] {
    return fieldsToValues(this.fields, this.tag.params);
  }
}
