// Makes a checkout ready: installs what package-lock.json names where it is not there, compiles and bundles what changed.
// When nothing changed it does nothing, in a few milliseconds. Plain Node, no dependency: it runs on a fresh clone, and as npm's `prepare`
// wherever a package is made of one: by `npm pack`, `npm install git+...`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const FOLDERS = ['src', 'test', 'bench', 'scripts'].map((name) => join(ROOT, name));
const STAMP = join(ROOT, 'build', '.setup.json');
/** What a build makes last: without it there is none, whatever the stamp says. */
const LAST_MADE = join(ROOT, 'dist', 'bin', 'iwasm.cjs');
const OLDEST_NODE = 20;

/** Ends the process with the exit code where something cannot be made ready. */
export async function setup() {
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
    fail(`Node ${OLDEST_NODE} or later is needed; this is ${process.version}`);
  }
  if (!isInstalled()) install();
  const sources = newest(FOLDERS);
  if (isBuilt(sources)) return;
  await build(sources);
}

/** Makes what the package needs: nothing where it was built, nor in a package, which has no sources. What tests need is not asked for. */
async function prepare() {
  if (!existsSync(join(ROOT, 'src')) || isBuilt(newest(FOLDERS))) return;
  await setup();
}

/** Whether everything package-lock.json names lies in node_modules in that version. */
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
  // What was asked of the npm that may have started us is not meant for this one; ours is the script that it would start again.
  const own = ['--include=dev', '--no-global', '--no-dry-run', '--ignore-scripts'];
  const quiet = [...own, '--no-audit', '--no-fund', '--loglevel=error'];
  // npm ci refuses a lock file that lacks a package for another platform, which registries that lack it lead to; install does not mind.
  if (attempt(npm(), ['ci', ...quiet]) !== 0) run(npm(), ['install', '--no-save', ...quiet], 'npm install');
}

/** npm's own script where npm started us; otherwise whatever `npm` is. */
function npm() {
  const script = process.env.npm_execpath;
  return script?.endsWith('.js') ? [process.execPath, script] : [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}

/** Of all files that a build reads: how many, and when the last was changed. */
function newest(folders) {
  let files = 0;
  let changed = 0;
  const note = (path) => {
    files++;
    changed = Math.max(changed, statSync(path).mtimeMs);
  };
  for (const name of readdirSync(ROOT)) if (/^(tsconfig.*|package)\.json$/.test(name)) note(join(ROOT, name));
  const visit = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (/\.(ts|mjs|cjs)$/.test(entry.name) && !entry.name.endsWith('.test.ts')) note(path);
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

/** The exit code, or why it could not be started. */
function attempt([command, ...first], args) {
  // What it prints goes to our standard error: standard output belongs to the program that is started afterwards.
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
