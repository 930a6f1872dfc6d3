// What nobody observes costs nothing: the code of such an instance is the one that was made before there were observers.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decode } from '#src/binary/decode.js';
import { compileToModule } from '#src/engine/js/aot-compile.js';
import { HOOKS, hooksModule } from '#src/instrument/hooks.js';
import { instrument } from '#src/instrument/instrument.js';
import { validate } from '#src/validate/validate.js';
import { INTERRUPTIBLE } from '../helpers/instrument-options.js';
import { projectRoot } from '../helpers/wat.js';

const module = validate(decode(new Uint8Array(readFileSync(join(projectRoot(), 'samples/lisp.wasm')))));
const OPTIONS = { ...INTERRUPTIBLE, metered: true, countsCalls: true };

test('JavaScript that is observed is the other with additions, and the other has none of them', () => {
  const plain = compileToModule(module, { abilities: ['fuel'] });
  const observed = compileToModule(module, { abilities: ['observed'] });
  expect(plain.includes('observation')).toBe(false);
  expect(observed.split('observation.enter(').length - 1).toBe(module.functions.length);
  expect(observed.length).toBeGreaterThan(plain.length);
});
test('an instrumented module that is not observed imports no hooks for it, and adds no function', () => {
  const of = (options: object) => decode(instrument(module, { ...OPTIONS, ...options }, 'm'));
  const plain = of({});
  const observed = of({ tellsFunctions: true, tellsPlaces: true });
  expect(observed.functions.length - plain.functions.length).toBe(3);
  expect(plain.bytes.length).toBeLessThan(observed.bytes.length);
  const hooks = (options: object): number => decode(hooksModule({ ...OPTIONS, ...options })).imports.length;
  expect(hooks({})).toBe(Object.keys(HOOKS).length - 6);
  expect(hooks({ tellsFunctions: true, tellsPlaces: true })).toBe(Object.keys(HOOKS).length - 3);
});
