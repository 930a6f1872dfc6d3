// The class WebAssembly.Instance, whose exports are a frozen object. Refuses what is no Module with a TypeError, and what instantiating
// refuses.
import type { TagInstance } from '../runtime/exception.js';
import { FunctionInstance } from '../runtime/function.js';
import { GlobalInstance } from '../runtime/global.js';
import type { ExternInstance, Instance as RuntimeInstance } from '../runtime/instance.js';
import { MemoryInstance } from '../runtime/memory.js';
import { TableInstance } from '../runtime/table.js';
import type { Agent } from './agent.js';
import { prepareInstance } from './instantiation.js';
import type { LoadedModule } from './loaded-module.js';
import type { Brand } from './web-idl.js';

/** An instance, and the object of its exports. */
export interface LiveInstance {
  readonly instance: RuntimeInstance;
  readonly exports: object;
}

export function instanceClass(agent: Agent, modules: Brand<LoadedModule>, instances: Brand<LiveInstance>) {
  class Instance {
    constructor(module: unknown, ...imports: unknown[]) {
      const loaded = modules.of(module, 'WebAssembly.Instance()');
      instances.mark(this, liveInstance(agent, prepareInstance(agent, loaded, imports[0])()));
    }
    get exports(): object {
      return instances.of(this, 'WebAssembly.Instance.exports').exports;
    }
  }
  return instances.define(Instance);
}

export function liveInstance(agent: Agent, instance: RuntimeInstance): LiveInstance {
  const exports = Object.create(null) as Record<string, unknown>;
  for (const [name, { value }] of instance.exports) {
    exports[name] = objectOf(agent, value);
    agent.keepTypes(value, instance.types);
  }
  return { instance, exports: Object.freeze(exports) };
}

/** What JavaScript has of something that an instance exports; always the same object. */
function objectOf({ calls, memories, tables, globals, tags }: Agent, value: ExternInstance): unknown {
  if (value instanceof FunctionInstance) return calls.exported(value);
  if (value instanceof MemoryInstance) return memories.objectFor(value);
  if (value instanceof TableInstance) return tables.objectFor(value);
  if (value instanceof GlobalInstance) return globals.objectFor(value);
  return tags.objectFor(value as TagInstance);
}
