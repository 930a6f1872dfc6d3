// Everything that implementations once disagreed on: each mode must do what was right then, in all of its variants.
import { setFlagsFromString } from 'node:v8';
import { expect, test } from 'vitest';
import { ALL_FEATURES } from '#src/wasm/features.js';
import { loadCases } from './cases.js';
import { compareVisible } from './compare.js';
import { examine } from './examine.js';
import { loadMode, MODES } from './modes.js';

const modes = await Promise.all(MODES.map(loadMode));
const cases = loadCases();

for (const { name, bytes, seed, validity, expected } of cases) {
  test(name, () => {
    const examined = examine(bytes, seed, modes, ALL_FEATURES);
    expect(examined.differences).toEqual([]);
    expect(examined.validity === 'valid' ? 'valid' : 'invalid').toBe(validity);
    if (expected !== null && examined.transcript !== undefined) {
      const recorded = { ...examined.transcript, lines: expected };
      expect(compareVisible('what was recorded', examined.transcript, recorded)).toBeUndefined();
    }
  });
}

/** V8 tells other places of traps in optimised code, and so early it does not optimise by itself. */
test('mode host in optimised code', async () => {
  setFlagsFromString('--no-liftoff');
  try {
    const both = await Promise.all(['interp', 'host'].map(loadMode));
    for (const { name, bytes, seed } of cases) {
      expect(examine(bytes, seed, both, ALL_FEATURES).differences, name).toEqual([]);
    }
  } finally {
    setFlagsFromString('--liftoff');
  }
});
