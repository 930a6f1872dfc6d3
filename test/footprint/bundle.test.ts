// What must not be in the small package: the ways to run code that its hosts forbid.
import { expect, test } from 'vitest';
import { bundleEntry } from './bundle.js';

test('the interpreter-only entry names neither the host’s WebAssembly nor code generation', async () => {
  const text = await bundleEntry('interp');
  for (const forbidden of [/\bWebAssembly\b/, /\bnew Function\b/, /\beval\(/, /\bfrom"node:/, /\bimport\(/]) {
    expect(text.match(forbidden)?.[0], `${forbidden}`).toBeUndefined();
  }
});
