// What a build leaves out, and that the rest works: programs of the corpus and one of WASI in a bundle without anything that can be left out, and bundles
// without one thing each, which refuse it by name and run all else.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type * as Package from '#src/entry/interp.js';
import type * as Libraries from '#src/entry/libraries.js';
import type { Feature } from '#src/wasm/features.js';
import { programs } from '../../bench/programs/programs.js';
import { assemble, projectRoot } from '../helpers/wat.js';
import { platform } from '../spec/targets/platform.js';
import { bundleEntry, bundleSource, gzippedBytes, LEAVE_OUTS } from './bundle.js';

type Bundle = typeof Package;
type BundleWithWasi = Bundle & Pick<typeof Libraries, 'OutputSink' | 'wasi'>;

const folder = mkdtempSync(join(tmpdir(), 'enclasm-lean-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let bundles = 0;
async function load<Built extends typeof Package>(without: readonly string[], source: string): Promise<Built> {
  const file = join(folder, `bundle-${bundles++}.mjs`);
  writeFileSync(file, await bundleSource(source, { without }));
  return import(/* @vite-ignore */ file);
}
const PACKAGE = `export * from './src/entry/interp.ts';`;
const WITH_WASI = `${PACKAGE} export { OutputSink, wasi } from './src/entry/libraries.ts';`;

const ADD = assemble(
  '(module (memory (export "memory") 1) (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))',
);
function start(built: Bundle, args: Package.RuntimeInitArgs = {}, libraries: readonly Libraries.Library[] = []) {
  return built.Runtime.init(args, { platform, engines: [built.interpEngine()], libraries });
}
function instance(built: Bundle, options: Package.InstantiateOptions = {}) {
  const runtime = start(built);
  return runtime.instantiate(runtime.load(ADD), options);
}

/** What is refused without each constant: modules by the feature, calls by what they are named. */
const REFUSED: Readonly<
  Record<string, { readonly modules?: Partial<Record<Feature, string[]>>; calls?: Record<string, Use> }>
> = {
  ENCLASM_WITHOUT_VECTORS: {
    modules: {
      simd: [
        '(module (func (param v128)))',
        '(module (func (drop (i8x16.splat (i32.const 1)))))',
        '(module (memory 1) (func (drop (v128.load8_lane 0 (i32.const 0) (v128.const i32x4 0 0 0 0)))))',
        '(module (global v128 (v128.const i64x2 0 0)))',
      ],
    },
  },
  ENCLASM_WITHOUT_GC: {
    modules: {
      gc: [
        '(module (type (struct (field i32))))',
        '(module (type (array i8)))',
        '(module (func (param anyref)))',
        '(module (func (drop (ref.i31 (i32.const 1)))))',
        '(module (func (param externref) (drop (any.convert_extern (local.get 0)))))',
      ],
    },
  },
  ENCLASM_WITHOUT_THREADS: {
    modules: {
      threads: [
        '(module (memory 1 1 shared))',
        '(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))',
        '(module (func (atomic.fence)))',
      ],
    },
    calls: { createSharedMemory: (built) => start(built).createSharedMemory({ initial: 1, maximum: 1 }) },
  },
  ENCLASM_WITHOUT_ALLOCATORS: {
    calls: {
      "memAllocType 'pool'": (built) =>
        start(built, { memAllocType: 'pool', memAllocOption: { pool: { heapSize: 1 << 20 } } }),
      heapSize: (built) => instance(built, { heapSize: 8192 }),
    },
  },
  ENCLASM_WITHOUT_ASYNC_CALLS: {
    calls: {
      'a call in slices': (built) => instance(built).lookupFunction('add')!.callAsync([1, 2]),
    },
  },
  ENCLASM_WITHOUT_OBSERVERS: { calls: { observe: (built) => instance(built, { observe: { hostCall() {} } }) } },
  ENCLASM_WITHOUT_STEP_TREE: {},
  ENCLASM_WITHOUT_TEXT_VALUES: {
    calls: { executeFunc: (built) => instance(built).executeFunc('add', ['1', '2']) },
  },
};
type Use = (built: Bundle) => unknown;

async function failureOf(use: () => unknown): Promise<unknown> {
  try {
    await use();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Checks that what some constants leave out is refused by name, and that nothing else is. */
async function checkRefusals(built: Bundle, without: readonly string[]): Promise<void> {
  for (const [constant, { modules = {}, calls = {} }] of Object.entries(REFUSED)) {
    const leftOut = without.includes(constant);
    for (const [feature, texts] of Object.entries(modules)) {
      for (const text of texts) {
        // The other features of the module may be left out as well.
        if (!leftOut && without.length > 1) continue;
        const error = await failureOf(() => start(built).load(assemble(text)));
        if (!leftOut) expect(error, text).toBeUndefined();
        else {
          expect(error, text).toBeInstanceOf(built.InvalidError);
          expect(error).toMatchObject({ feature, message: expect.stringContaining(`made with ${constant}`) });
        }
      }
      const error = await failureOf(() => start(built, { features: { [feature]: true } }));
      if (leftOut) {
        expect(String(error)).toContain(`feature '${feature}' is not in this build, which was made with ${constant}`);
      } else expect(error).toBeUndefined();
    }
    for (const [name, use] of Object.entries(calls)) {
      const error = await failureOf(() => use(built));
      if (!leftOut) expect(error, name).toBeUndefined();
      else {
        const reason = error instanceof built.InitError ? error.cause : error;
        expect(reason, name).toBeInstanceOf(built.UsageError);
        expect(String(reason)).toContain(`${name} is not in this build, which was made with ${constant}`);
      }
    }
  }
}

it('every constant of a build is one that these tests know', () => {
  expect([...LEAVE_OUTS].sort()).toEqual(Object.keys(REFUSED).sort());
});

/** Calls, bytes, i64, floats, tables, bulk instructions. The suite runs the rest: npm run test:spec -- --mode interp-lean. */
const SHORT_PROGRAMS: ReadonlySet<string> = new Set(['fib', 'xxhash64', 'nbody', 'indirect', 'bulk']);

describe('a build without everything that can be left out', () => {
  it('runs programs of the corpus, and of WASI', async () => {
    const built = await load<BundleWithWasi>(LEAVE_OUTS, WITH_WASI);
    const runtime = start(built, {}, [built.wasi]);
    for (const { name, file, quickN, quickExpect } of programs.filter((one) => SHORT_PROGRAMS.has(one.name))) {
      const module = runtime.load(readFileSync(join(projectRoot(), 'bench/programs', file)));
      expect(String(runtime.instantiate(module).lookupFunction('run')!.call(quickN)[0]), name).toBe(quickExpect);
    }
    const stdout = new built.OutputSink();
    const hello = runtime.load(readFileSync(join(projectRoot(), 'samples/hello.wasm')));
    expect(runtime.instantiate(hello, { wasi: { stdout } }).executeMain()).toBe(0);
    expect(stdout.text).toContain('ello');
  });
  it('refuses each by name', async () => checkRefusals(await load(LEAVE_OUTS, PACKAGE), LEAVE_OUTS));
});

it.each(LEAVE_OUTS)('%s leaves out that alone', async (constant) => {
  await checkRefusals(await load([constant], PACKAGE), [constant]);
});

it('with everything, nothing is refused', async () => checkRefusals(await load([], PACKAGE), []));

/** Bytes, minified and gzipped: a little above what they are, so that nobody makes the package larger without seeing it here. */
const MOST_BYTES = { everything: 121_000, lean: 88_500 };
it('the package is not larger than it is said to be', async () => {
  expect(gzippedBytes(await bundleEntry('interp'))).toBeLessThanOrEqual(MOST_BYTES.everything);
  expect(gzippedBytes(await bundleEntry('interp', { without: LEAVE_OUTS }))).toBeLessThanOrEqual(MOST_BYTES.lean);
});
