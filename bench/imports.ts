// npm run bench -- imports: what importing an entry of the package costs a program in Node, from the few files that the package has for it and from all of
// its modules: processor time beyond an empty program's, processes taking turns, medians.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../test/helpers/wat.js';
import { atMost, type BenchArgs, type BenchResult, median, must, plain } from './harness.js';

const ENTRIES = ['index', 'enclave', 'interp', 'webassembly'] as const;
const TARGET = 0.6;

/** Prints the milliseconds of processor time that the process has taken. */
const program = (imports: string): string => `${imports}
const { user, system } = process.cpuUsage();
console.log((user + system) / 1000);
`;

export async function bench({ quick }: BenchArgs): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'enclasm-bench-imports-'));
  try {
    const file = (name: string, imports: string): string => {
      const path = join(folder, `${name}.mjs`);
      writeFileSync(path, program(imports));
      return path;
    };
    const from = (where: string, entry: string): string =>
      file(`${where}-${entry}`, `import '${pathToFileURL(join(projectRoot(), 'dist', where, `${entry}.js`)).href}';`);
    const files = [file('empty', ''), ...ENTRIES.flatMap((entry) => [from('node', entry), from('entry', entry)])];
    const ms = (path: string): number => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [path], { encoding: 'utf8' });
      must(status === 0, stderr);
      return Number(stdout);
    };
    const turns = Array.from({ length: quick ? 1 : 15 }, () => files.map(ms));
    const [empty, ...times] = files.map((_, k) => median(turns.map((turn) => turn[k]!)));
    const beyond = times.map((time) => time - empty!);
    return {
      name: 'imports',
      results: ENTRIES.flatMap((entry, k) => [
        plain(`${entry}, beyond an empty program`, beyond[2 * k]!, 'ms'),
        atMost(`${entry}, against all of its modules`, beyond[2 * k]! / beyond[2 * k + 1]!, 'x', TARGET),
      ]),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
