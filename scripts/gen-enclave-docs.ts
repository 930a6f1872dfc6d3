// The part of docs/enclave.md that stands in the tables of commands and ocalls: written from them, so that it cannot differ.
// Refuses a file without the two marks.
import { COMMANDS } from '#src/enclave/protocol/commands.js';
import { OCALLS } from '#src/enclave/protocol/ocalls.js';
import { MOST_CELL_CHARACTERS } from './document-tables.js';
import { withPart } from './marked-part.js';

interface Row {
  readonly n: number;
  readonly name: string;
  readonly needs?: string;
  readonly args: { readonly [name: string]: { readonly type: string } };
  readonly result: { readonly [name: string]: { readonly type: string } };
  readonly doc: string;
}

/** The longest text of a type in a cell. */
const LONGEST_TYPE = 40;
/** The most names of a choice that a cell lists. */
const MOST_CHOICES = 3;

function names(fields: Row['args']): string {
  return Object.entries(fields)
    .map(([name, { type }]) => `${name}: ${shortType(type)}`)
    .join(', ');
}
function shortType(type: string): string {
  const choices = type.split(' \\| ').length;
  if (!type.includes('{') && choices > MOST_CHOICES) return `one of ${choices} names`;
  return type.startsWith('{') || type.length > LONGEST_TYPE ? type.replace(/[{(].*/s, 'struct') : type;
}

/** A text in two: as many of its first sentences as a cell may hold, and what is left for below the table. */
function cut(text: string): readonly [string, string] {
  if (text.length <= MOST_CELL_CHARACTERS) return [text, ''];
  const end = text.lastIndexOf('. ', MOST_CELL_CHARACTERS) + 1;
  if (end === 0) throw new Error(`the first sentence is too long for a cell: ${text}`);
  return [text.slice(0, end), text.slice(end + 1)];
}

function tableOf(title: string, rows: readonly Row[]): string {
  const notes: string[] = [];
  const lines = [...rows]
    .sort((a, b) => a.n - b.n)
    .map(({ n, name, args, result, doc, needs }) => {
      const [text, rest] = cut(doc);
      if (rest !== '') notes.push(`- ${name}: ${rest}\n`);
      const after = needs === 'handshake' ? 'handshake' : needs === 'runtime' ? 'init' : '';
      return `| ${n} | ${name} | ${after} | ${names(args)} | ${names(result)} | ${text} |`;
    });
  const head = '| # | name | after | arguments | result | what it does |\n|---|---|---|---|---|---|';
  return `### ${title}\n\n${head}\n${lines.join('\n')}\n${notes.length > 0 ? `\n${notes.join('')}` : ''}`;
}

/** Commands and ocalls as two Markdown tables. */
function commandTableMarkdown(): string {
  const commands = tableOf('Commands: host to trusted side', Object.values(COMMANDS) as readonly Row[]);
  return `${commands}\n${tableOf('Ocalls: trusted side to host', Object.values(OCALLS) as readonly Row[])}`;
}

/** docs/enclave.md with its tables as they are now. @param text the file */
export function enclaveDocs(text?: string): string {
  return withPart('docs/enclave.md', 'tables', commandTableMarkdown(), text);
}
