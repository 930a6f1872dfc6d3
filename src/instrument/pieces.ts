// Long filling and copying of memories and tables, in pieces with a look at the clock between them. What is out of bounds and what is
// short is left to the instruction itself, which follows.
import { BYTES_PER_LOOK, ENTRIES_PER_LOOK } from '../wasm/fuel.js';
import type { AddressType, ValType } from '../wasm/types.js';
import { I32, I64 } from '../wasm/types.js';
import { type Code, OP } from './code.js';

const MEMORY_COPY = 0xfc_000a;
const MEMORY_FILL = 0xfc_000b;
const TABLE_COPY = 0xfc_000e;

/** memory.fill, memory.copy, table.fill or table.copy. */
export interface LongBulk {
  readonly op: number;
  /** The target, and the source of a copy. */
  readonly spaces: readonly { readonly index: number; readonly address: AddressType }[];
  /** What a table is filled with. */
  readonly element?: ValType;
  readonly length: AddressType;
}

export function isLongBulk(op: number): boolean {
  return op === MEMORY_COPY || op === MEMORY_FILL || op === TABLE_COPY || op === 0xfc_0011;
}

const addressType = (address: AddressType): ValType => (address === 'i64' ? I64 : I32);

/** The operands: target, source or value, length. */
export function operandTypes({ spaces, element, length }: LongBulk): readonly ValType[] {
  const [target, source] = spaces;
  return [addressType(target!.address), source ? addressType(source.address) : (element ?? I32), addressType(length)];
}

/** The body of a function that takes the operands, does all but a piece, and returns the operands of that. @param look at the clock */
export function writePieces(code: Code, bulk: LongBulk, look: () => void): void {
  const writer = new PieceWriter(code, bulk);
  writer.leaveToInstruction();
  writer.loop(look);
}

class PieceWriter {
  readonly #code: Code;
  readonly #bulk: LongBulk;
  readonly #wide: readonly boolean[];
  readonly #inMemory: boolean;

  constructor(code: Code, bulk: LongBulk) {
    this.#code = code;
    this.#bulk = bulk;
    this.#wide = operandTypes(bulk).map((type) => type === I64);
    this.#inMemory = bulk.op === MEMORY_FILL || bulk.op === MEMORY_COPY;
  }

  /** Returns where the operation is short or out of bounds. */
  leaveToInstruction(): void {
    const code = this.#code;
    code.getLocal(2);
    this.#piece(2);
    code.op(this.#wide[2] ? OP.i64LeU : OP.i32LeU);
    this.#returnIf();
    this.#bulk.spaces.forEach(({ index }, local) => {
      this.#outOfBounds(local, index);
      this.#returnIf();
    });
  }

  loop(look: () => void): void {
    const code = this.#code;
    const wide = this.#wide[2];
    const [target, source] = this.#bulk.spaces;
    code.op(OP.loop);
    code.u8(0x40);
    code.getLocal(2);
    this.#piece(2);
    code.op(wide ? OP.i64Sub : OP.i32Sub);
    code.setLocal(2);
    if (!source) this.#moveLast();
    else if (source.index !== target!.index) this.#moveFirst();
    else {
      code.getLocal(0);
      code.getLocal(1);
      code.op(this.#wide[0] ? OP.i64GtU : OP.i32GtU);
      code.if();
      this.#moveLast();
      code.op(OP.else);
      this.#moveFirst();
      code.end();
    }
    look();
    code.getLocal(2);
    this.#piece(2);
    code.op(wide ? OP.i64GtU : OP.i32GtU);
    code.brIf(0);
    code.end();
    this.#operands();
  }

  /** The piece that is `length` behind the operands. */
  #moveLast(): void {
    const code = this.#code;
    for (const local of [0, 1]) {
      code.getLocal(local);
      if (local === this.#bulk.spaces.length) continue; // what to fill with
      code.getLocal(2);
      if (this.#wide[local] && !this.#wide[2]) code.op(OP.i64ExtendI32U);
      code.op(this.#wide[local] ? OP.i64Add : OP.i32Add);
    }
    this.#move();
  }
  /** The piece at the operands, which move behind it. */
  #moveFirst(): void {
    const code = this.#code;
    code.getLocal(0);
    code.getLocal(1);
    this.#move();
    for (const local of [0, 1]) {
      code.getLocal(local);
      this.#piece(local);
      code.op(this.#wide[local] ? OP.i64Add : OP.i32Add);
      code.setLocal(local);
    }
  }
  #move(): void {
    this.#piece(2);
    this.#code.op(this.#bulk.op);
    for (const { index } of this.#bulk.spaces) this.#code.u32(index);
  }

  /** Whether address + length is beyond the end, without overflow. */
  #outOfBounds(local: number, index: number): void {
    const code = this.#code;
    this.#asI64(2);
    this.#size(local, index);
    code.op(OP.i64GtU);
    this.#asI64(local);
    this.#size(local, index);
    this.#asI64(2);
    code.op(OP.i64Sub);
    code.op(OP.i64GtU);
    code.op(OP.i32Or);
  }
  /** Of the memory in bytes, of the table in elements. */
  #size(local: number, index: number): void {
    const code = this.#code;
    code.op(this.#inMemory ? 0x3f : 0xfc_0010);
    code.u32(index);
    if (!this.#wide[local]) code.op(OP.i64ExtendI32U);
    if (!this.#inMemory) return;
    code.integer(true, 16);
    code.op(OP.i64Shl);
  }
  #asI64(local: number): void {
    this.#code.getLocal(local);
    if (!this.#wide[local]) this.#code.op(OP.i64ExtendI32U);
  }
  /** The length of a piece, as an operand's type. */
  #piece(local: number): void {
    this.#code.integer(this.#wide[local]!, this.#inMemory ? BYTES_PER_LOOK : ENTRIES_PER_LOOK);
  }
  #operands(): void {
    for (const local of [0, 1, 2]) this.#code.getLocal(local);
  }
  #returnIf(): void {
    this.#code.if();
    this.#operands();
    this.#code.op(OP.return);
    this.#code.end();
  }
}
