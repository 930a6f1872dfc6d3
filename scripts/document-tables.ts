// Checks the tables of the documents: a cell has one or two lines, and what needs more is text beside the table. Refuses a longer cell.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The most characters of a cell: two lines of a table's column. */
export const MOST_CELL_CHARACTERS = 120;
const DOCUMENTS = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'samples/README.md'];

/** @param root the folder that holds docs @returns one line per fault, none when all is well */
export function checkDocumentTables(root: string): string[] {
  const below = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.md'),
  );
  return [...DOCUMENTS, ...below.map((name) => `docs/${name}`)].flatMap((path) =>
    longCells(readFileSync(join(root, path), 'utf8')).map(
      ({ line, characters }) =>
        `${path}:${line}: a cell of ${characters} characters; at most ${MOST_CELL_CHARACTERS}: say the rest in text below the table`,
    ),
  );
}

/** Returns the cells of a document's tables that are too long. */
export function longCells(text: string): { readonly line: number; readonly characters: number }[] {
  return text.split('\n').flatMap((row, k) =>
    row.startsWith('|')
      ? row
          .split(/(?<!\\)\|/)
          .map((cell) => cell.trim())
          .filter((cell) => cell.length > MOST_CELL_CHARACTERS && !/^:?-+:?$/.test(cell))
          .map((cell) => ({ line: k + 1, characters: cell.length }))
      : [],
  );
}
