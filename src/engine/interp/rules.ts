// What each instruction becomes in register code: one rule per instruction that is more than an operation on registers, and the
// joining of an instruction with the one before it.
import { OP_NAMES, SLOTS, slotOf } from '../../binary/code-reader.js';
import { OPCODES, type OpName, opcodeRow, type PureOp } from '../../wasm/opcodes.js';
import * as t from '../../wasm/types.js';
import { OP } from './ops.gen.js';
import type { FunctionCompiler } from './predecode.js';
import { VECTOR_NUMBERS } from './vector-table.js';

type Rule = (c: FunctionCompiler) => void;

const TYPES: Readonly<Record<string, t.ValType>> = { i: t.I32, I: t.I64, f: t.F32, F: t.F64, V: t.V128 };

const operation = (name: string): number => (OP as Readonly<Record<string, number>>)[name.replaceAll('.', '_')] ?? -1;

/** After arithmetic whose NaN the deterministic mode makes canonical. */
function canonical(c: FunctionCompiler, type: t.ValType, slot: number): void {
  if (!c.options.deterministic) return;
  if (type === t.F32) c.emit(OP.canonical_f32, slot);
  else if (type === t.F64) c.emit(OP.canonical_f64, slot);
}

function unary(name: PureOp): Rule {
  const [operands, result] = OPCODES[name].sig.split(':') as [string, string];
  const op = operation(name);
  const type = TYPES[result]!;
  const makesNan = /^f(32|64)\.(ceil|floor|trunc|nearest|sqrt|demote|promote)/.test(name) && operands !== 'i';
  return (c) => {
    const a = c.pop();
    const d = c.push(type);
    c.emit(op, d, a);
    if (makesNan) canonical(c, type, d);
  };
}

/** Instructions that only rename bits of a register. */
const renames =
  (type: t.ValType): Rule =>
  (c) => {
    const a = c.pop();
    const d = c.push(type);
    c.move(type, d, a);
  };

const SWAPPED: Readonly<Record<string, string>> = {
  gt_s: 'lt_s',
  gt_u: 'lt_u',
  ge_s: 'le_s',
  ge_u: 'le_u',
  gt: 'lt',
  ge: 'le',
};
const COMMUTATIVE = /\.(add|mul|and|or|xor|eq|ne)$/;

function binary(name: PureOp): Rule {
  const [prefix, base] = name.split('.') as [string, string];
  const result = TYPES[OPCODES[name].sig.split(':')[1]!]!;
  const plain = operation(name);
  const swapped = SWAPPED[base] ? operation(`${prefix}_${SWAPPED[base]}`) : -1;
  const withConstant = operation(`${name}_k`);
  const commutes = COMMUTATIVE.test(name);
  const isFloat = prefix[0] === 'f';
  const makesNan = isFloat && /^(add|sub|mul|div|min|max)$/.test(base);
  const wide = prefix === 'i64';
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
    if (plain >= 0 && !(swapped >= 0 && HOT_SWAPS.has(swapped))) c.emit(plain, d, a, b);
    else c.emit(swapped, d, b, a);
    if (makesNan) canonical(c, result, d);
  };
}
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

/** Joins with the operation before: a + (b << k), a ^ (b >>> k), c + a * b, c - a * b. */
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
    // The product must be one of the operands' own places, or somebody else may read it.
    if (product === b && b !== a && c.isFree(b))
      return joinProduct(c, op === OP.f64_add ? OP.f64_mul_add : OP.f64_mul_sub, a, d);
    if (product === a && b !== a && op === OP.f64_add && c.isFree(a)) return joinProduct(c, OP.f64_mul_add, b, d);
  }
  return false;
}
/** The last operation's result plus another operand. */
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
/** Leaves the sum for later: see Emitter.pushSum. (x + k1) + k2 is x + (k1 + k2). */
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
  // A temporary base must stand in the sum's own place, which nobody else writes.
  if (temporary && base !== c.nextSlot) c.emit(OP.i32_add_k, c.push(t.I32), base, k);
  else c.pushSum(base, k);
}

/** rotl(x ^ y, k). */
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

/** i32 comparisons with a constant on either side; ge and le become gt and lt of the neighbour. */
function compare(base: string): Rule {
  const plain = binary(`i32.${base}` as PureOp);
  return (c) => {
    if (c.isConst(1) && !c.isConst(0)) {
      const k = c.constLow(1);
      const mirrored = MIRRORED[base] ?? base;
      const joined = constantCompare(mirrored, k);
      if (joined)
        return emitConstantCompare(c, joined, () => {
          const a = c.pop();
          c.drop();
          return a;
        });
    } else if (c.isConst(0)) {
      const joined = constantCompare(base, c.constLow(0));
      if (joined)
        return emitConstantCompare(c, joined, () => {
          c.drop();
          return c.pop();
        });
    }
    plain(c);
  };
}
const MIRRORED: Readonly<Record<string, string>> = {
  lt_s: 'gt_s',
  lt_u: 'gt_u',
  gt_s: 'lt_s',
  gt_u: 'lt_u',
  le_s: 'ge_s',
  le_u: 'ge_u',
  ge_s: 'le_s',
  ge_u: 'le_u',
};
function constantCompare(base: string, k: number): readonly [op: number, k: number] | undefined {
  switch (base) {
    case 'eq':
      return [OP.i32_eq_k, k];
    case 'ne':
      return [OP.i32_ne_k, k];
    case 'lt_s':
      return [OP.i32_lt_s_k, k];
    case 'lt_u':
      return [OP.i32_lt_u_k, k];
    case 'gt_s':
      return [OP.i32_gt_s_k, k];
    case 'gt_u':
      return [OP.i32_gt_u_k, k];
    case 'le_s':
      return k === 0x7fff_ffff ? undefined : [OP.i32_lt_s_k, k + 1];
    case 'ge_s':
      return k === -0x8000_0000 ? undefined : [OP.i32_gt_s_k, k - 1];
    case 'le_u':
      return k === -1 ? undefined : [OP.i32_lt_u_k, (k + 1) | 0];
    case 'ge_u':
      return k === 0 ? undefined : [OP.i32_gt_u_k, (k - 1) | 0];
    default:
      return undefined;
  }
}
function emitConstantCompare(c: FunctionCompiler, joined: readonly [number, number], pop: () => number): void {
  const a = pop();
  c.emit(joined[0], c.push(t.I32), a, joined[1]);
}

// ---- memory accesses ----

/** Load instructions the step function has, by name; the indexed and scaled forms where they exist. */
const HOT_LOADS: Readonly<Record<string, readonly [plain: number, indexed: number, scaled: number]>> = {
  'i32.load': [OP.i32_load, OP.i32_load_x, OP.i32_load_s],
  'f32.load': [OP.i32_load, OP.i32_load_x, OP.i32_load_s],
  'i32.load8_s': [OP.i32_load8_s, -1, -1],
  'i32.load8_u': [OP.i32_load8_u, OP.i32_load8_u_x, -1],
  'i32.load16_s': [OP.i32_load16_s, -1, -1],
  'i32.load16_u': [OP.i32_load16_u, OP.i32_load16_u_x, -1],
  'i64.load': [OP.i64_load, OP.i64_load_x, OP.i64_load_s],
  'i64.load32_s': [OP.i64_load32_s, -1, -1],
  'i64.load32_u': [OP.i64_load32_u, -1, -1],
  'i64.load8_u': [OP.i64_load8_u, -1, -1],
  'f64.load': [OP.f64_load, OP.f64_load_x, OP.f64_load_s],
};
const HOT_STORES: Readonly<Record<string, readonly [plain: number, indexed: number]>> = {
  'i32.store': [OP.i32_store, OP.i32_store_x],
  'f32.store': [OP.i32_store, OP.i32_store_x],
  'i32.store8': [OP.i32_store8, OP.i32_store8_x],
  'i32.store16': [OP.i32_store16, -1],
  'i64.store8': [OP.i32_store8, OP.i32_store8_x],
  'i64.store16': [OP.i32_store16, -1],
  'i64.store32': [OP.i32_store, OP.i32_store_x],
  'i64.store': [OP.i64_store, -1],
  'f64.store': [OP.f64_store, OP.f64_store_x],
};

/** Access -> the same with a constant added to the base first, which may wrap around; the offset may not. */
const OFFSET_FORMS: ReadonlyMap<number, number> = /* @__PURE__ */ new Map(
  (Object.keys(OP) as (keyof typeof OP)[])
    .filter((name) => name.endsWith('_o'))
    .map((name) => [OP[name.slice(0, -2) as keyof typeof OP], OP[name]]),
);

/** The step function's accesses: memory 0, 32-bit addresses, offsets below 2 GiB. */
function isHotAccess(c: FunctionCompiler): boolean {
  const { index, offsetLow, offsetHigh } = c.reader;
  return index === 0 && offsetHigh === 0 && offsetLow >= 0 && c.types.memories[0]!.address === 'i32';
}

function load(name: OpName): Rule {
  const type = TYPES[opcodeRow(name).sig!.split(':')[1]!]!;
  const hot = HOT_LOADS[name];
  const code = slotOf(OPCODES[name].code);
  return (c) => {
    const { offsetLow, offsetHigh, index } = c.reader;
    const summed = hot && OFFSET_FORMS.get(hot[0]);
    if (summed !== undefined && c.isSum(0) && isHotAccess(c)) {
      const base = c.constLow(0);
      const k = c.constHigh(0);
      c.drop();
      c.emit(summed, c.push(type), base, k, offsetLow);
      return;
    }
    const address = c.pop();
    const d = c.push(type);
    if (!hot || !isHotAccess(c)) {
      c.emit(OP.load_any, d, address, index, code, offsetLow, offsetHigh);
      return;
    }
    if (c.isFree(address)) {
      if (hot[1] >= 0 && c.lastComputes(address, OP.i32_add)) {
        const a = c.lastWord(2);
        const b = c.lastWord(3);
        c.undo();
        c.emit(hot[1], d, a, b, offsetLow);
        return;
      }
      if (hot[2] >= 0 && c.lastComputes(address, OP.i32_add_shl_k)) {
        const a = c.lastWord(2);
        const b = c.lastWord(3);
        const k = c.lastWord(4);
        c.undo();
        c.emit(hot[2], d, a, b, k, offsetLow);
        return;
      }
    }
    c.emit(hot[0], d, address, offsetLow);
  };
}

function store(name: OpName): Rule {
  const hot = HOT_STORES[name];
  const code = slotOf(OPCODES[name].code);
  return (c) => {
    const { offsetLow, offsetHigh, index } = c.reader;
    if (hot && isHotAccess(c)) {
      if (c.isSum(1)) {
        const value = c.operand(0);
        const base = c.constLow(1);
        const k = c.constHigh(1);
        c.drop(2);
        c.emit(OFFSET_FORMS.get(hot[0])!, base, k, value, offsetLow);
        return;
      }
      if (hot[0] === OP.i32_store && c.isConst(0)) {
        const value = c.constLow(0);
        c.drop();
        c.emit(OP.i32_store_k, c.pop(), value, offsetLow);
        return;
      }
      const value = c.operand(0);
      const address = c.operand(1);
      const temporary = c.isTemporary(1);
      c.drop(2);
      // The value is a local or was computed before the address: only then is the address the last thing computed.
      if (hot[1] >= 0 && temporary && c.lastComputes(address, OP.i32_add) && value !== address) {
        const a = c.lastWord(2);
        const b = c.lastWord(3);
        c.undo();
        c.emit(hot[1], a, b, value, offsetLow);
        return;
      }
      c.emit(hot[0], address, value, offsetLow);
      return;
    }
    const value = c.pop();
    const address = c.pop();
    c.emit(OP.store_any, address, value, index, code, offsetLow, offsetHigh);
  };
}

// ---- instructions with rules of their own ----

const kindSuffix = (type: t.ValType): '32' | '64' | 'f' | 'v' | 'ref' =>
  type >= 0 ? 'ref' : type === t.I64 ? '64' : type === t.F64 ? 'f' : type === t.V128 ? 'v' : '32';
const byKind = (prefix: string): Readonly<Record<string, number>> =>
  Object.fromEntries(['32', '64', 'f', 'v', 'ref'].map((kind) => [kind, operation(`${prefix}_${kind}`)]));
const SELECT = byKind('select');
const GLOBAL_GET = byKind('global_get');
const GLOBAL_SET = byKind('global_set');

/** Any reference: the engine keeps all of them in the same kind of register. */
const REFERENCE = t.ANYREF;

function select(c: FunctionCompiler): void {
  const condition = c.operand(0);
  const b = c.operand(1);
  const a = c.operand(2);
  const type = c.typeAt(2);
  c.drop(3);
  c.emit(SELECT[kindSuffix(type)]!, c.push(type), a, b, condition);
}

/** Puts the arguments where the callee finds its locals; returns the register of the first. */
function pushArguments(c: FunctionCompiler, count: number): number {
  c.settleTop(count);
  const at = count > 0 ? c.slotAt(count - 1) : c.nextSlot;
  c.drop(count);
  return at;
}
function pushResults(c: FunctionCompiler, results: readonly t.ValType[]): void {
  for (const type of results) c.push(type);
  c.barrier();
}
/** Puts the arguments of a tail call into the first registers of the frame. */
function tailArguments(c: FunctionCompiler, params: readonly t.ValType[]): void {
  c.settleTop(params.length);
  let to = 0;
  params.forEach((type, i) => {
    c.copyTo(params.length - 1 - i, to);
    to += type === t.V128 ? 2 : 1;
  });
  c.frameSize = Math.max(c.frameSize, to);
  c.drop(params.length);
}

function call(c: FunctionCompiler): void {
  const { index } = c.reader;
  const { params, results } = c.types.functions[index]!;
  const at = pushArguments(c, params.length);
  if (index < c.types.importedFunctions) c.emit(OP.call_import, index, at);
  else c.emit(OP.call, c.entries[index]!, at);
  pushResults(c, results);
}
function callIndirect(c: FunctionCompiler): void {
  const { index, index2 } = c.reader;
  const { params, results } = c.types.funcType(index);
  // The index is above the arguments: it is read before the callee's frame, which begins at the first argument, is entered.
  let element = c.operand(0);
  c.drop();
  if (c.types.tables[index2]!.address === 'i64') {
    // The step function looks at 32 bits of it.
    const narrow = c.push(t.I64);
    c.emit(OP.table_index, narrow, element);
    c.drop();
    element = narrow;
  }
  const at = pushArguments(c, params.length);
  c.emit(OP.call_indirect, index2, index, element, at);
  pushResults(c, results);
}
function callRef(c: FunctionCompiler): void {
  const { params, results } = c.types.funcType(c.reader.index);
  const callee = c.operand(0);
  c.drop();
  const at = pushArguments(c, params.length);
  c.emit(OP.call_ref, callee, at);
  pushResults(c, results);
}
function returnCall(c: FunctionCompiler): void {
  const { index } = c.reader;
  tailArguments(c, c.types.functions[index]!.params);
  if (index < c.types.importedFunctions) c.emit(OP.return_call_import, index);
  else c.emit(OP.jump_call, c.entries[index]!);
  c.unreachable();
}
/** The callee of a tail call is moved above everything: the arguments' moves may write over its register. */
function keepCallee(c: FunctionCompiler, type: t.ValType, callee: number): number {
  const at = c.frameSize;
  c.frameSize = at + 1;
  c.move(type, at, callee);
  return at;
}
function returnCallIndirect(c: FunctionCompiler): void {
  const { index, index2 } = c.reader;
  const { params } = c.types.funcType(index);
  const addressType = c.types.tables[index2]!.address === 'i64' ? t.I64 : t.I32;
  c.frameSize = Math.max(c.frameSize, c.nextSlot, params.length * 2);
  const element = keepCallee(c, addressType, c.operand(0));
  c.drop();
  tailArguments(c, params);
  c.emit(OP.return_call_indirect, index2, index, element);
  c.unreachable();
}
function returnCallRef(c: FunctionCompiler): void {
  const { params } = c.types.funcType(c.reader.index);
  c.frameSize = Math.max(c.frameSize, c.nextSlot, params.length * 2);
  c.usesReferences = true;
  const callee = keepCallee(c, REFERENCE, c.operand(0));
  c.drop();
  tailArguments(c, params);
  c.emit(OP.return_call_ref, callee);
  c.unreachable();
}

/** `count` operands into an operation that gives one result: its words are the result, the operands, then `rest`. */
function generic(
  op: number,
  count: number,
  result: t.ValType | undefined,
  rest: (c: FunctionCompiler) => readonly number[],
): Rule {
  return (c) => {
    const words: number[] = [];
    const more = rest(c);
    for (let below = count - 1; below >= 0; below--) words.push(c.operand(below));
    c.drop(count);
    if (result !== undefined) words.unshift(c.push(result));
    words.push(...more);
    c.begin(op);
    for (const word of words) c.word(word);
  };
}
const none = (): readonly number[] => [];
const oneIndex = (c: FunctionCompiler): readonly number[] => [c.reader.index];
const twoIndices = (c: FunctionCompiler): readonly number[] => [c.reader.index, c.reader.index2];
/** Immediates in the other order. */
const secondFirst = (c: FunctionCompiler): readonly number[] => [c.reader.index2, c.reader.index];

const addressOf = (type: { readonly address: 'i32' | 'i64' }): t.ValType => (type.address === 'i64' ? t.I64 : t.I32);

/** Field access: the type index, the position in the layout, and how a packed field is extended (0 no, 1 signed, 2 unsigned). */
function structGet(extension: number): Rule {
  return (c) => {
    const { index, index2 } = c.reader;
    const type = c.types.module.types[index]!.composite as t.StructType;
    const object = c.pop();
    c.emit(OP.struct_get, c.push(unpacked(type.fields[index2]!.type)), object, index, index2, extension);
  };
}
function arrayGet(extension: number): Rule {
  return (c) => {
    const { index } = c.reader;
    const type = c.types.module.types[index]!.composite as t.ArrayType;
    const at = c.operand(0);
    const object = c.operand(1);
    c.drop(2);
    c.emit(OP.array_get, c.push(unpacked(type.element.type)), object, at, index, extension);
  };
}
export function unpacked(type: t.StorageType): t.ValType {
  return type === t.I8 || type === t.I16 ? t.I32 : type;
}

/** A heap type immediate as the engine keeps it: a type index stays one (it is resolved per instance). */
function castWords(c: FunctionCompiler, nullable: boolean): readonly number[] {
  return [c.reader.heap, nullable ? 1 : 0];
}
function brOnCast(op: number): Rule {
  return (c) => {
    const { index, heap2, castFlags } = c.reader;
    c.settle(0);
    c.settleTop(c.arity(index));
    const object = c.slotAt(0);
    c.branchWith(index, () => {
      c.begin(op);
      c.word(object);
      c.word(heap2);
      c.word((castFlags >> 1) & 1);
    });
  };
}

const RULES: Partial<Record<OpName, Rule>> = {
  unreachable: (c) => {
    c.emit(OP.unreachable);
    c.unreachable();
  },
  nop: () => {},
  br: (c) => c.branch(c.reader.index),
  br_if: (c) => c.branchIf(c.reader.index),
  br_table: (c) => c.branchTable(c.reader.labels, c.reader.labelCount),
  return: (c) => {
    c.emitReturn();
    c.unreachable();
  },
  call,
  call_indirect: callIndirect,
  call_ref: callRef,
  return_call: returnCall,
  return_call_indirect: returnCallIndirect,
  return_call_ref: returnCallRef,
  throw: (c) => {
    const { index } = c.reader;
    const params = c.tagParams(index);
    const at = pushArguments(c, params.length);
    c.emit(OP.throw, index, at);
    c.unreachable();
  },
  throw_ref: (c) => {
    c.emit(OP.throw_ref, c.pop());
    c.unreachable();
  },
  rethrow: (c) => {
    c.emit(OP.throw_ref, c.caughtAt(c.reader.index));
    c.unreachable();
  },

  drop: (c) => c.drop(),
  select,
  select_t: select,
  'local.get': (c) => {
    const { index } = c.reader;
    c.pushLocal(c.localTypes[index]!, c.localSlots[index]!);
  },
  'local.set': (c) => {
    const { index } = c.reader;
    c.popToLocal(c.localTypes[index]!, c.localSlots[index]!);
  },
  'local.tee': (c) => {
    const { index } = c.reader;
    c.popToLocal(c.localTypes[index]!, c.localSlots[index]!);
    c.pushLocal(c.localTypes[index]!, c.localSlots[index]!);
  },
  'global.get': (c) => {
    const { index } = c.reader;
    const { type } = c.types.globals[index]!;
    c.emit(GLOBAL_GET[kindSuffix(type)]!, c.push(type), index);
  },
  'global.set': (c) => {
    const { index } = c.reader;
    const { type } = c.types.globals[index]!;
    c.emit(GLOBAL_SET[kindSuffix(type)]!, c.pop(), index);
  },

  'i32.const': (c) => c.pushConst(t.I32, c.reader.low, 0),
  'i64.const': (c) => c.pushConst(t.I64, c.reader.low, c.reader.high),
  'f32.const': (c) => c.pushConst(t.F32, c.reader.low, 0),
  'f64.const': (c) => c.pushConst(t.F64, c.reader.low, c.reader.high),
  'v128.const': (c) => {
    const { bytes, vectorAt } = c.reader;
    c.begin(OP.const_v);
    c.word(c.push(t.V128));
    for (let i = 0; i < 16; i += 4) c.word(wordAt(bytes, vectorAt + i));
  },

  'i32.sub': subtract(false),
  'i64.sub': subtract(true),
  'i32.eqz': (c) => {
    if (c.isConst(0)) c.settle(0);
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

  'memory.size': (c) => {
    const { index } = c.reader;
    c.emit(OP.memory_size, c.push(addressOf(c.types.memories[index]!)), index);
  },
  'memory.grow': (c) => {
    const { index } = c.reader;
    const delta = c.pop();
    c.emit(OP.memory_grow, c.push(addressOf(c.types.memories[index]!)), delta, index);
    c.barrier();
  },
  'memory.fill': generic(OP.memory_fill, 3, undefined, oneIndex),
  'memory.copy': generic(OP.memory_copy, 3, undefined, twoIndices),
  'memory.init': generic(OP.memory_init, 3, undefined, secondFirst),
  'data.drop': generic(OP.data_drop, 0, undefined, oneIndex),
  'memory.atomic.notify': (c) => {
    const { index, offsetLow, offsetHigh } = c.reader;
    const count = c.operand(0);
    const address = c.operand(1);
    c.drop(2);
    c.emit(OP.atomic_notify, c.push(t.I32), address, count, index, offsetLow, offsetHigh);
  },
  'memory.atomic.wait32': (c) => atomicWait(c, 0),
  'memory.atomic.wait64': (c) => atomicWait(c, 1),
  'atomic.fence': () => {},

  'table.get': (c) => {
    const { index } = c.reader;
    const at = c.pop();
    c.emit(OP.table_get, c.push(REFERENCE), at, index);
  },
  'table.set': generic(OP.table_set, 2, undefined, oneIndex),
  'table.size': (c) => {
    const { index } = c.reader;
    c.emit(OP.table_size, c.push(addressOf(c.types.tables[index]!)), index);
  },
  'table.grow': (c) => {
    const { index } = c.reader;
    const delta = c.operand(0);
    const value = c.operand(1);
    c.drop(2);
    c.emit(OP.table_grow, c.push(addressOf(c.types.tables[index]!)), value, delta, index);
  },
  'table.fill': generic(OP.table_fill, 3, undefined, oneIndex),
  'table.copy': generic(OP.table_copy, 3, undefined, twoIndices),
  'table.init': generic(OP.table_init, 3, undefined, secondFirst),
  'elem.drop': generic(OP.elem_drop, 0, undefined, oneIndex),

  'ref.null': (c) => c.emit(OP.ref_null, c.push(REFERENCE)),
  'ref.is_null': generic(OP.ref_is_null, 1, t.I32, none),
  'ref.func': generic(OP.ref_func, 0, REFERENCE, oneIndex),
  'ref.eq': generic(OP.ref_eq, 2, t.I32, none),
  'ref.as_non_null': (c) => c.emit(OP.ref_as_non_null, c.operand(0)),
  br_on_null: (c) => {
    const { index } = c.reader;
    c.settle(0);
    const object = c.slotAt(0);
    const type = c.typeAt(0);
    c.drop();
    c.settleTop(c.arity(index));
    c.branchWith(index, () => {
      c.begin(OP.br_on_null);
      c.word(object);
    });
    c.push(type);
  },
  br_on_non_null: (c) => {
    const { index } = c.reader;
    c.settleTop(c.arity(index));
    const object = c.slotAt(0);
    c.branchWith(index, () => {
      c.begin(OP.br_on_non_null);
      c.word(object);
    });
    c.drop();
  },
  br_on_cast: brOnCast(OP.br_on_cast),
  br_on_cast_fail: brOnCast(OP.br_on_cast_fail),
  'ref.test': generic(OP.ref_test, 1, t.I32, (c) => castWords(c, false)),
  'ref.test_null': generic(OP.ref_test, 1, t.I32, (c) => castWords(c, true)),
  'ref.cast': (c) => c.emit(OP.ref_cast, c.operand(0), c.reader.heap, 0),
  'ref.cast_null': (c) => c.emit(OP.ref_cast, c.operand(0), c.reader.heap, 1),
  'any.convert_extern': () => {},
  'extern.convert_any': () => {},
  'ref.i31': generic(OP.ref_i31, 1, REFERENCE, none),
  'i31.get_s': generic(OP.i31_get_s, 1, t.I32, none),
  'i31.get_u': generic(OP.i31_get_u, 1, t.I32, none),
  'struct.new': (c) => {
    const { index } = c.reader;
    const { fields } = c.types.module.types[index]!.composite as t.StructType;
    const at = pushArguments(c, fields.length);
    c.emit(OP.struct_new, c.push(REFERENCE), at, index);
  },
  'struct.new_default': generic(OP.struct_new_default, 0, REFERENCE, oneIndex),
  'struct.get': structGet(0),
  'struct.get_s': structGet(1),
  'struct.get_u': structGet(2),
  'struct.set': generic(OP.struct_set, 2, undefined, twoIndices),
  'array.new': generic(OP.array_new, 2, REFERENCE, oneIndex),
  'array.new_default': generic(OP.array_new_default, 1, REFERENCE, oneIndex),
  'array.new_fixed': (c) => {
    const { index, index2 } = c.reader;
    const at = pushArguments(c, index2);
    c.emit(OP.array_new_fixed, c.push(REFERENCE), at, index2, index);
  },
  'array.new_data': generic(OP.array_new_data, 2, REFERENCE, twoIndices),
  'array.new_elem': generic(OP.array_new_elem, 2, REFERENCE, twoIndices),
  'array.get': arrayGet(0),
  'array.get_s': arrayGet(1),
  'array.get_u': arrayGet(2),
  'array.set': generic(OP.array_set, 3, undefined, oneIndex),
  'array.len': generic(OP.array_len, 1, t.I32, none),
  'array.fill': generic(OP.array_fill, 4, undefined, oneIndex),
  'array.copy': generic(OP.array_copy, 5, undefined, none),
  'array.init_data': generic(OP.array_init_data, 4, undefined, twoIndices),
  'array.init_elem': generic(OP.array_init_elem, 4, undefined, twoIndices),
};

function atomicWait(c: FunctionCompiler, wide: number): void {
  const { index, offsetLow, offsetHigh } = c.reader;
  const timeout = c.operand(0);
  const expected = c.operand(1);
  const address = c.operand(2);
  c.drop(3);
  c.begin(OP.atomic_wait);
  for (const word of [c.push(t.I32), wide, address, expected, timeout, index, offsetLow, offsetHigh]) c.word(word);
}

/** Loads, stores and read-modify-writes of shared memories: the operands after the address, then where they act. */
function atomicAccess(name: OpName): Rule {
  const [operands, results] = opcodeRow(name).sig!.split(':') as [string, string];
  const code = slotOf(OPCODES[name].code);
  return (c) => {
    const { index, offsetLow, offsetHigh } = c.reader;
    const count = operands.length;
    const words = [c.operand(count - 1), count > 1 ? c.operand(count - 2) : 0, count > 2 ? c.operand(count - 3) : 0];
    c.drop(count);
    const d = results ? c.push(TYPES[results]!) : c.nextSlot;
    c.begin(OP.atomic_access);
    for (const word of [d, code, ...words, index, offsetLow, offsetHigh]) c.word(word);
    if (!results) c.barrier();
  };
}

function laneAccess(name: OpName, isStore: boolean): Rule {
  const bytes = opcodeRow(name).bytes!;
  return (c) => {
    const { index, offsetLow, offsetHigh, lane } = c.reader;
    const vector = c.operand(0);
    const address = c.operand(1);
    c.drop(2);
    const words = [address, vector, bytes, lane, index, offsetLow, offsetHigh];
    if (!isStore) words.unshift(c.push(t.V128));
    c.begin(isStore ? OP.store_lane : OP.load_lane);
    for (const word of words) c.word(word);
  };
}

function vector(name: OpName): Rule {
  const [operands, results] = opcodeRow(name).sig!.split(':') as [string, string];
  const result = TYPES[results]!;
  const number = VECTOR_NUMBERS.get(name)!;
  const lanes = name === 'i8x16.shuffle';
  const makesNan = /^f(32x4|64x2)\.(ceil|floor|trunc|nearest|sqrt|add|sub|mul|div|min|max|demote|promote|relaxed)/.test(
    name,
  );
  const canonicalOp = name.startsWith('f32x4') ? OP.canonical_f32x4 : OP.canonical_f64x2;
  return (c) => {
    const { bytes, vectorAt, lane } = c.reader;
    const words = [0, 0, 0];
    for (let i = 0; i < operands.length; i++) words[i] = c.operand(operands.length - 1 - i);
    c.drop(operands.length);
    const d = c.push(result);
    if (lanes) {
      c.emit(OP.shuffle, d, words[0], words[1]);
      c.pos -= 4;
      for (let i = 0; i < 16; i += 4) c.word(wordAt(bytes, vectorAt + i));
      return;
    }
    c.emit(OP.vector, d, number, words[0], words[1], words[2], lane);
    if (makesNan && c.options.deterministic) c.emit(canonicalOp, d);
  };
}

function wide(name: PureOp): Rule {
  const count = OPCODES[name].sig.split(':')[0]!.length;
  const op = operation(name);
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

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function ruleFor(name: OpName): Rule | undefined {
  const own = RULES[name];
  if (own) return own;
  const row = opcodeRow(name);
  if (row.bytes !== undefined) {
    if (row.feature === 'threads') return atomicAccess(name);
    if (/_lane$/.test(name)) return laneAccess(name, name.includes('store'));
    return name.includes('store') ? store(name) : load(name);
  }
  if (row.feature === 'simd' || row.feature === 'relaxed-simd') return vector(name);
  if (row.feature === 'wide-arithmetic') return wide(name as PureOp);
  if (row.sig === undefined) return undefined;
  if (/^i32\.(eq|ne|[lg][te]_[su])$/.test(name)) return compare(name.slice(4));
  return row.sig.indexOf(':') === 1 ? unary(name as PureOp) : binary(name as PureOp);
}

const BY_SLOT: readonly (Rule | undefined)[] = /* @__PURE__ */ (() => {
  const rules = new Array<Rule | undefined>(SLOTS).fill(undefined);
  for (const name of OP_NAMES) if (name) rules[slotOf(OPCODES[name].code)] = ruleFor(name);
  return rules;
})();

/** Compiles the instruction that the reader stands behind; not one of the block structure, which predecode.ts handles. */
export function compileInstruction(c: FunctionCompiler, op: number): void {
  BY_SLOT[slotOf(op)]!(c);
}
