// Signatures as short texts: functions with the same text pass values in the same way.
import { F32, F64, type FuncType, I32, I64, isRef, type ValType } from '../../wasm/types.js';

function letter(type: ValType): string {
  if (isRef(type)) return 'r';
  return type === I32 ? 'i' : type === I64 ? 'I' : type === F32 ? 'f' : type === F64 ? 'F' : 'V';
}

export function signatureKey({ params, results }: FuncType): string {
  return `${params.map(letter).join('')}_${results.map(letter).join('')}`;
}
