// Long filling and copying of memories and tables, in pieces with a look at the clock between them. What is out of bounds and what is
// short is left to the instruction itself, which follows.
import { BYTES_PER_LOOK, ENTRIES_PER_LOOK } from '../wasm/fuel.js';
import type { AddressType, ValType } from '../wasm/types.js';
import { I32, I64 } from '../wasm/types.js';
import type { Code } from './code-writer.js';

/** Instructions that are done in pieces. */
export type LongBulkOp = 'memory.fill' | 'memory.copy' | 'table.fill' | 'table.copy';

export interface LongBulk {
  readonly name: LongBulkOp;
  /** The target, and the source of a copy. */
  readonly spaces: readonly { readonly index: number; readonly address: AddressType }[];
  /** What a table is filled with. */
  readonly element?: ValType;
  readonly length: AddressType;
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
    this.#inMemory = bulk.name === 'memory.fill' || bulk.name === 'memory.copy';
  }

  /** Returns where the operation is short or out of bounds. */
  leaveToInstruction(): void {
    const code = this.#code;
    code.getLocal(2);
    this.#piece(2);
    code.op(this.#wide[2] ? 'i64.le_u' : 'i32.le_u');
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
    code.openEmpty('loop');
    code.getLocal(2);
    this.#piece(2);
    code.op(wide ? 'i64.sub' : 'i32.sub');
    code.setLocal(2);
    if (!source) this.#moveLast();
    else if (source.index !== target!.index) this.#moveFirst();
    else {
      code.getLocal(0);
      code.getLocal(1);
      code.op(this.#wide[0] ? 'i64.gt_u' : 'i32.gt_u');
      code.if();
      this.#moveLast();
      code.op('else');
      this.#moveFirst();
      code.end();
    }
    look();
    code.getLocal(2);
    this.#piece(2);
    code.op(wide ? 'i64.gt_u' : 'i32.gt_u');
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
      if (this.#wide[local] && !this.#wide[2]) code.op('i64.extend_i32_u');
      code.op(this.#wide[local] ? 'i64.add' : 'i32.add');
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
      code.op(this.#wide[local] ? 'i64.add' : 'i32.add');
      code.setLocal(local);
    }
  }
  #move(): void {
    this.#piece(2);
    this.#code.op(this.#bulk.name);
    for (const { index } of this.#bulk.spaces) this.#code.u32(index);
  }

  /** Whether address + length is beyond the end, without overflow. */
  #outOfBounds(local: number, index: number): void {
    const code = this.#code;
    this.#asI64(2);
    this.#size(local, index);
    code.op('i64.gt_u');
    this.#asI64(local);
    this.#size(local, index);
    this.#asI64(2);
    code.op('i64.sub');
    code.op('i64.gt_u');
    code.op('i32.or');
  }
  /** Of the memory in bytes, of the table in elements. */
  #size(local: number, index: number): void {
    const code = this.#code;
    code.op(this.#inMemory ? 'memory.size' : 'table.size');
    code.u32(index);
    if (!this.#wide[local]) code.op('i64.extend_i32_u');
    if (!this.#inMemory) return;
    code.integer(true, 16);
    code.op('i64.shl');
  }
  #asI64(local: number): void {
    this.#code.getLocal(local);
    if (!this.#wide[local]) this.#code.op('i64.extend_i32_u');
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
    this.#code.op('return');
    this.#code.end();
  }
}
