// npm run bench -- engines --mode interp|jit|aot|host [--limits none|deadline|fuel] [--only NAME] [--no-peers] [--processes N]
// The engine corpus as ratios to the host's plain WebAssembly in the same run: 1.0 is V8's own speed. Results are checked first. For modes jit
// and aot polywasm and wasm2js follow (peers-js.ts). With `--processes` each program runs in so many processes of its own and the median counts: what V8 makes of
// the interpreter's step function differs from process to process by more than what most changes are worth. `--only =NAME` is that program alone.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { decode } from '#src/binary/decode.js';
import { encode } from '#src/binary/encode.js';
import type { WasmFunction } from '#src/embed/call/wasm-function.js';
import { Runtime } from '#src/embed/runtime.js';
import { ALL_LIBRARIES } from '#src/entry/libraries.js';
import { instrument } from '#src/instrument/instrument.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import { validate } from '#src/validate/validate.js';
import type { LimitOptions } from '#src/wasm/limit-table.js';
import { generateModule } from './decode.js';
import { engineOf, MODES, type Mode } from './engine-modes.js';
import {
  atLeast,
  atMost,
  type BenchArgs,
  type BenchResult,
  type BenchRow,
  fastest,
  geomean,
  must,
  option,
  plain,
  processorMs,
} from './harness.js';
import { peerRows } from './peers-js.js';
import { type BenchProgram, programsNamed } from './programs/programs.js';

/** Where 64-bit multiplication decides: JavaScript has none. */
const MULTIPLY_HASHES = new Set(['xxhash64']);

const LIMITS: Readonly<Record<string, LimitOptions | undefined>> = {
  none: undefined,
  deadline: { timeoutMs: 3_600_000 },
  fuel: { fuel: Number.MAX_SAFE_INTEGER, memoryBytes: 1 << 30, callDepth: 100_000 },
};

type Run = (n: number) => unknown;

interface HostWasm {
  readonly Module: new (bytes: Uint8Array) => unknown;
  readonly Instance: new (module: unknown) => { readonly exports: Record<string, unknown> };
}

function hostRun(bytes: Uint8Array): Run {
  const host = (globalThis as unknown as { WebAssembly: HostWasm }).WebAssembly;
  return new host.Instance(new host.Module(bytes)).exports['run'] as Run;
}

function time(run: Run, n: number, calls: number): number {
  return processorMs(() => {
    for (let i = 0; i < calls; i++) run(n);
  });
}

/** The ratio of the fastest runs; both sides take turns, so that the machine's mood hits both. */
function ratio(
  ours: Run,
  theirs: Run,
  program: BenchProgram,
  rounds: number,
): { readonly ratio: number; readonly hostMs: number } {
  const { n, calls = 1 } = program;
  let best = Number.POSITIVE_INFINITY;
  let hostBest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < 3; i++) hostBest = Math.min(hostBest, time(theirs, n, calls));
    best = Math.min(best, time(ours, n, calls));
  }
  return { ratio: best / hostBest, hostMs: hostBest };
}

function instantiate(runtime: Runtime, bytes: Uint8Array, mode: Mode, limits: LimitOptions | undefined): WasmFunction {
  const instance = runtime.instantiate(runtime.load(bytes), {
    mode,
    ...(limits ? { limits } : { interruptible: false }),
  });
  return instance.lookupFunction('run')!;
}

/** Warm instantiation and first call of a small module, in milliseconds. */
function firstCallMs(runtime: Runtime, mode: Mode, bytes: Uint8Array, n: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 20; i++) {
    const start = performance.now();
    const module = runtime.load(bytes);
    const instance = runtime.instantiate(module, { mode });
    instance.lookupFunction('run')!.call(n);
    best = Math.min(best, performance.now() - start);
    instance.deinstantiate();
    module.unload();
  }
  return best;
}

/** A large module with one more function, "first", which returns its argument. */
function largeModule(bytes: number): Uint8Array {
  const module = validate(decode(generateModule(bytes)));
  const { functions } = module;
  return encode(module, {
    functions: [...functions, { typeIndex: 0, locals: [] }],
    exports: [{ name: 'first', kind: 'func', index: functions.length }],
    body: (writer, index) => {
      const code = functions[index]?.code;
      if (code) writer.raw(module.bytes, code.start, code.end);
      else writer.raw(Uint8Array.of(0x20, 0, 0x0b));
    },
  });
}

/** Megabytes of module per second, from its bytes until its first call has returned. */
function firstCallSpeed(runtime: Runtime, mode: Mode, bytes: Uint8Array): number {
  const ms = fastest(4, () => {
    const module = runtime.load(bytes);
    const instance = runtime.instantiate(module, { mode });
    must(instance.lookupFunction('first')!.call(42, 0)[0] === 42, 'the first call of a large module');
    instance.deinstantiate();
    module.unload();
  });
  return bytes.length / 1000 / ms;
}

/** Instrumented bytes per byte of whole programs. */
function codeSize(limits: string): BenchRow {
  const options = {
    metered: limits === 'fuel',
    interruptible: true,
    countsCalls: limits === 'fuel',
    waits: false,
    locatesTraps: true,
    tellsFunctions: false,
    tellsPlaces: false,
    deterministic: false,
    linked: false,
    chargesObjects: false,
    countsStack: false,
  };
  const folder = new URL('../../samples/', import.meta.url);
  let before = 0;
  let after = 0;
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.wasm'))) {
    const bytes = readFileSync(new URL(file, folder));
    before += bytes.length;
    after += instrument(validate(decode(bytes)), options, file).length;
  }
  return atMost('code size, whole programs of samples/', after / before, 'x original', 1.4);
}

function targets(mode: Mode, limits: string, all: readonly number[], byName: ReadonlyMap<string, number>): BenchRow[] {
  const mean = geomean(all);
  const worst = Math.max(...all);
  const name = `${mode}, limits: ${limits}`;
  if (mode === 'interp') {
    if (limits !== 'none') return [plain(`geomean (${name})`, mean, 'x host')];
    return [atMost(`geomean (${name})`, mean, 'x host', 12), atMost('worst program', worst, 'x host', 60)];
  }
  if (mode === 'host') {
    if (limits === 'fuel')
      return [atMost(`geomean (${name})`, mean, 'x host', 1.1), atMost('worst program', worst, 'x host', 1.5)];
    if (limits === 'deadline') return [atMost(`geomean (${name})`, mean, 'x host', 1.06)];
    return [plain(`geomean (${name})`, mean, 'x host')];
  }
  if (limits !== 'none') return [plain(`geomean (${name})`, mean, 'x host')];
  const rows = [atMost(`geomean (${name})`, mean, 'x host', 1.6)];
  const mixed = byName.get('mixed');
  if (mixed !== undefined) rows.push(atMost('mixed (CoreMark-like)', mixed, 'x host', 1.4));
  for (const hash of MULTIPLY_HASHES) {
    const value = byName.get(hash);
    if (value !== undefined) rows.push(atMost(`${hash} (64-bit multiply)`, value, 'x host', 10));
  }
  return rows;
}

/** The ratio of one program by the median of processes of their own. */
function medianOfProcesses(name: string, count: number, mode: Mode, limits: string, quick: boolean): number {
  const run = fileURLToPath(new URL('run.js', import.meta.url));
  const what = ['engines', '--json', '--mode', mode, '--limits', limits, '--only', `=${name}`, '--no-peers'];
  const ratios = Array.from({ length: count }, () => {
    const text = execFileSync(process.execPath, [run, ...what, ...(quick ? ['--quick'] : [])], { encoding: 'utf8' });
    return (JSON.parse(text) as BenchResult).results.find((row) => row.what === name)!.value;
  });
  return ratios.sort((a, b) => a - b)[count >> 1]!;
}

export async function bench(args: BenchArgs): Promise<BenchResult> {
  const mode = option(args, '--mode', 'interp') as Mode;
  must(MODES.includes(mode), `unknown mode ${mode}: one of ${MODES.join(', ')}`);
  const limits = option(args, '--limits', mode === 'host' ? 'fuel' : 'none');
  must(limits in LIMITS, `unknown limits ${limits}: one of ${Object.keys(LIMITS).join(', ')}`);
  const only = option(args, '--only', '');
  const processes = Number(option(args, '--processes', '0'));
  const runtime = Runtime.init(
    {},
    { platform: nodePlatform(), engines: [await engineOf(mode)], libraries: ALL_LIBRARIES },
  );

  const rows: BenchRow[] = [];
  const byName = new Map<string, number>();
  for (const program of programsNamed(only)) {
    if (processes > 0) {
      const value = medianOfProcesses(program.name, processes, mode, limits, args.quick);
      byName.set(program.name, value);
      rows.push(plain(program.name, value, 'x host'));
      continue;
    }
    const bytes = readFileSync(new URL(`../../bench/programs/${program.file}`, import.meta.url));
    const guest = instantiate(runtime, bytes, mode, LIMITS[limits]);
    const ours: Run = (n) => guest.call(n)[0];
    const theirs = hostRun(bytes);
    must(String(ours(program.quickN)) === program.quickExpect, `${program.name}(${program.quickN}) in mode ${mode}`);
    if (!args.quick) must(String(ours(program.n)) === program.expect, `${program.name}(${program.n}) in mode ${mode}`);
    const sized = args.quick ? { ...program, n: program.quickN, calls: 20 } : program;
    for (let i = 0; i < 5; i++) time(theirs, sized.n, sized.calls ?? 1);
    const measured = ratio(ours, theirs, sized, mode === 'interp' ? 3 : 7);
    byName.set(program.name, measured.ratio);
    rows.push(plain(program.name, measured.ratio, 'x host'));
  }
  rows.push(...targets(mode, limits, [...byName.values()], byName));
  if (!only) {
    const small = readFileSync(new URL('../../bench/programs/fib.wasm', import.meta.url));
    rows.push(
      atMost('load, instantiate, first call of a small module, warm', firstCallMs(runtime, mode, small, 5), 'ms', 1),
    );
  }
  if (mode === 'host' && limits !== 'none' && !only) rows.push(codeSize(limits));
  if (mode === 'jit' && !only) {
    const large = largeModule(args.quick ? 500_000 : 4_000_000);
    rows.push(
      atLeast('load, instantiate, first call of a large module', firstCallSpeed(runtime, mode, large), 'MB/s', 5),
    );
  }
  if ((mode === 'jit' || mode === 'aot') && limits === 'none' && !args.rest.includes('--no-peers')) {
    rows.push(...peerRows(mode, only, args.quick).rows);
  }
  return { name: `engines, mode ${mode}, limits ${limits}`, results: rows };
}
