// The official wasi-threads suite, where it is; npm run test:wasi-threads runs it alone.
import { describe, expect, test } from 'vitest';
import { suiteCases, suiteFolder } from './suite.js';

const folder = suiteFolder();

describe.skipIf(folder === undefined)('the official wasi-threads suite', () => {
  for (const { name, ways } of folder === undefined ? [] : suiteCases(folder)) {
    test.each(Object.entries(ways))(`${name}, %s`, async (_way, run) => {
      expect(await run()).toBe(undefined);
    });
  }
});
