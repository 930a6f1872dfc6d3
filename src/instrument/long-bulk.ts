// Splits long fills and copies of memories and tables into parts with a checkpoint between them. Operations that are out of bounds or short are left
// to the instruction itself, which follows.
import { BYTES_PER_CHECKPOINT, ENTRIES_PER_CHECKPOINT } from '../wasm/fuel.js';
import type { AddressType, ValType } from '../wasm/types.js';
import { I32, I64 } from '../wasm/types.js';
import type { Code } from './code-writer.js';

/** The instructions that are executed in parts. */
export type LongBulkOp = 'memory.fill' | 'memory.copy' | 'table.fill' | 'table.copy';

export interface LongBulk {
  readonly name: LongBulkOp;
  /** The target, and the source of a copy. */
  readonly spaces: readonly { readonly index: number; readonly address: AddressType }[];
  /** The type of the value that a table is filled with. */
  readonly element?: ValType;
  readonly length: AddressType;
}

const addressType = (address: AddressType): ValType => (address === 'i64' ? I64 : I32);

/** Returns the types of the operands: target, source or value, length. */
export function operandTypes({ spaces, element, length }: LongBulk): readonly ValType[] {
  const [target, source] = spaces;
  return [addressType(target!.address), source ? addressType(source.address) : (element ?? I32), addressType(length)];
}

/**
 * Writes the body of a function that takes the operands, does all but the last part, and returns the operands of that part.
 * @param checkpoint writes a checkpoint
 */
export function writeLongBulk(code: Code, bulk: LongBulk, checkpoint: () => void): void {
  const writer = new LongBulkWriter(code, bulk);
  writer.leaveToInstruction();
  writer.loop(checkpoint);
}

class LongBulkWriter {
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

  /** Returns from the function if the operation is short or out of bounds. */
  leaveToInstruction(): void {
    const code = this.#code;
    code.getLocal(2);
    this.#chunk(2);
    code.op(this.#wide[2] ? 'i64.le_u' : 'i32.le_u');
    this.#returnIf();
    this.#bulk.spaces.forEach(({ index }, local) => {
      this.#outOfBounds(local, index);
      this.#returnIf();
    });
  }

  loop(checkpoint: () => void): void {
    const code = this.#code;
    const wide = this.#wide[2];
    const [target, source] = this.#bulk.spaces;
    code.openEmpty('loop');
    code.getLocal(2);
    this.#chunk(2);
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
    checkpoint();
    code.getLocal(2);
    this.#chunk(2);
    code.op(wide ? 'i64.gt_u' : 'i32.gt_u');
    code.brIf(0);
    code.end();
    this.#operands();
  }

  /** Executes the part at the end of the range. */
  #moveLast(): void {
    const code = this.#code;
    for (const local of [0, 1]) {
      code.getLocal(local);
      if (local === this.#bulk.spaces.length) continue; // this local is the fill value
      code.getLocal(2);
      if (this.#wide[local] && !this.#wide[2]) code.op('i64.extend_i32_u');
      code.op(this.#wide[local] ? 'i64.add' : 'i32.add');
    }
    this.#move();
  }
  /** Executes the part at the operands, then advances them. */
  #moveFirst(): void {
    const code = this.#code;
    code.getLocal(0);
    code.getLocal(1);
    this.#move();
    for (const local of [0, 1]) {
      code.getLocal(local);
      this.#chunk(local);
      code.op(this.#wide[local] ? 'i64.add' : 'i32.add');
      code.setLocal(local);
    }
  }
  #move(): void {
    this.#chunk(2);
    this.#code.op(this.#bulk.name);
    for (const { index } of this.#bulk.spaces) this.#code.u32(index);
  }

  /** Tests without overflow whether address + length is beyond the end. */
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
  /** Pushes the size of the memory in bytes or of the table in elements. */
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
  /** Pushes the length of a part, in the type of the operand. */
  #chunk(local: number): void {
    this.#code.integer(this.#wide[local]!, this.#inMemory ? BYTES_PER_CHECKPOINT : ENTRIES_PER_CHECKPOINT);
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
