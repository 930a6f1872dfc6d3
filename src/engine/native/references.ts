// References across the border: functions of ours and of the host are two faces of one thing; GC objects are wrapped, for only the host
// knows what is in them; host values stay what they are.
import { quote } from '../../base/quote.js';
import type { FunctionInstance } from '../../runtime/function.js';
import { GcArray, GcStruct } from '../../runtime/gc.js';
import { isI31 } from '../../runtime/refs.js';
import { UsageError } from '../../wasm/errors.js';
import type { Module, ValidatedModule } from '../../wasm/module.js';
import type { DefinedType } from '../../wasm/subtyping.js';
import { ADAPTER, type Hierarchy, kindAdapter, outwardAdapter } from './adapters.js';
import type { HostState } from './state.js';
import type { HostCallable, HostInstanceObject, HostValue } from './webassembly.js';

/** A struct that lives in the host: its fields can be reached by guest code only. */
class HostStruct extends GcStruct {
  readonly object: object;
  constructor(type: DefinedType, object: object) {
    super(type, []);
    this.object = object;
  }
}
class HostArray extends GcArray {
  readonly object: object;
  constructor(type: DefinedType, object: object) {
    super(type, 0, []);
    this.object = object;
  }
}

const STRUCT = 2;
const ARRAY = 4;

/** A module without anything: what adapters of natives are made from. */
export function bareModule(types: Module['types']): ValidatedModule {
  const none: readonly never[] = [];
  return {
    bytes: new Uint8Array(0),
    types,
    recGroups: types.map((_, start) => ({ start, length: 1, explicit: false, offset: 0 })),
    imports: none,
    functions: none,
    tables: none,
    memories: none,
    globals: none,
    tags: none,
    exports: none,
    start: undefined,
    elements: none,
    dataSegments: none,
    dataCount: undefined,
    customSections: none,
    sections: none,
    usedFeatures: new Set(),
    facts: none,
  } as unknown as ValidatedModule;
}

/** A function of a guest in this mode, as the reference map sees it. */
export interface GuestFunction extends FunctionInstance {
  readonly hostFunction: HostCallable;
  /** Others may call it without passing through here. */
  expose(): void;
}

export class References {
  readonly #state: HostState;
  readonly #functions = new WeakMap<object, FunctionInstance>();
  readonly #hostFunctions = new WeakMap<FunctionInstance, HostCallable>();
  readonly #objects = new WeakMap<object, GcStruct | GcArray>();
  /** Makes the functions of islands known whose functions nobody asked for yet. */
  readonly #unregistered = new Set<() => void>();
  #kind: ((value: HostValue) => number) | undefined;
  #objectType: DefinedType | undefined;

  constructor(state: HostState) {
    this.#state = state;
  }
  /** @param register calls `know` for every function of an island */
  later(register: () => void): void {
    this.#unregistered.add(register);
  }
  /** The island of `register` has ended. What others still have of it becomes known now; kept here, it would keep the island. */
  ended(register: () => void, exposed: boolean): void {
    if (this.#unregistered.delete(register) && exposed) register();
  }
  know(host: HostCallable, ours: FunctionInstance): void {
    this.#functions.set(host, ours);
  }

  toHost(value: unknown, hierarchy: Hierarchy): HostValue {
    if (value === null || value === undefined) return null;
    if (hierarchy === 'func') return this.functionToHost(value as FunctionInstance);
    return value instanceof HostStruct || value instanceof HostArray ? value.object : value;
  }
  fromHost(value: HostValue, hierarchy: Hierarchy): unknown {
    if (value === null || value === undefined) return value ?? null;
    if (hierarchy === 'func') return this.#functionFromHost(value as HostCallable);
    return hierarchy === 'any' ? this.#objectFromHost(value) : value;
  }

  functionToHost(ours: FunctionInstance): HostCallable {
    if ('hostFunction' in ours) {
      const guest = ours as GuestFunction;
      guest.expose();
      this.#functions.set(guest.hostFunction, ours);
      return guest.hostFunction;
    }
    let host = this.#hostFunctions.get(ours);
    if (host === undefined) {
      host = this.#wrap(ours);
      this.#hostFunctions.set(ours, host);
      this.#functions.set(host, ours);
    }
    return host;
  }
  /** A native that no instance imports becomes a function of the host. */
  #wrap(ours: FunctionInstance): HostCallable {
    const { params, results } = ours.signature;
    if ([...params, ...results].some((type) => type >= 0 && type >> 1 >= 64)) {
      throw new UsageError(
        `function '${quote(ours.name)}' cannot be a reference in mode host: its type names other types`,
      );
    }
    const module = bareModule([{ final: true, supers: [], composite: ours.signature }]);
    return this.#state.wrapper(ours, module, 0, outwardAdapter);
  }
  #functionFromHost(host: HostCallable): FunctionInstance {
    const known = this.#functions.get(host);
    if (known) return known;
    for (const register of this.#unregistered) register();
    this.#unregistered.clear();
    return this.#functions.get(host)!;
  }

  #objectFromHost(value: HostValue): unknown {
    if (isI31(value) || typeof value !== 'object' || value === null) return value;
    let ours = this.#objects.get(value);
    if (ours) return ours;
    const kind = this.#kindOf(value);
    if ((kind & (STRUCT | ARRAY)) === 0) return value;
    // Which type exactly the host does not say.
    this.#objectType ??= this.#state.store.types.funcType([], []);
    ours = kind & STRUCT ? new HostStruct(this.#objectType, value) : new HostArray(this.#objectType, value);
    this.#objects.set(value, ours);
    return ours;
  }
  #kindOf(value: HostValue): number {
    if (this.#kind === undefined) {
      const { Module, Instance } = this.#state.host;
      const made: HostInstanceObject = new Instance(new Module(kindAdapter(bareModule([]))));
      this.#kind = made.exports[ADAPTER.run] as (value: HostValue) => number;
    }
    return this.#kind(value);
  }
}
