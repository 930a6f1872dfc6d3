// Programs with threads under seeds, run in this host. What they come to is the same in every host: schedules.json has it. Refuses nothing.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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

const SCHEDULES = join(projectRoot(), 'test', 'hosts', 'schedules.json');
/** Every run with what it comes to. */
export const SEEDED_RUNS = JSON.parse(readFileSync(SCHEDULES, 'utf8')) as readonly (SeededRun & SeededResult)[];

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

/** The runs with what they come to here. */
export function seededResults(): (SeededRun & SeededResult)[] {
  return SEEDED_RUNS.map(({ file, args, seed }) => ({ file, args, seed, ...result({ file, args, seed }) }));
}
