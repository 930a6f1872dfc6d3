// The code that counts. Metered: every block compares its cost with what is left, in a local, and takes it; where the block may trap
// the count goes to its global at once, so that it is true whenever the guest stops. A failed comparison inside a function is final:
// the checks at a function's start and in loops refill so much that only an empty reserve can make it fail (RESERVE, threshold()).
// Unmetered: functions and loops tick, to notice the time. docs/host-mode.md draws it.
import { type Code, OP } from './code.js';
import { RESERVE } from './hooks.js';

/** Iterations of a plain loop that count as one tick where nothing is metered. */
const ITERATIONS_PER_TICK = 1024;

/** Where one function keeps its count, and what it calls. */
export interface MeterPlaces {
  /** Global with what is left. */
  readonly left: number;
  /** Local with what is left; where nothing is metered: iterations of a plain loop. */
  readonly count: number;
  /** Local with the check's threshold in plain loops. */
  readonly bound: number;
  /** Cost of all blocks that no check belongs to. */
  readonly innerCost: number;
  readonly refill: () => number;
  readonly tick: () => number;
}

/** What must be left for a check of a block of this cost to pass: then nothing fails until the next check. */
export function threshold(places: MeterPlaces, cost: number): number {
  return cost + places.innerCost + RESERVE;
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
export function writeTick(code: Code, places: MeterPlaces): void {
  code.getGlobal(places.left);
  code.i32(1);
  code.op(OP.i32Sub);
  code.teeLocal(places.count);
  code.setGlobal(places.left);
  code.getLocal(places.count);
  code.i32(0);
  code.op(OP.i32LtS);
  code.if();
  code.call(places.tick());
  code.end();
}

/**
 * Before a plain loop: sets its bound or count. After this come `block` (results), `loop` (results), `block`, and the loop itself;
 * plainLoopEnd writes their ends. V8 does not unroll loops that call: here the call stands outside.
 */
export function writePlainLoopStart(code: Code, places: MeterPlaces, cost: number, metered: boolean): void {
  code.i32(metered ? threshold(places, cost) : ITERATIONS_PER_TICK);
  code.setLocal(metered ? places.bound : places.count);
}

/** Where an iteration begins; `slow` is the depth of the inner block. */
export function writePlainLoopHeader(
  code: Code,
  places: MeterPlaces,
  cost: number,
  exposed: boolean,
  metered: boolean,
  slow: number,
): void {
  if (metered) {
    code.getLocal(places.count);
    code.getLocal(places.bound);
    code.op(OP.i32LtS);
    code.brIf(slow);
    writeCharge(code, places, cost, exposed);
    return;
  }
  code.getLocal(places.count);
  code.i32(1);
  code.op(OP.i32Sub);
  code.teeLocal(places.count);
  code.op(OP.i32Eqz);
  code.brIf(slow);
}

/** After the `end` of the plain loop: leaves, or refills and tries again. */
export function writePlainLoopEnd(code: Code, places: MeterPlaces, cost: number, metered: boolean): void {
  code.br(2);
  code.end();
  if (metered) {
    const bound = threshold(places, cost);
    code.getLocal(places.count);
    code.i32(cost);
    code.call(places.refill());
    code.setLocal(places.count);
    // With an empty reserve every iteration that fits must run.
    code.i32(cost);
    code.i32(bound);
    code.getLocal(places.count);
    code.i32(bound);
    code.op(OP.i32LtS);
    code.op(OP.select);
    code.setLocal(places.bound);
  } else {
    code.call(places.tick());
    code.i32(ITERATIONS_PER_TICK);
    code.setLocal(places.count);
  }
  code.br(0);
  code.end();
  code.end();
}
