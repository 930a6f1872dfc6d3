// Links between the documents lead to files that exist, and to headings that are in them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../helpers/wat.js';

const root = projectRoot();
const documents = readdirSync(root, { recursive: false, encoding: 'utf8' })
  .concat(...['docs', 'samples', 'src'].map((folder) => below(folder)))
  .filter((path) => path.endsWith('.md'));
function below(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path));
}

/** As they stand in an address. */
function headings(path: string): string[] {
  const lines = readFileSync(join(root, path), 'utf8').matchAll(/^#+ (.*)$/gm);
  return [...lines].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

it.each(documents)('%s', (document) => {
  const links = readFileSync(join(root, document), 'utf8').matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)/g);
  const broken = [...links].filter(([, path, heading]) => {
    const to = path ? join(dirname(document), path) : document;
    return !existsSync(join(root, to)) || (heading !== undefined && !headings(to).includes(heading));
  });
  expect(broken.map(([link]) => link)).toEqual([]);
});
