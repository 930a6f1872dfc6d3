// Tables that measurements write into documents, between marks that say which command made them. Refuses a document without the marks.
import { writeFileSync } from 'node:fs';
import { withTextBetween } from '../scripts/marked-part.js';

/** @param path of the document @param command what makes the table @param lines of the table */
export function writeMeasured(path: string, command: string, lines: readonly string[]): void {
  const marks = [`<!-- measured: ${command} -->`, '<!-- end -->'] as const;
  writeFileSync(path, withTextBetween(path, marks, `${lines.join('\n')}\n\n`));
}
