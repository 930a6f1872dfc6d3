// The check of the public API and its roll-up, over packages that are made here: what says nothing, what cannot be named, what is left out.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { longCells } from '../../scripts/document-tables.js';
import { checkPublicApi } from '../../scripts/public-api.js';
import { rollUp } from '../../scripts/roll-up.js';

const folder = mkdtempSync(join(tmpdir(), 'enclasm-api-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
/** A package with one entry. @param files declarations below dist, by name */
function packageOf(files: Readonly<Record<string, string>>): string {
  const root = join(folder, String(made++));
  const all = {
    'package.json': JSON.stringify({ type: 'module', exports: { '.': { default: './dist/entry.js' } } }),
    ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`dist/${name}`, text])),
  };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

describe('the public API', () => {
  it('may not have exports or public members without text', () => {
    const root = packageOf({
      'entry.d.ts': `export declare class Silent {
          /** Bytes. */
          readonly size: number;
          grow(): void;
          private own;
          /** @internal */
          inner: number;
        }
        /** An option. */
        export interface Option { name: string }`,
    });
    expect(checkPublicApi(root)).toEqual([
      'Silent: has no text: give it a comment that says what it is',
      'Silent.grow: has no text: give it a comment that says what it does',
      'Option.name: has no text: give it a comment that says what it does',
    ]);
  });
  it('may not name types that no entry exports, but in what is internal', () => {
    const root = packageOf({
      'entry.d.ts': "export { Thing } from './thing.js';",
      'thing.d.ts': `interface Hidden { a: number } interface Inner { b: number }
        /** A thing. */
        export declare class Thing {
          /** What is hidden. */
          find(): Hidden;
          /** @internal */
          inner: Inner;
        }`,
    });
    expect(checkPublicApi(root)).toEqual(['Thing: names Hidden, which no entry exports (thing.d.ts)']);
  });
});

describe('the roll-up', () => {
  it('has each declaration by its name, without what is internal, and spells out what is worked out', () => {
    const root = packageOf({
      'entry.d.ts': "export { Thing } from './thing.js'; export type { Shape } from './thing.js';",
      'thing.d.ts': `declare const ROWS: { readonly a: 1; readonly b: 2 };
        /** Names. */ export type Shape = keyof typeof ROWS;
        /** A thing. */ export declare class Thing {
          /** @internal */
          constructor(rows: typeof ROWS);
          /** Its shape. */
          readonly shape: import('./thing.js').Shape;
        }`,
    });
    expect(checkPublicApi(root)).toEqual([]);
    const text = rollUp(root)['api/index.d.ts']!;
    expect(text).toContain("/** Names. */\nexport type Shape = 'a' | 'b';");
    expect(text).toContain('export declare class Thing {');
    expect(text).toContain('private constructor();');
    expect(text).toContain('readonly shape: Shape;');
    expect(text).not.toMatch(/ROWS|@internal|import\(/);
  });
});

describe('tables of documents', () => {
  it('have cells of a line or two', () => {
    const long = 'x'.repeat(121);
    expect(longCells(`| a | b |\n| --- | ${'-'.repeat(200)} |\n| short | ${long} |\n${long}`)).toEqual([
      { line: 3, characters: 121 },
    ]);
  });
});
