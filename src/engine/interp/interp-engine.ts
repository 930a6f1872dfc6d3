// The interpreter as an engine: compiles a module lazily to register code and makes its functions. It runs everywhere, as it needs neither code
// generation nor WebAssembly.

import { functionName } from '../../binary/name-section.js';
import type { CompiledModule, Engine, Fallback } from '../../runtime/engine.js';
import type { Instance } from '../../runtime/instance.js';
import { initialize } from '../../runtime/instantiate.js';
import { MemoryViews } from '../../runtime/memory.js';
import { observedCode } from '../../runtime/observer.js';
import type { Store } from '../../runtime/store.js';
import type { ValidatedModule } from '../../wasm/module.js';
import { CodeSet } from './code-set.js';
import { InterpDriver } from './driver.js';
import { InterpFunction, InterpInstance } from './interp-instance.js';

const NO_MEMORY = /* @__PURE__ */ new MemoryViews(new ArrayBuffer(0), 0, 0);

class InterpModule implements CompiledModule {
  readonly #module: ValidatedModule;
  readonly #driver: InterpDriver;
  /** The code by variant: metered, deterministic, observed. */
  readonly #sets = new Map<string, CodeSet>();

  constructor(module: ValidatedModule, driver: InterpDriver) {
    this.#module = module;
    this.#driver = driver;
    driver.retain();
  }
  instantiate(instance: Instance): void {
    const set = this.#codeFor(instance);
    const I = new InterpInstance(instance, set, NO_MEMORY);
    instance.disposers.push(() => {
      I.ended = true;
    });
    const makeFunction = (_: Instance, index: number): InterpFunction => {
      const body = instance.module.functions[index - this.#module.spaces.importedFunctions]!;
      return new InterpFunction(
        instance.types[body.typeIndex]!,
        functionName(instance.module, index),
        I,
        index,
        this.#driver,
      );
    };
    initialize(instance, makeFunction, () => I.followMemory());
  }
  #codeFor({ metered, deterministic, observation }: Instance): CodeSet {
    const observed = observedCode(observation);
    const key = `${metered} ${deterministic} ${observed?.functions} ${observed?.places}`;
    let set = this.#sets.get(key);
    if (!set) {
      set = new CodeSet(this.#module, { metered, deterministic, observed });
      this.#sets.set(key, set);
    }
    return set;
  }
  dispose(): void {
    for (const set of this.#sets.values()) set.dispose();
    this.#sets.clear();
    this.#driver.release();
  }
}

/** Makes the engine of one runtime. */
export function interpEngine(): Engine {
  const drivers = new WeakMap<Store, InterpDriver>();
  return {
    mode: 'interp',
    canPause: true,
    unavailable: () => undefined,
    missingFeatures: () => [],
    compile(module, store) {
      let driver = drivers.get(store);
      if (!driver) drivers.set(store, (driver = new InterpDriver(store)));
      return new InterpModule(module, driver);
    },
  };
}

/** Runs single functions of instances of another engine, which refuses them. Functions that they call directly run here as well. */
export function interpFallback(): Fallback {
  const drivers = new WeakMap<Store, InterpDriver>();
  return {
    mode: 'interp',
    prepare(instance) {
      const { module, store, metered, deterministic, observation } = instance;
      let driver = drivers.get(store);
      if (!driver) drivers.set(store, (driver = new InterpDriver(store)));
      const owner = driver;
      const set = new CodeSet(module, { metered, deterministic, observed: observedCode(observation) });
      const I = new InterpInstance(instance, set, NO_MEMORY);
      I.followMemory();
      owner.retain();
      instance.disposers.push(() => {
        I.ended = true;
        set.dispose();
        owner.release();
      });
      return (index) => {
        const { type, name } = instance.functions[index]!;
        return new InterpFunction(type, name, I, index, owner);
      };
    },
  };
}
