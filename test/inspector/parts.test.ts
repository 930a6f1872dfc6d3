// The parts of the inspector that need no browser: what is typed as lists, files as trees, profiles as boxes, the search for data.
import { describe, expect, it } from 'vitest';
import { Profiler } from '#src/debug/recordings.js';
import { defaultHost, Runtime } from '#src/entry/index.js';
import { MemoryFileSystem } from '#src/entry/libraries.js';
import { flameOf } from '../../inspector/enclave/flame-of.js';
import { treeOf } from '../../inspector/file-tree.js';
import { nextData } from '../../inspector/page/find-data.js';
import { amount, splitWords, variables } from '../../inspector/page/words.js';
import { assemble } from '../helpers/wat.js';

describe('words', () => {
  it.each([
    ['one two', ['one', 'two']],
    ['  a "b c"  d', ['a', 'b c', 'd']],
    [`'it''s' ""`, ['its', '']],
    ['a\\ b "c\\"d"', ['a b', 'c"d']],
    ['', []],
  ])('of %s', (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });
  it('whose quotes do not end are refused', () => {
    expect(() => splitWords('a "b')).toThrow('not closed');
  });
  it('of an environment are NAME=value', () => {
    expect(variables('A=1\n\n B=x=y ')).toEqual(['A=1', 'B=x=y']);
    expect(() => variables('A=1\n=2')).toThrow("'=2' is not NAME=value");
  });
  it('of a limit are a number, or none', () => {
    expect(amount('1,000', 'Fuel')).toBe(1_000);
    expect(amount('0.5', 'Time', 1_000)).toBe(500);
    expect(amount(' ', 'Fuel')).toBeUndefined();
    for (const wrong of ['many', '-1', '1e999'])
      expect(() => amount(wrong, 'Fuel')).toThrow(`Fuel: '${wrong}' is no number`);
  });
});

describe('files', () => {
  it('become a tree, whatever their names are', () => {
    const file = (name: string, text: string) => ({ name, bytes: new TextEncoder().encode(text) });
    const names = ['a.txt', 'd/b.txt', '../up.txt', './d//c.txt', '__proto__', 'a.txt/under', '', '..'];
    const files = new MemoryFileSystem(treeOf(names.map((name) => file(name, name))));
    expect(Object.keys(files.snapshot()).sort()).toEqual(['__proto__', 'a.txt', 'd', 'up.txt']);
    expect(files.readText('d/c.txt')).toBe('./d//c.txt');
    expect(files.readText('__proto__')).toBe('__proto__');
  });
});

describe('a profile', () => {
  it('becomes boxes that fill their callers, and sums that fit', async () => {
    const runtime = Runtime.init({}, defaultHost());
    const profiler = new Profiler('fuel');
    const wasm = await assemble(`(module
      (func $down (param i32) (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))) (call $leaf))))
      (func $leaf (drop (i32.const 1)))
      (func (export "run") (call $down (i32.const 3)) (call $leaf)))`);
    const instance = runtime.instantiate(runtime.load(wasm), { metered: true, observe: profiler.observer });
    instance.executeFunc('run');
    const { fuel } = instance.usage;
    runtime.destroy();
    const flame = flameOf(profiler.text('speedscope', 'test'));
    expect(flame.fuel).toBe(fuel);
    expect(flame.self.reduce((sum, one) => sum + one, 0)).toBe(fuel);
    const of = (name: string): number => flame.names.indexOf(name);
    expect(flame.total[of('run')]).toBe(fuel);
    // It calls itself: what it used counts once.
    expect(flame.total[of('down')]).toBeLessThan(fuel!);
    flame.callers.forEach((caller, box) => {
      if (caller < 0) return;
      expect(flame.depths[box]).toBe(flame.depths[caller]! + 1);
      expect(flame.starts[box]).toBeGreaterThanOrEqual(flame.starts[caller]!);
      expect(flame.ends[box]).toBeLessThanOrEqual(flame.ends[caller]!);
    });
    expect(Math.max(...flame.depths)).toBeGreaterThanOrEqual(4);
  });
  it('without calls has no boxes', () => {
    expect(flameOf(new Profiler('fuel').text('speedscope', 'none'))).toMatchObject({ fuel: 0, names: [] });
  });
});

describe('the search for data', () => {
  const size = 3 << 20;
  const memory = new Uint8Array(size);
  memory.set([1], 100);
  memory.set([1], (2 << 20) + 5);
  const read = async (address: number, length: number) => memory.subarray(address, address + length);

  it('leaves the data where it stands, then the zeros behind it', async () => {
    expect(await nextData(size, 0, 16, read)).toBe(96);
    expect(await nextData(size, 96, 16, read)).toBe(2 << 20);
    expect(await nextData(size, (2 << 20) + 16, 16, read)).toBeUndefined();
  });
  it('ends where nothing can be read any more', async () => {
    expect(await nextData(size, 0, 16, async () => undefined)).toBeUndefined();
  });
});
