import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { programs } from '../../../bench/programs/programs.js';
import { VARIANTS } from '../../../test/helpers/instrument-options.js';
import { decode } from '../../binary/decode.js';
import { instrument } from '../../instrument/instrument.js';
import { validate } from '../../validate/validate.js';
import { contentKey, packEntry } from './code-cache.js';

/** The version of kept code, and what is kept of the programs with it. Both change together. */
const KEPT = { version: 18, code: '882ddda32f041941825b7ac30db71563' };

it('has another version wherever the code is another, so that no start takes code which an older version has kept', () => {
  const files = [...new Set(programs.map(({ file }) => file))];
  const keys = files.flatMap((file) => {
    const module = validate(decode(readFileSync(new URL(`../../../bench/programs/${file}`, import.meta.url))));
    return VARIANTS.map((options) => contentKey(instrument(module, options, 'n')));
  });
  const nothing = new Uint8Array();
  const entry = packEntry('', nothing, nothing);
  const version = new DataView(entry.buffer).getInt32(4, true);
  const code = contentKey(new TextEncoder().encode(keys.join()));
  expect(
    { version, code },
    'the instrumented code has changed: raise VERSION in code-cache.ts, then write both here',
  ).toEqual(KEPT);
});
