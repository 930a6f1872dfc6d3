// npm run bench -- ruby [--mode NAME]: a program that people use, in every running mode beside node:wasi: Ruby 3.4, 16.7 MB of WebAssembly, runs calls, texts
// and hashes for some seconds. Downloads Ruby from npm the first time, and says so. Each run is a process of its own; all must print the same.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromNpm } from '../scripts/from-npm.js';
import { MODES } from './engine-modes.js';
import { type BenchArgs, type BenchResult, type BenchRow, must, plain } from './harness.js';
import type { RubyTimes } from './ruby/guest.js';

const RUBY = { package: '@ruby/3.4-wasm-wasi', version: '2.10.1', file: 'dist/ruby.wasm' };
const NODE = 'node:wasi';
const GUEST = fileURLToPath(new URL('ruby/guest.js', import.meta.url));

const program = (size: number): string => `
def fib(n) = n < 2 ? n : fib(n - 1) + fib(n - 2)
puts fib(${size > 1 ? 27 : 20})

text = +""
${size * 6_000}.times do |i|
  text << "line " << i.to_s << (i.odd? ? ", odd" : ", even").upcase << "\\n"
  text = text[text.size / 2..] if text.size > 50_000
end
puts text.size, text.sum

counts = Hash.new(0)
seed = 1
${size * 10_000}.times do
  seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff
  counts["word#{seed >> 8 & 1023}"] += 1
end
puts counts.size, counts.sort_by { |word, count| [-count, word] }.first(3).inspect
$stdout.flush
`;

interface RubyRun extends RubyTimes {
  readonly output: string;
}

function runOnce(way: string, wasm: string, source: string): RubyRun {
  const args = ['--no-warnings', GUEST, way, wasm, source];
  const child = spawnSync(process.execPath, args, { encoding: 'utf8' });
  must(child.status === 0, `Ruby under ${way}: ${child.stderr}`);
  const lines = child.stdout.trimEnd().split('\n');
  const times = JSON.parse(lines.pop()!) as RubyTimes;
  return { ...times, output: lines.join('\n') };
}

export async function bench({ quick, rest }: BenchArgs): Promise<BenchResult> {
  const at = rest.indexOf('--mode');
  const modes = at < 0 ? MODES : MODES.filter((mode) => mode === rest[at + 1]);
  must(modes.length > 0, `unknown mode ${rest[at + 1]}: one of ${MODES.join(', ')}`);
  const wasm = fromNpm(RUBY, (what) => console.error(`downloads ${what} (30 MB) from npm into node_modules/.cache`));
  must(wasm !== null, `${RUBY.package} could not be downloaded`);
  const folder = mkdtempSync(join(tmpdir(), 'enclasm-ruby-'));
  const best = new Map<string, RubyTimes>();
  try {
    const source = join(folder, 'program.rb');
    writeFileSync(source, program(quick ? 1 : 20));
    let output: string | undefined;
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      for (const way of [NODE, ...modes]) {
        // Minutes of interpretation hardly spread.
        if (way === 'interp' && round > 0) continue;
        const run = runOnce(way, wasm, source);
        output ??= run.output;
        must(run.output === output, `Ruby under ${way} printed:\n${run.output}\ninstead of:\n${output}`);
        const { startMs, programMs } = best.get(way) ?? run;
        best.set(way, { startMs: Math.min(startMs, run.startMs), programMs: Math.min(programMs, run.programMs) });
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const node = best.get(NODE)!;
  const rows: BenchRow[] = [];
  for (const [way, { startMs, programMs }] of best) {
    rows.push(plain(`${way}: until Ruby is ready`, startMs, 'ms'), plain(`${way}: the program`, programMs, 'ms'));
    if (way !== NODE) rows.push(plain(`${way}: the program, ratio to ${NODE}`, programMs / node.programMs, 'x'));
  }
  return { name: `Ruby (${RUBY.package}@${RUBY.version}), processor time`, results: rows };
}
