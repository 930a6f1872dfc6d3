// The interpreter as an engine: compiles a module lazily to register code and makes its functions. It runs everywhere, as it needs neither code
// generation nor WebAssembly.

import { givenBack, type Releasable, whenCollectedUnlessGivenBack } from '../../base/when-collected.js';
import { functionName } from '../../binary/name-section.js';
import type { CompiledModule, Engine, Fallback, Heat, NextTier, TieredFunction } from '../../runtime/engine.js';
import type { Instance } from '../../runtime/instance.js';
import { initialize } from '../../runtime/instantiate.js';
import { observedCode } from '../../runtime/observer.js';
import { SHARED_BUFFER_THREADS } from '../../runtime/shared-buffer-memory.js';
import type { Store } from '../../runtime/store.js';
import type { ValidatedModule } from '../../wasm/module.js';
import { CodeSet } from './code-set.js';
import { InterpDriver } from './driver.js';
import { InterpFunction, InterpInstance } from './interp-instance.js';
import { type ChooseStep, NO_MEMORY, stepBySwitch } from './step.js';
import { Tier } from './tier.js';

/** The code of one module by variant: metered, deterministic, observed, of a first tier. Without unload it is freed when the module was collected with all instances. */
class InterpCode implements Releasable {
  readonly #driver: InterpDriver;
  readonly #sets = new Map<string, CodeSet>();
  #released = false;

  constructor(driver: InterpDriver) {
    this.#driver = driver;
    driver.retain();
  }
  setFor(module: ValidatedModule, { metered, deterministic, observation }: Instance, tiered = false): CodeSet {
    const observed = observedCode(observation);
    const key = `${metered} ${deterministic} ${observed?.functions} ${observed?.places} ${tiered}`;
    let set = this.#sets.get(key);
    if (!set) {
      set = new CodeSet(module, { metered, deterministic, observed, tiered });
      this.#sets.set(key, set);
    }
    return set;
  }
  release(): void {
    if (this.#released) return;
    this.#released = true;
    for (const set of this.#sets.values()) set.dispose();
    this.#driver.release();
    givenBack(this);
  }
}

class InterpModule implements CompiledModule {
  readonly #module: ValidatedModule;
  readonly #driver: InterpDriver;
  readonly #code: InterpCode;

  constructor(module: ValidatedModule, driver: InterpDriver) {
    this.#module = module;
    this.#driver = driver;
    this.#code = new InterpCode(driver);
    whenCollectedUnlessGivenBack(this, this.#code);
  }
  instantiate(instance: Instance): void {
    const I = new InterpInstance(instance, this.#code.setFor(this.#module, instance), this, NO_MEMORY, undefined);
    instance.disposers.push(() => this.#driver.end(I));
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
    initialize(instance, makeFunction, () => I.useMemory());
  }
  dispose(): void {
    this.#code.release();
  }
}

/** Finds the driver of a store, and makes it when it is first asked for. */
function driversOf(chooseStep: ChooseStep): (store: Store) => InterpDriver {
  const drivers = new WeakMap<Store, InterpDriver>();
  return (store) => {
    let driver = drivers.get(store);
    if (!driver) drivers.set(store, (driver = new InterpDriver(store, chooseStep)));
    return driver;
  };
}

/** Makes the engine of one runtime. @param chooseStep the switch, unless given: hosts of which nothing is known choose by trying */
export function interpEngine(chooseStep: ChooseStep = stepBySwitch): Engine {
  const driverOf = driversOf(chooseStep);
  return {
    mode: 'interp',
    canPause: true,
    threads: SHARED_BUFFER_THREADS,
    readsBodiesLate: true,
    unavailable: () => undefined,
    missingFeatures: () => [],
    compile: (module, store) => new InterpModule(module, driverOf(store)),
  };
}

/** All functions of an instance begin here, with code of its own: what is promoted differs between instances of one module. */
function beginTier(
  driver: InterpDriver,
  instance: Instance,
  functions: readonly TieredFunction[],
  heat: Heat,
  next: NextTier,
): Tier {
  const { module } = instance;
  const held = new InterpCode(driver);
  const code = held.setFor(module, instance, true);
  const tier = new Tier(module, code, driver, heat, next);
  const I = new InterpInstance(instance, code, held, NO_MEMORY, tier);
  whenCollectedUnlessGivenBack(I, held);
  I.useMemory();
  instance.disposers.push(() => {
    driver.end(I);
    held.release();
  });
  for (const func of functions) {
    func.owner = I;
    func.entry = code.entries[func.index]!;
  }
  return tier;
}

/** Runs single functions of instances of another engine, which refuses them. Functions that they call directly run here as well. */
export function interpFallback(chooseStep: ChooseStep = stepBySwitch): Fallback {
  const driverOf = driversOf(chooseStep);
  return {
    mode: 'interp',
    beginTier: (instance, ...rest) => beginTier(driverOf(instance.store), instance, ...rest),
    prepare(instance) {
      const { module, store } = instance;
      const owner = driverOf(store);
      const code = new InterpCode(owner);
      const I = new InterpInstance(instance, code.setFor(module, instance), code, NO_MEMORY, undefined);
      whenCollectedUnlessGivenBack(I, code);
      I.useMemory();
      instance.disposers.push(() => {
        owner.end(I);
        code.release();
      });
      return (index) => {
        const { type, name } = instance.functions[index]!;
        return new InterpFunction(type, name, I, index, owner);
      };
    },
  };
}
