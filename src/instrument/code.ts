// Short names for the instructions that added code is made of. Refuses: knowing why they are written.
import { ByteWriter } from '../binary/writer.js';
import { OPCODES, type OpName } from '../wasm/opcodes.js';
import { F32, F64, type ValType } from '../wasm/types.js';

/** The type of a block without parameters and results. */
const EMPTY = 0x40;

/** The constant expression 0. */
export const ZERO: Uint8Array = /* @__PURE__ */ Uint8Array.of(OPCODES['i32.const'].code, 0, OPCODES.end.code);

export class Code extends ByteWriter {
  getLocal(index: number): void {
    this.op('local.get');
    this.u32(index);
  }
  setLocal(index: number): void {
    this.op('local.set');
    this.u32(index);
  }
  teeLocal(index: number): void {
    this.op('local.tee');
    this.u32(index);
  }
  getGlobal(index: number): void {
    this.op('global.get');
    this.u32(index);
  }
  setGlobal(index: number): void {
    this.op('global.set');
    this.u32(index);
  }
  i32(value: number): void {
    this.op('i32.const');
    this.s32(value);
  }
  /** A constant of an address type. */
  integer(wide: boolean, value: number): void {
    if (wide) {
      this.op('i64.const');
      this.s64(BigInt(value));
    } else this.i32(value);
  }
  call(index: number): void {
    this.op('call');
    this.u32(index);
  }
  br(depth: number): void {
    this.op('br');
    this.u32(depth);
  }
  brIf(depth: number): void {
    this.op('br_if');
    this.u32(depth);
  }
  /** An if without results. */
  if(): void {
    this.openEmpty('if');
  }
  end(): void {
    this.op('end');
  }
  op(name: OpName): void {
    this.opcode(OPCODES[name].code);
  }
  /** A block without parameters and results. */
  openEmpty(name: 'block' | 'loop' | 'if' | 'try_table'): void {
    this.op(name);
    this.u8(EMPTY);
  }
  /** A block, loop, ... of a type that needs no parameters: none, one result, or the index of a type. */
  blockType(results: readonly ValType[], typeIndex: () => number): void {
    if (results.length === 0) this.u8(EMPTY);
    else if (results.length === 1) this.type(results[0]!);
    else this.s64(BigInt(typeIndex()));
  }
  nan(type: ValType): void {
    if (type === F32) {
      this.op('f32.const');
      this.word(0x7fc0_0000);
    } else if (type === F64) {
      this.op('f64.const');
      this.word(0);
      this.word(0x7ff8_0000);
    }
  }
}
