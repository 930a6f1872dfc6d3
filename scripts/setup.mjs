// Makes a checkout ready: installs what package-lock.json names and is not installed, compiles and bundles what changed. If nothing changed it does
// nothing, in a few milliseconds. It is plain Node without dependencies: it runs on a fresh clone, and as npm's `prepare` wherever a package is
// made from one: by `npm pack`, `npm install git+...`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const FOLDERS = ['src', 'test', 'bench', 'scripts', 'inspector', 'serve/src', 'serve/page', 'serve/test'].map((name) =>
  join(ROOT, name),
);
const STAMP = join(ROOT, 'build', '.setup.json');
/** The file that a build makes last: without it there is no build, whatever the stamp says. */
const LAST_MADE = join(ROOT, 'dist', 'bin', 'iwasm.cjs');
const OLDEST_NODE = 20;

/** Ends the process with the exit code if a step fails. */
export async function setup() {
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
    fail(`Node ${OLDEST_NODE} or later is needed; this is ${process.version}`);
  }
  if (!isInstalled()) install();
  const sources = newest(FOLDERS);
  if (isBuilt(sources)) return;
  await build(sources);
}

/** Makes what the package needs. It does nothing if that was built, nor in a package, which has no sources. What tests need is not installed. */
async function prepare() {
  if (!existsSync(join(ROOT, 'src')) || isBuilt(newest(FOLDERS))) return;
  await setup();
}

/** Whether everything that package-lock.json names is in node_modules in that version. */
function isInstalled() {
  const hidden = join(ROOT, 'node_modules', '.package-lock.json');
  const wanted = join(ROOT, 'package-lock.json');
  try {
    if (statSync(hidden).mtimeMs >= statSync(wanted).mtimeMs) return true;
  } catch {
    return false;
  }
  const there = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  return Object.entries(JSON.parse(readFileSync(wanted, 'utf8')).packages).every(
    ([path, { version, optional }]) => path === '' || optional || there[path]?.version === version,
  );
}

function install() {
  say('installing the development dependencies (once)');
  // The options of the npm that may have started this script are not meant for the npm that it starts, nor should that one start this script again.
  const own = ['--include=dev', '--no-global', '--no-dry-run', '--ignore-scripts'];
  const quiet = [...own, '--no-audit', '--no-fund', '--loglevel=error'];
  // npm ci refuses a lock file that lacks a package for another platform, as lock files do that were made with a registry that lacks it; install
  // accepts it.
  if (attempt(npm(), ['ci', ...quiet]) !== 0) run(npm(), ['install', '--no-save', ...quiet], 'npm install');
}

/** Returns npm's own script if npm started this one, otherwise the `npm` of the path. */
function npm() {
  const script = process.env.npm_execpath;
  return script?.endsWith('.js') ? [process.execPath, script] : [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}

/** Returns how many files a build reads, and when the last of them was changed. */
function newest(folders) {
  let files = 0;
  let changed = 0;
  const note = (path) => {
    files++;
    changed = Math.max(changed, statSync(path).mtimeMs);
  };
  for (const folder of [ROOT, join(ROOT, 'serve')]) {
    for (const name of readdirSync(folder)) if (/^(tsconfig.*|package)\.json$/.test(name)) note(join(folder, name));
  }
  const visit = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (/\.(tsx?|mjs|cjs|css|html)$/.test(entry.name) && !entry.name.endsWith('.test.ts')) note(path);
    }
  };
  folders.forEach(visit);
  return { files, changed };
}

function isBuilt({ files, changed }) {
  try {
    const last = JSON.parse(readFileSync(STAMP, 'utf8'));
    return last.files === files && last.changed >= changed && existsSync(LAST_MADE);
  } catch {
    return false;
  }
}

async function build(sources) {
  say('building');
  rmSync(STAMP, { force: true });
  run([process.execPath, join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')], ['-b'], 'the build');
  const { bundle } = await import('./bundle.mjs');
  await bundle(ROOT);
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, JSON.stringify(sources));
}

function run(command, args, what) {
  const status = attempt(command, args);
  if (status !== 0) fail(`${what} failed${typeof status === 'string' ? `: ${status}` : ''}`);
}

/** Returns the exit code, or why the command could not be started. */
function attempt([command, ...first], args) {
  // The command's output goes to the standard error of this process: standard output belongs to the program that is started afterwards.
  const { status, error } = spawnSync(command, [...first, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
    shell: command.endsWith('.cmd'),
  });
  return error ? error.message : status;
}

function say(text) {
  process.stderr.write(`${text}...\n`);
}

function fail(text) {
  process.stderr.write(`setup: ${text}\n`);
  process.exit(1);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  await (process.argv.includes('--package') ? prepare() : setup());
