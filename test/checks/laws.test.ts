// The check of the laws must really fail.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { checkLaws } from '../../scripts/laws.js';

function faults(path: string, text: string): string[] {
  const root = mkdtempSync(join(tmpdir(), 'enclasm-laws-'));
  mkdirSync(dirname(join(root, 'src', path)), { recursive: true });
  writeFileSync(join(root, 'src', path), text);
  try {
    return checkLaws(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

it('only validate() makes a ValidatedModule', () => {
  const text = 'const module = {} as unknown as ValidatedModule;';
  expect(faults('engine/js/a.ts', text)).toEqual([
    'src/engine/js/a.ts:1: makes a ValidatedModule: only validate() does',
  ]);
  expect(faults('validate/validate.ts', text)).toEqual([]);
});
it('what is in runtime names no mode', () => {
  const text = "if (instance.mode === 'host') moved();";
  expect(faults('runtime/a.ts', text)).toEqual([
    'src/runtime/a.ts:1: names the mode host: runtime knows an engine, never which',
  ]);
  expect(faults('embed/a.ts', text)).toEqual([]);
});
