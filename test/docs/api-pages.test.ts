// The pages of the API can be made of the declarations, without a warning: every link in a comment leads somewhere, and every type that is named is there.
// `npm run docs` writes them; here nothing is written.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../helpers/wat.js';

const root = projectRoot();
function typedoc(...args: string[]): { readonly status: number | null; readonly said: string } {
  const program = join(root, 'node_modules', 'typedoc', 'bin', 'typedoc');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, '--emit', 'none', ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { status, said: stdout + stderr };
}

it('without a warning', () => {
  expect(typedoc()).toEqual({ status: 0, said: '' });
});
it('a broken link fails', () => {
  const folder = mkdtempSync(join(tmpdir(), 'enclasm-pages-'));
  try {
    const text = '/** See {@link Nowhere}. */\nexport declare function here(): void;\n';
    writeFileSync(join(folder, 'broken.d.ts'), text);
    const tsconfig = { compilerOptions: { types: [] }, files: ['broken.d.ts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
    // The project's own settings, of another folder.
    const own = { extends: [join(root, 'typedoc.json')], entryPoints: ['broken.d.ts'], tsconfig: 'tsconfig.json' };
    const options = join(folder, 'typedoc.json');
    writeFileSync(options, JSON.stringify(own));
    const { status, said } = typedoc('--options', options);
    expect(status).not.toBe(0);
    expect(said).toContain('Nowhere');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
