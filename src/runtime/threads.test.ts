import { expect, test } from 'vitest';
import type { Instance } from './instance.js';
import type { MemoryInstance } from './memory.js';
import type { Store } from './store.js';
import { LimitError, UsageError } from '../wasm/errors.js';
import { ThreadsUnsupportedError } from './threads-error.js';
import { SharedMemoryRegistry } from './shared-memory-registry.js';
import { DEFAULT_MAX_THREADS, ThreadManager } from './thread-manager.js';

const store = {} as Store;
const instance = (): Instance => ({}) as Instance;

test('a cluster per exec env, with a limit', () => {
  const manager = new ThreadManager();
  expect(manager.maxThreads).toBe(DEFAULT_MAX_THREADS);
  manager.setMaxThreads(0);
  expect(manager.maxThreads).toBe(DEFAULT_MAX_THREADS);
  manager.setMaxThreads(3);
  const first = manager.createExecEnv(store, instance(), 100);
  first.userData = 'mine';
  const second = manager.spawnExecEnv(first);
  expect([second.userData, second.stackSize]).toEqual(['mine', 100]);
  expect(manager.clusterOf(second)).toBe(manager.clusterOf(first));
  expect(() => manager.spawnThread(second)).toThrow(ThreadsUnsupportedError);
  manager.spawnExecEnv(second);
  expect(() => manager.spawnExecEnv(first)).toThrow(LimitError);
  manager.destroyExecEnv(second);
  manager.spawnExecEnv(first);
  expect(manager.execEnvCount).toBe(3);
  expect(() => manager.destroyExecEnv(second)).toThrow(UsageError);
  manager.destroyExecEnv(first);
  expect([manager.execEnvCount, manager.clusters.size]).toEqual([0, 0]);
});

test("an instance's own limit can only be smaller; its end ends its clusters", () => {
  const manager = new ThreadManager();
  const [one, two] = [instance(), instance()];
  const strict = manager.createExecEnv(store, one, 0, 1);
  expect(() => manager.spawnExecEnv(strict)).toThrow('limit threads reached (1)');
  const wide = manager.createExecEnv(store, two, 0, 100);
  expect(manager.clusterOf(wide)!.maxThreads).toBe(DEFAULT_MAX_THREADS);
  // The exec env stands in another instance while that one runs: the cluster still belongs to the first.
  wide.instance = one;
  manager.endInstance(one);
  expect([manager.clusterOf(strict), manager.clusterOf(wide) !== undefined]).toEqual([undefined, true]);
  expect(manager.destroy()).toBe(1);
  expect(() => manager.setMaxThreads(1.5)).toThrow(UsageError);
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
