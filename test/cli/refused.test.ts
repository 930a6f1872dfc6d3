// `enclasm run` says which limit refused a guest something, and which option raises it: with a trap, and where a program ends with a code of its own.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REFUSED_GUEST, REFUSED_TEXTS } from '../helpers/refused-guest.js';
import { enclasm, temporaryFolder } from './support.js';

const folder = temporaryFolder();
const file = join(folder, 'refused.wasm');
writeFileSync(file, REFUSED_GUEST);
mkdirSync(join(folder, 'data'));

const LIMITS = ['--memory=1048576', '--table-elements=50', '--open-files=4', `--map-dir=/::${join(folder, 'data')}`];

for (const words of [['--mode=host'], ['--mode=jit'], ['--mode=interp'], ['--enclave=same-thread']]) {
  describe(`enclasm run ${words}`, () => {
    it('names the limit and the option', async () => {
      for (const [name, text] of Object.entries(REFUSED_TEXTS)) {
        const trap = await enclasm(['run', ...words, ...LIMITS, `--function=${name}`, file]);
        expect(trap.code).not.toBe(0);
        expect(trap.err).toContain(`unreachable, after ${text}`);
      }
      const ended = await enclasm(['run', ...words, ...LIMITS, file]);
      expect(ended.code).toBe(1);
      expect(ended.err).toContain(`ended with exit code 1, after ${REFUSED_TEXTS.file}`);
    });
  });
}
