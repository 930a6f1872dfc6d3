// Colours are for terminals, and only around words of this program: what modules are called brings none along.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { hasColours, paintErrors, paintHelp } from '#src/cli/colours.js';
import { commandHelp, overview } from '#src/cli/help.js';
import { ROOT } from './support.js';

const plain = (text: string): string => stripVTControlCharacters(text);

it('terminals have colours, unless they or their users have not', () => {
  expect(hasColours(true, {})).toBe(true);
  expect(hasColours(false, {})).toBe(false);
  expect(hasColours(true, { NO_COLOR: '1' })).toBe(false);
  expect(hasColours(true, { NO_COLOR: '' })).toBe(true);
  expect(hasColours(true, { TERM: 'dumb' })).toBe(false);
});

it('paints the program in an error, the level of a warning, and nothing else', () => {
  expect(paintErrors('enclasm: x: enclasm: y\n')).toBe('\x1b[1m\x1b[31menclasm:\x1b[0m x: enclasm: y\n');
  expect(paintErrors('enclasm run: x\n')).toBe('\x1b[1m\x1b[31menclasm run:\x1b[0m x\n');
  expect(paintErrors('iwasm: warning: x\n')).toBe('\x1b[1miwasm:\x1b[33m warning:\x1b[0m x\n');
  expect(paintErrors('other: x\n')).toBe('other: x\n');
});

it('paints options and commands of the help, and leaves its text as it is', () => {
  for (const text of [overview(), commandHelp('run')]) {
    expect(paintHelp(text)).toContain('\x1b[1m');
    expect(plain(paintHelp(text))).toBe(text);
  }
  expect(paintHelp(commandHelp('run'))).toContain('\x1b[1m-f, --function=NAME\x1b[0m');
});

it('a pipe gets none', () => {
  const { stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'dist/bin/enclasm.cjs'), 'help', 'run'], {
    encoding: 'utf8',
  });
  expect([stdout.includes('\x1b'), stderr]).toEqual([false, '']);
});
