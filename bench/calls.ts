// npm run bench -- calls [--mode interp|jit|aot|host]
// The outermost call of a small function, by an embedder that makes millions of them: nanoseconds by mode and limits, and the host's own export
// beside them in the same run. The machine is noisy: each variant takes turns with the others, and its fastest turn counts.
import { readFileSync } from 'node:fs';
import { Runtime } from '#src/embed/runtime.js';
import { ALL_LIBRARIES } from '#src/entry/libraries.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import type { LimitOptions } from '#src/wasm/limit-table.js';
import { engineOf, MODES, type Mode } from './engine-modes.js';
import {
  atMost,
  type BenchArgs,
  type BenchResult,
  type BenchRow,
  must,
  option,
  plain,
  processorMs,
} from './harness.js';

const BYTES = readFileSync(new URL('../../bench/programs/fib.wasm', import.meta.url));
const CALLS = 200_000;
const TARGET_NS: Readonly<Partial<Record<Mode, number>>> = { host: 40, jit: 40, aot: 40, interp: 120 };
const LIMITS: Readonly<Record<string, LimitOptions | undefined>> = {
  none: undefined,
  deadline: { timeoutMs: 3_600_000 },
  fuel: { fuel: Number.MAX_SAFE_INTEGER },
};

type Run = (n: number) => unknown;
interface HostWasm {
  readonly Module: new (bytes: Uint8Array) => unknown;
  readonly Instance: new (module: unknown) => { readonly exports: Record<string, unknown> };
}

/** Processor nanoseconds of one call. */
function time(run: Run, calls: number): number {
  const ms = processorMs(() => {
    for (let i = 0; i < calls; i++) run(1);
  });
  return (ms * 1e6) / calls;
}

export async function bench(args: BenchArgs): Promise<BenchResult> {
  const only = option(args, '--mode', '');
  must(only === '' || MODES.includes(only), `unknown mode ${only}: one of ${MODES.join(', ')}`);
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: HostWasm }).WebAssembly;
  const variants: { readonly what: string; readonly run: Run; readonly target: number | undefined; best: number }[] = [
    {
      what: "the host's own export",
      run: new Instance(new Module(BYTES)).exports['run'] as Run,
      target: undefined,
      best: Number.POSITIVE_INFINITY,
    },
  ];
  for (const mode of (only === '' ? MODES : [only]) as readonly Mode[]) {
    const runtime = Runtime.init(
      {},
      { platform: nodePlatform(), engines: [await engineOf(mode)], libraries: ALL_LIBRARIES },
    );
    for (const [name, limits] of Object.entries(LIMITS)) {
      const options = limits ? { limits } : { interruptible: false };
      const instance = runtime.instantiate(runtime.load(BYTES), { mode, ...options });
      const { run } = instance.exports as unknown as { run: Run };
      must(run(20) === 6765, `fib(20) in mode ${mode}, limits ${name}`);
      const what = `${mode}, limits: ${name}`;
      variants.push({ what, run, target: TARGET_NS[mode], best: Number.POSITIVE_INFINITY });
    }
  }
  const calls = args.quick ? CALLS / 20 : CALLS;
  for (let round = 0; round < (args.quick ? 3 : 10); round++) {
    for (const one of variants) one.best = Math.min(one.best, time(one.run, calls));
  }
  return {
    name: 'calls from outside',
    results: variants.map(
      ({ what, best, target }): BenchRow =>
        target === undefined ? plain(what, best, 'ns') : atMost(what, best, 'ns', target),
    ),
  };
}
