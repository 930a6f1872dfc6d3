// The memory accesses that the step function leaves out: other memories, 64-bit addresses, large offsets, vectors, bulk instructions, atomics.

import { checkAligned } from '../../../runtime/atomics.js';
import { copyBytes, fillBytes } from '../../../runtime/bulk.js';
import type { MemoryInstance } from '../../../runtime/memory.js';
import { Trap } from '../../../wasm/errors.js';
import { BULK_LENGTH_PER_FUEL, growthFuel } from '../../../wasm/fuel.js';
import { slotOf } from '../../../wasm/opcode-slots.js';
import { type LoadOp, OPCODES, type StoreOp } from '../../../wasm/opcodes.js';
import { CODE, F64_WORDS, HIGH_WORDS, REGISTERS } from '../code-arena.js';
import type { InterpInstance } from '../interp-instance.js';
import { RELOAD } from '../ops.gen.js';
import { address, afterNews, type Handler, int, setAddress, word } from './handler.js';

const outOfBounds = (): Trap => new Trap('memory-out-of-bounds');

export function memoryAt(I: InterpInstance, index: number): MemoryInstance {
  return I.instance.memories[index]!;
}
export function isWide(memory: MemoryInstance): boolean {
  return memory.type.address === 'i64';
}
/** Returns the checked address of an access of `bytes`. Words: the register of the base, and the offset's two halves. */
export function accessAt(
  memory: MemoryInstance,
  pc: number,
  base: number,
  offset: number,
  fp: number,
  bytes: number,
): number {
  const at = effectiveAddress(memory, pc, base, offset, fp);
  if (at + bytes > memory.byteLength) throw outOfBounds();
  return at;
}
/** Returns the checked address of an atomic access, from the same words. */
export function alignedAccessAt(
  memory: MemoryInstance,
  pc: number,
  base: number,
  offset: number,
  fp: number,
  bytes: number,
): number {
  const at = effectiveAddress(memory, pc, base, offset, fp);
  checkAligned(memory, at, bytes);
  return at;
}
function effectiveAddress(memory: MemoryInstance, pc: number, base: number, offset: number, fp: number): number {
  const low = address(pc, base, fp, isWide(memory)) + (CODE[pc + offset]! >>> 0);
  return low + (CODE[pc + offset + 1]! >>> 0) * 0x1_0000_0000;
}

type Access = (data: DataView, at: number, slot: number) => void;

function setLong(slot: number, low: number, high: number): void {
  REGISTERS[slot] = low;
  HIGH_WORDS[slot] = high;
}
/** Writes 16 bytes, given as words, to a v128 register. */
function setVector(slot: number, a: number, b: number, c: number, d: number): void {
  setLong(slot, a, b);
  setLong(slot + 1, c, d);
}

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
const s8 = (data: DataView, at: number): number => data.getInt8(at);
const u8 = (data: DataView, at: number): number => data.getUint8(at);
const s16 = (data: DataView, at: number): number => data.getInt16(at, true);
const u16 = (data: DataView, at: number): number => data.getUint16(at, true);
const s32 = (data: DataView, at: number): number => data.getInt32(at, true);

/** Loads narrower lanes and widens them to four words of result. */
const extended =
  (count: 8 | 4 | 2, read: (data: DataView, at: number) => number): Access =>
  (data, at, slot) => {
    const step = 8 / count;
    const words = [0, 0, 0, 0];
    for (let i = 0; i < count; i++) {
      const value = read(data, at + i * step);
      if (count === 8) words[i >> 1]! |= (value & 0xffff) << ((i & 1) * 16);
      else if (count === 4) words[i] = value;
      else {
        words[i * 2] = value;
        words[i * 2 + 1] = value < 0 ? -1 : 0;
      }
    }
    setVector(slot, words[0]!, words[1]!, words[2]!, words[3]!);
  };
const splat =
  (word: (data: DataView, at: number) => number): Access =>
  (data, at, slot) => {
    const value = word(data, at);
    setVector(slot, value, value, value, value);
  };

const LOADS: Readonly<Record<LoadOp, Access>> = {
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
  'v128.load': (data, at, slot) =>
    setVector(slot, s32(data, at), s32(data, at + 4), s32(data, at + 8), s32(data, at + 12)),
  'v128.load8x8_s': extended(8, s8),
  'v128.load8x8_u': extended(8, u8),
  'v128.load16x4_s': extended(4, s16),
  'v128.load16x4_u': extended(4, u16),
  'v128.load32x2_s': extended(2, s32),
  'v128.load32x2_u': (data, at, slot) => setVector(slot, s32(data, at), 0, s32(data, at + 4), 0),
  'v128.load8_splat': splat((data, at) => Math.imul(u8(data, at), 0x01010101)),
  'v128.load16_splat': splat((data, at) => Math.imul(u16(data, at), 0x00010001)),
  'v128.load32_splat': splat(s32),
  'v128.load64_splat': (data, at, slot) =>
    setVector(slot, s32(data, at), s32(data, at + 4), s32(data, at), s32(data, at + 4)),
  'v128.load32_zero': (data, at, slot) => setVector(slot, s32(data, at), 0, 0, 0),
  'v128.load64_zero': (data, at, slot) => setVector(slot, s32(data, at), s32(data, at + 4), 0, 0),
};
const store8: Access = (data, at, slot) => data.setInt8(at, REGISTERS[slot]!);
const store16: Access = (data, at, slot) => data.setInt16(at, REGISTERS[slot]!, true);
const store32: Access = (data, at, slot) => data.setInt32(at, REGISTERS[slot]!, true);
const store64: Access = (data, at, slot) => {
  data.setInt32(at, REGISTERS[slot]!, true);
  data.setInt32(at + 4, HIGH_WORDS[slot]!, true);
};
const STORES: Readonly<Record<StoreOp, Access>> = {
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
  'v128.store': (data, at, slot) => {
    store64(data, at, slot);
    store64(data, at + 8, slot + 1);
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

const LANES = /* @__PURE__ */ new Uint8Array(16);
const LANE_WORDS = /* @__PURE__ */ new Int32Array(LANES.buffer);
function readVector(slot: number): void {
  LANE_WORDS[0] = REGISTERS[slot]!;
  LANE_WORDS[1] = HIGH_WORDS[slot]!;
  LANE_WORDS[2] = REGISTERS[slot + 1]!;
  LANE_WORDS[3] = HIGH_WORDS[slot + 1]!;
}
const loadLane: Handler = (I, pc, fp) => {
  const memory = memoryAt(I, word(pc, 6));
  const bytes = word(pc, 4);
  const at = accessAt(memory, pc, 2, 7, fp, bytes);
  readVector(fp + word(pc, 3));
  LANES.set(memory.views.u8.subarray(at, at + bytes), word(pc, 5) * bytes);
  setVector(fp + word(pc, 1), LANE_WORDS[0]!, LANE_WORDS[1]!, LANE_WORDS[2]!, LANE_WORDS[3]!);
  return pc + 9;
};
const storeLane: Handler = (I, pc, fp) => {
  const memory = memoryAt(I, word(pc, 5));
  const bytes = word(pc, 3);
  const at = accessAt(memory, pc, 1, 6, fp, bytes);
  readVector(fp + word(pc, 2));
  const lane = word(pc, 4) * bytes;
  memory.views.u8.set(LANES.subarray(lane, lane + bytes), at);
  return pc + 8;
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
  load_lane: loadLane,
  store_lane: storeLane,
  memory_size: memorySize,
  memory_grow: memoryGrow,
  memory_fill: memoryFill,
  memory_copy: memoryCopy,
  memory_init: memoryInit,
  data_drop: dataDrop,
} as const satisfies Record<string, Handler>;
