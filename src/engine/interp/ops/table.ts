// The handlers of table instructions.
import { copyEntries, fillReferences } from '../../../runtime/bulk.js';
import type { TableInstance } from '../../../runtime/table.js';
import { Trap } from '../../../wasm/errors.js';
import { HIGH_WORDS, REGISTERS } from '../code-arena.js';
import type { InterpInstance } from '../interp-instance.js';
import { address, type Handler, int, ref, setAddress, setRef, word } from './handler.js';
import { chargeBulk } from './memory.js';

function tableAt(I: InterpInstance, index: number): TableInstance {
  return I.tables[index]!;
}
const isWide = (table: TableInstance): boolean => table.type.address === 'i64';
const outOfBounds = (): Trap => new Trap('table-out-of-bounds');

const tableGet: Handler = (I, pc, fp) => {
  const table = tableAt(I, word(pc, 3));
  const at = address(pc, 2, fp, isWide(table));
  if (at >= table.length) throw outOfBounds();
  setRef(pc, 1, fp, table.elements[at]);
  return pc + 4;
};
/** Reduces a 64-bit index to 32 bits: one that does not fit becomes an index that no table has. */
const tableIndex: Handler = (_, pc, fp) => {
  const at = address(pc, 2, fp, true);
  const slot = fp + word(pc, 1);
  REGISTERS[slot] = at <= 0xffff_ffff ? at : -1;
  HIGH_WORDS[slot] = 0;
  return pc + 3;
};
const tableSet: Handler = (I, pc, fp) => {
  const table = tableAt(I, word(pc, 3));
  const at = address(pc, 1, fp, isWide(table));
  if (at >= table.length) throw outOfBounds();
  table.elements[at] = ref(pc, 2, fp);
  return pc + 4;
};
const tableSize: Handler = (I, pc, fp) => {
  setAddress(pc, 1, fp, tableAt(I, word(pc, 2)).length);
  return pc + 3;
};
const tableGrow: Handler = (I, pc, fp) => {
  const table = tableAt(I, word(pc, 4));
  const delta = address(pc, 3, fp, isWide(table));
  chargeBulk(I, delta);
  setAddress(pc, 1, fp, table.grow(delta, ref(pc, 2, fp), I.store.meter));
  return pc + 5;
};
const tableFill: Handler = (I, pc, fp) => {
  const table = tableAt(I, word(pc, 4));
  const at = address(pc, 1, fp, isWide(table));
  const length = address(pc, 3, fp, isWide(table));
  chargeBulk(I, length);
  if (at + length > table.length) throw outOfBounds();
  fillReferences(I.store.meter, table.elements, ref(pc, 2, fp), at, at + length);
  return pc + 5;
};
const tableCopy: Handler = (I, pc, fp) => {
  const target = tableAt(I, word(pc, 4));
  const source = tableAt(I, word(pc, 5));
  const to = address(pc, 1, fp, isWide(target));
  const from = address(pc, 2, fp, isWide(source));
  const length = address(pc, 3, fp, isWide(target) && isWide(source));
  chargeBulk(I, length);
  if (to + length > target.length || from + length > source.length) throw outOfBounds();
  copyEntries(I.store.meter, target.elements, to, source.elements, from, length);
  return pc + 6;
};
const tableInit: Handler = (I, pc, fp) => {
  const table = tableAt(I, word(pc, 4));
  const items = I.instance.elements[word(pc, 5)] ?? [];
  const to = address(pc, 1, fp, isWide(table));
  const from = int(pc, 2, fp) >>> 0;
  const length = int(pc, 3, fp) >>> 0;
  chargeBulk(I, length);
  if (to + length > table.length || from + length > items.length) throw outOfBounds();
  copyEntries(I.store.meter, table.elements, to, items, from, length);
  return pc + 6;
};
const elemDrop: Handler = (I, pc) => {
  I.instance.elements[word(pc, 1)] = null;
  return pc + 2;
};

export const TABLE_HANDLERS = {
  table_get: tableGet,
  table_index: tableIndex,
  table_set: tableSet,
  table_size: tableSize,
  table_grow: tableGrow,
  table_fill: tableFill,
  table_copy: tableCopy,
  table_init: tableInit,
  elem_drop: elemDrop,
} as const satisfies Record<string, Handler>;
