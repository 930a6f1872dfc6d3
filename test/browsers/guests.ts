// The guests that programs.js runs in browsers, as files of one folder: the demo module, a program compiled ahead of time for browsers, and the cases of
// calls that wait with their modules.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { decode } from '#src/binary/decode.js';
import { compileToModule } from '#src/engine/js/aot-compile.js';
import { validate } from '#src/validate/validate.js';
import { DEMO } from '../enclave/support.js';
import { assemble, projectRoot } from '../helpers/wat.js';
import { WAITING_TEXTS } from '../modes/waiting-cases.js';

/** @param folder is made */
export function writeGuests(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'demo.wasm'), assemble(DEMO));
  const primes = validate(decode(readFileSync(join(projectRoot(), 'samples/primes.wasm'))));
  writeFileSync(join(folder, 'primes.js'), compileToModule(primes, { target: 'browser' }));
  for (const [name, text] of Object.entries(WAITING_TEXTS)) {
    writeFileSync(join(folder, `waiting-${name}.wasm`), assemble(text));
  }
  buildSync({
    entryPoints: [join(projectRoot(), 'test/modes/waiting-cases.ts')],
    bundle: true,
    format: 'esm',
    outfile: join(folder, 'waiting-cases.js'),
    logLevel: 'error',
  });
}
