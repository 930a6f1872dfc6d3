// What a deadline costs a guest in an enclave: the corpus in one worker, without a deadline, with one that the guest keeps (soft), and with one that is
// kept from outside (hard), in turns; ratios of processor time to none, of one mode with `--mode NAME`. Checks every result.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Enclave } from '#src/enclave/untrusted/client.js';
import { createEnclave } from '#src/entry/enclave.js';
import type { RunningMode } from '#src/runtime/running-mode.js';
import { processorTime } from '../test/helpers/processor-time.js';
import { atMost, type Bench, type BenchRow, geomean, must, plain } from './harness.js';
import { type BenchProgram, programs } from './programs/programs.js';

const MODES = ['host', 'jit', 'interp'] as const;
const FAR = { timeoutMs: 3_600_000 };
const KINDS = {
  none: { interruptible: false },
  soft: { limits: FAR },
  hard: { deadline: 'hard', limits: FAR },
} as const;
type Kind = keyof typeof KINDS;
const NAMES = Object.keys(KINDS) as Kind[];

/** Milliseconds of each kind: the least of several rounds. */
async function measured(
  enclave: Enclave,
  mode: RunningMode,
  program: BenchProgram,
  isShort: boolean,
  rounds: number,
): Promise<Readonly<Record<Kind, number>>> {
  const [n, expected] = isShort ? [program.quickN, program.quickExpect] : [program.n, program.expect];
  const { module } = await enclave.loadModule({
    bytes: readFileSync(new URL(`../../bench/programs/${program.file}`, import.meta.url)),
  });
  const runs = await Promise.all(
    NAMES.map(async (kind) => {
      const { instance } = await enclave.instantiateModule({ module, options: { mode, ...KINDS[kind] } });
      const { execEnv } = await enclave.createExecEnv({ instance });
      const { function: run } = await enclave.lookupFunction({ instance, name: 'run' });
      return { kind, instance, args: { execEnv, function: run!, values: [n] } };
    }),
  );
  const best: Record<Kind, number> = {
    none: Number.POSITIVE_INFINITY,
    soft: Number.POSITIVE_INFINITY,
    hard: Number.POSITIVE_INFINITY,
  };
  for (let round = -2; round < rounds; round++) {
    // Another one begins each time.
    runs.push(runs.shift()!);
    for (const { kind, args } of runs) {
      // Of the whole process: while the guest runs, this thread sleeps.
      const ms = processorTime(() => {
        for (let k = program.calls ?? 1; k > 0; k--) {
          const { values } = enclave.sync.callWasm(args);
          must(String(values[0]) === expected, `${program.name}, ${mode}, ${kind}`);
        }
      });
      if (round >= 0) best[kind] = Math.min(best[kind], ms);
    }
  }
  for (const { instance } of runs) await enclave.deinstantiateModule({ instance });
  await enclave.unloadModule({ module });
  return best;
}

export const bench: Bench = async ({ quick, rest }) => {
  const { values } = parseArgs({ args: [...rest], options: { mode: { type: 'string' } } });
  const results: BenchRow[] = [];
  const enclave = await createEnclave({ transport: 'worker' });
  await enclave.initRuntime();
  // Many short calls measure the boundary.
  const long = programs.filter(({ calls = 1 }) => calls === 1);
  for (const mode of MODES.filter((one) => values.mode === undefined || values.mode === one)) {
    const ratios: Record<'soft' | 'hard', number[]> = { soft: [], hard: [] };
    for (const program of quick ? long.slice(0, 4) : long) {
      const ms = await measured(enclave, mode, program, quick || mode === 'interp', quick ? 1 : 7);
      for (const kind of ['soft', 'hard'] as const) ratios[kind].push(ms[kind] / ms.none);
    }
    results.push(plain(`${mode}, soft deadline against none`, geomean(ratios.soft), 'ratio'));
    results.push(atMost(`${mode}, hard deadline against none`, geomean(ratios.hard), 'ratio', 1.02));
  }
  await enclave.close();
  return { name: 'deadlines', results };
};
