// Two laws of ARCHITECTURE.md that a search can check: only validate() makes a ValidatedModule, and runtime/ knows an engine, never which.
// Refuses a cast to ValidatedModule, and the name of a running mode as a text, in other places.
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import ts from 'typescript';
import { RUNNING_MODES } from '#src/runtime/running-mode.js';

/** The one function that makes it, and the one that checks whether a value is one. */
const MAKERS = ['validate/validate.ts', 'engine/js/aot-compile.ts'];
/** The file that names the modes. */
const NAMES = 'runtime/running-mode.ts';

/** @param root the folder that holds src @returns one line per fault, none when all is well */
export function checkLaws(root: string): string[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith('.ts') && !/\.(test|gen|d)\.ts$/.test(path))
    .sort()
    .flatMap((path) => faultsOf(path, readFileSync(join(root, 'src', path), 'utf8')));
}

function faultsOf(path: string, text: string): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const faults: string[] = [];
  const visit = (node: ts.Node): void => {
    const line = (): number => source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
    if (ts.isAsExpression(node) && node.type.getText(source) === 'ValidatedModule' && !MAKERS.includes(path)) {
      faults.push(`src/${path}:${line()}: makes a ValidatedModule: only validate() does`);
    }
    const isMode = ts.isStringLiteralLike(node) && (RUNNING_MODES as readonly string[]).includes(node.text);
    if (isMode && path.startsWith('runtime/') && path !== NAMES) {
      faults.push(`src/${path}:${line()}: names the mode ${node.text}: runtime knows an engine, never which`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return faults;
}
