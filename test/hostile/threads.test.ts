// Guests that use their threads against the runtime, or against themselves: every outcome has a name, the bill is right, nothing is left over, and the
// next guest runs. In this thread, in slices and over every transport; what natives of the embedder have to do with it, in this thread alone.
import { afterAll, afterEach, describe, expect, test } from 'vitest';
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
import { threaded } from '../threads/guest-text.js';
import { type Outcome, places } from '../threads/places.js';
import { thrownBy } from '../threads/support.js';
import { HOSTILE_PROGRAMS, WAIT_FOREVER } from './thread-programs.js';

/** Each case with and without a seed. */
const WAYS: readonly (readonly [way: string, options: InstantiateOptions])[] = [
  ['in turn', {}],
  ['with a seed', { seed: 11 }],
];
const NEXT = threaded(`
  (func (export "wasi_thread_start") (param i32 i32) (call $exit (i32.const 3)))
  (func (export "_start") (drop (call $spawn (i32.const 0))) (loop $spin (br $spin)))`);
const TIMEOUT_MS = 60_000;

/** What each program came to in the first place, with a seed. */
const seeded = new Map<string, Outcome>();

describe.each(places().map((place) => [place.name, place] as const))('%s', (_name, place) => {
  afterAll(() => place.close());

  // No seed decides the order of threads in workers.
  describe.each(place.parallel ? WAYS.slice(0, 1) : WAYS)('%s', (_way, how) => {
    const programs = HOSTILE_PROGRAMS.filter(({ notInWorkers }) => notInWorkers === undefined || !place.parallel);
    test.each(programs)('$name', async ({ name, text, options = {}, calls, check }) => {
      const limits = { timeoutMs: TIMEOUT_MS, ...options.limits };
      const guest = await place.start(assemble(text), { ...options, ...how, limits, next: assemble(NEXT) });
      let outcome: Outcome | undefined;
      if (calls === undefined) outcome = await guest.main();
      for (const [called, ...values] of calls ?? []) outcome = await guest.call(called, ...values);
      check(outcome!, place.parallel);
      // Of one seed there is one run, wherever: to the instruction. Only the real clock ends it elsewhere.
      if (how.seed !== undefined && options.limits?.timeoutMs === undefined) {
        const { wallMs: _, ...usage } = outcome!.usage;
        const same = seeded.get(name) ?? outcome!;
        seeded.set(name, same);
        expect(usage).toEqual({ ...same.usage, wallMs: undefined });
      }
      const alive = await guest.alive();
      const next = await guest.next();
      expect([(await next.main()).end, await next.alive()]).toEqual([3, 0]);
      expect(await place.end()).toEqual({ bytes: 0, threads: alive });
    });
  });
});

let runtime: Runtime | undefined;
afterEach(() => {
  if (runtime === undefined) return;
  const after = runtime.instantiate(runtime.load(assemble(NEXT)), { wasi: {} });
  expect(after.executeMain()).toBe(3);
  after.deinstantiate();
  const report = runtime.destroy();
  expect([report.leaks!.bytes, report.execEnvs, runtime.usage.memoryBytes]).toEqual([0, 0, 0]);
  runtime = undefined;
});

function start(text: string, options: InstantiateOptions, args: RuntimeInitArgs = {}): WasmInstance {
  runtime = Runtime.init(
    { memAllocType: 'pool', memAllocOption: { pool: { heapSize: 8 << 20 } }, ...args },
    { platform: nodePlatform(), libraries: ALL_LIBRARIES, engines: [interpEngine()] },
  );
  const limits = { timeoutMs: 30_000, ...options.limits };
  return runtime.instantiate(runtime.load(assemble(text)), { wasi: {}, ...options, limits });
}

describe.each(WAYS)('natives, %s', (_way, how) => {
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
