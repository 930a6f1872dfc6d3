// Wasm exceptions across the border: the host's object and ours for the same throw. Payloads cross as values of the JavaScript API,
// so that a NaN's bits may change and vectors cannot come; exceptions that only pass through keep everything.
import { type TagInstance, WasmException } from '../../runtime/exception.js';
import { F32, F64, I32, I64, V128, type ValType } from '../../wasm/types.js';
import type { HostTag } from './native-objects.js';
import type { HostState } from './state.js';
import { isHostTag } from './tags.js';
import type { HostExceptionObject, HostTagObject } from './webassembly.js';

const BITS = new Int32Array(2);
const FLOAT = new Float32Array(BITS.buffer);
const BITS64 = new BigInt64Array(BITS.buffer);

export class Exceptions {
  readonly #state: HostState;
  readonly #ours = new WeakMap<object, WasmException>();
  readonly #theirs = new WeakMap<WasmException, HostExceptionObject>();
  readonly #foreignTags = new WeakMap<TagInstance, HostTagObject>();
  /** Tags of the host, to find the one of an exception. */
  readonly tags = new Set<HostTag>();

  constructor(state: HostState) {
    this.#state = state;
  }
  isHost(error: unknown): error is HostExceptionObject {
    const { Exception } = this.#state.host;
    return Exception !== undefined && error instanceof Exception;
  }
  fromHost(error: HostExceptionObject): unknown {
    const known = this.#ours.get(error);
    if (known) return known;
    for (const tag of this.tags) {
      if (!error.is(tag.object)) continue;
      const ours = new WasmException(tag, this.#fieldsOf(error, tag));
      this.#pair(ours, error);
      return ours;
    }
    return error;
  }
  toHost(ours: WasmException): HostExceptionObject {
    const known = this.#theirs.get(ours);
    if (known) return known;
    const { Exception } = this.#state.host;
    const tag = this.#tagOf(ours.tag);
    const theirs = new Exception!(tag.object, tag.foreign ? [] : this.#payloadOf(ours));
    this.#pair(ours, theirs);
    return theirs;
  }
  /** The exception behind a reference that an adapter kept: exceptions cross the border by being thrown. */
  raised(raise: (k: number) => void, k: number): unknown {
    try {
      raise(k);
    } catch (error) {
      return this.isHost(error) ? this.fromHost(error) : error;
    }
    return null;
  }
  /** What to throw into guest code for an error of a native: guests may catch wasm exceptions and nothing else. */
  intoGuest(error: unknown): unknown {
    if (error instanceof WasmException && this.#state.host.Exception !== undefined) {
      try {
        return this.toHost(error);
      } catch (problem) {
        return this.#state.fail(problem);
      }
    }
    return this.#state.fail(error);
  }
  #pair(ours: WasmException, theirs: HostExceptionObject): void {
    this.#ours.set(theirs, ours);
    this.#theirs.set(ours, theirs);
  }
  /** A tag that the host does not know can be caught by catch_all only: any tag without values stands for it. */
  #tagOf(tag: TagInstance): { readonly object: HostTagObject; readonly foreign: boolean } {
    if (isHostTag(tag)) return { object: tag.object, foreign: false };
    let object = this.#foreignTags.get(tag);
    if (object === undefined) {
      object = new this.#state.host.Tag!({ parameters: [] });
      this.#foreignTags.set(tag, object);
    }
    return { object, foreign: true };
  }

  #fieldsOf(error: HostExceptionObject, tag: HostTag): unknown[] {
    return tag.params.flatMap((type, i) => {
      if (type === V128) return [0, 0, 0, 0];
      return this.#fieldOf(error.getArg(tag.object, i), type);
    });
  }
  #fieldOf(value: unknown, type: ValType): unknown[] {
    switch (type) {
      case I32:
      case F64:
        return [value];
      case I64:
        BITS64[0] = value as bigint;
        return [BITS[0], BITS[1]];
      case F32:
        FLOAT[0] = value as number;
        return [BITS[0]];
      default:
        return [this.#state.references.fromHost(value, this.#state.hierarchyOf(type))];
    }
  }
  #payloadOf(ours: WasmException): unknown[] {
    const { payload, tag } = ours;
    return tag.params.map((type, i) => {
      if (type === V128) throw new TypeError('a vector cannot be thrown into a guest in mode host');
      if (type < 0) return payload[i];
      return this.#state.references.toHost(payload[i], this.#state.hierarchyOf(type));
    });
  }
}
