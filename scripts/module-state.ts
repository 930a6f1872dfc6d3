// What is at the top of a module lives as long as its thread, for all runtimes in it, so nothing there may change, except for what is listed here
// with its reason. Refuses a variable, a collection or bytes at the top of a module that are not listed.
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import ts from 'typescript';

const REGISTER = 'scratch words of the thread, read right after they were written, before anything else can run';
const CACHE = 'a cache: its entries are derived from its keys alone';
const TABLE = 'a table, filled while the module is loaded and never after';

/** The files that have such state, and why it is not the state of a runtime. */
const REASONS: Readonly<Record<string, string>> = {
  'binary/code-reader.ts': REGISTER,
  'enclave/protocol/codec.ts': REGISTER,
  'enclave/protocol/fields.ts': REGISTER,
  'engine/interp/ops/vector-access.ts': REGISTER,
  'engine/js/float-bits.ts': REGISTER,
  'engine/js/library.ts': REGISTER,
  'engine/js/result-registers.ts': REGISTER,
  'engine/native/exceptions.ts': REGISTER,
  'imports/wasi/calls/fd.ts': REGISTER,
  'numeric/bits.ts': REGISTER,
  'numeric/high.ts': REGISTER,
  'numeric/v128-registers.ts': REGISTER,
  'runtime/gc.ts': REGISTER,

  'binary/name-section.ts': CACHE,
  'engine/interp/ops/gc.ts': CACHE,
  'engine/js/templates.ts': CACHE,
  'engine/native/native-traps.ts': CACHE,
  'engine/native/passage.ts': CACHE,
  'platform/node/lazy.ts': CACHE,

  'instrument/flags.ts': TABLE,
  'validate/signatures.ts': TABLE,
  'enclave/protocol/wire-errors.ts': 'a layout, which is never changed',
  'runtime/memory.ts': 'views of no bytes',

  'engine/interp/code-arena.ts':
    'the arenas of the thread, as its stack is: each runtime has spans of its own, which are zeroed when given back',
  'engine/interp/code-set.ts': 'the blocks of the arena',
  'engine/interp/activation.ts': 'the drivers that have a span of the arena and do not use it',
  'engine/interp/ops/index.ts': 'the end of the slice that runs: a thread runs one',
  'imports/wasi/path-walk.ts': 'an empty list, which is never written',
  'embed/init/pool-places.ts': 'which bytes are a pool, so that no two runtimes share one',
  'js-api/namespace.ts': 'the runtime that an object of createWebAssembly is, which shows nothing of it itself',
  'engine/js/js-engine.ts': 'the state of a store, which is its key',
  'platform/memory-fs/memory-file-system.ts': 'numbers of devices, so that no two are the same',
  'platform/node/platform.ts': 'how far the two clocks of the operating system are apart',
  'runtime/exception.ts': 'a setting of the JavaScript engine, which is restored at once',
  'base/when-collected.ts':
    'the JavaScript engine reports to it what was collected; each entry knows what it gives back',
};

/** Collections that change, and bytes. A type that forbids changes makes a constant of them. */
const CONTAINERS =
  /^(Weak)?(Map|Set)$|^Array$|^(Shared)?ArrayBuffer$|^DataView$|Array$|^FinalizationRegistry$|^WeakRef$/;
const READ_ONLY = /^(readonly |Readonly|never\[\]$)/;

/** @param root the folder that holds src @returns one line per fault, none when all is well */
export function checkModuleState(root: string, reasons = REASONS): string[] {
  const found = new Map<string, string[]>();
  for (const path of sourceFiles(join(root, 'src'))) {
    const text = readFileSync(join(root, 'src', path), 'utf8');
    const faults = stateOf(ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true));
    if (faults.length > 0) found.set(path, faults);
  }
  return [
    ...[...found].flatMap(([path, faults]) => (Object.hasOwn(reasons, path) ? [] : faults)),
    ...Object.keys(reasons)
      .filter((path) => !found.has(path))
      .map((path) => `src/${path}: has nothing of its thread any more: remove its reason from scripts/module-state.ts`),
  ];
}

function sourceFiles(src: string): string[] {
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith('.ts') && !/\.(test|d)\.ts$/.test(path))
    .sort();
}

function stateOf(source: ts.SourceFile): string[] {
  const faults: string[] = [];
  const fault = (node: ts.Node, name: string): void => {
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
    faults.push(
      `src/${source.fileName}:${line}: ${name} lives as long as its thread: make it read-only, move it into an object, or give a reason in scripts/module-state.ts`,
    );
  };
  const changed = changedIn(source);
  for (const statement of source.statements) {
    if (ts.isVariableStatement(statement)) {
      const constant = (statement.declarationList.flags & ts.NodeFlags.Const) !== 0;
      for (const one of statement.declarationList.declarations) {
        const name = one.name.getText(source);
        const ambient = statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword);
        if (!ambient && (!constant || changes(one) || changed.has(name))) fault(one, name);
      }
    } else if (ts.isClassDeclaration(statement)) {
      for (const member of statement.members) if (isStatic(member)) fault(member, member.name.getText(source));
    }
  }
  return faults;
}

/** Whether a static property can be set. */
function isStatic(member: ts.ClassElement): member is ts.PropertyDeclaration {
  if (!ts.isPropertyDeclaration(member)) return false;
  const kinds = (member.modifiers ?? []).map(({ kind }) => kind);
  return kinds.includes(ts.SyntaxKind.StaticKeyword) && !kinds.includes(ts.SyntaxKind.ReadonlyKeyword);
}

/** Whether the value of a constant can change: an object that was made with new, an empty array. */
function changes({ type, initializer }: ts.VariableDeclaration): boolean {
  if (initializer === undefined || (type && READ_ONLY.test(type.getText()))) return false;
  const value = bare(initializer);
  if (ts.isArrayLiteralExpression(value)) return value.elements.length === 0;
  if (!ts.isNewExpression(value) || !ts.isIdentifier(value.expression)) return false;
  if (!CONTAINERS.test(value.expression.text)) return true;
  const [size] = value.arguments ?? [];
  return !(size && ts.isNumericLiteral(size) && size.text === '0');
}

function bare(node: ts.Expression): ts.Expression {
  return ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node)
    ? bare(node.expression)
    : node;
}

/** Returns the names whose properties or elements functions of the file set. */
function changedIn(source: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node, within: boolean): void => {
    if (within && ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind)) {
      const { left } = node;
      if (ts.isElementAccessExpression(left) || ts.isPropertyAccessExpression(left)) {
        if (ts.isIdentifier(left.expression)) names.add(left.expression.text);
      }
    }
    ts.forEachChild(node, (child) => visit(child, within || ts.isFunctionLike(node)));
  };
  visit(source, false);
  return names;
}
function isAssignment(kind: ts.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}
