// The tables of limits and of usage in docs/embedding.md: the comments of the rows of wasm/limit-table.ts and wasm/usage-table.ts, which
// editors show as well. Refuses a row without a comment, and a limit whose comment does not say what happens beyond it.
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { LIMITS, type LimitName, limitsOf } from '#src/wasm/limit-table.js';
import { USAGE_FIELDS } from '#src/wasm/usage-table.js';
import { withPart } from './marked-part.js';

const DOCUMENT = 'docs/embedding.md';

/** Returns the comments of the members of an exported object, by name, each on one line. */
function rowComments(path: string, table: string): Map<string, string> {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2022, true);
  const comments = new Map<string, string>();
  const visit = (node: ts.Node): void => {
    // Deeper members are columns.
    if (ts.isPropertyAssignment(node)) {
      const texts = ts.getJSDocCommentsAndTags(node).map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '');
      comments.set(node.name.getText(), texts.join(' ').replace(/\s+/g, ' ').trim());
    } else if (!ts.isVariableDeclaration(node) || node.name.getText() === table) ts.forEachChild(node, visit);
  };
  visit(source);
  return comments;
}

function commentOf(comments: ReadonlyMap<string, string>, name: string): string {
  const comment = comments.get(name);
  if (!comment) throw new Error(`the row of ${name} has no comment`);
  return comment;
}

/** The scopes as the table names them. */
const GIVEN = { call: 'calls, instances, the runtime', instance: 'instances, the runtime', runtime: 'the runtime' };

function limitTable(): string {
  const comments = rowComments('src/wasm/limit-table.ts', 'LIMITS');
  const lines = limitsOf('call', 'instance', 'runtime').map((name: LimitName) => {
    const [counts, beyond] = commentOf(comments, name).split(' Beyond it: ');
    if (beyond === undefined) throw new Error(`the comment of ${name} does not say what is beyond it`);
    const { scope } = LIMITS[name];
    return `| \`${name}\` | ${counts} | ${scope === 'none' ? '' : GIVEN[scope]} | ${beyond} |`;
  });
  return `| limit | what it is | of | beyond it |\n| --- | --- | --- | --- |\n${lines.join('\n')}\n`;
}

function usageTable(): string {
  const comments = rowComments('src/wasm/usage-table.ts', 'USAGE');
  const lines = USAGE_FIELDS.map((field) => `| \`${field}\` | ${commentOf(comments, field)} |`);
  return `| field | what it is |\n| --- | --- |\n${lines.join('\n')}\n`;
}

/** Returns docs/embedding.md with its current tables. */
export function limitDocs(): string {
  return withPart(DOCUMENT, 'usage', usageTable(), withPart(DOCUMENT, 'limits', limitTable()));
}
