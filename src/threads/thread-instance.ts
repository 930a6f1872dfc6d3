// The instance in which a spawned thread runs: functions, globals and tables of its own, the memories and accounts of the instance it belongs to.
// Refuses what does not fit these accounts.
import type { CompiledModule } from '../runtime/engine.js';
import type { FunctionInstance } from '../runtime/function.js';
import { type ExternInstance, Instance } from '../runtime/instance.js';
import { instantiate } from '../runtime/instantiate.js';
import { OF_ITS_OWN } from '../runtime/link.js';
import { paced } from '../runtime/pace.js';
import { chargeParts } from '../runtime/parts-charge.js';
import type { ExternKind, Import } from '../wasm/module.js';

export interface ThreadInstance {
  readonly instance: Instance;
  /** The module's start function, which the thread runs first. */
  readonly start: FunctionInstance | undefined;
}

/** @throws LimitError, and Trap from active segments */
export function makeThreadInstance(main: Instance, compiled: CompiledModule): ThreadInstance {
  const { store, module, types, limits, budget, memoryPlan } = main;
  const giveBack = chargeParts(module, budget);
  const instance = new Instance({
    ...{ store, module, types, limits, budget, memoryPlan, main },
    ...{ name: main.name, mode: main.mode, modeReason: main.modeReason, platform: main.platform, signal: main.signal },
    ...{ metered: main.metered, interruptible: main.interruptible, deterministic: main.deterministic },
    ...{ countsStack: main.countsStack, stackSize: main.stackSize },
  });
  instance.disposers.push(giveBack);
  let start: FunctionInstance | undefined;
  try {
    instantiate(instance, compiled, {
      resolve: importsOf(main),
      step: paced(() => store.meter.checkpoint()),
      linked() {},
      underLimits: (work) => work(),
      filled() {},
      call: (func) => {
        start = func;
      },
    });
  } catch (error) {
    instance.disposeFrom(0);
    throw error;
  }
  instance.heap = main.heap;
  return { instance, start };
}

/** The imports of a thread's instance are those of the instance that it belongs to. */
function importsOf(main: Instance): (wanted: Import, position: number) => ExternInstance | typeof OF_ITS_OWN {
  const spaces: Record<ExternKind, Iterator<ExternInstance>> = {
    func: main.functions.values(),
    table: main.tables.values(),
    memory: main.memories.values(),
    global: main.globals.values(),
    tag: main.tags.values(),
  };
  return ({ description }, position) => {
    const value = spaces[description.kind].next().value as ExternInstance;
    const isOwn = main.ownImports.has(position) && !(description.kind === 'memory' && description.type.shared);
    return isOwn ? OF_ITS_OWN : value;
  };
}
