// The class WebAssembly.Global. Refuses to change what is immutable, and values of another type, with a TypeError.
import type { GlobalInstance } from '../runtime/global.js';
import { V128 } from '../wasm/types.js';
import type { Agent } from './agent.js';
import { valueType } from './descriptors.js';
import { defaultValue, readValue, writeValue } from './values.js';
import { dictionary, required } from './web-idl.js';

const WHAT = 'WebAssembly.Global()';

export function globalClass(agent: Agent) {
  const { globals, values, objects, scratch } = agent;
  const read = (global: GlobalInstance): unknown => {
    const { type } = global.type;
    if (!values.crosses(type)) return values.toJs(undefined, type);
    global.toSlot(scratch, 0);
    return values.toJs(readValue(scratch, 0, type), type);
  };

  class Global {
    constructor(descriptor: unknown, ...init: unknown[]) {
      const members = dictionary(descriptor, WHAT);
      const mutable = Boolean(members['mutable']);
      const type = valueType(required(members['value'], `${WHAT}: value`), `${WHAT}: value`);
      const value = init[0] === undefined && type !== V128 ? defaultValue(type) : values.toWebAssembly(init[0], type);
      globals.mark(this, objects.global({ type, mutable }, value));
    }
    get value(): unknown {
      return read(globals.of(this, 'WebAssembly.Global.value'));
    }
    set value(given: unknown) {
      const what = 'WebAssembly.Global.value';
      const global = globals.of(this, what);
      const { type, mutable } = global.type;
      if (!mutable) throw new TypeError(`${what}: this global is immutable`);
      const value = values.toWebAssembly(given, type);
      writeValue(scratch, 0, type, value);
      global.fromSlot(scratch, 0);
    }
    valueOf(): unknown {
      return read(globals.of(this, 'WebAssembly.Global.valueOf()'));
    }
  }
  return globals.define(Global);
}
