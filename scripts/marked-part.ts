// Replaces the part of a document between two marks. Refuses a document without them.
import { readFileSync } from 'node:fs';

/** @param name of the part, which both marks contain @param made the new text between them @param text the document */
export function withPart(path: string, name: string, made: string, text = readFileSync(path, 'utf8')): string {
  const begin = `<!-- ${name}: begin (npm run gen) -->`;
  const end = `<!-- ${name}: end -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${path} needs the marks '${begin}' and '${end}'`);
  return `${text.slice(0, from + begin.length)}\n\n${made}\n${text.slice(to)}`;
}
