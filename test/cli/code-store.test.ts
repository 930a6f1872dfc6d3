// Code kept beside the program: found again, bounded, and never a reason to fail.
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folderStore } from '#src/cli/code-store.js';
import { hostEngine } from '#src/engine/native/native-engine.js';
import { Runtime } from '#src/entry/runtime.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import { assemble } from '../helpers/wat.js';
import { temporaryFolder } from './support.js';

const folder = temporaryFolder();

it('finds what it was given, in a folder that it makes', () => {
  const store = folderStore(join(folder, 'new', 'code'));
  expect(store.get('a1')).toBeUndefined();
  store.put('a1', Uint8Array.of(1, 2, 3));
  expect([...store.get('a1')!]).toEqual([1, 2, 3]);
  expect(readdirSync(join(folder, 'new', 'code'))).toEqual(['a1']);
});
it('keeps the newer half of too many, and nothing too large', () => {
  const path = join(folder, 'full');
  mkdirSync(path);
  for (let i = 0; i < 128; i++) {
    writeFileSync(join(path, `k${i}`), '');
    utimesSync(join(path, `k${i}`), i, i);
  }
  const store = folderStore(path);
  store.put('last', Uint8Array.of(1));
  const left = readdirSync(path);
  expect(left).toHaveLength(65);
  expect(left).toContain('last');
  expect(left).toContain('k127');
  expect(left).not.toContain('k0');
  store.put('large', new Uint8Array((8 << 20) + 1));
  expect(store.get('large')).toBeUndefined();
  for (let i = 0; i < 20; i++) store.put(`l${i}`, new Uint8Array(8 << 20));
  const sizes = readdirSync(path).map((name) => statSync(join(path, name)).size);
  expect(sizes.reduce((a, b) => a + b)).toBeLessThanOrEqual(64 << 20);
});
it('does without a folder that it cannot have', () => {
  writeFileSync(join(folder, 'file'), '');
  const store = folderStore(join(folder, 'file', 'code'));
  store.put('a1', Uint8Array.of(1));
  expect(store.get('a1')).toBeUndefined();
});
it('gives right results from damaged code: it is made anew', () => {
  const path = join(folder, 'damaged');
  const wasm = assemble('(module (func (export "f") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 7))))');
  const f = (): unknown => {
    const engines = [hostEngine({ codeStore: folderStore(path) })];
    const runtime = Runtime.init({}, { platform: nodePlatform(), engines });
    try {
      return runtime.instantiate(runtime.load(wasm)).lookupFunction('f')!.call(6)[0];
    } finally {
      runtime.destroy();
    }
  };
  expect(f()).toBe(42);
  const [name] = readdirSync(path) as [string];
  const entry = readFileSync(join(path, name));
  expect(f()).toBe(42);
  for (const at of [0, 5, 17, 30, entry.length >> 1, entry.length - 1]) {
    const damaged = Buffer.from(entry);
    damaged[at]! ^= 0x41;
    writeFileSync(join(path, name), damaged);
    expect(f()).toBe(42);
    writeFileSync(join(path, name), entry.subarray(0, at));
    expect(f()).toBe(42);
  }
});
