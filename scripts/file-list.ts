// docs/files.md: every file of src/ with the first sentence of its opening comment, rooms in the order of imports. Refuses files that do not
// open with one.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { roomsInOrder } from './layers.js';

const SOURCE = 'src';

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesBelow(path);
      return entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts') ? [path] : [];
    });
}

/** Returns the first sentence of a file's opening comment. */
function firstSentence(path: string): string {
  const lines = readFileSync(path, 'utf8').split('\n');
  if (lines[0]?.startsWith('#!')) lines.shift();
  const end = lines.findIndex((line) => !line.startsWith('//'));
  const comment = lines
    .slice(0, end)
    .map((line) => line.slice(2).trim())
    .join(' ');
  if (comment === '') throw new Error(`${path} does not open with a comment that says what it is for`);
  return /^.*?[.:](?= [A-Z]|$)/.exec(comment)?.[0] ?? comment;
}

export function fileList(): string {
  const rooms = new Map<string, string[]>();
  for (const path of filesBelow(SOURCE)) {
    const room = relative(SOURCE, join(path, '..')).replaceAll('\\', '/');
    const name = path.split(/[\\/]/).at(-1)!;
    const rows = rooms.get(room) ?? [];
    rows.push(`- \`${name}\`: ${firstSentence(path)}`);
    rooms.set(room, rows);
  }
  const parts = roomsInOrder([...rooms.keys()]).map((room) => `## ${room}\n\n${rooms.get(room)!.join('\n')}\n`);
  return `# Files

Every file, rooms in the order of imports: a file imports from what stands above its room, never from below. Read from the top, each page needs
only what came before. Generated from the first lines of each file: npm run gen.

${parts.join('\n')}`;
}
