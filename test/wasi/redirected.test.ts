// Standard streams that are files, by the command line, without an enclave and in each: what test/wasi/c/redirected.c says when it is
// compiled for Linux is what it must say here.
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../helpers/wat.js';

const COMMAND = join(projectRoot(), 'dist/bin/enclasm.cjs');
const PROGRAM = join(projectRoot(), 'test/wasi/c/redirected.wasm');
/** Elsewhere no kernel tells where a stream is, and it has no positions (docs/wasi.md, Streams). */
const works = existsSync(COMMAND) && process.platform === 'linux';

const said = (input: number, read: number, output: readonly number[]): string => `input begins at ${input}
read 3
now at ${read}
read at 1 4
bcde
back to 2
read 3
cde
ends at 17
cut -1
output begins at 0
wrote 10
now at ${output[0]}
back to 2
wrote 2
now at ${output[1]}
wrote at 1
cut 0
known 0
bytes 7
at the end 7
wrote 3
`;

const WAYS = [
  [],
  ['--mode=interp'],
  ['--mode=jit'],
  ['--enclave=same-thread'],
  ['--enclave=worker'],
  ['--enclave=process'],
];

test.skipIf(!works).each(WAYS.map((args) => [args.join(' ') || 'plain', args] as const))('%s', (_name, args) => {
  const folder = mkdtempSync(join(tmpdir(), 'enclasm-redirected-'));
  const [from, to] = [join(folder, 'in'), join(folder, 'out')];
  writeFileSync(from, 'abcdefghijklmnop\n');
  const run = (flags: string, skip: number): string => {
    writeFileSync(to, 'prior');
    const [input, output] = [openSync(from, 'r'), openSync(to, flags)];
    // Whoever had it before us has read something.
    if (skip > 0) readSync(input, new Uint8Array(skip));
    const { stderr } = spawnSync(process.execPath, [COMMAND, 'run', ...args, PROGRAM], {
      stdio: [input, output, 'pipe'],
    });
    closeSync(input);
    closeSync(output);
    return stderr.toString();
  };
  try {
    expect(run('w', 2)).toBe(said(2, 5, [10, 4]));
    expect(readFileSync(to, 'utf8')).toBe('!1AB456end');
    expect(run('a', 0)).toBe(said(0, 3, [15, 17]));
    expect(readFileSync(to, 'utf8')).toBe('prior01end');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test
  .skipIf(!works)
  .each(WAYS.filter((args) => !args.includes('--mode=jit')).map((args) => [args.join(' ') || 'plain', args] as const))(
  'what natives print, one after the other: %s',
  (_name, args) => {
    const program = join(projectRoot(), 'test/threads/lib-pthread/handover');
    const folder = mkdtempSync(join(tmpdir(), 'enclasm-printed-'));
    const file = join(folder, 'out');
    const output = openSync(file, 'w');
    for (let k = 0; k < 2; k++) {
      // In turn: who prints first in workers is not known.
      const words = ['run', '--threads=cooperative', ...args, `${program}.wasm`];
      const { status } = spawnSync(process.execPath, [COMMAND, ...words], {
        stdio: ['ignore', output, 'pipe'],
      });
      expect(status).toBe(0);
    }
    closeSync(output);
    expect(readFileSync(file, 'utf8')).toBe(readFileSync(`${program}.txt`, 'utf8').repeat(2));
    rmSync(folder, { recursive: true });
  },
);
