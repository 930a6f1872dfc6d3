// The part of docs/enclave.md that stands in the tables of commands and ocalls: written from them, so that it cannot differ.
// Refuses a file without the two marks.
import { COMMANDS } from '#src/enclave/protocol/commands.js';
import { OCALLS } from '#src/enclave/protocol/ocalls.js';
import { withPart } from './marked-part.js';

interface Row {
  readonly n: number;
  readonly name: string;
  readonly needs?: string;
  readonly args: { readonly [name: string]: { readonly type: string } };
  readonly result: { readonly [name: string]: { readonly type: string } };
  readonly doc: string;
}

function names(fields: Row['args']): string {
  return Object.entries(fields)
    .map(
      ([name, { type }]) =>
        `${name}: ${type.startsWith('{') || type.length > 40 ? type.replace(/[{(].*/s, 'struct') : type}`,
    )
    .join(', ');
}

function tableOf(title: string, rows: readonly Row[]): string {
  const lines = [...rows]
    .sort((a, b) => a.n - b.n)
    .map(({ n, name, args, result, doc, needs }) => {
      const before = needs === 'handshake' ? ' After the handshake.' : needs === 'runtime' ? ' After init.' : '';
      return `| ${n} | ${name} | ${names(args)} | ${names(result)} | ${doc}${before} |`;
    });
  return `### ${title}\n\n| # | name | arguments | result | what it does |\n|---|---|---|---|---|\n${lines.join('\n')}\n`;
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
