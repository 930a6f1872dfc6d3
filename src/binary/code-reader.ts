// Reads instructions and everything else of the binary format, one after another, into fields: nothing is allocated per instruction.
// Every read is checked for form and throws MalformedError, so the validator and the engines share it.
// Refuses to check meaning (types, index bounds), which the validator does. The file is longer than others: one class that all hot code shares.
import { MalformedError } from '../wasm/errors.js';
import { leftOutInstruction } from '../wasm/left-out.js';
import { bytesBySlot, CLOSE, CONTROL_OF_SLOT, NEXT, OP_NAMES, OPEN, slotOf } from '../wasm/opcode-slots.js';
import { type ImmediateKind, OPCODES, type OpName } from '../wasm/opcodes.js';
import * as t from '../wasm/types.js';

// These are the ways to read the immediates of an instruction. next() has the numbers as literals, since V8 makes a jump table only of those.
const ONE_INDEX: readonly ImmediateKind[] = [
  'label',
  'func',
  'type',
  'table',
  'memory',
  'local',
  'global',
  'tag',
  'data',
  'elem',
];
const SHAPES: Readonly<Record<string, number>> = {
  '': 0,
  memarg: 3,
  'memarg,lane': 4,
  blocktype: 5,
  'blocktype,catches': 6,
  labels: 7,
  i32: 8,
  i64: 9,
  f32: 10,
  f64: 11,
  v128: 12,
  lanes16: 12,
  lane: 13,
  heaptype: 14,
  'castflags,label,heaptype,heaptype': 15,
  valtypes: 16,
  fence: 17,
};
const ILLEGAL = 255;
const SHAPE_OF_SLOT: Uint8Array = /* @__PURE__ */ bytesBySlot(
  ({ imm = [] }) => SHAPES[imm.join()] ?? (imm.length === 2 ? 2 : ONE_INDEX.includes(imm[0]!) ? 1 : ILLEGAL),
  ILLEGAL,
);

/** The kinds of a try_table clause, as in the binary format. */
export const CATCH = 0;
export const CATCH_REF = 1;
export const CATCH_ALL = 2;
export const CATCH_ALL_REF = 3;

/** The forms that the type of a block has, for blockKind. This one is a block without parameters and results. */
export const BLOCK_EMPTY = 0;
/** The block has one result, whose type is in blockValue. */
export const BLOCK_VALUE = 1;
/** The block has a function type, whose type index is in index. */
export const BLOCK_TYPE = 2;

const END = OPCODES.end.code;

// Larger indices are clamped to this one: they name nothing in any module, and a heap type must fit a packed reference type.
const MAX_HEAP_INDEX = 0x1fff_ffff;

const floatBytes = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(8));

/**
 * A position in a module's bytes. `next()` reads one instruction and leaves its immediates in the fields named for each; the other fields then hold
 * nothing of use. Members are private by keyword only, since `#` methods check a brand at every call.
 */
export class CodeReader {
  readonly bytes: Uint8Array;
  /** The next byte to read. */
  pos: number;
  /** The end of the span, exclusive. */
  end: number;

  /** Where the instruction that next() read starts. */
  start = 0;
  /** The instruction's code as in the opcode table. */
  op = 0;

  /** The first index: label, func, type, table, memory, local, global, tag, data, elem; the memory of a memarg. */
  index = 0;
  /**
   * The second index: table of call_indirect, table.init and table.copy (source), memory of memory.init and memory.copy (source), field, data,
   * elem, count.
   */
  index2 = 0;
  /** The position of the first memarg that names its memory, which needs multi-memory even for memory 0; -1 if there was none yet. */
  memoryNamedAt = -1;
  /** For a memarg: log2 of the alignment. */
  align = 0;
  /** For a memarg: the offset, two halves as int32. */
  offsetLow = 0;
  offsetHigh = 0;
  /** For i32.const, i64.const, f32.const, f64.const: the bits, two halves as int32. */
  low = 0;
  high = 0;
  /** For v128.const, i8x16.shuffle: the position of the 16 bytes in `bytes`. */
  vectorAt = 0;
  /** For extract_lane and relatives, load_lane, store_lane: the lane. */
  lane = 0;
  /** For block, loop, if, try, try_table: BLOCK_EMPTY, BLOCK_VALUE or BLOCK_TYPE. */
  blockKind = 0;
  blockValue: t.ValType = 0;
  /** For ref.null, ref.test, ref.cast (and _null): the heap type; for br_on_cast: that of the operand. It is a type index, not an id. */
  heap: t.HeapType = 0;
  /** For br_on_cast, br_on_cast_fail: the target heap type. */
  heap2: t.HeapType = 0;
  /** For br_on_cast: bit 0 says that the operand is nullable, bit 1 that the target is. */
  castFlags = 0;
  /** For br_table: labels[0 .. labelCount - 1]; labels[labelCount] is the default. */
  labels: Uint32Array = new Uint32Array(16);
  labelCount = 0;
  /** For try_table: one entry per clause; catchTags is meaningless for CATCH_ALL and CATCH_ALL_REF. */
  catchKinds: number[] = [];
  catchTags: number[] = [];
  catchLabels: number[] = [];
  /** For select_t: its types, one in a valid module. */
  valTypes: t.ValType[] = [];

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.pos = start;
    this.end = end;
  }

  /** Moves to another span of the same bytes. */
  seek(start: number, end: number): void {
    this.pos = start;
    this.end = end;
  }

  /**
   * Reads one instruction; returns its code, also in `op`, or -1 at the end of the span. The function is longer than others: one jump table.
   * @throws MalformedError for an illegal opcode or a malformed immediate; InvalidError for an instruction that the build left out
   */
  next(): number {
    const { bytes } = this;
    const start = this.pos;
    if (start >= this.end) return this.atEnd();
    this.start = start;
    this.pos = start + 1;
    let op = bytes[start]!;
    let slot = op;
    if (op >= 0xfb) {
      if (op === 0xff) this.illegal(op);
      const sub = this.u32();
      if (sub >= 512) this.illegal(op);
      op = (op << 16) | sub;
      slot = slotOf(op);
    }
    this.op = op;
    switch (SHAPE_OF_SLOT[slot]) {
      case 0:
        break;
      case 1:
        this.index = this.u32();
        break;
      case 2:
        this.index = this.u32();
        this.index2 = this.u32();
        break;
      case 3:
        this.readMemarg();
        break;
      case 4:
        this.readMemarg();
        this.lane = this.u8();
        break;
      case 5:
        this.readBlockType();
        break;
      case 6:
        this.readBlockType();
        this.readCatches();
        break;
      case 7:
        this.readLabels();
        break;
      case 8:
        this.low = this.s32();
        break;
      case 9:
        this.readS64();
        break;
      case 10:
        this.low = this.readWord();
        break;
      case 11:
        this.low = this.readWord();
        this.high = this.readWord();
        break;
      case 12:
        this.vectorAt = this.pos;
        this.skip(16);
        break;
      case 13:
        this.lane = this.u8();
        break;
      case 14:
        this.heap = this.heapType();
        break;
      case 15:
        this.castFlags = this.u8();
        if (this.castFlags > 3) throw new MalformedError('malformed br_on_cast flags', this.pos - 1);
        this.index = this.u32();
        this.heap = this.heapType();
        this.heap2 = this.heapType();
        break;
      case 16:
        this.readValTypes();
        break;
      case 17:
        if (this.u8() !== 0) throw new MalformedError('zero byte expected', this.pos - 1);
        break;
      default:
        this.illegal(op);
    }
    return op;
  }

  /** Returns the name of the instruction that next() read. */
  get name(): OpName {
    return OP_NAMES[slotOf(this.op)]!;
  }
  /** For f32.const: the value. A signalling NaN may come out quiet; `low` has the exact bits. */
  get f32(): number {
    floatBytes.setInt32(0, this.low);
    return floatBytes.getFloat32(0);
  }
  /** For f64.const: the value; see f32. */
  get f64(): number {
    floatBytes.setInt32(0, this.high);
    floatBytes.setInt32(4, this.low);
    return floatBytes.getFloat64(0);
  }

  /**
   * Skips unreachable code: reads on to the `else`, `end`, `catch`, `catch_all` or `delegate` that belongs to the current block, and stops after
   * that instruction, its immediates in the fields, as if next() had read it. Returns its code, or -1.
   */
  skipToBlockEnd(): number {
    for (let depth = 0; ; ) {
      const op = this.next();
      if (op < 0) return op;
      switch (CONTROL_OF_SLOT[slotOf(op)]) {
        case OPEN:
          depth++;
          break;
        case NEXT:
          if (depth === 0) return op;
          break;
        case CLOSE:
          if (depth-- === 0) return op;
          break;
      }
    }
  }

  /** Skips an expression, its closing `end` included. */
  skipExpression(): void {
    for (;;) {
      const op = this.skipToBlockEnd();
      if (op === END) return;
      if (op < 0) throw endOfSection(this.pos);
    }
  }

  // ---- the parts of the binary format ----

  u8(): number {
    const byte = this.bytes[this.pos]!;
    if (this.pos >= this.end) throw endOfSection(this.pos);
    this.pos++;
    return byte;
  }

  /** Reads an unsigned LEB128 of 32 bits. */
  u32(): number {
    const byte = this.bytes[this.pos]!;
    if (byte < 0x80) {
      this.pos++;
      return byte;
    }
    return this.readLong(5, 0x0f, false) >>> 0;
  }
  /** Reads a signed LEB128 of 32 bits. */
  s32(): number {
    const byte = this.bytes[this.pos]!;
    if (byte < 0x80) {
      this.pos++;
      return (byte << 25) >> 25;
    }
    return this.readLong(5, 0x0f, true);
  }
  /** Reads a signed LEB128 of 33 bits. */
  s33(): number {
    const byte = this.bytes[this.pos]!;
    if (byte < 0x80) {
      this.pos++;
      return (byte << 25) >> 25;
    }
    const low = this.readLong(5, 0x1f, true) >>> 0;
    return this.high < 0 ? low - 0x1_0000_0000 : low;
  }
  /** Reads an unsigned LEB128 of 64 bits into offsetLow and offsetHigh. */
  private readU64(): void {
    const byte = this.bytes[this.pos]!;
    if (byte < 0x80) {
      this.pos++;
      this.offsetLow = byte;
      this.offsetHigh = 0;
    } else {
      this.offsetLow = this.readLong(10, 0x01, false);
      this.offsetHigh = this.high;
    }
  }
  u64(): bigint {
    this.readU64();
    return (BigInt(this.offsetHigh >>> 0) << 32n) | BigInt(this.offsetLow >>> 0);
  }
  private readS64(): void {
    const byte = this.bytes[this.pos]!;
    if (byte < 0x80) {
      this.pos++;
      this.low = (byte << 25) >> 25;
      this.high = this.low >> 31;
    } else this.low = this.readLong(10, 0x01, true);
  }

  /**
   * Reads a LEB128 of up to `length` bytes, of which the last may use the bits of `mask`. Returns the low half and leaves the upper half in `high`.
   * A signed one extends its sign into both.
   */
  private readLong(length: number, mask: number, signed: boolean): number {
    let low = 0;
    let high = 0;
    for (let i = 0, shift = 0; ; i++, shift += 7) {
      const at = this.pos;
      const byte = this.u8();
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >> 4;
      } else high |= bits << (shift - 32);
      const last = i === length - 1;
      if (last && !fitsLastByte(bits, mask, signed)) throw new MalformedError('integer too large', at);
      if (last && byte >= 0x80) throw new MalformedError('integer representation too long', at);
      if (byte < 0x80) {
        if (signed && (bits & 0x40) !== 0) {
          if (shift < 28) {
            low |= -1 << (shift + 7);
            high = -1;
          } else if (shift + 7 < 64) high |= -1 << (shift - 25);
        }
        this.high = high;
        return low;
      }
    }
  }

  /** Reads four bytes, little-endian. */
  private readWord(): number {
    const { bytes, pos } = this;
    this.skip(4);
    return bytes[pos]! | (bytes[pos + 1]! << 8) | (bytes[pos + 2]! << 16) | (bytes[pos + 3]! << 24);
  }

  skip(count: number): void {
    if (count > this.end - this.pos) throw endOfSection(this.pos);
    this.pos += count;
  }

  private readMemarg(): void {
    const at = this.pos;
    const flags = this.u32();
    if (flags >= 0x80) throw new MalformedError('malformed memop flags', at);
    this.align = flags & 0x3f;
    if (flags >= 0x40) {
      this.index = this.u32();
      if (this.memoryNamedAt < 0) this.memoryNamedAt = this.start;
    } else this.index = 0;
    this.readU64();
  }

  private readBlockType(): void {
    const { pos } = this;
    const byte = this.bytes[pos]!;
    if (byte === 0x40) {
      this.pos++;
      this.blockKind = BLOCK_EMPTY;
    } else if ((byte & 0xc0) === 0x40) {
      this.blockKind = BLOCK_VALUE;
      this.blockValue = this.valType();
    } else {
      this.blockKind = BLOCK_TYPE;
      this.index = this.s33();
      if (this.index < 0) throw new MalformedError('malformed block type', pos);
    }
  }

  private readCatches(): void {
    const { catchKinds, catchTags, catchLabels } = this;
    const count = this.count();
    catchKinds.length = catchTags.length = catchLabels.length = 0;
    for (let i = 0; i < count; i++) {
      const kind = this.u8();
      if (kind > CATCH_ALL_REF) throw new MalformedError('malformed catch clause', this.pos - 1);
      catchKinds.push(kind);
      catchTags.push(kind <= CATCH_REF ? this.u32() : 0);
      catchLabels.push(this.u32());
    }
  }

  private readLabels(): void {
    const count = this.count();
    if (count >= this.labels.length) this.labels = new Uint32Array(count * 2 + 1);
    this.labelCount = count;
    for (let i = 0; i <= count; i++) this.labels[i] = this.u32();
  }

  private readValTypes(): void {
    const count = this.count();
    this.valTypes = [];
    for (let i = 0; i < count; i++) this.valTypes.push(this.valType());
  }

  /** Reads the length of a vector. Each element takes at least a byte, so a length with no room for the elements is refused at once. */
  count(): number {
    const at = this.pos;
    const count = this.u32();
    if (count > this.end - this.pos) throw new MalformedError('unexpected end of section or function', at);
    return count;
  }

  heapType(): t.HeapType {
    const at = this.pos;
    const heap = this.s33();
    if (heap >= 0) return Math.min(heap, MAX_HEAP_INDEX);
    if (heap > t.HEAP_NOEXN || heap < t.HEAP_EXN) throw new MalformedError('malformed heap type', at);
    return heap;
  }

  /** Reads a value type, or returns undefined if the byte starts none. */
  private tryValType(): t.ValType | undefined {
    const byte = this.u8();
    if (byte <= 0x7f && byte >= 0x7b) return byte - 0x80;
    if (byte <= 0x74 && byte >= 0x69) return t.refType(byte - 0x80, true);
    if (byte === 0x63 || byte === 0x64) return t.refType(this.heapType(), byte === 0x63);
    return undefined;
  }
  valType(): t.ValType {
    const at = this.pos;
    const type = this.tryValType();
    if (type === undefined) throw new MalformedError('malformed value type', at);
    return type;
  }
  refType(): t.ValType {
    const at = this.pos;
    const type = this.tryValType();
    if (type === undefined || type < 0) throw new MalformedError('malformed reference type', at);
    return type;
  }
  storageType(): t.StorageType {
    const at = this.pos;
    const byte = this.bytes[at]!;
    if (at < this.end && (byte === 0x78 || byte === 0x77)) {
      this.pos++;
      return byte - 0x80;
    }
    const type = this.tryValType();
    if (type === undefined) throw new MalformedError('malformed storage type', at);
    return type;
  }

  // An immediate that ran beyond the span is detected here, before anything after it is used.
  private atEnd(): number {
    if (this.pos > this.end) throw endOfSection(this.end);
    this.op = -1;
    return -1;
  }

  private illegal(op: number): never {
    const prefixed = op >= 0x100 ? `${(op >>> 16).toString(16)} ${hexByte(op & 0xffff)}` : hexByte(op);
    throw leftOutInstruction(op, this.start) ?? new MalformedError(`illegal opcode ${prefixed}`, this.start);
  }
}

function hexByte(value: number): string {
  return value.toString(16).padStart(2, '0');
}

function endOfSection(at: number): MalformedError {
  return new MalformedError('unexpected end of section or function', at);
}

// The bits of the last byte for which the integer has no room must be zero, or copies of the sign.
function fitsLastByte(bits: number, mask: number, signed: boolean): boolean {
  if (!signed) return (bits & ~mask) === 0;
  const rest = bits & ~(mask >> 1);
  return rest === 0 || rest === (0x7f & ~(mask >> 1));
}
