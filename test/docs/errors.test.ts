// docs/guides/errors.md names every class of error that the package exports, with its kind.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../helpers/wat.js';

const root = projectRoot();
const page = readFileSync(join(root, 'docs/guides/errors.md'), 'utf8');
const declarations = readdirSync(join(root, 'api')).map((name) => readFileSync(join(root, 'api', name), 'utf8'));

/** The exported error classes by name, with their own kind or their base's. */
const kinds = new Map<string, string>();
for (const text of declarations) {
  for (const [, name, base, body] of text.matchAll(/export declare class (\w+) extends (\w+) \{([\s\S]*?)\n\}/g)) {
    const kind = /readonly kind = "([\w-]+)"/.exec(body!)?.[1] ?? (base === 'LinkError' ? 'link' : undefined);
    if (kind !== undefined) kinds.set(name!, kind);
  }
}

it('finds the classes', () => {
  expect([...kinds.keys()]).toEqual(
    expect.arrayContaining(['Trap', 'LimitError', 'LinkError', 'EnclaveError', 'AotError']),
  );
});
it.each([...kinds])('%s (%s)', (name, kind) => {
  expect(page).toMatch(new RegExp(`^\\| \`${name}\`, \`${kind}\` \\|`, 'm'));
});
it('names no class that there is not', () => {
  const named = [...page.matchAll(/^\| `(\w+)`, `/gm)].map(([, name]) => name!);
  expect(named.filter((name) => !kinds.has(name))).toEqual([]);
});
