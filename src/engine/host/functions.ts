// Calls across the border: guest functions as the runtime's, the runtime's functions as imports of guests.

import { NAMES } from '../../instrument/hooks.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import { endedFunctionError, FunctionInstance } from '../../runtime/function.js';
import { DEPTH } from '../../runtime/meter.js';
import type { Slots } from '../../runtime/slots.js';
import { UsageError } from '../../wasm/errors.js';
import type { ValidatedModule } from '../../wasm/module.js';
import type { DefinedType } from '../../wasm/subtyping.js';
import type { FuncType } from '../../wasm/types.js';
import { ADAPTER, crossesPlainly, type Hierarchy, hierarchyOf, inwardAdapter, passageOf } from './adapters.js';
import type { Island } from './island.js';
import type { HostState } from './state.js';
import { leaveGuest } from './traps.js';
import type { HostCallable, HostValue } from './webassembly.js';

/** Takes the arguments from the slots, calls, leaves the results there. */
type Run = (slots: Slots) => void;

/** A guest's function. */
export class HostGuestFunction extends FunctionInstance {
  readonly island: Island;
  readonly index: number;
  readonly #module: ValidatedModule;
  readonly #typeIndex: number;
  #run: Run | undefined;

  constructor(type: DefinedType, name: string, island: Island, index: number, typeIndex: number) {
    super(type, name);
    this.island = island;
    this.index = index;
    this.#module = island.instance.module;
    this.#typeIndex = typeIndex;
  }
  get hostFunction(): HostCallable {
    const host = this.island.exports[NAMES.function + this.index] as HostCallable | undefined;
    if (host === undefined) {
      throw new UsageError(
        `function '${this.name}' is neither exported nor named by a reference: mode host cannot reach it`,
      );
    }
    return host;
  }
  expose(): void {
    this.island.expose();
  }
  override publish(): void {
    this.island.instance.isPublished = true;
  }
  override invoke(env: ExecEnv, slots: Slots): void {
    const { island } = this;
    const { state } = island;
    if (island.ended) throw endedFunctionError(island.instance);
    const run = (this.#run ??= makeRun(state, this.hostFunction, this.#module, this.#typeIndex));
    const { registers } = state.store.meter;
    const depth = registers[DEPTH]!;
    // The code does not count itself.
    if (!island.interruptible && (registers[DEPTH] = depth - 1) < 0) {
      registers[DEPTH] = depth;
      throw state.store.meter.depthExhausted();
    }
    const { env: outerEnv, slots: outerSlots } = state;
    const { instance } = env;
    const stack = island.getStack?.();
    const stackLimit = island.limitStack(env);
    state.env = env;
    state.slots = slots;
    state.give(island);
    try {
      run(slots);
    } catch (error) {
      throw leaveGuest(state, error);
    } finally {
      state.take();
      registers[DEPTH] = depth;
      if (stack !== undefined) island.giveStackBack(stack);
      island.stackLimit = stackLimit;
      // A trap leaves frames of islands that were called directly.
      if (outerEnv === undefined) for (const one of state.stacks) one.giveStackBack(undefined);
      state.env = outerEnv;
      state.slots = outerSlots;
      env.instance = instance;
    }
  }
}

/** The adapter of a guest's function, or the function itself where every value crosses as it is. */
function makeRun(state: HostState, host: HostCallable, module: ValidatedModule, typeIndex: number): Run {
  const type = module.types[typeIndex]!.composite as FuncType;
  if (crossesPlainly(type, module)) return passing(state, host, type, module);
  const { exports } = state.adapter(module, typeIndex, inwardAdapter, host, () => state.slots);
  const run = passing(state, exports[ADAPTER.run] as HostCallable, type, module);
  return withExceptions(state, run, exports[ADAPTER.raise] as ((k: number) => void) | undefined, type, module);
}

/** Passes words and references as the type's passage says. */
function passing(state: HostState, call: HostCallable, type: FuncType, module: ValidatedModule): Run {
  const { passed, returned } = passageOf(type);
  const take = taker(state, type, module, returned);
  if (passed.every((place) => place >= 0)) {
    const [a = 0, b = 0, c = 0, d = 0] = passed;
    switch (passed.length) {
      case 0:
        return (slots) => take(slots, call());
      case 1:
        return (slots) => take(slots, call(slots.i32[a]));
      case 2:
        return (slots) => take(slots, call(slots.i32[a], slots.i32[b]));
      case 3:
        return (slots) => take(slots, call(slots.i32[a], slots.i32[b], slots.i32[c]));
      case 4:
        return (slots) => take(slots, call(slots.i32[a], slots.i32[b], slots.i32[c], slots.i32[d]));
    }
  }
  const get = reader(state, type.params, module, passed);
  return (slots) => take(slots, call(...get(slots)));
}
function taker(
  state: HostState,
  { results }: FuncType,
  module: ValidatedModule,
  returned: number | undefined,
): (slots: Slots, value: HostValue) => void {
  if (returned === undefined) return () => {};
  if (returned >= 0) {
    return (slots, value) => {
      slots.i32[returned] = value as number;
    };
  }
  const hierarchy = hierarchyOf(results[0]!, module);
  if (hierarchy === 'exn') return () => {};
  return (slots, value) => {
    slots.refs[0] = state.references.fromHost(value, hierarchy);
  };
}
/** Reads what is passed out of the slots. */
function reader(
  state: HostState,
  types: FuncType['params'],
  module: ValidatedModule,
  places: readonly number[],
): (slots: Slots) => HostValue[] {
  const hierarchies = types.map((type): Hierarchy | undefined => (type >= 0 ? hierarchyOf(type, module) : undefined));
  return ({ i32, refs }) =>
    places.map((place) => {
      if (place >= 0) return i32[place];
      const k = -1 - place;
      const hierarchy = hierarchies[k]!;
      return hierarchy === 'exn' ? k : state.references.toHost(refs[k], hierarchy);
    });
}
/** Exceptions among the results were put as "not null": has them thrown, one by one, to see them. */
function withExceptions(
  state: HostState,
  run: Run,
  raise: ((k: number) => void) | undefined,
  { results }: FuncType,
  module: ValidatedModule,
): Run {
  if (raise === undefined) return run;
  const places = results.flatMap((type, k) => (type >= 0 && hierarchyOf(type, module) === 'exn' ? [k] : []));
  return (slots) => {
    run(slots);
    for (const k of places) slots.refs[k] = slots.refs[k] === true ? null : state.exceptions.raised(raise, k);
  };
}
/** What a guest imports for a function of somebody else's: takes words and references, leaves results in the slots. */
export function outwardCall(
  state: HostState,
  ours: FunctionInstance,
  island: Island | undefined,
  type: FuncType,
  module: ValidatedModule,
  raise: (k: number) => void,
): HostCallable {
  const { passed, returned } = passageOf(type);
  const { store } = state;
  const { slots } = store;
  const hierarchies = type.params.map((one) => (one >= 0 ? hierarchyOf(one, module) : undefined));
  const result =
    type.results[0] !== undefined && type.results[0] >= 0 ? hierarchyOf(type.results[0], module) : undefined;
  const allWords = passed.every((place) => place >= 0);
  const fetched = passed.length === 0 ? hierarchies.flatMap((one, k) => (one === 'exn' ? [k] : [])) : [];
  const call = (): HostValue => {
    // Exceptions that were put as "not null".
    for (const k of fetched) slots.refs[k] = slots.refs[k] === true ? null : state.exceptions.raised(raise, k);
    callOut(state, ours, island, slots);
    if (returned === undefined) return undefined;
    if (returned >= 0) return slots.i32[returned];
    return result === 'exn' ? undefined : state.references.toHost(slots.refs[0], result!);
  };
  if (allWords) {
    return (...args) => {
      const { i32 } = slots;
      for (let i = 0; i < passed.length; i++) i32[passed[i]!] = args[i] as number;
      return call();
    };
  }
  return (...args) => {
    passed.forEach((place, i) => {
      if (place >= 0) slots.i32[place] = args[i] as number;
      else if (hierarchies[-1 - place] !== 'exn') {
        slots.refs[-1 - place] = state.references.fromHost(args[i], hierarchies[-1 - place]!);
      } else slots.refs[-1 - place] = args[i] === 1 ? null : state.exceptions.raised(raise, -1 - place);
    });
    return call();
  };
}

/** Calls out of guest code: counters to the meter and back; what is thrown passes the guest's handlers. */
function callOut(state: HostState, ours: FunctionInstance, caller: Island | undefined, slots: Slots): void {
  const island = caller ?? state.holder;
  const env = state.env!;
  const { slots: outerSlots } = state;
  const { instance } = env;
  state.takeAll();
  if (island) env.instance = island.instance;
  try {
    ours.invoke(env, slots);
  } catch (error) {
    throw state.exceptions.intoGuest(error);
  } finally {
    state.env = env;
    state.slots = outerSlots;
    env.instance = instance;
    if (island) state.resumeSafely(island);
  }
}
