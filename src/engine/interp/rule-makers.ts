// Rules of instructions whose operands and immediates become an operation's words one for one.
import type * as t from '../../wasm/types.js';
import type { FunctionCompiler, Rule } from './compile-function.js';

/** Compiles `count` operands into an operation with one result: its words are the result, the operands, then `rest`. */
export function generic(
  op: number,
  count: number,
  result: t.ValType | undefined,
  rest: (c: FunctionCompiler) => readonly number[],
): Rule {
  return (c) => {
    const words: number[] = [];
    const more = rest(c);
    for (let below = count - 1; below >= 0; below--) words.push(c.operand(below));
    c.drop(count);
    if (result !== undefined) words.unshift(c.push(result));
    words.push(...more);
    c.begin(op);
    for (const word of words) c.word(word);
  };
}
export const none = (): readonly number[] => [];
export const oneIndex = (c: FunctionCompiler): readonly number[] => [c.reader.index];
export const twoIndices = (c: FunctionCompiler): readonly number[] => [c.reader.index, c.reader.index2];
/** Passes the two immediates in reverse order. */
export const secondFirst = (c: FunctionCompiler): readonly number[] => [c.reader.index2, c.reader.index];
