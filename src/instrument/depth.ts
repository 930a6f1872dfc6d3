// Writes the code that counts nested calls. A function receives the number of calls that may still nest, itself included, and passes one less to its
// callees: in a parameter to the module's own functions, in a global to all others.
import type { Code } from './code-writer.js';
import { type MeterPlaces, threshold } from './metering.js';

/**
 * Writes the start of a function that counts, once its count and depth are in their locals. One branch tests both signs: that of fuel - threshold and
 * that of depth - 1.
 */
export function writeEntry(code: Code, places: MeterPlaces, cost: number): void {
  code.getLocal(places.count);
  code.i32(threshold(places, cost));
  code.op('i32.sub');
  code.getLocal(places.own);
  code.i32(1);
  code.op('i32.sub');
  code.teeLocal(places.own);
  code.op('i32.or');
  code.i32(0);
  code.op('i32.lt_s');
  code.ifUnlikely();
  writeEnter(code, places, cost);
  code.end();
}

/** Reads the depth from its global. */
export function readDepth(code: Code, places: MeterPlaces): void {
  code.getGlobal(places.depth);
  code.setLocal(places.own);
}

/** Writes the start of a function that calls nothing and has no time to charge. */
export function writeDepthCheck(code: Code, places: MeterPlaces, hasCount: boolean): void {
  code.getLocal(places.own);
  code.i32(1);
  code.op('i32.lt_s');
  code.ifUnlikely();
  if (hasCount) code.getLocal(places.count);
  else code.getGlobal(places.left);
  code.getLocal(places.own);
  code.i32(1);
  code.op('i32.sub');
  code.i32(0);
  code.call(places.enter());
  if (hasCount) code.setLocal(places.count);
  else code.op('drop');
  code.end();
}

/** Calls the enter hook, which may supply new fuel and a new depth. */
function writeEnter(code: Code, places: MeterPlaces, cost: number): void {
  code.getLocal(places.count);
  code.getLocal(places.own);
  code.i32(cost);
  code.call(places.enter());
  code.setLocal(places.count);
  code.getGlobal(places.depth);
  code.setLocal(places.own);
}

/** Stores the depth in its global, before code outside the module runs. */
export function writeDepth(code: Code, places: MeterPlaces): void {
  code.getLocal(places.own);
  code.setGlobal(places.depth);
}
