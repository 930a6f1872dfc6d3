// Tags, and exceptions on their way: thrown by guests, caught by guests, or seen by the embedder when nobody caught them.
import { INSPECT } from '../base/inspect.js';
import { EnclasmError, type Frame } from '../wasm/errors.js';
import type { DefinedType } from '../wasm/subtyping.js';
import { typeName } from '../wasm/type-names.js';
import type { FuncType } from '../wasm/types.js';
import { fieldsToValues } from './gc.js';

/** The tag of an exception: equal only to itself. */
export class TagInstance {
  /** @internal */
  readonly type: DefinedType;
  /** @internal */
  constructor(type: DefinedType) {
    this.type = type;
  }
  /** Types of the payload's values. */
  get params(): FuncType['params'] {
    return (this.type.composite as FuncType).params;
  }
  /** @internal */
  [INSPECT](): string {
    return `[Tag (${this.params.map((type) => typeName(type)).join(' ')})]`;
  }
}

/** V8's setting; other hosts ignore it. */
const STACK = Error as { stackTraceLimit?: number | undefined };

/** A guest's exception that nobody caught: also what an exnref refers to. */
export class WasmException extends EnclasmError {
  override readonly name = 'WasmException';
  readonly kind = 'exception';
  /** What kind of exception it is: the same object for the same tag. */
  readonly tag: TagInstance;
  /** The payload in the layout of gc.ts, so that bits stay exact. @internal */
  readonly fields: readonly unknown[];
  /** Where the guest threw it, innermost first. */
  frames: readonly Frame[] = [];

  /** @internal */
  constructor(tag: TagInstance, fields: readonly unknown[]) {
    // Guests throw in loops: the host's own stack trace, of no use to anybody here, costs more than all the rest of a throw.
    const limit = STACK.stackTraceLimit;
    STACK.stackTraceLimit = 0;
    super('uncaught wasm exception');
    STACK.stackTraceLimit = limit;
    this.tag = tag;
    this.fields = fields;
  }
  /** The payload as values, one per parameter of the tag. */
  get payload(): readonly unknown[] {
    return fieldsToValues(this.fields, this.tag.params);
  }
  /** With the payload's numbers; an i64 is its digits. What is no number is null. */
  override toJSON(): Record<string, unknown> {
    const { name, kind, message, frames } = this;
    const payload = this.payload.map((value) =>
      typeof value === 'bigint' ? String(value) : typeof value === 'number' ? value : null,
    );
    return { name, kind, message, payload, frames };
  }
}
