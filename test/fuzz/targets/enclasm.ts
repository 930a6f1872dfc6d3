// A guest in our runtime, with any of its engines. Below the embedder's API: slots keep every bit.
// Refuses modules whose features the engine lacks: ask `missing` first.
import { SystemAllocator } from '#src/alloc/system.js';
import { decode } from '#src/binary/decode.js';
import type { Platform } from '#src/platform/platform.js';
import { Budget } from '#src/runtime/budget.js';
import type { CompiledModule, Engine } from '#src/runtime/engine.js';
import { WasmException } from '#src/runtime/exception.js';
import { ExecEnv } from '#src/runtime/exec-env.js';
import { FunctionInstance, NativeFunctionInstance } from '#src/runtime/function.js';
import { Instance } from '#src/runtime/instance.js';
import { linkImports } from '#src/runtime/link.js';
import type { MemoryInstance } from '#src/runtime/memory.js';
import type { Slots } from '#src/runtime/slots.js';
import { Store } from '#src/runtime/store.js';
import type { TableInstance } from '#src/runtime/table.js';
import { readSlot, writeSlot } from '#src/runtime/value.js';
import { validate } from '#src/validate/validate.js';
import { LimitError, Trap } from '#src/wasm/errors.js';
import { ALL_FEATURES } from '#src/wasm/features.js';
import { TRAPS } from '#src/wasm/traps.js';
import { type FuncType, HEAP_EXN, HEAP_NOEXN, heapOf } from '#src/wasm/types.js';
import { type HostValue, type Kind, payloadText } from '../kinds.js';
import type { Plan } from '../plan.js';
import { Random } from '../random.js';
import type { Ending, FuzzerFunctions, Guest } from '../transcript.js';

/** One call may cost this much, all of a module's calls FUEL_PER_MODULE. */
const FUEL_PER_CALL = 50_000;
const FUEL_PER_MODULE = 400_000;
const STARVED_FUEL = 300;
/** Of an unmetered guest, which only does what ended in a metered one before. */
const TIMEOUT_MS = 10_000;
/** Few, so that no host's stack is the first to end. */
const CALL_DEPTH = 300;
const MEMORY_BYTES = 64 * 1024 * 1024;

const platform: Platform = {
  name: 'fuzzer',
  monotonicNow: () => performance.now(),
  realtimeNow: () => BigInt(Date.now()) * 1_000_000n,
  cpuTimeNow: () => undefined,
  randomFill: (bytes) => void crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>),
  log: () => {},
  sleep: () => false,
  yieldToEventLoop: () => new Promise((resolve) => setImmediate(resolve)),
};

/** Remembers that it refused: what the guest saw then, another host need not show. */
class WatchedBudget extends Budget {
  refused = false;
  override take(bytes: number): boolean {
    const taken = super.take(bytes);
    if (!taken) this.refused = true;
    return taken;
  }
}

class BudgetRefused extends Error {}

class Opaque {
  readonly id: number;
  constructor(id: number) {
    this.id = id;
  }
}

export interface GuestOptions {
  readonly metered: boolean;
  readonly interruptible?: boolean;
  /** Calls get so little fuel that many end for want of it, each at another place. */
  readonly starved?: boolean;
  readonly deterministic: boolean;
}

export class EnclasmGuest implements Guest {
  readonly #engine: Engine;
  readonly #options: GuestOptions;
  readonly #budget = new WatchedBudget(MEMORY_BYTES);
  readonly #store = new Store(new SystemAllocator(), platform, this.#budget);
  readonly #instances: Instance[] = [];
  readonly #compiled: CompiledModule[] = [];
  readonly #names = new Map<unknown, string>();
  readonly #tags = new Map<unknown, string>();
  readonly #opaques = Array.from({ length: 256 }, (_, id) => new Opaque(id));
  #tagParams: Plan['tagParams'] = {};
  #provider: Instance | undefined;
  #module: Instance | undefined;
  #driver: Instance | undefined;
  #env: ExecEnv | undefined;
  #running = false;
  /** How much fuel a starved call gets. */
  #random: Random | undefined;
  #spent = 0;

  constructor(engine: Engine, options: GuestOptions) {
    this.#engine = engine;
    this.#options = options;
  }

  get fuel(): number | undefined {
    return this.#options.metered ? this.#store.meter.used : undefined;
  }

  provide(plan: Plan, functions: FuzzerFunctions): void {
    this.#random = new Random(plan.seed);
    const leaves = plan.leaves.map(({ label }, index) => this.#leaf(plan, functions, index, label));
    this.#provider = this.#instantiate(plan.provider, (_, name) => leaves[Number(name)]!);
    for (const name of plan.providerFunctions) this.#names.set(exported(this.#provider, name), `provided:${name}`);
    for (const name of plan.providerTags) this.#tags.set(exported(this.#provider, name), `provided:${name}`);
    this.#tagParams = plan.tagParams;
  }

  /** Host functions have the types that the provider imports them with, which only its decoded form tells. */
  #leaf(plan: Plan, functions: FuzzerFunctions, index: number, label: string): (type: FuncTypeRef) => FunctionInstance {
    return ({ type, signature: { params, results } }) => {
      const code = (env: ExecEnv, slots: Slots): void => {
        const values = params.map((one, k) => readSlot(slots, k, one));
        const caller = env.instance;
        const returned = functions.leaf(index, values);
        env.instance = caller;
        results.forEach((one, k) => {
          writeSlot(slots, k, one, returned[k]);
        });
      };
      return new NativeFunctionInstance(type, `${label} ${plan.seed}`, code);
    };
  }

  load(bytes: Uint8Array, plan: Plan): void {
    const provider = this.#provider!;
    const from = new Map(plan.imports.map((one) => [`${one.module}\0${one.name}`, one.from]));
    const module = this.#instantiate(bytes, (moduleName, name) =>
      exported(provider, from.get(`${moduleName}\0${name}`)!),
    );
    this.#module = module;
    for (const name of plan.functions) {
      const value = exported(module, name);
      if (!this.#names.has(value)) this.#names.set(value, name);
    }
    for (const name of plan.tags) {
      const value = exported(module, name);
      if (!this.#tags.has(value)) this.#tags.set(value, name);
    }
    if (module.module.start !== undefined) this.#outermost(module.functions[module.module.start]!);
  }

  drive(plan: Plan): void {
    const extern = ({ type }: FuncTypeRef): FunctionInstance =>
      new NativeFunctionInstance(type, 'extern', (_, slots) => {
        slots.refs[0] = this.#opaques[slots.i32[0]! & 255];
      });
    const module = this.#module!;
    const resolve = (from: string, name: string) => (from === 'h' ? extern : exported(module, name));
    this.#driver = this.#instantiate(plan.driver, resolve);
  }

  #instantiate(bytes: Uint8Array, resolve: (module: string, name: string) => unknown): Instance {
    const { metered, interruptible, deterministic } = this.#options;
    const features = ALL_FEATURES;
    const module = validate(decode(bytes, { features }), { features });
    const store = this.#store;
    const instance = new Instance({
      ...{ store, module, name: '', types: store.types.addModuleTypes(module), limits: { callDepth: CALL_DEPTH } },
      ...{ metered, interruptible, deterministic, budget: new Budget(Infinity, this.#budget) },
      ...{ mode: this.#engine.mode, modeReason: 'asked for' },
    });
    linkImports(instance, ({ module: from, name, description }) => {
      const found = resolve(from, name);
      if (typeof found !== 'function') return found as FunctionInstance;
      const { typeIndex } = description as { typeIndex: number };
      const type = instance.types[typeIndex]!;
      return (found as (type: FuncTypeRef) => FunctionInstance)({ type, signature: type.composite as FuncType });
    });
    store.meter.begin({ fuel: metered ? FUEL_PER_CALL : undefined });
    const compiled = this.#engine.compile(module, store);
    this.#compiled.push(compiled);
    compiled.instantiate(instance);
    this.#instances.push(instance);
    return instance;
  }

  /** Calls with the meter loaded; a refusal of memory ends it inconclusively. */
  #outermost(func: FunctionInstance): void {
    const { meter, slots } = this.#store;
    this.#env ??= new ExecEnv(this.#store, this.#module!);
    if (this.#running) {
      this.#invoke(func, slots);
      return;
    }
    const { metered, starved } = this.#options;
    const most = starved ? this.#random!.below(STARVED_FUEL) : FUEL_PER_CALL;
    const fuel = Math.min(most, FUEL_PER_MODULE - this.#spent);
    meter.begin(metered ? { fuel, callDepth: CALL_DEPTH } : { timeoutMs: TIMEOUT_MS, callDepth: CALL_DEPTH });
    this.#running = true;
    try {
      this.#invoke(func, slots);
    } finally {
      this.#running = false;
      if (metered) this.#spent += meter.used;
    }
  }
  #invoke(func: FunctionInstance, slots: Slots): void {
    try {
      func.invoke(this.#env!, slots);
    } finally {
      if (this.#budget.refused) {
        this.#budget.refused = false;
        // biome-ignore lint/correctness/noUnsafeFinally: whatever the guest made of the refusal, it is not comparable.
        throw new BudgetRefused('the memory budget of the fuzzer');
      }
    }
  }

  run(name: string): readonly HostValue[] {
    const func = exported(this.#driver!, name) as FunctionInstance;
    this.#outermost(func);
    const { slots } = this.#store;
    return func.signature.results.map((type, k) => readSlot(slots, k, type));
  }

  memory(name: string): Uint8Array {
    return (exported(this.#module!, name) as MemoryInstance).views.u8;
  }
  table(name: string): { readonly length: number; get(index: number): unknown } {
    const table = exported(this.#module!, name) as TableInstance;
    const heap = heapOf(table.type.element);
    return {
      length: table.length,
      get(index) {
        if (heap === HEAP_EXN || heap === HEAP_NOEXN) throw new Error('no JavaScript host shows exception references');
        return table.get(index);
      },
    };
  }
  functionName(value: unknown): string | undefined {
    return this.#names.get(value) ?? (value instanceof FunctionInstance ? 'func' : undefined);
  }
  opaqueId(value: unknown): number | undefined {
    return value instanceof Opaque ? value.id : undefined;
  }

  classify(error: unknown): Ending {
    if (error instanceof BudgetRefused) return { conclusive: false, text: error.message };
    if (error instanceof LimitError) {
      const conclusive = this.#options.starved === true && error.limit === 'fuel';
      return { conclusive, text: `limit ${error.limit}` };
    }
    if (error instanceof WasmException) {
      const name = this.#tags.get(error.tag);
      if (name === undefined) return { conclusive: true, text: 'exception of an unknown tag' };
      const kinds: readonly Kind[] = this.#tagParams[name] ?? [];
      const texts = error.payload.map((value, i) =>
        kinds[i] === 'v128' || kinds[i] === 'exn' ? '?' : payloadText(value),
      );
      return { conclusive: true, text: `exception ${name}(${texts.join(', ')})` };
    }
    if (error instanceof Trap) {
      if (error.id === 'out-of-memory' || error.id === 'stack-exhausted') {
        return { conclusive: false, text: `trap ${TRAPS[error.id].spec}` };
      }
      return { conclusive: true, text: `trap ${TRAPS[error.id].spec}` };
    }
    // Anything else is a bug of ours: its stack says where.
    return { conclusive: true, text: error instanceof Error ? `BUG ${error.stack ?? error.message}` : `BUG ${error}` };
  }

  /** Gives everything back, as the runtime does at its end. */
  dispose(): void {
    for (const instance of this.#instances.reverse()) instance.disposeFrom(0);
    for (const compiled of this.#compiled.reverse()) compiled.dispose();
    for (const dispose of [...this.#store.disposers].reverse()) dispose();
  }
}

interface FuncTypeRef {
  readonly type: FunctionInstance['type'];
  readonly signature: FuncType;
}

function exported(instance: Instance, name: string): unknown {
  return instance.exports.get(name)?.value;
}
