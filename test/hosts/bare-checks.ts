// What a host is asked that has nothing but the JavaScript language: QuickJS and Hermes. A bundle of this file is one script that defines `ask`, a function
// of an ability's name and of files by name, as base64; its promise is undefined where all is well, else what is wrong. Refuses nothing.
import { decodeBase64 } from '#src/base/base64.js';
import { aotEngine, loadAot } from '#src/engine/js/aot-load.js';
import { jitEngine } from '#src/engine/js/jit.js';
import { interpEngine, LimitError, Runtime, Trap } from '#src/entry/interp.js';
import { OutputSink, wasi, wasiThreads } from '#src/entry/libraries.js';
import { barePlatform } from '#src/platform/bare.js';
import { MemoryFileSystem } from '#src/platform/memory-fs/memory-file-system.js';
import type { Engine } from '#src/runtime/engine.js';

/** Files by name. */
type Files = Readonly<Record<string, Uint8Array>>;
interface SeededRun {
  readonly file: string;
  readonly args: readonly string[];
  readonly seed: number;
  readonly end: number | string;
  readonly schedule: number;
  readonly fuel: number;
}

const NATIVES = [
  { symbol: 'host_add', signature: '(ii)i', func: (_: unknown, a: number, b: number) => a + b },
  { symbol: 'host_fill', signature: '(*~)', func: (_: unknown, bytes: Uint8Array) => void bytes.fill(7) },
  { symbol: 'host_say', signature: '($)', func: () => {} },
  { symbol: 'host_keep', signature: '(r)r', func: (_: unknown, value: unknown) => value },
];

function runtimeWith(engine: Engine): Runtime {
  const platform = { ...barePlatform(), randomFill: (bytes: Uint8Array) => void bytes.fill(1) };
  return Runtime.init({}, { platform, engines: [engine], libraries: [wasi, wasiThreads] });
}
function same(what: string, given: unknown, wanted: unknown): void {
  const text = (value: unknown): string =>
    JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? String(one) : one));
  if (text(given) !== text(wanted)) throw new Error(`${what}: ${text(given)}, not ${text(wanted)}`);
}
function thrown(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

function guests(engine: Engine, files: Files): void {
  const runtime = runtimeWith(engine);
  const stdout = new OutputSink();
  const preopens = { '/data': new MemoryFileSystem({ 'poem.txt': 'one\ntwo three\n' }) };
  const program = runtime.instantiate(runtime.load(files['wc']!), {
    wasi: { args: ['wc', '/data/poem.txt'], preopens, stdout },
  });
  same('wc', [program.mode, program.executeMain(), stdout.text], [engine.mode, 0, ' 2  3 14 /data/poem.txt\n']);
  const options = { natives: { env: NATIVES }, limits: { fuel: 1_000_000, memoryBytes: 3 << 16 } };
  const demo = runtime.instantiate(runtime.load(files['demo']!), options);
  const exports = demo.exports as Record<string, (...values: unknown[]) => unknown>;
  same('add', [exports['call_add']!(20, 22), exports['add64']!(1n << 62n, 1n << 62n)], [42, -(1n << 63n)]);
  exports['call_fill']!(100, 3);
  same('fill', [exports['peek']!(102), exports['peek']!(103)], [7, 0]);
  same('trap', thrown(() => exports['trap']!()) instanceof Trap, true);
  const limit = thrown(() => exports['spin']!());
  same('spin', limit instanceof LimitError && limit.limit, 'fuel');
  same('grow', [exports['grow']!(2), exports['grow']!(1)], [1, -1]);
  runtime.destroy();
}

function aot(compiled: unknown): void {
  const module = loadAot(compiled, false);
  const runtime = runtimeWith(aotEngine([module]));
  const stdout = new OutputSink();
  const wasiOptions = { args: ['primes', '100'], stdout };
  const instance = runtime.instantiate(runtime.load(module.wasm!), { wasi: wasiOptions });
  same(
    'aot',
    [instance.mode, instance.executeMain(), stdout.text],
    ['aot', 0, '25 primes up to 100, the last is 97\n'],
  );
  runtime.destroy();
}

function threads(files: Files, runs: readonly SeededRun[]): void {
  for (const { file, args, seed, ...wanted } of runs) {
    const runtime = runtimeWith(interpEngine());
    const module = runtime.load(files[file]!);
    const instance = runtime.instantiate(module, { seed, wasi: { args: [file, ...args], stdout: 'ignore' } });
    let end: unknown;
    try {
      end = instance.executeMain();
    } catch (error) {
      if (!(error instanceof Trap)) throw error;
      end = error.message;
    }
    same(file, { end, schedule: instance.usage.schedule, fuel: instance.usage.fuel }, wanted);
    runtime.destroy();
  }
}

async function asyncNatives(files: Files): Promise<void> {
  const runtime = runtimeWith(interpEngine());
  const later = { ...NATIVES[0]!, async: true, func: async (_: unknown, a: number, b: number) => a + b };
  const instance = runtime.instantiate(runtime.load(files['demo']!), {
    natives: { env: [later, ...NATIVES.slice(1)] },
  });
  same('sum', await instance.lookupFunction('call_add')!.callAsync([20, 22]), [42]);
  runtime.destroy();
}

const QUESTIONS: Readonly<Record<string, (given: Given) => unknown>> = {
  interp: ({ files }) => guests(interpEngine(), files),
  jit: ({ files }) => guests(jitEngine(), files),
  aot: ({ compiled }) => aot(compiled),
  threads: ({ files, runs }) => threads(files, runs),
  async: ({ files }) => asyncNatives(files),
};

/** What the script around this one gives. */
interface Given {
  readonly files: Files;
  /** What a file compiled ahead of time exports. */
  readonly compiled: unknown;
  readonly runs: readonly SeededRun[];
}

Object.assign(globalThis, {
  ask: async (
    ability: string,
    given: { files: Record<string, string> } & Omit<Given, 'files'>,
  ): Promise<string | undefined> => {
    try {
      const files = Object.fromEntries(Object.entries(given.files).map(([name, text]) => [name, decodeBase64(text)!]));
      await QUESTIONS[ability]!({ ...given, files });
      return undefined;
    } catch (error) {
      return String(error);
    }
  },
});
