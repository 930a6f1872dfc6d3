// V8's optimising compiler takes no function whose bytecode is longer than 60 KB: the interpreter would be twenty times slower. What it reads all the time
// stays a constant in bundles: as variables, which bundlers make of a module's constants, it would be half as fast.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundleFile } from './bundle.js';

const BUDGET_BYTES = 60_500;

test('the step function of the interpreter is small enough to be optimised', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'enclasm-step-'));
  try {
    const file = join(folder, 'step.mjs');
    // A call with nothing makes V8 compile it before it fails.
    writeFileSync(
      file,
      `${await bundleFile('src/engine/interp/loop.gen.ts', { minify: false })}\ntry { step({}, 0, 0, 0, 0); } catch {}\n`,
    );
    const printed = execFileSync(process.execPath, ['--print-bytecode', '--print-bytecode-filter=stepThrough', file], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    const length = Number(/Bytecode length: (\d+)/.exec(printed)?.[1]);
    expect(length).toBeGreaterThan(10_000);
    expect(length).toBeLessThanOrEqual(BUDGET_BYTES);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('bundlers leave its constants constants', async () => {
  for (const minify of [false, true]) {
    expect(await bundleFile('src/engine/interp/loop.gen.ts', { minify })).toMatch(
      /\b(const|let) ?\{ ?CALLS:[^}]*\bREGISTERS:/,
    );
  }
});
