// The import order of src/, the globals each folder may name, and no cycles. Reads files; runs none of them.
// Refuses imports from below, between siblings, in circles (types included), and hosts' globals in the core; of serve/, whatever is no public entry.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import ts from 'typescript';

/** The rooms in order, the top first; those of one line are siblings, which never import each other. */
const ORDER: readonly (readonly string[])[] = [
  ['base'],
  ['wasm'],
  ['numeric'],
  ['alloc'],
  ['binary'],
  ['text'],
  ['validate'],
  ['instrument'],
  ['platform'],
  ['platform/memory-fs', 'platform/node', 'platform/web'],
  ['runtime'],
  ['threads'],
  ['engine/interp', 'engine/js', 'engine/native'],
  [
    'imports/natives',
    'imports/lib-pthread',
    'imports/libc-builtin',
    'imports/spectest',
    'imports/wasi',
    'imports/wasi-threads',
    'imports/extism',
  ],
  ['debug'],
  ['wast', 'embed/call'],
  ['embed/module'],
  ['embed/init'],
  ['embed/instance'],
  ['embed'],
  ['js-api', 'plugin/guest'],
  ['enclave/protocol'],
  ['enclave/trusted', 'enclave/untrusted', 'enclave/transport'],
  ['plugin/host'],
  ['entry'],
  ['cli'],
];

/** Rooms that may import only these, besides themselves. */
const ONLY: Readonly<Record<string, readonly string[]>> = {
  'enclave/untrusted': ['enclave/protocol'],
  'enclave/transport': ['enclave/protocol'],
  cli: ['entry'],
};

/** The globals of hosts, and the files that may name them, by the start of their paths. */
const NODE_PLACES = [
  ...['platform/node/', 'enclave/transport/worker', 'enclave/transport/process', 'enclave/transport/node-'],
  ...['entry/', 'cli/'],
];
const WEB_PLACES = ['platform/web/', 'enclave/transport/web-'];
const PLACES: Readonly<Record<string, readonly string[]>> = {
  WebAssembly: ['engine/native/', 'engine/js/shape-of-host.ts'],
  eval: [],
  Function: ['engine/js/jit.ts'],
  ...Object.fromEntries(
    [
      ...[
        'process',
        'console',
        'Buffer',
        'performance',
        'require',
        'navigator',
        'fetch',
        'queueMicrotask',
        'Deno',
        'Bun',
      ],
      ...['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate'],
      ...['TextDecoder', 'TextEncoder', 'structuredClone', 'crypto', 'URL', 'window', 'document', 'self'],
    ].map((name) => [name, [...NODE_PLACES, ...WEB_PLACES]]),
  ),
};

/** Returns the folders of src in the order of imports, the top first; a folder below a room follows it. */
export function roomsInOrder(folders: readonly string[]): string[] {
  const rooms = ORDER.flat();
  const place = (folder: string): number => {
    const own = rooms.filter((room) => folder === room || folder.startsWith(`${room}/`));
    return Math.max(...own.map((room) => rooms.indexOf(room)), folder === '' ? rooms.length : -1);
  };
  return [...folders].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}

interface Import {
  readonly from: string;
  readonly line: number;
}
interface SourceFile {
  /** The path below src, with slashes. */
  readonly path: string;
  readonly imports: readonly Import[];
  readonly packages: readonly Import[];
  readonly globals: readonly { readonly name: string; readonly line: number }[];
}

/** @param root the folder that holds src @returns one line per fault, none when all is well */
export function checkLayers(root: string): string[] {
  const src = join(root, 'src');
  const files = sourceFiles(src).map((path) => parse(src, path));
  const faults = files.flatMap((file) => [...importFaults(src, file), ...globalFaults(file)]);
  return [...faults, ...cycles(files, 'src'), ...serveFaults(root)];
}

/** The rooms of serve/src in order; files beside them may import from all. */
const SERVE_ORDER: readonly string[] = [
  ...['problems', 'config', 'observe', 'admission', 'guests', 'functions', 'calls', 'page', 'http', 'cluster', 'jobs'],
];

/** The server is a program over the package: it reaches the library by what package.json exports, and packages by what its own names. */
function serveFaults(root: string): string[] {
  const src = join(root, 'serve', 'src');
  if (!existsSync(src)) return [];
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: object };
  const { dependencies } = JSON.parse(readFileSync(join(root, 'serve/package.json'), 'utf8')) as {
    dependencies: object;
  };
  const entries = new Set(Object.keys(exports).map((entry) => entry.replace(/^\./, 'enclasm')));
  const files = sourceFiles(src).map((path) => parse(src, path));
  const level = (path: string): number => {
    const at = SERVE_ORDER.indexOf(path.split('/')[0]!);
    return at >= 0 || path.includes('/') ? at : SERVE_ORDER.length;
  };
  const faults = files.flatMap(({ path, imports, packages }) => {
    const where = `serve/src/${path}`;
    if (level(path) < 0) return [`${where}: is in no room of the import order`];
    return [
      ...imports
        .filter(({ from }) => level(from) < 0 || level(from) > level(path))
        .map(({ from, line }) => `${where}:${line}: imports ${from}, which stands below it or outside`),
      ...packages
        .filter(
          ({ from }) =>
            !from.startsWith('node:') && !entries.has(from) && !Object.hasOwn(dependencies, packageOf(from)),
        )
        .map(
          ({ from, line }) =>
            `${where}:${line}: imports ${from}: no public entry, and no dependency of serve/package.json`,
        ),
    ];
  });
  return [...faults, ...cycles(files, 'serve/src')];
}
/** The package's name in front of a path into it. The library has entries alone. */
function packageOf(specifier: string): string {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  return name === 'enclasm' ? specifier : name;
}

/** Tests are left out, since they may import anything. */
function sourceFiles(src: string): string[] {
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.endsWith('.d.ts'))
    .sort();
}

function parse(src: string, path: string): SourceFile {
  const source = ts.createSourceFile(path, readFileSync(join(src, path), 'utf8'), ts.ScriptTarget.ES2022, true);
  const imports: Import[] = [];
  const packages: Import[] = [];
  const declared = new Set<string>();
  const named: { name: string; line: number }[] = [];
  const lineOf = (node: ts.Node): number => source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
  const found = (specifier: ts.Node | undefined): void => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    const { text } = specifier;
    const target = text.startsWith('.')
      ? relative('.', join(dirname(path), text))
          .split(sep)
          .join('/')
          .replace(/\.js$/, '.ts')
      : text;
    (text.startsWith('.') ? imports : packages).push({ from: target, line: lineOf(specifier) });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) found(node.moduleSpecifier);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      found(node.arguments[0]);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) found(node.argument.literal);
    if (ts.isIdentifier(node) && Object.hasOwn(PLACES, node.text)) {
      if (isDeclaration(node)) declared.add(node.text);
      else if (isGlobalUse(node)) named.push({ name: node.text, line: lineOf(node) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { path, imports, packages, globals: named.filter(({ name }) => !declared.has(name)) };
}

/** Whether a variable, parameter, function or import has that name, which is then no global. */
function isDeclaration(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    ((ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isBindingElement(parent)) &&
      parent.name === node) ||
    ts.isFunctionDeclaration(parent) ||
    ts.isImportSpecifier(parent) ||
    ts.isImportClause(parent) ||
    ts.isNamespaceImport(parent)
  );
}

/** Names of properties are no globals, except those of globalThis. `Function` as a type does not mean code generation. */
function isGlobalUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) {
    return ts.isIdentifier(parent.expression) && parent.expression.text === 'globalThis';
  }
  if (ts.isQualifiedName(parent) && parent.right === node) return false;
  const isName = 'name' in parent && (parent as { name?: unknown }).name === node;
  if (isName || (ts.isBindingElement(parent) && parent.propertyName === node)) return false;
  if (node.text === 'Function') return ts.isNewExpression(parent) || ts.isCallExpression(parent);
  return true;
}

function roomOf(path: string): { readonly room: string; readonly level: number } | undefined {
  let best: { room: string; level: number } | undefined;
  ORDER.forEach((rooms, level) => {
    for (const room of rooms) {
      if (path.startsWith(`${room}/`) && (best === undefined || room.length > best.room.length)) best = { room, level };
    }
  });
  return best;
}

function importFaults(src: string, { path, imports, packages }: SourceFile): string[] {
  const own = roomOf(path);
  if (!own) return [`src/${path}: is in no room of the import order`];
  const faults: string[] = [];
  for (const { from, line } of imports) {
    const where = `src/${path}:${line}: imports ${from}`;
    const other = roomOf(from);
    if (!existsSync(join(src, from))) faults.push(`${where}: no such file`);
    else if (!other) faults.push(`${where}: outside of the rooms`);
    else if (other.room === own.room) continue;
    else if (other.level > own.level) faults.push(`${where}: ${own.room} stands above ${other.room}`);
    else if (other.level === own.level) faults.push(`${where}: ${own.room} and ${other.room} are siblings`);
    else if (ONLY[own.room] && !ONLY[own.room]!.includes(other.room)) {
      faults.push(`${where}: ${own.room} may import ${ONLY[own.room]!.join(', ')} alone`);
    }
  }
  for (const { from, line } of packages) {
    const allowed = from.startsWith('node:') && NODE_PLACES.some((place) => path.startsWith(place));
    if (!allowed)
      faults.push(`src/${path}:${line}: imports ${from}: only platform/node, entry and cli may, and only node:`);
  }
  return faults;
}

function globalFaults({ path, globals }: SourceFile): string[] {
  return globals
    .filter(({ name }) => !PLACES[name]!.some((place) => path.startsWith(place)))
    .map(({ name, line }) => {
      const places = PLACES[name]!.join(', ') || 'no file';
      return `src/${path}:${line}: names the global ${name}, which is for ${places}`;
    });
}

/** Returns the circles of imports, named by their files. */
function cycles(files: readonly SourceFile[], folder: string): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const state = new Map<string, 'open' | 'done'>();
  const stack: string[] = [];
  const faults: string[] = [];
  const visit = (path: string): void => {
    state.set(path, 'open');
    stack.push(path);
    for (const { from } of byPath.get(path)!.imports) {
      if (state.get(from) === 'open') {
        const circle = [...stack.slice(stack.indexOf(from)), from].map((one) => `${folder}/${one}`);
        faults.push(`circle of imports: ${circle.join(' -> ')}`);
      } else if (!state.has(from) && byPath.has(from)) visit(from);
    }
    stack.pop();
    state.set(path, 'done');
  };
  for (const { path } of files) if (!state.has(path)) visit(path);
  return faults;
}
