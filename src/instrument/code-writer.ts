// Short names for the instructions that added code consists of. The writer knows nothing about why they are written.
import type { EncodedHint } from '../binary/encode.js';
import { ByteWriter } from '../binary/writer.js';
import { ALL_OP_NAMES, OPCODES, type OpName } from '../wasm/opcodes.js';
import { F32, F64, type ValType } from '../wasm/types.js';

// These make up most of the added code, so their opcodes are looked up once.
const LOCAL_GET = OPCODES['local.get'].code;
const LOCAL_SET = OPCODES['local.set'].code;
const LOCAL_TEE = OPCODES['local.tee'].code;
const GLOBAL_GET = OPCODES['global.get'].code;
const GLOBAL_SET = OPCODES['global.set'].code;
const I32_CONST = OPCODES['i32.const'].code;
const CALL = OPCODES.call.code;
const BR = OPCODES.br.code;
const BR_IF = OPCODES.br_if.code;
const END = OPCODES.end.code;

/** This is a Map because V8 reads a property of an object this large several times slower. */
const CODES: ReadonlyMap<OpName, number> = /* @__PURE__ */ new Map(
  ALL_OP_NAMES.map((name) => [name, OPCODES[name].code]),
);

/** The type of a block without parameters and results. */
const EMPTY = 0x40;

/** The constant expression `i32.const 0`. */
export const ZERO: Uint8Array = /* @__PURE__ */ Uint8Array.of(I32_CONST, 0, END);

export class Code extends ByteWriter {
  /** What is known of branches, by their positions, for JavaScript engines that take hints. */
  readonly hints: EncodedHint[] = [];
  /** Says whether the `if` or `br_if` that is written next is likely to be taken. */
  hint(likely: boolean): void {
    this.hints.push({ offset: this.length, likely });
  }
  getLocal(index: number): void {
    this.u8(LOCAL_GET);
    this.u32(index);
  }
  setLocal(index: number): void {
    this.u8(LOCAL_SET);
    this.u32(index);
  }
  teeLocal(index: number): void {
    this.u8(LOCAL_TEE);
    this.u32(index);
  }
  getGlobal(index: number): void {
    this.u8(GLOBAL_GET);
    this.u32(index);
  }
  setGlobal(index: number): void {
    this.u8(GLOBAL_SET);
    this.u32(index);
  }
  i32(value: number): void {
    this.u8(I32_CONST);
    this.s32(value);
  }
  /** Writes a constant of an address type. */
  integer(wide: boolean, value: number): void {
    if (wide) {
      this.op('i64.const');
      this.s64(BigInt(value));
    } else this.i32(value);
  }
  f64(value: number): void {
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat64(0, value);
    this.op('f64.const');
    this.word(bits.getInt32(4));
    this.word(bits.getInt32(0));
  }
  call(index: number): void {
    this.u8(CALL);
    this.u32(index);
  }
  br(depth: number): void {
    this.u8(BR);
    this.u32(depth);
  }
  brIf(depth: number): void {
    this.u8(BR_IF);
    this.u32(depth);
  }
  /** Opens an `if` without results, which is seldom taken: a check that fails. */
  ifUnlikely(): void {
    this.hint(false);
    this.if();
  }
  /** Opens an `if` without results. */
  if(): void {
    this.openEmpty('if');
  }
  end(): void {
    this.u8(END);
  }
  op(name: OpName): void {
    this.opcode(CODES.get(name)!);
  }
  /** Opens a block without parameters and results. */
  openEmpty(name: 'block' | 'loop' | 'if' | 'try_table'): void {
    this.op(name);
    this.u8(EMPTY);
  }
  /** Writes a block type without parameters: no result, one result, or the index of a function type. */
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
