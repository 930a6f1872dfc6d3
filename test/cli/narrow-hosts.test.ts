// Hosts on which V8's WebAssembly cannot run, because the address space is limited or V8 may not compile: `auto` finds a mode that works, and the
// samples do what they do elsewhere, from a pool of 64 MiB, in bounded memory.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, SAMPLES, temporaryFolder } from './support.js';

const ENCLASM = join(ROOT, 'dist/bin/enclasm.cjs');
const folder = temporaryFolder();
/** Kilobytes that V8 would need several gigabytes more of for a single memory. */
const ADDRESS_SPACE_KIB = 4_000_000;
/** The pool, and what Node and the compiled program need. */
const MAX_RSS_KIB = (64 + 120) * 1024;

/** Preloaded: leaves the most memory the process had, in KiB, in a file. */
const REPORT = join(folder, 'report.cjs');
const RSS_FILE = join(folder, 'rss');
writeFileSync(
  REPORT,
  `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(RSS_FILE)}, String(process.resourceUsage().maxRSS)));`,
);

const PROGRAMS: readonly (readonly [words: readonly string[], input?: string])[] = [
  [['hello.wasm', 'one', 'two']],
  [['primes.wasm', '20000']],
  [['life.wasm', '10', '64', '24']],
  [['sha256.wasm'], 'abc'],
  [['sort.wasm'], 'pear\napple\nfig\n'],
  [['wc.wasm'], 'a few words\n'],
  [['lisp.wasm', join(SAMPLES, 'data/queens.lisp')]],
];

function wordsFor([program, ...args]: readonly string[], mode: string): string[] {
  return [ENCLASM, 'run', `--mode=${mode}`, '--pool=64M', '-v', `--dir=${SAMPLES}`, join(SAMPLES, program!), ...args];
}
/** What a program does where nothing is limited. */
const known = new Map<string, ReturnType<typeof spawnSync>>();
function usual(words: readonly string[], input: string): ReturnType<typeof spawnSync> {
  const key = words.join(' ');
  let outcome = known.get(key);
  if (outcome === undefined) {
    outcome = spawnSync(process.execPath, wordsFor(words, 'jit'), { input, encoding: 'utf8' });
    known.set(key, outcome);
  }
  return outcome;
}
function outputOf(stdout: string): string {
  return stdout.replace(/^time: .*$/m, 'time');
}

/** Runs every program by a command that starts Node in its own way. */
function check(start: (words: readonly string[], input: string) => ReturnType<typeof spawnSync>): void {
  // Newer V8s do with less address space.
  const hostStillRuns = start(['-e', 'new WebAssembly.Memory({ initial: 1 })'], '').status === 0;
  for (const [words, input = ''] of PROGRAMS) {
    const there = start(['-r', REPORT, ...wordsFor(words, 'auto')], input);
    const here = usual(words, input);
    expect([there.status, outputOf(String(there.stdout))], String(there.stderr)).toEqual([
      here.status,
      outputOf(String(here.stdout)),
    ]);
    expect(here.status).toBe(0);
    expect(String(there.stderr)).toMatch(
      hostStillRuns
        ? /mode host: auto/
        : /mode (jit|interp): auto: .*not host: this host (cannot make|has no) .*WebAssembly/,
    );
    expect(Number(readFileSync(RSS_FILE, 'utf8'))).toBeLessThan(MAX_RSS_KIB);
  }
}

const hasUlimit = spawnSync('sh', ['-c', `ulimit -v ${ADDRESS_SPACE_KIB}`]).status === 0;

describe('where the host cannot run WebAssembly', () => {
  // Not on Windows, which has no such limit, nor where a shell may not set it.
  it.skipIf(!hasUlimit)('the samples run under ulimit -v', { timeout: 120_000 }, () => {
    check((words, input) =>
      spawnSync('sh', ['-c', `ulimit -v ${ADDRESS_SPACE_KIB}; exec "$0" "$@"`, process.execPath, ...words], {
        input,
        encoding: 'utf8',
      }),
    );
  });
  it('the samples run in node --jitless', { timeout: 120_000 }, () => {
    check((words, input) => spawnSync(process.execPath, ['--jitless', ...words], { input, encoding: 'utf8' }));
  });
  it.skipIf(!hasUlimit)('the pool is the limit there, too', () => {
    const words = ['run', '--pool=1M', join(SAMPLES, 'sort.wasm')];
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', `ulimit -v ${ADDRESS_SPACE_KIB}; exec "$0" "$@"`, process.execPath, ENCLASM, ...words],
      { input: `${'a line of text\n'.repeat(100_000)}`, encoding: 'utf8' },
    );
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/memory/i);
  });
});
