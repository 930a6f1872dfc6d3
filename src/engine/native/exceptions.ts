// The conversion of Wasm exceptions between the runtime's objects and those of the JavaScript engine. Payloads cross as values of the JavaScript API,
// so that the bits of a NaN may change; exceptions that only pass through keep everything. Refuses to throw vectors into guests.
import { WeakList } from '../../base/weak-list.js';
import { type TagInstance, WasmException } from '../../runtime/exception.js';
import { F32, I64, V128, type ValType } from '../../wasm/types.js';
import { NativeTag } from './native-objects.js';
import type { References } from './references.js';
import type { WebAssemblyException, WebAssemblyNamespace, WebAssemblyTag } from './webassembly.js';

const BITS = new Int32Array(2);
const FLOAT = new Float32Array(BITS.buffer);
const BITS64 = new BigInt64Array(BITS.buffer);

export class Exceptions {
  readonly #webAssembly: WebAssemblyNamespace;
  readonly #references: References;
  readonly #fromNative = new WeakMap<object, WasmException>();
  readonly #toNative = new WeakMap<WasmException, WebAssemblyException>();
  readonly #standIns = new WeakMap<TagInstance, WebAssemblyTag>();
  /** The tags of live instances, among which the tag of an exception is found. */
  readonly tags = new WeakList<NativeTag>();

  constructor(webAssembly: WebAssemblyNamespace, references: References) {
    this.#webAssembly = webAssembly;
    this.#references = references;
  }
  /** Whether the JavaScript engine has exceptions as objects; without them, the runtime's exceptions cannot be thrown into guests. */
  get supported(): boolean {
    return this.#webAssembly.Exception !== undefined;
  }
  isNative(error: unknown): error is WebAssemblyException {
    const { Exception } = this.#webAssembly;
    return Exception !== undefined && error instanceof Exception;
  }
  fromJs(error: WebAssemblyException): unknown {
    const known = this.#fromNative.get(error);
    if (known) return known;
    for (const tag of this.tags) {
      if (!error.is(tag.object)) continue;
      const exception = new WasmException(tag, this.#fieldsOf(error, tag));
      this.#pair(exception, error);
      return exception;
    }
    return error;
  }
  toJs(exception: WasmException): WebAssemblyException {
    const known = this.#toNative.get(exception);
    if (known) return known;
    const { Exception } = this.#webAssembly;
    const { tag } = exception;
    const native =
      tag instanceof NativeTag
        ? new Exception!(tag.object, this.#payloadOf(exception, tag))
        : new Exception!(this.#standInFor(tag), []);
    this.#pair(exception, native);
    return native;
  }
  /**
   * Receives a reference to the exception that an adapter holds at place k. Exceptions cross by being thrown, so the adapter throws it and this
   * catches it.
   */
  receive(isNull: boolean, raise: (k: number) => void, k: number): unknown {
    if (isNull) return null;
    try {
      raise(k);
    } catch (error) {
      return this.isNative(error) ? this.fromJs(error) : error;
    }
    return null;
  }
  #pair(exception: WasmException, native: WebAssemblyException): void {
    this.#fromNative.set(native, exception);
    this.#toNative.set(exception, native);
  }
  /** Only catch_all can catch a tag that no native instance has, so any tag without values represents it. */
  #standInFor(tag: TagInstance): WebAssemblyTag {
    let object = this.#standIns.get(tag);
    if (object === undefined) {
      object = new this.#webAssembly.Tag!({ parameters: [] });
      this.#standIns.set(tag, object);
    }
    return object;
  }

  #fieldsOf(error: WebAssemblyException, tag: NativeTag): unknown[] {
    return tag.params.flatMap((type, i) => {
      if (type === V128) return [0, 0, 0, 0];
      const value = error.getArg(tag.object, i);
      const hierarchy = tag.hierarchies[i];
      return hierarchy === undefined ? wordsOfNumber(value, type) : [this.#references.fromJs(value, hierarchy)];
    });
  }
  #payloadOf({ payload }: WasmException, tag: NativeTag): unknown[] {
    return tag.params.map((type, i) => {
      if (type === V128) throw new TypeError('a vector cannot be thrown into a guest in mode host');
      const hierarchy = tag.hierarchies[i];
      return hierarchy === undefined ? payload[i] : this.#references.toJs(payload[i], hierarchy);
    });
  }
}

/** Converts a number to the runtime's layout of payloads. */
function wordsOfNumber(value: unknown, type: ValType): unknown[] {
  switch (type) {
    case I64:
      BITS64[0] = value as bigint;
      return [BITS[0], BITS[1]];
    case F32:
      FLOAT[0] = value as number;
      return [BITS[0]];
    default:
      return [value];
  }
}
