// Calls between JavaScript and guest code: guest functions as functions of the runtime, and the runtime's functions as imports of guests. Refuses
// functions of instances that have ended, and those for which the module has no export.
import { NAMES } from '../../instrument/hooks.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import {
  endedFunctionError,
  FunctionInstance,
  NativeFunctionInstance,
  type SuspendingExecution,
} from '../../runtime/function.js';
import type { Instance } from '../../runtime/instance.js';
import { DEPTH } from '../../runtime/meter.js';
import type { Slots } from '../../runtime/slots.js';
import { UsageError } from '../../wasm/errors.js';
import type { DefinedType } from '../../wasm/subtyping.js';
import type { FuncType } from '../../wasm/types.js';
import type { FunctionAdapter } from './adapter-cache.js';
import { callOut } from './call-out.js';
import type { InstanceCounters, StackCounter } from './counters.js';
import type { NativeInstance } from './native-instance.js';
import type { NativeStore } from './native-store.js';
import { leaveGuest } from './native-traps.js';
import { crossesPlainly, type DeclaredTypes, hierarchiesOf, passageOf } from './passage.js';
import { beginTraces, endTraces } from './stack-traces.js';
import { type PromisingRun, SuspendingCall } from './suspending-call.js';
import type { JsCallable, JsValue } from './webassembly.js';

/** Takes the arguments from the slots, makes the call, and leaves the results there. */
type Run = (slots: Slots) => void;

/** A function of a guest in this mode. */
export class NativeGuestFunction extends FunctionInstance {
  readonly owner: NativeInstance;
  override readonly index: number;
  readonly #shared: NativeStore;
  readonly #typeIndex: number;
  #exported: JsCallable | undefined;
  #run: Run | undefined;
  #promising: PromisingRun | undefined;

  /** @param index in the owner's index space @param typeIndex in its module */
  constructor(
    type: DefinedType,
    name: string,
    owner: NativeInstance,
    index: number,
    typeIndex: number,
    shared: NativeStore,
  ) {
    super(type, name);
    this.owner = owner;
    this.index = index;
    this.#typeIndex = typeIndex;
    this.#shared = shared;
  }
  get exportedFunction(): JsCallable {
    const exported = this.owner.exports[NAMES.function + this.index] as JsCallable | undefined;
    if (exported === undefined) {
      throw new UsageError(
        `function '${this.name}' is neither exported nor named by a reference: mode host cannot reach it`,
      );
    }
    return exported;
  }
  expose(): void {
    this.owner.counters.expose();
  }
  override get definingInstance(): Instance {
    return this.owner.instance;
  }
  override publish(): void {
    this.owner.instance.isPublished = true;
  }
  override invoke(env: ExecEnv, slots: Slots): void {
    this.#call(env, slots, 0, 0, 0, 0);
  }
  override invokeNumbers(env: ExecEnv, a: number, b: number, c: number, d: number): number | undefined {
    return this.#call(env, undefined, a, b, c, d);
  }
  /** @param slots where the arguments are and the results go; undefined: the arguments are these numbers, and the result is returned */
  #call(env: ExecEnv, slots: Slots | undefined, a: number, b: number, c: number, d: number): number | undefined {
    const { owner } = this;
    const shared = this.#shared;
    const { call, counters, adopted, stacks } = shared;
    if (owner.ended) throw endedFunctionError(owner.instance);
    this.#exported ??= this.exportedFunction;
    if (slots !== undefined) this.#run ??= makeRun(shared, this.#exported, owner.instance.module, this.#typeIndex);
    const { registers } = counters.meter;
    const depth = registers[DEPTH]!;
    // The code does not count calls itself.
    if (!owner.countsCalls && (registers[DEPTH] = depth - 1) < 0) {
      registers[DEPTH] = depth;
      throw counters.meter.depthExhausted();
    }
    const { instance } = env;
    const { stack } = owner;
    const stackBefore = stack?.enter(env);
    const outer = call.begin(env, slots);
    const { store } = env;
    const { runsGuest } = store;
    store.runsGuest = true;
    counters.load(owner.counters);
    adopted.copyIn();
    const limit = beginTraces();
    try {
      if (slots === undefined) return this.#exported(a, b, c, d) as number | undefined;
      this.#run!(slots);
      return undefined;
    } catch (error) {
      throw leaveGuest(shared, error);
    } finally {
      endTraces(limit);
      if (counters.save()) adopted.copyOut();
      registers[DEPTH] = depth;
      if (stackBefore) stack!.leave(stackBefore);
      // A trap discards the frames of instances that were called directly.
      if (outer?.env === undefined && !stacks.isEmpty) resetAll(stacks);
      call.end(outer);
      store.runsGuest = runsGuest;
      env.instance = instance;
    }
  }
  /** Exceptions among the results would have to be fetched before another call ends. */
  override get suspends(): boolean {
    const { results } = this.signature;
    const { module } = this.owner.instance;
    return this.#shared.suspension !== undefined && exceptionPlaces(results, module).length === 0;
  }
  override beginSuspending(env: ExecEnv, slots: Slots): SuspendingExecution {
    const { owner } = this;
    const { module } = owner.instance;
    this.#promising ??= makePromising(this.#shared, this.exportedFunction, module, this.#typeIndex);
    return new SuspendingCall(this.#shared, owner, this.#promising, env, slots);
  }
}

function resetAll(stacks: Iterable<StackCounter>): void {
  for (const one of stacks) one.reset();
}

/** Calls a guest's function through an adapter, or directly if every value crosses as it is. */
function makeRun(shared: NativeStore, exported: JsCallable, module: DeclaredTypes, typeIndex: number): Run {
  const type = module.types[typeIndex]!.composite as FuncType;
  if (crossesPlainly(type, module)) return passing(shared, exported, type, module);
  const adapter = shared.adapters.forFunction('inward', module, typeIndex, exported, () => shared.call.slots);
  return withExceptions(shared, passing(shared, adapter.run, type, module), adapter.raise, type, module);
}

/** The same as a call that can wait. */
function makePromising(
  shared: NativeStore,
  exported: JsCallable,
  module: DeclaredTypes,
  typeIndex: number,
): PromisingRun {
  const type = module.types[typeIndex]!.composite as FuncType;
  const target = crossesPlainly(type, module)
    ? exported
    : shared.adapters.forFunction('inward', module, typeIndex, exported, () => shared.call.slots).run;
  const call = shared.suspension!.promising(target);
  const { passed, returned } = passageOf(type);
  const get = reader(shared, type, module, passed);
  return { start: (slots) => call(...get(slots)), take: taker(shared, type, module, returned) };
}

/** Passes words and references as the type's passage says. */
function passing(shared: NativeStore, call: JsCallable, type: FuncType, module: DeclaredTypes): Run {
  const { passed, returned } = passageOf(type);
  const take = taker(shared, type, module, returned);
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
  const get = reader(shared, type, module, passed);
  return (slots) => take(slots, call(...get(slots)));
}
/** Takes the result that is returned, if there is one. */
function taker(
  { references }: NativeStore,
  { results }: FuncType,
  module: DeclaredTypes,
  returned: number | undefined,
): (slots: Slots, value: JsValue) => void {
  if (returned === undefined) return () => {};
  if (returned >= 0) {
    return (slots, value) => {
      slots.i32[returned] = value as number;
    };
  }
  const hierarchy = hierarchiesOf(results, module)[0]!;
  if (hierarchy === 'exn') return () => {};
  return (slots, value) => {
    slots.refs[0] = references.fromJs(value, hierarchy);
  };
}
/** Reads what is passed from the slots. */
function reader(
  { references }: NativeStore,
  { params }: FuncType,
  module: DeclaredTypes,
  places: readonly number[],
): (slots: Slots) => JsValue[] {
  const hierarchies = hierarchiesOf(params, module);
  return ({ i32, refs }) =>
    places.map((place) => {
      if (place >= 0) return i32[place];
      const k = -1 - place;
      const hierarchy = hierarchies[k]!;
      return hierarchy === 'exn' ? k : references.toJs(refs[k], hierarchy);
    });
}
/** Fetches the exceptions among the results; the adapter has stored only whether they are null. */
function withExceptions(
  { exceptions }: NativeStore,
  run: Run,
  raise: FunctionAdapter['raise'],
  { results }: FuncType,
  module: DeclaredTypes,
): Run {
  if (raise === undefined) return run;
  const places = exceptionPlaces(results, module);
  return (slots) => {
    run(slots);
    for (const k of places) slots.refs[k] = exceptions.receive(slots.refs[k] === true, raise, k);
  };
}
function exceptionPlaces(types: FuncType['params'], module: DeclaredTypes): number[] {
  return hierarchiesOf(types, module).flatMap((one, k) => (one === 'exn' ? [k] : []));
}

/** Returns what a guest imports for a function of the runtime. @param caller the guest; undefined: whichever instance runs */
export function importable(
  shared: NativeStore,
  callee: FunctionInstance,
  module: DeclaredTypes,
  typeIndex: number,
  caller: InstanceCounters,
): JsCallable {
  const type = module.types[typeIndex]!.composite as FuncType;
  if (crossesPlainly(type, module) && !mayWait(shared, callee)) {
    return outwardCall(shared, callee, caller, type, module, () => {}).call;
  }
  return exportFunction(shared, callee, module, typeIndex, caller);
}
function mayWait({ suspension }: NativeStore, callee: FunctionInstance): boolean {
  return suspension !== undefined && callee instanceof NativeFunctionInstance && callee.mayWait;
}
/**
 * Wraps a function of the runtime in an exported function of the type. @param caller the guest that imports it; undefined: whichever instance runs
 */
export function exportFunction(
  shared: NativeStore,
  callee: FunctionInstance,
  module: DeclaredTypes,
  typeIndex: number,
  caller?: InstanceCounters,
): JsCallable {
  const type = module.types[typeIndex]!.composite as FuncType;
  let raise: FunctionAdapter['raise'];
  const { call, goOn } = outwardCall(shared, callee, caller, type, module, (k) => raise?.(k));
  const slots = (): Slots => shared.call.outward;
  const adapter = mayWait(shared, callee)
    ? shared.adapters.forFunction('waiting', module, typeIndex, call, slots, goOn)
    : shared.adapters.forFunction('outward', module, typeIndex, call, slots);
  raise = adapter.raise;
  return adapter.run;
}
/** Takes words as arguments and puts them into the slots. */
function takingWords(
  { call: current }: NativeStore,
  places: readonly number[],
  call: (slots: Slots) => JsValue,
): JsCallable {
  const [a = 0, b = 0, c = 0] = places;
  switch (places.length) {
    case 0:
      return () => call(current.outward);
    case 1:
      return (x) => {
        const slots = current.outward;
        slots.i32[a] = x as number;
        return call(slots);
      };
    case 2:
      return (x, y) => {
        const slots = current.outward;
        slots.i32[a] = x as number;
        slots.i32[b] = y as number;
        return call(slots);
      };
    case 3:
      return (x, y, z) => {
        const slots = current.outward;
        slots.i32[a] = x as number;
        slots.i32[b] = y as number;
        slots.i32[c] = z as number;
        return call(slots);
      };
  }
  return (...args) => {
    const slots = current.outward;
    for (let i = 0; i < places.length; i++) slots.i32[places[i]!] = args[i] as number;
    return call(slots);
  };
}
/** Takes words and references, calls a function of the runtime, and leaves the results in the slots. */
function outwardCall(
  shared: NativeStore,
  callee: FunctionInstance,
  caller: InstanceCounters | undefined,
  type: FuncType,
  module: DeclaredTypes,
  raise: (k: number) => void,
): OutwardCall {
  const { passed, fetched, returned } = passageOf(type);
  const { references, exceptions, suspension } = shared;
  const hierarchies = hierarchiesOf(type.params, module);
  const [result] = hierarchiesOf(type.results, module);
  const fetchedExceptions = fetched ? exceptionPlaces(type.params, module) : [];
  const take = (slots: Slots): JsValue => {
    if (returned === undefined) return undefined;
    // What it returns now, before it waits, is not used.
    if (suspension?.isAnnounced) return returned >= 0 ? 0 : null;
    if (returned >= 0) return slots.i32[returned];
    return result === 'exn' ? undefined : references.toJs(slots.refs[0], result!);
  };
  const call = (slots: Slots): JsValue => {
    for (const k of fetchedExceptions) slots.refs[k] = exceptions.receive(slots.refs[k] === true, raise, k);
    callOut(shared, callee, caller);
    return take(slots);
  };
  const goOn = (number: JsValue): JsValue => {
    if (suspension!.enter(number as number).mustCallAgain()) callOut(shared, callee, caller, true);
    return take(shared.call.outward);
  };
  if (passed.every((place) => place >= 0)) {
    return { goOn, call: takingWords(shared, passed, call) };
  }
  return {
    goOn,
    call: (...args) => {
      const slots = shared.call.outward;
      passed.forEach((place, i) => {
        const k = -1 - place;
        const hierarchy = hierarchies[k];
        if (place >= 0) slots.i32[place] = args[i] as number;
        else if (hierarchy === 'exn') slots.refs[k] = exceptions.receive(args[i] === 1, raise, k);
        else slots.refs[k] = references.fromJs(args[i], hierarchy!);
      });
      return call(slots);
    },
  };
}
/** What a guest calls for a function of the runtime, and what it calls when it goes on after a wait for it. */
interface OutwardCall {
  readonly call: JsCallable;
  readonly goOn: JsCallable;
}
