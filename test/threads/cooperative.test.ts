// Threads of a guest on one JavaScript thread: starting, switching, waiting, ending, and what they share.
import { describe, expect, test } from 'vitest';
import { ThreadsUnsupportedError } from '#src/runtime/exec-env.js';
import { LimitError, LinkError, type Trap, UsageError } from '#src/wasm/errors.js';
import { assemble } from '../helpers/wat.js';
import { threaded } from './guest-text.js';
import { runtimeOf, start, thrownBy } from './support.js';

const inTurn: typeof start = (text, options = {}, args = {}) =>
  start(text, { threads: 'cooperative', ...options }, args);

/** Two threads add to a word one after the other, in blocks of their own; main waits for both. */
const COUNTING = threaded(`
  (func (export "wasi_thread_start") (param $id i32) (param $times i32)
    (loop $again
      (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (drop (i32.atomic.rmw.add (i32.const 4) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 4) (i32.const -1))))
  (func $await (param $threads i32) (local $done i32)
    (loop $again
      (local.set $done (i32.atomic.load (i32.const 4)))
      (if (i32.lt_u (local.get $done) (local.get $threads))
        (then
          (drop (memory.atomic.wait32 (i32.const 4) (local.get $done) (i64.const -1)))
          (br $again)))))
  (func (export "run") (param $threads i32) (param $times i32) (result i32) (local $k i32)
    (i64.store (i32.const 0) (i64.const 0))
    (loop $again
      (if (i32.lt_s (call $spawn (local.get $times)) (i32.const 1)) (then unreachable))
      (br_if $again (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (local.get $threads))))
    (call $await (local.get $threads))
    (i32.load (i32.const 0)))`);

describe('threads run in turn', () => {
  test('a call runs them all; a load, an add and a store in one block are never separated', () => {
    const instance = inTurn(COUNTING);
    expect([instance.mode, instance.threads]).toEqual(['interp', 'cooperative']);
    expect(instance.lookupFunction('run')!.call(2, 100_000)).toEqual([200_000]);
    expect(instance.lookupFunction('run')!.call(4, 1_000)).toEqual([4_000]);
    expect(instance.usage).toMatchObject({ threads: 6, peakThreads: 5, schedule: undefined });
    expect(instance.lastCallUsage).toMatchObject({ threads: 4 });
  });
  test('in slices', async () => {
    const instance = inTurn(COUNTING);
    expect(await instance.lookupFunction('run')!.callAsync([3, 200_000])).toEqual([600_000]);
    expect(instance.lookupFunction('run')!.call(1, 1)).toEqual([1]);
  });
  test('the fuel of all is one budget, and exact', () => {
    const used = (threads: number): number => {
      const instance = inTurn(COUNTING);
      instance.lookupFunction('run')!.call(threads, 50_000);
      return instance.usage.fuel!;
    };
    const [one, two, three] = [used(1), used(2), used(3)];
    expect(two - one).toBeGreaterThan(50_000);
    // What main does for its waits depends on who comes first; a thread's own instructions do not.
    expect(Math.abs(three - two - (two - one))).toBeLessThan(50);
    const instance = inTurn(COUNTING);
    const run = instance.lookupFunction('run')!;
    const exact = used(2);
    expect(run.callOn(instance.execEnv, [2, 50_000], { fuel: exact })).toEqual([100_000]);
    const error = thrownBy(() => run.callOn(instance.execEnv, [2, 50_000], { fuel: exact - 1 })) as LimitError;
    expect(error).toBeInstanceOf(LimitError);
    expect([error.limit, error.thread, error.usage!.fuel]).toEqual(['fuel', 0, exact - 1]);
    const inOther = thrownBy(() => run.callOn(instance.execEnv, [2, 50_000], { fuel: 30_000 })) as LimitError;
    expect([inOther.limit, inOther.thread! > 0, inOther.usage!.fuel]).toEqual(['fuel', true, 30_000]);
    expect(run.call(2, 10)).toEqual([20]);
  });
  test('onFuel goes on where it stopped', async () => {
    const instance = inTurn(COUNTING);
    const run = instance.lookupFunction('run')!;
    let asked = 0;
    const onFuel = (): number => {
      asked++;
      return 5_000;
    };
    expect(await run.callAsync([2, 20_000], { fuel: 1_000, onFuel })).toEqual([40_000]);
    expect(asked).toBeGreaterThan(20);
  });
});

test('growth in one thread moves the memory of all', () => {
  const instance = inTurn(
    threaded(`
      (func (export "wasi_thread_start") (param i32 i32)
        (drop (memory.grow (i32.const 3)))
        (i32.store (i32.const 0x3fff0) (i32.const 42))
        (i32.atomic.store (i32.const 0) (i32.const 1))
        (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))
      (func (export "run") (result i32 i32)
        (drop (call $spawn (i32.const 0)))
        (loop $spin (br_if $spin (i32.eqz (i32.atomic.load (i32.const 0)))))
        (i32.load (i32.const 0x3fff0))
        (memory.size))`),
    // Without room to grow in place, the bytes move.
    { limits: { memoryBytes: 1 << 30 } },
  );
  expect(instance.lookupFunction('run')!.call()).toEqual([42, 4]);
});

describe('waits', () => {
  const WAITS = threaded(`
    (func (export "wasi_thread_start") (param $id i32) (param i32)
      (i32.store (i32.add (i32.const 64) (i32.shl (local.get $id) (i32.const 2)))
        (i32.add (i32.const 10) (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const 100_000_000_000))))
      ;; Who woke when: ids, one after the other.
      (i32.store8 (i32.add (i32.const 128) (i32.atomic.rmw.add (i32.const 12) (i32.const 1))) (local.get $id)))
    (func (export "spawn") (param $threads i32)
      (loop $again
        (drop (call $spawn (i32.const 0)))
        (br_if $again (local.tee $threads (i32.sub (local.get $threads) (i32.const 1))))))
    (func (export "notify") (param i32) (result i32)
      (memory.atomic.notify (i32.const 8) (local.get 0)))
    (func (export "settle")
      (drop (memory.atomic.wait32 (i32.const 16) (i32.const 0) (i64.const 1_000_000))))
    (func (export "wait") (param i32 i32 i64) (result i32)
      (memory.atomic.wait32 (local.get 0) (local.get 1) (local.get 2)))
    (func (export "wait64") (param i32 i64 i64) (result i32)
      (memory.atomic.wait64 (local.get 0) (local.get 1) (local.get 2)))`);

  test('notify wakes as many as it says, those that came first before others', () => {
    const instance = inTurn(WAITS);
    const call = (name: string, ...values: number[]) => instance.lookupFunction(name)!.call(...values);
    call('spawn', 4);
    call('settle');
    expect([call('notify', 1), call('notify', 2), call('notify', -1), call('notify', -1)].flat()).toEqual([1, 2, 1, 0]);
    call('settle');
    const { bytes } = instance.getMemory()!;
    expect([...bytes.subarray(128, 132)]).toEqual([1, 2, 3, 4]);
    expect([...new Int32Array(bytes.slice(68, 84).buffer)]).toEqual([10, 10, 10, 10]);
  });
  test('results, timeouts and traps are those of the proposal', () => {
    const instance = inTurn(WAITS);
    const wait = (...values: (number | bigint)[]) => instance.lookupFunction('wait')!.call(...values);
    const wait64 = (...values: (number | bigint)[]) => instance.lookupFunction('wait64')!.call(...values);
    expect([wait(32, 1, -1n), wait(32, 0, 0n), wait(32, 0, 2_000_000n)].flat()).toEqual([1, 2, 2]);
    expect([wait64(32, 1n << 32n, -1n), wait64(32, 0n, 1n)].flat()).toEqual([1, 2]);
    expect(() => wait(33, 0, 0n)).toThrow('unaligned atomic');
    expect(() => wait64(36, 0n, 0n)).toThrow('unaligned atomic');
    expect(() => wait(1 << 20, 0, 0n)).toThrow('out of bounds memory access');
  });
  test('callAsync lets the event loop run while a guest without threads waits, and another call can wake it', async () => {
    const runtime = runtimeOf({ runningMode: 'interp' });
    const instance = runtime.instantiate(
      runtime.load(
        assemble(`(module (memory 1 1 shared)
          (func (export "wait") (param i64) (result i32)
            (memory.atomic.wait32 (i32.const 0) (i32.const 0) (local.get 0)))
          (func (export "notify") (result i32) (memory.atomic.notify (i32.const 0) (i32.const 1))))`),
      ),
    );
    let turns = 0;
    const interval = setInterval(() => turns++, 1);
    const [timedOut, woken] = [
      instance.lookupFunction('wait')!.callAsync([30_000_000n]),
      instance.lookupFunction('wait')!.callAsync([-1n]),
    ];
    expect(await timedOut).toEqual([2]);
    expect(turns).toBeGreaterThan(0);
    clearInterval(interval);
    expect(instance.lookupFunction('notify')!.call()).toEqual([1]);
    expect(await woken).toEqual([0]);
  });
});

describe('ends', () => {
  const ENDING = threaded(`
    (func (export "wasi_thread_start") (param i32) (param $what i32)
      (if (i32.eq (local.get $what) (i32.const 1)) (then unreachable))
      (if (i32.eq (local.get $what) (i32.const 2)) (then (call $exit (i32.const 7))))
      (if (i32.eq (local.get $what) (i32.const 3)) (then (loop $spin (br $spin))))
      (if (i32.eq (local.get $what) (i32.const 4))
        (then (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))))
    (func $pause (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const 20_000_000))))
    (func (export "run") (param i32) (result i32) (call $spawn (local.get 0)) (call $pause))
    (func (export "spawn") (param i32) (result i32) (call $spawn (local.get 0)))
    (func (export "forever") (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const -1))))
    (func (export "word") (result i32) (i32.load (i32.const 0)))
    (func (export "_start") (drop (call $spawn (i32.const 3))) (drop (call $spawn (i32.const 4)))
      (call $pause))`);

  test('a trap in a thread ends all, and names the thread', () => {
    const instance = inTurn(ENDING);
    instance.lookupFunction('spawn')!.call(4);
    const trap = thrownBy(() => instance.lookupFunction('run')!.call(1)) as Trap;
    expect([trap.id, trap.thread, trap.frames[0]!.functionIndex]).toEqual(['unreachable', 2, 3]);
    expect(instance.getException()).toBe('Exception: unreachable');
    expect(instance.lookupFunction('spawn')!.call(4)).toEqual([1]);
  });
  test('proc_exit in a thread ends all', () => {
    const instance = inTurn(ENDING);
    expect(() => instance.lookupFunction('run')!.call(2)).toThrow('guest exited with code 7');
    expect(instance.wasiExitCode).toBe(7);
  });
  test('the return of main ends what spins and what waits', () => {
    const instance = inTurn(ENDING);
    expect(instance.executeMain()).toBe(0);
    expect(instance.lookupFunction('spawn')!.call(4)).toEqual([1]);
  });
  test('threads outlive an ordinary call, stand still after it, and end with the instance', () => {
    const instance = inTurn(ENDING);
    instance.lookupFunction('spawn')!.call(3);
    const { fuel } = instance.usage;
    expect(instance.usage.fuel).toBe(fuel);
    instance.lookupFunction('run')!.call(0);
    expect(instance.usage.fuel! - fuel!).toBeGreaterThan(100_000);
    instance.deinstantiate();
    expect(instance.ended).toBe(true);
  });
  test('threads of which none can be woken are a deadlock, which says where each waits', async () => {
    const instance = inTurn(ENDING);
    instance.lookupFunction('spawn')!.call(4);
    const check = (trap: Trap): void => {
      expect([trap.id, trap.message]).toEqual(['deadlock', 'all threads wait: thread 0 at 4, thread 1 at 0']);
      expect(trap.waits!.map(({ thread, address, frames }) => [thread, address, frames.length])).toEqual([
        [0, 4, 1],
        [1, 0, 1],
      ]);
    };
    check(thrownBy(() => instance.lookupFunction('forever')!.call()) as Trap);
    instance.lookupFunction('spawn')!.call(4);
    check(
      (await instance
        .lookupFunction('forever')!
        .callAsync()
        .catch((error: unknown) => error)) as Trap,
    );
    expect(instance.lookupFunction('word')!.call()).toEqual([0]);
  });
  test('a deadline and a signal end all', async () => {
    const instance = inTurn(ENDING);
    instance.lookupFunction('spawn')!.call(3);
    const forever = instance.lookupFunction('forever')!;
    expect(() => forever.callOn(instance.execEnv, [], { timeoutMs: 30 })).toThrow('limit timeoutMs reached (30)');
    instance.lookupFunction('spawn')!.call(3);
    await expect(forever.callAsync([], { signal: AbortSignal.timeout(30) })).rejects.toThrow('limit signal reached');
    instance.lookupFunction('spawn')!.call(3);
    const waiting = forever.callAsync([], { timeoutMs: 10_000 });
    instance.terminate();
    await expect(waiting).rejects.toThrow('terminated by user');
  });
  test('one call at a time', async () => {
    const instance = inTurn(ENDING);
    instance.lookupFunction('spawn')!.call(3);
    const running = instance.lookupFunction('run')!.callAsync([0]);
    expect(() => instance.lookupFunction('word')!.call()).toThrow(UsageError);
    await expect(instance.lookupFunction('word')!.callAsync()).rejects.toThrow('one at a time');
    expect(await running).toEqual([2]);
    expect(instance.lookupFunction('word')!.call()).toEqual([0]);
  });
});

describe('starting', () => {
  const body = (entry: string): string => `${entry} (func (export "spawn") (result i32) (call $spawn (i32.const 0)))`;
  const WAITER = `(func (export "wasi_thread_start") (param i32 i32)
    (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))`;

  test('without the export, or with one of another type, it is -1', () => {
    expect(
      start(threaded(body('')))
        .lookupFunction('spawn')!
        .call(),
    ).toEqual([-1]);
    const other = threaded(body('(func (export "wasi_thread_start") (param i32))'));
    expect(start(other).lookupFunction('spawn')!.call()).toEqual([-1]);
  });
  test('beyond the limit it is -1: four beside the first, or what the runtime and the instance allow', () => {
    const spawned = (options = {}, args = {}): number[] => {
      const instance = inTurn(threaded(body(WAITER)), options, args);
      return Array.from({ length: 6 }, () => instance.lookupFunction('spawn')!.call()[0] as number);
    };
    expect(spawned()).toEqual([1, 2, 3, 4, -1, -1]);
    expect(spawned({}, { maxThreadNum: 2 })).toEqual([1, 2, -1, -1, -1, -1]);
    expect(spawned({ limits: { threads: 1 } })).toEqual([1, -1, -1, -1, -1, -1]);
    expect(spawned({ limits: { threads: 0 } })).toEqual([-1, -1, -1, -1, -1, -1]);
    expect(spawned({ threads: 'none' })).toEqual([-1, -1, -1, -1, -1, -1]);
  });
  test('the id of a thread that has ended is given again, the lowest first', () => {
    const instance = inTurn(threaded(body('(func (export "wasi_thread_start") (param i32 i32))')));
    const spawn = instance.lookupFunction('spawn')!;
    expect([spawn.call(), spawn.call(), spawn.call()].flat()).toEqual([1, 1, 1]);
    expect(instance.usage.threads).toBe(3);
  });
  test('in a start function: each thread has an instance, whose start function starts another, up to the limit', () => {
    const instance = inTurn(
      threaded(`${WAITER} (global $g (mut i32) (i32.const 5))
        (func $begin (drop (i32.atomic.rmw.add (i32.const 64) (i32.const 1))) (drop (call $spawn (i32.const 0))))
        (start $begin)
        (func (export "count") (result i32) (drop (call $yield)) (drop (call $yield)) (drop (call $yield))
          (drop (call $yield)) (i32.load (i32.const 64)))`),
    );
    expect(instance.lookupFunction('count')!.call()).toEqual([5]);
    expect(instance.usage).toMatchObject({ threads: 4, peakThreads: 5 });
  });
  test('no other mode runs threads in turn: auto takes interp, the others say so', () => {
    const runtime = runtimeOf();
    const module = runtime.load(assemble(threaded(body(WAITER))));
    for (const mode of ['host', 'jit'] as const) {
      const error = thrownBy(() => runtime.instantiate(module, { mode, threads: 'cooperative', wasi: {} }));
      expect(error).toBeInstanceOf(ThreadsUnsupportedError);
      expect(error.message).toContain(`mode '${mode}': it does not run threads of guests in turn`);
    }
    for (const options of [
      { threads: 'cooperative' },
      { seed: 3 },
      { deterministic: true },
      { mode: 'interp' },
    ] as const) {
      const instance = runtime.instantiate(module, { wasi: {}, ...options });
      expect([instance.mode, instance.threads]).toEqual(['interp', 'cooperative']);
    }
    const why = runtime.instantiate(module, { seed: 3, wasi: {} }).modeReason;
    expect(why).toContain('host: it does not run threads of guests in turn');
    expect(runtime.instantiate(module, { mode: 'host', wasi: {}, threads: 'none' }).threads).toBe('none');
  });
  test('shared memories that a program imports are made for it, from the type; others are not', () => {
    const text = (type: string, more = ''): string => `(module (import "foo" "bar" (memory ${type})) ${more})`;
    const command = '(func (export "_start"))';
    expect(start(text('2 3 shared', command)).getMemory()!.pages).toBe(2);
    expect(() => start(text('2 3 shared'))).toThrow(LinkError);
    expect(() => start(text('2 3', command))).toThrow(LinkError);
    const pool = { memAllocType: 'pool', memAllocOption: { pool: { heapSize: 1 << 20 } } } as const;
    expect(start(text('2 3 shared', command), {}, pool).getMemory()!.pages).toBe(2);
    expect(() => start(text('20 30 shared', command), {}, pool)).toThrow(LimitError);
  });
});

describe('threads of the embedder', () => {
  const WORK = `(module (memory (export "memory") 1 1 shared)
    (func (export "sum") (param $n i32) (result i32) (local $sum i32)
      (loop $again
        (local.set $sum (i32.add (local.get $sum) (local.get $n)))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum))
    (func (export "wait") (result i32) (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
    (func (export "notify") (result i32) (memory.atomic.notify (i32.const 0) (i32.const -1)))
    (func (export "trap") unreachable)
    (func (export "pause") (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const 1_000_000)))))`;

  test('they run while calls do, and give their results', async () => {
    const instance = inTurn(WORK, { threads: 'cooperative' });
    const [one, two] = [instance.spawnThread('sum', [100]), instance.spawnThread(instance.lookupFunction('sum')!, [9])];
    expect([one.id, two.id, one.ended]).toEqual([1, 2, false]);
    expect([one.join(), await two.joinAsync()]).toEqual([[5050], [45]]);
    expect([one.ended, two.ended]).toEqual([true, true]);
    const waiting = instance.spawnThread('wait');
    instance.lookupFunction('pause')!.call();
    expect(waiting.ended).toBe(false);
    expect(instance.lookupFunction('notify')!.call()).toEqual([1]);
    expect(waiting.join()).toEqual([0]);
    expect(() => waiting.join()).toThrow('joined or detached before');
  });
  test('cancelled, detached, trapped, deadlocked', () => {
    const instance = inTurn(WORK, { threads: 'cooperative' });
    const cancelled = instance.spawnThread('wait');
    cancelled.cancel();
    cancelled.cancel();
    expect(cancelled.ended).toBe(true);
    expect(() => cancelled.join()).toThrow('has been ended');
    const detached = instance.spawnThread('sum', [3]);
    detached.detach();
    expect(() => detached.join()).toThrow(UsageError);
    instance.lookupFunction('pause')!.call();
    expect(detached.ended).toBe(true);
    const [alone, trapping] = [instance.spawnThread('wait'), instance.spawnThread('trap')];
    expect((thrownBy(() => alone.join()) as Trap).thread).toBe(2);
    expect([alone.ended, trapping.ended]).toEqual([true, true]);
    const forever = instance.spawnThread('wait');
    expect(() => forever.join()).toThrow('all threads wait: thread 1 at 0');
  });
  test('refused by name', () => {
    const instance = inTurn(WORK, { threads: 'cooperative' });
    expect(() => start(WORK).spawnThread('sum', [1])).toThrow(ThreadsUnsupportedError);
    expect(() => instance.spawnThread('nobody')).toThrow(UsageError);
    expect(() => instance.spawnThread('sum')).toThrow('1 argument wanted, 0 given');
    expect(() => instance.spawnThread('sum', ['x' as never])).toThrow(UsageError);
    for (let k = 0; k < 4; k++) instance.spawnThread('wait');
    expect(() => instance.spawnThread('wait')).toThrow('limit threads reached (4)');
    instance.deinstantiate();
    expect(() => instance.spawnThread('wait')).toThrow(UsageError);
  });
});
