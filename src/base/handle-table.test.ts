import { describe, expect, it } from 'vitest';
import { HandleError, HandleTable } from './handle-table.js';

type Kinds = { fruit: string; tool: { weight: number } };
const table = (capacity?: number, epoch?: number) => new HandleTable<Kinds>(['fruit', 'tool'], capacity, epoch);

describe('HandleTable', () => {
  it('gives objects back by handle, counted by kind', () => {
    const t = table();
    const apple = t.add('fruit', 'apple');
    const saw = t.add('tool', { weight: 2 });
    expect(t.get('fruit', apple)).toBe('apple');
    expect(t.get('tool', saw).weight).toBe(2);
    expect([t.count(), t.count('fruit'), t.count('tool')]).toEqual([2, 1, 1]);
    expect([...t.entries('fruit')]).toEqual([[apple, 'apple']]);
    t.remove('fruit', apple);
    expect([t.count(), t.count('fruit')]).toEqual([1, 0]);
  });
  it('never reuses a number, not even after clear', () => {
    const t = table();
    const seen = new Set<number>();
    for (let i = 0; i < 1_000; i++) {
      const handle = t.add('fruit', 'pear');
      expect(seen.has(handle)).toBe(false);
      seen.add(handle);
      if (i % 7 === 0) t.clear();
      else t.remove('fruit', handle);
    }
  });
  it('says why a handle is refused', () => {
    const t = table();
    const apple = t.add('fruit', 'apple');
    expect(() => t.get('fruit', 0)).toThrow('invalid fruit handle 0: 0 names nothing');
    expect(() => t.get('tool', apple)).toThrow('it is a handle of kind fruit');
    expect(() => t.get('fruit', apple + 16)).toThrow('it was never given');
    for (const odd of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53 - 1]) {
      expect(() => t.get('fruit', odd)).toThrow(HandleError);
    }
    t.remove('fruit', apple);
    expect(() => t.get('fruit', apple)).toThrow('the fruit is gone');
    expect(() => t.remove('fruit', apple)).toThrow('the fruit is gone');
  });
  it('is bounded, and epochs share no handle', () => {
    const t = table(2);
    t.add('fruit', 'a');
    t.add('fruit', 'b');
    expect(() => t.add('fruit', 'c')).toThrow('handle table full (2 objects)');
    const old = table(8, 3).add('fruit', 'x');
    const young = table(8, 4);
    young.add('fruit', 'y');
    expect(() => young.get('fruit', old)).toThrow('it was never given');
    expect(Number.isSafeInteger(table(8, 65_535).add('tool', { weight: 1 }))).toBe(true);
  });
});
