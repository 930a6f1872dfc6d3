// The public API: what the entries of package.json export, read from the declarations that the build made.
// Refuses an export or a public member without text, and a type that a program can receive but cannot name.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';

/** One entry of the package. */
export interface Entry {
  /** The path by which programs import it, below the package's name: '.', './enclave'. */
  readonly path: string;
  /** What it exports by name. */
  readonly exports: ReadonlyMap<string, Exported>;
}

export interface Exported {
  /** The symbol in the file that declares it. */
  readonly symbol: ts.Symbol;
  /** Only the type is exported: programs cannot make a value of it or use `instanceof`. */
  readonly typeOnly: boolean;
}

/** All entries, and what reads them. */
export interface PublicApi {
  readonly checker: ts.TypeChecker;
  readonly entries: readonly Entry[];
  /** The name by which a program imports each declaration. */
  readonly names: ReadonlyMap<ts.Symbol, string>;
  /** Whether a declaration belongs to this package, not to the language or the host. */
  isOwn(node: ts.Node): boolean;
}

interface Condition {
  readonly default?: string;
}

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  lib: ['lib.es2022.d.ts'],
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
};

/** @param root the folder of package.json, which has been built */
export function readPublicApi(root: string): PublicApi {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string | Condition>;
  };
  const paths = Object.entries(exports).flatMap(([path, target]) =>
    // What is in dist/lean is another entry, lowered.
    typeof target === 'object' && target.default?.startsWith('./dist/lean/') === false
      ? [{ path, file: resolve(root, target.default.replace(/\.js$/, '.d.ts')) }]
      : [],
  );
  const program = ts.createProgram(
    paths.map(({ file }) => file),
    OPTIONS,
  );
  const checker = program.getTypeChecker();
  const entries = paths.map(({ path, file }) => ({ path, exports: exportsOf(checker, program.getSourceFile(file)) }));
  const names = new Map<ts.Symbol, string>();
  for (const entry of entries) {
    for (const [name, { symbol }] of entry.exports) if (!names.has(symbol)) names.set(symbol, name);
  }
  const own = `${resolve(root, 'dist').replaceAll('\\', '/')}/`;
  return { checker, entries, names, isOwn: (node) => node.getSourceFile().fileName.startsWith(own) };
}

function exportsOf(checker: ts.TypeChecker, file: ts.SourceFile | undefined): Map<string, Exported> {
  const module = file && checker.getSymbolAtLocation(file);
  // An entry that is run, not imported, exports nothing.
  if (!module) return new Map();
  return new Map(
    checker.getExportsOfModule(module).map((symbol) => {
      return [symbol.name, { symbol: declared(checker, symbol), typeOnly: isTypeOnly(checker, symbol) }];
    }),
  );
}

/** Whether one of the re-exports on the way says `type`. */
function isTypeOnly(checker: ts.TypeChecker, symbol: ts.Symbol): boolean {
  for (let at = symbol; at.flags & ts.SymbolFlags.Alias; at = checker.getImmediateAliasedSymbol(at)!) {
    const node = at.declarations?.[0];
    if (node && ts.isExportSpecifier(node) && (node.isTypeOnly || node.parent.parent.isTypeOnly)) return true;
  }
  return false;
}

/** Returns the symbol that an import or a re-export refers to. */
export function declared(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** Returns the declarations that are a part of the API; for an export of a type alone, those of the type. */
export function declarationsOf(api: PublicApi, { symbol, typeOnly }: Exported): ts.Declaration[] {
  const all = symbol.declarations?.filter(api.isOwn) ?? [];
  return typeOnly ? all.filter((node) => !ts.isVariableDeclaration(node)) : all;
}

/** Whether a declaration is marked as no part of the API, though other files of the package use it. */
export function isInternal(node: ts.Node): boolean {
  return ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'internal');
}

// ---- text ----

/** @param root the folder of package.json, which has been built @returns one line per fault, none when all is well */
export function checkPublicApi(root: string): string[] {
  const api = readPublicApi(root);
  return [...withoutText(api), ...withoutName(api)];
}

/** Returns the exports and members without text. */
export function withoutText(api: PublicApi): string[] {
  const exported = new Map(api.entries.flatMap(({ exports }) => [...exports.values()].map((one) => [one.symbol, one])));
  return [...exported.values()].flatMap((one) => {
    const name = api.names.get(one.symbol)!;
    return [
      ...(hasText(api, one.symbol) ? [] : [`${name}: has no text: give it a comment that says what it is`]),
      ...membersOf(api, one)
        .filter((member) => !hasText(api, member))
        .map((member) => `${name}.${memberName(member)}: has no text: give it a comment that says what it does`),
    ];
  });
}

function hasText({ checker }: PublicApi, symbol: ts.Symbol): boolean {
  return ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim() !== '';
}

/** Returns the public members of classes, interfaces and objects that this package declares. */
export function membersOf(api: PublicApi, { symbol, typeOnly }: Exported): ts.Symbol[] {
  const { checker } = api;
  const found = new Map<string, ts.Symbol>();
  const add = (prefix: string, members: readonly ts.Symbol[]): void => {
    for (const member of members) {
      if (member.flags & ts.SymbolFlags.Prototype) continue;
      if (member.declarations === undefined && checker.getTypeOfSymbol(member).getCallSignatures().length > 0) {
        found.set(prefix + member.name, member);
      }
      const at = member.declarations?.find(api.isOwn);
      if (at && isPublic(at)) found.set(prefix + member.name, member);
    }
  };
  if (symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias)) {
    const type = checker.getDeclaredTypeOfSymbol(symbol);
    if (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) add('', checker.getPropertiesOfType(type));
  }
  if (symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Variable) && !typeOnly) {
    const type = checker.getTypeOfSymbol(symbol);
    if (type.flags & ts.TypeFlags.Object && type.getCallSignatures().length === 0) {
      add('static ', checker.getPropertiesOfType(type));
    }
    const constructors = symbol.members?.get(ts.InternalSymbolName.Constructor);
    if (constructors) add('', [constructors]);
  }
  return [...found.values()];
}

function isPublic(node: ts.Declaration): boolean {
  if (ts.isClassElement(node) && node.name && ts.isPrivateIdentifier(node.name)) return false;
  if (isInternal(node)) return false;
  return !(ts.getCombinedModifierFlags(node) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected));
}

function memberName(member: ts.Symbol): string {
  const name = member.declarations?.[0] && ts.getNameOfDeclaration(member.declarations[0]);
  return member.name === ts.InternalSymbolName.Constructor ? 'constructor' : (name?.getText() ?? member.name);
}

// ---- names ----

/** Returns the types of this package that an exported declaration names and no entry exports. */
export function withoutName(api: PublicApi): string[] {
  const found = new Map<ts.Symbol, string>();
  for (const { exports } of api.entries) {
    for (const [name, one] of exports) {
      for (const used of namesUsed(api, one)) if (!api.names.has(used) && !found.has(used)) found.set(used, name);
    }
  }
  return [...found].map(([used, name]) => `${name}: names ${used.name}, which no entry exports (${fileOf(used)})`);
}

function fileOf(symbol: ts.Symbol): string {
  return symbol.declarations![0]!.getSourceFile().fileName.replace(/.*\/dist\//, '');
}

function namesUsed(api: PublicApi, exported: Exported): ts.Symbol[] {
  const nodes = declarationsOf(api, exported);
  if (nodes.length === 1 && isSpelledOut(api, nodes[0]!)) return [];
  return nodes.flatMap((node) => usesIn(api, node)).map(({ symbol }) => symbol);
}

/** Whether a node is the base of an interface, computed from what no entry exports: the API has its members in the interface itself. */
export function isInlinedBase(api: PublicApi, node: ts.Node): node is ts.ExpressionWithTypeArguments {
  if (!ts.isExpressionWithTypeArguments(node) || !ts.isInterfaceDeclaration(node.parent.parent)) return false;
  const symbol = api.checker.getSymbolAtLocation(node.expression);
  const base = symbol && declared(api.checker, symbol);
  const at = base?.declarations?.[0];
  return at !== undefined && ts.isTypeAliasDeclaration(at) && api.isOwn(at) && !api.names.has(base!);
}

/** Whether an alias is computed from what no entry exports: the API has the result. */
export function isSpelledOut(api: PublicApi, node: ts.Declaration): node is ts.TypeAliasDeclaration {
  if (!ts.isTypeAliasDeclaration(node) || node.typeParameters) return false;
  const unnamed = usesIn(api, node.type).filter(({ symbol }) => !api.names.has(symbol));
  const kept = ts.SymbolFlags.TypeAlias | ts.SymbolFlags.Variable;
  return unnamed.length > 0 && unnamed.every(({ symbol }) => symbol.flags & kept);
}

/** A name in a declaration that refers to another declaration of this package. */
export interface Use {
  readonly node: ts.Node;
  readonly symbol: ts.Symbol;
}

/** @param node of the declarations that the build made */
export function usesIn(api: PublicApi, node: ts.Node): Use[] {
  const { checker } = api;
  const found: Use[] = [];
  const visit = (child: ts.Node): void => {
    if (isLeftOut(api, child) || isInlinedBase(api, child)) return;
    const named = nameIn(api, child);
    const symbol = named && checker.getSymbolAtLocation(named);
    if (symbol) {
      const used = declared(checker, symbol);
      const at = used.declarations?.[0];
      // Names within a declaration (members, parameters, type parameters) exist there alone. A brand has no name on purpose.
      if (at && api.isOwn(at) && isTop(at) && !isBrand(at) && languageName(at) === undefined)
        found.push({ node: child, symbol: used });
    }
    if (named && named !== child) (child as ts.ImportTypeNode).typeArguments?.forEach(visit);
    else ts.forEachChild(child, visit);
  };
  visit(node);
  return found;
}

/** Returns the name that a node is: a plain one, one that is imported where it stands, or one of a namespace. */
export function nameIn({ checker }: PublicApi, node: ts.Node): ts.EntityName | undefined {
  if (ts.isImportTypeNode(node)) return node.qualifier;
  if (ts.isQualifiedName(node)) {
    const left = checker.getSymbolAtLocation(node.left);
    return left && declared(checker, left).flags & ts.SymbolFlags.Module ? node.right : undefined;
  }
  return ts.isIdentifier(node) ? node : undefined;
}

/** Whether the API leaves a part of a declaration out: internal members, and a parent of which all is internal. */
export function isLeftOut(api: PublicApi, node: ts.Node): boolean {
  if ((ts.isClassElement(node) || ts.isTypeElement(node)) && isInternal(node)) return true;
  if (!ts.isHeritageClause(node)) return false;
  const parent = api.checker.getTypeAtLocation(node.types[0]!).symbol?.declarations?.[0];
  return parent !== undefined && api.isOwn(parent) && isInternal(parent);
}

/** Whether a node is the symbol that keeps other code from making values of a type. */
export function isBrand(node: ts.Node): node is ts.VariableDeclaration {
  if (!ts.isVariableDeclaration(node) || node.type === undefined || !ts.isTypeOperatorNode(node.type)) return false;
  return node.type.operator === ts.SyntaxKind.UniqueKeyword;
}

/** Returns the name in the language of a constant that stands for a part of it, as `Symbol.asyncDispose`. */
export function languageName(node: ts.Node): string | undefined {
  if (!ts.isVariableDeclaration(node) || node.type === undefined || !ts.isTypeQueryNode(node.type)) return undefined;
  return node.type.exprName.getText();
}

function isTop(node: ts.Declaration): boolean {
  const holder = ts.isVariableDeclaration(node) ? node.parent.parent : node;
  return holder.parent !== undefined && ts.isSourceFile(holder.parent);
}
