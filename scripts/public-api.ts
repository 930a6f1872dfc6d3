// The public API: what the entries of package.json export, read from the declarations that the build made of them.
// Refuses an export or a public member without text, and a type that a program can receive and cannot name.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';

/** One door of the package. */
export interface Entry {
  /** As programs import it, below the package's name: '.', './enclave'. */
  readonly path: string;
  /** What it exports by name, each as it was declared. */
  readonly exports: ReadonlyMap<string, ts.Symbol>;
}

/** All entries, and what reads them. */
export interface PublicApi {
  readonly checker: ts.TypeChecker;
  readonly entries: readonly Entry[];
  /** The name that a program imports each declaration by. */
  readonly names: ReadonlyMap<ts.Symbol, string>;
  /** Whether a declaration is of this package, not of the language or the host. */
  isOwn(node: ts.Declaration): boolean;
}

interface Condition {
  readonly types?: string;
}

/** @param root the folder of package.json, which has been built */
export function readPublicApi(root: string): PublicApi {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string | Condition>;
  };
  const paths = Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'object' && target.types !== undefined ? [{ path, file: resolve(root, target.types) }] : [],
  );
  const program = ts.createProgram(
    paths.map(({ file }) => file),
    {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      lib: ['lib.es2022.d.ts'],
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
    },
  );
  const checker = program.getTypeChecker();
  const entries = paths.map(({ path, file }) => ({ path, exports: exportsOf(checker, program.getSourceFile(file)) }));
  const names = new Map<ts.Symbol, string>();
  for (const entry of entries) {
    for (const [name, symbol] of entry.exports) if (!names.has(symbol)) names.set(symbol, name);
  }
  const own = `${resolve(root, 'dist').replaceAll('\\', '/')}/`;
  return { checker, entries, names, isOwn: (node) => node.getSourceFile().fileName.startsWith(own) };
}

function exportsOf(checker: ts.TypeChecker, file: ts.SourceFile | undefined): Map<string, ts.Symbol> {
  const module = file && checker.getSymbolAtLocation(file);
  // An entry that is run, not imported, exports nothing.
  if (!module) return new Map();
  return new Map(checker.getExportsOfModule(module).map((symbol) => [symbol.name, declared(checker, symbol)]));
}

/** What an import or a re-export stands for. */
export function declared(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** @param root the folder of package.json, which has been built @returns one line per fault, none when all is well */
export function checkPublicApi(root: string): string[] {
  const api = readPublicApi(root);
  return [...withoutText(api), ...withoutName(api)];
}

/** Exports and members that say nothing of themselves. */
export function withoutText(api: PublicApi): string[] {
  return [...api.names].flatMap(([symbol, name]) => [
    ...(hasText(api, symbol) ? [] : [`${name}: has no text: give it a comment that says what it is`]),
    ...membersOf(api, symbol)
      .filter((member) => !hasText(api, member))
      .map((member) => `${name}.${memberName(member)}: has no text: give it a comment that says what it does`),
  ]);
}

function hasText({ checker }: PublicApi, symbol: ts.Symbol): boolean {
  return ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim() !== '';
}

/** Of classes, interfaces and objects: the public members that this package declares. */
export function membersOf(api: PublicApi, symbol: ts.Symbol): ts.Symbol[] {
  const { checker } = api;
  const found = new Map<string, ts.Symbol>();
  const add = (prefix: string, members: readonly ts.Symbol[]): void => {
    for (const member of members) {
      const at = member.declarations?.find(api.isOwn);
      if (at && isPublic(at) && !(member.flags & ts.SymbolFlags.Prototype)) found.set(prefix + member.name, member);
    }
  };
  if (symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias)) {
    const type = checker.getDeclaredTypeOfSymbol(symbol);
    if (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) add('', checker.getPropertiesOfType(type));
  }
  if (symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Variable)) {
    const type = checker.getTypeOfSymbol(symbol);
    if (type.flags & ts.TypeFlags.Object && type.getCallSignatures().length === 0) {
      add('static ', checker.getPropertiesOfType(type));
    }
  }
  const constructors = symbol.members?.get(ts.InternalSymbolName.Constructor);
  if (constructors) add('', [constructors]);
  return [...found.values()];
}

function isPublic(node: ts.Declaration): boolean {
  if (ts.isClassElement(node) && node.name && ts.isPrivateIdentifier(node.name)) return false;
  return !(ts.getCombinedModifierFlags(node) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected));
}

function memberName(member: ts.Symbol): string {
  const name = member.declarations?.[0] && ts.getNameOfDeclaration(member.declarations[0]);
  return member.name === ts.InternalSymbolName.Constructor ? 'constructor' : (name?.getText() ?? member.name);
}

/** Types of this package that an exported declaration names, and no entry exports. */
export function withoutName(api: PublicApi): string[] {
  const found = new Map<ts.Symbol, string>();
  for (const [symbol, name] of api.names) {
    for (const node of symbol.declarations ?? []) {
      for (const { symbol: used } of namesUsed(api, node)) if (!found.has(used)) found.set(used, name);
    }
  }
  return [...found]
    .filter(([used]) => !api.names.has(used))
    .map(([used, name]) => `${name}: uses ${used.name}, which no entry exports (${fileOf(used)})`);
}

const fileOf = (symbol: ts.Symbol): string => symbol.declarations![0]!.getSourceFile().fileName.replace(/.*\/dist\//, '');

/** A name in a declaration that stands for another declaration of this package. */
export interface Use {
  readonly node: ts.Node;
  readonly symbol: ts.Symbol;
}

/** @param node of the declarations that the build made */
export function namesUsed(api: PublicApi, node: ts.Node): Use[] {
  const { checker } = api;
  const found: Use[] = [];
  const visit = (child: ts.Node): void => {
    const named = ts.isImportTypeNode(child) ? child.qualifier : ts.isIdentifier(child) ? child : undefined;
    const symbol = named && checker.getSymbolAtLocation(named);
    if (symbol) {
      const used = declared(checker, symbol);
      const at = used.declarations?.[0];
      // What is declared within something has a name there alone: members, parameters, type parameters. A brand has none on purpose.
      if (at && !isBrand(at) && api.isOwn(at) && isTop(at)) found.push({ node: child, symbol: used });
      if (ts.isImportTypeNode(child)) {
        for (const argument of child.typeArguments ?? []) visit(argument);
        return;
      }
    }
    ts.forEachChild(child, visit);
  };
  visit(node);
  return found;
}

/** A symbol that keeps anybody else from making values of a type. */
function isBrand(node: ts.Declaration): boolean {
  return ts.isVariableDeclaration(node) && node.type !== undefined && ts.isTypeOperatorNode(node.type);
}

function isTop(node: ts.Declaration): boolean {
  const holder = ts.isVariableDeclaration(node) ? node.parent.parent : node;
  return holder.parent !== undefined && ts.isSourceFile(holder.parent);
}
