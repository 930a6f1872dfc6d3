// The classes WebAssembly.Tag and WebAssembly.Exception. Refuses payloads of other types, and to make an exception of the tag JSTag, with a TypeError.
import { show } from '../base/show.js';
import { WasmException } from '../runtime/exception.js';
import { valuesToFields } from '../runtime/gc.js';
import type { ValType } from '../wasm/types.js';
import type { Agent } from './agent.js';
import { valueType } from './descriptors.js';
import { dictionary, required, sequence, unsignedLong } from './web-idl.js';

export function tagClass({ tags, objects, store }: Agent) {
  class Tag {
    constructor(descriptor: unknown) {
      const what = 'WebAssembly.Tag()';
      const parameters = required(dictionary(descriptor, what)['parameters'], `${what}: parameters`);
      const types = sequence(parameters, `${what}: parameters`).map((one) => valueType(one, `${what}: parameters`));
      tags.mark(this, objects.tag(store.types.funcType(types, [])));
    }
  }
  return tags.define(Tag);
}

export function exceptionClass(agent: Agent) {
  const { tags, exceptions, values, jsTag } = agent;
  class Exception {
    constructor(tag: unknown, payload: unknown, ...options: unknown[]) {
      const what = 'WebAssembly.Exception()';
      const given = tags.of(tag, what);
      const list = sequence(payload, `${what}: the payload`);
      dictionary(options[0], `${what}: the options`);
      if (given === jsTag) throw new TypeError(`${what}: JavaScript throws what has the tag JSTag itself`);
      if (list.length !== given.params.length) {
        throw new TypeError(`${what}: ${given.params.length} values are wanted, not ${list.length}`);
      }
      const fields = valuesToFields(
        list.map((value, i) => values.toWebAssembly(value, given.params[i]!)),
        given.params,
      );
      exceptions.mark(this, new WasmException(given, fields));
    }
    is(tag: unknown): boolean {
      const exception = exceptions.of(this, 'WebAssembly.Exception.is()');
      return tags.of(tag, 'WebAssembly.Exception.is()') === exception.tag;
    }
    getArg(tag: unknown, index: unknown): unknown {
      const what = 'WebAssembly.Exception.getArg()';
      const exception = exceptions.of(this, what);
      const wanted = tags.of(tag, what);
      const at = unsignedLong(index, `${what}: the index`);
      if (wanted !== exception.tag) throw new TypeError(`${what}: the exception has another tag`);
      const type: ValType | undefined = wanted.params[at];
      if (type === undefined)
        throw new RangeError(`${what}: index ${show(at)}: the tag has ${wanted.params.length} values`);
      return values.toJs(exception.payload[at], type);
    }
  }
  return exceptions.define(Exception);
}
