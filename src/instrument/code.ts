// Short names for the instructions that added code is made of. Refuses: knowing why they are written.
import { ByteWriter } from '../binary/writer.js';
import { F32, F64, type ValType } from '../wasm/types.js';

const END = 0x0b;
const EMPTY = 0x40;

export class Code extends ByteWriter {
  getLocal(index: number): void {
    this.u8(0x20);
    this.u32(index);
  }
  setLocal(index: number): void {
    this.u8(0x21);
    this.u32(index);
  }
  teeLocal(index: number): void {
    this.u8(0x22);
    this.u32(index);
  }
  getGlobal(index: number): void {
    this.u8(0x23);
    this.u32(index);
  }
  setGlobal(index: number): void {
    this.u8(0x24);
    this.u32(index);
  }
  i32(value: number): void {
    this.u8(0x41);
    this.s32(value);
  }
  /** A constant of an address type. */
  integer(wide: boolean, value: number): void {
    if (wide) {
      this.u8(0x42);
      this.s64(BigInt(value));
    } else this.i32(value);
  }
  call(index: number): void {
    this.u8(0x10);
    this.u32(index);
  }
  br(depth: number): void {
    this.u8(0x0c);
    this.u32(depth);
  }
  brIf(depth: number): void {
    this.u8(0x0d);
    this.u32(depth);
  }
  /** An if without results. */
  if(): void {
    this.u8(0x04);
    this.u8(EMPTY);
  }
  end(): void {
    this.u8(END);
  }
  op(code: number): void {
    this.opcode(code);
  }
  /** A block, loop, ... of a type that needs no parameters: none, one result, or the index of a type. */
  blockType(results: readonly ValType[], typeIndex: () => number): void {
    if (results.length === 0) this.u8(EMPTY);
    else if (results.length === 1) this.type(results[0]!);
    else this.s64(BigInt(typeIndex()));
  }
  nan(type: ValType): void {
    if (type === F32) {
      this.u8(0x43);
      this.word(0x7fc0_0000);
    } else if (type === F64) {
      this.u8(0x44);
      this.word(0);
      this.word(0x7ff8_0000);
    }
  }
}

/** Opcodes that added code uses by name. */
export const OP = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  else: 0x05,
  return: 0x0f,
  callIndirect: 0x11,
  drop: 0x1a,
  select: 0x1b,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32LtS: 0x48,
  i32LtU: 0x49,
  i32GtU: 0x4b,
  i32LeU: 0x4d,
  i32GeS: 0x4e,
  i64Eqz: 0x50,
  i64LtS: 0x53,
  i64LtU: 0x54,
  i64GtU: 0x56,
  i64LeS: 0x57,
  i64LeU: 0x58,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Or: 0x72,
  i32ShrU: 0x76,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64Shl: 0x86,
  i64ShrU: 0x88,
  i32WrapI64: 0xa7,
  i64ExtendI32U: 0xad,
  f64ConvertI32U: 0xb8,
  f64ConvertI64U: 0xba,
  i32TruncSatF64S: 0xfc_0002,
  i64TruncSatF64S: 0xfc_0006,
} as const;
