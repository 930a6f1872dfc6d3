// Makes the help texts from the tables. Refuses nothing.

import { COMMANDS, type CommandName, OPTIONS, type OptionRow } from './command-options.js';
import { IWASM_OPTION_NAMES, IWASM_OPTIONS } from './iwasm-options.js';
import { takesValue } from './parse.js';

/** The columns of the first part of a line; a longer part gets a line of its own. */
const LEFT = 30;
const WIDTH = 100;

export function overview(): string {
  const commands = Object.entries(COMMANDS).map(([name, row]) => line(`${name} ${row.operands}`, row.summary));
  return [
    'Enclasm runs WebAssembly programs that you do not trust, under limits that hold.',
    '',
    'usage: enclasm [OPTIONS] FILE [ARGS...]',
    'usage: enclasm COMMAND [OPTIONS] ...',
    '',
    ...commands,
    '',
    "A program sees no files, no environment and no network unless options grant them. 'enclasm help run' lists the options.",
    '',
  ].join('\n');
}

export function commandHelp(command: CommandName): string {
  const { operands, summary, options, examples } = COMMANDS[command];
  const rows = options.map((name) => line(spelling(name, OPTIONS[name]), explanation(OPTIONS[name])));
  return [
    `enclasm ${command}: ${summary}`,
    '',
    `usage: enclasm ${command} [OPTIONS] ${operands}`.trimEnd(),
    '',
    ...rows,
    ...(examples.length > 0
      ? ['', 'examples', ...examples.map(([text, what]) => `  enclasm ${text}\n      ${what}`)]
      : []),
    '',
  ].join('\n');
}

/** Returns how an option is written: `-f, --function=NAME`. */
export function spelling(name: string, row: OptionRow): string {
  const value = !takesValue(row) ? '' : row.bare === undefined ? `=${row.metavar}` : `[=${row.metavar}]`;
  return `${row.short ? `-${row.short}, ` : ''}--${name}${value}`;
}

export function explanation(row: OptionRow): string {
  const choices = row.choices ? ` (${row.choices.join(', ')})` : '';
  const repeat = row.repeat ? '; may be given several times' : '';
  const otherwise = row.otherwise === undefined ? '' : `; default: ${row.otherwise}`;
  return `${row.help}${choices}${repeat}${otherwise}`;
}

/** Returns a line of two columns, the second one broken at words. */
function line(left: string, right: string): string {
  const lines: string[] = [];
  let current = `  ${left.padEnd(LEFT - 2)}`;
  if (current.length > LEFT) {
    lines.push(current);
    current = ' '.repeat(LEFT);
  }
  for (const word of right.split(' ')) {
    if (current.length + word.length + 1 > WIDTH && current.trim() !== '') {
      lines.push(current.trimEnd());
      current = ' '.repeat(LEFT);
    }
    current += ` ${word}`;
  }
  lines.push(current);
  return lines.join('\n');
}

export function iwasmHelp(): string {
  const rows = IWASM_OPTION_NAMES.map((name) => {
    const row: OptionRow = IWASM_OPTIONS[name];
    // WAMR writes it with one dash.
    const left = name === 'v' ? `-v=${row.metavar}` : spelling(name, row);
    return line(left, explanation(row));
  });
  return ['usage: iwasm [options] FILE [args...]', '', ...rows, ''].join('\n');
}
