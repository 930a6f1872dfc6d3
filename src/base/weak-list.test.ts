// A weak list has its members in their order while somebody else has them, and none of those that are gone.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { WeakList } from './weak-list.js';
import { whenCollected } from './when-collected.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
async function collect(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  await new Promise((resolve) => setImmediate(resolve));
}

test('a member is in it once, in order, until it is deleted', () => {
  const [a, b, c] = [{}, {}, {}];
  const list = new WeakList<object>();
  expect(list.isEmpty).toBe(true);
  for (const one of [a, b, c, a]) list.add(one);
  expect([...list]).toEqual([a, b, c]);
  expect([list.delete(b), list.delete(b)]).toEqual([true, false]);
  expect([...list][1]).toBe(c);
});

test('members that nobody else has go, and what they held is given back', async () => {
  const list = new WeakList<object>();
  const kept = { name: 'kept' };
  let released = 0;
  list.add(kept);
  const add = (): void => {
    const member = {};
    list.add(member);
    whenCollected(member, { release: () => released++ });
  };
  for (let i = 0; i < 100; i++) add();
  for (let round = 0; round < 20 && released < 100; round++) await collect();
  expect(released).toBe(100);
  expect([...list]).toEqual([kept]);
});

test('a deleted member is free before the task ends', async () => {
  await collect();
  const list = new WeakList<object>();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 400; i++) {
    const member = { data: new Array(16_384).fill(i) };
    list.add(member);
    list.delete(member);
  }
  collectGarbage();
  // They held 50 MiB.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(10 << 20);
});
