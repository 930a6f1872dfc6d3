// Checks the links of the documents: what they name is there, file and heading, and a document of the package leads to nothing outside it.
// Refuses a link that a reader could not follow. What has a protocol is not looked at.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Folders without documents of ours. */
const NOT_OURS = /^(?:.*\/)?(?:node_modules|build|dist|\..*)$/;

function documentsBelow(root: string, folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return NOT_OURS.test(path) ? [] : documentsBelow(root, path);
    return path.endsWith('.md') ? [path] : [];
  });
}

function withoutBlocksOfCode(text: string): string {
  return text.replace(/^(`{3,})[\s\S]*?^\1/gm, '');
}

/** Returns the names by which a document's headings can be linked to, as GitHub makes them. */
export function headingsOf(text: string): Set<string> {
  const names = new Set<string>();
  for (const [, heading] of withoutBlocksOfCode(text).matchAll(/^#{1,6} +(.+)$/gm)) {
    const name = heading!
      .toLowerCase()
      .replace(/\]\([^)]*\)/g, '')
      .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    let unused = name;
    for (let k = 1; names.has(unused); k++) unused = `${name}-${k}`;
    names.add(unused);
  }
  return names;
}

/** @param root the folder that holds package.json @returns one line per fault, none when all is well */
export function checkDocumentLinks(root: string): string[] {
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly files: string[] };
  const isPackaged = (path: string): boolean => files.some((one) => path === one || path.startsWith(`${one}/`));
  return documentsBelow(root).flatMap((document) => {
    const text = readFileSync(join(root, document), 'utf8');
    return [
      ...withoutBlocksOfCode(text)
        .replace(/`[^`\n]*`/g, '')
        .matchAll(/\]\(([^)\s]+)\)/g),
    ].flatMap(([, to]) => {
      if (/^[a-z]+:/.test(to!)) return [];
      const [file, heading] = to!.split('#') as [string, string?];
      const path = file === '' ? document : join(dirname(document), file).replaceAll('\\', '/');
      const fault = (why: string): string[] => [`${document}: the link to ${to} ${why}`];
      if (!existsSync(join(root, path))) return fault('leads nowhere');
      if (isPackaged(document) && !isPackaged(path)) {
        return fault('leads out of the package: name the file as code, without a link');
      }
      if (heading === undefined || headingsOf(readFileSync(join(root, path), 'utf8')).has(heading)) return [];
      return fault('names a heading that is not there');
    });
  });
}
