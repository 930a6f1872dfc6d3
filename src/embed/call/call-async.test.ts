import { describe, expect, test } from 'vitest';
import { fakeEngine } from '../../../test/helpers/fake-engine.js';
import { testPlatform } from '../../../test/helpers/test-platform.js';
import { assemble } from '../../../test/helpers/wat.js';
import { interpEngine } from '../../engine/interp/interp-engine.js';
import { ALL_LIBRARIES } from '../../entry/libraries.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import { ExitError, LimitError, Trap, UsageError } from '../../wasm/errors.js';
import type { RuntimeInitArgs } from '../init/init-args.js';
import type { InstantiateOptions } from '../instance/instantiation.js';
import type { WasmInstance } from '../instance/wasm-instance.js';
import { Runtime } from '../runtime.js';

function makeRuntime(args: RuntimeInitArgs = {}): Runtime {
  return Runtime.init(args, { platform: testPlatform(), engines: [interpEngine()], libraries: ALL_LIBRARIES });
}
function start(text: string, options: InstantiateOptions = {}): WasmInstance {
  const runtime = makeRuntime();
  return runtime.instantiate(runtime.load(assemble(text)), options);
}
const SPIN = `(module
  (func (export "spin") (loop (br 0)))
  (func (export "count") (param i32) (result i32) (local i32)
    (loop (local.set 1 (i32.add (local.get 1) (i32.const 1))) (br_if 0 (i32.lt_u (local.get 1) (local.get 0)))) (local.get 1)))`;
const NATIVE = `(module (import "env" "wait" (func $wait (param i32) (result i32)))
  (func (export "twice") (param i32) (result i32)
    (i32.add (call $wait (local.get 0)) (call $wait (i32.const 100)))))`;
const wait = async (_env: ExecEnv, value: number) => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return value + 1;
};
const later = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

test('results come back, and the event loop had its turns', async () => {
  const instance = start(SPIN);
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  expect(await instance.lookupFunction('count')!.callAsync([3_000_000])).toEqual([3_000_000]);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(1);
  expect(await instance.executeFuncAsync('count', ['5'])).toEqual(['0x5:i32']);
});

test('an AbortSignal, a deadline, terminate and the end of the runtime stop an endless loop', async () => {
  const instance = start(SPIN);
  const spin = instance.lookupFunction('spin')!;
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 10);
  await expect(spin.callAsync([], { signal: abort.signal })).rejects.toMatchObject({ limit: 'signal' });
  await expect(spin.callAsync([], { timeoutMs: 20 })).rejects.toMatchObject({ limit: 'timeoutMs' });
  expect(instance.getException()).toMatch(/timeoutMs/);
  setTimeout(() => instance.terminate(), 5);
  await expect(spin.callAsync()).rejects.toThrow(new Trap('terminated-by-user'));
  const pending = spin.callAsync();
  await later(5);
  expect(() => instance.deinstantiate()).toThrow('cannot end while a call runs in it');
  await Promise.all([
    expect(pending).rejects.toThrow('terminated by user'),
    (async () => {
      await later(5);
      instance.terminate();
    })(),
  ]);
});

test("a call's own signal does not undo the instance's", async () => {
  const ofInstance = new AbortController();
  const signal = new AbortController().signal;
  const env = { n: () => ofInstance.abort(), later: () => later(60_000) };
  const text = `(module (import "env" "n" (func $n)) (import "env" "later" (func $later))
    (func (export "run") (call $n) (loop (br 0))) (func (export "wait") (call $later)))`;
  const instance = start(text, { imports: { env: { n: env.n } }, signal: ofInstance.signal });
  const runtime = Runtime.init({}, { platform: testPlatform(), engines: [interpEngine()], libraries: ALL_LIBRARIES });
  runtime.registerNatives('env', [
    { symbol: 'n', signature: '()', func: env.n },
    { symbol: 'later', signature: '()', func: env.later, async: true },
  ]);
  const waiting = runtime.instantiate(runtime.load(assemble(text)), { signal: ofInstance.signal });
  const wait = waiting.lookupFunction('wait')!.callAsync([], { signal });
  await later(1);
  const run = instance.lookupFunction('run')!;
  expect(() => run.callOn(instance.createExecEnv(), [], { signal })).toThrow(LimitError);
  await expect(wait).rejects.toMatchObject({ limit: 'signal' });
  await expect(run.callAsync([], { signal })).rejects.toMatchObject({ limit: 'signal' });
});

test('the end of the runtime, and terminate, end a call that waits for a native', async () => {
  for (const timeoutMs of [undefined, 1e9]) {
    for (const how of ['terminate', 'destroy'] as const) {
      const runtime = Runtime.init(
        {},
        { platform: testPlatform(), engines: [interpEngine()], libraries: ALL_LIBRARIES },
      );
      runtime.registerNatives('env', [
        { symbol: 'wait', signature: '(i)i', func: () => new Promise(() => {}), async: true },
      ]);
      const instance = runtime.instantiate(runtime.load(assemble(NATIVE)));
      const pending = instance.lookupFunction('twice')!.callAsync([1], { timeoutMs });
      await later(1);
      if (how === 'destroy') runtime.destroy();
      else instance.terminate();
      await expect(pending).rejects.toThrow(new Trap('terminated-by-user'));
    }
  }
});

test('main gives the memory of its arguments back', async () => {
  const main = '(module (memory (export "m") 1) (func (export "main") (param i32 i32) (result i32) (local.get 0)))';
  const instance = start(main, { heapSize: 4096 });
  const long = 'x'.repeat(1500);
  for (let again = 0; again < 4; again++) {
    expect(instance.executeMain(['a', long])).toBe(2);
    expect(await instance.executeMainAsync(['a', 'b', long])).toBe(3);
  }
});

test('fuel can be added on the way; the count is exact', async () => {
  const instance = start(SPIN, { limits: { fuel: 1000 } });
  const count = instance.lookupFunction('count')!;
  count.call(100);
  const exact = instance.lastCallUsage!.fuel!;
  const asked: number[] = [];
  const options = {
    fuel: 10,
    onFuel: (used: number) => {
      asked.push(used);
      return 20;
    },
  };
  expect(await count.callAsync([100], options)).toEqual([100]);
  expect(instance.lastCallUsage!.fuel).toBe(exact);
  expect(asked.length).toBeGreaterThan(10);
  await expect(count.callAsync([100], { fuel: 10 })).rejects.toThrow('limit fuel reached (10)');
});

test('a guest that counts gives the event loop its turns as often', async () => {
  const instance = start('(module (func $g) (func (export "f") (loop (call $g) (br 0))))', { metered: true });
  const abort = new AbortController();
  setImmediate(() => abort.abort());
  const spin = instance.lookupFunction('f')!.callAsync([], { fuel: 1e12, signal: abort.signal });
  await expect(spin).rejects.toMatchObject({ limit: 'signal' });
  expect(instance.lastCallUsage!.fuel).toBeLessThan(1_000_000);
});

test.each([
  ['bulk instructions', '(memory.fill (i32.const 64) (i32.const 1) (i32.const 1048000))', 10_000],
  ['natives', '(call $slow)', 100],
  ['exceptions', '(block (try_table (catch $e 0) (throw $e)))', 100_000],
])('%s do not keep the event loop from its turns', async (_, body, most) => {
  const slow = () => {
    const end = performance.now() + 1;
    while (performance.now() < end);
  };
  const text = `(module (import "env" "slow" (func $slow)) (memory 16) (tag $e) (func (export "turns") (result i32) (i32.load (i32.const 0)))
    (func (export "f") (loop (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1))) ${body} (br 0))))`;
  const instance = start(text, { imports: { env: { slow } } });
  const abort = new AbortController();
  setImmediate(() => abort.abort());
  const spin = instance.lookupFunction('f')!.callAsync([], { signal: abort.signal });
  await expect(spin).rejects.toMatchObject({ limit: 'signal' });
  expect(instance.lookupFunction('turns')!.call()[0]).toBeLessThan(most);
});

const BULK = `(module (type $a (array (mut i32))) (memory 1) (table 1 funcref) (elem $none func)
  (func (export "fill") (result i32) (memory.fill (i32.const 0) (i32.const 7) (i32.const 65536)) (i32.load8_u (i32.const 65535)))
  (func (export "grow") (result i32) (table.grow (ref.null func) (i32.const 6400)))
  (func (export "make") (result i32) (array.len (array.new $a (i32.const 1) (i32.const 6400)))))`;

test.each([
  ['fill', 1024],
  ['grow', 100],
  ['make', 100],
])('fuel can be added before a bulk instruction, which then runs once: %s', async (name, cost) => {
  const whole = start(BULK, { metered: true });
  const results = await whole.lookupFunction(name)!.callAsync();
  const used = whole.lastCallUsage!.fuel!;
  expect(used).toBeGreaterThan(BigInt(cost));
  for (const [fuel, more] of [
    [20, 1e6],
    [50, 7],
    [Number(used) - 1, 1],
  ] as const) {
    const instance = start(BULK, { metered: true });
    const asked: number[] = [];
    const onFuel = (usedUp: number): number => {
      asked.push(usedUp);
      return more;
    };
    expect(await instance.lookupFunction(name)!.callAsync([], { fuel, onFuel })).toEqual(results);
    expect(instance.lastCallUsage!.fuel).toBe(used);
    expect(asked).toEqual(asked.map((_, k) => fuel + k * more));
    expect(asked.length).toBe(Math.ceil((used - fuel) / more));
  }
});

test('a bulk instruction that nothing is added for ends the call where it is, with all fuel used', async () => {
  const instance = start(BULK, { metered: true });
  const fill = instance.lookupFunction('fill')!;
  const error = await fill.callAsync([], { fuel: 200, onFuel: () => undefined }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ limit: 'fuel', value: 200, frames: [{ functionIndex: 0 }] });
  expect(instance.lastCallUsage!.fuel).toBe(200);
  const large = start(
    '(module (memory 1) (func (export "f") (memory.fill (i32.const 0) (i32.const 7) (i32.const -1))))',
    {
      limits: { fuel: 5_000_000 },
    },
  );
  expect(() => large.lookupFunction('f')!.call()).toThrow('limit fuel reached (5000000)');
  expect(large.lastCallUsage!.fuel).toBe(5_000_000);
});

test('onFuel must give a whole number; waiting for it ends with the deadline', async () => {
  const spin = start(SPIN, { metered: true }).lookupFunction('spin')!;
  for (const [wrong, shown] of [
    ['5', "'5'"],
    [Number.NaN, 'NaN'],
    [-1, '-1'],
    [1.5, '1.5'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [null, 'null'],
    [5n, '5'],
  ]) {
    const call = spin.callAsync([], { fuel: 10, onFuel: (async () => wrong) as never });
    await expect(call).rejects.toThrow(
      new UsageError(`the result of onFuel: a whole number, 0 or more, is wanted, not ${shown}`),
    );
  }
  for (const none of [0, undefined]) {
    await expect(spin.callAsync([], { fuel: 10, onFuel: () => none })).rejects.toThrow('limit fuel reached (10)');
  }
  const never = () => new Promise<number>(() => {});
  const waiting = spin.callAsync([], { fuel: 10, timeoutMs: 10, onFuel: never });
  await expect(waiting).rejects.toMatchObject({ limit: 'timeoutMs' });
});

test('a native is not called again where the guest that it called runs out of fuel', async () => {
  let calls = 0;
  const native = () => {
    calls++;
    instance.lookupFunction('spin')!.call();
  };
  const text =
    '(module (import "env" "n" (func $n)) (func (export "spin") (loop (br 0))) (func (export "f") (call $n)))';
  const instance = start(text, { metered: true, imports: { env: { n: native } } });
  const call = instance.lookupFunction('f')!.callAsync([], { fuel: 100, onFuel: () => 100 });
  await expect(call).rejects.toThrow('limit fuel reached (100)');
  expect(calls).toBe(1);
});

test('async natives are awaited, several calls at once; sync calls refuse them', async () => {
  const instance = start(NATIVE, { imports: { env: { wait } } });
  const twice = instance.lookupFunction('twice')!;
  const all = await Promise.all([1, 2, 3].map((value) => twice.callAsync([value])));
  expect(all).toEqual([[103], [104], [105]]);
  expect(instance.lastCallUsage!.hostCalls).toBe(2);
  expect(() => twice.call(1)).toThrow(UsageError);
});

test('waiting for a native ends with the deadline and the signal', async () => {
  const never = () => new Promise<number>(() => {});
  const twice = start(NATIVE, { imports: { env: { wait: never } } }).lookupFunction('twice')!;
  await expect(twice.callAsync([1], { timeoutMs: 10 })).rejects.toBeInstanceOf(LimitError);
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 5);
  await expect(twice.callAsync([1], { signal: abort.signal })).rejects.toMatchObject({ limit: 'signal' });
  const failing = () => Promise.reject(new RangeError('native failed'));
  const bad = start(NATIVE, { imports: { env: { wait: failing } } });
  await expect(bad.lookupFunction('twice')!.callAsync([1])).rejects.toThrow('native failed');
});

test('a sync call while others are on their way does not disturb them', async () => {
  const instance = start(SPIN, { metered: true });
  const count = instance.lookupFunction('count')!;
  let usage: number | undefined;
  const pending = count.callAsync([1_000_000]).then((results) => {
    usage = instance.lastCallUsage!.fuel;
    return results;
  });
  expect(count.call(10)).toEqual([10]);
  expect(instance.lastCallUsage!.fuel).toBe(81);
  expect(usage).toBeUndefined();
  expect(await pending).toEqual([1_000_000]);
  expect(usage).toBe(8_000_001);
});

test('main in slices gives the exit code', async () => {
  const text = '(module (import "env" "leave" (func (param i32))) (func (export "_start") (call 0 (i32.const 3))))';
  const leave = async (_env: ExecEnv, code: number) => {
    await later(1);
    throw new ExitError(code);
  };
  const instance = start(text, { imports: { env: { leave } } });
  expect(await instance.executeMainAsync()).toBe(3);
  expect(instance.getException()).toBeNull();
});

test('a mode that cannot pause says so', async () => {
  const engine = fakeEngine({});
  const runtime = Runtime.init({}, { platform: testPlatform(), engines: [engine], libraries: ALL_LIBRARIES });
  const instance = runtime.instantiate(runtime.load(assemble('(module (func (export "f")))')));
  const func = instance.lookupFunction('f')!;
  Object.defineProperty(func.func, 'begin', { value: undefined });
  await expect(func.callAsync()).rejects.toThrow("mode 'interp' cannot pause a call");
});

const KEEPS = `(module (import "env" "wait" (func $wait)) (type $s (struct (field i32)))
  (func (export "external") (param externref) (result externref) (call $wait) (local.get 0))
  (func (export "field") (result i32) (local $r (ref null $s))
    (local.set $r (struct.new $s (i32.const 42))) (call $wait) (struct.get $s 0 (local.get $r)))
  (func (export "isNull") (result i32) (local $r (ref $s))
    (local.set $r (struct.new $s (i32.const 42))) (call $wait) (ref.is_null (local.get $r)))
  (func (export "short")))`;

describe.each(['an async call', 'a synchronous call', 'a call in another runtime'])(
  '%s that ends meanwhile',
  (which) => {
    test.each<[name: string, wanted: unknown, ...args: unknown[]]>([
      ['external', 'kept', 'kept'],
      ['field', 42],
      ['isNull', 0],
    ])('leaves a paused call its references: %s', async (name, wanted, ...args) => {
      const runtime = makeRuntime();
      const elsewhere = which === 'a call in another runtime' ? makeRuntime() : runtime;
      const instantiate = (where: Runtime, waits: () => Promise<void>): WasmInstance =>
        where.instantiate(where.load(assemble(KEEPS)), { imports: { env: { wait: waits } } });
      const other = instantiate(elsewhere, () => later(5));
      // Whoever begins first has the lower stack.
      if (which !== 'an async call') other.lookupFunction('short')!.call();
      const began = which === 'an async call' ? other.lookupFunction('external')!.callAsync([null]) : undefined;
      let release = (): void => {};
      const paused = instantiate(runtime, () => new Promise<void>((resolve) => (release = resolve)));
      const call = paused.lookupFunction(name)!.callAsync(args);
      await later(1);
      if (began) await began;
      else other.lookupFunction('short')!.call();
      release();
      expect(await call).toEqual([wanted]);
    });
  },
);

test('a memory that grows between two slices is the one that the paused call goes on with', async () => {
  const runtime = makeRuntime({ memAllocType: 'pool', memAllocOption: { pool: { heapSize: 16 << 20 } } });
  const instance = runtime.instantiate(
    runtime.load(
      assemble(`(module (memory (export "memory") 1 100) (func (export "spin") (param $n i32) (result i32)
        (loop $l (i32.store (i32.const 0) (local.get $n)) (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br_if $l (local.get $n)))
        (i32.load (i32.const 0))))`),
    ),
  );
  const call = instance.lookupFunction('spin')!.callAsync([3_000_000]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(instance.getMemory()!.grow(60)).toBe(1);
  const next = runtime.load(assemble('(module (memory (export "memory") 1))'));
  const bystanders = Array.from({ length: 20 }, () => runtime.instantiate(next));
  expect(await call).toEqual([1]);
  expect(instance.getMemory()!.bytes[0]).toBe(1);
  for (const one of bystanders) expect(one.getMemory()!.bytes.every((byte) => byte === 0)).toBe(true);
});

test('an instance cannot end while a paused call waits in a function of it', async () => {
  const runtime = makeRuntime();
  let release = (): void => {};
  const waits = () => new Promise<void>((resolve) => (release = resolve));
  const holder = runtime.instantiate(
    runtime.load(
      assemble(`(module (table (export "t") 1 funcref)
        (func (export "run") (result i32) (call_indirect (result i32) (i32.const 0))))`),
    ),
  );
  const lender = runtime.instantiate(
    runtime.load(
      assemble(`(module (import "l" "t" (table 1 funcref)) (import "env" "wait" (func $wait))
        (func $f (result i32) (call $wait) (i32.const 5)) (elem (i32.const 0) $f))`),
    ),
    { imports: { l: holder, env: { wait: waits } } },
  );
  const call = holder.lookupFunction('run')!.callAsync();
  await later(1);
  expect(() => lender.deinstantiate()).toThrow('cannot end while calls are on their way');
  release();
  expect(await call).toEqual([5]);
  lender.deinstantiate();
  await expect(holder.lookupFunction('run')!.callAsync()).rejects.toThrow('has ended, was called');
});

test('a paused call does not fail with what another call of its instance fails with', async () => {
  let release = (): void => {};
  const waits = () => new Promise<void>((resolve) => (release = resolve));
  const instance = start(
    `(module (import "env" "wait" (func $wait)) (func (export "f") (result i32) (call $wait) (i32.const 5))
      (func (export "trap") (unreachable)))`,
    { imports: { env: { wait: waits } } },
  );
  const call = instance.lookupFunction('f')!.callAsync();
  await later(1);
  expect(() => instance.lookupFunction('trap')!.call()).toThrow('unreachable');
  release();
  expect(await call).toEqual([5]);
});

test('an exception that a native sets before or while it waits is that of the call it runs in', async () => {
  for (const when of ['before', 'after']) {
    const instance: WasmInstance = start(NATIVE, {
      imports: {
        env: {
          wait: async () => {
            if (when === 'before') instance.setException('set by the native');
            await later(1);
            if (when === 'after') instance.setException('set by the native');
            return 0;
          },
        },
      },
    });
    await expect(instance.lookupFunction('twice')!.callAsync([1])).rejects.toThrow('set by the native');
  }
});
