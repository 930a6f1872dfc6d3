// Maps instructions to the interpreter's operations: an operation has the name of its instruction, with `_` for the dot.
import { type OpName, opcodeRow } from '../../wasm/opcodes.js';
import * as t from '../../wasm/types.js';
import { NUMBER_OF } from './ops.gen.js';

const TYPES: Readonly<Record<string, t.ValType>> = { i: t.I32, I: t.I64, f: t.F32, F: t.F64, V: t.V128 };

/** Returns the operation of an instruction, or of a form of it that has a suffix; -1 if there is none. */
export function operationOf(name: string, suffix = ''): number {
  return NUMBER_OF.get(name.replaceAll('.', '_') + suffix) ?? -1;
}

/** Returns the result type of an instruction with a signature and one result. */
export function resultOf(name: OpName): t.ValType {
  return TYPES[opcodeRow(name).sig!.split(':')[1]!]!;
}
