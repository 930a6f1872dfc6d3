// What lets functions of an instance out. Behaviour is tested in test/modes.
import { expect, test } from 'vitest';
import { assemble } from '../../test/helpers/wat.js';
import { decode } from '../binary/decode.js';
import { validate } from '../validate/validate.js';
import { sharesFunctions } from './shares-functions.js';

const shares = (text: string): boolean => sharesFunctions(validate(decode(assemble(text))));

test('functions get out in exceptions that nobody catches, whether their tag is exported or not', () => {
  expect(shares('(module (tag (param funcref)) (func (export "run")))')).toBe(true);
  expect(shares('(module (tag (param exnref)) (func (export "run")))')).toBe(true);
  expect(shares('(module (tag (param i32)) (func (export "run")))')).toBe(false);
});
