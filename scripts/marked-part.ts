// Replaces the part of a document between two marks. Refuses a document without them.
import { readFileSync } from 'node:fs';

/** @param name of the part, which both marks contain @param made the new text between them @param text the document */
export function withPart(path: string, name: string, made: string, text = readFileSync(path, 'utf8')): string {
  return withTextBetween(path, [`<!-- ${name}: begin (npm run gen) -->`, `<!-- ${name}: end -->`], `${made}\n`, text);
}

/** @param marks the first that begins the part, and the next behind it that ends it @param made what comes behind an empty line */
export function withTextBetween(
  path: string,
  [begin, end]: readonly [begin: string, end: string],
  made: string,
  text = readFileSync(path, 'utf8'),
): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`${path} needs the marks '${begin}' and '${end}'`);
  return `${text.slice(0, from + begin.length)}\n\n${made}${text.slice(to)}`;
}
