// Joins a condition that was just computed with the jump that uses it: compare and branch, test bits and branch, count and branch.
import type { Emitter } from './emitter.js';
import * as OP from './op.gen.js';
import { NUMBER_OF } from './ops.gen.js';

/** Maps a compare operation to the jump that is taken when it holds. */
const BRANCHES: ReadonlyMap<number, number> = /* @__PURE__ */ new Map(
  [...NUMBER_OF]
    .filter(([name]) => /^(i32|i64|f64)_(eq|ne|lt|le|gt)/.test(name) && NUMBER_OF.has(`br_${name}`))
    .map(([name, number]) => [number, NUMBER_OF.get(`br_${name}`)!]),
);
/** Maps an integer comparison to its negation, on swapped operands if `swap`. */
const NEGATIONS: ReadonlyMap<number, readonly [op: number, swap: boolean]> = /* @__PURE__ */ new Map([
  [OP.i32_eq, [OP.i32_ne, false]],
  [OP.i32_ne, [OP.i32_eq, false]],
  [OP.i32_lt_s, [OP.i32_le_s, true]],
  [OP.i32_le_s, [OP.i32_lt_s, true]],
  [OP.i32_lt_u, [OP.i32_le_u, true]],
  [OP.i32_le_u, [OP.i32_lt_u, true]],
  [OP.i64_eq, [OP.i64_ne, false]],
  [OP.i64_ne, [OP.i64_eq, false]],
  [OP.i64_lt_s, [OP.i64_le_s, true]],
  [OP.i64_le_s, [OP.i64_lt_s, true]],
  [OP.i64_lt_u, [OP.i64_le_u, true]],
  [OP.i64_le_u, [OP.i64_lt_u, true]],
]);
const MIN = -0x8000_0000;
const MAX = 0x7fff_ffff;
/** Does the same for comparisons with a constant: how it changes, and the constant for which there is no negation. */
const CONSTANT_NEGATIONS: ReadonlyMap<number, readonly [op: number, change: number, except: number | undefined]> =
  /* @__PURE__ */ new Map([
    [OP.i32_eq_k, [OP.i32_ne_k, 0, undefined]],
    [OP.i32_ne_k, [OP.i32_eq_k, 0, undefined]],
    [OP.i32_lt_s_k, [OP.i32_gt_s_k, -1, MIN]],
    [OP.i32_gt_s_k, [OP.i32_lt_s_k, 1, MAX]],
    [OP.i32_lt_u_k, [OP.i32_gt_u_k, -1, 0]],
    [OP.i32_gt_u_k, [OP.i32_lt_u_k, 1, -1]],
  ]);
/** Maps a comparison to the operation that adds a constant to its first operand, compares and jumps. */
const COUNTED: ReadonlyMap<number, number> = /* @__PURE__ */ new Map([
  [OP.i32_ne, OP.add_k_br_i32_ne],
  [OP.i32_lt_s, OP.add_k_br_i32_lt_s],
  [OP.i32_lt_u, OP.add_k_br_i32_lt_u],
  [OP.i32_ne_k, OP.add_k_br_i32_ne_k],
  [OP.i32_lt_s_k, OP.add_k_br_i32_lt_s_k],
  [OP.i32_lt_u_k, OP.add_k_br_i32_lt_u_k],
]);
const FLOATS: ReadonlyMap<number, readonly [holds: number, doesNot: number]> = /* @__PURE__ */ new Map([
  [OP.f64_eq, [OP.br_f64_eq, OP.br_not_f64_eq]],
  [OP.f64_ne, [OP.br_not_f64_eq, OP.br_f64_eq]],
  [OP.f64_lt, [OP.br_f64_lt, OP.br_not_f64_lt]],
  [OP.f64_le, [OP.br_f64_le, OP.br_not_f64_le]],
]);

/**
 * Replaces the operation that computed the temporary `slot` by a jump that is taken if it is true (`when`) or false, and whose target is its last
 * word. Returns whether that was possible.
 */
export function joinCondition(emitter: Emitter, slot: number, when: boolean): boolean {
  let op = emitter.lastOp();
  if (op < 0 || emitter.lastWord(1) !== slot) return false;
  let a = emitter.lastWord(2);
  let b = emitter.lastWord(3);

  if ((op === OP.i32_eq_k || op === OP.i32_ne_k) && b === 0) {
    emitter.undo();
    const nonZero = (op === OP.i32_ne_k) === when;
    // The tested register is a temporary only if it was also the result's place.
    if (a !== slot || !joinCondition(emitter, a, nonZero)) emitter.emit(nonZero ? OP.br_nz : OP.br_z, a);
    return true;
  }
  if (op === OP.i32_and_k) {
    emitter.undo();
    emitter.emit(when ? OP.br_and_k_nz : OP.br_and_k_z, a, b);
    return true;
  }
  if (op === OP.i64_eqz) {
    emitter.undo();
    emitter.emit(when ? OP.br_i64_eqz : OP.br_not_i64_eqz, a);
    return true;
  }
  const float = FLOATS.get(op);
  if (float) {
    emitter.undo();
    emitter.emit(when ? float[0] : float[1], a, b);
    return true;
  }
  if (!BRANCHES.has(op)) return false;
  if (!when) {
    const constant = CONSTANT_NEGATIONS.get(op);
    if (constant) {
      if (b === constant[2]) return false;
      op = constant[0];
      b = (b + constant[1]) | 0;
    } else {
      const [negated, swap] = NEGATIONS.get(op)!;
      op = negated;
      if (swap) [a, b] = [b, a];
    }
  }
  emitter.undo();
  if (!countAndBranch(emitter, op, a, b)) emitter.emit(BRANCHES.get(op)!, a, b);
  return true;
}

function countAndBranch(emitter: Emitter, op: number, a: number, b: number): boolean {
  const counted = COUNTED.get(op);
  if (counted === undefined || emitter.lastOp() !== OP.i32_add_k) return false;
  const counter = emitter.lastWord(1);
  if (emitter.lastWord(2) !== counter) return false;
  const [first, second] = op === OP.i32_ne && b === counter ? [b, a] : [a, b];
  if (first !== counter || (second === counter && op !== OP.i32_ne_k && op !== OP.i32_lt_s_k && op !== OP.i32_lt_u_k)) {
    return false;
  }
  const step = emitter.lastWord(3);
  emitter.undo();
  emitter.emit(counted, counter, step, second);
  return true;
}
