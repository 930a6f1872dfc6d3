import { describe, expect, test } from 'vitest';
import { FileError } from '../errno.js';
import type { OpenDirectory, OpenFile, OpenHow } from '../files.js';
import { MemoryFileSystem, type MemoryTree, SymbolicLink } from './memory-file-system.js';

const HOW: OpenHow = {
  read: true,
  write: true,
  create: false,
  exclusive: false,
  truncate: false,
  directory: false,
  append: false,
  sync: false,
  dataSync: false,
};
let time = 0n;
const clock = { now: () => ++time };

function code(work: () => unknown): string {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof FileError) return thrown.code;
    throw thrown;
  }
  return 'ESUCCESS';
}
function create(directory: OpenDirectory, name: string, text: string): OpenFile {
  const file = directory.open(name, { ...HOW, create: true }) as OpenFile;
  file.write(new TextEncoder().encode(text), 0, text.length, 0);
  return file;
}

describe('MemoryFileSystem', () => {
  test('gives back what it was made of, and what was written since', () => {
    const tree = { text: 'abc', bytes: Uint8Array.of(1, 2), folder: { link: new SymbolicLink('../text'), empty: {} } };
    const files = new MemoryFileSystem(tree);
    const snapshot = files.snapshot();
    expect(snapshot).toEqual({ ...tree, text: new TextEncoder().encode('abc') });
    expect(new MemoryFileSystem(snapshot).snapshot()).toEqual(snapshot);
    files.writeFile('folder/new', 'x');
    files.writeFile('text', 'longer than before');
    expect(files.readText('/folder/new')).toBe('x');
    expect(files.readText('text')).toBe('longer than before');
    expect(code(() => files.readFile('folder'))).toBe('EISDIR');
    expect(code(() => files.readFile('none'))).toBe('ENOENT');
    expect(code(() => files.writeFile('text/x', ''))).toBe('ENOTDIR');
    expect(code(() => new MemoryFileSystem({ 'a/b': '' }))).toBe('EINVAL');
    expect(code(() => new MemoryFileSystem({ '..': '' }))).toBe('EINVAL');
  });
  test('names like __proto__ are names', () => {
    const files = new MemoryFileSystem();
    create(files.open(clock), '__proto__', 'p').close();
    expect(Object.keys(files.snapshot())).toEqual(['__proto__']);
    expect(new MemoryFileSystem(files.snapshot()).readText('__proto__')).toBe('p');
  });
  test('its limits: bytes and files, given back when removed', () => {
    const files = new MemoryFileSystem({}, { maxBytes: 10_000, maxFiles: 5 });
    const root = files.open(clock);
    const before = files.usedBytes;
    const file = create(root, 'a', 'x');
    expect(code(() => file.write(new Uint8Array(20_000), 0, 20_000, 0))).toBe('ENOSPC');
    expect(code(() => file.setSize(2 ** 40))).toBe('ENOSPC');
    expect(file.write(new Uint8Array(9_000), 0, 9_000, 0)).toBe(9_000);
    const full = root.open('b', { ...HOW, create: true }) as OpenFile;
    expect(code(() => full.write(new Uint8Array(900), 0, 900, 0))).toBe('ENOSPC');
    full.close();
    root.unlink('a');
    expect(file.size()).toBe(9_000);
    file.close();
    root.unlink('b');
    for (const name of ['1', '2', '3', '4']) root.makeDirectory(name);
    expect(code(() => root.makeDirectory('5'))).toBe('ENOSPC');
    for (const name of ['1', '2', '3', '4']) root.removeDirectory(name);
    expect(code(() => root.makeDirectory('x'.repeat(256)))).toBe('ENAMETOOLONG');
    for (let k = 0; k < 10; k++) expect(code(() => root.symbolicLink('x'.repeat(20_000), 'l'))).toBe('ENOSPC');
    expect(files.usedBytes).toBe(before);
    root.symbolicLink('x', 'l');
    root.unlink('l');
    expect(files.usedBytes).toBe(before);
  });
  test('sparse growth and shrinking leave zeros', () => {
    const root = new MemoryFileSystem().open(clock);
    const file = create(root, 'f', 'abcdef');
    file.setSize(2);
    file.setSize(6);
    const got = new Uint8Array(8);
    expect(file.read(got, 0, 8, 0)).toBe(6);
    expect([...got]).toEqual([97, 98, 0, 0, 0, 0, 0, 0]);
    file.write(Uint8Array.of(1), 0, 1, 100);
    expect(file.size()).toBe(101);
    expect(file.read(got, 0, 8, 500)).toBe(0);
  });
  test('a file that grows is not copied, and what was never written takes no memory of the host', () => {
    const files = new MemoryFileSystem({}, { maxBytes: 2 ** 30 });
    const file = create(files.open(clock), 'f', 'abc');
    const piece = new Uint8Array(1_000).fill(7);
    const before = process.memoryUsage().arrayBuffers;
    file.setSize(511 * 2 ** 20);
    file.write(piece, 0, 1_000, 400 * 2 ** 20 - 500);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 2 ** 20);
    expect(files.usedBytes).toBeGreaterThanOrEqual(511 * 2 ** 20);
    const got = new Uint8Array(1_200).fill(1);
    expect(file.read(got, 0, 1_200, 400 * 2 ** 20 - 600)).toBe(1_200);
    expect([...got.subarray(0, 101), ...got.subarray(1_099)]).toEqual([
      ...new Uint8Array(100),
      7,
      7,
      ...new Uint8Array(100),
    ]);
    file.setSize(400 * 2 ** 20 - 400);
    file.setSize(400 * 2 ** 20);
    expect(file.read(got, 0, 1_200, 400 * 2 ** 20 - 600)).toBe(600);
    expect(got.indexOf(0, 100)).toBe(200);
    expect(got.subarray(200, 600).every((byte) => byte === 0)).toBe(true);
    file.setSize(0);
    expect(files.usedBytes).toBeLessThan(1_000);
  });
  test('files that grow and shrink anyhow hold what plain bytes hold', () => {
    const files = new MemoryFileSystem();
    const file = create(files.open(clock), 'f', '');
    let plain = new Uint8Array(0);
    const resized = (length: number): Uint8Array<ArrayBuffer> => {
      const next = new Uint8Array(length);
      next.set(plain.subarray(0, length));
      return next;
    };
    let seed = 1;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let step = 1; step < 400; step++) {
      const at = random(200_000);
      if (step % 3 === 0) {
        file.setSize(at);
        plain = resized(at);
      } else {
        const piece = new Uint8Array(random(70_000)).fill(step);
        file.write(piece, 0, piece.length, at);
        if (piece.length > 0 && at + piece.length > plain.length) plain = resized(at + piece.length);
        plain.set(piece, Math.min(at, plain.length));
      }
      expect(file.size()).toBe(plain.length);
      if (step % 20 === 0) expect(Buffer.compare(files.readFile('f'), plain)).toBe(0);
    }
  });
  test('links, renames, and the errors of a kernel', () => {
    const files = new MemoryFileSystem({ f: '1', g: '2', d: { e: {} }, empty: {} });
    const root = files.open(clock);
    root.link('f', root, 'h');
    expect(root.statOf('h').links).toBe(2n);
    expect(code(() => root.link('d', root, 'x'))).toBe('EPERM');
    expect(code(() => root.link('f', root, 'g'))).toBe('EEXIST');
    const d = root.openDirectory('d');
    expect(code(() => root.rename('d', d, 'x'))).toBe('EINVAL');
    expect(code(() => root.rename('d', d.openDirectory('e'), 'x'))).toBe('EINVAL');
    expect(code(() => root.rename('f', root, 'd'))).toBe('EISDIR');
    expect(code(() => root.rename('d', root, 'f'))).toBe('ENOTDIR');
    expect(code(() => root.rename('empty', root, 'd'))).toBe('ENOTEMPTY');
    expect(code(() => root.removeDirectory('d'))).toBe('ENOTEMPTY');
    expect(code(() => root.removeDirectory('f'))).toBe('ENOTDIR');
    expect(code(() => root.unlink('d'))).toBe('EISDIR');
    root.rename('f', root, 'h');
    expect(root.list().names).toContain('f');
    root.rename('d', root, 'empty');
    root.rename('g', d, 'moved');
    expect(files.readText('empty/moved')).toBe('2');
    const other = new MemoryFileSystem().open(clock);
    expect(code(() => root.rename('f', other, 'f'))).toBe('EXDEV');
    const e = d.openDirectory('e');
    d.removeDirectory('e');
    expect(code(() => e.makeDirectory('late'))).toBe('ENOENT');
  });
  test('directories nested deeper than the stack are in the snapshot', () => {
    const files = new MemoryFileSystem();
    let directory = files.open(clock);
    for (let depth = 0; depth < 60_000; depth++) {
      directory.makeDirectory('d');
      directory = directory.openDirectory('d');
    }
    let depth = 0;
    for (let tree = files.snapshot(); tree['d'] !== undefined; tree = tree['d'] as MemoryTree) depth++;
    expect(depth).toBe(60_000);
  });
  test('times come from the clock it was opened with', () => {
    time = 100n;
    const root = new MemoryFileSystem().open(clock);
    const file = create(root, 'f', 'x');
    const { modified } = root.statOf('f');
    expect(modified).toBeGreaterThan(100n);
    file.setTimes(5n, undefined);
    expect(root.statOf('f')).toMatchObject({ accessed: 5n, modified });
  });
});
