// The code that looks whether there is fuel and time, and asks for more. Metered code takes its fuel late (account.ts); unmetered functions
// and loops take what they weigh, more than they cost, to notice the time. A failed look inside a metered function is final: those at a
// function's start and in loops refill so much that only an empty reserve can make it fail (RESERVE, threshold()). docs/host-mode.md draws it.
import type { Code } from './code-writer.js';
import { RESERVE } from './hooks.js';

/** Where one function keeps its count and depth, and what it calls. */
export interface MeterPlaces {
  readonly metered: boolean;
  /** Globals: what is left, and calls that may nest. */
  readonly left: number;
  readonly depth: number;
  /** Locals: what is left, calls that may nest below this one. */
  readonly count: number;
  readonly own: number;
  /** Local with the check's threshold in plain loops. */
  readonly bound: number;
  /** Cost of all blocks that no check belongs to. */
  readonly innerCost: number;
  readonly refill: () => number;
  readonly refillLoop: () => number;
  readonly giveBackAndRefill: () => number;
  readonly enter: () => number;
}

/** What must be left for a check of a block of this cost to pass: then nothing fails until the next check. */
export function threshold(places: MeterPlaces, cost: number): number {
  return places.metered ? cost + places.innerCost + RESERVE : cost;
}

/** Takes units of time. */
export function writeCharge(code: Code, places: MeterPlaces, units: number): void {
  code.getLocal(places.count);
  code.i32(units);
  code.op('i32.sub');
  code.setLocal(places.count);
}

/** Leaves, for good, with the count on the stack where it is negative. */
export function writeBranchIfNegative(code: Code, exhausted: number): void {
  code.i32(0);
  code.op('i32.lt_s');
  code.brIf(exhausted);
}

/** Refills in place when less than `bound` is left; `cost` of it is needed at once. */
export function writeRefill(code: Code, places: MeterPlaces, bound: number, cost: number): void {
  code.getLocal(places.count);
  code.i32(bound);
  code.op('i32.lt_s');
  code.if();
  code.getLocal(places.count);
  code.i32(cost);
  code.call(places.refill());
  code.setLocal(places.count);
  code.end();
}

export function writeReload(code: Code, places: MeterPlaces): void {
  code.getGlobal(places.left);
  code.setLocal(places.count);
}

/** Start of a metered loop that may call. */
export function writeLoopHeader(code: Code, places: MeterPlaces, cost: number): void {
  if (cost > 0) writeRefill(code, places, threshold(places, cost), cost);
}

/** Start of an unmetered loop that may call. */
export function writeTick(code: Code, places: MeterPlaces, weight: number): void {
  writeRefill(code, places, weight, weight);
  writeCharge(code, places, weight);
}

/**
 * Before a plain loop: sets its bound. After this come `block` (results), `loop` (results), `block`, and the loop itself;
 * plainLoopEnd writes their ends. V8 does not unroll loops that call: here the call stands outside.
 */
export function writePlainLoopStart(code: Code, places: MeterPlaces, cost: number): void {
  if (!places.metered) return;
  code.i32(threshold(places, cost));
  code.setLocal(places.bound);
}

/** Where an iteration begins; `slow` is the depth of the inner block. */
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

/** After the `end` of the plain loop: leaves, or refills and tries again. @param cost unmetered: what the iteration took */
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
