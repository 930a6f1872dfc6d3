// Two engines side by side, both counting instructions: a call whose counts differ fails, whatever its results.
import type { Engine } from '#src/runtime/engine.js';
import { createEngineTarget, type EngineInstance } from '#src/wast/runtime-target.js';
import type { ImportLookup, SpecTarget, TargetInstance } from '#src/wast/script-target.js';

import { platform } from './platform.js';

class FuelDifference extends Error {}

interface Both {
  readonly first: unknown;
  readonly second: unknown;
}
interface Outcome<T> {
  readonly value: T | undefined;
  readonly error: unknown;
}

function attempt<T>(body: () => T): Outcome<T> {
  try {
    return { value: body(), error: undefined };
  } catch (error) {
    return { value: undefined, error };
  }
}

const used = (instance: TargetInstance): number => (instance as EngineInstance).instance.store.meter.used;

class TwoInstances implements TargetInstance {
  readonly first: TargetInstance;
  readonly second: TargetInstance;
  constructor(first: TargetInstance, second: TargetInstance) {
    this.first = first;
    this.second = second;
  }
  invoke(...call: Parameters<TargetInstance['invoke']>): ReturnType<TargetInstance['invoke']> {
    attempt(() => this.first.invoke(...call));
    const second = attempt(() => this.second.invoke(...call));
    // How deep the host's own stack goes is the host's affair.
    const exhausted = /stack exhausted/.test(String(second.error));
    if (used(this.first) !== used(this.second) && !exhausted) {
      throw new FuelDifference(`fuel of ${call[0]}: ${used(this.first)} and ${used(this.second)}`);
    }
    if (second.error !== undefined) throw second.error;
    return second.value!;
  }
  get(field: string): ReturnType<TargetInstance['get']> {
    return this.second.get(field);
  }
}

/** Answers come from the second engine. */
export function createFuelTarget(firstEngine: Engine, secondEngine: Engine): SpecTarget {
  const first = createEngineTarget(firstEngine, { platform, metered: true });
  const second = createEngineTarget(secondEngine, { platform, metered: true });
  return {
    ...second,
    name: `fuel of ${first.name} and ${second.name}`,
    compile(bytes, features): Both {
      return { second: second.compile(bytes, features), first: first.compile(bytes, features) };
    },
    checkCustomSections: (module) => second.checkCustomSections!((module as Both).second),
    instantiate(module, imports): TargetInstance {
      const both = module as Both;
      const of = (which: 'first' | 'second'): ImportLookup =>
        new Map([...imports].map(([name, instance]) => [name, (instance as TwoInstances)[which]]));
      const made = attempt(() => first.instantiate(both.first, of('first')));
      const result = second.instantiate(both.second, of('second'));
      if (made.value === undefined) throw made.error;
      return new TwoInstances(made.value, result);
    },
  };
}
