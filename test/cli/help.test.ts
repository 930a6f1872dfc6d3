// Help, completion, version and docs come from one table: everything in it appears in each of them.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS, type CommandName, OPTIONS } from '#src/cli/command-options.js';
import { cliDocs } from '#src/cli/docs.js';
import { VERSION } from '#src/entry/embed.js';
import { manPage } from '../../scripts/man-page.js';
import { enclasm, iwasm, ROOT, SAMPLES } from './support.js';

const commands = Object.keys(COMMANDS) as CommandName[];

describe('help', () => {
  it('lists every command', async () => {
    for (const words of [['help'], ['--help'], ['-h']]) {
      const { code, out } = await enclasm(words);
      expect(code).toBe(0);
      for (const name of commands) expect(out).toContain(`  ${name} `);
    }
  });
  it.each(commands)('tells every option of %s', async (name) => {
    const { out } = await enclasm(['help', name]);
    for (const option of COMMANDS[name].options) {
      expect(out).toContain(`--${option}`);
      expect(out.replace(/\s+/g, ' ')).toContain(OPTIONS[option].help);
    }
    expect(out.split('\n').every((line) => line.length <= 110)).toBe(true);
    expect((await enclasm([name, '--help'])).out).toBe(out);
  });
  it('knows all options of the table', () => {
    const used = new Set(commands.flatMap((name) => COMMANDS[name].options as readonly string[]));
    expect(Object.keys(OPTIONS).filter((name) => !used.has(name))).toEqual([]);
  });
});

describe('completion', () => {
  it.each([
    ['bash', ['-n']],
    ['zsh', ['-n']],
    ['fish', ['--no-execute']],
  ])('writes a script that %s understands', async (shell, check) => {
    const { code, out } = await enclasm(['completion', shell]);
    expect(code).toBe(0);
    for (const name of commands) expect(out).toContain(name);
    for (const option of COMMANDS.run.options) expect(out).toContain(shell === 'fish' ? `-l ${option}` : `--${option}`);
    const { status, error, stderr } = spawnSync(shell, check, { input: out, encoding: 'utf8' });
    // Where the shell is not installed there is nobody to ask.
    if (!error) expect([status, stderr]).toEqual([0, '']);
  });
  it.each([
    [['enclasm', 'ru'], 'run'],
    [['enclasm', 'run', '--ma'], '--map-dir='],
    [['enclasm', 'run', '--mode', '=', 'in'], 'interp'],
    [['enclasm', 'completion', 'zs'], 'zsh'],
  ])('completes %j in bash', async (words, expected) => {
    const { out } = await enclasm(['completion', 'bash']);
    const array = words.map((word) => `'${word}'`).join(' ');
    const script = `${out}\ncompopt() { :; }\nCOMP_WORDS=(${array}); COMP_CWORD=${words.length - 1}; _enclasm; echo "\${COMPREPLY[*]}"`;
    const { stdout, error } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
    if (!error) expect(stdout.trim().split(' ')).toContain(expected);
  });
});

describe('documents and versions', () => {
  it('has docs/cli.md as the tables say', () => {
    expect(readFileSync(join(ROOT, 'docs/cli.md'), 'utf8')).toBe(cliDocs());
  });
  it('says the version of package.json everywhere', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(VERSION).toBe(version);
    expect((await enclasm(['version'])).out).toContain(`enclasm ${version}\n`);
    expect((await enclasm(['--version'])).out).toContain(`enclasm ${version}\n`);
    expect(JSON.parse((await enclasm(['version', '--json'])).out)).toMatchObject({ version });
    expect((await iwasm(['--version'])).out).toBe(`iwasm ${version}\n`);
  });
});

describe('validate and print', () => {
  it('says what is valid, and which features it uses', async () => {
    const lisp = join(SAMPLES, 'lisp.wasm');
    const { code, out } = await enclasm(['validate', join(SAMPLES, 'wc.wasm'), lisp]);
    expect([code, out]).toEqual([0, `${join(SAMPLES, 'wc.wasm')}: valid\n${lisp}: valid; uses sign-extension\n`]);
    const json = JSON.parse((await enclasm(['validate', '--json', lisp])).out);
    expect(json).toEqual({ file: lisp, valid: true, features: ['sign-extension'] });
  });
  it('prints text', async () => {
    const { code, out } = await enclasm(['print', join(SAMPLES, 'wc.wasm')]);
    expect(code).toBe(0);
    expect(out).toMatch(/^\(module[\s\S]*\)\n$/);
  });
});

describe('the manual page', () => {
  const page = readFileSync(join(ROOT, 'man/enclasm.1'), 'utf8');
  it('is what the tables say now, and has every command and option', () => {
    expect(page).toBe(manPage());
    for (const name of commands) {
      expect(page).toContain(`.SS ${name}`);
      for (const option of COMMANDS[name].options) expect(page.replaceAll('\\-', '-')).toContain(`--${option}`);
    }
  });
  it('has no line that troff does not know', () => {
    const { error, stderr } = spawnSync('man', ['-l', '--warnings', join(ROOT, 'man/enclasm.1')], { encoding: 'utf8' });
    // Where there is no man, nobody reads it.
    if (!error) expect(stderr).toBe('');
  });
});
