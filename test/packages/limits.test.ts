// A package that never returns is stopped by a limit from outside, in every mode: what it used is printed, and the process goes on with it and with others.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../helpers/wat.js';

const ROOT = projectRoot();
/** QuickJS as a package that knows no limits of its own. */
const PROGRAM = `
  import { newQuickJSWASMModule } from 'quickjs-emscripten';
  const first = await newQuickJSWASMModule();
  try {
    first.newContext().evalCode('for (;;);');
  } catch (error) {
    console.log(error.name, error.limit);
  }
  const context = (await newQuickJSWASMModule()).newContext();
  console.log(context.getNumber(context.unwrapResult(context.evalCode('6 * 7'))));`;

function run(words: string): { readonly stdout: string; readonly stderr: string; readonly status: number | null } {
  const register = join(ROOT, 'dist', 'bin', 'register.cjs');
  const args = ['--import', register, '--input-type=module', '--eval', PROGRAM];
  const env = { ...process.env, ENCLASM_WEBASSEMBLY: words };
  return spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', env });
}

test.each(['interp', 'jit', 'host'])('a package that loops is stopped, mode %s', (mode) => {
  const { stdout, stderr, status } = run(`--mode=${mode} --fuel=20M --usage`);
  expect([stdout, status]).toEqual(['LimitError fuel\n42\n', 0]);
  expect(stderr).toMatch(new RegExp(`^usage\\n {2}mode +${mode}\\n`));
  const [, fuel] = /^ {2}instructions +([\d,]+)$/m.exec(stderr)!;
  expect(Number(fuel!.replaceAll(',', ''))).toBeGreaterThan(20_000_000);
});

test('a total that is used up stops every later call', () => {
  const { stdout, stderr, status } = run('--mode=jit --total-fuel=20M');
  expect([stdout, status]).toEqual(['LimitError fuel\n', 1]);
  expect(stderr).toContain('over the life of the namespace');
});
