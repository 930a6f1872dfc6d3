import { describe, expect, it } from 'vitest';
import { INTERRUPTIBLE } from '../../test/helpers/instrument-options.js';
import { assemble } from '../../test/helpers/wat.js';
import { decode } from '../binary/decode.js';
import { validate } from '../validate/validate.js';
import { prepareFlags } from './flags.js';
import type { InstrumentOptions } from './instrument-options.js';
import { Planner } from './plan.js';
import { chooseUnrolling } from './unrolling.js';

const FUEL: InstrumentOptions = { ...INTERRUPTIBLE, metered: true };

/** How often each loop of each function is written. */
function copiesIn(functions: readonly string[], options = FUEL): number[][] {
  const module = validate(decode(assemble(`(module ${functions.join('\n')})`)));
  prepareFlags();
  const planner = new Planner(module, options);
  const plans = module.functions.map((body) => planner.plan(body));
  return chooseUnrolling(module, plans, options).map((copies) => [...copies]);
}
const loop = (body: string): string => `(loop $l ${body} (br_if $l (i32.eqz (local.get 0))))`;
const func = (body: string): string => `(func (param i32) ${body})`;
/** Instructions of three bytes each. */
const filler = (bytes: number): string => '(drop (local.get 0))'.repeat(Math.floor(bytes / 3));

describe('loops are unrolled', () => {
  it('as often as their size allows', () => {
    const sizes = [0, 30, 60, 100, 140, 160];
    expect(copiesIn(sizes.map((size) => func(loop(filler(size)))))).toEqual([[8], [8], [4], [3], [2], [1]]);
  });
  it('if nothing but numbers and memory is at work in them', () => {
    expect(
      copiesIn([
        func(loop('(call 0 (i32.const 0))')),
        func(loop(loop(''))),
        func('(loop $l (br_table $l $l (local.get 0)))'),
        func('(block $out (loop $l (block $in (br_table $in $out (local.get 0))) (br $l)))'),
        func('(loop $l (block $in (br_table $in $in (local.get 0))) (br $l))'),
        func('(loop)'),
        func('(i32.const 0) (loop $l (param i32) (br_if $l (local.get 0)) drop)'),
      ]),
    ).toEqual([[1], [1, 8], [1], [1], [8], [1], [1]]);
  });
  it('never where an observer is told of places, or nothing is counted', () => {
    const functions = [func(loop(''))];
    expect(copiesIn(functions, { ...FUEL, metered: false })).toEqual([[8]]);
    expect(copiesIn(functions, { ...FUEL, tellsPlaces: true })).toEqual([[1]]);
    expect(copiesIn(functions, { ...FUEL, metered: false, interruptible: false })).toEqual([[1]]);
  });
  it('until the function has grown enough, the smallest first', () => {
    const many = Array.from({ length: 9 }, (_, i) => loop(filler(60 + 30 * (i % 2)))).join(' ');
    const [copies] = copiesIn([func(many)]);
    expect(copies!.filter((_, i) => i % 2 === 0)).toEqual([4, 4, 4, 4, 4]);
    expect(copies!.filter((count) => count > 1)).toHaveLength(7);
    expect(copiesIn([func(loop('') + filler(7900))])).toEqual([[8]]);
    expect(copiesIn([func(loop('') + filler(8100))])).toEqual([[1]]);
  });
  it('until a large module has grown by a twelfth', () => {
    const large = Array.from({ length: 10 }, () => func(filler(7000)));
    const loops = Array.from({ length: 40 }, () => func(loop(filler(70))));
    const unrolled = copiesIn([...large, ...loops])
      .flat()
      .filter((count) => count > 1).length;
    expect(unrolled).toBeGreaterThan(10);
    expect(unrolled).toBeLessThan(30);
    expect(
      copiesIn([...large.slice(0, 1), ...loops])
        .flat()
        .filter((count) => count > 1),
    ).toHaveLength(40);
  });
});
