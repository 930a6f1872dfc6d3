// Tags, and exceptions in flight: thrown by guests, caught by guests, or seen by the embedder if no guest caught them.
import { INSPECT } from '../base/inspect.js';
import { EnclasmError, type Frame } from '../wasm/errors.js';
import type { DefinedType } from '../wasm/subtyping.js';
import { typeName } from '../wasm/type-names.js';
import type { FuncType } from '../wasm/types.js';
import { fieldsToValues } from './gc.js';

/** The tag of an exception; it is equal only to itself. */
export class TagInstance {
  /** @internal */
  readonly type: DefinedType;
  /** @internal */
  constructor(type: DefinedType) {
    this.type = type;
  }
  /** The types of the payload's values. */
  get params(): FuncType['params'] {
    return (this.type.composite as FuncType).params;
  }
  /** @internal */
  [INSPECT](): string {
    return `[Tag (${this.params.map((type) => typeName(type)).join(' ')})]`;
  }
}

/** A setting of V8 that other JavaScript engines ignore. */
const STACK = Error as { stackTraceLimit?: number | undefined };

/** An exception that no guest has caught. An exnref refers to the same object. */
export class WasmException extends EnclasmError {
  override readonly name = 'WasmException';
  readonly kind = 'exception';
  /** The kind of the exception: exceptions with the same tag have the same object here. */
  readonly tag: TagInstance;
  /** The payload in the layout of gc.ts, so that its bits stay exact. @internal */
  readonly fields: readonly unknown[];
  /** Where the guest threw it, innermost first. */
  frames: readonly Frame[] = [];
  /** The thread that threw it, where the guest has several: 0 is the first. */
  thread: number | undefined = undefined;

  /** @internal */
  constructor(tag: TagInstance, fields: readonly unknown[]) {
    // Guests may throw in loops, and JavaScript's own stack trace, which shows nothing of the guest, costs more than the rest of the throw.
    const limit = STACK.stackTraceLimit;
    STACK.stackTraceLimit = 0;
    super('uncaught wasm exception');
    STACK.stackTraceLimit = limit;
    this.tag = tag;
    this.fields = fields;
  }
  /** The payload as values, one for each parameter of the tag. */
  get payload(): readonly unknown[] {
    return fieldsToValues(this.fields, this.tag.params);
  }
  /** Includes the payload's numbers, and an i64 as its digits. A value that is not a number is null. */
  override toJSON(): Record<string, unknown> {
    const { name, kind, message, frames } = this;
    const payload = this.payload.map((value) =>
      typeof value === 'bigint' ? String(value) : typeof value === 'number' ? value : null,
    );
    return { name, kind, message, payload, frames };
  }
}
