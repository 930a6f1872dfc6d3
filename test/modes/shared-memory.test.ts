// Shared memories that the embedder makes: two instances of each mode, of two modes, and threads in turn see the same bytes; what they are charged to, and when
// they end.
import { describe, expect, test } from 'vitest';
import type { WasmInstance } from '#src/embed/instance/wasm-instance.js';
import { ThreadsUnsupportedError } from '#src/runtime/exec-env.js';
import { LimitError, LinkError, type Trap, UsageError } from '#src/wasm/errors.js';
import { assemble } from '../helpers/wat.js';
import { runtimeOf, thrownBy } from '../threads/support.js';
import { modeCases } from './mode-cases.js';

const GUEST = `(module (import "env" "memory" (memory 1 8 shared))
  (func (export "get") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "set") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
  (func (export "add") (param i32 i32) (result i32) (i32.atomic.rmw.add (local.get 0) (local.get 1)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "size") (result i32) (memory.size))
  (func (export "wait") (param i64) (result i32)
    (memory.atomic.wait32 (i32.const 0) (i32.const 0) (local.get 0)))
  (func (export "notify") (result i32) (memory.atomic.notify (i32.const 0) (i32.const -1))))`;

const call = (instance: WasmInstance, name: string, ...values: (number | bigint)[]): unknown =>
  instance.lookupFunction(name)!.call(...values)[0];

modeCases('a shared memory of the runtime', [
  {
    name: 'is the same for two instances and the embedder, before and after it grows',
    run({ runtime, start }) {
      const memory = runtime.createSharedMemory({ initial: 2, maximum: 4 });
      memory.bytes[5] = 7;
      const [one, two] = [
        start(GUEST, { imports: { env: { memory } } }),
        start(GUEST, { imports: { env: { memory } } }),
      ];
      expect([call(one, 'get', 4), call(one, 'size'), memory.shared]).toEqual([7 << 8, 2, true]);
      call(one, 'set', 8, 41);
      expect([call(two, 'add', 8, 1), call(one, 'get', 8), memory.bytes[8]]).toEqual([41, 42, 42]);
      expect([call(two, 'grow', 1), call(one, 'size'), memory.pages]).toEqual([2, 3, 3]);
      call(one, 'set', 0x2fff0, 5);
      expect([call(two, 'get', 0x2fff0), memory.bytes[0x2fff0]]).toEqual([5, 5]);
      expect([memory.grow(1), call(one, 'size'), call(two, 'grow', 1), memory.maxPages]).toEqual([3, 4, -1, 4]);
      call(two, 'set', 0x3fff0, 6);
      expect([call(one, 'get', 0x3fff0), call(one, 'notify'), call(one, 'wait', 1_000n)]).toEqual([6, 0, 2]);
      expect(() => call(one, 'get', 0x40000)).toThrow('out of bounds memory access');
    },
  },
  {
    name: 'counts for the runtime, is released when nobody holds it, and ends with the runtime',
    run({ runtime, start }) {
      const before = runtime.usage.memoryBytes;
      const memory = runtime.createSharedMemory({ initial: 2, maximum: 4 });
      expect(runtime.usage.memoryBytes - before).toBe(131_072);
      const instance = start(GUEST, { imports: { env: { memory } }, limits: { memoryBytes: 1_000_000 } });
      const withGuest = runtime.usage.memoryBytes;
      call(instance, 'grow', 1);
      expect([runtime.usage.memoryBytes - withGuest, instance.usage.memoryBytes < 65_536]).toEqual([65_536, true]);
      expect(() => memory.release()).toThrow('held by 1 live instances');
      instance.deinstantiate();
      memory.release();
      expect(runtime.usage.memoryBytes).toBe(before);
      for (const use of [() => memory.release(), () => memory.pages, () => memory.bytes, () => memory.grow(1)])
        expect(use).toThrow(new UsageError('this shared memory has been released'));
      expect(() => start(GUEST, { imports: { env: { memory } } })).toThrow('has been released');
      runtime.createSharedMemory({ initial: 1, maximum: 1 });
      runtime.destroy();
      expect(runtime.usage.memoryBytes).toBe(0);
    },
  },
]);

describe('a shared memory of the runtime', () => {
  test('is refused by name: sizes, types, runtimes, room', () => {
    const runtime = runtimeOf({ memAllocType: 'pool', memAllocOption: { pool: { heapSize: 1 << 20 } } });
    for (const options of [
      {},
      { initial: 1 },
      { initial: 2, maximum: 1 },
      { initial: -1, maximum: 1 },
      { initial: 0, maximum: 65_537 },
    ])
      expect(() => runtime.createSharedMemory(options as never)).toThrow(UsageError);
    expect(() => runtime.createSharedMemory({ initial: 0, maximum: 1, shared: true } as never)).toThrow('shared');
    expect(() => runtime.createSharedMemory({ initial: 20, maximum: 20 })).toThrow(LimitError);
    const module = runtime.load(assemble(GUEST));
    for (const [initial, maximum] of [
      [0, 4],
      [1, 9],
    ] as const) {
      const memory = runtime.createSharedMemory({ initial, maximum });
      expect(() => runtime.instantiate(module, { imports: { env: { memory } } })).toThrow(LinkError);
      memory.release();
    }
    const others = runtimeOf().createSharedMemory({ initial: 1, maximum: 1 });
    expect(() => runtime.instantiate(module, { imports: { env: { memory: others } } })).toThrow(
      'belongs to another runtime',
    );
    const limited = runtimeOf({ limits: { memoryBytes: 100_000 } });
    expect(() => limited.createSharedMemory({ initial: 2, maximum: 2 })).toThrow('limit memoryBytes reached');
    const memory = limited.createSharedMemory({ initial: 1, maximum: 3 });
    expect(memory.grow(1)).toBe(-1);
    expect(runtime.destroy().leaks!.bytes).toBe(0);
  });
  test('guests of two modes share it, whichever came first', () => {
    const runtime = runtimeOf();
    const module = runtime.load(assemble(GUEST));
    const memory = runtime.createSharedMemory({ initial: 1, maximum: 8 });
    const modes = ['interp', 'jit', 'host', 'interp'] as const;
    const all = modes.map((mode) => runtime.instantiate(module, { mode, imports: { env: { memory } } }));
    for (const one of all) {
      call(one, 'grow', 1);
      call(one, 'add', memory.pages * 65_536 - 4, 3);
      expect(all.map((other) => call(other, 'get', memory.pages * 65_536 - 4))).toEqual([3, 3, 3, 3]);
    }
  });
  test('threads in turn wait in it, and a guest in another instance wakes them', async () => {
    const runtime = runtimeOf();
    const module = runtime.load(assemble(GUEST));
    const memory = runtime.createSharedMemory({ initial: 1, maximum: 8 });
    const make = (options = {}) => runtime.instantiate(module, { imports: { env: { memory } }, ...options });
    const threaded = make({ threads: 'cooperative' });
    const [one, two] = [threaded.spawnThread('wait', [-1n]), threaded.spawnThread('add', [4, 5])];
    expect(two.join()).toEqual([0]);
    expect(memory.bytes[4]).toBe(5);
    // The embedder may have others notify it: without an event loop nobody can.
    expect((thrownBy(() => threaded.spawnThread('wait', [-1n]).join()) as Trap).id).toBe('deadlock');
    expect(one.ended).toBe(true);
    const waiting = threaded.spawnThread('wait', [-1n]);
    const joined = waiting.joinAsync();
    const other = make();
    let woken = 0;
    while (woken === 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      woken = call(other, 'notify') as number;
    }
    expect(await joined).toEqual([0]);
  });
  test('threads in turn and mode host exclude each other, by name; auto takes another mode', () => {
    const runtime = runtimeOf();
    const module = runtime.load(assemble(GUEST));
    const make = (memory: unknown, options: object) =>
      runtime.instantiate(module, { imports: { env: { memory } }, ...options });
    const first = runtime.createSharedMemory({ initial: 1, maximum: 8 });
    const threaded = make(first, { threads: 'cooperative' });
    expect(() => make(first, { mode: 'host' })).toThrow(LinkError);
    expect(make(first, {}).mode).toBe('jit');
    threaded.deinstantiate();
    expect(make(first, { mode: 'host' }).mode).toBe('host');
    expect(thrownBy(() => make(first, { threads: 'cooperative' }))).toBeInstanceOf(ThreadsUnsupportedError);
  });
});
