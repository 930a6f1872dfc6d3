// The tables of commands and ocalls in docs/enclave.md, written from their rows and the comments of the rows, so that they cannot differ.
// Refuses a file without the two marks, and a row without a comment.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
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

/** Splits a text in two: as many of its first sentences as a cell may hold, and the rest, for below the table. */
function cut(text: string): readonly [string, string] {
  if (text.length <= MOST_CELL_CHARACTERS) return [text, ''];
  const end = text.lastIndexOf('. ', MOST_CELL_CHARACTERS) + 1;
  if (end === 0) throw new Error(`the first sentence is too long for a cell: ${text}`);
  return [text.slice(0, end), text.slice(end + 1)];
}

/** Returns the comment of each row of a table, by its key: the text that an editor shows. @param file below src/enclave/protocol */
export function rowTexts(file: string, table: string): ReadonlyMap<string, string> {
  const path = join('src/enclave/protocol', file);
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2022, true);
  const texts = new Map<string, string>();
  const visit = (node: ts.Node): void => {
    if (!ts.isVariableDeclaration(node) || node.name.getText() !== table) {
      ts.forEachChild(node, visit);
      return;
    }
    let rows: ts.Expression = node.initializer!;
    while (ts.isSatisfiesExpression(rows) || ts.isAsExpression(rows)) rows = rows.expression;
    for (const row of (rows as ts.ObjectLiteralExpression).properties) {
      const text = ts.getJSDocCommentsAndTags(row).map((comment) => ts.getTextOfJSDocComment(comment.comment) ?? '');
      texts.set(row.name!.getText(), text.join(' ').replace(/\s+/g, ' '));
    }
  };
  visit(source);
  return texts;
}

function tableOf(title: string, rows: Readonly<Record<string, Row>>, texts: ReadonlyMap<string, string>): string {
  const notes: string[] = [];
  const lines = Object.entries(rows)
    .sort(([, a], [, b]) => a.n - b.n)
    .map(([key, { n, name, args, result, needs }]) => {
      const doc = texts.get(key);
      if (!doc) throw new Error(`${name}: its row needs a comment that says what it does`);
      const [text, rest] = cut(doc);
      if (rest !== '') notes.push(`- ${name}: ${rest}\n`);
      const after = needs === 'handshake' ? 'handshake' : needs === 'runtime' ? 'init' : '';
      return `| ${n} | ${name} | ${after} | ${names(args)} | ${names(result)} | ${text} |`;
    });
  const head = '| # | name | after | arguments | result | what it does |\n|---|---|---|---|---|---|';
  return `### ${title}\n\n${head}\n${lines.join('\n')}\n${notes.length > 0 ? `\n${notes.join('')}` : ''}`;
}

/** Returns commands and ocalls as two Markdown tables. */
function commandTableMarkdown(): string {
  const commands = tableOf('Commands: untrusted to trusted side', COMMANDS, rowTexts('commands.ts', 'COMMANDS'));
  return `${commands}\n${tableOf('Ocalls: trusted to untrusted side', OCALLS, rowTexts('ocalls.ts', 'OCALLS'))}`;
}

/** Returns docs/enclave.md with its current tables. @param text the file */
export function enclaveDocs(text?: string): string {
  return withPart('docs/enclave.md', 'tables', commandTableMarkdown(), text);
}
