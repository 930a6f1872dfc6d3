// A sample of `npm run test:long -- fuel`, of the programs that are compiled soon: they run out of fuel at units in a row, in every mode alike.
import { describe, expect, it } from 'vitest';
import { CORPUS, runOut } from './fuel-everywhere.js';

const LARGE = ['bytecode', 'btree', 'regex', 'json'];

describe('fuel that ends anywhere', () => {
  it.each(CORPUS.filter(({ name }) => !LARGE.includes(name)).map((program) => [program.name, program] as const))(
    '%s: alike in every mode',
    (_, program) => {
      const [compared, difference] = runOut(program, { count: 2, units: 4, seed: 1 });
      expect(difference).toBeUndefined();
      expect(compared).toBe(2 * 4 * 5);
    },
  );
});
