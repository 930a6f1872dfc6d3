// Replaces the part of a document that stands between two marks. Refuses a document without them.
import { readFileSync } from 'node:fs';

/** @param name of the part, which stands in both marks @param made what stands between them @param text the document */
export function withPart(path: string, name: string, made: string, text = readFileSync(path, 'utf8')): string {
  const begin = `<!-- ${name}: begin (npm run gen) -->`;
  const end = `<!-- ${name}: end -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${path} needs the marks '${begin}' and '${end}'`);
  return `${text.slice(0, from + begin.length)}\n\n${made}\n${text.slice(to)}`;
}
