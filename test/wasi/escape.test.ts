// Nothing leaves a preopen: every way out that we know, on host directories (both techniques) and in memory. For races see race.test.ts.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Preopen } from '#src/imports/wasi/index.js';
import { MemoryFileSystem, SymbolicLink } from '#src/platform/memory-fs/memory-file-system.js';
import { OsFileSystem } from '#src/platform/node/os-directory.js';
import { Guest, OFLAGS, READ_RIGHTS } from './guest.js';

let scratch: string;
let guest: Guest;

/** Two preopens, a and b, beside a secret; links of every kind that lead out of a. */
const LINKS: Record<string, string> = {
  up: '..',
  'up-file': '../secret',
  absolute: '/etc',
  'absolute-file': '/etc/passwd',
  chain: 'chain-2',
  'chain-2': 'chain-3',
  'chain-3': '../secret',
  loop: 'loop',
  'loop-1': 'loop-2',
  'loop-2': 'loop-1',
  dangling: 'nowhere',
  'dangling-up': '../nowhere',
  inside: 'folder',
  'inside-file': 'folder/file',
  'inside-and-back': 'folder/../file',
  'folder/out': '../../secret',
  'folder/in': '../file',
  proc: '/proc/self/root/etc/passwd',
};

function onHost(technique: 'descriptor' | 'checked'): Record<string, Preopen> {
  for (const [link, text] of Object.entries(LINKS)) symlinkSync(text, join(scratch, 'a', link));
  return {
    '/a': new OsFileSystem(join(scratch, 'a'), technique),
    '/b': new OsFileSystem(join(scratch, 'b'), technique),
  };
}

function inMemory(): Record<string, Preopen> {
  const folder: Record<string, string | SymbolicLink> = { file: 'in folder' };
  const a: Record<string, string | SymbolicLink | typeof folder> = { file: 'in a', folder };
  for (const [link, text] of Object.entries(LINKS)) {
    if (link.startsWith('folder/')) folder[link.slice(7)] = new SymbolicLink(text);
    else a[link] = new SymbolicLink(text);
  }
  return { '/a': new MemoryFileSystem(a), '/b': new MemoryFileSystem({ file: 'in b' }) };
}

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'enclasm-escape-'));
  for (const directory of ['a', 'b', 'a/folder', 'outside']) mkdirSync(join(scratch, directory));
  writeFileSync(join(scratch, 'secret'), 'secret');
  writeFileSync(join(scratch, 'a/file'), 'in a');
  writeFileSync(join(scratch, 'a/folder/file'), 'in folder');
  writeFileSync(join(scratch, 'b/file'), 'in b');
});
afterEach(() => {
  guest?.close();
  expect(readFileSync(join(scratch, 'secret'), 'utf8')).toBe('secret');
  rmSync(scratch, { recursive: true });
});

const A = 3;
const B = 4;
const OUT = ['ENOTCAPABLE', 'ENOENT', 'ELOOP'];
const PLACES = { 'by descriptor': () => onHost('descriptor'), checked: () => onHost('checked'), memory: inMemory };

function read(path: string, follow = true): string {
  const fd = guest.open(A, path, { rights: READ_RIGHTS, follow });
  if (typeof fd === 'string') return fd;
  const text = guest.read(fd, 100);
  guest.call('fd_close', fd);
  return text;
}

describe.each(Object.entries(PLACES))('%s', (place, preopens) => {
  beforeEach(() => {
    guest = new Guest({ preopens: preopens() });
  });

  test.each([
    ['../secret', 'ENOTCAPABLE'],
    ['..', 'ENOTCAPABLE'],
    ['../a/file', 'ENOTCAPABLE'],
    ['folder/../../secret', 'ENOTCAPABLE'],
    ['folder/../../a/file', 'ENOTCAPABLE'],
    ['/etc/passwd', 'ENOTCAPABLE'],
    ['//etc/passwd', 'ENOTCAPABLE'],
    ['/', 'ENOTCAPABLE'],
    ['./../secret', 'ENOTCAPABLE'],
    ['up/secret', 'ENOTCAPABLE'],
    ['up-file', 'ENOTCAPABLE'],
    ['up-file/', 'ENOTCAPABLE'],
    ['up/../secret', 'ENOTCAPABLE'],
    ['absolute/passwd', 'ENOTCAPABLE'],
    ['absolute-file', 'ENOTCAPABLE'],
    ['proc', 'ENOTCAPABLE'],
    ['chain', 'ENOTCAPABLE'],
    ['folder/out', 'ENOTCAPABLE'],
    ['inside/out', 'ENOTCAPABLE'],
    ['loop', 'ELOOP'],
    ['loop/x', 'ELOOP'],
    ['loop-1', 'ELOOP'],
    ['dangling', 'ENOENT'],
    ['dangling-up', 'ENOTCAPABLE'],
    ['', 'ENOENT'],
    ['nothing/../file', 'ENOENT'],
    ['file/../file', 'ENOTDIR'],
    ['file/', 'ENOTDIR'],
    ['file/.', 'ENOTDIR'],
    ['file', 'in a'],
    ['./folder//../file', 'in a'],
    ['folder/in', 'in a'],
    ['inside/file', 'in folder'],
    ['inside/in', 'in a'],
    ['inside-file', 'in folder'],
    ['inside-and-back', 'in a'],
    ['inside/../file', 'in a'],
  ])('reading %j is %s', (path, wanted) => {
    expect(read(path)).toBe(wanted);
  });

  test('names in another case, with backslashes, NUL bytes, or too long lead nowhere', () => {
    // Where the file system takes two cases for one name, it is the same link or folder, with the same answer.
    for (const path of [
      'UP/secret',
      'Up-File',
      'ABSOLUTE/passwd',
      'FOLDER/OUT',
      'Folder/../../secret',
      'CHAIN',
      'PROC',
    ]) {
      expect(OUT).toContain(read(path));
    }
    for (const path of [
      '..\\secret',
      'folder\\..\\..\\secret',
      '\\etc\\passwd',
      'C:/secret',
      '...',
      '.. ',
      '..%2fsecret',
    ]) {
      expect(['ENOENT', 'EINVAL']).toContain(read(path));
    }
    for (const path of ['file\0', '..\0/secret', 'folder/\0/../../secret', '\0']) expect(read(path)).toBe('EINVAL');
    for (const path of ['x'.repeat(300), `${'x'.repeat(5_000)}/../../secret`]) {
      expect(['ENOENT', 'ENAMETOOLONG']).toContain(read(path));
    }
    for (const path of ['up/', 'up//secret', 'up-file//', 'absolute///passwd', 'folder/out/', 'chain/']) {
      expect(read(path)).toBe('ENOTCAPABLE');
    }
  });
  test('a hard link that the guest makes is the file itself, and only of what it has', () => {
    expect(guest.call('path_link', A, 0, ...guest.path('file'), A, ...guest.path('second'))).toBe('ESUCCESS');
    expect(read('second')).toBe('in a');
    // Of a link, not of what it leads to.
    for (const link of ['up-file', 'absolute-file']) {
      const name = guest.path(`${link}-again`);
      expect(['ESUCCESS', 'ENOTSUP', 'EPERM']).toContain(
        guest.call('path_link', A, 0, ...guest.path(link), A, ...name),
      );
      expect(OUT).toContain(read(`${link}-again`));
      expect(guest.call('path_link', A, 1, ...guest.path(link), A, ...guest.path('followed'))).toBe('EINVAL');
    }
  });
  test('no link is followed where none may be', () => {
    for (const link of ['up-file', 'inside-file', 'absolute-file', 'loop']) expect(read(link, false)).toBe('ELOOP');
    expect(read('inside/file', false)).toBe('in folder');
  });
  test('creating through links that lead out creates nothing', () => {
    for (const path of ['dangling-up', 'up/new', 'absolute/new', '../new', 'chain', 'up-file']) {
      for (const oflags of [OFLAGS.creat, OFLAGS.trunc, OFLAGS.creat | OFLAGS.trunc]) {
        expect(OUT).toContain(guest.open(A, path, { oflags }));
      }
    }
    expect(existsSync(join(scratch, 'nowhere')) || existsSync(join(scratch, 'new'))).toBe(false);
    // A dangling link inside is made good, as everywhere.
    expect(guest.open(A, 'dangling', { oflags: OFLAGS.creat })).toBeTypeOf('number');
    expect(guest.open(A, 'dangling', { oflags: OFLAGS.creat | OFLAGS.excl })).toBe('EEXIST');
  });
  test('no other call leaves either', () => {
    const stat = guest.place(64);
    for (const out of ['up/secret', '../secret', 'absolute/passwd', '/etc/passwd']) {
      const path = guest.path(out);
      for (const [name, ...args] of [
        ['path_filestat_get', A, 1, ...path, stat],
        ['path_filestat_set_times', A, 1, ...path, 0, 0, 10],
        ['path_readlink', A, ...path, guest.place(64), 64, guest.place(4)],
        ['path_create_directory', A, ...path],
        ['path_remove_directory', A, ...path],
        ['path_unlink_file', A, ...path],
        ['path_symlink', ...guest.path('x'), A, ...path],
        ['path_link', A, 0, ...path, A, ...guest.path('mine')],
        ['path_link', A, 0, ...guest.path('file'), A, ...path],
        ['path_rename', A, ...path, A, ...guest.path('mine')],
        ['path_rename', A, ...guest.path('file'), A, ...path],
      ] as [string, ...number[]][]) {
        expect([name, out, guest.call(name, ...args)]).toEqual([name, out, 'ENOTCAPABLE']);
      }
    }
    expect(guest.call('path_symlink', ...guest.path('/etc'), A, ...guest.path('mine'))).toBe('ENOTCAPABLE');
  });
  test('a descriptor of a folder is as tight as a preopen', () => {
    const folder = guest.open(A, 'folder', { oflags: OFLAGS.directory, rights: READ_RIGHTS }) as number;
    expect(guest.open(folder, '../file', { rights: READ_RIGHTS })).toBe('ENOTCAPABLE');
    expect(guest.open(folder, 'in', { rights: READ_RIGHTS })).toBe('ENOTCAPABLE');
    expect(guest.open(folder, '.', { rights: READ_RIGHTS })).toBeTypeOf('number');
  });
  test('a folder that is moved while it is open does not take the guest along', () => {
    const path = guest.path('folder');
    expect(guest.call('path_create_directory', A, ...guest.path('folder/deep'))).toBe('ESUCCESS');
    const deep = guest.open(A, 'folder/deep', { oflags: OFLAGS.directory, rights: READ_RIGHTS }) as number;
    expect(guest.call('path_rename', A, ...path, A, ...guest.path('moved'))).toBe('ESUCCESS');
    expect(guest.open(deep, '../file', { rights: READ_RIGHTS })).toBe('ENOTCAPABLE');
    expect(['ESUCCESS', 'ENOENT']).toContain(guest.call('path_create_directory', deep, ...guest.path('x')));
  });
  test('between preopens: what the guest has twice it may move, or EXDEV', () => {
    const wanted = place === 'memory' ? 'EXDEV' : 'ESUCCESS';
    expect(guest.call('path_link', A, 0, ...guest.path('file'), B, ...guest.path('link'))).toBe(wanted);
    expect(guest.call('path_rename', A, ...guest.path('folder'), B, ...guest.path('moved'))).toBe(wanted);
  });
  test('paths and links too deep end in an error, not in a broken host', () => {
    expect(guest.open(A, `${'folder/../'.repeat(100)}file`, { rights: READ_RIGHTS })).toBeTypeOf('number');
    let here = A;
    for (let i = 0; i < 140; i++) {
      expect(guest.call('path_create_directory', here, ...guest.path('d'))).toBe('ESUCCESS');
      const next = guest.open(here, 'd', { oflags: OFLAGS.directory, rights: READ_RIGHTS }) as number;
      if (here !== A) guest.call('fd_close', here);
      here = next;
    }
    expect(guest.open(A, `${'d/'.repeat(100)}file`, { oflags: OFLAGS.creat })).toBeTypeOf('number');
    expect(guest.open(A, `${'d/'.repeat(139)}file`, { oflags: OFLAGS.creat })).toBe('ENAMETOOLONG');
  });
});

describe.each(['descriptor', 'checked'] as const)('host, %s', (technique) => {
  // Windows has no such pipes.
  test.skipIf(process.platform === 'win32')('opening a pipe that nobody writes does not wait', () => {
    execFileSync('mkfifo', [join(scratch, 'a/pipe')]);
    guest = new Guest({ preopens: onHost(technique) }, { meter: { timeoutMs: 1_000 } });
    expect(guest.open(A, 'pipe', { rights: 64n })).toBe('ENXIO');
    const fd = guest.open(A, 'pipe', { rights: READ_RIGHTS });
    expect(fd).toBeTypeOf('number');
    expect(guest.read(fd as number, 10)).toBe('');
    // The guest's own other end: now reading would wait, and ends at the deadline.
    const both = guest.open(A, 'pipe', {}) as number;
    expect(both).toBeTypeOf('number');
    expect(() => guest.read(fd as number, 10)).toThrow('timeoutMs');
    expect(guest.call('fd_fdstat_set_flags', fd as number, 4)).toBe('ESUCCESS');
    expect(guest.read(fd as number, 10)).toBe('EAGAIN');
    guest.write(both, 'through');
    expect(guest.read(fd as number, 10)).toBe('through');
  });
  test('times are kept to the nanosecond, sizes and appending work', () => {
    guest = new Guest({ preopens: onHost(technique) });
    const fd = guest.open(A, 'file') as number;
    const exact = 1_700_000_000_123_456_789n;
    const stat = guest.place(64);
    expect(guest.call('fd_filestat_set_times', fd, exact, exact + 1n, 5)).toBe('ESUCCESS');
    guest.call('path_filestat_get', A, 1, ...guest.path('file'), stat);
    expect([guest.u64(stat + 40), guest.u64(stat + 48)]).toEqual([exact, exact + 1n]);
    expect(statSync(join(scratch, 'a/file')).mtimeMs).toBeCloseTo(Number(exact) / 1e6, 0);
    expect(guest.call('fd_fdstat_set_flags', fd, 1)).toBe('ESUCCESS');
    guest.write(fd, ' and more');
    expect(guest.call('fd_fdstat_set_flags', fd, 0)).toBe('ESUCCESS');
    guest.call('fd_seek', fd, 0, 0, stat);
    guest.write(fd, 'IN');
    expect(readFileSync(join(scratch, 'a/file'), 'utf8')).toBe('IN a and more');
    expect(guest.call('fd_filestat_set_size', fd, 2)).toBe('ESUCCESS');
    expect(guest.call('fd_allocate', fd, 0, 4)).toBe('ESUCCESS');
    expect(readFileSync(join(scratch, 'a/file'), 'utf8')).toBe('IN\0\0');
  });
});
