// How each function is called. Functions that others of the module call by name take what is left and the depth as two more parameters and
// return what is left as one more result: both stay in registers. All others use the globals. A function that is both called by name and
// handed out as a reference keeps its index and type as a wrapper, its body stands behind the module's functions. Where nothing is counted, all
// are called as they are.
import type { ValidatedModule } from '../wasm/module.js';
import { type FuncType, I32 } from '../wasm/types.js';
import { DisjointSets } from './disjoint-sets.js';
import type { FunctionPlan } from './plan.js';

/** The most parameters and results that hosts allow. */
const MAX_VALUES = 1000;

export interface Conventions {
  /** By position among the module's own functions: whether it takes and returns counts. */
  readonly inRegisters: readonly boolean[];
  /** By position: the index of what calls by name call. */
  readonly bodies: Int32Array;
  /** Positions whose index is a wrapper's, in the order of their bodies. */
  readonly wrapped: readonly number[];
  /** The index after all bodies. */
  readonly end: number;
}

export function extendedType({ params, results }: FuncType): FuncType {
  return { kind: 'func', params: [...params, I32, I32], results: [...results, I32] };
}

export function chooseConventions(
  module: ValidatedModule,
  plans: readonly FunctionPlan[],
  referenced: readonly number[],
  counts: boolean,
): Conventions {
  const imported = module.spaces.importedFunctions;
  const count = module.functions.length;
  const inRegisters = counts ? wantsRegisters(module, plans, imported) : new Array<boolean>(count).fill(false);
  const bodies = new Int32Array(count);
  for (let i = 0; i < count; i++) bodies[i] = imported + i;
  const wrapped: number[] = [];
  for (const index of referenced) {
    const position = index - imported;
    if (position < 0 || !inRegisters[position]) continue;
    bodies[position] = imported + count + wrapped.length;
    wrapped.push(position);
  }
  return { inRegisters, bodies, wrapped, end: imported + count + wrapped.length };
}

function wantsRegisters(module: ValidatedModule, plans: readonly FunctionPlan[], imported: number): boolean[] {
  const groups = new DisjointSets();
  plans.forEach(({ tailCallees }, i) => {
    for (const callee of tailCallees) groups.join(i, callee - imported);
  });
  // Functions that tail-call one another return the same values; who tail-calls the unknown returns what its type says.
  const wanted = new Array<boolean>(plans.length).fill(false);
  const refused = new Array<boolean>(plans.length).fill(false);
  plans.forEach(({ callees, tailCallsOut }, i) => {
    for (const callee of callees) wanted[groups.find(callee - imported)] = true;
    const { params, results } = module.types[module.functions[i]!.typeIndex]!.composite as FuncType;
    if (tailCallsOut || params.length + 2 > MAX_VALUES || results.length >= MAX_VALUES) refused[groups.find(i)] = true;
  });
  return plans.map((_, i) => wanted[groups.find(i)]! && !refused[groups.find(i)]!);
}
