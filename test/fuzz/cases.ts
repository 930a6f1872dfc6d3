// Modules on which implementations once disagreed, kept as files: NAME.wasm, and NAME.json with how to run it and what is right.
// Refuses to overwrite: a case stays as it was found.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../helpers/wat.js';

export interface CaseFacts {
  /** What was wrong, in a sentence or the two lines that differed. */
  readonly found: string;
  /** Decides arguments, and what imports return. */
  readonly seed: number;
  readonly validity: 'valid' | 'invalid';
  /** Everything that can be seen when it runs; null where it is only validated. */
  readonly expected: readonly string[] | null;
}

export interface FuzzCase extends CaseFacts {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const folder = join(projectRoot(), 'test', 'fuzz', 'cases');

export function loadCases(): FuzzCase[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return names.sort().map((file) => {
    const name = file.slice(0, -'.json'.length);
    const facts = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CaseFacts;
    return { ...facts, name, bytes: new Uint8Array(readFileSync(join(folder, `${name}.wasm`))) };
  });
}

/** Modules that somebody put into the folder without saying what is right. */
export function unrecordedCases(): { readonly name: string; readonly bytes: Uint8Array }[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith('.wasm'));
  const names = files.map((file) => file.slice(0, -'.wasm'.length)).sort();
  return names
    .filter((name) => !existsSync(join(folder, `${name}.json`)))
    .map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(folder, `${name}.wasm`))) }));
}

/** Says again what is right for a case. */
export function recordCase(name: string, facts: CaseFacts): void {
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(facts, null, 2)}\n`);
}

/** Writes a case; returns the path of its module. */
export function keepCase(bytes: Uint8Array, facts: CaseFacts): string {
  mkdirSync(folder, { recursive: true });
  const name = `found-${createHash('sha256').update(bytes).digest('hex').slice(0, 10)}`;
  const path = join(folder, `${name}.wasm`);
  if (!existsSync(path)) {
    writeFileSync(path, bytes);
    writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(facts, null, 2)}\n`);
  }
  return path;
}
