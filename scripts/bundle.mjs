// Bundles the compiled commands: Node loads one large file several times faster than two hundred small ones.
// dist/bin/ holds the bundle, a launcher per command, and the first file of enclaves, where entry/enclave.ts looks for it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const COMMANDS = ['enclasm', 'iwasm'];
/** What is run once each, so that V8's code for it is kept. */
const WARM_UP = [['help'], ...['auto', 'interp', 'jit'].map((mode) => ['run', `--mode=${mode}`, 'samples/hello.wasm'])];

/** Names stay whole, so that --trace is readable. */
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

/** A function of `require` and its own path, which gives the commands. */
async function bundleCommands(root) {
  const { outputFiles } = await build({
    ...SETTINGS,
    absWorkingDir: root,
    entryPoints: ['dist/cli/commands.js'],
    format: 'cjs',
    define: { 'import.meta.url': 'bundleUrl' },
    banner: {
      js: "(function (require, bundlePath) { const module = { exports: {} }, bundleUrl = require('node:url').pathToFileURL(bundlePath).href;",
    },
    footer: { js: 'return module.exports; })' },
  });
  return outputFiles[0].text;
}

async function bundleEnclave(root) {
  const { outputFiles } = await build({
    ...SETTINGS,
    absWorkingDir: root,
    entryPoints: ['dist/entry/enclave-main.js'],
    format: 'esm',
  });
  return outputFiles[0].text;
}

export async function bundle(root) {
  const folder = join(root, 'dist', 'bin');
  mkdirSync(folder, { recursive: true });
  const [commands, enclave] = await Promise.all([bundleCommands(root), bundleEnclave(root)]);
  const name = `commands-${createHash('sha256').update(commands).digest('hex').slice(0, 12)}.cjs`;
  const files = { [name]: commands, 'enclave-main.js': enclave };
  const launcher = readFileSync(join(root, 'scripts', 'launcher.cjs'), 'utf8').replace('@BUNDLE@', name);
  for (const command of COMMANDS) files[`${command}.cjs`] = launcher.replace('@COMMAND@', command);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  for (const command of COMMANDS) chmodSync(join(folder, `${command}.cjs`), 0o755);
  // What an earlier build left goes last, so that a command that starts meanwhile finds its files.
  for (const old of readdirSync(folder)) {
    if (!(old in files) && !old.startsWith(`${name}.`)) rmSync(join(folder, old), { recursive: true });
  }
  for (const words of WARM_UP) {
    spawnSync(process.execPath, [join(folder, 'enclasm.cjs'), ...words], { cwd: root, stdio: 'ignore' });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await bundle(dirname(dirname(fileURLToPath(import.meta.url))));
}
