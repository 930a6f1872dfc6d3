// The code that counts. Metered: every block compares its cost with what is left, in a local, and takes it; where the block may trap
// the count goes to its global at once, so that it is true whenever the guest stops. A failed comparison inside a function is final:
// the checks at a function's start and in loops refill so much that only an empty reserve can make it fail (RESERVE, threshold()).
// Unmetered: functions and loops take what they weigh, more than they cost, to notice the time. docs/host-mode.md draws it.
import { type Code, OP } from './code.js';
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
  readonly enter: () => number;
}

/** What must be left for a check of a block of this cost to pass: then nothing fails until the next check. */
export function threshold(places: MeterPlaces, cost: number): number {
  return places.metered ? cost + places.innerCost + RESERVE : cost;
}

/** Takes the cost; `exposed`: the global must know. */
export function writeCharge(code: Code, places: MeterPlaces, cost: number, exposed: boolean): void {
  if (cost === 0) return;
  code.getLocal(places.count);
  code.i32(cost);
  code.op(OP.i32Sub);
  if (exposed) {
    code.teeLocal(places.count);
    code.setGlobal(places.left);
  } else code.setLocal(places.count);
}

/** A block without a refill: branches out, for good, where it does not fit. */
export function writeInnerBlock(
  code: Code,
  places: MeterPlaces,
  cost: number,
  exposed: boolean,
  exhausted: number,
): void {
  if (cost === 0) return;
  code.getLocal(places.count);
  code.i32(cost);
  code.op(OP.i32LtS);
  code.brIf(exhausted);
  writeCharge(code, places, cost, exposed);
}

/** Refills in place when less than `bound` is left; `cost` of it is needed at once. */
export function writeRefill(code: Code, places: MeterPlaces, bound: number, cost: number): void {
  code.getLocal(places.count);
  code.i32(bound);
  code.op(OP.i32LtS);
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
export function writeLoopHeader(code: Code, places: MeterPlaces, cost: number, exposed: boolean): void {
  if (cost === 0) return;
  writeRefill(code, places, threshold(places, cost), cost);
  writeCharge(code, places, cost, exposed);
}

/** Start of an unmetered loop that may call. */
export function writeTick(code: Code, places: MeterPlaces, weight: number): void {
  writeRefill(code, places, weight, weight);
  writeCharge(code, places, weight, false);
}

/**
 * Before a plain loop: sets its bound. After this come `block` (results), `loop` (results), `block`, and the loop itself;
 * plainLoopEnd writes their ends. V8 does not unroll loops that call: here the call stands outside.
 */
export function writePlainLoopStart(code: Code, places: MeterPlaces): void {
  if (!places.metered) return;
  code.i32(threshold(places, 0));
  code.setLocal(places.bound);
}

/** Where an iteration begins; `slow` is the depth of the inner block. */
export function writePlainLoopHeader(
  code: Code,
  places: MeterPlaces,
  cost: number,
  exposed: boolean,
  slow: number,
): void {
  code.getLocal(places.count);
  code.i32(cost);
  code.op(OP.i32Sub);
  code.teeLocal(places.count);
  if (places.metered) code.getLocal(places.bound);
  else code.i32(0);
  code.op(OP.i32LtS);
  code.brIf(slow);
  if (!places.metered || !exposed) return;
  code.getLocal(places.count);
  code.setGlobal(places.left);
}

/** After the `end` of the plain loop: leaves, or refills and tries again. */
export function writePlainLoopEnd(code: Code, places: MeterPlaces, cost: number): void {
  code.br(2);
  code.end();
  code.getLocal(places.count);
  code.i32(cost);
  code.op(OP.i32Add);
  code.i32(cost);
  code.call(places.refill());
  code.setLocal(places.count);
  if (places.metered) {
    const bound = threshold(places, cost);
    // With an empty reserve every iteration that fits must run.
    code.i32(0);
    code.i32(bound - cost);
    code.getLocal(places.count);
    code.i32(bound);
    code.op(OP.i32LtS);
    code.op(OP.select);
    code.setLocal(places.bound);
  }
  code.br(0);
  code.end();
  code.end();
}
