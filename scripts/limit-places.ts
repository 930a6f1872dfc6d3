// Checks that limits and fields of usage are listed once: a limit is one row of wasm/limit-table.ts, a field of usage one of wasm/usage-table.ts,
// and all other lists are derived from them.
// Refuses second lists of them, and names of limits where options are spelled, described or sent. It knows names, not types, so a name that other
// things have too is checked in lists only.
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import ts from 'typescript';
import { LIMIT_NAMES } from '#src/wasm/limit-table.js';
import { USAGE_FIELDS } from '#src/wasm/usage-table.js';

const TABLES: Readonly<Record<string, readonly string[]>> = {
  'wasm/limit-table.ts': LIMIT_NAMES,
  'wasm/usage-table.ts': USAGE_FIELDS,
};
/** This many names in one object, type or array are a list. */
const LIST = 3;
/** Files with a list of their own, and the reasons. */
const LISTS: Readonly<Record<string, string>> = {
  'runtime/meter.ts': 'it keeps these limits',
  'embed/call/call.ts': 'it measures what a call uses',
  'enclave/protocol/fast-codecs.ts': 'a codec by hand, which its test compares with that of the table',
};
/** The names of limits that other things have too. */
const WORDS: Readonly<Record<string, string>> = {
  timeoutMs: 'commands, locks and sockets have timeouts of their own',
  instances: 'modules and runtimes count instances, too',
  threads: 'the feature and the thread manager are called so',
  signal: 'options, commands and processes have one',
  ...Object.fromEntries(USAGE_FIELDS.map((name) => [name, 'what is used is called as its limit'])),
};
const OWN_NAMES: readonly string[] = LIMIT_NAMES.filter((name) => !Object.hasOwn(WORDS, name));
/** Rooms that derive everything about limits. */
const DERIVING = ['cli/', 'entry/', 'enclave/protocol/'];
/** The most other files that may name one limit: those that keep it in each mode. */
const MOST_FILES = 6;

/** @param root the folder that holds src @returns one line per fault, none when all is well */
export function checkLimitPlaces(root: string, lists = LISTS): string[] {
  const places = new Map<string, string[]>(OWN_NAMES.map((name) => [name, []]));
  const listing = new Map<string, string[]>();
  for (const path of sourceFiles(join(root, 'src'))) {
    if (Object.hasOwn(TABLES, path)) continue;
    const source = ts.createSourceFile(
      path,
      readFileSync(join(root, 'src', path), 'utf8'),
      ts.ScriptTarget.ES2022,
      true,
    );
    for (const name of namesIn(source)) places.get(name)?.push(path);
    listing.set(path, listsIn(source));
  }
  return [
    ...[...listing].flatMap(([path, found]) => (Object.hasOwn(lists, path) ? [] : found)),
    ...Object.keys(lists)
      .filter((path) => !listing.get(path)?.length)
      .map((path) => `src/${path}: has no list of limits any more: remove its reason from scripts/limit-places.ts`),
    ...[...places].flatMap(([name, paths]) => placeFaults(name, paths)),
  ];
}

function placeFaults(name: string, paths: readonly string[]): string[] {
  const faults = paths
    .filter((path) => DERIVING.some((room) => path.startsWith(room)))
    .map((path) => `src/${path}: names the limit ${name}: derive it from wasm/limit-table.ts`);
  if (paths.length > MOST_FILES) faults.push(`the limit ${name} stands in ${paths.length} files: ${paths.join(', ')}`);
  return faults;
}

function sourceFiles(src: string): string[] {
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith('.ts') && !/\.(test|gen|d)\.ts$/.test(path))
    .sort();
}

/** Returns identifiers and texts, but not comments. */
function namesIn(source: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) || ts.isStringLiteralLike(node)) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

function listsIn(source: ts.SourceFile): string[] {
  const faults: string[] = [];
  const visit = (node: ts.Node): void => {
    const members = membersOf(node);
    for (const [table, rows] of Object.entries(TABLES)) {
      const listed = rows.filter((row) => members.includes(row));
      if (listed.length >= LIST) {
        const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
        faults.push(`src/${source.fileName}:${line}: lists ${listed.join(', ')} again: derive it from ${table}`);
        break;
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return faults;
}

/** Returns the names in an object, a type, a pattern, an array or a switch. */
function membersOf(node: ts.Node): string[] {
  if (ts.isObjectLiteralExpression(node)) return node.properties.map(nameOf);
  if (ts.isInterfaceDeclaration(node) || ts.isTypeLiteralNode(node) || ts.isClassLike(node)) {
    return [...(node.members as ts.NodeArray<ts.ClassElement | ts.TypeElement>)].map(nameOf);
  }
  if (ts.isObjectBindingPattern(node)) return node.elements.map((one) => (one.propertyName ?? one.name).getText());
  if (ts.isArrayLiteralExpression(node)) return node.elements.flatMap((one) => textOf(one));
  if (ts.isUnionTypeNode(node)) {
    return node.types.flatMap((one) => (ts.isLiteralTypeNode(one) ? textOf(one.literal) : []));
  }
  if (ts.isCaseBlock(node)) return node.clauses.flatMap((one) => (ts.isCaseClause(one) ? textOf(one.expression) : []));
  return [];
}
function nameOf({ name }: { readonly name?: ts.PropertyName | undefined }): string {
  return name === undefined ? '' : ts.isStringLiteralLike(name) ? name.text : name.getText();
}
function textOf(node: ts.Node): string[] {
  return ts.isStringLiteralLike(node) ? [node.text] : [];
}
