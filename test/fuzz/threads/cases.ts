// Programs with threads that failed once, each in a file, which npm test plays again. Refuses nothing.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningMode } from '#src/runtime/running-mode.js';
import { projectRoot } from '../../helpers/wat.js';
import type { Program } from './program.js';

export interface ThreadCase {
  /** What was wrong, and where it came from. */
  readonly found: string;
  /** Of the schedule; absent: threads in turn. */
  readonly seed?: number | undefined;
  /** In which each thread ran in a worker. */
  readonly mode?: RunningMode | undefined;
  readonly program: Program;
}

const FOLDER = join(projectRoot(), 'test', 'fuzz', 'threads', 'cases');

export function loadThreadCases(): (ThreadCase & { readonly name: string })[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({ name: file, ...(JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as ThreadCase) }));
}
/** @returns the name of the file */
export function keepThreadCase(kept: ThreadCase): string {
  const name = `found-${createHash('sha256').update(JSON.stringify(kept.program)).digest('hex').slice(0, 10)}.json`;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, name), `${JSON.stringify(kept, undefined, 2)}\n`);
  return name;
}
