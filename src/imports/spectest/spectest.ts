// The module "spectest" that the official test suite imports from: prints that print nothing, two globals of each number type,
// tables and memories. Refuses nothing.
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import * as t from '../../wasm/types.js';

function print(...letters: string[]): NativeSymbol {
  const name = ['print', ...letters.map((letter) => TYPE_OF[letter])].join('_');
  return { symbol: name, signature: `(${letters.join('')})`, func: () => undefined };
}
const TYPE_OF: Readonly<Record<string, string>> = { i: 'i32', I: 'i64', f: 'f32', F: 'f64' };

export const SPECTEST_NATIVES: readonly NativeSymbol[] = [
  print(),
  print('i'),
  print('I'),
  print('f'),
  print('F'),
  print('i', 'f'),
  print('F', 'F'),
];

const i32Memory = (shared: boolean): t.MemoryType => ({
  limits: { min: 1n, max: 2n },
  shared,
  address: 'i32',
  pageSizeLog2: 16,
});
const table = (address: t.AddressType): t.TableType => ({
  limits: { min: 10n, max: 20n },
  element: t.FUNCREF,
  address,
  shared: false,
});

/** The globals with their values, the tables and memories by their types. */
export const SPECTEST_EXTERNS = {
  globals: {
    global_i32: { type: t.I32, value: 666 },
    global_i64: { type: t.I64, value: 666n },
    global_f32: { type: t.F32, value: 666.6 },
    global_f64: { type: t.F64, value: 666.6 },
  },
  tables: { table: table('i32'), table64: table('i64') },
  memories: { memory: i32Memory(false), shared_memory: i32Memory(true) },
} as const;
