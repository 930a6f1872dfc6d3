// Threads of a guest in workers: starting, waiting, standing still, ending, what they share, and what they ask the embedder's thread for.
import { describe, expect, test } from 'vitest';
import { decode } from '#src/binary/decode.js';
import type { InstantiateOptions } from '#src/embed/instance/instantiation.js';
import { instanceOf } from '#src/embed/instance/wasm-instance.js';
import { Runtime } from '#src/embed/runtime.js';
import { interpEngine } from '#src/engine/interp/interp-engine.js';
import { aotEngine } from '#src/engine/js/aot-load.js';
import { defaultEngines } from '#src/entry/engines.js';
import { ALL_LIBRARIES } from '#src/entry/libraries.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import { type ExecEnv, ThreadsUnsupportedError } from '#src/runtime/exec-env.js';
import type { RunningMode } from '#src/runtime/running-mode.js';
import { validate } from '#src/validate/validate.js';
import { type ExitError, type LimitError, type Trap, UsageError } from '#src/wasm/errors.js';
import { held } from '../enclave/long-runs.js';
import { aotFile } from '../helpers/aot-engine.js';
import { assemble } from '../helpers/wat.js';
import { enginesFor } from './engines.js';
import { threaded } from './guest-text.js';
import { runtimeOf, start, thrownBy } from './support.js';

const MODES = ['host', 'jit', 'aot', 'interp'] as const;
const inWorkers = (mode: RunningMode, text: string, options: InstantiateOptions = {}) =>
  start(text, { mode, threads: 'parallel', ...options });

/** Each thread counts to a number in a word of all, one by one; main waits until all have. Word 8: what a thread waits for; word 16: never notified. */
const COUNTING = threaded(`
  (func $count (param $times i32)
    (loop $again
      (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1))))))
  (func (export "wasi_thread_start") (param $id i32) (param $times i32)
    (if (i32.eq (local.get $times) (i32.const -1)) (then unreachable))
    (if (i32.eq (local.get $times) (i32.const -2)) (then (call $exit (i32.const 7))))
    (if (i32.eq (local.get $times) (i32.const -3)) (then (loop $spin (br $spin))))
    (if (i32.eq (local.get $times) (i32.const -4))
      (then (drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1)))))
    (if (i32.eq (local.get $times) (i32.const -5))
      (then (loop $again
        (br_if $again (memory.atomic.wait32 (i32.const 8) (i32.load (i32.const 8)) (i64.const -1))))))
    (if (i32.gt_s (local.get $times) (i32.const 0)) (then (call $count (local.get $times))))
    (drop (i32.atomic.rmw.add (i32.const 4) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 4) (i32.const -1))))
  (func (export "spawn") (param i32) (result i32) (call $spawn (local.get 0)))
  (func (export "wait") (param i32) (drop (memory.atomic.wait32 (local.get 0) (i32.const 0) (i64.const -1))))
  (func (export "sleep") (result i32) (memory.atomic.wait32 (i32.const 16) (i32.const 0) (i64.const 20_000_000)))
  (func (export "notify") (param i32 i32) (result i32) (memory.atomic.notify (local.get 0) (local.get 1)))
  (func (export "word") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "forget") (param i32)
    (i32.atomic.store (local.get 0) (i32.const 1))
    (drop (memory.atomic.wait32 (i32.const 16) (i32.const 0) (i64.const -1))))
  (func (export "run") (param $threads i32) (param $times i32) (result i32) (local $k i32) (local $done i32)
    (i64.store (i32.const 0) (i64.const 0))
    (loop $again
      (if (i32.lt_s (call $spawn (local.get $times)) (i32.const 1)) (then unreachable))
      (br_if $again (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (local.get $threads))))
    (block $all (loop $wait
      (local.set $done (i32.atomic.load (i32.const 4)))
      (br_if $all (i32.ge_u (local.get $done) (local.get $threads)))
      (drop (memory.atomic.wait32 (i32.const 4) (local.get $done) (i64.const -1)))
      (br $wait)))
    (i32.load (i32.const 0)))
  (func (export "_start") (drop (call $spawn (i32.const -3))) (drop (call $spawn (i32.const -4))))`);

describe.each(MODES)('in mode %s', (mode) => {
  test('a call runs them all, at once or awaited, again and again', async () => {
    const instance = inWorkers(mode, COUNTING);
    expect([instance.mode, instance.threads, instance.modeReason]).toEqual([mode, 'parallel', 'asked for']);
    const run = instance.lookupFunction('run')!;
    expect(run.call(2, 100_000)).toEqual([200_000]);
    expect(await run.callAsync([4, 10_000])).toEqual([40_000]);
    expect(run.call(1, 5)).toEqual([5]);
    expect(instance.usage).toMatchObject({ threads: 7, schedule: undefined, fuel: undefined });
  });

  describe('fuel', () => {
    test('is one budget, and exact', () => {
      const instance = inWorkers(mode, COUNTING, { metered: true });
      const run = instance.lookupFunction('run')!;
      const used = (threads: number, times: number): number => {
        run.call(threads, times);
        return instance.lastCallUsage!.fuel!;
      };
      // What main does for its waits depends on who comes first; a thread's own instructions do not.
      expect(Math.abs(used(3, 50_000) - used(1, 50_000) - 2 * (used(1, 100_000) - used(1, 50_000)))).toBeLessThan(200);
      for (const fuel of [1_000, 30_000, 123_457]) {
        const error = thrownBy(() => run.callOn(instance.execEnv, [3, 100_000], { fuel })) as LimitError;
        expect([error.limit, error.value, error.usage!.fuel]).toEqual(['fuel', fuel, fuel]);
        expect(error.thread).toBeTypeOf('number');
      }
      expect(run.call(2, 10)).toEqual([20]);
    });
    test('is enough where it is just enough, whoever takes it', () => {
      const instance = inWorkers(
        mode,
        threaded(`
        (func $work (param $n i32)
          (loop $again (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
        (func (export "wasi_thread_start") (param i32 i32) (call $work (local.get 1))
          (i32.atomic.store (i32.const 0) (i32.const 1)))
        (func (export "run") (param i32 i32) (drop (call $spawn (local.get 0))) (call $work (local.get 1)))
        (func (export "done") (result i32) (drop (call $yield)) (i32.atomic.load (i32.const 0)))`),
        { metered: true },
      );
      const run = instance.lookupFunction('run')!;
      run.call(1, 100_000);
      while (instance.lookupFunction('done')!.call()[0] === 0);
      run.callOn(instance.execEnv, [1, 40_000], { fuel: instance.lastCallUsage!.fuel! + 400_000 });
      expect(instance.lastCallUsage!.fuel).toBeLessThan(400_000);
    });
  });

  describe('waits', () => {
    test('notify wakes as many as it says, and threads stand still between calls', () => {
      const instance = inWorkers(mode, COUNTING, { metered: true });
      const call = (name: string, ...values: number[]) => instance.lookupFunction(name)!.call(...values)[0] as number;
      expect([call('spawn', -4), call('spawn', -4), call('spawn', -3)]).toEqual([1, 2, 3]);
      while (instance.instance.threads!.kind === 'parallel' && call('notify', 8, 0) !== 0);
      let woken = 0;
      while (woken < 2) woken += call('notify', 8, 1);
      while (call('word', 4) < 2) call('sleep');
      expect(call('notify', 8, -1)).toBe(0);
      const { fuel } = instance.usage;
      expect(instance.usage.fuel).toBe(fuel);
      // In a call they run on, as soon as the machine has a processor for them.
      while (instance.usage.fuel! - fuel! < 1_000) call('sleep');
    });
    test('threads of which none can be woken are a deadlock, which says where each waits', async () => {
      const instance = inWorkers(mode, COUNTING);
      for (const slices of [false, true]) {
        instance.lookupFunction('spawn')!.call(-4);
        const wait = instance.lookupFunction('wait')!;
        const trap = (
          slices ? await wait.callAsync([16]).catch((error: unknown) => error) : thrownBy(() => wait.call(16))
        ) as Trap;
        expect([trap.id, trap.message]).toEqual(['deadlock', 'all threads wait: thread 0 at 16, thread 1 at 8']);
        expect(trap.waits!.map(({ frames }) => frames.length)).toEqual([1, 1]);
        expect(instance.lookupFunction('word')!.call(8)).toEqual([0]);
      }
    });
    test('a word that changes without a notification leaves all waiting: a deadlock', () => {
      const instance = inWorkers(mode, COUNTING);
      const call = (name: string, ...values: number[]) => instance.lookupFunction(name)!.call(...values)[0] as number;
      call('spawn', -5);
      call('sleep');
      const trap = thrownBy(() => call('forget', 8)) as Trap;
      expect([trap.id, trap.message]).toEqual(['deadlock', 'all threads wait: thread 0 at 16, thread 1 at 8']);
      expect(trap.waits!.map(({ frames }) => frames.length)).toEqual([1, 1]);
    });
  });

  describe('ends', () => {
    test('a trap, an exit and a limit in a thread end all; the instance goes on', async () => {
      const instance = inWorkers(mode, COUNTING);
      const call = (name: string, ...values: number[]) => instance.lookupFunction(name)!.call(...values);
      const wait = instance.lookupFunction('wait')!;
      call('spawn', -3);
      const fail = (what: number): unknown =>
        thrownBy(() => {
          call('spawn', what);
          wait.call(16);
        });
      const trap = fail(-1) as Trap;
      expect([trap.id, trap.thread, trap.frames[0]!.functionIndex]).toEqual(['unreachable', 2, 4]);
      expect([(fail(-2) as ExitError).code, instance.wasiExitCode]).toEqual([7, 7]);
      call('spawn', -3);
      expect(thrownBy(() => wait.callOn(instance.execEnv, [16], { timeoutMs: 30 })).message).toContain('timeoutMs');
      call('spawn', -3);
      await expect(wait.callAsync([16], { signal: AbortSignal.timeout(30) })).rejects.toThrow('limit signal');
      call('spawn', -3);
      const terminated = wait.callAsync([16]);
      expect(() => wait.call(16)).toThrow(UsageError);
      instance.terminate();
      await expect(terminated).rejects.toThrow('terminated by user');
      expect(call('run', 2, 10)).toEqual([20]);
      expect([instance.executeMain(), call('spawn', -4)[0]]).toEqual([0, 1]);
    });
    test('destroy leaves no worker', async () => {
      const before = held().threads;
      const runtime = Runtime.init(
        {},
        { platform: nodePlatform(), libraries: ALL_LIBRARIES, engines: defaultEngines() },
      );
      const instance = runtime.instantiate(runtime.load(assemble(COUNTING)), { wasi: {} });
      instance.lookupFunction('run')!.call(3, 10);
      instance.lookupFunction('spawn')!.call(-3);
      expect(held().threads).toBeGreaterThan(before);
      expect(runtime.destroy().threads).toBe(1);
      while (held().threads > before) await new Promise((resolve) => setTimeout(resolve, 5));
    });
  });

  test('growth in one thread is there for all, and for the embedder', () => {
    const instance = inWorkers(
      mode,
      threaded(`
      (func (export "wasi_thread_start") (param i32 i32)
        (drop (memory.grow (i32.const 2)))
        (i32.store (i32.const 0x2fff0) (i32.const 42))
        (i32.atomic.store (i32.const 0x20000) (i32.const 1))
        (drop (memory.atomic.notify (i32.const 0x20000) (i32.const 1)))
        (i32.atomic.store (i32.const 0) (i32.const 1)))
      (func (export "run") (result i32 i32 i32)
        (drop (call $spawn (i32.const 0)))
        (loop $spin (br_if $spin (i32.eqz (i32.atomic.load (i32.const 0)))))
        (i32.load (i32.const 0x2fff0))
        (memory.size)
        (memory.grow (i32.const 2)))`),
      { limits: { memoryBytes: 4 * 65_536 } },
    );
    expect(instance.lookupFunction('run')!.call()).toEqual([42, 3, -1]);
    expect(instance.getMemory()!.bytes[0x2fff0]).toBe(42);
  });

  test('two threads grow a memory against each other: each page is given once, and all see it', () => {
    const pages = 400;
    const text = threaded(`
      (func $grows (local $page i32)
        (block $full (loop $again
          (br_if $full (i32.lt_s (local.tee $page (memory.grow (i32.const 1))) (i32.const 0)))
          (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
          (drop (i32.atomic.rmw.add (i32.shl (local.get $page) (i32.const 16)) (i32.const 1)))
          (br $again))))
      (func (export "wasi_thread_start") (param i32 i32)
        (call $grows)
        (i32.atomic.store (i32.const 4) (i32.const 1))
        (drop (memory.atomic.notify (i32.const 4) (i32.const 1))))
      (func (export "run") (result i32 i32 i32) (local $page i32) (local $sum i32)
        (drop (call $spawn (i32.const 0)))
        (call $grows)
        (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const -1)))
        (local.set $page (i32.const 1))
        (loop $again
          ;; One for each page; a page that was given twice has two.
          (local.set $sum (i32.add (local.get $sum)
            (i32.eq (i32.load (i32.shl (local.get $page) (i32.const 16))) (i32.const 1))))
          (br_if $again (i32.lt_u (local.tee $page (i32.add (local.get $page) (i32.const 1))) (memory.size))))
        (i32.load (i32.const 0)) (local.get $sum) (memory.size))`).replace(
      '(memory 1 4 shared)',
      `(memory 1 ${pages} shared)`,
    );
    const instance = inWorkers(mode, text);
    expect(instance.lookupFunction('run')!.call()).toEqual([pages - 1, pages - 1, pages]);
    expect(instance.usage.memoryBytes).toBeGreaterThanOrEqual(pages << 16);
  });

  test('guests with threads share a memory of the embedder, and leave it to him', () => {
    const runtime = runtimeOf({}, enginesFor(mode));
    const memory = runtime.createSharedMemory({ initial: 1, maximum: 4 });
    const module = runtime.load(assemble(COUNTING));
    const guests = [1, 2].map(() =>
      runtime.instantiate(module, { mode, threads: 'parallel', wasi: {}, imports: { env: { memory } } }),
    );
    for (const guest of guests) {
      expect(guest.threads).toBe('parallel');
      expect(guest.lookupFunction('run')!.call(3, 1_000)).toEqual([3_000]);
      expect(new DataView(memory.bytes.buffer, memory.bytes.byteOffset).getInt32(0, true)).toBe(3_000);
    }
    memory.bytes[64] = 42;
    expect(guests.map((guest) => guest.lookupFunction('word')!.call(64))).toEqual([[42], [42]]);
    for (const guest of guests) guest.deinstantiate();
    expect(memory.pages).toBe(1);
    memory.release();
  });

  describe('natives', () => {
    const text = threaded(`
      (func (export "wasi_thread_start") (param i32) (param $what i32)
        (i32.store (i32.const 0) (call $native (local.get $what)))
        (i32.atomic.store (i32.const 4) (i32.const 1)))
      (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
      (func (export "trap") (param i32) (result i32) unreachable)
      (func (export "run") (param i32) (result i32)
        (i32.store (i32.const 4) (i32.const 0))
        (drop (call $spawn (local.get 0)))
        (loop $spin (br_if $spin (i32.eqz (i32.atomic.load (i32.const 4)))))
        (i32.load (i32.const 0)))
      (func (export "call") (param i32) (result i32) (call $native (local.get 0)))`).replace(
      '(module',
      '(module (import "test" "native" (func $native (param i32) (result i32)))',
    );
    const given = (func: (env: ExecEnv, value: number) => unknown, async = false) =>
      inWorkers(mode, text, { natives: { test: [{ symbol: 'native', signature: '(i)i', func, async }] } });

    test('run on the thread of the embedder, and may call the thread that called them', () => {
      const instance = given((env, value) => {
        if (value === 5) return thrownBy(() => instanceOf(env).lookupFunction('trap')!.call(1)).message.length;
        return instanceOf(env).lookupFunction('twice')!.call(value)[0];
      });
      expect([instance.lookupFunction('run')!.call(21), instance.lookupFunction('call')!.call(4)]).toEqual([[42], [8]]);
      expect(instance.lookupFunction('run')!.call(5)).toEqual(['unreachable'.length]);
    });
    test('what one throws is what the call throws', () => {
      const failure = new Error('mine');
      const instance = given(() => {
        throw failure;
      });
      expect(thrownBy(() => instance.lookupFunction('run')!.call(1))).toBe(failure);
      expect(thrownBy(() => instance.lookupFunction('call')!.call(1))).toBe(failure);
    });
    test('those that return promises let only their thread wait, and need a call that can wait', async () => {
      const instance = given(async (_env, value) => {
        await new Promise((resolve) => setTimeout(resolve, 10));
        return value + 1;
      }, true);
      expect(await instance.lookupFunction('run')!.callAsync([6])).toEqual([7]);
      expect(() => instance.lookupFunction('run')!.call(6)).toThrow('is async');
    });
  });

  describe('threads of the embedder', () => {
    test('they run while calls do, give their results, and can be cancelled', async () => {
      const instance = inWorkers(mode, COUNTING);
      const thread = instance.spawnThread('word', [4]);
      expect([thread.id, thread.ended, thread.join(), thread.ended]).toEqual([1, false, [0], true]);
      expect(await instance.spawnThread('word', [4]).joinAsync()).toEqual([0]);
      const waiting = instance.spawnThread('wait', [16]);
      instance.lookupFunction('sleep')!.call();
      waiting.cancel();
      expect(waiting.ended).toBe(true);
      expect(() => waiting.join()).toThrow('has been ended');
      for (let k = 0; k < 4; k++) instance.spawnThread('wait', [16]);
      expect(() => instance.spawnThread('wait', [16])).toThrow('limit threads reached (4)');
    });
  });
});

test('without asking for it they run in workers, in the fastest mode', () => {
  const auto = start(COUNTING);
  expect([auto.mode, auto.threads]).toEqual(['host', 'parallel']);
  const jit = start(COUNTING, { mode: 'jit' });
  expect(jit.threads).toBe('parallel');
});

describe('refused by name', () => {
  const load = (text: string, platform = nodePlatform()) => {
    const runtime = Runtime.init({}, { platform, libraries: ALL_LIBRARIES, engines: defaultEngines() });
    return { runtime, module: runtime.load(assemble(text)) };
  };
  const SPAWNING = '(import "wasi" "thread-spawn" (func (param i32) (result i32)))';

  test.each([
    ['a memory that is not shared', `(module ${SPAWNING} (memory 1))`, {}],
    ['references cannot be passed', `(module ${SPAWNING} (import "a" "b" (func (param externref))))`, {}],
    ['runs in turn', COUNTING, { seed: 1 }],
    ['an observer of its code', COUNTING, { observe: { entered() {} } }],
  ] as const)('%s; without asking for workers they run in turn', (why, text, options) => {
    const { runtime, module } = load(text);
    const error = thrownBy(() => runtime.instantiate(module, { wasi: {}, ...options, threads: 'parallel' }));
    expect(error).toBeInstanceOf(ThreadsUnsupportedError);
    if (!why.startsWith('runs')) expect(error.message).toContain(why);
    const auto = runtime.instantiate(module, { wasi: {}, ...options, mode: 'auto' });
    expect([auto.mode, auto.threads]).toEqual(['interp', 'cooperative']);
    runtime.destroy();
  });
  test('a compiled file of which nobody says where it lies', () => {
    const bytes = assemble(COUNTING);
    const engines = [aotEngine([aotFile(validate(decode(bytes)), { says: false })]), interpEngine()];
    const runtime = Runtime.init({}, { platform: nodePlatform(), libraries: ALL_LIBRARIES, engines });
    const module = runtime.load(bytes);
    expect(() => runtime.instantiate(module, { mode: 'aot', wasi: {} })).toThrow('was not given its URL');
    expect(runtime.instantiate(module, { wasi: {} }).threads).toBe('cooperative');
    runtime.destroy();
  });
  test('a platform without workers is named', () => {
    const { startThread: _, ...platform } = nodePlatform();
    const { runtime, module } = load(COUNTING, platform);
    expect(() => runtime.instantiate(module, { threads: 'parallel', wasi: {} })).toThrow('starts no workers');
    expect(() => runtime.instantiate(module, { mode: 'host', wasi: {} })).toThrow(ThreadsUnsupportedError);
    const auto = runtime.instantiate(module, { wasi: {} });
    expect([auto.threads, auto.modeReason]).toEqual(['cooperative', expect.stringContaining('starts no workers')]);
    runtime.destroy();
  });
  test('fuel that is asked for when it ends', async () => {
    const run = runtimeOf();
    const instance = run.instantiate(run.load(assemble(COUNTING)), { wasi: {}, metered: true });
    const more = instance.lookupFunction('run')!.callAsync([1, 10], { fuel: 5, onFuel: () => 5 });
    await expect(more).rejects.toThrow('onFuel');
  });
});
