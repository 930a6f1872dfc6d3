// The adapters of one store. Each is compiled once for each type of a module, and instantiated for each target with the imports that fetch and store
// values.
import type { WasmException } from '../../runtime/exception.js';
import { Slots } from '../../runtime/slots.js';
import type { GlobalType } from '../../wasm/types.js';
import { ADAPTER, globalAdapter, inwardAdapter, outwardAdapter, waitingAdapter } from './adapters.js';
import type { Exceptions } from './exceptions.js';
import type { GlobalAccessor } from './native-objects.js';
import type { DeclaredTypes } from './passage.js';
import type { References } from './references.js';
import type { Suspension } from './suspension.js';
import type {
  JsCallable,
  JsValue,
  WebAssemblyGlobal,
  WebAssemblyInstance,
  WebAssemblyModule,
  WebAssemblyNamespace,
} from './webassembly.js';

/** An adapter around a function. */
export interface FunctionAdapter {
  readonly run: JsCallable;
  /** Throws the exception with a number that the adapter keeps; undefined if its type has no exceptions. */
  readonly raise: ((k: number) => void) | undefined;
}

/** Inward for JavaScript that calls guests, outward for guests that call JavaScript, waiting for those that may wait for what they call. */
const FUNCTION_ADAPTERS = { inward: inwardAdapter, outward: outwardAdapter, waiting: waitingAdapter };

export class AdapterCache {
  readonly #webAssembly: WebAssemblyNamespace;
  readonly #references: References;
  readonly #exceptions: Exceptions;
  readonly #compiled = {
    inward: new WeakMap<DeclaredTypes, Map<number, WebAssemblyModule>>(),
    outward: new WeakMap<DeclaredTypes, Map<number, WebAssemblyModule>>(),
    waiting: new WeakMap<DeclaredTypes, Map<number, WebAssemblyModule>>(),
  };
  /** Holds the value of a global while it is transferred. */
  readonly #scratch = new Slots(1);

  readonly #suspension: Suspension | undefined;

  constructor(
    webAssembly: WebAssemblyNamespace,
    references: References,
    exceptions: Exceptions,
    suspension: Suspension | undefined,
  ) {
    this.#suspension = suspension;
    this.#webAssembly = webAssembly;
    this.#references = references;
    this.#exceptions = exceptions;
  }
  /** @param slots says where the adapter fetches and stores values when it runs @param goOn what a waiting one calls when it goes on */
  forFunction(
    direction: keyof typeof FUNCTION_ADAPTERS,
    module: DeclaredTypes,
    typeIndex: number,
    target: JsCallable,
    slots: () => Slots,
    goOn?: JsCallable,
  ): FunctionAdapter {
    let known = this.#compiled[direction].get(module);
    if (known === undefined) this.#compiled[direction].set(module, (known = new Map()));
    let compiled = known.get(typeIndex);
    if (compiled === undefined) {
      compiled = new this.#webAssembly.Module(FUNCTION_ADAPTERS[direction](module, typeIndex));
      known.set(typeIndex, compiled);
    }
    const { exports } = this.#instantiate(compiled, target, slots, goOn);
    return {
      run: exports[ADAPTER.run] as JsCallable,
      raise: exports[ADAPTER.raise] as FunctionAdapter['raise'],
    };
  }
  /** Returns an accessor that reads and sets a global without losing bits. @param type as its module declares it */
  forGlobal(module: DeclaredTypes, type: GlobalType, object: WebAssemblyGlobal): GlobalAccessor {
    const slots = this.#scratch;
    const compiled = new this.#webAssembly.Module(globalAdapter(module, type));
    const { exports } = this.#instantiate(compiled, object, () => slots);
    const raise = exports[ADAPTER.raise] as FunctionAdapter['raise'];
    return {
      slots,
      read: () => {
        (exports[ADAPTER.run] as () => void)();
        if (raise !== undefined) slots.refs[0] = this.#exceptions.receive(slots.refs[0] === true, raise, 0);
      },
      write: exports[ADAPTER.set] as () => void,
    };
  }
  #instantiate(
    compiled: WebAssemblyModule,
    target: JsValue,
    slots: () => Slots,
    goOn?: JsCallable,
  ): WebAssemblyInstance {
    const references = this.#references;
    const imports: Record<string, JsValue> = {
      [ADAPTER.target]: target,
      ...(goOn && { ...this.#suspension!.imports, [ADAPTER.goOn]: goOn }),
      get: (word: number) => slots().i32[word],
      put: (word: number, value: number) => {
        slots().i32[word] = value;
      },
      'get exn': (k: number) => {
        const value = slots().refs[k];
        if (value === null) return 0;
        throw this.#exceptions.toJs(value as WasmException);
      },
      'put exn': (k: number, isNull: number) => {
        slots().refs[k] = isNull === 1;
      },
    };
    for (const hierarchy of ['func', 'extern', 'any'] as const) {
      imports[`get ${hierarchy}`] = (k: number) => references.toJs(slots().refs[k], hierarchy);
      imports[`put ${hierarchy}`] = (k: number, value: JsValue) => {
        slots().refs[k] = references.fromJs(value, hierarchy);
      };
    }
    return new this.#webAssembly.Instance(compiled, { [ADAPTER.module]: imports });
  }
}
