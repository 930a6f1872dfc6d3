import { expect, test } from 'vitest';
import { testPlatform } from '../../test/helpers/test-platform.js';
import { SystemAllocator } from '../alloc/system.js';
import { decode } from '../binary/decode.js';
import { validate } from '../validate/validate.js';
import { LimitError, UsageError } from '../wasm/errors.js';
import { Budget } from './budget.js';
import { Instance } from './instance.js';
import type { MemoryInstance } from './memory.js';
import { SharedMemoryRegistry } from './shared-memory-registry.js';
import { DEFAULT_MAX_THREADS, Store } from './store.js';

const module = validate(decode(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)));
function setUp() {
  const budget = new Budget(Number.POSITIVE_INFINITY);
  const store = new Store(new SystemAllocator(), testPlatform(), budget);
  const instance = (threads?: number): Instance =>
    new Instance({
      ...{ store, module, name: 'm', types: [], limits: { threads }, budget, mode: 'interp', modeReason: '' },
      ...{ metered: false, deterministic: false, countsStack: true },
    });
  return { store, instance };
}

test('a cluster per exec env, with a limit', () => {
  const { store, instance } = setUp();
  expect(store.maxThreads).toBe(DEFAULT_MAX_THREADS);
  store.setMaxThreads(0);
  expect(store.maxThreads).toBe(DEFAULT_MAX_THREADS);
  store.setMaxThreads(2);
  const one = instance();
  const first = one.createExecEnv(100);
  const { cluster } = first;
  first.userData = 'mine';
  const second = cluster.spawnExecEnv(first);
  expect([second.userData, second.stackSize]).toEqual(['mine', 100]);
  expect(second.cluster).toBe(cluster);
  cluster.spawnExecEnv(second);
  expect(() => cluster.spawnExecEnv(first)).toThrow(LimitError);
  one.destroyExecEnv(second);
  cluster.spawnExecEnv(first);
  expect(one.extraExecEnvs).toBe(3);
  expect(() => cluster.spawnExecEnv(second)).toThrow(UsageError);
  one.destroyExecEnv(first);
  expect([one.extraExecEnvs, cluster.execEnvs.size]).toEqual([0, 0]);
});

test("an instance's own limit can only be smaller; its end ends its clusters", () => {
  const { store, instance } = setUp();
  const [one, two] = [instance(0), instance(100)];
  const strict = one.createExecEnv(0);
  expect(() => strict.cluster.spawnExecEnv(strict)).toThrow('limit threads reached (0)');
  const wide = two.createExecEnv(0);
  expect(wide.cluster.maxThreads).toBe(DEFAULT_MAX_THREADS);
  // The exec env stands in another instance while that one runs: the cluster still belongs to the first.
  wide.instance = one;
  one.endExecEnvs();
  expect([strict.ended, wide.ended]).toEqual([true, false]);
  expect([one.extraExecEnvs, two.extraExecEnvs]).toEqual([0, 1]);
  expect(() => store.setMaxThreads(1.5)).toThrow(UsageError);
});

test('shared memories are counted by holders', () => {
  const registry = new SharedMemoryRegistry();
  const memory = {} as MemoryInstance;
  registry.retain(memory);
  registry.retain(memory);
  expect([registry.size, registry.holdersOf(memory)]).toEqual([1, 2]);
  expect([registry.release(memory), registry.release(memory)]).toEqual([false, true]);
  expect(() => registry.release(memory)).toThrow(UsageError);
  registry.retain(memory);
  expect(registry.destroy()).toBe(1);
  expect(registry.size).toBe(0);
});
