// Calls that wait, as cases for every place where they run: here, in the newest Node, in pages of Chromium. So this file names no test runner, and gets
// the package and the modules from whoever runs it. Refuses nothing: a case throws what is wrong.
import type {
  AsyncCallOptions,
  ExecEnv,
  InstantiateOptions,
  Runtime,
  WasmFunction,
  WasmInstance,
} from '#src/entry/index.js';

/** The modules of the cases as text; whoever runs them assembles these. */
export const WAITING_TEXTS = {
  guest: `(module
    (import "env" "wait" (func $wait (param i32) (result i32)))
    (import "env" "wide" (func $wide (param i64 f64 externref) (result f64)))
    (import "env" "touch" (func $touch))
    (memory (export "memory") 1 8)
    (func (export "twice") (param i32) (result i32)
      (i32.add (call $wait (local.get 0)) (call $wait (i32.const 100))))
    (func (export "wide") (param i64 f64 externref) (result f64)
      (f64.add (call $wide (local.get 0) (local.get 1) (local.get 2)) (f64.const 0.5)))
    (func $count (export "count") (param i32) (result i32) (local i32)
      (loop (local.set 1 (i32.add (local.get 1) (i32.const 1))) (br_if 0 (i32.lt_u (local.get 1) (local.get 0))))
      (local.get 1))
    (func (export "work") (param i32) (result i32)
      (i32.add (i32.add (call $count (local.get 0)) (call $wait (i32.const 1))) (call $count (local.get 0))))
    (func (export "spin") (loop (br 0)))
    (func (export "trap") (param i32) (result i32)
      (drop (call $count (i32.const 10))) (drop (call $wait (i32.const 1)))
      (i32.store (i32.const 0) (i32.const 1)) (i32.load (local.get 0)))
    (func $deep (export "deep") (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
        (else (call $wait (i32.const 0)))))
    (func (export "grow") (param i32) (result i32) (drop (call $wait (i32.const 1))) (memory.grow (local.get 0)))
    (func (export "outer") (result i32) (call $touch) (i32.const 3)))`,
  caller: `(module (import "guest" "twice" (func $twice (param i32) (result i32)))
    (func (export "through") (param i32) (result i32) (i32.mul (call $twice (local.get 0)) (i32.const 2))))`,
} as const;

/** The package, and the modules that were assembled of WAITING_TEXTS. */
export interface WaitingWorld {
  readonly mode: 'interp' | 'host';
  readonly Runtime: Pick<typeof Runtime, 'init'>;
  readonly modules: Readonly<Record<keyof typeof WAITING_TEXTS, Uint8Array>>;
}

interface Case {
  readonly name: string;
  run(world: OneRuntime): Promise<void>;
}

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function same(actual: unknown, wanted: unknown, what = 'result'): void {
  const text = (value: unknown): string =>
    JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one)) ?? 'undefined';
  if (text(actual) !== text(wanted)) throw new Error(`${what}: ${text(actual)}, and ${text(wanted)} is wanted`);
}
/** What a call fails with, by its fields and words. */
async function fails(call: Promise<unknown> | (() => unknown), wanted: RegExp): Promise<unknown> {
  let result: unknown;
  try {
    result = await (typeof call === 'function' ? call() : call);
  } catch (error) {
    const { name, message } = error as Error;
    if (!wanted.test(`${name}: ${message}`))
      throw new Error(`failed with ${name}: ${message}, not ${wanted}`, { cause: error });
    return error;
  }
  throw new Error(`did not fail with ${wanted}: ${String(result)}`);
}

/** One runtime in the mode, with one guest made of each module. */
class OneRuntime {
  readonly world: WaitingWorld;
  readonly runtime: Runtime;
  /** What the natives do; a case sets it. */
  wait: (value: number) => unknown = async (value) => {
    await later(1);
    return value + 1;
  };
  touch: () => unknown = () => undefined;

  constructor(world: WaitingWorld) {
    this.world = world;
    this.runtime = world.Runtime.init({ runningMode: world.mode, logLevel: 'error' });
  }
  start(options: InstantiateOptions = {}): WasmInstance {
    const imports = {
      env: {
        wait: (_: ExecEnv, value: number) => this.wait(value) as number,
        wide: async (_: ExecEnv, a: bigint, b: number, c: unknown) => {
          await later(1);
          return Number(a) + b + (c as { readonly plus: number }).plus;
        },
        touch: () => this.touch() as undefined,
      },
    };
    return this.runtime.instantiate(this.runtime.load(this.world.modules.guest), { imports, ...options });
  }
  func(name: string, options?: InstantiateOptions): WasmFunction {
    return this.start(options).lookupFunction(name)!;
  }
  hasEnded = false;
  end(): void {
    this.hasEnded = true;
    this.runtime.destroy();
  }
  /** A promise that a case settles. */
  gate<T = void>(): {
    readonly open: (value: T) => void;
    readonly shut: (error: unknown) => void;
    readonly promise: Promise<T>;
  } {
    let open: (value: T) => void = () => {};
    let shut: (error: unknown) => void = () => {};
    const promise = new Promise<T>((resolve, reject) => {
      open = resolve;
      shut = reject;
    });
    return { open: (value) => open(value), shut: (error) => shut(error), promise };
  }
}

const fuelOf = (instance: WasmInstance): number | undefined => instance.lastCallUsage?.fuel;
async function aborted(
  call: WasmFunction,
  ms: number,
  args: number[] = [],
  options: AsyncCallOptions = {},
): Promise<void> {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), ms);
  same(
    ((await fails(call.callAsync(args, { signal: abort.signal, ...options }), /LimitError/)) as { limit: string })
      .limit,
    'signal',
  );
}

export const WAITING_CASES: readonly Case[] = [
  {
    name: 'a promise of a native is waited for, whatever its type',
    async run(one) {
      const instance = one.start();
      same(await instance.lookupFunction('twice')!.callAsync([1]), [103]);
      same(instance.lastCallUsage!.hostCalls, 2);
      same(await instance.lookupFunction('wide')!.callAsync([1n << 40n, 0.25, { plus: 1 }]), [2 ** 40 + 1.75]);
      one.wait = (value) => value + 1;
      same(instance.lookupFunction('twice')!.call(1), [103]);
    },
  },
  {
    name: 'several calls of one instance wait at once, and get their own results',
    async run(one) {
      const gates = [one.gate<number>(), one.gate<number>(), one.gate<number>()];
      one.wait = (value) => (value === 100 ? 0 : gates[value]!.promise);
      const twice = one.func('twice');
      const calls = [0, 1, 2].map((value) => twice.callAsync([value]));
      await later(1);
      // All are settled before any goes on.
      for (const k of [2, 0, 1]) gates[k]!.open(k + 10);
      same(await Promise.all(calls), [[10], [11], [12]]);
      one.wait = async (value) => value;
      const many = Array.from({ length: 20 }, (_, k) => twice.callAsync([k]));
      same(
        (await Promise.all(many)).flat(),
        Array.from({ length: 20 }, (_, k) => k + 100),
      );
    },
  },
  {
    name: 'what a native fails with comes through',
    async run(one) {
      one.wait = () => Promise.reject(new RangeError('no more'));
      const twice = one.func('twice');
      await fails(twice.callAsync([1]), /RangeError: no more/);
      one.wait = async (value) => value;
      same(await twice.callAsync([1]), [101]);
    },
  },
  {
    name: 'a wait ends with the deadline, the signal, terminate and the end of the runtime',
    async run(one) {
      one.wait = () => new Promise(() => {});
      const instance = one.start();
      const twice = instance.lookupFunction('twice')!;
      await fails(twice.callAsync([1], { timeoutMs: 10 }), /LimitError: .*timeoutMs/);
      await aborted(twice, 5, [1]);
      setTimeout(() => instance.terminate(), 5);
      await fails(twice.callAsync([1]), /Trap: terminated by user/);
      const last = fails(twice.callAsync([1]), /Trap: terminated by user/);
      await later(1);
      await fails(() => instance.deinstantiate(), /cannot end while a call runs in it/);
      one.end();
      await last;
    },
  },
  {
    name: 'a long call leaves the event loop its turns, and ends with what happens there',
    async run(one) {
      const instance = one.start();
      same(await instance.lookupFunction('count')!.callAsync([30_000_000]), [30_000_000]);
      const spin = instance.lookupFunction('spin')!;
      // It has as many turns as it takes, however fast the guest is.
      const third = new AbortController();
      let turns = 0;
      const timer = setInterval(() => ++turns === 3 && third.abort(), 1);
      await fails(spin.callAsync([], { signal: third.signal }), /LimitError: .*signal/);
      clearInterval(timer);
      await aborted(spin, 5);
      await fails(spin.callAsync([], { timeoutMs: 20 }), /LimitError: .*timeoutMs/);
      const metered = one.func('spin', { metered: true });
      await aborted(metered, 5, [], { fuel: 1e12 });
      setTimeout(() => instance.terminate(), 5);
      await fails(spin.callAsync(), /terminated by user/);
    },
  },
  {
    name: 'fuel is the same number whether a call waits or not, and ends where it would',
    async run(one) {
      const instance = one.start({ metered: true });
      const work = instance.lookupFunction('work')!;
      one.wait = (value) => value;
      same(work.call(1000), [2001]);
      const exact = fuelOf(instance)!;
      one.wait = async (value) => value;
      same(await work.callAsync([1000], { fuel: exact }), [2001]);
      same(fuelOf(instance), exact);
      await fails(work.callAsync([1000], { fuel: exact - 1 }), /LimitError: .*fuel/);
      // Others that run while it waits are not on its bill.
      one.wait = async (value) => {
        await later(1);
        instance.lookupFunction('count')!.call(5000);
        return value;
      };
      const both = Promise.all([work.callAsync([1000], { fuel: exact }), work.callAsync([1000], { fuel: exact })]);
      instance.lookupFunction('count')!.call(5000);
      same(await both, [[2001], [2001]]);
      const spent = one.start({ limits: { fuel: exact } });
      one.wait = async (value) => value;
      same(await spent.lookupFunction('work')!.callAsync([1000]), [2001]);
      same(fuelOf(spent), exact);
    },
  },
  {
    name: 'a trap after a wait is that trap, at its place, with its fuel',
    async run(one) {
      const instance = one.start({ metered: true });
      const trap = instance.lookupFunction('trap')!;
      one.wait = (value) => value;
      const wanted = (await fails(() => trap.call(-1), /out of bounds memory access/)) as { frames: unknown };
      const exact = fuelOf(instance);
      one.wait = async (value) => value;
      const other = one.start({ metered: true });
      const quiet = other.lookupFunction('count')!.callAsync([5_000_000]);
      const error = (await fails(trap.callAsync([-1]), /out of bounds memory access/)) as { frames: unknown };
      same(fuelOf(instance), exact);
      same(error.frames, wanted.frames, 'frames');
      same(await quiet, [5_000_000]);
      same(await trap.callAsync([0]), [1]);
    },
  },
  {
    name: 'memory that grows after a wait keeps to its limit',
    async run(one) {
      const grow = one.func('grow', { limits: { memoryBytes: 5 << 16 } });
      const [first, second] = [grow.callAsync([2]), grow.callAsync([9])];
      same([await first, await second], [[1], [-1]]);
    },
  },
  {
    name: 'the depth of calls and their bytes of stack are those of each call',
    async run(one) {
      const gate = one.gate<number>();
      one.wait = () => gate.promise;
      const deep = one.func('deep', { limits: { callDepth: 100, stackBytes: 1 << 16 } });
      const calls = [90, 90, 90].map((depth) => deep.callAsync([depth]));
      await later(1);
      await fails(deep.callAsync([100]), /LimitError: .*callDepth/);
      gate.open(0);
      same(await Promise.all(calls), [[90], [90], [90]]);
      const narrow = one.func('deep', { limits: { stackBytes: 4096 } });
      one.wait = async () => 0;
      same(await Promise.all([narrow.callAsync([40]), narrow.callAsync([40])]), [[40], [40]]);
      await fails(narrow.callAsync([1000]), /LimitError: .*stackBytes/);
      same(await narrow.callAsync([40]), [40]);
    },
  },
  {
    name: 'a synchronous call while others wait does not disturb them; inside a native it cannot wait',
    async run(one) {
      const instance = one.start({ metered: true });
      const gate = one.gate<number>();
      one.wait = () => gate.promise;
      const call = instance.lookupFunction('twice')!.callAsync([1]);
      await later(1);
      same(instance.lookupFunction('count')!.call(10), [10]);
      const counted = fuelOf(instance);
      one.touch = () => instance.lookupFunction('twice')!.call(1);
      await fails(instance.lookupFunction('outer')!.callAsync(), /'env.wait' is async: call the guest with callAsync/);
      one.touch = async () => {
        await later(1);
        same(instance.lookupFunction('count')!.call(10), [10]);
        same(fuelOf(instance), counted);
      };
      same(await instance.lookupFunction('outer')!.callAsync(), [3]);
      gate.open(4);
      same(await call, [8]);
    },
  },
  {
    name: 'a call begun by a native runs beside its caller',
    async run(one) {
      const instance = one.start({ metered: true });
      const inner: Promise<unknown>[] = [];
      one.touch = () => {
        inner.push(instance.lookupFunction('twice')!.callAsync([5]));
      };
      same(await instance.lookupFunction('outer')!.callAsync(), [3]);
      same(await Promise.all(inner), [[107]]);
    },
  },
  {
    name: 'frames of several instances wait together, and none of them ends meanwhile',
    async run(one) {
      const guest = one.start({ metered: true });
      const module = one.runtime.load(one.world.modules.caller);
      const caller = one.runtime.instantiate(module, { metered: true, imports: { guest } });
      const gate = one.gate<number>();
      one.wait = () => gate.promise;
      const through = caller.lookupFunction('through')!;
      const call = through.callAsync([1]);
      await later(1);
      same(guest.lookupFunction('count')!.call(10), [10]);
      await fails(() => guest.deinstantiate(), /cannot end|import/);
      gate.open(5);
      same(await call, [20]);
      const waited = fuelOf(caller);
      one.wait = () => 5;
      same(through.call(1), [20]);
      same(fuelOf(caller), waited);
    },
  },
];

/** Runs every case in a runtime of its own. @returns those that failed, with why */
export async function runWaitingCases(world: WaitingWorld): Promise<string[]> {
  const failures: string[] = [];
  for (const { name, run } of WAITING_CASES) {
    try {
      await runWaitingCase(world, run);
    } catch (error) {
      failures.push(`${world.mode}: ${name}: ${(error as Error).message}`);
    }
  }
  return failures;
}
/** @param run of one of the cases */
export async function runWaitingCase(world: WaitingWorld, run: Case['run']): Promise<void> {
  const one = new OneRuntime(world);
  try {
    await run(one);
  } finally {
    if (!one.hasEnded) one.end();
  }
}
