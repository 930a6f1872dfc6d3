// What the host instances of one store share: who counts at the moment, the exec env that runs, an error on its way through guests.

import { RESERVE } from '../../instrument/hooks.js';
import type { WasmException } from '../../runtime/exception.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import type { FunctionInstance } from '../../runtime/function.js';
import { DEPTH, SLICE } from '../../runtime/meter.js';
import { Slots } from '../../runtime/slots.js';
import type { Store } from '../../runtime/store.js';
import type { ValidatedModule } from '../../wasm/module.js';
import {
  type FuncType,
  HEAP_EXN,
  HEAP_EXTERN,
  HEAP_FUNC,
  HEAP_NOEXN,
  HEAP_NOEXTERN,
  HEAP_NOFUNC,
  heapOf,
  type ValType,
} from '../../wasm/types.js';
import { ADAPTER, type Hierarchy } from './adapters.js';
import type { HostCode } from './native-code.js';
import { Exceptions } from './exceptions.js';
import { outwardCall } from './native-functions.js';
import type { Island } from './native-instance.js';
import { Mirrors } from './adopted-imports.js';
import { References } from './references.js';
import type { HostCallable, HostInstanceObject, HostModuleObject, HostValue, HostWebAssembly } from './webassembly.js';

/**
 * Units from one look at the clock to the next, beyond what the next check needs: a millisecond or so. Smaller slices cost more than the
 * looks: after each the processor must learn the guest's branches again.
 */
export const SLICE_UNITS = 1_000_000;

export class HostState {
  readonly store: Store;
  env: ExecEnv | undefined = undefined;
  /** What a native or a hook threw while guest code runs: guests cannot catch it, whatever the host thinks. */
  pending: { readonly error: unknown } | undefined = undefined;
  /** The island that runs, or ran last before a native was called: it has the fuel. */
  holder: Island | undefined = undefined;
  /** All that are alive. */
  readonly islands = new Set<Island>();
  /** The islands that count the bytes of their frames. */
  readonly stacks = new Set<Island>();
  /** By the name in stack traces. */
  readonly #codes = new Map<string, HostCode[]>();
  /** Where adapters of the call that runs find arguments and put results. */
  slots: Slots;
  /** Of globals on their way. */
  readonly scratch = new Slots(1);
  readonly mirrors = new Mirrors(this.scratch);
  readonly host: HostWebAssembly;
  readonly references: References;
  readonly exceptions: Exceptions;

  constructor(store: Store, host: HostWebAssembly) {
    this.store = store;
    this.host = host;
    this.slots = store.slots;
    this.references = new References(this);
    this.exceptions = new Exceptions(this);
  }

  /** The code of a name in stack traces: of several modules of the same bytes, the one that came last. */
  codeOf(name: string): HostCode | undefined {
    return this.#codes.get(name)?.at(-1);
  }
  /** Modules of the same bytes have code of the same name. */
  addCode(code: HostCode): void {
    const same = this.#codes.get(code.name);
    if (same) same.push(code);
    else this.#codes.set(code.name, [code]);
  }
  removeCode(code: HostCode): void {
    const rest = this.#codes.get(code.name)!.filter((one) => one !== code);
    if (rest.length > 0) this.#codes.set(code.name, rest);
    else this.#codes.delete(code.name);
  }

  /** Before guest code runs: the meter's registers go to the island's counters. */
  give(island: Island): void {
    const { registers } = this.store.meter;
    island.setDepth(registers[DEPTH]!);
    if (island.metered) island.setLeft(registers[SLICE]!);
    this.holder = island;
    this.mirrors.enter();
  }
  /** After a native ran: as give, and what natives took is refilled, for nothing is checked after calls. */
  resume(island: Island): void {
    this.give(island);
    if (!island.metered) return;
    const left = this.store.meter.registers[SLICE]!;
    if (left < RESERVE) island.setLeft(this.refill(island, left, 0));
  }
  /** As resume; what it throws (time is up) cannot be caught by guests. */
  resumeSafely(island: Island): void {
    try {
      this.resume(island);
    } catch (error) {
      throw this.fail(error);
    }
  }
  /** Before a native runs: the counters go back to the registers. */
  takeAll(): void {
    if (this.holder) this.store.meter.registers[DEPTH] = this.holder.getDepth();
    this.take();
  }
  /** After guest code ran: the same without the depth, which the caller knows. */
  take(): void {
    const island = this.holder;
    // The host's stack was full in the middle of handing over: what is left is where it was.
    if (!island) return;
    const { registers } = this.store.meter;
    if (island.metered) registers[SLICE] = island.getLeft();
    if (island.exposed) island.clear();
    this.holder = undefined;
    this.mirrors.leave();
  }
  /**
   * Brings fuel and depth to the island that runs now, from the one that called it or that it called.
   * @param left its own count; returns what is left in all @param entering the depth comes along
   */
  gather(island: Island, left: number, entering: boolean): number {
    const { holder } = this;
    if (holder === island || holder === undefined) return left;
    this.holder = island;
    // A caller in the same instance has handed the depth on; it was only the count that had been taken away.
    if (entering && island.getDepth() < 0) island.setDepth(holder.getDepth() - 1);
    // The holder was called from here, and is back: the frames know their depth, but who enters next asks the holder.
    else if (!entering && island.getDepth() === 0) island.setDepth(holder.getDepth() + 1);
    const fuel = island.metered && holder.metered ? holder.getLeft() : 0;
    // An unmetered island runs on nobody's fuel: what the other had waits in the meter.
    if (!island.metered && holder.metered) this.store.meter.registers[SLICE] = holder.getLeft();
    if (island.metered && !holder.metered) left = this.store.meter.registers[SLICE]!;
    holder.clear();
    return left + fuel;
  }
  /**
   * Takes units from the meter until a check passes, or as many as there are.
   * @throws LimitError where less than `needed` is left, or time is up; the island's counter is right then
   */
  refill(island: Island, left: number, needed: number): number {
    const { meter } = this.store;
    const { registers } = meter;
    registers[SLICE] = left;
    try {
      if (!meter.refill(island.threshold + SLICE_UNITS) && registers[SLICE]! < needed) throw meter.fuelExhausted();
      return registers[SLICE]!;
    } catch (error) {
      island.setLeft(registers[SLICE]!);
      throw error;
    }
  }
  /** Keeps the error until it leaves the guest, and returns it. */
  fail(error: unknown): unknown {
    this.pending = { error };
    return error;
  }

  /** The hierarchy of a reference type whose indices are ids of the store's types. */
  hierarchyOf(type: ValType): Hierarchy {
    const heap = heapOf(type);
    if (heap >= 0) return this.store.types.get(heap).composite.kind === 'func' ? 'func' : 'any';
    if (heap === HEAP_FUNC || heap === HEAP_NOFUNC) return 'func';
    if (heap === HEAP_EXTERN || heap === HEAP_NOEXTERN) return 'extern';
    return heap === HEAP_EXN || heap === HEAP_NOEXN ? 'exn' : 'any';
  }

  // ---- adapters ----

  readonly #adapterModules = new WeakMap<object, Map<string, HostModuleObject>>();
  /** An adapter's instance around a target. `slots`: where it fetches and puts. */
  adapter(
    module: ValidatedModule,
    typeIndex: number,
    make: (module: ValidatedModule, typeIndex: number) => Uint8Array,
    target: HostValue,
    slots: () => Slots,
  ): HostInstanceObject {
    let known = this.#adapterModules.get(module);
    if (known === undefined) this.#adapterModules.set(module, (known = new Map()));
    const key = `${make.name} ${typeIndex}`;
    let compiled = known.get(key);
    if (compiled === undefined) {
      compiled = new this.host.Module(make(module, typeIndex));
      known.set(key, compiled);
    }
    return this.instantiateAdapter(compiled, target, slots);
  }
  instantiateAdapter(compiled: HostModuleObject, target: HostValue, slots: () => Slots): HostInstanceObject {
    const { references } = this;
    const imports: Record<string, HostValue> = {
      [ADAPTER.target]: target,
      get: (word: number) => slots().i32[word],
      put: (word: number, value: number) => {
        slots().i32[word] = value;
      },
      'get exn': (k: number) => {
        const value = slots().refs[k];
        if (value === null) return 0;
        throw this.exceptions.toHost(value as WasmException);
      },
      'put exn': (k: number, isNull: number) => {
        slots().refs[k] = isNull === 1;
      },
    };
    for (const hierarchy of ['func', 'extern', 'any'] as const) {
      imports[`get ${hierarchy}`] = (k: number) => references.toHost(slots().refs[k], hierarchy);
      imports[`put ${hierarchy}`] = (k: number, value: HostValue) => {
        slots().refs[k] = references.fromHost(value, hierarchy);
      };
    }
    return new this.host.Instance(compiled, { [ADAPTER.module]: imports });
  }
  /** A host function of the type around a function of ours; the caller is whoever runs. */
  wrapper(
    ours: FunctionInstance,
    module: ValidatedModule,
    typeIndex: number,
    make: (module: ValidatedModule, typeIndex: number) => Uint8Array,
    island?: Island,
  ): HostCallable {
    const type = module.types[typeIndex]!.composite as FuncType;
    let raise: ((k: number) => void) | undefined;
    const call = outwardCall(this, ours, island, type, module, (k) => raise?.(k));
    const { exports } = this.adapter(module, typeIndex, make, call, () => this.store.slots);
    raise = exports[ADAPTER.raise] as ((k: number) => void) | undefined;
    return exports[ADAPTER.run] as HostCallable;
  }
}
