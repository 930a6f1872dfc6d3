// References between JavaScript and guest code. A function of the runtime and its exported JavaScript function are paired one to one; GC objects are
// wrapped, since only guest code can read them; JavaScript values cross unchanged. Refuses native functions whose type names types of a module.

import { quote } from '../../base/quote.js';
import { WeakList } from '../../base/weak-list.js';
import type { FunctionInstance } from '../../runtime/function.js';
import { GcArray, GcStruct } from '../../runtime/gc.js';
import { isI31 } from '../../runtime/refs.js';
import { UsageError } from '../../wasm/errors.js';
import type { DefinedType, TypeRegistry } from '../../wasm/subtyping.js';
import { heapOf, isRef } from '../../wasm/types.js';
import { ADAPTER, declaredTypes, kindAdapter } from './adapters.js';
import type { DeclaredTypes, Hierarchy } from './passage.js';
import type { JsCallable, JsValue, WebAssemblyNamespace } from './webassembly.js';

/** A struct of native WebAssembly: only guest code can reach its fields. */
class NativeStruct extends GcStruct {
  readonly object: object;
  constructor(type: DefinedType, object: object) {
    super(type, []);
    this.object = object;
  }
}
class NativeArray extends GcArray {
  readonly object: object;
  constructor(type: DefinedType, object: object) {
    super(type, 0, []);
    this.object = object;
  }
}

// The results of the adapter that determines the kinds of objects.
const STRUCT = 2;
const ARRAY = 4;

/** Makes an exported function for a function of the runtime: `typeIndex` of the types is its type. */
export type MakeExported = (func: FunctionInstance, types: DeclaredTypes, typeIndex: number) => JsCallable;

/** An instance as far as its functions must be found by what JavaScript has for them. */
export interface Registering {
  /** Calls `pair` for every function. */
  register(): void;
}

/** A function of a guest in this mode. */
export interface GuestFunction extends FunctionInstance {
  /** The function by which JavaScript and other native instances know it. */
  readonly exportedFunction: JsCallable;
  /** Records that other instances may call it without passing through JavaScript. */
  expose(): void;
}

/** The references of one store that have crossed between JavaScript and guest code. */
export class References {
  readonly #webAssembly: WebAssemblyNamespace;
  readonly #types: TypeRegistry;
  readonly #makeExported: MakeExported;
  readonly #functions = new WeakMap<object, FunctionInstance>();
  readonly #exported = new WeakMap<FunctionInstance, JsCallable>();
  readonly #objects = new WeakMap<object, GcStruct | GcArray>();
  /** The instances none of whose functions was looked up yet. */
  #unregistered = new WeakList<Registering>();
  #kind: ((value: JsValue) => number) | undefined;
  #objectType: DefinedType | undefined;

  constructor(webAssembly: WebAssemblyNamespace, types: TypeRegistry, makeExported: MakeExported) {
    this.#webAssembly = webAssembly;
    this.#types = types;
    this.#makeExported = makeExported;
  }
  registerLater(instance: Registering): void {
    this.#unregistered.add(instance);
  }
  /** Functions of an instance that has ended are registered now if they may still be referenced. */
  instanceEnded(instance: Registering, exposed: boolean): void {
    if (this.#unregistered.delete(instance) && exposed) instance.register();
  }
  pair(exported: JsCallable, func: FunctionInstance): void {
    this.#functions.set(exported, func);
  }

  toJs(value: unknown, hierarchy: Hierarchy): JsValue {
    if (value === null || value === undefined) return value;
    if (hierarchy === 'func') return this.#functionToJs(value as FunctionInstance);
    // Asked first: it runs no code of the value's author.
    if (!GcStruct.is(value) && !GcArray.is(value)) return value;
    return value instanceof NativeStruct || value instanceof NativeArray ? value.object : value;
  }
  fromJs(value: JsValue, hierarchy: Hierarchy): unknown {
    if (value === null || value === undefined) return value;
    if (hierarchy === 'func') return this.#functionFromJs(value as JsCallable);
    return hierarchy === 'any' ? this.#objectFromJs(value) : value;
  }

  #functionToJs(func: FunctionInstance): JsCallable {
    if ('exportedFunction' in func) {
      const guest = func as GuestFunction;
      guest.expose();
      this.#functions.set(guest.exportedFunction, func);
      return guest.exportedFunction;
    }
    let exported = this.#exported.get(func);
    if (exported === undefined) {
      exported = this.#exportNative(func);
      this.#exported.set(func, exported);
      this.#functions.set(exported, func);
    }
    return exported;
  }
  /** Makes an exported function of a native function that no instance imports. */
  #exportNative(func: FunctionInstance): JsCallable {
    const { params, results } = func.signature;
    if ([...params, ...results].some((type) => isRef(type) && heapOf(type) >= 0)) {
      throw new UsageError(
        `function '${quote(func.name)}' cannot be a reference in mode host: its type names other types`,
      );
    }
    return this.#makeExported(func, declaredTypes([{ final: true, supers: [], composite: func.signature }]), 0);
  }
  #functionFromJs(exported: JsCallable): FunctionInstance {
    const known = this.#functions.get(exported);
    if (known) return known;
    for (const instance of this.#unregistered) instance.register();
    this.#unregistered = new WeakList();
    return this.#functions.get(exported)!;
  }

  #objectFromJs(value: JsValue): unknown {
    if (isI31(value) || typeof value !== 'object' || value === null) return value;
    let wrapper = this.#objects.get(value);
    if (wrapper) return wrapper;
    const kind = this.#kindOf(value);
    if ((kind & (STRUCT | ARRAY)) === 0) return value;
    // JavaScript does not say which exact type it has.
    this.#objectType ??= this.#types.funcType([], []);
    wrapper = kind & STRUCT ? new NativeStruct(this.#objectType, value) : new NativeArray(this.#objectType, value);
    this.#objects.set(value, wrapper);
    return wrapper;
  }
  #kindOf(value: JsValue): number {
    if (this.#kind === undefined) {
      const { Module, Instance } = this.#webAssembly;
      const { exports } = new Instance(new Module(kindAdapter(declaredTypes([]))));
      this.#kind = exports[ADAPTER.run] as (value: JsValue) => number;
    }
    return this.#kind(value);
  }
}
