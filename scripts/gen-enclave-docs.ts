// The part of docs/enclave.md that stands in the tables of commands and ocalls: written from them and the comments of their rows, so that it cannot differ.
// Refuses a file without the two marks, and a row without a comment.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { COMMANDS } from '#src/enclave/protocol/commands.js';
import { OCALLS } from '#src/enclave/protocol/ocalls.js';
import { withPart } from './marked-part.js';

interface Row {
  readonly n: number;
  readonly name: string;
  readonly needs?: string;
  readonly args: { readonly [name: string]: { readonly type: string } };
  readonly result: { readonly [name: string]: { readonly type: string } };
}

function names(fields: Row['args']): string {
  return Object.entries(fields)
    .map(
      ([name, { type }]) =>
        `${name}: ${type.startsWith('{') || type.length > 40 ? type.replace(/[{(].*/s, 'struct') : type}`,
    )
    .join(', ');
}

/** The comment of each row of a table, by its key: the text that an editor shows. @param file below src/enclave/protocol */
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
  const lines = Object.entries(rows)
    .sort(([, a], [, b]) => a.n - b.n)
    .map(([key, { n, name, args, result, needs }]) => {
      const doc = texts.get(key);
      if (!doc) throw new Error(`${name}: its row needs a comment that says what it does`);
      const before = needs === 'handshake' ? ' After the handshake.' : needs === 'runtime' ? ' After init.' : '';
      return `| ${n} | ${name} | ${names(args)} | ${names(result)} | ${doc}${before} |`;
    });
  return `### ${title}\n\n| # | name | arguments | result | what it does |\n|---|---|---|---|---|\n${lines.join('\n')}\n`;
}

/** Commands and ocalls as two Markdown tables. */
function commandTableMarkdown(): string {
  const commands = tableOf('Commands: host to trusted side', COMMANDS, rowTexts('commands.ts', 'COMMANDS'));
  return `${commands}\n${tableOf('Ocalls: trusted side to host', OCALLS, rowTexts('ocalls.ts', 'OCALLS'))}`;
}

/** docs/enclave.md with its tables as they are now. @param text the file */
export function enclaveDocs(text?: string): string {
  return withPart('docs/enclave.md', 'tables', commandTableMarkdown(), text);
}
