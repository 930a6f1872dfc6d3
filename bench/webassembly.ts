// npm run bench -- webassembly [--only border|first|steady]: the standard `WebAssembly` object beside the host's own: what a call across its border costs,
// the processor time until a package's first answer, and programs of the engine corpus when they are warm, polywasm among them.
// Every measurement runs in a process of its own; --jitless has no WebAssembly of the host's, so its rows are compared with the same without it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createWebAssembly } from '#src/entry/webassembly.js';
import { processorTime } from '../test/helpers/processor-time.js';
import { atMost, type BenchArgs, type BenchResult, type BenchRow, must, plain } from './harness.js';
import { programs } from './programs/programs.js';

/** What assembles text, and what installs packages, needs WebAssembly: a process without it loads neither. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

type Namespace = typeof WebAssembly;

const MODES = ['interp', 'jit', 'host'] as const;
type Way = 'own' | 'polywasm' | (typeof MODES)[number];

async function namespaceOf(way: Way): Promise<Namespace> {
  if (way === 'own') return WebAssembly;
  if (way === 'polywasm') return (await import('polywasm')).WebAssembly as unknown as Namespace;
  return createWebAssembly({ mode: way }) as Namespace;
}
const start = ({ Module, Instance }: Namespace, bytes: Uint8Array, imports: WebAssembly.Imports = {}) =>
  new Instance(new Module(bytes as Uint8Array<ArrayBuffer>), imports).exports as Record<string, (n: number) => number>;

/** Milliseconds of processor time of the fastest of several rounds. */
function best(rounds: number, work: () => void): number {
  return Math.min(...Array.from({ length: rounds }, () => processorTime(work)));
}

// ---- borders ----

/** Nanoseconds of one call each. */
interface Borders {
  readonly toGuest: number;
  readonly toJs: number;
  readonly toInstance: number;
  /** Microseconds of compiling and instantiating a module of one function. */
  readonly tiny: number;
}

const ADD_ONE = '(module (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))';
const CALLER = `(module (import "m" "f" (func $f (param i32) (result i32)))
  (func (export "loop") (param i32) (result i32) (local i32)
    (loop (local.set 1 (call $f (local.get 1)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1)))`;

async function measureBorders(wasm: Namespace, quick: boolean): Promise<Borders> {
  const { assemble } = await import('../test/helpers/wat.js');
  const [rounds, calls] = quick ? [3, 20_000] : [12, 200_000];
  const bytes = assemble(ADD_ONE);
  const { f } = start(wasm, bytes);
  const perCall = (work: () => void): number => (best(rounds, work) / calls) * 1e6;
  const toGuest = perCall(() => {
    let value = 0;
    for (let i = 0; i < calls; i++) value = f!(value);
    must(value === calls, 'calls of a guest');
  });
  const looped = (callee: unknown): number => {
    const { loop } = start(wasm, assemble(CALLER), { m: { f: callee as () => number } });
    return perCall(() => must(loop!(calls) === calls, 'calls of an import'));
  };
  const makes = quick ? 20 : 200;
  return {
    toGuest,
    toJs: looped((n: number) => n + 1),
    toInstance: looped(f),
    tiny: (best(quick ? 2 : 5, () => Array.from({ length: makes }, () => start(wasm, bytes))) / makes) * 1e3,
  };
}

/** The targets of calls in ns, by mode: from JavaScript, to JavaScript, to another instance. */
const TARGETS: Readonly<Record<(typeof MODES)[number], readonly [number, number, number | undefined]>> = {
  interp: [200, 100, undefined],
  jit: [60, 25, undefined],
  host: [80, 40, 15],
};
const TINY_US = 150;

function borderRows(quick: boolean): BenchRow[] {
  const own = child<Borders>('borders', 'own', String(quick));
  const rows = [
    plain("JavaScript to guest, the host's own", own.toGuest, 'ns'),
    plain("guest to JavaScript, the host's own", own.toJs, 'ns'),
    plain("instance to instance, the host's own", own.toInstance, 'ns'),
    plain("a tiny module and instance, the host's own", own.tiny, 'us'),
  ];
  for (const mode of MODES) {
    const { toGuest, toJs, toInstance, tiny } = child<Borders>('borders', mode, String(quick));
    const [most, mostToJs, mostToInstance] = TARGETS[mode];
    rows.push(
      atMost(`JavaScript to guest, ${mode}`, toGuest, 'ns', most),
      atMost(`guest to JavaScript, ${mode}`, toJs, 'ns', mostToJs),
      mostToInstance === undefined
        ? plain(`instance to instance, ${mode}`, toInstance, 'ns')
        : atMost(`instance to instance, ${mode}`, toInstance, 'ns', mostToInstance),
      atMost(`a tiny module and instance, ${mode}`, tiny, 'us', TINY_US),
    );
  }
  return rows;
}

// ---- the first answer ----

const FIRST = ['es-module-lexer', 'sql.js', 'web-tree-sitter'];
const MOST_TIMES_OWN = 4;

/** Milliseconds of processor time of a process that runs a driver; without one, that does nothing. */
function firstAnswer(driver: string | undefined, mode: (typeof MODES)[number] | undefined): number {
  const text = driver === undefined ? '' : `const { run } = await import(${JSON.stringify(driver)}); await run();`;
  const report =
    'const { user, system } = process.cpuUsage(); console.log(); console.log((user + system) / 1000); process.exit(0);';
  const register = join(ROOT, 'dist', 'bin', 'register.cjs');
  const flags = mode === undefined ? [] : ['--import', register];
  const output = execFileSync(process.execPath, [...flags, '--input-type=module', '--eval', `${text}${report}`], {
    encoding: 'utf8',
    env: { ...process.env, ENCLASM_WEBASSEMBLY: `--mode=${mode ?? 'auto'}` },
    cwd: ROOT,
  });
  return Number(output.trimEnd().split('\n').at(-1));
}

async function firstRows(quick: boolean): Promise<BenchRow[]> {
  const { installPackages } = await import('../test/packages/install.js');
  const rounds = quick ? 1 : 5;
  const least = (...args: Parameters<typeof firstAnswer>): number =>
    Math.min(...Array.from({ length: rounds }, () => firstAnswer(...args)));
  const nothing = least(undefined, undefined);
  const rows = [plain('a process that does nothing, taken off the rows below', nothing, 'ms')];
  for (const driver of installPackages()) {
    const name = basename(driver, '.mjs');
    if (!FIRST.includes(name)) continue;
    // What remains of a small package is within what the machine's mood changes.
    const own = Math.max(1, least(driver, undefined) - nothing);
    rows.push(plain(`first answer of ${name}, the host's own`, own, 'ms'));
    for (const mode of MODES) {
      rows.push(
        atMost(`first answer of ${name}, ${mode}`, (least(driver, mode) - nothing) / own, 'x host', MOST_TIMES_OWN),
      );
    }
  }
  return rows;
}

// ---- steady state ----

const STEADY = ['collatz', 'sieve', 'fib'];
const WAYS: readonly Way[] = ['own', ...MODES, 'polywasm'];

function measureSteady(wasm: Namespace, name: string, rounds: number, quick: boolean): number {
  const { file, n, expect, quickN, quickExpect } = programs.find((one) => one.name === name)!;
  const bytes = new Uint8Array(readFileSync(join(ROOT, 'bench', 'programs', file)));
  const { run } = start(wasm, bytes);
  const [size, wanted] = quick ? [quickN, quickExpect] : [n, expect];
  for (let i = 0; i < 2; i++) must(String(run!(size)) === wanted, name);
  return best(rounds, () => void run!(size));
}

function steadyRows(quick: boolean): BenchRow[] {
  return STEADY.flatMap((name) => {
    const time = (way: Way, isQuick: boolean, ...flags: string[]): number =>
      childWith<number>(flags, 'steady', way, name, String(isQuick ? 2 : 5), String(isQuick));
    const own = time('own', quick);
    const rows = WAYS.slice(1).map((way) => plain(`${name}, ${way}`, time(way, quick) / own, 'x host'));
    // Without a compiler of its own the JavaScript engine takes minutes for the whole of it.
    const bare = time('interp', true, '--jitless') / time('own', true);
    return [...rows, plain(`${name}, interp under --jitless`, bare, 'x host')];
  });
}

// ---- processes ----

function child<T>(...args: string[]): T {
  return childWith<T>([], ...args);
}
function childWith<T>(flags: readonly string[], ...args: string[]): T {
  const words = [...flags, fileURLToPath(import.meta.url), '--one', ...args];
  return JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' })) as T;
}

const PARTS: Readonly<Record<string, (quick: boolean) => BenchRow[] | Promise<BenchRow[]>>> = {
  border: borderRows,
  first: firstRows,
  steady: steadyRows,
};

export async function bench({ quick, rest }: BenchArgs): Promise<BenchResult> {
  const at = rest.indexOf('--only');
  const only = at < 0 ? Object.keys(PARTS) : [rest[at + 1] ?? ''];
  for (const name of only) must(Object.hasOwn(PARTS, name), `--only is one of ${Object.keys(PARTS).join(', ')}`);
  const results: BenchRow[] = [];
  for (const name of only) results.push(...(await PARTS[name]!(quick)));
  return { name: 'the WebAssembly object', results };
}

if (process.argv[2] === '--one') {
  const [part, way, ...rest] = process.argv.slice(3);
  const wasm = await namespaceOf(way as Way);
  const result =
    part === 'borders'
      ? await measureBorders(wasm, rest[0] === 'true')
      : measureSteady(wasm, rest[0]!, Number(rest[1]), rest[2] === 'true');
  console.log(JSON.stringify(result));
}
