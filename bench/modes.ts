// npm run bench -- modes [--write]: every running mode of this host in one table: features, speed with and without limits.
// With --write the table goes into docs/modes.md, between its marks.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ALL_FEATURES } from '#src/wasm/features.js';
import type { ValidatedModule } from '#src/wasm/module.js';
import { writeMeasured } from './document.js';
import { engineOf, MODES, type Mode } from './engine-modes.js';
import type { BenchArgs, BenchResult, BenchRow } from './harness.js';

const LIMITS = ['none', 'deadline', 'fuel'] as const;

async function lackedFeatures(mode: Mode): Promise<string> {
  const engine = await engineOf(mode);
  const lacked = engine.missingFeatures({ usedFeatures: ALL_FEATURES } as unknown as ValidatedModule);
  return lacked.length === 0 ? 'none' : `${lacked.length} of ${ALL_FEATURES.size}, see [proposals.md](proposals.md)`;
}

/** In a process of its own: what V8 has learnt from one measurement slows down the next. */
function geomeanOf(mode: Mode, limits: string, quick: boolean): BenchRow {
  const script = fileURLToPath(new URL('./run.js', import.meta.url));
  const words = [script, 'engines', '--json', '--mode', mode, '--limits', limits, '--no-peers'];
  const text = execFileSync(process.execPath, quick ? [...words, '--quick'] : words, { encoding: 'utf8' });
  const { results } = JSON.parse(text) as BenchResult;
  return results.find((row) => row.what.startsWith('geomean'))!;
}

export async function bench(args: BenchArgs): Promise<BenchResult> {
  const rows: BenchRow[] = [];
  const lines = [
    `| mode | features this host lacks (Node ${process.versions.node}) | no limits | deadline | fuel, depth and memory |`,
    '| --- | --- | --- | --- | --- |',
  ];
  for (const mode of MODES as readonly Mode[]) {
    const cells: string[] = [];
    for (const limits of LIMITS) {
      const row = geomeanOf(mode, limits, args.quick);
      rows.push({ ...row, what: `${mode}, limits: ${limits}` });
      cells.push(row.value.toFixed(2));
    }
    lines.push(`| \`${mode}\` | ${await lackedFeatures(mode)} | ${cells.join(' | ')} |`);
  }
  if (args.rest.includes('--write')) {
    writeMeasured('docs/modes.md', 'npm run bench -- modes --write', lines);
  }
  return { name: "modes: geometric mean over the engine corpus, times the host's plain WebAssembly", results: rows };
}
