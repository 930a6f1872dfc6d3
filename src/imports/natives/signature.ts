// Parses WAMR's signature strings for natives, once: '(' parameters ')' results. The letters are i i32, I i64, f f32, F f64, V v128, r reference, *
// pointer, ~ length of the pointer before it, $ NUL-terminated string. Refuses, by position, what the grammar does not have.
import { UsageError } from '../../wasm/errors.js';
import { F32, F64, type FuncType, I32, I64, isRef, V128, type ValType } from '../../wasm/types.js';

/** One wasm parameter or result. `pointer` is followed by `length` where the signature says `*~`. */
export type Letter = 'i' | 'I' | 'f' | 'F' | 'V' | 'r' | 'pointer' | 'length' | 'string';

export interface Signature {
  readonly text: string;
  readonly params: readonly Letter[];
  readonly results: readonly Letter[];
}

const PLAIN = 'iIfFVr';

/**
 * Parses a signature.
 * @throws UsageError that names the position
 */
export function parseSignature(text: string): Signature {
  const close = text.indexOf(')');
  if (!text.startsWith('(') || close < 0) throw new UsageError(`signature '${text}': '(' parameters ')' is wanted`);
  const params: Letter[] = [];
  for (let i = 1; i < close; i++) {
    const char = text[i]!;
    if (PLAIN.includes(char)) params.push(char as Letter);
    else if (char === '*') params.push('pointer');
    else if (char === '$') params.push('string');
    else if (char !== '~') throw bad(text, i, 'is no type');
    else if (params[params.length - 1] !== 'pointer') throw bad(text, i, "belongs right after a '*'");
    else params.push('length');
  }
  const results: Letter[] = [];
  for (let i = close + 1; i < text.length; i++) {
    if (!PLAIN.includes(text[i]!)) throw bad(text, i, 'is no result');
    results.push(text[i] as Letter);
  }
  return { text, params, results };
}

function bad(text: string, position: number, why: string): UsageError {
  return new UsageError(`signature '${text}', position ${position}: '${text[position]}' ${why}`);
}

/** Whether a function type matches the signature; addresses are i32, or i64 where the memory is 64-bit. */
export function matchesSignature(signature: Signature, type: FuncType, address: ValType): boolean {
  return matchesAll(signature.params, type.params, address) && matchesAll(signature.results, type.results, address);
}

function matchesAll(letters: readonly Letter[], types: readonly ValType[], address: ValType): boolean {
  return letters.length === types.length && letters.every((letter, i) => matches(letter, types[i]!, address));
}

function matches(letter: Letter, type: ValType, address: ValType): boolean {
  switch (letter) {
    case 'i':
      return type === I32;
    case 'I':
      return type === I64;
    case 'f':
      return type === F32;
    case 'F':
      return type === F64;
    case 'V':
      return type === V128;
    case 'r':
      return isRef(type);
    default:
      return type === address;
  }
}
