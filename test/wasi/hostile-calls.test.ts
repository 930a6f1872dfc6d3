// Guests that use WASI against the host's time and memory: long walks, large directories, many small writes. Each meets its limit.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { OutputSink } from '#src/imports/wasi/index.js';
import { FD_READDIR } from '#src/imports/wasi/rights.js';
import { MemoryFileSystem } from '#src/platform/memory-fs/memory-file-system.js';
import { Budget } from '#src/runtime/budget.js';
import { guestsOfTests, OFLAGS } from './guest.js';

const guest = guestsOfTests();

describe('writes', () => {
  test('a sink keeps bytes, not writes', () => {
    const sink = new OutputSink(100_000);
    const g = guest({ stdout: sink });
    const buffers = g.iovec(g.path('x'));
    const nothing = g.iovec([0, 0]);
    const result = g.place(4);
    for (let i = 0; i < 100_000; i++) {
      g.call('fd_write', 1, ...buffers, result);
      g.call('fd_write', 1, ...nothing, result);
    }
    expect(g.call('fd_write', 1, ...buffers, result)).toBe('ENOSPC');
    expect(sink.text).toBe('x'.repeat(100_000));
  });
  test('a callback is not called for nothing', () => {
    let calls = 0;
    const g = guest({ stdout: () => calls++ });
    expect(g.call('fd_write', 1, ...g.iovec([0, 0]), g.place(4))).toBe('ESUCCESS');
    expect(g.call('fd_write', 1, ...g.iovec([0, 0], [8, 0]), g.place(4))).toBe('ESUCCESS');
    expect(calls).toBe(0);
  });
});

describe('directories', () => {
  const files = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`file${i}`, '']));

  test('a list of names is charged to the budget until it is closed or listed anew', () => {
    const budget = new Budget(100_000);
    const g = guest({ preopens: { '.': new MemoryFileSystem(files) } }, { budget });
    const list = (fd: number): string => g.call('fd_readdir', fd, g.place(64), 64, 0n, g.place(4));
    const open = (): number => g.open(3, '.', { rights: BigInt(FD_READDIR), oflags: OFLAGS.directory }) as number;
    expect(list(3)).toBe('ESUCCESS');
    expect(list(3)).toBe('ESUCCESS');
    const one = budget.used;
    expect(one).toBeGreaterThan(30_000);
    const others = [open(), open()];
    expect(others.map(list)).toEqual(['ESUCCESS', 'ENOMEM']);
    expect(budget.used).toBe(2 * one);
    for (const fd of others) expect(g.call('fd_close', fd)).toBe('ESUCCESS');
    expect(budget.used).toBe(one);
    g.wasi.close();
    expect(budget.used).toBe(0);
  });
  test('a small directory is listed in any budget', () => {
    const budget = new Budget(0);
    const g = guest({ preopens: { '.': new MemoryFileSystem({ a: '', b: '' }) } }, { budget });
    expect(g.call('fd_readdir', 3, g.place(64), 64, 0n, g.place(4))).toBe('ESUCCESS');
  });
  test('the entries of a large one end with the time', () => {
    let looks = 5;
    const signal = {
      get aborted(): boolean {
        return --looks < 0;
      },
    };
    const g = guest({ preopens: { '.': new MemoryFileSystem(files) } }, { meter: { signal } });
    expect(() => g.call('fd_readdir', 3, 65_536, 500_000, 0n, g.place(4))).toThrow('the AbortSignal was aborted');
  });
});

test('a deterministic guest cannot count the file systems of the process by their device numbers', () => {
  const told = (): bigint[] => {
    const preopens = { '.': new MemoryFileSystem({ a: '' }), b: new MemoryFileSystem() };
    const g = guest({ preopens }, { defaults: { deterministic: true } });
    const at = g.place(64);
    return [3, 4, 3].map((fd) => {
      expect(g.call('fd_filestat_get', fd, at)).toBe('ESUCCESS');
      return g.u64(at);
    });
  };
  expect(told()).toEqual([1n, 2n, 1n]);
  expect(told()).toEqual([1n, 2n, 1n]);
});

describe('paths', () => {
  const folder = mkdtempSync(join(tmpdir(), 'enclasm-walks-'));
  mkdirSync(join(folder, 'a'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([
    ['memory', new MemoryFileSystem({ a: {} })],
    ['host', folder],
  ])('a walk through tens of thousands of directories of %s files ends with the time', (_name, preopen) => {
    let timeIsUp = false;
    let looks = 0;
    const signal = {
      get aborted(): boolean {
        looks++;
        return timeIsUp;
      },
    };
    const g = guest({ preopens: { '.': preopen } }, { meter: { signal } });
    for (let k = 0; k < 20; k++) {
      const text = g.path(`${'a/../'.repeat(800)}${k === 0 ? 'a' : `l${k - 1}`}`);
      expect(g.call('path_symlink', ...text, 3, ...g.path(`l${k}`))).toBe('ESUCCESS');
    }
    const name = g.path('l19');
    const result = g.place(64);
    looks = 0;
    expect(g.call('path_filestat_get', 3, 1, ...name, result)).toBe('ESUCCESS');
    expect(looks).toBeGreaterThan(200);
    timeIsUp = true;
    looks = 0;
    expect(() => g.call('path_filestat_get', 3, 1, ...name, result)).toThrow('the AbortSignal was aborted');
    expect(looks).toBe(1);
  });
});
