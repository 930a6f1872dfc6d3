import { expect, test } from 'vitest';
import { SystemAllocator } from '../alloc/system.js';
import type { MemoryType } from '../wasm/types.js';
import { Budget } from './budget.js';
import type { MemoryPort } from './memory.js';
import { MemoryAccount } from './memory-account.js';
import { SHARED_BUFFER_THREADS } from './shared-buffer-memory.js';
import type { Store } from './store.js';

const PAGE = 65_536;
const TYPE: MemoryType = { limits: { min: 1n, max: 8n }, shared: true, address: 'i32', pageSizeLog2: 16 };

/** It is for other engines. */
const STORE = {} as Store;

/** A memory as the thread that serves has it, and as another one has. */
function pair(most = 8, budget = new Budget(5 * PAGE)) {
  const { makeMemory, memoryData, attachMemory } = SHARED_BUFFER_THREADS;
  const account = new MemoryAccount(new SystemAllocator({}), budget);
  const server = makeMemory(STORE)(TYPE, { min: 1, max: most }, account)!;
  const unused = (): never => {
    throw new Error('not asked for here');
  };
  const port: MemoryPort = { wait: unused, notify: unused, grow: (delta) => server.grow(delta) };
  const own = new MemoryAccount(new SystemAllocator({}), new Budget(Number.POSITIVE_INFINITY));
  return { server, other: attachMemory(memoryData(server, STORE), TYPE, most, own, port), budget };
}

test('what one thread writes is there for the other, and so is growth once it is taken notice of', () => {
  const { server, other, budget } = pair();
  const moves: number[] = [];
  other.follow(({ byteLength }) => moves.push(byteLength));
  expect(server.grow(2)).toBe(1);
  server.views.u8[2 * PAGE] = 7;
  expect([other.byteLength, moves]).toEqual([PAGE, [PAGE]]);
  other.renew();
  other.renew();
  expect([other.byteLength, other.views.u8[2 * PAGE], moves]).toEqual([3 * PAGE, 7, [PAGE, 3 * PAGE]]);
  expect([other.grow(1), other.pages, server.pages, budget.used]).toEqual([3, 4, 4, 4 * PAGE]);
  expect([server.grow(0), server.reaches(4 * PAGE), other.reaches(4 * PAGE + 1)]).toEqual([4, true, false]);
});

test('its type and its budget are its limits, and an access to what it has taken but not grown to finds nothing', () => {
  const { server, other, budget } = pair(3);
  expect([server.grow(3), other.grow(3), server.pages]).toEqual([-1, -1, 1]);
  expect(() => other.views.data.getInt8(PAGE)).toThrow(RangeError);
  const poor = pair(8, new Budget(2 * PAGE));
  expect([poor.server.grow(2), poor.other.grow(1), poor.server.grow(1)]).toEqual([-1, 1, -1]);
  server.release();
  expect([budget.used, server.byteLength]).toEqual([0, 0]);
});

test('no other memory is taken for one', () => {
  const { server } = pair();
  expect(SHARED_BUFFER_THREADS.memoryData(server, STORE)).toMatchObject({ buffer: { byteLength: 8 * PAGE } });
  expect(() => SHARED_BUFFER_THREADS.memoryData({} as typeof server, STORE)).toThrow('made elsewhere');
});
