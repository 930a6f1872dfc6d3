// Parses command-line words into options and operands, by a table. Options come before the first operand; what follows it is the guest's.
// Refuses unknown options, missing and wrong values, and (but for iwasm, where the last one counts) options given twice, by name.
import { CliError } from './cli-error.js';
import type { OPTIONS, OptionRow } from './command-options.js';
import { KINDS, type Kind, WrongValue } from './values.js';

export type OptionTable = Readonly<Record<string, OptionRow>>;

type One<Row> = Row extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : Row extends { readonly kind: infer K extends Kind }
    ? ReturnType<(typeof KINDS)[K]>
    : true;

/** The options that were given, by name; repeatable ones as arrays in their order. */
export type Given<T extends OptionTable> = {
  readonly [Name in keyof T]?: T[Name] extends { readonly repeat: true } ? readonly One<T[Name]>[] : One<T[Name]>;
};

/** The options that commands of `enclasm` get. */
export type AllOptions = Given<typeof OPTIONS>;

export interface Parsed<T extends OptionTable> {
  readonly options: Given<T>;
  readonly operands: readonly string[];
}

/**
 * @param command stands before error texts: 'enclasm run'
 * @param names the options of the table that this command has
 * @param mixed whether options may follow operands; otherwise what follows the first operand is the guest's
 * @param lastCounts whether the last one of an option that is given twice counts; otherwise it is refused
 * @throws CliError
 */
export function parse<T extends OptionTable>(
  table: T,
  names: readonly (keyof T & string)[],
  words: readonly string[],
  command: string,
  { mixed = false, lastCounts = false }: { readonly mixed?: boolean; readonly lastCounts?: boolean } = {},
): Parsed<T> {
  const options: Record<string, unknown> = {};
  const operands: string[] = [];
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at]!;
    if (word === '--') {
      at++;
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      if (!mixed) break;
      operands.push(word);
      continue;
    }
    const equals = word.indexOf('=');
    const flag = equals < 0 ? word : word.slice(0, equals);
    const name = names.find(
      (one) => flag === `--${one}` || (table[one]!.short !== undefined && flag === `-${table[one]!.short}`),
    );
    if (name === undefined) throw new CliError(`${command}: ${unknown(flag, names)}`);
    const row = table[name]!;
    let text: string | undefined = equals < 0 ? undefined : word.slice(equals + 1);
    if (takesValue(row)) {
      text ??= row.bare ?? words[++at];
      if (text === undefined) throw new CliError(`${command}: ${flag} needs a value: ${flag}=${row.metavar}`);
    } else if (text !== undefined) {
      throw new CliError(`${command}: ${flag} takes no value; write ${flag} alone`);
    }
    const value = text === undefined ? true : read(row, text, `${command}: ${flag}=${text}`);
    if (row.repeat) ((options[name] ??= []) as unknown[]).push(value);
    else {
      if (name in options && !lastCounts) throw new CliError(`${command}: ${flag} is given twice; once is enough`);
      // The order of the keys is that in which options were given last.
      delete options[name];
      options[name] = value;
    }
  }
  return { options: options as Given<T>, operands: [...operands, ...words.slice(at)] };
}

export function takesValue(row: OptionRow): boolean {
  return row.kind !== undefined || row.choices !== undefined;
}

function read(row: OptionRow, text: string, what: string): unknown {
  if (row.choices) {
    if (row.choices.includes(text)) return text;
    throw new CliError(`${what}: one of ${row.choices.join(', ')} is wanted`);
  }
  try {
    return KINDS[row.kind!](text);
  } catch (error) {
    if (error instanceof WrongValue) throw new CliError(`${what}: ${error.message} is wanted`);
    throw error;
  }
}

function unknown(flag: string, names: readonly string[]): string {
  const near = nearest(flag.replace(/^-+/, ''), names);
  return `unknown option '${flag}'; ${near === undefined ? '' : `did you mean --${near}? `}--help lists them`;
}

/** Returns the name that differs least from a word, if it differs little. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Math.min(3, Math.ceil(word.length / 2));
  for (const name of names) {
    const changes = distance(word, name);
    if (changes < fewest) [best, fewest] = [name, changes];
  }
  return best;
}

/** Counts the insertions, deletions, replacements and exchanges of neighbours between two words. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(row[j - 1]! + 1, rows[i - 1]![j]! + 1, rows[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1);
      }
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
