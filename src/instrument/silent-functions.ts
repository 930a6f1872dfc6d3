// Which functions of code without a fuel limit need not ask for the time: they have no loops, call nothing but such functions, and take little. What they
// take is added to the weight of their callers, so that slices stay as long as they were. Refuses recursion, and calls whose callee is not known.
import type { FunctionPlan } from './plan.js';

/** The most units that a silent function takes with all that it calls: a hundredth of a slice. */
const MOST_UNITS = 10_000;

/**
 * Returns by position which functions are silent, and adds what they take to the weights of those that call them.
 * @param imported the number of imported functions
 */
export function findSilent(plans: readonly FunctionPlan[], imported: number): boolean[] {
  const silent = new Array<boolean>(plans.length).fill(false);
  const callers: number[][] = plans.map(() => []);
  const undecided = Int32Array.from(plans, ({ callees }) => callees.length);
  plans.forEach(({ callees }, caller) => {
    for (const callee of callees) callers[callee - imported]!.push(caller);
  });
  // Callees first. Those that call themselves, however indirectly, never come up: they are not silent.
  const ready = [...plans.keys()].filter((position) => undecided[position] === 0);
  for (let at = 0; at < ready.length; at++) {
    const position = ready[at]!;
    const plan = plans[position]!;
    addWeights(plan, plans, silent, imported);
    silent[position] =
      isSimple(plan) && plan.callees.every((callee) => silent[callee - imported]) && plan.weight <= MOST_UNITS;
    for (const caller of callers[position]!) if (--undecided[caller]! === 0) ready.push(caller);
  }
  plans.forEach((plan, position) => {
    if (undecided[position]! > 0) addWeights(plan, plans, silent, imported);
  });
  return silent;
}

function isSimple({ loops, callsOut, tailCallees, hasCatches, hasHooks }: FunctionPlan): boolean {
  return loops.length === 0 && !callsOut && tailCallees.length === 0 && !hasCatches && !hasHooks;
}
function addWeights(
  plan: FunctionPlan,
  plans: readonly FunctionPlan[],
  silent: readonly boolean[],
  imported: number,
): void {
  const { callSites, loopWeights } = plan;
  for (let i = 0; i < callSites.length; i += 2) {
    const callee = callSites[i]! - imported;
    if (!silent[callee]) continue;
    const units = plans[callee]!.weight;
    const loop = callSites[i + 1]!;
    if (loop < 0) plan.weight += units;
    else loopWeights[loop]! += units;
  }
}
