// Long filling and copying of memories and tables, in pieces with a look at the clock between them. What is out of bounds and what is
// short is left to the instruction itself, which follows.
import type { AddressType, ValType } from '../wasm/types.js';
import { I32, I64 } from '../wasm/types.js';
import { type Code, OP } from './code.js';

/** Bytes between two looks: some milliseconds where their pages are new. */
const PIECE_BYTES = 1 << 22;
/** Elements of tables between two looks. */
export const PIECE_ELEMENTS = 1 << 16;
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
  const { op, spaces } = bulk;
  const types = operandTypes(bulk);
  const inMemory = op === MEMORY_FILL || op === MEMORY_COPY;
  const wide = (local: number): boolean => types[local] === I64;
  const all = (): void => {
    for (const local of [0, 1, 2]) code.getLocal(local);
  };
  const returnAll = (): void => {
    code.if();
    all();
    code.op(OP.return);
    code.end();
  };
  const piece = (local: number): void => code.integer(wide(local), inMemory ? PIECE_BYTES : PIECE_ELEMENTS);
  const add = (local: number): void => code.op(wide(local) ? OP.i64Add : OP.i32Add);
  const move = (): void => {
    code.op(op);
    for (const { index } of spaces) code.u32(index);
  };

  code.getLocal(2);
  piece(2);
  code.op(wide(2) ? OP.i64LeU : OP.i32LeU);
  returnAll();
  spaces.forEach(({ index, address }, local) => {
    writeOutOfBounds(code, local, wide(2), { index, inMemory, wide: address === 'i64' });
    returnAll();
  });

  code.op(OP.loop);
  code.u8(0x40);
  code.getLocal(2);
  piece(2);
  code.op(wide(2) ? OP.i64Sub : OP.i32Sub);
  code.setLocal(2);
  /** A part at the end, `length` behind the operands. */
  const moveLast = (): void => {
    for (const local of [0, 1]) {
      code.getLocal(local);
      if (local === spaces.length) continue; // the value
      code.getLocal(2);
      if (wide(local) && !wide(2)) code.op(OP.i64ExtendI32U);
      add(local);
    }
    piece(2);
    move();
  };
  const moveFirst = (): void => {
    code.getLocal(0);
    code.getLocal(1);
    piece(2);
    move();
    for (const local of [0, 1]) {
      code.getLocal(local);
      piece(local);
      add(local);
      code.setLocal(local);
    }
  };
  const [target, source] = spaces;
  if (!source) moveLast();
  else if (source.index !== target!.index) moveFirst();
  else {
    code.getLocal(0);
    code.getLocal(1);
    code.op(wide(0) ? OP.i64GtU : OP.i32GtU);
    code.if();
    moveLast();
    code.op(OP.else);
    moveFirst();
    code.end();
  }
  look();
  code.getLocal(2);
  piece(2);
  code.op(wide(2) ? OP.i64GtU : OP.i32GtU);
  code.brIf(0);
  code.end();
  all();
}

/** Whether address + length (local 2) is beyond the end of a memory or table, without overflow. */
function writeOutOfBounds(
  code: Code,
  local: number,
  wideLength: boolean,
  space: { readonly index: number; readonly inMemory: boolean; readonly wide: boolean },
): void {
  const asI64 = (wide: boolean): void => {
    if (!wide) code.op(OP.i64ExtendI32U);
  };
  const length = (): void => {
    code.getLocal(2);
    asI64(wideLength);
  };
  const size = (): void => {
    code.op(space.inMemory ? 0x3f : 0xfc_0010);
    code.u32(space.index);
    asI64(space.wide);
    if (space.inMemory) {
      code.integer(true, 16);
      code.op(OP.i64Shl);
    }
  };
  length();
  size();
  code.op(OP.i64GtU);
  code.getLocal(local);
  asI64(space.wide);
  size();
  length();
  code.op(OP.i64Sub);
  code.op(OP.i64GtU);
  code.op(OP.i32Or);
}
