// A module in one engine below the embedder's API, metered: what a call cost, how it ended, what is in memory then.
import { SystemAllocator } from '#src/alloc/system.js';
import { decode } from '#src/binary/decode.js';
import { Budget } from '#src/runtime/budget.js';
import type { CompiledModule, Engine } from '#src/runtime/engine.js';
import { ExecEnv } from '#src/runtime/exec-env.js';
import type { FunctionInstance } from '#src/runtime/function.js';
import { Instance } from '#src/runtime/instance.js';
import { DEFAULT_CALL_DEPTH, type MeterSettings } from '#src/runtime/meter.js';
import { Store } from '#src/runtime/store.js';
import { validate } from '#src/validate/validate.js';
import { LimitError, Trap } from '#src/wasm/errors.js';
import type { ValidatedModule } from '#src/wasm/module.js';
import { testPlatform } from './test-platform.js';

export interface Outcome {
  readonly used: number;
  readonly error: string;
  readonly results: readonly number[];
  readonly memory: string;
}

/** One module in one engine, compiled once for any number of instances. */
export class MeteredModule {
  readonly store: Store;
  readonly #mode: Engine['mode'];
  readonly #module: ValidatedModule;
  readonly #compiled: CompiledModule;
  readonly #countsCalls: boolean;

  /** @param countsCalls whether the code counts how deep calls nest: modes host and jit leave that out where no limit asks for it */
  constructor(engine: Engine, bytes: Uint8Array, countsCalls = true) {
    this.store = new Store(new SystemAllocator(), testPlatform(), new Budget(Number.POSITIVE_INFINITY));
    this.#mode = engine.mode;
    this.#module = validate(decode(bytes));
    this.#compiled = engine.compile(this.#module, this.store);
    this.#countsCalls = countsCalls;
  }
  instantiate(): Instance {
    const { store } = this;
    const module = this.#module;
    const instance = new Instance({
      store,
      module,
      name: '',
      types: store.types.addModuleTypes(module),
      limits: this.#countsCalls ? { callDepth: DEFAULT_CALL_DEPTH } : {},
      metered: true,
      deterministic: false,
      budget: new Budget(Number.POSITIVE_INFINITY, store.budget),
      mode: this.#mode,
      modeReason: '',
    });
    this.#compiled.instantiate(instance);
    return instance;
  }
}

/** An instance that counts. */
export class MeteredGuest {
  readonly instance: Instance;
  readonly #store: Store;

  constructor(module: MeteredModule) {
    this.#store = module.store;
    this.instance = module.instantiate();
  }
  static of(engine: Engine, bytes: Uint8Array): MeteredGuest {
    return new MeteredGuest(new MeteredModule(engine, bytes));
  }
  /** Gives up its memory, which a store holds for as long as it lives otherwise. */
  end(): void {
    this.instance.disposeFrom(0);
  }
  call(name: string, argument: number, settings: MeterSettings = {}): Outcome {
    const { slots, meter } = this.#store;
    const func = this.instance.exports.get(name)!.value as FunctionInstance;
    slots.i32.fill(0, 0, 4);
    slots.i32[0] = argument;
    meter.begin(settings);
    let error = '';
    try {
      func.invoke(new ExecEnv(this.#store, this.instance), slots);
    } catch (thrown) {
      if (!(thrown instanceof LimitError || thrown instanceof Trap)) throw thrown;
      error = thrown instanceof LimitError ? thrown.limit : thrown.id;
    }
    const results = error === '' ? [...slots.i32.subarray(0, 2)] : [];
    if (func.signature.results[0] === -1) results.length = Math.min(1, results.length);
    return { used: meter.used, error, results, memory: this.#memoryHash() };
  }
  #memoryHash(): string {
    const memory = this.instance.memories[0];
    if (memory === undefined) return '';
    let hash = memory.pages;
    const words = memory.views.i32;
    // By index, as an iterator takes three times as long.
    for (let i = 0; i < words.length; i++) hash = (Math.imul(hash, 31) + words[i]!) | 0;
    return String(hash);
  }
}
