// Writes the code that checks for fuel and time and asks for more. Metered code subtracts its fuel late (account.ts). Unmetered functions and loops
// subtract their weight, which is more than they cost, to notice the passing of time. A failed check inside a metered function is final: the checks
// at the start of functions and loops refill so much that only an empty reserve can make it fail (RESERVE, threshold()). docs/host-mode.md draws it.
import type { Code } from './code-writer.js';
import { RESERVE } from './hooks.js';

/** Where one function keeps its count and depth, and what it calls. */
export interface MeterPlaces {
  readonly metered: boolean;
  /** The globals with the remaining fuel and the number of calls that may still nest. */
  readonly left: number;
  readonly depth: number;
  /** The locals with the remaining fuel and the number of calls that may nest below this one. */
  readonly count: number;
  readonly own: number;
  /** The local with the threshold of the check in plain loops that are not unrolled. */
  readonly bound: number;
  /** The cost of all blocks that no check covers. */
  readonly innerCost: number;
  readonly refill: () => number;
  readonly refillLoop: () => number;
  readonly giveBackAndRefill: () => number;
  readonly enter: () => number;
}

/** Returns the count that a check of a block of this cost requires, so that nothing fails until the next check. */
export function threshold(places: Pick<MeterPlaces, 'metered' | 'innerCost'>, cost: number): number {
  return places.metered ? cost + places.innerCost + RESERVE : cost;
}

/** Subtracts units of time. */
export function writeCharge(code: Code, places: MeterPlaces, units: number): void {
  code.getLocal(places.count);
  code.i32(units);
  code.op('i32.sub');
  code.setLocal(places.count);
}

/** Leaves the function for good, with the count on the operand stack, if the count is negative. */
export function writeBranchIfNegative(code: Code, exhausted: number): void {
  code.i32(0);
  code.op('i32.lt_s');
  code.brIf(exhausted);
}

/** Refills in place if less than `bound` is left; `cost` of it is needed at once. */
export function writeRefill(code: Code, places: MeterPlaces, bound: number, cost: number): void {
  code.getLocal(places.count);
  code.i32(bound);
  code.op('i32.lt_s');
  code.ifUnlikely();
  code.getLocal(places.count);
  code.i32(cost);
  code.call(places.refill());
  code.setLocal(places.count);
  code.end();
}

/** Writes the start of a function where calls are not counted. */
export function writeUncountedEntry(code: Code, places: MeterPlaces, cost: number): void {
  writeRefill(code, places, threshold(places, cost), cost);
}

export function writeReload(code: Code, places: MeterPlaces): void {
  code.getGlobal(places.left);
  code.setLocal(places.count);
}

/** Writes the start of a metered loop that may call. */
export function writeLoopHeader(code: Code, places: MeterPlaces, cost: number): void {
  writeRefill(code, places, threshold(places, cost), cost);
}

/** Writes the start of an unmetered loop that may call. */
export function writeTick(code: Code, places: MeterPlaces, weight: number): void {
  writeRefill(code, places, weight, weight);
  writeCharge(code, places, weight);
}

/**
 * Writes what precedes a plain loop, and sets its bound. Then follow `block` (results), `loop` (results), `block`, and the loop itself;
 * writePlainLoopEnd writes their ends. V8 does not unroll loops that contain calls; here the call stands outside the loop.
 */
export function writePlainLoopStart(code: Code, places: MeterPlaces, cost: number): void {
  if (!places.metered) return;
  code.i32(threshold(places, cost));
  code.setLocal(places.bound);
}

/** Writes the beginning of an iteration; `slow` is the depth of the inner block. */
export function writePlainLoopHeader(code: Code, places: MeterPlaces, weight: number, slow: number): void {
  code.getLocal(places.count);
  if (places.metered) code.getLocal(places.bound);
  else {
    code.i32(weight);
    code.op('i32.sub');
    code.teeLocal(places.count);
    code.i32(0);
  }
  code.op('i32.lt_s');
  code.brIf(slow);
}

/** Writes what follows the `end` of the plain loop: it leaves, or refills and tries again. @param cost unmetered: what the iteration subtracted */
export function writePlainLoopEnd(code: Code, places: MeterPlaces, cost: number): void {
  code.br(2);
  code.end();
  code.getLocal(places.count);
  code.i32(cost);
  if (places.metered) {
    code.i32(threshold(places, cost));
    code.call(places.refillLoop());
    code.setLocal(places.bound);
  } else code.call(places.giveBackAndRefill());
  code.setLocal(places.count);
  code.br(0);
  code.end();
  code.end();
}

/** Writes the beginning of an unrolled loop, which stands in the same blocks as a plain one. @param bound unmetered: what all copies weigh */
export function writeUnrolledLoopHeader(code: Code, places: MeterPlaces, bound: number, slow: number): void {
  if (!places.metered) {
    writePlainLoopHeader(code, places, bound, slow);
    return;
  }
  code.getLocal(places.count);
  code.i32(bound);
  code.op('i32.lt_s');
  code.brIf(slow);
}

/** Writes what follows the `end` of an unrolled loop of metered code: it leaves, or refills and tries again. What is written next has too little for that. */
export function writeRefillOrRetry(
  code: Code,
  places: MeterPlaces,
  { cost, bound }: { readonly cost: number; readonly bound: number },
): void {
  code.br(2);
  code.end();
  code.getLocal(places.count);
  code.i32(cost);
  code.call(places.refill());
  code.teeLocal(places.count);
  code.i32(bound);
  code.op('i32.ge_s');
  code.brIf(0);
}

/** Writes the beginning of an iteration where the reserve is empty: where it does not fit, a refill is tried again. */
export function writeSlowLoopHeader(code: Code, places: MeterPlaces, cost: number): void {
  code.getLocal(places.count);
  code.i32(cost);
  code.op('i32.lt_s');
  code.brIf(1);
}
