// A second process swaps directories, files and links below a preopen while the guest works on paths through them. What is outside must
// never be read, written, listed, created or removed: zero escapes. ENCLASM_RACE_ATTEMPTS sets how often each trick is tried.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { descriptorsWork, OsFileSystem } from '#src/platform/node/os-directory.js';
import { Guest, OFLAGS, READ_RIGHTS } from './guest.js';

const ATTEMPTS = Number(process.env['ENCLASM_RACE_ATTEMPTS'] ?? 2_000);
const SECRET = 'outside\n';

let scratch: string;
let root: string;
let outside: string;
let attacker: ChildProcess | undefined;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'enclasm-race-'));
  root = join(scratch, 'root');
  outside = join(scratch, 'outside');
  for (const directory of [root, outside, join(root, 'way'), join(root, 'way/dir'), join(root, 'way/deep')]) {
    mkdirSync(directory);
  }
  mkdirSync(join(root, 'way/deep/er'));
  writeFileSync(join(root, 'way/dir/file'), 'inside\n');
  writeFileSync(join(root, 'way/file'), 'inside\n');
  writeFileSync(join(root, 'way/kept-inside'), 'inside\n');
  writeFileSync(join(root, 'file'), 'inside\n');
  symlinkSync('dir', join(root, 'way/turning'));
  writeFileSync(join(outside, 'file'), SECRET);
  writeFileSync(join(outside, 'victim'), SECRET);
});

afterEach(async () => {
  const child = attacker;
  attacker = undefined;
  if (child && child.exitCode === null) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.stdin!.end();
    await ended;
  }
  rmSync(scratch, { recursive: true });
});

async function startAttacker(): Promise<void> {
  const script = new URL('./race-attacker.mjs', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, root, outside], { stdio: ['pipe', 'pipe', 'inherit'] });
  attacker = child;
  await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve);
    child.once('exit', () => reject(new Error('the attacker ended')));
  });
}

interface Tally {
  /** Attempts that came through: without some, nothing was tested. */
  reached: number;
  escapes: string[];
}

/** Paths that lead through what the attacker swaps. */
const READ_PATHS = ['way/dir/file', 'way/file', 'way/turning/file', 'way/deep/er/../../../file', 'way/dir/../dir/file'];

function readEverything(guest: Guest, tally: Tally): void {
  for (const path of READ_PATHS) {
    const fd = guest.open(3, path, { rights: READ_RIGHTS });
    if (typeof fd !== 'number') continue;
    const text = guest.read(fd, 64);
    if (text === SECRET) tally.escapes.push(`read ${path}`);
    if (text === 'inside\n') tally.reached++;
    guest.call('fd_close', fd);
  }
}

/** What a path-based implementation would read: shows that the attack works. */
function readNaively(_guest: Guest, tally: Tally): void {
  for (const path of READ_PATHS) {
    try {
      if (readFileSync(join(root, path), 'utf8') === SECRET) tally.reached++;
    } catch {
      // Swapped away just now.
    }
  }
}

function changeEverything(guest: Guest, tally: Tally): void {
  for (const [path, oflags] of [
    ['way/dir/made', OFLAGS.creat],
    ['way/turning/made', OFLAGS.creat | OFLAGS.excl],
    ['way/dir/file', OFLAGS.creat],
    ['way/turning/victim', OFLAGS.creat | OFLAGS.trunc],
    ['way/file', OFLAGS.creat],
  ] as const) {
    const fd = guest.open(3, path, { oflags });
    if (typeof fd !== 'number') continue;
    tally.reached++;
    guest.write(fd, 'inside\n');
    guest.call('fd_close', fd);
  }
  guest.call('path_create_directory', 3, ...guest.path('way/turning/folder'));
  guest.call('path_remove_directory', 3, ...guest.path('way/dir/folder'));
  guest.call('path_unlink_file', 3, ...guest.path('way/turning/made'));
  guest.call('path_unlink_file', 3, ...guest.path('way/dir/victim'));
  guest.call('path_symlink', ...guest.path('x'), 3, ...guest.path('way/turning/made'));
  guest.call('path_rename', 3, ...guest.path('way/turning/made'), 3, ...guest.path('way/dir/moved'));
  guest.call('path_link', 3, 0, ...guest.path('way/kept-inside'), 3, ...guest.path('way/turning/second'));
  guest.call('path_unlink_file', 3, ...guest.path('way/dir/second'));
  guest.call('path_unlink_file', 3, ...guest.path('way/dir/moved'));
}

/** What must be outside: the attacker itself may have moved `deep` there. */
function checkOutside(tally: Tally): void {
  const names = readdirSync(outside).filter((name) => name !== 'deep');
  if (names.join() !== 'file,victim') tally.escapes.push(`outside now has ${names.join()}`);
  for (const name of ['file', 'victim']) {
    if (readFileSync(join(outside, name), 'utf8') !== SECRET) tally.escapes.push(`wrote ${name}`);
  }
}

async function race(work: (guest: Guest, tally: Tally) => void): Promise<Tally> {
  if (!attacker) await startAttacker();
  const tally: Tally = { reached: 0, escapes: [] };
  for (let i = 0; i < ATTEMPTS; i += 100) {
    // A fresh guest now and then: its scratch memory is small.
    const guest = new Guest({ preopens: { '.': new OsFileSystem(root, 'descriptor') } });
    for (let k = 0; k < 100; k++) work(guest, tally);
    guest.close();
    // Lets us hear of the other process's end.
    await new Promise((resolve) => setImmediate(resolve));
    if (attacker!.exitCode !== null) throw new Error('the attacker ended');
  }
  checkOutside(tally);
  return tally;
}

// Only where descriptors lead to names is there no moment between checking and using (docs/wasi.md, races).
test.skipIf(!descriptorsWork())(
  `reading: ${ATTEMPTS} times ${READ_PATHS.length} paths, no escape`,
  async () => {
    const tally = await race(readEverything);
    expect(tally.escapes).toEqual([]);
    expect(tally.reached).toBeGreaterThan(ATTEMPTS / 10);
    expect((await race(readNaively)).reached).toBeGreaterThan(0);
  },
  300_000,
);

test.skipIf(!descriptorsWork())(
  `creating, writing, removing: ${ATTEMPTS} times 14 paths, no escape`,
  async () => {
    const tally = await race(changeEverything);
    expect(tally.escapes).toEqual([]);
    expect(tally.reached).toBeGreaterThan(ATTEMPTS / 10);
  },
  300_000,
);
