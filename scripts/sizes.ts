// Checks how long files and functions are. What is longer needs a reason in size-reasons.ts; a reason that is no longer needed is a fault too.
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import ts from 'typescript';

export const MOST_FILE_LINES = 500;
export const MOST_FUNCTION_LINES = 60;
const FOLDERS = ['src', 'scripts', 'bench', 'test', 'inspector', 'serve/src', 'serve/test'];

/** The reasons by path, or path#function. */
export type Reasons = Readonly<Record<string, string>>;

interface Long {
  readonly what: string;
  readonly lines: number;
  readonly most: number;
}

/** @param root the folder that holds src @returns one line per fault, none when all is well */
export function checkSizes(root: string, reasons: Reasons): string[] {
  const found = FOLDERS.flatMap((folder) => filesOf(root, folder)).flatMap((path) => longParts(root, path));
  const names = new Set(found.map(({ what }) => what));
  return [
    ...found
      .filter(({ what }) => !Object.hasOwn(reasons, what))
      .map(
        ({ what, lines, most }) => `${what}: ${lines} lines; at most ${most}, or a reason in scripts/size-reasons.ts`,
      ),
    ...Object.keys(reasons)
      .filter((what) => !names.has(what))
      .map((what) => `${what}: is not too long any more: remove its reason from scripts/size-reasons.ts`),
  ];
}

function filesOf(root: string, folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
  return names
    .map((name) => `${folder}/${name.split(sep).join('/')}`)
    .filter((path) => /\.(tsx?|mjs)$/.test(path) && !/\.(gen|d)\.ts$/.test(path))
    .sort();
}

function longParts(root: string, path: string): Long[] {
  const text = readFileSync(join(root, path), 'utf8');
  const lines = text.split('\n').length - 1;
  const found: Long[] = lines > MOST_FILE_LINES ? [{ what: path, lines, most: MOST_FILE_LINES }] : [];
  // Suites of tests are functions in form only.
  if (path.endsWith('.test.ts')) return found;
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const lineAt = (position: number): number => source.getLineAndCharacterOfPosition(position).line;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const length = lineAt(node.getEnd()) - lineAt(node.getStart(source)) + 1;
      if (length > MOST_FUNCTION_LINES) {
        found.push({ what: `${path}#${nameOf(node)}`, lines: length, most: MOST_FUNCTION_LINES });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name) return node.name.getText();
  const { parent } = node;
  return ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) ? parent.name.getText() : 'anonymous';
}
