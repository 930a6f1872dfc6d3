// What ways Node offers for the small calls of WASI, and what each costs: why path.ts and platform/node go the ways they go. Linux only.
// A way to a file is safe when no name on it can be a symbolic link that leads out, whatever another process does meanwhile.
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchArgs, type BenchResult, fastest, must, plain } from './harness.js';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants;
const O_PATH = 0o10000000;
const PLACE = O_PATH | O_DIRECTORY | O_NOFOLLOW;
const FILE = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
const DESCRIPTORS = `/proc/${process.pid}/fd/`;

/** Opens, asks what it is, closes: what every way ends with. */
function finish(path: string, flags = FILE): void {
  const descriptor = fs.openSync(path, flags);
  fs.fstatSync(descriptor);
  fs.closeSync(descriptor);
}
/** Where an open place lies now, byte by byte. */
function pathOf(descriptor: number): string {
  return fs.readlinkSync(DESCRIPTORS + descriptor, 'latin1');
}
function isBelow(descriptor: number, start: number, path: string): void {
  must(pathOf(descriptor) === `${pathOf(start)}/${path}`, 'a place that did not move');
}

function waysToOpen(folder: string): Readonly<Record<string, () => void>> {
  const start = fs.openSync(folder, O_PATH | O_DIRECTORY);
  const a = fs.openSync(join(folder, 'a'), PLACE);
  const b = fs.openSync(join(folder, 'a/b'), PLACE);
  const identity = { bigint: true } as const;
  return {
    'open three names deep: each below an open place (as it is done)': () => {
      const first = fs.openSync(`${DESCRIPTORS}${start}/a`, PLACE);
      const second = fs.openSync(`${DESCRIPTORS}${first}/b`, PLACE);
      finish(`${DESCRIPTORS}${second}/file`);
      fs.closeSync(second);
      fs.closeSync(first);
    },
    'places kept open, the identity of each compared': () => {
      fs.lstatSync(`${DESCRIPTORS}${start}/a`, identity);
      fs.lstatSync(`${DESCRIPTORS}${a}/b`, identity);
      finish(`${DESCRIPTORS}${b}/file`);
    },
    'the last place kept open, its path compared': () => {
      isBelow(b, start, 'a/b');
      finish(`${DESCRIPTORS}${b}/file`);
    },
    'all names at once, its path compared, opened again': () => {
      const place = fs.openSync(`${DESCRIPTORS}${start}/a/b/file`, O_PATH | O_NOFOLLOW);
      isBelow(place, start, 'a/b/file');
      finish(`${DESCRIPTORS}${place}`, FILE & ~O_NOFOLLOW);
      fs.closeSync(place);
    },
    'one name, below an open place': () => finish(`${DESCRIPTORS}${b}/file`),
    'three names at once, unsafe': () => finish(`${folder}/a/b/file`),
  };
}

function waysToStat(folder: string): Readonly<Record<string, () => void>> {
  const start = fs.openSync(folder, O_PATH | O_DIRECTORY);
  const below = `${DESCRIPTORS}${start}/a`;
  return {
    'look at a file below an open place (as it is done)': () => fs.lstatSync(below, { bigint: true }),
    'the same with times rounded to 240 ns': () => fs.lstatSync(below),
    'the same below a path, unsafe': () => fs.lstatSync(`${folder}/a`, { bigint: true }),
  };
}

function waysToWrite(folder: string): Readonly<Record<string, () => void>> {
  const bytes = new Uint8Array(65_536);
  const part = bytes.subarray(0, 16);
  const files = ['x', 'y', 'z'].map((name) => fs.openSync(join(folder, name), 'w'));
  let position = 0;
  return {
    'write 16 bytes at a position (as it is done)': () => fs.writeSync(files[0]!, bytes, 0, 16, (position += 16)),
    "write 16 bytes at the kernel's position": () => fs.writeSync(files[1]!, bytes, 0, 16, null),
    'write 16 bytes as a vector': () => fs.writevSync(files[2]!, [part]),
  };
}

export async function bench({ quick }: BenchArgs): Promise<BenchResult> {
  must(process.platform === 'linux', 'Linux has descriptors in /proc');
  const folder = fs.mkdtempSync(join(fs.realpathSync(tmpdir()), 'enclasm-paths-'));
  try {
    fs.mkdirSync(join(folder, 'a/b'), { recursive: true });
    fs.writeFileSync(join(folder, 'a/b/file'), '');
    const calls = quick ? 500 : 2_000;
    const ways = { ...waysToOpen(folder), ...waysToStat(folder), ...waysToWrite(folder) };
    const best = new Map<string, number>();
    // Taking turns, so that what else the machine does meets all alike.
    for (let round = 0; round < (quick ? 3 : 25); round++) {
      for (const [what, way] of Object.entries(ways)) {
        const ms = fastest(1, () => {
          for (let i = 0; i < calls; i++) way();
        });
        best.set(what, Math.min(best.get(what) ?? Number.POSITIVE_INFINITY, ms));
      }
    }
    const results = [...best].map(([what, ms]) => plain(what, (ms / calls) * 1_000, 'us'));
    return { name: 'ways of small calls', results };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}
