// Guests that use their threads against the runtime, or against themselves: every outcome has a name, the bill is right, nothing is left over, and the
// next guest runs.
import { afterEach, describe, expect, test } from 'vitest';
import type { RuntimeInitArgs } from '#src/embed/init/init-args.js';
import type { InstantiateOptions } from '#src/embed/instance/instantiation.js';
import { instanceOf, type WasmInstance } from '#src/embed/instance/wasm-instance.js';
import { Runtime } from '#src/embed/runtime.js';
import { interpEngine } from '#src/engine/interp/interp-engine.js';
import { ALL_LIBRARIES } from '#src/entry/libraries.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import type { ExecEnv } from '#src/runtime/exec-env.js';
import { ExitError, LimitError, type Trap } from '#src/wasm/errors.js';
import { assemble } from '../helpers/wat.js';
import { threaded, thrownBy } from '../threads/support.js';

/** Each case with and without a seed. */
const WAYS: readonly (readonly [way: string, options: InstantiateOptions])[] = [
  ['in turn', {}],
  ['with a seed', { seed: 11 }],
];

let runtime: Runtime | undefined;
afterEach(() => {
  // Whatever the guest did: another runs, and nothing of the first is left when its runtime has ended.
  const after = runtime!.instantiate(runtime!.load(assemble(NEXT)), { wasi: {} });
  expect(after.executeMain()).toBe(3);
  after.deinstantiate();
  const report = runtime!.destroy();
  expect([report.leaks!.bytes, report.execEnvs, runtime!.usage.memoryBytes]).toEqual([0, 0, 0]);
  runtime = undefined;
});
const NEXT = threaded(`
  (func (export "wasi_thread_start") (param i32 i32) (call $exit (i32.const 3)))
  (func (export "_start") (drop (call $spawn (i32.const 0))) (loop $spin (br $spin)))`);

function start(text: string, options: InstantiateOptions, args: RuntimeInitArgs = {}): WasmInstance {
  runtime = Runtime.init(
    { memAllocType: 'pool', memAllocOption: { pool: { heapSize: 8 << 20 } }, ...args },
    { platform: nodePlatform(), libraries: ALL_LIBRARIES, engines: [interpEngine()] },
  );
  const limits = { timeoutMs: 30_000, ...options.limits };
  return runtime.instantiate(runtime.load(assemble(text)), { wasi: {}, ...options, limits });
}

const WAIT_FOREVER = '(drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))';

describe.each(WAYS)('%s', (_way, how) => {
  test('a spawn bomb: each thread starts two, up to the limit, until the fuel ends', () => {
    const instance = start(
      threaded(`
        (func $bomb (loop $again
          (drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 0))) (br $again)))
        (func (export "wasi_thread_start") (param i32 i32) (call $bomb))
        (func (export "_start") (call $bomb))`),
      { ...how, limits: { fuel: 200_000, threads: 8 } },
      { maxThreadNum: 8 },
    );
    const error = thrownBy(() => instance.executeMain()) as LimitError;
    expect([error.limit, error.usage!.fuel, error.usage!.peakThreads]).toEqual(['fuel', 200_000, 9]);
  });

  test('a spawn bomb of threads that end: numbers are given again, memory stays flat', () => {
    const instance = start(
      threaded(`
        (func (export "wasi_thread_start") (param i32 i32))
        (func (export "run") (param $n i32) (result i32) (local $most i32) (local $id i32)
          (loop $again
            (local.set $id (call $spawn (i32.const 0)))
            (if (i32.gt_s (local.get $id) (local.get $most)) (then (local.set $most (local.get $id))))
            (drop (call $yield))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
          (local.get $most))`),
      how,
    );
    const before = instance.usage.memoryBytes;
    expect(instance.lookupFunction('run')!.call(2_000)[0]).toBeLessThanOrEqual(4);
    expect(instance.usage.memoryBytes).toBe(before);
  });

  test('two locks in two orders: a deadlock, which names threads and addresses', () => {
    const instance = start(
      threaded(`
        (func $lock (param $at i32)
          (loop $again
            (if (i32.atomic.rmw.xchg (local.get $at) (i32.const 1))
              (then
                (drop (memory.atomic.wait32 (local.get $at) (i32.const 1) (i64.const -1)))
                (br $again)))))
        (func $both (param $a i32) (param $b i32)
          (call $lock (local.get $a)) (drop (call $yield)) (drop (call $yield)) (drop (call $yield))
          (call $lock (local.get $b)))
        (func (export "wasi_thread_start") (param i32 i32) (call $both (i32.const 64) (i32.const 0)))
        (func (export "_start")
          (drop (call $spawn (i32.const 0)))
          (call $both (i32.const 0) (i32.const 64)))`),
      how,
    );
    // A schedule may let main finish first: it then returns, which ends the other.
    let outcome: unknown = 0;
    for (let k = 0; k < 20 && outcome === 0; k++) {
      instance.getMemory()!.bytes.fill(0, 0, 128);
      outcome = (() => {
        try {
          return instance.executeMain();
        } catch (thrown) {
          return thrown;
        }
      })();
    }
    expect((outcome as Trap).message).toBe('all threads wait: thread 0 at 64, thread 1 at 0');
  });

  test('a thread that spins for ever ends when main returns, at once', () => {
    const instance = start(
      threaded(`
        (func (export "wasi_thread_start") (param i32 i32) (loop $spin (br $spin)))
        (func (export "_start") (drop (call $spawn (i32.const 0))) (drop (call $yield)))`),
      how,
    );
    expect(instance.executeMain()).toBe(0);
    expect(instance.usage.fuel).toBeLessThan(1_000_000);
  });

  test('threads grow the memory against each other: sizes only grow, and the budget is exact', () => {
    const instance = start(
      threaded(`
        (func $grow (local $before i32) (local $now i32)
          (loop $again
            (local.set $now (memory.grow (i32.const 1)))
            (if (i32.ge_s (local.get $now) (i32.const 0))
              (then
                (if (i32.le_s (local.get $now) (local.get $before)) (then unreachable))
                (local.set $before (local.get $now))
                ;; The new page is there for whoever grew, wherever the bytes are now.
                (i32.store (i32.shl (local.get $now) (i32.const 16)) (local.get $now))
                (drop (call $yield))
                (br $again)))))
        (func (export "wasi_thread_start") (param i32 i32)
          (call $grow)
          (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1))))
        (func (export "run") (result i32)
          (drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 0)))
          (call $grow)
          (loop $spin (br_if $spin (i32.lt_u (i32.atomic.load (i32.const 0)) (i32.const 2))))
          (memory.size))`),
      { ...how, limits: { memoryBytes: 3 * 65_536 } },
    );
    expect(instance.lookupFunction('run')!.call()).toEqual([3]);
    expect(instance.usage.memoryBytes).toBeLessThanOrEqual(3 * 65_536);
  });

  test('a trap while others wait, sleep, read and sit in a native is the outcome, and all end', () => {
    const text = threaded(`
      (import "test" "native" (func $native))
      (func (export "wasi_thread_start") (param i32) (param $what i32)
        (if (i32.eq (local.get $what) (i32.const 0)) (then ${WAIT_FOREVER}))
        (if (i32.eq (local.get $what) (i32.const 1))
          (then (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const 1000000000000)))))
        (if (i32.eq (local.get $what) (i32.const 2)) (then (call $native)))
        (if (i32.eq (local.get $what) (i32.const 3)) (then unreachable)))
      (func (export "wait") ${WAIT_FOREVER})
      (func (export "_start") (local $k i32)
        (loop $again
          (drop (call $spawn (local.get $k)))
          (br_if $again (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 4))))
        ${WAIT_FOREVER})`)
      .replace('(import "test" "native" (func $native))', '')
      .replace('(module', '(module (import "test" "native" (func $native))');
    let entered = 0;
    const native = (env: ExecEnv): void => {
      entered++;
      // The call waits in there: its other threads run meanwhile.
      instanceOf(env).lookupFunction('wait')!.call();
    };
    const instance = start(text, { ...how, imports: { test: { native } } });
    const trap = thrownBy(() => instance.executeMain()) as Trap;
    expect([trap.id, trap.thread]).toEqual(['unreachable', 4]);
    expect(entered).toBeLessThanOrEqual(1);
    expect(instance.instance.extraExecEnvs).toBe(0);
  });

  test('natives that call back wait for each other in nested turns; a wait that only the outer one could end is a deadlock', () => {
    const text = threaded(`
      (func (export "wasi_thread_start") (param i32) (param $what i32) (call $native (local.get $what)))
      (func (export "wait") (param $at i32) (result i32)
        (memory.atomic.wait32 (local.get $at) (i32.const 0) (i64.const -1)))
      (func (export "wake") (param $at i32) (result i32) (i32.atomic.store (local.get $at) (i32.const 1))
        (memory.atomic.notify (local.get $at) (i32.const -1)))
      (func (export "run") (param i32)
        (drop (call $spawn (i32.const 1))) (call $native (local.get 0))
        (loop $spin (br_if $spin (i32.eqz (i32.atomic.load (i32.const 64))))))`).replace(
      '(module',
      '(module (import "test" "native" (func $native (param i32)))',
    );
    const results: unknown[] = [];
    const native = (env: ExecEnv, what: number): void => {
      const inside = instanceOf(env);
      if (what === 0) results.push(inside.lookupFunction('wait')!.call(64)[0]);
      else if (what === 1) results.push(inside.lookupFunction('wake')!.call(64)[0]);
      else {
        inside.lookupFunction('wait')!.call(128);
        inside.lookupFunction('wake')!.call(128);
      }
    };
    const instance = start(text, { ...how, imports: { test: { native } } });
    instance.lookupFunction('run')!.call(0);
    expect(results.length).toBe(2);
    expect(results.includes(1)).toBe(true);
    const trap = thrownBy(() => instance.lookupFunction('run')!.call(2)) as Trap;
    expect([trap.id, trap.message]).toEqual(['deadlock', 'all threads wait: thread 0 at 128']);
  });

  test('a storm of notifications, and a million waits that do not wait', () => {
    const instance = start(
      threaded(`
        (func (export "wasi_thread_start") (param i32 i32)
          (loop $again
            ${WAIT_FOREVER}
            (drop (i32.atomic.rmw.add (i32.const 64) (i32.const 1)))
            (br $again)))
        (func (export "storm") (param $n i32)
          (loop $again
            (drop (memory.atomic.notify (i32.const 0) (i32.const -1)))
            (drop (memory.atomic.notify (i32.const 4) (i32.const -1)))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
        (func (export "waits") (param $n i32)
          (loop $again
            (drop (memory.atomic.wait32 (i32.const 128) (i32.const 0) (i64.const 0)))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
        (func (export "spawn") (result i32) (call $spawn (i32.const 0)))`),
      how,
    );
    for (let k = 0; k < 4; k++) instance.lookupFunction('spawn')!.call();
    instance.lookupFunction('storm')!.call(100_000);
    expect(instance.instance.extraExecEnvs).toBe(4);
    const { fuel } = instance.usage;
    instance.lookupFunction('waits')!.call(1_000_000);
    expect(instance.usage.fuel! - fuel!).toBeGreaterThan(8_000_000);
  });

  test('proc_exit in several threads at once: one code, that of the first', () => {
    const instance = start(
      threaded(`
        (func (export "wasi_thread_start") (param $id i32) (param i32) (call $exit (local.get $id)))
        (func (export "_start")
          (drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 0)))
          (loop $spin (br $spin)))`),
      how,
    );
    const code = instance.executeMain();
    expect([1, 2, 3]).toContain(code);
    expect(instance.wasiExitCode).toBe(code);
  });

  test('main exits while a thread that it started has not run yet', () => {
    const instance = start(
      threaded(`
        (func (export "wasi_thread_start") (param i32 i32) unreachable)
        (func (export "_start") (drop (call $spawn (i32.const 0))) (call $exit (i32.const 9)))`),
      how,
    );
    expect(instance.executeMain()).toBe(9);
  });

  test('a deep recursion in a thread ends by its own stack; calls around it go on', () => {
    const instance = start(
      threaded(`
        (func $deep (param i32) (result i32) (call $deep (local.get 0)) (i32.add (i32.const 1)))
        (func (export "wasi_thread_start") (param i32 i32) (drop (call $deep (i32.const 0))))
        (func (export "_start") (drop (call $spawn (i32.const 0))) ${WAIT_FOREVER})`),
      how,
    );
    const trap = thrownBy(() => instance.executeMain()) as Trap;
    expect([trap.id, trap.thread]).toEqual(['stack-exhausted', 1]);
  });

  test('limits of calls, natives and output are those of all threads together', () => {
    const text = threaded(`
      (func (export "wasi_thread_start") (param i32 i32) (loop $again (drop (call $yield)) (br $again)))
      (func (export "_start") (drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 0)))
        (loop $again (drop (call $yield)) (br $again)))`);
    const instance = start(text, { ...how, limits: { hostCalls: 1_000 } });
    const error = thrownBy(() => instance.executeMain()) as LimitError;
    expect([error.limit, error.usage!.hostCalls]).toEqual(['hostCalls', 1_001]);
  });
});

test('a thousand threads, when the embedder allows them', () => {
  const instance = start(
    threaded(`
      (func (export "wasi_thread_start") (param i32 i32)
        ${WAIT_FOREVER}
        (drop (i32.atomic.rmw.add (i32.const 64) (i32.const 1))))
      (func (export "run") (result i32) (local $count i32)
        (block $full
          (loop $again
            (br_if $full (i32.lt_s (call $spawn (i32.const 0)) (i32.const 0)))
            (local.set $count (i32.add (local.get $count) (i32.const 1)))
            (br $again)))
        (loop $all
          (drop (call $yield))
          (drop (memory.atomic.notify (i32.const 0) (i32.const -1)))
          (br_if $all (i32.lt_u (i32.atomic.load (i32.const 64)) (local.get $count))))
        (local.get $count))`),
    {},
    { maxThreadNum: 900 },
  );
  expect(instance.lookupFunction('run')!.call()).toEqual([900]);
  expect(instance.usage).toMatchObject({ threads: 900, peakThreads: 901 });
});

test('an exit inside a native that calls back, and an exception of one thread while another has handlers, end all', () => {
  const text = threaded(`
    (tag $oops)
    (func (export "wasi_thread_start") (param i32) (param $what i32) (throw $oops))
    (func (export "leave") (call $exit (i32.const 4)))
    (func (export "wait") ${WAIT_FOREVER})
    (func (export "run") (param i32)
      (block $caught
        (try_table (catch_all $caught)
          (if (local.get 0) (then (drop (call $spawn (i32.const 0)))))
          (call $native (local.get 0))
          (unreachable)))
      (unreachable))`).replace('(module', '(module (import "test" "native" (func $native (param i32)))');
  const native = (env: ExecEnv, what: number): void => {
    instanceOf(env)
      .lookupFunction(what === 0 ? 'leave' : 'wait')!
      .call();
  };
  const instance = start(text, { imports: { test: { native } } });
  const run = instance.lookupFunction('run')!;
  expect(thrownBy(() => run.call(0))).toBeInstanceOf(ExitError);
  const exception = thrownBy(() => run.call(1)) as Error & { readonly thread: number };
  expect([exception.name, exception.thread]).toEqual(['WasmException', 1]);
  expect(() => run.callOn(instance.execEnv, [1], { fuel: 3 })).toThrow(LimitError);
});
