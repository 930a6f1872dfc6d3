// The check of what lives at the top of modules must really fail, and take what cannot change.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkModuleState } from '../../scripts/module-state.js';

function faults(text: string, reasons: Readonly<Record<string, string>> = {}): string[] {
  const root = mkdtempSync(join(tmpdir(), 'enclasm-state-'));
  mkdirSync(join(root, 'src'));
  writeFileSync(join(root, 'src/a.ts'), text);
  try {
    return checkModuleState(root, reasons);
  } finally {
    rmSync(root, { recursive: true });
  }
}

it.each([
  'let count = 0;',
  'export let last: string | undefined;',
  'const cache = new Map<string, number>();',
  'const seen = /* @__PURE__ */ new WeakSet();',
  'const words = new Int32Array(4);',
  'const view = new DataView(bytes);',
  'const writer = new Writer();',
  'const waiting: string[] = [];',
  'const state = { at: 0 };\nfunction next() { state.at += 1; }',
  'const first = [1];\nexport class A { set(to: number) { first[0] = to; } }',
  'class A { static count = 0; }',
])('refuses %s', (text) => {
  expect(faults(text)).toEqual([expect.stringMatching(/^src\/a\.ts:1: .* lives as long as its thread/)]);
  expect(faults(text, { 'a.ts': 'for a reason' })).toEqual([]);
});
it.each([
  'const LIMIT = 4;',
  'const NAMES: readonly string[] = [];',
  'const BY_NAME: ReadonlyMap<string, number> = new Map([["a", 1]]);',
  'const NO_BYTES = new Uint8Array(0);',
  'const TABLE = { a: 1 };\nfunction copy() { const other = { ...TABLE }; other.a = 2; }',
  'declare let process: unknown;',
  'function f() { let count = 0; return new Map([[count, 1]]); }',
  'class A { static readonly #RULES = { a: 1 }; count = 0; }',
])('takes %s', (text) => {
  expect(faults(text)).toEqual([]);
});
it('refuses a reason for what is gone', () => {
  expect(faults('const LIMIT = 4;', { 'a.ts': 'for a reason' })).toEqual([
    expect.stringContaining('remove its reason'),
  ]);
});
