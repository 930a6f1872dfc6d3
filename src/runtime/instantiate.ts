// Instantiation in the specification's order: imports are linked, what the module defines is made, segments are written, the start function runs.
// Refuses what does not fit the types (LinkError), the budget (LimitError), or the tables and memories (Trap).
import { OtherModeError } from '../wasm/errors.js';
import {
  addExports,
  addFunctionsAndTags,
  addGlobals,
  addMemories,
  addTables,
  type FunctionMaker,
  fillOwnImports,
} from './allocate.js';
import { ConstEvaluator } from './const-expr.js';
import type { CompiledModule } from './engine.js';
import type { FunctionInstance } from './function.js';
import type { Instance } from './instance.js';
import { type ImportResolver, linkImports } from './link.js';
import { paced } from './pace.js';
import { addSegments, runDataSegments, runElementSegments } from './segments.js';
import { sharesThroughImports } from './shares-functions.js';
import { Slots } from './slots.js';

/** Who requests the instance, and under which limits its parts are made. */
export interface Instantiator {
  /** Finds what an import asks for. */
  readonly resolve: ImportResolver;
  /** Called for each import; throws when the deadline has passed. */
  step(): void;
  /** Called when the imports match. If anything fails from here on, the instance may have to stay alive; see Instance.isPublished. */
  linked(): void;
  /** Runs, under limits, work whose length the module determines. */
  underLimits(work: () => void): void;
  /** Called when memories, tables and exports have been made. */
  filled(): void;
  /** Calls the start function, like any other call. */
  call(start: FunctionInstance): void;
}

/**
 * Performs all steps for an instance that is still empty; the instantiator does what surrounds them.
 * @throws LinkError, LimitError, Trap, and what the start function throws
 */
export function instantiate(instance: Instance, compiled: CompiledModule, by: Instantiator): void {
  linkImports(instance, by.resolve, by.step);
  by.linked();
  by.underLimits(() => compiled.instantiate(instance));
  by.filled();
  const { start } = instance.module;
  if (start !== undefined) by.call(instance.functions[start]!);
}

/**
 * The middle steps, which are CompiledModule.instantiate for an engine that uses the runtime's memories. The imports are already in the index spaces.
 * Memories and tables are given back when the instance ends (by its disposers), or here if this throws before any function of it can have been
 * published.
 * What active segments wrote to imported tables and memories before a trap stays, as the specification says, and works: see Instance.isPublished.
 * @param onMemories called when the index space of memories is filled
 * @throws LinkError for tables and globals that another engine keeps; Trap 'out of bounds table access', 'out of bounds memory access'; LimitError
 * 'memoryBytes', 'tableElements'
 */
export function initialize(instance: Instance, makeFunction: FunctionMaker, onMemories?: () => void): void {
  refuseElsewhere(instance);
  const before = instance.disposers.length;
  const evaluator = new ConstEvaluator(instance);
  const slots = new Slots(1);
  const step = paced(() => instance.store.meter.checkpoint());
  instance.disposers.push(() => instance.constantCharge.release());
  try {
    fillOwnImports(instance);
    addFunctionsAndTags(instance, makeFunction, step);
    addGlobals(instance, evaluator, slots, step);
    addTables(instance, evaluator, slots, step);
    addMemories(instance);
    onMemories?.();
    addExports(instance, step);
    addSegments(instance, evaluator, slots, step);
    instance.isPublished ||= sharesThroughImports(instance.module, instance.ownImports);
    runElementSegments(instance, evaluator, slots, step);
    runDataSegments(instance, evaluator, slots, step);
  } catch (error) {
    if (!instance.isPublished) instance.disposeFrom(before);
    throw error;
  }
}

/** Tables and globals that another engine keeps cannot be read here. */
function refuseElsewhere({ module, tables, globals, mode }: Instance): void {
  const imports = { table: tables.values(), global: globals.values() };
  for (const { module: from, name, description } of module.imports) {
    if (description.kind !== 'table' && description.kind !== 'global') continue;
    const residence = imports[description.kind].next().value?.residesIn;
    if (residence !== undefined) {
      throw new OtherModeError(
        `import "${from}"."${name}": a ${description.kind} that runs in mode ${residence}, not ${mode}`,
      );
    }
  }
}
