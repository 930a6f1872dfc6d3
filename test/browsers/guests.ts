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
import { threaded as withThreads } from '../threads/guest-text.js';

/** A program whose threads never end. */
const SPINNING = withThreads(`
  (func (export "wasi_thread_start") (param i32 i32) (loop $spin (br $spin)))
  (func (export "_start")
    (if (i32.lt_s (call $spawn (i32.const 0)) (i32.const 1)) (then unreachable))
    (loop $spin (br $spin)))`);

/** @param folder is made */
export function writeGuests(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'demo.wasm'), assemble(DEMO));
  const primes = validate(decode(readFileSync(join(projectRoot(), 'samples/primes.wasm'))));
  writeFileSync(join(folder, 'primes.js'), compileToModule(primes, { target: 'browser' }));
  const threaded = validate(decode(readFileSync(join(projectRoot(), 'samples/threads/primes.wasm'))));
  writeFileSync(
    join(folder, 'primes-with-threads.js'),
    compileToModule(threaded, { target: 'browser', abilities: ['fuel'] }),
  );
  writeFileSync(join(folder, 'spinning-threads.wasm'), assemble(SPINNING));
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
