// Tables that measurements write into documents, between marks that say which command made them. Refuses a document without the marks.
import { readFileSync, writeFileSync } from 'node:fs';
import { must } from './harness.js';

const END = '<!-- end -->';

/** @param path of the document @param command what makes the table @param lines of the table */
export function writeMeasured(path: string, command: string, lines: readonly string[]): void {
  const begin = `<!-- measured: ${command} -->`;
  const text = readFileSync(path, 'utf8');
  const from = text.indexOf(begin);
  const to = text.indexOf(END, from);
  must(from >= 0 && to > from, `${path} needs the marks '${begin}' and '${END}'`);
  writeFileSync(path, `${text.slice(0, from + begin.length)}\n\n${lines.join('\n')}\n\n${text.slice(to)}`);
}
