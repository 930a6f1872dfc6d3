// docs/files.md: every file of src/ with the first sentence of its opening comment. Refuses files that do not open with one.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

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

/** The first sentence of the comment a file opens with. */
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
    rows.push(`| \`${name}\` | ${firstSentence(path).replaceAll('|', '\\|')} |`);
    rooms.set(room, rows);
  }
  const parts = [...rooms].map(
    ([room, rows]) => `## ${room}\n\n| file | what it is for |\n| --- | --- |\n${rows.join('\n')}\n`,
  );
  return `# Files\n\nGenerated from the first lines of each file: npm run gen.\n\n${parts.join('\n')}`;
}
