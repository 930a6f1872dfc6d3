// Runs the examples of a document as they stand, inside the package, so that 'enclasm' means this one.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { projectRoot } from './wat.js';

/** The blocks of JavaScript in a document. */
export function examplesOf(text: string): string[] {
  return [...text.matchAll(/```[jt]s\n([\s\S]*?)```/g)].map((match) => match[1]!);
}

/** Makes a test of each block of JavaScript in the document. @param path from the project's root */
export function testExamples(path: string): void {
  const root = projectRoot();
  const folder = join(root, 'build', 'examples', path);
  const examples = examplesOf(readFileSync(join(root, path), 'utf8'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('has examples', () => {
    expect(examples.length).toBeGreaterThan(0);
  });
  it.each(examples.map((code, k) => [k + 1, code] as const))('example %i runs', (k, code) => {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${k}.mjs`);
    writeFileSync(file, code);
    const { status, stderr, stdout } = spawnSync(process.execPath, [file], {
      cwd: root,
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).not.toBe('');
  });
}
