// Fuel that ends in the middle of a program, at each of many units in a row: blocks, calls, loops and traps lie a few units apart, so each is met before it, in it and after
// it. What every mode leaves must be what the interpreter leaves: the error, the fuel that was used, and all of the memory.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { interpEngine } from '#src/engine/interp/interp-engine.js';
import { jitEngine } from '#src/engine/js/jit.js';
import { hostEngine } from '#src/engine/native/native-engine.js';
import type { Engine } from '#src/runtime/engine.js';
import { type BenchProgram, programs } from '../../bench/programs/programs.js';
import { Random } from '../fuzz/random.js';
import { aotTextEngine } from '../helpers/aot-engine.js';
import { MeteredGuest, MeteredModule, type Outcome } from '../helpers/metered-guest.js';
import { projectRoot } from '../helpers/wat.js';

/** Every module of the corpus once. */
export const CORPUS: readonly BenchProgram[] = [
  ...new Map(programs.map((program) => [program.file, program])).values(),
];

export interface Windows {
  /** How many places of each program. */
  readonly count: number;
  /** How many units in a row at each. */
  readonly units: number;
  readonly seed: number;
}

const ENGINES: readonly (readonly [mode: string, engine: Engine, countsCalls: boolean])[] = [
  ['host', hostEngine(), true],
  ['host, calls not counted', hostEngine(), false],
  ['jit', jitEngine(), true],
  ['jit, calls not counted', jitEngine(), false],
  // In the shape for hosts that only interpret.
  ['aot', aotTextEngine(), true],
];

/** Runs a program out of fuel in windows spread over its run. @returns how many runs were compared, and the first that differs */
export function runOut(
  { name, file, quickN }: BenchProgram,
  { count, units, seed }: Windows,
): [number, string | undefined] {
  const bytes = readFileSync(join(projectRoot(), 'bench/programs', file));
  const reference = new MeteredModule(interpEngine(), bytes);
  const others = ENGINES.map(
    ([mode, engine, countsCalls]) => [mode, new MeteredModule(engine, bytes, countsCalls)] as const,
  );
  const run = (module: MeteredModule, fuel?: number): Outcome => {
    const guest = new MeteredGuest(module);
    const outcome = guest.call('run', quickN, fuel === undefined ? {} : { fuel });
    guest.end();
    return outcome;
  };
  const { used } = run(reference);
  const random = new Random(seed);
  let compared = 0;
  for (let i = 0; i < count; i++) {
    // One window in each part of the run, the last one over its end.
    const part = used / count;
    const from =
      i === count - 1 ? used - units + 2 : Math.floor(part * i + random.below(Math.max(1, Math.floor(part))));
    for (let fuel = Math.max(1, from); fuel < from + units; fuel++) {
      const expected = run(reference, fuel);
      for (const [mode, module] of others) {
        compared++;
        const found = run(module, fuel);
        if (isDeepStrictEqual(found, expected)) continue;
        const texts = [found, expected].map((one) => JSON.stringify(one));
        return [compared, `${name}, fuel ${fuel} of ${used}, mode ${mode}: ${texts[0]}, but interp: ${texts[1]}`];
      }
    }
  }
  return [compared, undefined];
}
