// Memory accesses: the step function's forms, joined with the operation that computed the address, and the general ones.

import { slotOf } from '../../wasm/opcode-slots.js';
import {
  type AccessOp,
  type AtomicOp,
  type LaneLoadOp,
  type LaneStoreOp,
  type LoadOp,
  OPCODES,
  opcodeRow,
  type StoreOp,
} from '../../wasm/opcodes.js';
import * as t from '../../wasm/types.js';
import type { FunctionCompiler, Rule } from './compile-function.js';
import * as OP from './op.gen.js';
import { resultOf } from './operations.js';
import { NUMBER_OF } from './ops.gen.js';

/** The load instructions that the step function has, by name, with the indexed and scaled forms if they exist. */
const HOT_LOADS: Readonly<Partial<Record<LoadOp, readonly [plain: number, indexed: number, scaled: number]>>> = {
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
const HOT_STORES: Readonly<Partial<Record<StoreOp, readonly [plain: number, indexed: number]>>> = {
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

/** Maps an access to the form that first adds a constant to the base. That sum may wrap around; adding the offset may not. */
const OFFSET_FORMS: ReadonlyMap<number, number> = /* @__PURE__ */ new Map(
  [...NUMBER_OF]
    .filter(([name]) => name.endsWith('_o'))
    .map(([name, number]) => [NUMBER_OF.get(name.slice(0, -2))!, number]),
);

/** Whether the step function has the access: memory 0, 32-bit addresses, offsets below 2 GiB. */
function isHotAccess(c: FunctionCompiler): boolean {
  const { index, offsetLow, offsetHigh } = c.reader;
  return index === 0 && offsetHigh === 0 && offsetLow >= 0 && c.spaces.memories[0]!.address === 'i32';
}

function load(name: LoadOp): Rule {
  const type = resultOf(name);
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

function store(name: StoreOp): Rule {
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
      // The address is the last thing computed only if the value is a local or was computed before it.
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

/** Loads, stores and read-modify-writes of shared memories: the operands after the address, then where they act. */
function atomicAccess(name: AtomicOp): Rule {
  const [operands, results] = OPCODES[name].sig.split(':') as [string, string];
  const code = slotOf(OPCODES[name].code);
  return (c) => {
    const { index, offsetLow, offsetHigh } = c.reader;
    const count = operands.length;
    const words = [c.operand(count - 1), count > 1 ? c.operand(count - 2) : 0, count > 2 ? c.operand(count - 3) : 0];
    c.drop(count);
    const d = results ? c.push(resultOf(name)) : c.nextSlot;
    c.begin(OP.atomic_access);
    for (const word of [d, code, ...words, index, offsetLow, offsetHigh]) c.word(word);
    if (!results) c.barrier();
  };
}

function laneAccess(name: LaneLoadOp | LaneStoreOp): Rule {
  const { bytes, effect } = OPCODES[name];
  const isStore = effect === 'write';
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

/** The rule of an access of a memory. */
export function accessRule(name: AccessOp): Rule {
  const { atomic, imm, effect } = opcodeRow(name);
  if (typeof ENCLASM_WITHOUT_THREADS === 'undefined' && atomic !== undefined) return atomicAccess(name as AtomicOp);
  if (typeof ENCLASM_WITHOUT_VECTORS === 'undefined' && imm!.includes('lane'))
    return laneAccess(name as LaneLoadOp | LaneStoreOp);
  return effect === 'write' ? store(name as StoreOp) : load(name as LoadOp);
}
