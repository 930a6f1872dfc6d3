// Arithmetic on registers: one operation each, joined with the preceding one if the step function has a form for both.
import { OPCODES, opcodeRow, type ScalarOp, type WideOp } from '../../wasm/opcodes.js';
import * as t from '../../wasm/types.js';
import type { FunctionCompiler, Rule } from './compile-function.js';
import * as OP from './op.gen.js';
import { operationOf, resultOf } from './operations.js';

/** Emits, after arithmetic, what makes its NaN canonical in the deterministic mode. */
function canonical(c: FunctionCompiler, type: t.ValType, slot: number): void {
  if (!c.options.deterministic) return;
  if (type === t.F32) c.emit(OP.canonical_f32, slot);
  else if (type === t.F64) c.emit(OP.canonical_f64, slot);
}

function unary(name: ScalarOp): Rule {
  const result = resultOf(name);
  const op = operationOf(name);
  const makesNan = opcodeRow(name).nan !== undefined;
  return (c) => {
    const a = c.pop();
    const d = c.push(result);
    c.emit(op, d, a);
    if (makesNan) canonical(c, result, d);
  };
}

/** Compiles instructions that only reinterpret the bits of a register. */
const renames =
  (type: t.ValType): Rule =>
  (c) => {
    const a = c.pop();
    const d = c.push(type);
    c.move(type, d, a);
  };

/** The comparisons that the step function has without the variant with exchanged operands. */
const HOT_SWAPS: ReadonlySet<number> = /* @__PURE__ */ new Set([
  OP.i32_lt_s,
  OP.i32_lt_u,
  OP.i32_le_s,
  OP.i32_le_u,
  OP.i64_lt_s,
  OP.i64_lt_u,
  OP.i64_le_s,
  OP.i64_le_u,
  OP.f64_lt,
  OP.f64_le,
  OP.f32_lt,
  OP.f32_le,
]);

function binary(name: ScalarOp): Rule {
  const { sig, mirror, nan } = opcodeRow(name);
  const result = resultOf(name);
  const plain = operationOf(name);
  const withConstant = operationOf(name, '_k');
  const commutes = mirror === name;
  const swapped = mirror === undefined || commutes ? -1 : operationOf(mirror);
  const swaps = plain < 0 || HOT_SWAPS.has(swapped);
  const wide = sig!.startsWith('I');
  return (c) => {
    if (withConstant >= 0 && (c.isConst(0) || (commutes && c.isConst(1)))) {
      const which = c.isConst(0) ? 0 : 1;
      const low = c.constLow(which);
      const high = c.constHigh(which);
      if (plain === OP.i32_add) {
        addConstant(c, which, low);
        return;
      }
      const a = c.operand(1 - which);
      c.drop(2);
      const d = c.push(result);
      if (joinWithConstant(c, plain, a, d, low)) return;
      if (wide) c.emit(withConstant, d, a, low, high);
      else c.emit(withConstant, d, a, low);
      return;
    }
    const b = c.operand(0);
    const a = c.operand(1);
    c.drop(2);
    const d = c.push(result);
    if (joinPair(c, plain, a, b, d)) return;
    if (swaps) c.emit(swapped, d, b, a);
    else c.emit(plain, d, a, b);
    if (nan !== undefined) canonical(c, result, d);
  };
}
/** Joins with the preceding operation: a + (b << k), a ^ (b >>> k), c + a * b, c - a * b. */
function joinPair(c: FunctionCompiler, op: number, a: number, b: number, d: number): boolean {
  const last = c.lastOp();
  if (op === OP.i32_add && last === OP.i32_shl_k) return joinShift(c, OP.i32_add_shl_k, a, b, d, true);
  if (op === OP.i32_xor && last === OP.i32_shr_u_k) return joinShift(c, OP.i32_xor_shr_u_k, a, b, d, true);
  if (op === OP.i32_xor && last === OP.i32_rotl_k) return joinShift(c, OP.i32_xor_rotl_k, a, b, d, true);
  if (op === OP.i64_xor && last === OP.i64_shr_u_k) return joinShift(c, OP.i64_xor_shr_u_k, a, b, d, true);
  if (op === OP.i32_add && last === OP.i32_mul) return joinSum(c, OP.i32_mul_add, a, b, d);
  if (op === OP.i64_add && last === OP.i64_add) return joinSum(c, OP.i64_add_add, a, b, d);
  if (op === OP.f32_add && !c.options.deterministic) {
    if (last === OP.f32_mul) return joinSum(c, OP.f32_mul_add, a, b, d);
    if (last === OP.f32_add) return joinSum(c, OP.f32_add_add, a, b, d);
  }
  if (last === OP.f64_mul && !c.options.deterministic && (op === OP.f64_add || op === OP.f64_sub)) {
    const product = c.lastWord(1);
    // The product must be in one of the operands' own places, since other operands may read it otherwise.
    if (product === b && b !== a && c.isFree(b))
      return joinProduct(c, op === OP.f64_add ? OP.f64_mul_add : OP.f64_mul_sub, a, d);
    if (product === a && b !== a && op === OP.f64_add && c.isFree(a)) return joinProduct(c, OP.f64_mul_add, b, d);
  }
  return false;
}
/** Joins the last operation's result with the addition of another operand. */
function joinSum(c: FunctionCompiler, joined: number, a: number, b: number, d: number): boolean {
  const first = c.lastWord(1);
  if (a === b || !c.isFree(first) || (first !== a && first !== b)) return false;
  return joinProduct(c, joined, first === a ? b : a, d);
}
function joinProduct(c: FunctionCompiler, joined: number, addend: number, d: number): boolean {
  const x = c.lastWord(2);
  const y = c.lastWord(3);
  c.undo();
  c.emit(joined, d, x, y, addend);
  return true;
}
function joinShift(c: FunctionCompiler, joined: number, a: number, b: number, d: number, commutes: boolean): boolean {
  const shifted = c.lastWord(1);
  if (a === b || !c.isFree(shifted)) return false;
  let other: number;
  if (shifted === b) other = a;
  else if (shifted === a && commutes) other = b;
  else return false;
  const x = c.lastWord(2);
  const k = c.lastWord(3);
  c.undo();
  c.emit(joined, d, other, x, k);
  return true;
}
/** Delays the sum: see Emitter.pushSum. (x + k1) + k2 is x + (k1 + k2). */
function addConstant(c: FunctionCompiler, which: number, k: number): void {
  const other = 1 - which;
  if (c.isSum(other)) {
    const base = c.constLow(other);
    const sum = (c.constHigh(other) + k) | 0;
    c.drop(2);
    c.pushSum(base, sum);
    return;
  }
  const base = c.operand(other);
  const temporary = c.isTemporary(other);
  c.drop(2);
  // A temporary base must be in the sum's own place, which nothing else writes.
  if (temporary && base !== c.nextSlot) c.emit(OP.i32_add_k, c.push(t.I32), base, k);
  else c.pushSum(base, k);
}

/** Joins the operation of a constant k with the preceding one, as rotl(x ^ y, k). */
function joinWithConstant(c: FunctionCompiler, op: number, a: number, d: number, k: number): boolean {
  if (op === OP.i64_rotl && c.lastComputes(a, OP.i64_xor) && c.isFree(a)) {
    const x = c.lastWord(2);
    const y = c.lastWord(3);
    c.undo();
    c.emit(OP.i64_xor_rotl_k, d, x, y, k);
    return true;
  }
  return false;
}

function subtract(wide: boolean): Rule {
  const plain = binary(wide ? 'i64.sub' : 'i32.sub');
  const add = binary(wide ? 'i64.add' : 'i32.add');
  return (c) => {
    if (!c.isConst(0)) return plain(c);
    const low = c.constLow(0);
    const negated = -low | 0;
    const high = low === 0 ? -c.constHigh(0) | 0 : ~c.constHigh(0);
    c.drop();
    c.pushConst(wide ? t.I64 : t.I32, negated, high);
    add(c);
  };
}

/** Returns an operation with a constant, or undefined if the neighbouring constant does not exist. */
type ConstantForm = (k: number) => readonly [op: number, k: number] | undefined;
/** Comparisons of an i32 with a constant: ge and le become gt and lt of the neighbour. */
const CONSTANT_FORMS: Readonly<Record<I32Comparison, ConstantForm>> = {
  'i32.eq': (k) => [OP.i32_eq_k, k],
  'i32.ne': (k) => [OP.i32_ne_k, k],
  'i32.lt_s': (k) => [OP.i32_lt_s_k, k],
  'i32.lt_u': (k) => [OP.i32_lt_u_k, k],
  'i32.gt_s': (k) => [OP.i32_gt_s_k, k],
  'i32.gt_u': (k) => [OP.i32_gt_u_k, k],
  'i32.le_s': (k) => (k === 0x7fff_ffff ? undefined : [OP.i32_lt_s_k, k + 1]),
  'i32.ge_s': (k) => (k === -0x8000_0000 ? undefined : [OP.i32_gt_s_k, k - 1]),
  'i32.le_u': (k) => (k === -1 ? undefined : [OP.i32_lt_u_k, (k + 1) | 0]),
  'i32.ge_u': (k) => (k === 0 ? undefined : [OP.i32_gt_u_k, (k - 1) | 0]),
};
type I32Comparison = Extract<ScalarOp, `i32.${'eq' | 'ne' | `${'lt' | 'gt' | 'le' | 'ge'}_${'s' | 'u'}`}`>;

/** i32 comparisons with a constant on either side. */
function compare(name: I32Comparison): Rule {
  const plain = binary(name);
  const form = CONSTANT_FORMS[name];
  const mirroredForm = CONSTANT_FORMS[OPCODES[name].mirror];
  return (c) => {
    if (c.isConst(1) && !c.isConst(0)) {
      const joined = mirroredForm(c.constLow(1));
      if (joined)
        return emitConstantCompare(c, joined, () => {
          const a = c.pop();
          c.drop();
          return a;
        });
    } else if (c.isConst(0)) {
      const joined = form(c.constLow(0));
      if (joined)
        return emitConstantCompare(c, joined, () => {
          c.drop();
          return c.pop();
        });
    }
    plain(c);
  };
}
function emitConstantCompare(c: FunctionCompiler, joined: readonly [number, number], pop: () => number): void {
  const a = pop();
  c.emit(joined[0], c.push(t.I32), a, joined[1]);
}

function wide(name: WideOp): Rule {
  const count = OPCODES[name].sig.split(':')[0]!.length;
  const op = operationOf(name);
  return (c) => {
    const words: number[] = [];
    for (let below = count - 1; below >= 0; below--) words.push(c.operand(below));
    c.drop(count);
    const d = c.push(t.I64);
    c.push(t.I64);
    c.begin(op);
    c.word(d);
    for (const word of words) c.word(word);
  };
}

/** The instructions with a form of their own. */
const SPECIAL: Readonly<Partial<Record<ScalarOp, Rule>>> = {
  'i32.sub': subtract(false),
  'i64.sub': subtract(true),
  'i32.eqz': (c) => {
    if (c.isConst(0)) c.materialize(0);
    const a = c.pop();
    c.emit(OP.i32_eq_k, c.push(t.I32), a, 0);
  },
  'i32.wrap_i64': (c) => {
    if (c.isConst(0)) {
      const low = c.constLow(0);
      c.drop();
      c.pushConst(t.I32, low, 0);
    } else renames(t.I32)(c);
  },
  'i32.reinterpret_f32': renames(t.I32),
  'f32.reinterpret_i32': renames(t.F32),
};

/** The rule of a scalar instruction. */
export function scalarRule(name: ScalarOp): Rule {
  const special = SPECIAL[name];
  if (special) return special;
  if (name in CONSTANT_FORMS) return compare(name as I32Comparison);
  const { sig, feature } = opcodeRow(name);
  if (feature === 'wide-arithmetic') return wide(name as WideOp);
  return sig!.indexOf(':') === 1 ? unary(name) : binary(name);
}
