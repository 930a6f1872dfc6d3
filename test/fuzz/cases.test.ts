// Everything that implementations once disagreed on: each mode must do what was right then, in both of its variants.
import { expect, test } from 'vitest';
import { ALL_FEATURES } from '#src/wasm/features.js';
import { loadCases } from './cases.js';
import { compareVisible } from './compare.js';
import { examine } from './examine.js';
import { loadMode, MODES } from './modes.js';

const modes = await Promise.all(MODES.map(loadMode));

for (const { name, bytes, seed, validity, expected } of loadCases()) {
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
