// The programs of the official wasi-threads suite, and the ways to run each: a call, a call in slices, with a seed, and in workers. Refuses to run for
// ever.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InstantiateOptions } from '#src/embed/instance/instantiation.js';
import { Runtime } from '#src/embed/runtime.js';
import { ALL_LIBRARIES } from '#src/entry/libraries.js';
import { FileError } from '#src/platform/errno.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import { assemble } from '../helpers/wat.js';
import { enginesFor } from './engines.js';

const TIMEOUT_MS = 60_000;
/** In which threads run in workers. */
const PARALLEL_MODES = ['host', 'jit', 'aot', 'interp'] as const;
const platform = nodePlatform();

export interface SuiteCase {
  readonly name: string;
  /** Undefined: as it should be; otherwise what differs. */
  readonly ways: Readonly<Record<string, () => string | undefined | Promise<string | undefined>>>;
}

/** Undefined: the suite is not here. */
export function suiteFolder(): string | undefined {
  const given = process.env['WASI_THREADS_TESTSUITE'];
  if (given === undefined) return undefined;
  const inside = join(given, 'test', 'testsuite');
  return existsSync(inside) ? inside : given;
}

/** A standard input that stays open, with nothing to read. */
function silence() {
  return {
    ...({ type: 'unknown', seekable: false, appends: false } as const),
    read(): number {
      throw new FileError('EAGAIN');
    },
    write(): number {
      throw new FileError('EBADF');
    },
    ready: () => undefined,
    size: () => 0,
    setSize() {},
    setAppend() {},
    stat: () => ({
      ...({ device: 0n, inode: 0n, type: 'unknown', links: 1n, size: 0n } as const),
      ...{ accessed: 0n, modified: 0n, changed: 0n },
    }),
    setTimes() {},
    sync() {},
    close() {},
  };
}

export function suiteCases(folder: string): SuiteCase[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.wat'))
    .map((file) => {
      const name = file.slice(0, -'.wat'.length);
      const json = join(folder, `${name}.json`);
      const spec = existsSync(json) ? (JSON.parse(readFileSync(json, 'utf8')) as { exit_code?: number }) : {};
      const bytes = assemble(readFileSync(join(folder, file), 'utf8'));
      const wanted = spec.exit_code ?? 0;
      return {
        name,
        ways: {
          call: () => run(bytes, wanted, {}),
          'call in slices': () => runAsync(bytes, wanted, {}),
          'with a seed': () => run(bytes, wanted, { seed: 7 }),
          ...Object.fromEntries(
            PARALLEL_MODES.flatMap((mode) => [
              [`in workers, ${mode}`, () => run(bytes, wanted, { mode, threads: 'parallel' })],
              [`in workers, ${mode}, awaited`, () => runAsync(bytes, wanted, { mode, threads: 'parallel' })],
            ]),
          ),
        },
      };
    });
}

type Options = Pick<InstantiateOptions, 'seed' | 'mode' | 'threads'>;

function instanceOf(bytes: Uint8Array, options: Options) {
  const runtime = Runtime.init(
    { runningMode: options.mode ?? 'interp' },
    { platform, libraries: ALL_LIBRARIES, engines: enginesFor(options.mode) },
  );
  const instance = runtime.instantiate(runtime.load(bytes), {
    ...options,
    limits: { timeoutMs: TIMEOUT_MS },
    wasi: { stdin: silence() },
  });
  return { runtime, instance };
}

function run(bytes: Uint8Array, wanted: number, options: Options): string | undefined {
  const { runtime, instance } = instanceOf(bytes, options);
  try {
    return compare(wanted, instance.executeMain());
  } catch (thrown) {
    return String(thrown);
  } finally {
    runtime.destroy();
  }
}
async function runAsync(bytes: Uint8Array, wanted: number, options: Options): Promise<string | undefined> {
  const { runtime, instance } = instanceOf(bytes, options);
  try {
    return compare(wanted, await instance.executeMainAsync());
  } catch (thrown) {
    return String(thrown);
  } finally {
    runtime.destroy();
  }
}
function compare(wanted: number, exitCode: number): string | undefined {
  return exitCode === wanted ? undefined : `exit code ${exitCode}, not ${wanted}`;
}
