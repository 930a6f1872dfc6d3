// The embedder's allocator: what its callbacks return is checked, what they get is right, and nothing is given back twice.
import { describe, expect, it } from 'vitest';
import { bytesOf } from './allocator.js';
import { AllocatorError } from './allocator-errors.js';
import { UserAllocator, type UserAllocatorOptions } from './user.js';

function kindOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof AllocatorError) return error.kind;
    throw error;
  }
  return 'nothing thrown';
}

/** An embedder that allocates places one after the other and records its calls. */
function embedder(bytes = 4096, withRealloc = false) {
  let next = 8;
  const log: string[] = [];
  const state = { buffer: new ArrayBuffer(bytes) as ArrayBufferLike, log };
  const take = (size: number): number => {
    if (next + size > state.buffer.byteLength) return 0;
    const pointer = next;
    next += Math.ceil(size / 8) * 8;
    return pointer;
  };
  const options: UserAllocatorOptions = {
    malloc: (size, userData) => {
      log.push(`malloc ${size} ${String(userData)}`);
      const pointer = take(size);
      new Uint8Array(state.buffer, pointer, pointer === 0 ? 0 : size).fill(0xee);
      return pointer;
    },
    free: (pointer, userData) => void log.push(`free ${pointer} ${String(userData)}`),
    buffer: () => state.buffer,
    userData: 'mine',
  };
  if (!withRealloc) return { ...state, state, options };
  const realloc = (pointer: number, size: number, userData: unknown): number => {
    log.push(`realloc ${pointer} ${size} ${String(userData)}`);
    const moved = take(size);
    if (moved !== 0) new Uint8Array(state.buffer).copyWithin(moved, pointer, pointer + size);
    return moved;
  };
  return { ...state, state, options: { ...options, realloc } };
}

describe('UserAllocator', () => {
  it('refuses callbacks that cannot be meant', () => {
    const { options } = embedder();
    const same = () => 8;
    const bad = [
      { ...options, malloc: undefined },
      { ...options, free: undefined },
      { ...options, realloc: 5 },
      { ...options, malloc: same, free: same },
      { ...options, realloc: options.malloc },
      { ...options, buffer: undefined },
      { ...options, buffer: () => 5 },
    ] as unknown as UserAllocatorOptions[];
    for (const wrong of bad) expect(kindOf(() => new UserAllocator(wrong))).toBe('bad-callbacks');
  });

  it('passes sizes, pointers and user data, and gives back what it took', () => {
    const { options, log } = embedder(4096, true);
    const user = new UserAllocator(options);
    const block = user.malloc(20)!;
    expect([block.offset, block.size]).toEqual([8, 20]);
    bytesOf(block).fill(5);
    const moved = user.realloc(block, 40)!;
    expect([...bytesOf(moved)]).toEqual([...Array(20).fill(5), ...Array(20).fill(0)]);
    expect(kindOf(() => user.free(block))).toBe('not-a-live-block');
    user.free(moved);
    expect(bytesOf(moved).every((byte) => byte === 0)).toBe(true);
    expect(log).toEqual(['malloc 20 mine', 'realloc 8 40 mine', `free ${moved.offset} mine`]);
    expect(user.malloc(9000)).toBeNull();
    expect(user.getMemAllocInfo()).toBeNull();
  });

  it('grows by malloc, copy and free where there is no realloc, and for aligned blocks', () => {
    for (const withRealloc of [false, true]) {
      const { options, log } = embedder(8192, withRealloc);
      const user = new UserAllocator(options);
      const block = user.alignedAlloc(20, 64)!;
      expect(block.offset % 64).toBe(0);
      bytesOf(block).fill(5);
      const moved = user.realloc(block, 100)!;
      expect(moved.offset % 64).toBe(0);
      expect([...bytesOf(moved)]).toEqual([...Array(20).fill(5), ...Array(80).fill(0)]);
      expect(log.map((line) => line.split(' ')[0])).toEqual(['malloc', 'malloc', 'free']);
      expect(user.realloc(moved, 9000)).toBeNull();
      expect(bytesOf(moved)[19]).toBe(5);
    }
  });

  it('zeroes on request', () => {
    const user = new UserAllocator(embedder().options);
    expect(bytesOf(user.malloc(16)!)[0]).toBe(0xee);
    expect(bytesOf(user.malloc(16, true)!)[0]).toBe(0);
  });

  it('follows a buffer that is replaced', () => {
    const { options, state } = embedder(64);
    const user = new UserAllocator(options);
    const block = user.malloc(16)!;
    bytesOf(block).fill(1);
    const grown = new ArrayBuffer(256);
    new Uint8Array(grown).set(new Uint8Array(state.buffer));
    state.buffer = grown;
    expect(block.buffer).toBe(grown);
    expect(bytesOf(block)[15]).toBe(1);
    expect(user.malloc(128)).not.toBeNull();
    state.buffer = new ArrayBuffer(64);
    expect(user.verify()).toMatchObject({ ok: false, problems: [expect.stringContaining('ends at byte')] });
  });

  it.each([
    { name: 'outside the buffer', results: [4096], why: /ends? at/ },
    { name: 'reaching beyond the buffer', results: [4088], why: /ends? at/ },
    { name: 'misaligned', results: [12], why: /multiples of 8/ },
    { name: 'negative', results: [-8], why: /whole number/ },
    { name: 'no number', results: [Number.NaN], why: /whole number/ },
    { name: 'a live block once more', results: [64, 64], why: /overlaps the live block at 64/ },
    { name: 'into a live block', results: [64, 72], why: /overlaps the live block at 64/ },
    { name: 'reaching into a live block', results: [64, 48], why: /overlaps the live block at 64/ },
  ])('refuses a malloc that returns: $name', ({ results, why }) => {
    const pointers = [...results];
    const user = new UserAllocator({ ...embedder().options, malloc: () => pointers.shift()! });
    for (let at = 1; at < results.length; at++) user.malloc(20);
    expect(kindOf(() => user.malloc(20))).toBe(why === undefined ? '' : 'bad-callback-result');
    const again = [...results];
    const other = new UserAllocator({ ...embedder().options, malloc: () => again.shift()! });
    for (let at = 1; at < results.length; at++) other.malloc(20);
    expect(() => other.malloc(20)).toThrow(why);
  });

  it('names a callback that throws, and keeps its error', () => {
    const cause = new Error('out of luck');
    const user = new UserAllocator({
      ...embedder().options,
      malloc: () => {
        throw cause;
      },
    });
    expect(kindOf(() => user.malloc(8))).toBe('callback-threw');
    expect(() => user.malloc(8)).toThrow(expect.objectContaining({ cause }));
  });

  it('takes charges from the embedder, and returns everything at the end', () => {
    const { options, log } = embedder();
    const user = new UserAllocator(options);
    const charge = user.charge(100)!;
    expect(charge.resize(200)).toBe(true);
    expect(charge.bytes).toBe(200);
    expect(charge.resize(9000)).toBe(false);
    const gone = user.charge(8)!;
    gone.release();
    expect(kindOf(() => gone.release())).toBe('not-a-live-block');
    user.malloc(30);
    expect(user.verify()).toMatchObject({ ok: true, usedBlocks: 2 });
    expect(user.destroy()).toMatchObject({ blocks: 1, bytes: 30, charges: 1, chargedBytes: 200 });
    expect(log.filter((line) => line.startsWith('free')).length).toBe(
      log.filter((line) => line.startsWith('malloc')).length - 1,
    );
    expect(kindOf(() => user.malloc(8))).toBe('destroyed');
  });
});
