// Programs with threads under seeds, run in this host: what each run came to, one line for each. `node build/test/hosts/seeded-runs.js` prints them.
// They are the same in every host; schedules.json has what they are. Refuses nothing.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Runtime } from '#src/embed/runtime.js';
import { interpEngine } from '#src/engine/interp/interp-engine.js';
import { ALL_LIBRARIES } from '#src/entry/libraries.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import { Trap } from '#src/wasm/errors.js';
import { projectRoot } from '../helpers/wat.js';

export interface SeededRun {
  /** Below the project's root. */
  readonly file: string;
  readonly args: readonly string[];
  readonly seed: number;
}
/** What a run came to: exit code or trap, the hash of its schedule, what it used. */
export interface SeededResult {
  readonly end: number | string;
  readonly schedule: number;
  readonly fuel: number;
}

export const SEEDED_RUNS: readonly SeededRun[] = [
  { file: 'test/threads/c/race.wasm', args: [], seed: 3 },
  { file: 'test/threads/c/barrier.wasm', args: [], seed: 1 },
  { file: 'samples/threads/dining.wasm', args: [], seed: 7 },
  { file: 'samples/threads/primes.wasm', args: ['2000', '3'], seed: 0 },
];
export const SCHEDULES = join(projectRoot(), 'test', 'hosts', 'schedules.json');

function result({ file, args, seed }: SeededRun): SeededResult {
  const runtime = Runtime.init({}, { platform: nodePlatform(), libraries: ALL_LIBRARIES, engines: [interpEngine()] });
  try {
    const module = runtime.load(readFileSync(join(projectRoot(), file)));
    const instance = runtime.instantiate(module, { seed, wasi: { args: [file, ...args], stdout: 'ignore' } });
    let end: number | string;
    try {
      end = instance.executeMain();
    } catch (error) {
      if (!(error instanceof Trap)) throw error;
      end = error.message;
    }
    return { end, schedule: instance.usage.schedule!, fuel: instance.usage.fuel! };
  } finally {
    runtime.destroy();
  }
}

export function seededResults(): SeededResult[] {
  return SEEDED_RUNS.map(result);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(seededResults(), undefined, 2));
