// The check of limits must really fail: second lists, names where they are derived, names all over, reasons that are none any more.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { LIMITS, limitsOf } from '#src/wasm/limit-table.js';
import { limitDocs } from '../../scripts/gen-limit-docs.js';
import { checkLimitPlaces } from '../../scripts/limit-places.js';

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

function faults(files: Readonly<Record<string, string>>, lists: Readonly<Record<string, string>> = {}): string[] {
  const root = mkdtempSync(join(tmpdir(), 'enclasm-limits-'));
  roots.push(root);
  mkdirSync(join(root, 'src'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return checkLimitPlaces(root, lists);
}

describe('places of limits', () => {
  it.each([
    ['an object', 'const a = { fuel: 1, timeoutMs: 2, hostCalls: 3 };'],
    ['an interface', 'interface A { readonly fuel?: number; timeoutMs?: number; hostCalls?: number }'],
    ['a type', "type A = { 'fuel': number; timeoutMs: number; hostCalls: number };"],
    ['a class', 'class A { fuel = 1; timeoutMs = 2; hostCalls = 3; }'],
    ['a union', "type A = 'fuel' | 'timeoutMs' | 'hostCalls';"],
    ['an array', "const a = ['fuel', 'timeoutMs', 'hostCalls'];"],
    ['a pattern', 'const { fuel, timeoutMs: b, hostCalls } = limits;'],
    ['a switch', "switch (a) { case 'fuel': case 'timeoutMs': case 'hostCalls': }"],
    ['fields of usage', 'const a = { wallMs: 1, bytesRead: 2, bytesWritten: 3 };'],
  ])('refuses a second list: %s', (_name, text) => {
    expect(faults({ 'src/embed/a.ts': text })).toEqual([expect.stringMatching(/^src\/embed\/a\.ts:1: lists .* again/)]);
    expect(faults({ 'src/embed/a.ts': text }, { 'embed/a.ts': 'for a reason' })).toEqual([]);
  });
  it('takes the tables, two names, tests and comments', () => {
    const list = 'const a = { fuel: 1, timeoutMs: 2, hostCalls: 3 };';
    const files = {
      'src/wasm/limit-table.ts': list,
      'src/embed/a.test.ts': list,
      'src/embed/a.ts': 'const a = { fuel: 1, timeoutMs: 2 }; // fuel, timeoutMs, hostCalls, outputBytes',
    };
    expect(faults(files)).toEqual([]);
  });
  it('refuses a limit where it is derived, and all over', () => {
    expect(faults({ 'src/cli/a.ts': 'const a = limits.outputBytes;' })).toEqual([
      'src/cli/a.ts: names the limit outputBytes: derive it from wasm/limit-table.ts',
    ]);
    const many = Object.fromEntries([...'abcdefg'].map((name) => [`src/embed/${name}.ts`, 'f(limits.outputBytes);']));
    expect(faults(many)).toEqual([expect.stringContaining('the limit outputBytes stands in 7 files')]);
  });
  it('refuses a reason for a list that is gone', () => {
    expect(faults({ 'src/embed/a.ts': '' }, { 'embed/a.ts': 'for a reason' })).toEqual([
      expect.stringContaining('has no list of limits any more'),
    ]);
  });
});

describe('the documents', () => {
  it('have the tables of limits and usage', () => {
    expect(limitDocs()).toBe(readFileSync('docs/embedding.md', 'utf8'));
  });
  it('say of each limit how it holds in every mode, but of threads, which there are none of', () => {
    const text = readFileSync('docs/modes.md', 'utf8');
    const names = limitsOf('call', 'instance', 'runtime').filter((name) => name !== 'threads');
    expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });
  it('and numbers of limits on the wire are for ever', () => {
    expect(Object.keys(LIMITS)).toEqual([
      ...['fuel', 'timeoutMs', 'memoryBytes', 'stackBytes', 'callDepth', 'tableElements', 'instances', 'threads'],
      ...['openFiles', 'outputBytes', 'hostCalls', 'moduleBytes', 'signal'],
    ]);
  });
});
