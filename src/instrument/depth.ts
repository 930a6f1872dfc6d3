// The code that counts nested calls: one taken at a function's start and given back at its end. Functions that call nothing only look.
import { type Code, OP } from './code.js';

export interface DepthPlaces {
  /** Global with the calls that may still nest. */
  readonly depth: number;
  /** Local with what is left for this function's callees. */
  readonly own: number;
  readonly enter: () => number;
}

/** Start of a function that counts: `left` and `count` are the fuel's global and local, `bound` its threshold. */
export function writeEntry(
  code: Code,
  places: DepthPlaces,
  fuel: { readonly left: number; readonly count: number; readonly bound: number; readonly cost: number },
  nests: boolean,
): void {
  // Both signs in one: fuel - bound and depth - 1.
  code.getGlobal(fuel.left);
  code.teeLocal(fuel.count);
  code.i32(fuel.bound);
  code.op(OP.i32Sub);
  code.getGlobal(places.depth);
  code.i32(1);
  code.op(OP.i32Sub);
  if (nests) code.teeLocal(places.own);
  code.op(OP.i32Or);
  code.i32(0);
  code.op(OP.i32LtS);
  code.if();
  code.i32(fuel.cost);
  code.call(places.enter());
  code.setLocal(fuel.count);
  // The hook may have brought the depth from elsewhere.
  if (nests) {
    code.getGlobal(places.depth);
    code.i32(1);
    code.op(OP.i32Sub);
    code.setLocal(places.own);
  }
  code.end();
  if (!nests) return;
  code.getLocal(places.own);
  code.setGlobal(places.depth);
}

/** Start of a function that calls nothing and counts no time. */
export function writeLook(code: Code, places: DepthPlaces): void {
  code.getGlobal(places.depth);
  code.i32(1);
  code.op(OP.i32LtS);
  code.if();
  code.i32(0);
  code.call(places.enter());
  code.op(OP.drop);
  code.end();
}

export function writeLeave(code: Code, places: DepthPlaces): void {
  code.getLocal(places.own);
  code.i32(1);
  code.op(OP.i32Add);
  code.setGlobal(places.depth);
}
