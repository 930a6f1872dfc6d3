// Transfers so long that they go in pieces, with a look at the meter between: whole where nothing ends them, right where something does.
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { OutputSink, type WasiOptions } from '#src/imports/wasi/index.js';
import { MemoryFileSystem } from '#src/platform/memory-fs/memory-file-system.js';
import { FILE_RIGHTS, guestsOfTests, OFLAGS } from './guest.js';

const guest = guestsOfTests();

describe('transfers of many pieces', () => {
  const MIB = 1 << 20;
  const WHOLE = 5 * MIB + 7;
  const content = Uint8Array.from({ length: WHOLE }, (_, i) => (i * 31) >> 3);
  const folder = mkdtempSync(join(tmpdir(), 'enclasm-pieces-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([
    ['memory', new MemoryFileSystem({ in: content })],
    ['host', folder],
  ])('%s files are read and written whole, in one buffer or several', (_name, files) => {
    writeFileSync(join(folder, 'in'), content);
    const g = guest({ preopens: { '.': files } }, { memoryBytes: 16 * MIB });
    const input = g.open(3, 'in', { rights: FILE_RIGHTS }) as number;
    const output = g.open(3, 'out', { rights: FILE_RIGHTS, oflags: OFLAGS.creat }) as number;
    const result = g.place(4);
    const at = 2 * MIB;
    const one = g.iovec([at, WHOLE + 100]);
    const several = g.iovec([at, 100], [at + 100, 0], [at + 100, 3 * MIB], [at + 100 + 3 * MIB, WHOLE]);
    for (const buffers of [one, several]) {
      g.views.u8.fill(0, at);
      expect(g.call('fd_pread', input, ...buffers, 0n, result)).toBe('ESUCCESS');
      expect(g.u32(result)).toBe(WHOLE);
      expect(Buffer.compare(g.views.u8.subarray(at, at + WHOLE), content)).toBe(0);
    }
    expect(g.call('fd_read', input, ...one, result)).toBe('ESUCCESS');
    expect(g.call('fd_read', input, ...one, result)).toBe('ESUCCESS');
    expect(g.u32(result)).toBe(0);
    const cut = 100 + 2 * MIB;
    for (const buffers of [g.iovec([at, WHOLE]), g.iovec([at, 100], [at + 100, 2 * MIB], [at + cut, WHOLE - cut])]) {
      expect(g.call('fd_write', output, ...buffers, result)).toBe('ESUCCESS');
      expect(g.u32(result)).toBe(WHOLE);
      g.views.u8.fill(0, at + WHOLE, at + 2 * WHOLE);
    }
    expect(g.call('fd_pread', output, ...g.iovec([at + WHOLE, WHOLE]), BigInt(WHOLE), result)).toBe('ESUCCESS');
    expect(Buffer.compare(g.views.u8.subarray(at + WHOLE, at + 2 * WHOLE), content)).toBe(0);
    expect(g.env.usage.bytesWritten).toBe(2 * WHOLE);
  });

  test('what the meter allows ends them, with positions and counts where they are', () => {
    const sparse = join(folder, 'sparse');
    writeFileSync(sparse, '');
    truncateSync(sparse, 4_096 * MIB);
    let looks = Number.POSITIVE_INFINITY;
    const signal = {
      get aborted(): boolean {
        return --looks < 0;
      },
    };
    const g = guest({ preopens: { '.': folder } }, { meter: { signal }, memoryBytes: 66 * MIB });
    const fd = g.open(3, 'sparse', { rights: FILE_RIGHTS }) as number;
    const result = g.place(8);
    for (const buffers of [g.iovec([MIB, 64 * MIB]), g.iovec([MIB, MIB], [MIB, 64 * MIB], [MIB, 1])]) {
      const { bytesRead, bytesWritten } = { ...g.env.usage };
      for (const [name, descriptor] of [['fd_read', fd] as const, ['fd_write', 1] as const]) {
        looks = 9;
        expect(() => g.call(name, descriptor, ...buffers, result)).toThrow('the AbortSignal was aborted');
        expect(g.u32(result)).toBe(10 * MIB);
      }
      expect(g.env.usage).toMatchObject({ bytesRead: bytesRead + 10 * MIB, bytesWritten: bytesWritten + 10 * MIB });
    }
    looks = Number.POSITIVE_INFINITY;
    expect(g.call('fd_tell', fd, result)).toBe('ESUCCESS');
    expect(g.u64(result)).toBe(BigInt(20 * MIB));
  });

  test('a stream that gave a whole piece is not asked for more; a callback gets pieces', () => {
    const chunks: number[] = [];
    const reads: number[] = [];
    const options = {
      stdin: {
        type: 'unknown',
        seekable: false,
        close() {},
        read(_into: Uint8Array, _offset: number, length: number): number {
          reads.push(length);
          return length;
        },
      },
      stdout: (chunk: Uint8Array) => void chunks.push(chunk.length),
    };
    const g = guest(options as unknown as WasiOptions, { memoryBytes: 8 * MIB });
    const result = g.place(4);
    expect(g.call('fd_read', 0, ...g.iovec([MIB, WHOLE]), result)).toBe('ESUCCESS');
    expect([g.u32(result), reads]).toEqual([MIB, [MIB]]);
    expect(g.call('fd_write', 1, ...g.iovec([MIB, 2 * MIB + 1]), result)).toBe('ESUCCESS');
    expect([g.u32(result), chunks]).toEqual([2 * MIB + 1, [MIB, MIB, 1]]);
  });

  test('an error after the first piece makes a short write', () => {
    const g = guest({ stdout: new OutputSink(MIB) }, { memoryBytes: 4 * MIB });
    const result = g.place(4);
    expect(g.call('fd_write', 1, ...g.iovec([MIB, 2 * MIB]), result)).toBe('ESUCCESS');
    expect(g.u32(result)).toBe(MIB);
    expect(g.call('fd_write', 1, ...g.iovec([MIB, 2 * MIB]), result)).toBe('ENOSPC');
  });

  test('a datagram is never cut into several', () => {
    const stdout = { type: 'socket-dgram', seekable: false, close() {}, write: () => expect.unreachable() };
    const g = guest({ stdout } as unknown as WasiOptions, { memoryBytes: 4 * MIB });
    for (const buffers of [g.iovec([MIB, MIB + 1]), g.iovec([MIB, 9], [MIB, MIB])]) {
      expect(g.call('fd_write', 1, ...buffers, g.place(4))).toBe('EMSGSIZE');
    }
  });
});
