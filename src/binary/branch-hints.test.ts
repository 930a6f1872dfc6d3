import { describe, expect, test } from 'vitest';
import { assemble } from '../../test/helpers/wat.js';
import { InvalidError, MalformedError } from '../wasm/errors.js';
import { readBranchHints } from './branch-hints.js';
import { decode } from './decode.js';

const NAME = 'metadata.code.branch_hint';

/** One imported function; function 1 has an `if` at offset 3 of its body and a `br_if` at 8, function 2 none. */
function withSection(...bytes: number[]) {
  const text = bytes.map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
  return decode(
    assemble(`(module (import "m" "f" (func)) (func (param i32) local.get 0 if nop end local.get 0 br_if 0) (func)
      (@custom "${NAME}" (before code) "${text}"))`),
  );
}

describe('branch hints', () => {
  test('are read with absolute offsets', () => {
    const module = withSection(1, 1, 2, 3, 1, 0, 9, 1, 1);
    const { start } = module.functions[0]!;
    expect(readBranchHints(module)).toEqual([
      { functionIndex: 1, offset: start + 3, likely: false },
      { functionIndex: 1, offset: start + 9, likely: true },
    ]);
  });
  test('are none without the section', () => {
    expect(readBranchHints(decode(assemble('(module)')))).toEqual([]);
  });
  test.each([
    ['a function out of order', [2, 2, 0, 1, 0], /functions out of order/],
    ['an imported function', [1, 0, 0], /no code for function 0/],
    ['a function that is not there', [1, 3, 0], /no code for function 3/],
    ['hints out of order', [1, 1, 2, 9, 1, 0, 3, 1, 1], /hints out of order/],
    ['the same place twice', [1, 1, 2, 3, 1, 0, 3, 1, 1], /hints out of order/],
    ['a long hint', [1, 1, 1, 3, 2, 0, 0], /one byte long/],
    ['an unknown value', [1, 1, 1, 3, 1, 2], /no such hint: 2/],
    ['bytes behind them', [0, 0], /section size mismatch/],
    ['a count without bytes', [100], /unexpected end/],
    ['an end in the middle', [1, 1, 1, 3, 1], /unexpected end/],
    ['nothing at all', [], /unexpected end|size mismatch/],
  ])('refuse %s', (_what, bytes, text) => {
    expect(() => readBranchHints(withSection(...bytes))).toThrow(MalformedError);
    expect(() => readBranchHints(withSection(...bytes))).toThrow(text);
  });
  test.each([
    ['another instruction', 1],
    ['the middle of an instruction', 2],
    ['the end of the code', 200],
  ])('refuse %s as a target', (_what, offset) => {
    const module = withSection(...(offset < 128 ? [1, 1, 1, offset, 1, 0] : [1, 1, 1, 0xc8, 1, 1, 0]));
    expect(() => readBranchHints(module)).toThrow(InvalidError);
    expect(() => readBranchHints(module)).toThrow(/function 1.*offset/);
  });
});
