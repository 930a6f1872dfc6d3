// The calls one by one, from a guest that is this test: rights, limits, streams, clocks, polling, both module names, bad pointers.
import { describe, expect, test } from 'vitest';
import { createWasi, OutputSink, WASI_CALLS, type WasiOptions } from '#src/imports/wasi/index.js';
import { MemoryFileSystem } from '#src/platform/memory-fs/memory-file-system.js';
import { ExitError, LimitError, UsageError } from '#src/wasm/errors.js';
import { I64 } from '#src/wasm/types.js';
import { FILE_RIGHTS, type Guest, guestsOfTests, OFLAGS, platform, READ_RIGHTS } from './guest.js';
import { wasiImports } from './imports.js';

const guest = guestsOfTests();

const OUT_OF_MEMORY = 0xffff_fff0;

describe('options', () => {
  test('unknown options are refused by name', () => {
    expect(() => createWasi({ argv: [] } as never, platform)).toThrow(
      "WASI options: unknown option 'argv'; known: args, env,",
    );
  });
  test.each([
    [{ args: ['a\0b'] }, 'NUL'],
    [{ env: { 'A=B': 'x' } }, "'A=B' cannot be"],
    [{ preopens: { '/x': '/no/such/directory' } }, "cannot preopen '/no/such/directory' as '/x': ENOENT"],
    [{ returnOnExit: false as true }, 'never does'],
    [{ preopens: { '': '.' } }, 'no guest path'],
    [
      { preopens: { '/x': { path: '.', readonly: true } } },
      "preopens['/x']: unknown option 'readonly'; known: path, readOnly",
    ],
    [{ preopens: { '/x': { path: '.', readOnly: 'yes' } } }, "preopens['/x'].readOnly: true or false is wanted"],
    [{ preopens: { '/x': { fileSystem: {} } } }, "preopens['/x'].fileSystem: a file system is wanted"],
    [{ preopens: { '/x': null } }, "preopens['/x']: a path, { path, readOnly }"],
    [{ preopens: ['.'] }, 'WASI options.preopens: an object is wanted, not an array'],
    [{ args: 'wc' }, "WASI options.args: an array is wanted, not 'wc'"],
    [{ maxOutputBytes: Number.NaN }, 'WASI options.maxOutputBytes: a number, 0 or more, is wanted, not NaN'],
    [{ maxOpenFiles: '5' }, 'WASI options.maxOpenFiles: a whole number'],
    [{ stdout: 5 }, "WASI options.stdout: 'ignore', 'inherit', a function"],
    [{ stdin: { txt: 'a' } }, "WASI options.stdin: 'ignore', 'inherit', bytes"],
    [{ clock: { strt: 5 } }, "WASI options.clock: unknown option 'strt'; known: start, tick"],
    [{ clock: 'moon' }, "WASI options.clock: 'host'"],
    [{ random: 'x' }, "WASI options.random: 'host'"],
    [{ clockResolution: 1.5 }, 'WASI options.clockResolution: a whole number'],
    [{ addressPool: '127.0.0.1' }, 'WASI options.addressPool: an array of strings'],
  ])('%j is refused', (options, text) => {
    expect(() => createWasi(options as WasiOptions, platform)).toThrow(UsageError);
    expect(() => createWasi(options as WasiOptions, platform)).toThrow(text);
  });
  test('nothing is granted unless given', () => {
    const g = guest();
    expect(g.call('fd_prestat_get', 3, g.place(8))).toBe('EBADF');
    const sizes = g.place(8);
    expect(g.call('environ_sizes_get', sizes, sizes + 4)).toBe('ESUCCESS');
    expect(g.u32(sizes)).toBe(0);
    expect(g.read(0, 10)).toBe('');
    expect(g.write(1, 'lost')).toBe(4);
  });
});

describe('arguments and environment', () => {
  test('are counted and written in UTF-8', () => {
    const g = guest({ args: ['prög', 'ü'], env: { A: '1', GONE: undefined } });
    const sizes = g.place(8);
    g.call('args_sizes_get', sizes, sizes + 4);
    expect([g.u32(sizes), g.u32(sizes + 4)]).toEqual([2, 6 + 3]);
    const pointers = g.place(8);
    const bytes = g.place(16);
    expect(g.call('args_get', pointers, bytes)).toBe('ESUCCESS');
    expect(g.text(bytes, 9)).toBe('prög\0ü\0');
    expect(g.u32(pointers + 4)).toBe(bytes + 6);
    expect(g.call('environ_get', pointers, bytes)).toBe('ESUCCESS');
    expect(g.text(bytes, 4)).toBe('A=1\0');
  });
});

describe('streams', () => {
  test('text in, callback and sink out, each write in one piece', () => {
    const lines: string[] = [];
    const sink = new OutputSink();
    const g = guest({
      stdin: { text: 'hello' },
      stdout: (chunk) => lines.push(Buffer.from(chunk).toString()),
      stderr: sink,
    });
    expect(g.read(0, 3)).toBe('hel');
    expect(g.read(0, 30)).toBe('lo');
    expect(g.read(0, 30)).toBe('');
    const result = g.place(4);
    expect(g.call('fd_write', 1, ...g.iovec(g.path('one '), g.path('line')), result)).toBe('ESUCCESS');
    expect(g.u32(result)).toBe(8);
    g.write(2, 'err');
    expect(lines).toEqual(['one line']);
    expect(sink.text).toBe('err');
    expect([g.env.usage.bytesRead, g.env.usage.bytesWritten]).toEqual([5, 11]);
  });
  test('rights: standard input cannot be written, output not read', () => {
    const g = guest();
    expect(g.write(0, 'x')).toBe('ENOTCAPABLE');
    expect(g.read(1, 1)).toBe('ENOTCAPABLE');
    expect(g.call('fd_seek', 1, 0, 0, g.place(8))).toBe('ENOTCAPABLE');
  });
  test('a sink that is full says ENOSPC; the output limit ends the guest', () => {
    const sink = new OutputSink(4);
    const g = guest({ stdout: sink, maxOutputBytes: 10 });
    expect(g.write(1, '123456')).toBe(4);
    expect(g.write(1, '56')).toBe('ENOSPC');
    expect(() => g.write(1, '1234567')).toThrow(LimitError);
    expect(sink.text).toBe('1234');
  });
  test.each([
    ['fd_filestat_set_size', (g: Guest, fd: number) => g.call('fd_filestat_set_size', fd, 1_000n)],
    ['fd_allocate', (g: Guest, fd: number) => g.call('fd_allocate', fd, 0n, 1_000n)],
    [
      'a write beyond the end',
      (g: Guest, fd: number) => {
        expect(g.call('fd_seek', fd, 999n, 0, g.place(8))).toBe('ESUCCESS');
        return g.write(fd, 'x');
      },
    ],
    [
      'fd_pwrite beyond the end',
      (g: Guest, fd: number) => g.call('fd_pwrite', fd, ...g.iovec(g.path('x')), 999n, g.place(4)),
    ],
  ] as const)('what a file grows by counts as output: %s', (_name, grow) => {
    const files = new MemoryFileSystem();
    const g = guest({ preopens: { '.': files } }, { defaults: { limits: { outputBytes: 1_500 } } });
    const fd = g.open(3, 'f', { rights: FILE_RIGHTS, oflags: OFLAGS.creat }) as number;
    grow(g, fd);
    expect(files.readFile('f').length).toBe(1_000);
    // Again to the same size, or less, is nothing new.
    expect(g.call('fd_filestat_set_size', fd, 1_000n)).toBe('ESUCCESS');
    expect(g.call('fd_filestat_set_size', fd, 0n)).toBe('ESUCCESS');
    expect(() => grow(g, fd)).toThrow(new LimitError('outputBytes', 1_500));
    expect(files.readFile('f').length).toBe(0);
  });
  test.each([
    ['/x/', '/x'],
    ['x/', 'x'],
    ['//', '/'],
    ['/', '/'],
    ['./', '.'],
    ['.', '.'],
    ['/x/./y//', '/x/y'],
    ['./x', 'x'],
    ['../x/', '../x'],
  ])('a directory that is granted as %s is called %s', (given, told) => {
    const g = guest({ preopens: { [given]: new MemoryFileSystem() } });
    const at = g.place(32);
    expect(g.call('fd_prestat_get', 3, at)).toBe('ESUCCESS');
    const length = g.u32(at + 4);
    expect(g.call('fd_prestat_dir_name', 3, at, length)).toBe('ESUCCESS');
    expect(g.text(at, length)).toBe(told);
  });
  test('an input callback gives chunks until null', () => {
    const chunks = ['ab', new Uint8Array([99]), '', 'd', null];
    const g = guest({ stdin: () => chunks.shift() ?? null });
    expect([g.read(0, 9), g.read(0, 9), g.read(0, 9), g.read(0, 9)]).toEqual(['ab', 'c', 'd', '']);
  });
});

describe('pointers', () => {
  test.each(
    WASI_CALLS.filter(
      (name) => !/^(proc_|sched_|sock_|fd_(close|renumber|sync|datasync|allocate|advise|.*set))/.test(name),
    ),
  )('%s: outside memory is EFAULT, and nothing has happened', (name) => {
    const fs = new MemoryFileSystem({ file: 'text' });
    const g = guest({ args: ['a'], env: { A: '1' }, preopens: { '.': fs } });
    const before = JSON.stringify(fs.snapshot());
    const imported = wasiImports(g.wasi).wasi_snapshot_preview1[name]!;
    const args = imported.params.map((type, k): number =>
      type === I64 ? 0 : k === 0 && !/^(args|env|clock|random|poll|path_symlink)/.test(name) ? 3 : OUT_OF_MEMORY,
    );
    // Flags and counts must pass their own checks first.
    if (name === 'clock_res_get' || name === 'clock_time_get') args[0] = 0;
    if (name === 'poll_oneoff') args[2] = 1;
    if (/^fd_p?(read|write)$/.test(name)) args[2] = 1;
    expect(g.call(name, ...args)).toBe('EFAULT');
    expect(JSON.stringify(fs.snapshot())).toBe(before);
  });
  test('an iovec that leaves memory is EFAULT before a byte moves', () => {
    const sink = new OutputSink();
    const g = guest({ stdout: sink });
    expect(g.call('fd_write', 1, ...g.iovec(g.path('x'), [OUT_OF_MEMORY, 1]), g.place(4))).toBe('EFAULT');
    expect(sink.length).toBe(0);
    // Two thousand empty ones: as good as none.
    expect(g.call('fd_write', 1, g.place(16_000), 2_000, g.place(4))).toBe('ESUCCESS');
  });
  test('paths: NUL is EINVAL, not UTF-8 EILSEQ, overlong ENAMETOOLONG, too deep ENAMETOOLONG', () => {
    const g = guest({ preopens: { '.': new MemoryFileSystem({ file: 'text' }) } });
    expect(g.open(3, 'file\0')).toBe('EINVAL');
    expect(g.open(3, 'x'.repeat(5_000))).toBe('ENAMETOOLONG');
    expect(g.call('path_unlink_file', 3, ...g.path(new Uint8Array([0xff, 0xfe])))).toBe('EILSEQ');
    expect(g.open(3, 'x'.repeat(256), { oflags: OFLAGS.creat })).toBe('ENAMETOOLONG');
  });
});

describe('rights and limits', () => {
  test('rights only shrink, and what is missing is ENOTCAPABLE', () => {
    const g = guest({ preopens: { '.': new MemoryFileSystem({ file: 'text' }) } });
    const fd = g.open(3, 'file') as number;
    expect(g.call('fd_fdstat_set_rights', fd, READ_RIGHTS & ~(1n << 22n), 0)).toBe('ENOTCAPABLE');
    const stat = g.place(24);
    g.call('fd_fdstat_get', fd, stat);
    const base = g.u64(stat + 8);
    expect(g.call('fd_fdstat_set_rights', fd, base & ~64n, 0)).toBe('ESUCCESS');
    expect(g.write(fd, 'x')).toBe('ENOTCAPABLE');
    expect(g.call('fd_fdstat_set_rights', fd, base, 0)).toBe('ENOTCAPABLE');
    expect(g.call('fd_fdstat_set_rights', 3, 0, 0)).toBe('ESUCCESS');
    expect(g.open(3, 'file')).toBe('ENOTCAPABLE');
    expect(g.call('fd_close', 3)).toBe('ESUCCESS');
  });
  test('what is granted must fit into the limit itself', () => {
    const preopens = { '/a': new MemoryFileSystem(), '/b': new MemoryFileSystem() };
    expect(() => guest({ preopens, maxOpenFiles: 4 })).toThrow(
      'limit openFiles reached (4): its streams and preopens are 5',
    );
    guest({ preopens, maxOpenFiles: 5 });
  });
  test('a guest that closes nothing ends in EMFILE, and can go on after closing', () => {
    const g = guest({ preopens: { '.': new MemoryFileSystem({ file: 'text' }) }, maxOpenFiles: 10 });
    const fds = Array.from({ length: 10 }, () => g.open(3, 'file'));
    expect(fds).toEqual([4, 5, 6, 7, 8, 9, 'EMFILE', 'EMFILE', 'EMFILE', 'EMFILE']);
    g.call('fd_close', 6);
    expect(g.open(3, 'file')).toBe(6);
  });
  test('a read-only preopen can be read and nothing else, also through a hard link', () => {
    const fileSystem = new MemoryFileSystem({ file: 'text', folder: {} });
    const g = guest({ preopens: { '/ro': { fileSystem, readOnly: true }, '/rw': fileSystem } });
    const fd = g.open(3, 'file', { rights: READ_RIGHTS }) as number;
    expect(g.read(fd, 9)).toBe('text');
    expect(g.open(3, 'file', { rights: READ_RIGHTS, oflags: OFLAGS.creat })).toBe(6);
    expect(g.open(3, 'file')).toBe('EROFS');
    expect(g.open(3, 'new', { rights: READ_RIGHTS, oflags: OFLAGS.creat })).toBe('EROFS');
    expect(g.open(3, 'file', { rights: READ_RIGHTS, oflags: OFLAGS.trunc })).toBe('EROFS');
    const below = g.open(3, 'folder', { oflags: OFLAGS.directory, rights: READ_RIGHTS }) as number;
    for (const [name, ...args] of [
      ['path_create_directory', below, ...g.path('x')],
      ['path_remove_directory', 3, ...g.path('folder')],
      ['path_unlink_file', 3, ...g.path('file')],
      ['path_symlink', ...g.path('x'), 3, ...g.path('y')],
      ['path_link', 3, 0, ...g.path('file'), 4, ...g.path('mine')],
      ['path_rename', 3, ...g.path('file'), 4, ...g.path('mine')],
      ['path_rename', 4, ...g.path('file'), 3, ...g.path('mine')],
      ['path_filestat_set_times', 3, 0, ...g.path('file'), 0, 0, 10],
      ['fd_filestat_set_times', fd, 0, 0, 10],
    ] as [string, ...number[]][]) {
      expect([name, g.call(name, ...args)]).toEqual([name, 'EROFS']);
    }
    expect(fileSystem.snapshot()).toEqual({ file: new Uint8Array(Buffer.from('text')), folder: {} });
  });
  test('closing the state closes what the guest left open', () => {
    const fileSystem = new MemoryFileSystem({ file: 'x'.repeat(1_000) });
    const g = guest({ preopens: { '.': fileSystem } });
    const fd = g.open(3, 'file') as number;
    g.call('path_unlink_file', 3, ...g.path('file'));
    expect(g.read(fd, 3)).toBe('xxx');
    expect(fileSystem.usedBytes).toBeGreaterThan(1_000);
    g.close();
    expect(fileSystem.usedBytes).toBeLessThan(100);
    g.close();
  });
});

describe('clocks, random, sleeping', () => {
  test("the host's clock is coarse unless granted", () => {
    const at = (options: ConstructorParameters<typeof Guest>[0]) => {
      const g = guest(options);
      const result = g.place(8);
      g.call('clock_time_get', 0, 0, result);
      return g.u64(result);
    };
    expect(at({}) % 1_000_000n).toBe(0n);
    const fine = Array.from({ length: 8 }, () => at({ clockResolution: 1 }) % 1_000_000n);
    expect(fine.some((rest) => rest !== 0n)).toBe(true);
  });
  test('a deterministic guest has a clock that ticks when read, sleeps in no time, and seeded random', () => {
    const run = (): string => {
      const g = guest({}, { defaults: { deterministic: true } });
      const out = g.place(32);
      g.call('clock_time_get', 0, 0, out);
      g.call('clock_time_get', 1, 0, out + 8);
      const subscription = g.place(48);
      g.views.data.setBigUint64(subscription + 24, 3_600_000_000_000n, true);
      expect(g.call('poll_oneoff', subscription, g.place(32), 1, g.place(4))).toBe('ESUCCESS');
      g.call('clock_time_get', 1, 0, out + 16);
      expect(g.u64(out + 16) - g.u64(out + 8)).toBeGreaterThan(3_600_000_000_000n);
      g.call('random_get', out + 24, 8);
      return Buffer.from(g.views.u8.subarray(out, out + 32)).toString('hex');
    };
    expect(run()).toBe(run());
  });
  test('no such clock is EINVAL', () => {
    const g = guest();
    expect(g.call('clock_time_get', 7, 0, g.place(8))).toBe('EINVAL');
    expect(g.call('clock_time_get', 2, 0, g.place(8))).toBe('ESUCCESS');
  });
  test.each([false, true])('sleeping (absolute %s) takes its time', (absolute) => {
    const g = guest({ clockResolution: 1 });
    const now = g.place(8);
    g.call('clock_time_get', 1, 0, now);
    const subscription = g.place(48);
    g.views.data.setUint32(subscription + 16, 1, true);
    g.views.data.setBigUint64(subscription + 24, 30_000_000n + (absolute ? g.u64(now) : 0n), true);
    g.views.data.setUint16(subscription + 40, absolute ? 1 : 0, true);
    const events = g.place(32);
    const count = g.place(4);
    const before = performance.now();
    expect(g.call('poll_oneoff', subscription, events, 1, count)).toBe('ESUCCESS');
    expect(performance.now() - before).toBeGreaterThan(25);
    expect([g.u32(count), g.views.u8[events + 10]]).toEqual([1, 0]);
  });
  test('sleeping ends at the deadline with a LimitError', () => {
    const g = guest({}, { meter: { timeoutMs: 60 } });
    const subscription = g.place(48);
    g.views.data.setBigUint64(subscription + 24, 3_600_000_000_000n, true);
    const before = performance.now();
    expect(() => g.call('poll_oneoff', subscription, g.place(32), 1, g.place(4))).toThrow(LimitError);
    // It would be an hour.
    expect(performance.now() - before).toBeLessThan(30_000);
  });
  test('sleeping ends when a signal is aborted', () => {
    const end = performance.now() + 50;
    const signal = {
      get aborted() {
        return performance.now() > end;
      },
    };
    const g = guest({}, { meter: { signal } });
    const subscription = g.place(48);
    g.views.data.setBigUint64(subscription + 24, 3_600_000_000_000n, true);
    expect(() => g.call('poll_oneoff', subscription, g.place(32), 1, g.place(4))).toThrow(LimitError);
  });
  test('poll: ready files, bad descriptors and clocks together', () => {
    const g = guest({ stdin: { text: 'abc' } });
    const subscriptions = g.place(48 * 3);
    const set = (index: number, type: number, fd: number) => {
      const at = subscriptions + 48 * index;
      g.views.data.setBigUint64(at, BigInt(index + 10), true);
      g.views.u8[at + 8] = type;
      g.views.data.setUint32(at + 16, fd, true);
    };
    set(0, 1, 0);
    set(1, 2, 99);
    set(2, 2, 1);
    const events = g.place(32 * 3);
    const count = g.place(4);
    expect(g.call('poll_oneoff', subscriptions, events, 3, count)).toBe('ESUCCESS');
    expect(g.u32(count)).toBe(3);
    const seen = [0, 1, 2].map((i) => [
      g.u64(events + 32 * i),
      g.views.data.getUint16(events + 32 * i + 8, true),
      g.u64(events + 32 * i + 16),
    ]);
    expect(seen).toEqual([
      [10n, 0, 3n],
      [11n, 8, 0n],
      [12n, 0, 65_536n],
    ]);
    expect(g.call('poll_oneoff', subscriptions, events, 0, count)).toBe('EINVAL');
  });
});

describe('ending', () => {
  test('proc_exit throws ExitError with the code; proc_raise as shells tell signals', () => {
    const g = guest();
    expect(() => g.call('proc_exit', 42)).toThrow(ExitError);
    expect(() => g.call('proc_raise', 6)).toThrow('134');
    expect(g.call('proc_raise', 0)).toBe('ESUCCESS');
    expect(g.call('proc_raise', 99)).toBe('EINVAL');
    expect(g.call('proc_raise', 18)).toBe('ENOTSUP');
  });
});

describe('wasi_unstable', () => {
  test('has all calls', () => {
    const { wasi_snapshot_preview1, wasi_unstable } = wasiImports(createWasi({}, platform));
    expect(Object.keys(wasi_unstable)).toEqual(Object.keys(wasi_snapshot_preview1));
    expect(WASI_CALLS).toHaveLength(46);
  });
  test('has its own filestat, whence and subscription', () => {
    const g = guest({ preopens: { '.': new MemoryFileSystem({ file: '12345' }) } }, { module: 'wasi_unstable' });
    const fd = g.open(3, 'file') as number;
    const stat = g.place(64);
    g.views.u8.fill(0xaa, stat, stat + 64);
    g.call('fd_filestat_get', fd, stat);
    expect([g.views.u8[stat + 16], g.u32(stat + 20), g.u64(stat + 24), g.views.u8[stat + 56]]).toEqual([
      4,
      1,
      5n,
      0xaa,
    ]);
    const position = g.place(8);
    g.call('fd_seek', fd, 3, 2, position);
    expect(g.u64(position)).toBe(3n);
    g.call('fd_seek', fd, 1, 0, position);
    expect(g.u64(position)).toBe(4n);
    g.call('fd_seek', fd, 0, 1, position);
    expect(g.u64(position)).toBe(5n);
    const subscription = g.place(56);
    g.views.data.setBigUint64(subscription + 32, 1_000_000n, true);
    const count = g.place(4);
    expect(g.call('poll_oneoff', subscription, g.place(32), 1, count)).toBe('ESUCCESS');
    expect(g.u32(count)).toBe(1);
  });
});

describe('files', () => {
  test('seek, append, positions beyond the end, pread and pwrite leave the position', () => {
    const fileSystem = new MemoryFileSystem({ file: 'abcdef' });
    const g = guest({ preopens: { '.': fileSystem } });
    const fd = g.open(3, 'file') as number;
    const position = g.place(8);
    expect(g.call('fd_seek', fd, -2, 2, position)).toBe('ESUCCESS');
    expect(g.read(fd, 9)).toBe('ef');
    expect(g.call('fd_seek', fd, -9, 1, position)).toBe('EINVAL');
    expect(g.call('fd_seek', fd, 0, 9, position)).toBe('EINVAL');
    expect(g.call('fd_pwrite', fd, ...g.iovec(g.path('X')), 1, g.place(4))).toBe('ESUCCESS');
    g.call('fd_tell', fd, position);
    expect(g.u64(position)).toBe(6n);
    expect(g.call('fd_fdstat_set_flags', fd, 1)).toBe('ESUCCESS');
    g.call('fd_seek', fd, 0, 0, position);
    g.write(fd, '!');
    g.call('fd_tell', fd, position);
    expect(g.u64(position)).toBe(7n);
    expect(g.call('fd_fdstat_set_flags', fd, 16)).toBe('ENOTSUP');
    expect(fileSystem.readText('file')).toBe('aXcdef!');
    expect(g.call('fd_seek', fd, 2n ** 62n, 0, position)).toBe('EINVAL');
  });
  test('listing goes on from a cookie, and survives what changes meanwhile', () => {
    const fileSystem = new MemoryFileSystem(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, ''])));
    const g = guest({ preopens: { '.': fileSystem } });
    const buffer = g.place(200);
    const used = g.place(4);
    const names: string[] = [];
    let cookie = 0n;
    for (;;) {
      expect(g.call('fd_readdir', 3, buffer, 200, cookie, used)).toBe('ESUCCESS');
      const end = buffer + g.u32(used);
      for (let at = buffer; at + 24 <= end; ) {
        const length = g.u32(at + 16);
        if (at + 24 + length > end) break;
        names.push(g.text(at + 24, length));
        cookie = g.u64(at);
        at += 24 + length;
      }
      if (names.length === 10) g.call('path_unlink_file', 3, ...g.path('f20'));
      if (g.u32(used) < 200) break;
    }
    expect(names.slice(0, 3)).toEqual(['.', '..', 'f0']);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(51);
  });
  test('renumber moves and closes; sockets calls on files are ENOTSOCK', () => {
    const g = guest({ preopens: { '.': new MemoryFileSystem({ file: 'text' }) } });
    const fd = g.open(3, 'file', { rights: FILE_RIGHTS }) as number;
    expect(g.call('fd_renumber', fd, 0)).toBe('ESUCCESS');
    expect(g.read(0, 9)).toBe('text');
    expect(g.call('fd_close', fd)).toBe('EBADF');
    expect(g.call('sock_shutdown', 0, 3)).toBe('ENOTSOCK');
    expect(g.call('sock_accept', 99, 0, g.place(4))).toBe('EBADF');
    expect(g.call('sock_recv', 0, ...g.iovec([g.place(4), 4]), 0, g.place(4), g.place(4))).toBe('ENOTSOCK');
  });
});
