// The code that makes a NaN canonical after the instruction that made it.
import * as t from '../wasm/types.js';
import { type Code, OP } from './code.js';

/** The type of the result of an instruction that makes NaNs, by its mnemonic. */
export function nanType(name: string): { readonly type: t.ValType; readonly equal: number } {
  if (name.startsWith('f32x4')) return { type: t.V128, equal: 0xfd_0041 };
  if (name.startsWith('f64x2')) return { type: t.V128, equal: 0xfd_0047 };
  return name.startsWith('f32') ? { type: t.F32, equal: 0x5b } : { type: t.F64, equal: 0x61 };
}

/** The value is on the stack; `local` has its type. */
export function writeCanonical(code: Code, name: string, local: number): void {
  const { type, equal } = nanType(name);
  code.teeLocal(local);
  if (type === t.V128) {
    code.op(0xfd_000c);
    const double = name.startsWith('f64x2');
    for (let i = 0; i < (double ? 2 : 4); i++) {
      if (double) code.word(0);
      code.word(double ? 0x7ff8_0000 : 0x7fc0_0000);
    }
  } else code.nan(type);
  code.getLocal(local);
  code.getLocal(local);
  code.op(equal);
  code.op(type === t.V128 ? 0xfd_0052 : OP.select);
}
