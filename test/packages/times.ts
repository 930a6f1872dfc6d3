// The times of the large packages, which a run with --record keeps in times.json and scripts/gen-package-docs.ts makes a table of. Refuses nothing.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../helpers/wat.js';

/** Seconds of processor time until the answer: by driver, then by setting. */
export type Times = Readonly<Record<string, Readonly<Record<string, number>>>>;

const PATH = join(projectRoot(), 'test', 'packages', 'times.json');

export function readTimes(): Times {
  return JSON.parse(readFileSync(PATH, 'utf8')) as Times;
}
/** Keeps the time of one driver in one setting, in the place of an older one. */
export function recordTimes(driver: string, setting: string, seconds: number): void {
  const times = readTimes();
  const all = { ...times, [driver]: { ...times[driver], [setting]: Number(seconds.toPrecision(3)) } };
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(PATH, `${JSON.stringify(sorted, null, 2)}\n`);
}
