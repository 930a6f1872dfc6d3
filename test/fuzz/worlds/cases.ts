// Worlds that once went wrong, kept as files: what was wrong, the plan, and what is right. Refuses to overwrite: a case stays as it was found.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../helpers/wat.js';
import type { World } from './world.js';

export interface WorldCase {
  /** What was wrong, in a sentence, and the lines that differed. */
  readonly found: string;
  readonly world: World;
  /** Every line that each side must write; null while nobody has said what is right. */
  readonly expected: readonly string[] | null;
}

const folder = join(projectRoot(), 'test', 'fuzz', 'worlds', 'cases');

export function loadWorldCases(): (WorldCase & { readonly name: string })[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => {
    const one = JSON.parse(readFileSync(join(folder, file), 'utf8')) as WorldCase;
    return { ...one, name: file.slice(0, -'.json'.length) };
  });
}

/** Says again what is right for a case. */
export function recordWorldCase(name: string, one: WorldCase): void {
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(one, null, 2)}\n`);
}

/** Writes a case; returns its path. */
export function keepWorldCase(one: WorldCase, kind: string): string {
  mkdirSync(folder, { recursive: true });
  const hash = createHash('sha256').update(JSON.stringify(one.world)).digest('hex').slice(0, 8);
  const path = join(folder, `${kind}-${hash}.json`);
  if (!existsSync(path)) writeFileSync(path, `${JSON.stringify(one, null, 2)}\n`);
  return path;
}
