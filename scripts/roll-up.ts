// api/*.d.ts: the declarations of each entry in one file, for programs that compile against the package and for people who review a change of the
// API. Each declaration is in the entry of its topic; the other entries re-export it. Internal declarations are left out.
import ts from 'typescript';
import {
  declarationsOf,
  declared,
  type Entry,
  type Exported,
  isBrand,
  isInlinedBase,
  isLeftOut,
  isSpelledOut,
  languageName,
  nameIn,
  type PublicApi,
  readPublicApi,
  usesIn,
} from './public-api.js';

const PLAIN = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseSingleQuotesForStringLiteralType;

/** A declaration that several entries export is in the first of these. */
const HOMES = [
  ...['./binary', './libraries', './embed', './aot', './enclave', './plugin', './interp', '.'],
  ...['./debug', './opentelemetry'],
  ...['./webassembly', './webassembly/interp', './web'],
];

/** Returns the rolled-up declarations of every entry, by path. @param root the folder of package.json, which has been built */
export function rollUp(root: string): Record<string, string> {
  const api = readPublicApi(root);
  const homes = new Map<ts.Symbol, Entry>();
  for (const path of HOMES) {
    const entry = api.entries.find((one) => one.path === path);
    if (!entry) continue;
    for (const { symbol } of entry.exports.values()) if (!homes.has(symbol)) homes.set(symbol, entry);
  }
  return Object.fromEntries(
    api.entries.map((entry) => [`api/${fileName(entry)}.d.ts`, new File(api, homes, entry).text()]),
  );
}

function fileName({ path }: Entry): string {
  return path === '.' ? 'index' : path.slice('./'.length).replaceAll('/', '-');
}

/** A change of a text: the part from `start` to `end` becomes `text`. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** One file of declarations. */
class File {
  readonly #api: PublicApi;
  readonly #homes: ReadonlyMap<ts.Symbol, Entry>;
  readonly #entry: Entry;
  /** The names that the file exports, and the symbols that they refer to. */
  readonly #own: ReadonlyMap<string, ts.Symbol>;
  readonly #imports = new Map<ts.Symbol, string>();
  readonly #brands = new Set<ts.VariableDeclaration>();
  readonly #libraries = new Set<string>();

  constructor(api: PublicApi, homes: ReadonlyMap<ts.Symbol, Entry>, entry: Entry) {
    this.#api = api;
    this.#homes = homes;
    this.#entry = entry;
    this.#own = new Map([...entry.exports].map(([name, { symbol }]) => [name, symbol]));
  }

  text(): string {
    const exported = [...this.#entry.exports].sort(([a], [b]) => (a < b ? -1 : 1));
    const here = exported.filter(([, { symbol }]) => this.#homes.get(symbol) === this.#entry);
    const elsewhere = exported.filter((one) => !here.includes(one));
    const declarations = here.flatMap(([name, one]) => this.#declare(name, one));
    const brands = [...this.#brands].map((node) => `declare const ${node.name.getText()}: unique symbol;`);
    return `${[
      '// Generated from the declarations that the build makes: npm run gen. A change here is a change of the public API.',
      ...[...this.#libraries].sort(),
      ...this.#importLines(),
      ...this.#reExports(elsewhere),
      '',
      ...brands,
      ...declarations,
      'export {};',
    ].join('\n')}\n`;
  }

  #importLines(): string[] {
    return [...this.#imports]
      .map(([symbol, local]) => {
        const name = this.#api.names.get(symbol)!;
        const names = name === local ? name : `${name} as ${local}`;
        return `import { ${names} } from './${fileName(this.#homes.get(symbol)!)}.js';`;
      })
      .sort();
  }
  #reExports(exported: readonly (readonly [string, Exported])[]): string[] {
    return exported
      .map(([name, { symbol, typeOnly }]) => {
        const from = fileName(this.#homes.get(symbol)!);
        return `export ${typeOnly ? 'type ' : ''}{ ${name} } from './${from}.js';`;
      })
      .sort();
  }

  #declare(name: string, exported: Exported): string[] {
    return declarationsOf(this.#api, exported).map((node) => {
      for (const { fileName: lib } of node.getSourceFile().libReferenceDirectives) {
        this.#libraries.add(`/// <reference lib="${lib}" />`);
      }
      const statement = ts.isVariableDeclaration(node) ? node.parent.parent : node;
      const text = isSpelledOut(this.#api, node)
        ? `type ${name} = ${this.#typeText(this.#api.checker.getTypeAtLocation(node), '', exported.symbol)};`
        : this.#edited(statement).replace(/^(export |declare )*/, '');
      const isType = ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
      if (isType) return `${comment(statement)}export ${text}\n`;
      if (!exported.typeOnly) return `${comment(statement)}export declare ${text}\n`;
      return `${comment(statement)}declare ${text}\nexport type { ${name} };\n`;
    });
  }

  /** Returns the text of a declaration with the names of this file, and without internal parts. */
  #edited(statement: ts.Node): string {
    const edits: Edit[] = usesIn(this.#api, statement)
      .filter(({ node }) => !isOwnName(node))
      .map(({ node, symbol }) => {
        return { start: node.getStart(), end: nameIn(this.#api, node)!.getEnd(), text: this.#nameOf(symbol) };
      });
    const visit = (node: ts.Node): void => {
      if (isLeftOut(this.#api, node)) {
        // Programs cannot construct the class: without a constructor of its own, it would have one without parameters.
        const text = ts.isConstructorDeclaration(node) ? '\n    private constructor();' : '';
        edits.push({ start: node.getFullStart(), end: node.getEnd(), text });
      } else if (!isInlinedBase(this.#api, node)) {
        if (ts.isIdentifier(node)) this.#visitName(node, edits);
        ts.forEachChild(node, visit);
      }
    };
    visit(statement);
    if (ts.isInterfaceDeclaration(statement)) edits.push(...this.#inlineBases(statement));
    return apply(statement, edits);
  }
  #inlineBases({ heritageClauses, members }: ts.InterfaceDeclaration): Edit[] {
    const clause = heritageClauses?.[0];
    const inlined = clause?.types.filter((base) => isInlinedBase(this.#api, base)) ?? [];
    if (!clause || inlined.length === 0) return [];
    const named = clause.types.filter((base) => !inlined.includes(base)).map((base) => base.getText());
    const text = named.length > 0 ? ` extends ${named.join(', ')}` : '';
    const lines = inlined.flatMap((base) => this.#memberLines(this.#api.checker.getTypeAtLocation(base), '    '));
    return [
      { start: clause.getFullStart(), end: clause.getEnd(), text },
      { start: members.pos, end: members.pos, text: `\n${lines.join('\n')}${members.length > 0 ? '' : '\n'}` },
    ];
  }
  /** Handles the names that no entry exports: those of brands, and those of the language. */
  #visitName(node: ts.Identifier, edits: Edit[]): void {
    const { checker } = this.#api;
    const symbol = checker.getSymbolAtLocation(node);
    const at = symbol && declared(checker, symbol).declarations?.[0];
    if (!at || !this.#api.isOwn(at)) return;
    if (isBrand(at)) this.#brands.add(at);
    const text = languageName(at);
    if (text !== undefined) edits.push({ start: node.getStart(), end: node.getEnd(), text });
  }

  /** Returns the name of another declaration in this file. */
  #nameOf(symbol: ts.Symbol): string {
    const name = this.#api.names.get(symbol);
    if (name === undefined)
      throw new Error(`${symbol.name}: no entry exports it: npm run check says where it is named`);
    const home = this.#homes.get(symbol)!;
    if (home === this.#entry) return name;
    const taken = this.#own.get(name);
    const local = taken === undefined || taken === symbol ? name : `${capital(fileName(home))}${name}`;
    this.#imports.set(symbol, local);
    return local;
  }

  /** Returns a type as text: types that the entries export by their names, the rest spelled out. @param self is spelled out too */
  #typeText(type: ts.Type, indent: string, self?: ts.Symbol): string {
    const { checker } = this.#api;
    const { aliasSymbol, aliasTypeArguments = [] } = type;
    if (aliasSymbol && aliasSymbol !== self && this.#api.names.has(aliasSymbol)) {
      return this.#applied(aliasSymbol, aliasTypeArguments, indent);
    }
    if (type.isUnion() && !(type.flags & ts.TypeFlags.Boolean)) {
      // The compiler's own order depends on what it has seen before, and so on the state of an incremental build.
      const alias = this.#aliasOf(checker.getNonNullableType(type));
      if (alias && alias !== self) {
        const absent = type.types.filter(({ flags }) => flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined));
        return [this.#nameOf(alias), ...absent.map((one) => checker.typeToString(one))].join(' | ');
      }
      const parts = new Set(unionParts(checker, type).map((one) => this.#typeText(one, indent)));
      const last = ['null', 'undefined'].filter((one) => parts.delete(one));
      return [...[...parts].sort(), ...last].join(' | ');
    }
    const signature = type.getCallSignatures()[0];
    if (signature) return this.#functionText(signature, indent);
    if (checker.isArrayType(type)) {
      const item = this.#typeText(checker.getTypeArguments(type as ts.TypeReference)[0]!, indent);
      return `${type.symbol.name === 'ReadonlyArray' ? 'readonly ' : ''}${item.includes(' | ') ? `(${item})` : item}[]`;
    }
    if (isAnonymousObject(type)) return this.#objectText(type, indent);
    if (type.flags & ts.TypeFlags.Object && type.symbol) {
      return this.#applied(type.symbol, checker.getTypeArguments(type as ts.TypeReference), indent);
    }
    return checker.typeToString(type, undefined, PLAIN);
  }
  /** The exported alias of a union. */
  #aliasOf(type: ts.Type): ts.Symbol | undefined {
    const { checker, names } = this.#api;
    if (!type.isUnion()) return undefined;
    const isIts = (one: ts.Symbol): boolean =>
      (one.flags & ts.SymbolFlags.TypeAlias) !== 0 && checker.getDeclaredTypeOfSymbol(one) === type;
    return [...names.keys()].find(isIts);
  }
  #applied(symbol: ts.Symbol, given: readonly ts.Type[], indent: string): string {
    const isOwn = symbol.declarations?.some((node) => this.#api.isOwn(node));
    const name = isOwn ? this.#nameOf(symbol) : symbol.name;
    return given.length === 0 ? name : `${name}<${given.map((one) => this.#typeText(one, indent)).join(', ')}>`;
  }
  #functionText(signature: ts.Signature, indent: string): string {
    const { checker } = this.#api;
    const parameters = signature.parameters.flatMap((one) => {
      const type = checker.getTypeOfSymbol(one);
      if (isTuple(type)) return this.#tupleTexts(type, indent);
      const node = one.valueDeclaration as ts.ParameterDeclaration;
      return [`${one.name}${checker.isOptionalParameter(node) ? '?' : ''}: ${this.#typeText(type, indent)}`];
    });
    return `(${parameters.join(', ')}) => ${this.#typeText(signature.getReturnType(), indent)}`;
  }
  /** Returns the texts of parameters that a type of its own lists. */
  #tupleTexts(type: ts.TupleTypeReference, indent: string): string[] {
    const { elementFlags, labeledElementDeclarations } = type.target;
    return this.#api.checker.getTypeArguments(type).map((item, k) => {
      const optional = elementFlags[k]! & ts.ElementFlags.Optional ? '?' : '';
      return `${labeledElementDeclarations?.[k]?.name.getText() ?? `item${k}`}${optional}: ${this.#typeText(item, indent)}`;
    });
  }
  #objectText(type: ts.Type, indent: string): string {
    const inner = `${indent}    `;
    const lines = this.#memberLines(type, inner);
    const rest = type.getStringIndexType();
    if (rest) lines.push(`${inner}readonly [name: string]: ${this.#typeText(rest, inner)};`);
    return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${indent}}`;
  }
  #memberLines(type: ts.Type, indent: string): string[] {
    const { checker } = this.#api;
    return checker.getPropertiesOfType(type).map((property) => {
      const optional = property.flags & ts.SymbolFlags.Optional ? '?' : '';
      const text = ts.displayPartsToString(property.getDocumentationComment(checker));
      const doc = text === '' ? '' : docText(text.split('\n'), indent);
      return `${doc}${indent}readonly ${property.name}${optional}: ${this.#typeText(checker.getTypeOfSymbol(property), indent)};`;
    });
  }
}

function docText(lines: readonly string[], indent: string): string {
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
}

function isTuple(type: ts.Type): type is ts.TupleTypeReference {
  const { target } = type as Partial<ts.TypeReference>;
  return target !== undefined && (target.objectFlags & ts.ObjectFlags.Tuple) !== 0;
}

/** Whether a type is a set of properties without a name. */
function isAnonymousObject(type: ts.Type): boolean {
  if (type.isIntersection()) return type.types.every(isAnonymousObject);
  if (!(type.flags & ts.TypeFlags.Object)) return false;
  return ((type as ts.ObjectType).objectFlags & (ts.ObjectFlags.Anonymous | ts.ObjectFlags.Mapped)) !== 0;
}

/** Returns the parts of a union, with `true | false` as one type. */
function unionParts(checker: ts.TypeChecker, { types }: ts.UnionType): ts.Type[] {
  const isBoolean = types.filter(({ flags }) => flags & ts.TypeFlags.BooleanLiteral).length === 2;
  const rest = types.filter(({ flags }) => !isBoolean || !(flags & ts.TypeFlags.BooleanLiteral));
  return isBoolean ? [...rest, checker.getBooleanType()] : rest;
}

/** Whether a name is the one that the declaration gives. */
function isOwnName(node: ts.Node): boolean {
  return (node.parent as { name?: ts.Node }).name === node && !ts.isImportTypeNode(node);
}

function comment(node: ts.Node): string {
  const docs = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return docs.map((doc) => `${doc.getText()}\n`).join('');
}

function apply(node: ts.Node, edits: readonly Edit[]): string {
  const source = node.getSourceFile().text;
  let at = node.getStart();
  let text = '';
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    if (edit.start < at) continue;
    text += source.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return text + source.slice(at, node.getEnd());
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
