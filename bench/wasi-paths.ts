// What safe ways there are to open a file three names deep, and what each costs: why path.ts walks as it does. Linux only.
// A way is safe when no name on it can be a symbolic link that leads out, whatever another process does meanwhile; the last is not.
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

function waysIn(folder: string): Readonly<Record<string, () => void>> {
  const start = fs.openSync(folder, O_PATH | O_DIRECTORY);
  const a = fs.openSync(join(folder, 'a'), PLACE);
  const b = fs.openSync(join(folder, 'a/b'), PLACE);
  const identity = { bigint: true } as const;
  return {
    'name by name, each below an open place (as it is done)': () => {
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
    'one name below an open place': () => finish(`${DESCRIPTORS}${b}/file`),
    'one name below a path, unsafe': () => finish(`${folder}/a/b/file`),
  };
}

export async function bench({ quick }: BenchArgs): Promise<BenchResult> {
  must(process.platform === 'linux', 'Linux has descriptors in /proc');
  const folder = fs.mkdtempSync(join(fs.realpathSync(tmpdir()), 'enclasm-paths-'));
  try {
    fs.mkdirSync(join(folder, 'a/b'), { recursive: true });
    fs.writeFileSync(join(folder, 'a/b/file'), '');
    const calls = quick ? 500 : 4_000;
    const results = Object.entries(waysIn(folder)).map(([what, way]) => {
      const ms = fastest(quick ? 3 : 15, () => {
        for (let i = 0; i < calls; i++) way();
      });
      return plain(what, (ms / calls) * 1_000, 'us');
    });
    return { name: 'ways to open a file', results };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}
