// Bundles the compiled commands: Node loads one large file several times faster than two hundred small ones.
// dist/bin/ holds the bundle, a launcher per command, and the first file of enclaves, where entry/enclave.ts expects it. dist/node/ holds what programs import
// that are no bundles themselves.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { bundleInspector } from '../inspector/bundle.mjs';
import { lowered } from './lower.mjs';

const COMMANDS = ['enclasm', 'iwasm'];
/** The commands that are run once each, so that V8's code for them is kept. */
const WARM_UP = [['help'], ...['auto', 'interp', 'jit'].map((mode) => ['run', `--mode=${mode}`, 'samples/hello.wasm'])];

/** Names are not shortened, so that --trace is readable. */
const SETTINGS = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  charset: 'ascii',
  minifyWhitespace: true,
  minifySyntax: true,
  write: false,
  logLevel: 'warning',
};

/** Making a `require` takes Node more than a millisecond, and the bundle has one already. */
const ownRequire = {
  name: 'own-require',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:module$/ }, () => ({ path: 'node:module', namespace: 'own' }));
    onLoad({ filter: /.*/, namespace: 'own' }, () => ({ contents: 'export const createRequire = () => require;' }));
  },
};

/** Returns the text of a function of `require` and its own path that returns what the entry exports. */
async function bundleFunction(root, entry) {
  const { outputFiles } = await build({
    ...SETTINGS,
    absWorkingDir: root,
    entryPoints: [entry],
    format: 'cjs',
    plugins: [ownRequire],
    define: { 'import.meta.url': 'bundleUrl' },
    banner: {
      js: "(function (require, bundlePath) { const module = { exports: {} }, bundleUrl = require('node:url').pathToFileURL(bundlePath).href;",
    },
    footer: { js: 'return module.exports; })' },
  });
  return outputFiles[0].text;
}

/** Returns one of scripts/*.cjs with the files of its folder that it requires, and its names filled in. */
async function launcher(root, file, names) {
  const define = Object.fromEntries(Object.entries(names).map(([name, value]) => [name, JSON.stringify(value)]));
  const entryPoints = [join('scripts', file)];
  const { outputFiles } = await build({ ...SETTINGS, absWorkingDir: root, entryPoints, format: 'cjs', define });
  return outputFiles[0].text;
}

/** Returns the bundle's name, which contains a hash of its content. */
function named(prefix, text) {
  return `${prefix}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}.cjs`;
}

/** Returns, for each command, the options whose value may be the next word, as they are written. */
async function valuedOptions(root) {
  const load = (name) => import(pathToFileURL(join(root, 'dist/cli', name)).href);
  const [{ OPTIONS }, { IWASM_OPTIONS }, { takesValue }] = await Promise.all(
    ['command-options.js', 'iwasm-options.js', 'parse.js'].map(load),
  );
  const written = (table) =>
    Object.entries(table)
      .filter(([, row]) => takesValue(row) && row.bare === undefined)
      .flatMap(([name, { short }]) => [`--${name}`, ...(short ? [`-${short}`] : [])]);
  return { enclasm: written(OPTIONS), iwasm: written(IWASM_OPTIONS) };
}

/** Runs what an enclave does in its first seconds, under each set of V8's flags that it is started with. */
async function rehearse(root, entry) {
  const { openCacheFolder } = await import(pathToFileURL(join(root, 'dist/platform/node/cache-folder.js')).href);
  const folder = openCacheFolder(undefined, 'enclave');
  if (folder === undefined) return;
  const { createEnclave } = await import(pathToFileURL(join(root, 'dist/entry/enclave.js')).href);
  const bytes = readFileSync(join(root, 'samples/hello.wasm'));
  for (const flags of [[], ['--max-old-space-size=512']]) {
    const launcher = [process.execPath, ...flags, entry, '--keep-code', `--code-cache=${folder}`];
    const enclave = await createEnclave({ transport: 'process', process: { launcher }, stdout: () => {} });
    await enclave.initRuntime({ options: { memAllocType: 'pool', heapSize: 16 << 20 } });
    const { module } = await enclave.loadModule({ bytes });
    await enclave.setWasiArgs({ module, options: { args: ['hello'], stdout: 'host' } });
    const { instance } = await enclave.instantiateModule({ module });
    await enclave.execAppMain({ instance, argv: [] });
    await enclave.destroyRuntime();
    await enclave.close();
  }
}

/**
 * dist/web: the package for pages without a bundler, and the first files of the workers of enclaves and of threads, for those and for every bundler. As package.json
 * says, files for browsers take the place of others.
 */
async function bundleForBrowsers(root) {
  await build({
    ...SETTINGS,
    absWorkingDir: root,
    entryPoints: {
      enclasm: 'dist/entry/web.js',
      'enclave-main': 'dist/entry/web-enclave-main.js',
      'thread-main': 'dist/entry/web-thread-main.js',
    },
    outdir: 'dist/web',
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    minify: true,
    write: true,
  });
}

/**
 * dist/node: the entries of package.json that Node, Bun and Deno load, and what several of them have. Stack traces are read, so it is not minified. All three
 * have jump tables.
 */
async function bundleForNode(root) {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const entries = Object.values(exports).filter(({ node }) => node !== undefined);
  const { outputFiles } = await build({
    ...SETTINGS,
    absWorkingDir: root,
    entryPoints: Object.fromEntries(entries.map((entry) => [basename(entry.node, '.js'), entry.default])),
    outdir: 'dist/node',
    format: 'esm',
    splitting: true,
    packages: 'external',
    define: { ENCLASM_WITHOUT_STEP_TREE: 'true' },
    minifyWhitespace: false,
    minifySyntax: false,
  });
  writeFolder(
    join(root, 'dist', 'node'),
    Object.fromEntries(outputFiles.map(({ path, text }) => [basename(path), text])),
  );
}

/** @param files the text of each by its name. Others are removed, and last, so that what starts meanwhile finds its files. */
function writeFolder(folder, files) {
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  for (const old of readdirSync(folder)) if (!(old in files)) rmSync(join(folder, old), { recursive: true });
}

/**
 * What the standard `WebAssembly` object has no use for, and Hermes: it makes jump tables of switches. Constants of src/base/build.d.ts.
 */
const WITHOUT_FOR_HERMES = ['ALLOCATORS', 'OBSERVERS', 'STEP_TREE', 'TEXT_VALUES'];

/**
 * dist/lean: the `WebAssembly` object for JavaScript engines that lack parts of the language, as one script, which is a module of CommonJS too. What it is
 * made of is seldom changed, and making it takes seconds: a file of the same parts is left as it is.
 */
async function bundleForHermes(root) {
  const folder = join(root, 'dist', 'lean');
  const path = join(folder, 'webassembly.hermes.js');
  const options = {
    absWorkingDir: root,
    entryPoints: ['dist/entry/webassembly-interp.js'],
    globalName: 'enclasmWebAssembly',
    define: Object.fromEntries(WITHOUT_FOR_HERMES.map((name) => [`ENCLASM_WITHOUT_${name}`, 'true'])),
  };
  const { outputFiles } = await build({ ...SETTINGS, ...options, platform: 'neutral', format: 'iife' });
  const parts = createHash('sha256')
    .update(outputFiles[0].text)
    .update(readFileSync(join(root, 'scripts/lower.mjs')));
  const firstLine = `// enclasm, lowered for Hermes, made of ${parts.digest('hex')}\n`;
  if (existsSync(path) && readFileSync(path, 'utf8').startsWith(firstLine)) return;
  const script = await lowered(options);
  mkdirSync(folder, { recursive: true });
  // Node and bundlers take the file for CommonJS, whatever the package is.
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  writeFileSync(path, `${firstLine}${script}if(typeof module==='object')module.exports=enclasmWebAssembly;\n`);
}

export async function bundle(root) {
  await Promise.all([bundleForBrowsers(root), bundleForHermes(root), bundleForNode(root), bundleInspector(root)]);
  const folder = join(root, 'dist', 'bin');
  const [commands, enclave, register, thread] = await Promise.all([
    bundleFunction(root, 'dist/cli/commands.js'),
    bundleFunction(root, 'dist/entry/enclave-inside.js'),
    bundleFunction(root, 'dist/cli/register.js'),
    bundleFunction(root, 'dist/entry/thread-inside.js'),
  ]);
  const valued = await valuedOptions(root);
  const name = named('commands', commands);
  const inside = named('enclave', enclave);
  const registered = named('register', register);
  const threadInside = named('thread', thread);
  const files = {
    [name]: commands,
    [inside]: enclave,
    [registered]: register,
    [threadInside]: thread,
    'register.cjs': await launcher(root, 'register-launcher.cjs', { BUNDLE_NAME: registered }),
    'enclave-main.cjs': await launcher(root, 'enclave-launcher.cjs', { BUNDLE_NAME: inside }),
    'thread-main.cjs': await launcher(root, 'enclave-launcher.cjs', { BUNDLE_NAME: threadInside }),
  };
  for (const command of COMMANDS) {
    files[`${command}.cjs`] = await launcher(root, 'launcher.cjs', {
      BUNDLE_NAME: name,
      COMMAND: command,
      VALUED: valued[command],
    });
  }
  writeFolder(folder, files);
  for (const command of COMMANDS) chmodSync(join(folder, `${command}.cjs`), 0o755);
  for (const words of WARM_UP) {
    spawnSync(process.execPath, [join(folder, 'enclasm.cjs'), ...words], { cwd: root, stdio: 'ignore' });
  }
  // If no enclave can be started, there is no code to keep, and the commands work without it.
  await rehearse(root, join(folder, 'enclave-main.cjs')).catch((error) => console.error(`bundle: ${error.message}`));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await bundle(dirname(dirname(fileURLToPath(import.meta.url))));
}
