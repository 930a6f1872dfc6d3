// The system allocator: a buffer per block, its limit, its accounts.
import { describe, expect, it } from 'vitest';
import { bytesOf } from './allocator.js';
import { AllocatorError } from './allocator-errors.js';
import { SystemAllocator } from './system.js';

function kindOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof AllocatorError) return error.kind;
    throw error;
  }
  return 'nothing thrown';
}

describe('SystemAllocator', () => {
  it('gives each block a zeroed buffer of its own, never at offset 0', () => {
    for (const shared of [false, true]) {
      const system = new SystemAllocator({ shared });
      const one = system.malloc(100)!;
      const two = system.malloc(0)!;
      expect(one.buffer).not.toBe(two.buffer);
      expect(one.buffer instanceof SharedArrayBuffer).toBe(shared);
      expect([one.offset % 8, one.offset > 0, bytesOf(one).length, two.size]).toEqual([0, true, 100, 0]);
      expect(bytesOf(one).every((byte) => byte === 0)).toBe(true);
      for (const alignment of [1, 8, 64, 4096]) expect(system.alignedAlloc(10, alignment)!.offset % alignment).toBe(0);
      expect(system.getMemAllocInfo()).toBeNull();
    }
  });

  it('keeps bytes when a block grows and shrinks, and its alignment', () => {
    const system = new SystemAllocator();
    let block = system.alignedAlloc(16, 64)!;
    bytesOf(block).fill(3);
    block = system.realloc(block, 100)!;
    expect([...bytesOf(block)]).toEqual([...Array(16).fill(3), ...Array(84).fill(0)]);
    expect(block.offset % 64).toBe(0);
    block = system.realloc(block, 4)!;
    expect([...bytesOf(block)]).toEqual([3, 3, 3, 3]);
  });

  it('zeroes what is given back', () => {
    const system = new SystemAllocator();
    const block = system.malloc(10)!;
    bytesOf(block).fill(9);
    system.free(block);
    expect(bytesOf(block).every((byte) => byte === 0)).toBe(true);
  });

  it('holds its limit, charges included, and its figures are true', () => {
    const system = new SystemAllocator({ limit: 1000 });
    const block = system.malloc(600)!;
    expect(system.malloc(401)).toBeNull();
    const charge = system.charge(300)!;
    expect(system.charge(101)).toBeNull();
    expect(system.getMemAllocInfo()).toEqual({ total: 1000, totalFree: 100, highmark: 900 });
    expect(charge.resize(401)).toBe(false);
    expect(charge.resize(50)).toBe(true);
    expect(system.realloc(block, 951)).toBeNull();
    expect(bytesOf(block).length).toBe(600);
    expect(system.realloc(block, 950)!.size).toBe(950);
    expect(system.getMemAllocInfo()).toEqual({ total: 1000, totalFree: 0, highmark: 1000 });
    expect(system.verify()).toMatchObject({ ok: true, problems: [], usedBlocks: 1 });
    expect(system.destroy()).toMatchObject({ blocks: 1, bytes: 950, charges: 1, chargedBytes: 50 });
  });

  it('answers null to what the host cannot give', () => {
    expect(new SystemAllocator().malloc(2 ** 52)).toBeNull();
  });

  it('names misuse', () => {
    const system = new SystemAllocator();
    const block = system.malloc(8)!;
    const charge = system.charge(8)!;
    charge.release();
    expect(kindOf(() => charge.release())).toBe('not-a-live-block');
    expect(kindOf(() => charge.resize(9))).toBe('not-a-live-block');
    expect(kindOf(() => system.free({ ...block }))).toBe('not-a-live-block');
    system.free(block);
    expect(kindOf(() => system.free(block))).toBe('not-a-live-block');
    expect(kindOf(() => system.realloc(block, 9))).toBe('not-a-live-block');
    expect(kindOf(() => system.malloc(-1))).toBe('bad-argument');
    expect(kindOf(() => system.alignedAlloc(8, 12))).toBe('bad-argument');
    expect(kindOf(() => new SystemAllocator({ limit: -1 }))).toBe('bad-argument');
    system.destroy();
    expect(kindOf(() => system.malloc(8))).toBe('destroyed');
    expect(kindOf(() => system.destroy())).toBe('destroyed');
  });
});
