// Loads and stores of vectors, and of one lane of a vector. A build may leave them out.
import type { LoadOp, StoreOp } from '../../../wasm/opcodes.js';
import { HIGH_WORDS, REGISTERS } from '../code-arena.js';
import { type Access, accessAt, memoryAt, s8, s16, s32, setLong, store64, u8, u16 } from './access.js';
import { type Handler, word } from './handler.js';

/** Writes 16 bytes, given as words, to a v128 register. */
function setVector(slot: number, a: number, b: number, c: number, d: number): void {
  setLong(slot, a, b);
  setLong(slot + 1, c, d);
}

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

export const VECTOR_LOADS = {
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
} as const satisfies Partial<Record<LoadOp, Access>>;

export const VECTOR_STORES = {
  'v128.store': (data, at, slot) => {
    store64(data, at, slot);
    store64(data, at + 8, slot + 1);
  },
} as const satisfies Partial<Record<StoreOp, Access>>;

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

export const LANE_HANDLERS = {
  load_lane: loadLane,
  store_lane: storeLane,
} as const satisfies Record<string, Handler>;
