// The runtime with one of its engines as a target. Calls go through the slots of the runtime, which keep every bit.
// Refuses the embedder's API: its f32 and f64 are JavaScript numbers, which lose bits of NaNs.
import { SystemAllocator } from '../alloc/system.js';
import { readBranchHints } from '../binary/branch-hints.js';
import { decode } from '../binary/decode.js';
import type { Platform } from '../platform/platform.js';
import { Budget } from '../runtime/budget.js';
import type { Engine } from '../runtime/engine.js';
import { WasmException } from '../runtime/exception.js';
import { ExecEnv } from '../runtime/exec-env.js';
import { type Execution, FunctionInstance, type Turn } from '../runtime/function.js';
import { GcArray, GcStruct } from '../runtime/gc.js';
import { GlobalInstance } from '../runtime/global.js';
import { Instance } from '../runtime/instance.js';
import { linkImports } from '../runtime/link.js';
import { type MemoryMaker, makeAllocatedMemory } from '../runtime/memory.js';
import { isI31 } from '../runtime/refs.js';
import { Slots } from '../runtime/slots.js';
import { Store } from '../runtime/store.js';
import { validate } from '../validate/validate.js';
import { LinkError } from '../wasm/errors.js';
import type { Feature } from '../wasm/features.js';
import type { ValidatedModule } from '../wasm/module.js';
import * as t from '../wasm/types.js';
import { type Exporter, passingOf } from './passed-memories.js';
import { classify } from './script-errors.js';
import type { ImportLookup, ScriptCall, SpecTarget } from './script-target.js';
import type { Hierarchy, Result, Value } from './script-values.js';

/** An opaque reference of a script as the runtime holds it: any JavaScript value can be an externref or an anyref. */
class Opaque {
  readonly id: number;
  constructor(id: number) {
    this.id = id;
  }
}

const TOPS: Record<number, Hierarchy> = {
  [t.HEAP_FUNC]: 'func',
  [t.HEAP_NOFUNC]: 'func',
  [t.HEAP_EXTERN]: 'extern',
  [t.HEAP_NOEXTERN]: 'extern',
  [t.HEAP_EXN]: 'exn',
  [t.HEAP_NOEXN]: 'exn',
};

function writeValue(slots: Slots, at: number, value: Value): void {
  const { i32, u8, refs } = slots;
  switch (value.type) {
    case 'i32':
      i32[at * 4] = value.value;
      return;
    case 'f32':
      i32[at * 4] = value.bits;
      return;
    case 'i64':
    case 'f64': {
      const bits = value.type === 'i64' ? value.value : value.bits;
      i32[at * 4] = Number(BigInt.asIntN(32, bits));
      i32[at * 4 + 1] = Number(BigInt.asIntN(32, bits >> 32n));
      return;
    }
    case 'v128':
      u8.set(value.bytes, at * 16);
      return;
    case 'null':
      refs[at] = null;
      return;
    case 'extern':
    case 'host':
      refs[at] = new Opaque(value.id);
  }
}

function readValue(store: Store, { i32, u8, refs }: Slots, at: number, type: t.ValType): Result {
  const low = i32[at * 4]!;
  const wide = (BigInt(i32[at * 4 + 1]!) << 32n) | BigInt(low >>> 0);
  switch (type) {
    case t.I32:
      return { type: 'i32', value: low };
    case t.F32:
      return { type: 'f32', bits: low >>> 0 };
    case t.I64:
      return { type: 'i64', value: wide };
    case t.F64:
      return { type: 'f64', bits: BigInt.asUintN(64, wide) };
    case t.V128:
      return { type: 'v128', bytes: u8.slice(at * 16, at * 16 + 16) };
    default:
      return readReference(refs[at], hierarchyOf(store, t.heapOf(type)));
  }
}

function hierarchyOf(store: Store, heap: t.HeapType): Hierarchy {
  if (heap >= 0) return store.types.get(heap).composite.kind === 'func' ? 'func' : 'any';
  return TOPS[heap] ?? 'any';
}

function readReference(value: unknown, hierarchy: Hierarchy): Result {
  if (value === null) return { type: 'null', heap: hierarchy };
  if (value instanceof Opaque) return { type: hierarchy === 'extern' ? 'extern' : 'host', id: value.id };
  if (hierarchy === 'extern') return { type: 'ref', kind: 'extern' };
  if (value instanceof FunctionInstance) return { type: 'ref', kind: 'func' };
  if (value instanceof GcStruct) return { type: 'ref', kind: 'struct' };
  if (value instanceof GcArray) return { type: 'ref', kind: 'array' };
  if (value instanceof WasmException) return { type: 'ref', kind: 'exn' };
  if (isI31(value)) return { type: 'ref', kind: 'i31' };
  throw new Error(`no reference: ${String(value)}`);
}

/** The engine, or the JavaScript engine under it, cannot run a module that is valid. */
class MissingFeatures extends Error {}

/** A module as the runner gets it from this target. */
class CheckedModule {
  readonly module: ValidatedModule;
  constructor(module: ValidatedModule) {
    this.module = module;
  }
}

function checked(compiled: unknown): ValidatedModule {
  if (!(compiled instanceof CheckedModule)) throw new Error('the module was compiled by another target');
  return compiled.module;
}

export class EngineInstance implements Exporter {
  readonly instance: Instance;
  private readonly env: ExecEnv;

  constructor(instance: Instance) {
    this.instance = instance;
    this.env = new ExecEnv(instance.store, instance);
  }

  /** Calls a function as an outermost call, its arguments being in the slots. */
  run(func: FunctionInstance): void {
    const { store } = this.instance;
    store.meter.begin({});
    this.env.instance = this.instance;
    func.invoke(this.env, store.slots);
  }

  invoke(field: string, args: readonly Value[]): readonly Result[] {
    const { store } = this.instance;
    const func = this.functionOf(field);
    args.forEach((arg, at) => {
      writeValue(store.slots, at, arg);
    });
    this.run(func);
    return func.signature.results.map((type, at) => readValue(store, store.slots, at, type));
  }

  begin(field: string, args: readonly Value[]): ScriptCall | undefined {
    const func = this.functionOf(field);
    return func.beginThread && new PausingCall(this.instance.store, func, this.env, args);
  }

  private functionOf(field: string): FunctionInstance {
    const func = this.exported(field);
    if (!(func instanceof FunctionInstance)) throw new Error(`no exported function "${field}"`);
    return func;
  }

  get(field: string): Result {
    const { store } = this.instance;
    const global = this.exported(field);
    if (!(global instanceof GlobalInstance)) throw new Error(`no exported global "${field}"`);
    global.toSlot(store.slots, 0);
    return readValue(store, store.slots, 0, global.type.type);
  }

  get exports(): Instance['exports'] {
    return this.instance.exports;
  }
  exported(field: string): unknown {
    return this.exports.get(field)?.value;
  }
}

/** Short, so that threads of a script run into each other. */
const UNITS_PER_STEP = 100;
const TURN: Turn = { timed: false, awaits: false, blocks: true };

/** A call on a stack of its own, in turns. */
class PausingCall implements ScriptCall {
  private readonly store: Store;
  private readonly func: FunctionInstance;
  private readonly slots: Slots;
  private readonly execution: Execution;
  private wakeAt = Number.POSITIVE_INFINITY;

  constructor(store: Store, func: FunctionInstance, env: ExecEnv, args: readonly Value[]) {
    this.store = store;
    this.func = func;
    const { params, results } = func.signature;
    this.slots = new Slots(Math.max(1, params.length, results.length));
    args.forEach((arg, at) => {
      writeValue(this.slots, at, arg);
    });
    this.execution = func.beginThread!(env, this.slots, 'small');
  }
  get waits(): boolean {
    return this.execution.block?.waits === true && this.wakeAt === Number.POSITIVE_INFINITY;
  }
  step(): readonly Result[] | undefined {
    const { meter, platform } = this.store;
    const { block } = this.execution;
    if (block?.waits) {
      if (platform.monotonicNow() < this.wakeAt) return undefined;
      block.expire();
    }
    meter.begin({});
    meter.startSlice(UNITS_PER_STEP);
    const end = this.execution.run(TURN);
    if (end === 'blocked') this.wakeAt = platform.monotonicNow() + this.execution.block!.ms;
    if (end !== 'done') return undefined;
    return this.func.signature.results.map((type, at) => readValue(this.store, this.slots, at, type));
  }
  end(): void {
    this.execution.block?.cancel();
    this.execution.cancel();
  }
}

function link(instance: Instance, imports: ImportLookup): void {
  linkImports(instance, ({ module, name }) => {
    const from = imports.get(module) as Exporter | undefined;
    return from?.exports.get(name)?.value;
  });
}

export interface TargetOptions {
  readonly platform: Platform;
  /** Whether instructions are counted. */
  readonly metered?: boolean;
  /** Whether instances notice that time passes; if false, nothing can end a call. */
  readonly interruptible?: boolean;
  /** Whether threads of a script run in JavaScript threads of their own, each with such a target; if false, in turn. */
  readonly parallel?: boolean;
}

/** The runtime with one engine. Every target has a store of its own. */
export function createEngineTarget(
  engine: Engine,
  { platform, metered = false, interruptible = true, parallel = false }: TargetOptions,
): SpecTarget {
  const store = new Store(new SystemAllocator(), platform, new Budget(Number.POSITIVE_INFINITY));
  const threads = parallel ? engine.threads : undefined;
  const makeMemory: MemoryMaker = (type, ...rest) =>
    (type.shared && threads ? threads.makeMemory(store) : makeAllocatedMemory)(type, ...rest);
  const lacks = (feature: Feature): boolean => engine.missingFeatures({ usedFeatures: new Set([feature]) }).length > 0;
  return {
    name: engine.mode,
    executes: true,
    tellsMalformedFromInvalid: true,
    hasLinkTexts: true,
    spectest: { table64: !lacks('memory64'), sharedMemory: !lacks('threads') && !lacks('multi-memory') },

    compile(bytes, features) {
      const module = validate(decode(bytes, { features }), { features });
      const missing = engine.missingFeatures(module);
      if (missing.length > 0) throw new MissingFeatures(`this engine lacks ${[...missing].sort().join(', ')}`);
      return new CheckedModule(module);
    },

    checkCustomSections: (module) => void readBranchHints(checked(module)),

    instantiate(compiled, imports) {
      const module = checked(compiled);
      const instance = new Instance({
        store,
        module,
        name: '',
        types: store.types.addModuleTypes(module),
        limits: {},
        metered,
        interruptible,
        deterministic: false,
        budget: new Budget(Number.POSITIVE_INFINITY, store.budget),
        makeMemory,
        mode: engine.mode,
        modeReason: 'asked for',
      });
      link(instance, imports);
      engine.compile(module, store).instantiate(instance);
      const made = new EngineInstance(instance);
      if (module.start !== undefined) made.run(instance.functions[module.start]!);
      return made;
    },

    passing: threads && passingOf(threads, store),

    classify,

    excuse(error) {
      if (error instanceof MissingFeatures) return error.message;
      // `spectest` has no shared memory where the target lacks multiple memories.
      const noShared = error instanceof LinkError && error.message.includes('shared_memory') && lacks('multi-memory');
      return noShared ? 'this engine lacks multi-memory' : undefined;
    },
  };
}
