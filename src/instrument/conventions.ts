// The calling convention of each function. A function that the module calls directly takes the remaining fuel and, where calls are counted, the depth as
// additional parameters and returns the remaining fuel as one additional result, so that both stay in registers. All other functions use the globals. If a
// function is both called directly and referenced, its index and type become those of a wrapper, and its body is placed behind the module's
// functions. If nothing is counted, all functions keep their signatures; so do silent functions.
import type { ValidatedModule } from '../wasm/module.js';
import { type FuncType, I32 } from '../wasm/types.js';
import { DisjointSets } from './disjoint-sets.js';
import type { InstrumentOptions } from './instrument-options.js';
import type { FunctionPlan } from './plan.js';
import { findSilent } from './silent-functions.js';

/** The maximum number of parameters and of results that JavaScript engines allow. */
const MAX_VALUES = 1000;

export interface Conventions {
  /** By position among the module's own functions: whether the function takes and returns the counts. */
  readonly inRegisters: readonly boolean[];
  /** By position: whether the function counts nothing, and so does nothing that it calls. */
  readonly silent: readonly boolean[];
  /** By position: the function index that direct calls use. */
  readonly bodies: Int32Array;
  /** The positions whose index belongs to a wrapper, in the order of their bodies. */
  readonly wrapped: readonly number[];
  /** The first function index after all bodies. */
  readonly end: number;
}

export function extendedType({ params, results }: FuncType, countsCalls: boolean): FuncType {
  return { kind: 'func', params: [...params, I32, ...(countsCalls ? [I32] : [])], results: [...results, I32] };
}

export function chooseConventions(
  module: ValidatedModule,
  plans: readonly FunctionPlan[],
  referenced: readonly number[],
  { metered, interruptible, countsCalls }: InstrumentOptions,
): Conventions {
  const imported = module.spaces.importedFunctions;
  const count = module.functions.length;
  const none = new Array<boolean>(count).fill(false);
  const silent = metered || countsCalls || !interruptible ? none : findSilent(plans, imported);
  const inRegisters = interruptible ? wantsRegisters(module, plans, imported, silent) : none;
  const bodies = new Int32Array(count);
  for (let i = 0; i < count; i++) bodies[i] = imported + i;
  const wrapped: number[] = [];
  for (const index of referenced) {
    const position = index - imported;
    if (position < 0 || !inRegisters[position]) continue;
    bodies[position] = imported + count + wrapped.length;
    wrapped.push(position);
  }
  return { inRegisters, silent, bodies, wrapped, end: imported + count + wrapped.length };
}

function wantsRegisters(
  module: ValidatedModule,
  plans: readonly FunctionPlan[],
  imported: number,
  silent: readonly boolean[],
): boolean[] {
  const groups = new DisjointSets();
  plans.forEach(({ tailCallees }, i) => {
    for (const callee of tailCallees) groups.join(i, callee - imported);
  });
  // Functions that tail-call each other must return the same values. A function that tail-calls an unknown callee returns what its type says.
  const wanted = new Array<boolean>(plans.length).fill(false);
  const refused = new Array<boolean>(plans.length).fill(false);
  plans.forEach(({ callees, tailCallsOut }, i) => {
    for (const callee of callees) wanted[groups.find(callee - imported)] = true;
    const { params, results } = module.types[module.functions[i]!.typeIndex]!.composite as FuncType;
    if (tailCallsOut || silent[i] || params.length + 2 > MAX_VALUES || results.length >= MAX_VALUES)
      refused[groups.find(i)] = true;
  });
  return plans.map((_, i) => wanted[groups.find(i)]! && !refused[groups.find(i)]!);
}
