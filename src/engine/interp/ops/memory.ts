// The memory accesses that the step function leaves out: other memories, 64-bit addresses, large offsets, bulk instructions.

import { copyBytes, fillBytes } from '../../../runtime/bulk.js';
import { BULK_LENGTH_PER_FUEL, growthFuel } from '../../../wasm/fuel.js';
import { slotOf } from '../../../wasm/opcode-slots.js';
import { type LoadOp, OPCODES, type StoreOp } from '../../../wasm/opcodes.js';
import { F64_WORDS, REGISTERS } from '../code-arena.js';
import type { InterpInstance } from '../interp-instance.js';
import { RELOAD } from '../ops.gen.js';
import {
  type Access,
  accessAt,
  isWide,
  memoryAt,
  outOfBounds,
  s8,
  s16,
  s32,
  setLong,
  store64,
  u8,
  u16,
} from './access.js';
import { address, afterNews, type Handler, int, setAddress, word } from './handler.js';
import { VECTOR_LOADS, VECTOR_STORES } from './vector-access.js';

const narrow =
  (read: (data: DataView, at: number) => number): Access =>
  (data, at, slot) => {
    REGISTERS[slot] = read(data, at);
  };
const signed =
  (read: (data: DataView, at: number) => number): Access =>
  (data, at, slot) => {
    const value = read(data, at);
    setLong(slot, value, value >> 31);
  };
const unsigned =
  (read: (data: DataView, at: number) => number): Access =>
  (data, at, slot) =>
    setLong(slot, read(data, at), 0);
const LOADS: Readonly<Record<LoadOp, Access>> = {
  ...((typeof ENCLASM_WITHOUT_VECTORS === 'undefined' ? VECTOR_LOADS : {}) as typeof VECTOR_LOADS),
  'i32.load': narrow(s32),
  'f32.load': narrow(s32),
  'i32.load8_s': narrow(s8),
  'i32.load8_u': narrow(u8),
  'i32.load16_s': narrow(s16),
  'i32.load16_u': narrow(u16),
  'i64.load': (data, at, slot) => setLong(slot, s32(data, at), s32(data, at + 4)),
  'i64.load8_s': signed(s8),
  'i64.load8_u': unsigned(u8),
  'i64.load16_s': signed(s16),
  'i64.load16_u': unsigned(u16),
  'i64.load32_s': signed(s32),
  'i64.load32_u': unsigned(s32),
  'f64.load': (data, at, slot) => {
    F64_WORDS[slot * 2] = s32(data, at);
    F64_WORDS[slot * 2 + 1] = s32(data, at + 4);
  },
};
const store8: Access = (data, at, slot) => data.setInt8(at, REGISTERS[slot]!);
const store16: Access = (data, at, slot) => data.setInt16(at, REGISTERS[slot]!, true);
const store32: Access = (data, at, slot) => data.setInt32(at, REGISTERS[slot]!, true);
const STORES: Readonly<Record<StoreOp, Access>> = {
  ...((typeof ENCLASM_WITHOUT_VECTORS === 'undefined' ? VECTOR_STORES : {}) as typeof VECTOR_STORES),
  'i32.store': store32,
  'f32.store': store32,
  'i32.store8': store8,
  'i32.store16': store16,
  'i64.store': store64,
  'i64.store8': store8,
  'i64.store16': store16,
  'i64.store32': store32,
  'f64.store': (data, at, slot) => {
    data.setInt32(at, F64_WORDS[slot * 2]!, true);
    data.setInt32(at + 4, F64_WORDS[slot * 2 + 1]!, true);
  },
};
/** The handlers by the number that compile-rules.ts puts into the operation: the access and its width. */
function byCode<Name extends LoadOp | StoreOp>(
  table: Readonly<Record<Name, Access>>,
): ReadonlyMap<number, readonly [Access, number]> {
  return new Map(
    (Object.keys(table) as Name[]).map((name) => [slotOf(OPCODES[name].code), [table[name], OPCODES[name].bytes]]),
  );
}
const LOAD_BY_CODE = /* @__PURE__ */ byCode(LOADS);
const STORE_BY_CODE = /* @__PURE__ */ byCode(STORES);

const loadAny: Handler = (I, pc, fp) => {
  const memory = memoryAt(I, word(pc, 3));
  const [access, bytes] = LOAD_BY_CODE.get(word(pc, 4))!;
  access(memory.views.data, accessAt(memory, pc, 2, 5, fp, bytes), fp + word(pc, 1));
  return pc + 7;
};
const storeAny: Handler = (I, pc, fp) => {
  const memory = memoryAt(I, word(pc, 3));
  const [access, bytes] = STORE_BY_CODE.get(word(pc, 4))!;
  access(memory.views.data, accessAt(memory, pc, 1, 5, fp, bytes), fp + word(pc, 2));
  return pc + 7;
};

/** Charges what a bulk instruction of this length costs beyond its own unit, before it does anything. */
export function chargeBulk(I: InterpInstance, length: number): void {
  if (length < BULK_LENGTH_PER_FUEL) return;
  const { meter } = I.store;
  if (I.instance.metered) meter.charge(Math.floor(length / BULK_LENGTH_PER_FUEL));
  else meter.check();
}

const memorySize: Handler = (I, pc, fp) => {
  setAddress(pc, 1, fp, memoryAt(I, word(pc, 2)).pages);
  return afterNews(I, pc + 3);
};
const memoryGrow: Handler = (I, pc, fp) => {
  const memory = memoryAt(I, word(pc, 3));
  // Zeroing and moving take so long that a slice of a loop that grows a memory would last seconds.
  const { views } = I.memory;
  I.store.meter.checkpoint();
  const delta = address(pc, 2, fp, isWide(memory));
  if (I.instance.metered) I.store.meter.charge(growthFuel(memory, delta));
  setAddress(pc, 1, fp, memory.grow(delta, I.store.meter));
  I.store.meter.checkpoint();
  return I.memory.views === views ? pc + 4 : ~RELOAD;
};
const memoryFill: Handler = (I, pc, fp) => {
  const memory = memoryAt(I, word(pc, 4));
  const at = address(pc, 1, fp, isWide(memory));
  const length = address(pc, 3, fp, isWide(memory));
  chargeBulk(I, length);
  if (at + length > memory.byteLength) throw outOfBounds();
  fillBytes(I.store.meter, memory.views.u8, int(pc, 2, fp), at, at + length);
  return pc + 5;
};
const memoryCopy: Handler = (I, pc, fp) => {
  const target = memoryAt(I, word(pc, 4));
  const source = memoryAt(I, word(pc, 5));
  const to = address(pc, 1, fp, isWide(target));
  const from = address(pc, 2, fp, isWide(source));
  const length = address(pc, 3, fp, isWide(target) && isWide(source));
  chargeBulk(I, length);
  if (to + length > target.byteLength || from + length > source.byteLength) throw outOfBounds();
  copyBytes(I.store.meter, target.views.u8, to, source.views.u8, from, length);
  return pc + 6;
};
const memoryInit: Handler = (I, pc, fp) => {
  const memory = memoryAt(I, word(pc, 4));
  const data = I.instance.data[word(pc, 5)]!;
  const to = address(pc, 1, fp, isWide(memory));
  const from = int(pc, 2, fp) >>> 0;
  const length = int(pc, 3, fp) >>> 0;
  chargeBulk(I, length);
  if (to + length > memory.byteLength || from + length > data.length) throw outOfBounds();
  copyBytes(I.store.meter, memory.views.u8, to, data, from, length);
  return pc + 6;
};
const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);
const dataDrop: Handler = (I, pc) => {
  I.instance.data[word(pc, 1)] = NO_BYTES;
  return pc + 2;
};

export const MEMORY_HANDLERS = {
  load_any: loadAny,
  store_any: storeAny,
  memory_size: memorySize,
  memory_grow: memoryGrow,
  memory_fill: memoryFill,
  memory_copy: memoryCopy,
  memory_init: memoryInit,
  data_drop: dataDrop,
} as const satisfies Record<string, Handler>;
