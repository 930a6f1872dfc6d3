// The integration of promises in the namespace: a guest that waits, what is refused, and that the limits of a call hold while it is paused. Modes that cannot
// pause have none of it, and say so.
import { execFileSync } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createWebAssembly } from '#src/entry/webassembly.js';
import { cachedNode } from '../../scripts/newest-node.js';
import { assemble, projectRoot } from '../helpers/wat.js';
import { type NamespaceWorld, namespaceCases, type Standard } from './namespace-cases.js';

type Async = (...args: unknown[]) => Promise<unknown>;
/** What the standard has beyond TypeScript's types. */
interface Integration {
  readonly Suspending: new (callable: unknown) => object;
  readonly SuspendError: new (message?: string) => Error;
  promising(exported: unknown): Async;
}
const integration = (wasm: Standard): Integration => wasm as unknown as Integration;
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

type Case = (world: NamespaceWorld & Integration) => void | Promise<void>;
/** Runs cases where the mode can pause a guest. */
function waitingCases(suite: string, cases: Readonly<Record<string, Case>>, options = {}): void {
  const wrapped = Object.entries(cases).map(([name, run]) => [
    name,
    (world: NamespaceWorld) => {
      const { Suspending, SuspendError, promising } = integration(world.wasm);
      if (Suspending === undefined) return world.skip(`mode ${world.control.mode} cannot pause a guest`);
      return run({ ...world, Suspending, SuspendError, promising });
    },
  ]);
  namespaceCases(suite, Object.fromEntries(wrapped), options);
}

const TWICE = `(module (import "m" "f" (func $f (param i32) (result i32)))
  (func (export "twice") (param i32) (result i32) (i32.add (call $f (local.get 0)) (call $f (i32.const 100)))))`;

waitingCases('promises', {
  async 'a guest waits for what an import promised, and JavaScript goes on'({ start, Suspending, promising }) {
    const order: string[] = [];
    const f = new Suspending(async (n: number) => {
      await later(1);
      order.push(`import ${n}`);
      return n + 1;
    });
    const result = promising(start(TWICE, { m: { f } })['twice'])(1);
    order.push('caller');
    expect(await result).toBe(103);
    expect(order).toEqual(['caller', 'import 1', 'import 100']);
  },
  async 'a guest that waits for nothing is entered at once, and its result is a promise'({ start, promising }) {
    const { f, g } = start(`(module (global $g (export "g") (mut i32) (i32.const 0))
      (func (export "f") (result i32 i64) (global.set $g (i32.const 5)) (i32.const 1) (i64.const 2)))`);
    const result = promising(f)();
    expect(g.value).toBe(5);
    expect(await result).toEqual([1, 2n]);
  },
  async 'values are converted when the guest goes on, and only then'({ start, Suspending, promising }) {
    const text = `(module (import "m" "f" (func $f (param f32 externref) (result i64 f64)))
      (func (export "g") (param externref) (result i64 f64) (call $f (f32.const 0.5) (local.get 0))))`;
    const f = new Suspending(async (a: number, b: unknown) => [BigInt(a * 2), { valueOf: () => (b as number[])[0] }]);
    expect(await promising(start(text, { m: { f } })['g'])([2.5])).toEqual([1n, 2.5]);
    const bad = new Suspending(async () => [1, 1]);
    await expect(promising(start(text, { m: { f: bad } })['g'])(null)).rejects.toThrow(TypeError);
    await expect(promising(start(TWICE, { m: { f } })['twice'])(Symbol('no number'))).rejects.toThrow(TypeError);
  },
  async 'calls wait beside one another, and end in any order'({ start, Suspending, promising }) {
    const resolvers: ((n: number) => void)[] = [];
    const f = new Suspending(() => new Promise<number>((resolve) => resolvers.push(resolve)));
    const { twice } = start(TWICE, { m: { f } });
    const calls = Array.from({ length: 5 }, (_, i) => promising(twice)(i));
    for (let i = 4; i >= 0; i--) {
      resolvers[i]!(i);
      await later(0);
    }
    for (const resolve of resolvers.slice(5)) resolve(10);
    expect(await Promise.all(calls)).toEqual([10, 11, 12, 13, 14]);
  },
  async 'an import may call promising() itself, and be waited for'({ start, Suspending, promising }) {
    let inner: Async | undefined;
    const outer = new Suspending((n: number) => (n < 3 ? inner!(n + 1) : Promise.resolve(n)));
    inner = promising(start(TWICE, { m: { f: outer } })['twice']);
    expect(await inner(0)).toBe(3 + 4 * 100);
  },
  async 'guests may stand between, of other instances too'({ start, Suspending, promising }) {
    const lender = start(TWICE, { m: { f: new Suspending(async () => 4) } });
    const text = `(module (import "m" "f" (func $f (param i32) (result i32)))
      (table funcref (elem $f))
      (func (export "g") (result i32) (call_indirect (param i32) (result i32) (i32.const 1) (i32.const 0))))`;
    expect(await promising(start(text, { m: { f: lender['twice'] } })['g'])()).toBe(8);
  },
  async 'an import that is exported again is waited for'({ start, Suspending, promising }) {
    const text = '(module (import "m" "f" (func (param i32) (result i32))) (export "f" (func 0)))';
    const f = new Suspending(async (n: number) => `${n + 1}`);
    expect(await promising(start(text, { m: { f } })['f'])(6)).toBe(7);
  },
});

const MIXED = `(module (import "m" "f" (func $f (param i64 externref) (result i64)))
  (func (export "run") (param i64 f64 externref) (result i64 f64 externref)
    (i64.add (local.get 0) (call $f (local.get 0) (local.get 2))) (f64.neg (local.get 1)) (local.get 2)))`;

/** All orders of the numbers below one. */
function orders(count: number): number[][] {
  if (count === 0) return [[]];
  return orders(count - 1).flatMap((one) =>
    Array.from({ length: count }, (_, at) => [...one.slice(0, at), count - 1, ...one.slice(at)]),
  );
}

waitingCases('many promises', {
  async 'what waits at once is settled in any order, each with its own values'({ start, Suspending, promising }) {
    const waits: ((n: bigint) => void)[] = [];
    const f = new Suspending(() => new Promise<bigint>((resolve) => waits.push(resolve)));
    const run = promising(start(MIXED, { m: { f } })['run']);
    for (const order of orders(4)) {
      const owners = order.map((one) => ({ one }));
      const calls = owners.map((owner, i) => run(BigInt(i), i / 4, owner));
      for (const one of order) {
        waits[one]!(BigInt(one * 100));
        await later(0);
      }
      const ends = await Promise.all(calls);
      expect(ends).toEqual(owners.map((owner, i) => [BigInt(i * 101), -i / 4, owner]));
      expect(ends.map((end) => (end as unknown[])[2] === owners[ends.indexOf(end)])).toEqual([true, true, true, true]);
      waits.length = 0;
    }
  },
  async 'as many as there is room for wait at once'({ start, control, Suspending, promising }) {
    const count = control.mode === 'interp' ? 60 : 500;
    const waits: (() => void)[] = [];
    const f = new Suspending((n: number) => new Promise((resolve) => waits.push(() => resolve(n))));
    const run = promising(start(TWICE, { m: { f } })['twice']);
    const calls = Array.from({ length: count }, (_, i) => run(i));
    while (waits.length > 0) {
      for (const settle of waits.splice(0).reverse()) settle();
      await later(0);
    }
    expect(await Promise.all(calls)).toEqual(calls.map((_, i) => i + 100));
  },
  async 'beside one another some trap, some are rejected, some end'({ wasm, start, Suspending, promising }) {
    const text = `(module (import "m" "f" (func $f (param i32) (result i32)))
      (func (export "run") (param i32) (result i32) (i32.div_u (i32.const 12) (call $f (local.get 0)))))`;
    const own = new Error('own');
    const f = new Suspending(async (n: number) => {
      await later(n % 5);
      if (n % 3 === 1) throw own;
      return n % 3;
    });
    const run = promising(start(text, { m: { f } })['run']);
    const ends = await Promise.allSettled(Array.from({ length: 30 }, (_, n) => run(n)));
    ends.forEach((end, n) => {
      if (n % 3 === 2) expect(end).toEqual({ status: 'fulfilled', value: 6 });
      else if (n % 3 === 1) expect((end as PromiseRejectedResult).reason).toBe(own);
      else expect((end as PromiseRejectedResult).reason).toBeInstanceOf(wasm.RuntimeError);
    });
  },
  async 'guests that are called meanwhile disturb nothing'({ start, Suspending, promising }) {
    let settle = (_: bigint): void => {};
    const f = new Suspending(() => {
      expect(add(2n, 3n)).toBe(5n);
      return new Promise<bigint>((resolve) => {
        settle = resolve;
      });
    });
    const { add } = start(
      '(module (func (export "add") (param i64 i64) (result i64) (i64.add (local.get 0) (local.get 1))))',
    );
    const object = {};
    const call = promising(start(MIXED, { m: { f } })['run'])(1n, 2, object);
    expect(add(20n, 30n)).toBe(50n);
    await later(1);
    expect(add(7n, 8n)).toBe(15n);
    settle(40n);
    expect(await call).toEqual([41n, -2, object]);
  },
  async 'a guest that waits for ever goes when nobody knows its promise'({
    start,
    control,
    skip,
    Suspending,
    promising,
  }) {
    if (control.mode === 'host') return skip('V8 keeps the frames that it has set aside, whoever knows them');
    const run = promising(start(MIXED, { m: { f: new Suspending(() => new Promise(() => {})) } })['run']);
    let gone = 0;
    const registry = new FinalizationRegistry<undefined>(() => gone++);
    for (let i = 0; i < 20; i++) {
      const held = { bytes: new Uint8Array(1024) };
      registry.register(held, undefined);
      void run(1n, 1, held);
    }
    for (let round = 0; round < 20 && gone < 10; round++) {
      await later(1);
      collectGarbage();
    }
    expect(gone).toBeGreaterThanOrEqual(10);
  },
});

waitingCases('errors of promises', {
  'what is no function is refused'({ start, Suspending, promising }) {
    for (const value of [undefined, null, {}, 1]) expect(() => new Suspending(value)).toThrow(TypeError);
    for (const value of [undefined, {}, () => 1, Suspending]) expect(() => promising(value)).toThrow(TypeError);
    expect(() => (Suspending as unknown as (value: unknown) => void)(() => 1)).toThrow(TypeError);
    const forged = Object.create(Suspending.prototype as object) as object;
    expect(() => start(TWICE, { m: { f: forged } })).toThrow(/a function is wanted/);
  },
  async 'functions of JavaScript between cannot wait'({ start, Suspending, SuspendError, promising }) {
    const inner = start(TWICE, { m: { f: new Suspending(async () => 1) } })['twice'];
    expect(() => inner(1)).toThrow(SuspendError);
    const { twice } = start(TWICE, { m: { f: (n: number) => inner(n) as number } });
    await expect(promising(twice)(1)).rejects.toThrow(SuspendError);
    expect(await promising(inner)(1)).toBe(2);
  },
  async 'a guest can catch that it cannot wait'({ wasm, start, Suspending }) {
    const text = `(module (import "m" "f" (func $f)) (import "m" "tag" (tag $tag (param externref)))
      (func (export "g") (result i32)
        (block $caught (result externref) (try_table (catch $tag $caught) (call $f)) (return (i32.const 0)))
        (drop) (i32.const 43)))`;
    const { g } = start(text, { m: { f: new Suspending(() => 1), tag: wasm.JSTag } });
    expect(g()).toBe(43);
  },
  async 'what is thrown, before or after a wait, rejects the promise'({ wasm, start, Suspending, promising }) {
    const own = new Error('own');
    for (const f of [() => Promise.reject(own), () => Promise.resolve().then(() => Promise.reject(own))]) {
      const { twice } = start(TWICE, { m: { f: new Suspending(f) } });
      await expect(promising(twice)(1)).rejects.toBe(own);
    }
    const thrower = (): never => {
      throw own;
    };
    await expect(promising(start(TWICE, { m: { f: new Suspending(thrower) } })['twice'])(1)).rejects.toBe(own);
    const trap = '(module (import "m" "f" (func $f)) (func (export "g") (call $f) unreachable))';
    const { g } = start(trap, { m: { f: new Suspending(async () => undefined) } });
    await expect(promising(g)()).rejects.toThrow(wasm.RuntimeError);
    const endless = start('(module (func $f (export "f") (call $f)))')['f'];
    await expect(promising(endless)()).rejects.toThrow(RangeError);
  },
  async 'a guest catches what a promise was rejected with'({ wasm, start, Suspending, promising }) {
    const tag = new wasm.Tag({ parameters: ['i32'] });
    const text = `(module (import "m" "f" (func $f)) (import "m" "tag" (tag $tag (param i32)))
      (func (export "g") (result i32)
        (block $caught (result i32) (try_table (catch $tag $caught) (call $f)) (return (i32.const 0)))))`;
    const f = new Suspending(() => Promise.reject(new wasm.Exception(tag, [42])));
    expect(await promising(start(text, { m: { f, tag } })['g'])()).toBe(42);
  },
  async 'destroying the namespace ends what waits'({ wasm, control, start, Suspending, promising }) {
    const { twice } = start(TWICE, { m: { f: new Suspending(() => new Promise(() => {})) } });
    const call = promising(twice)(1);
    control.destroy();
    await expect(call).rejects.toThrow(wasm.RuntimeError);
    await expect(call).rejects.toThrow('terminated by user');
  },
});

const LOOP = `(module (import "m" "f" (func $f))
  (func (export "run") (param i32)
    (loop $l (call $f) (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if $l (local.get 0)))))`;

const LOOP_THEN_TRAP = LOOP.replace(/\)\)$/, ' (drop (i32.div_u (i32.const 1) (local.get 0))) (drop (i32.const 1))))');
/** Calls itself, waits, and calls itself again. */
const DEEP = `(module (import "m" "f" (func $f))
  (func $deep (param i32)
    (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (call $f))))
  (func (export "down") (param i32) (call $deep (local.get 0)))
  (func (export "again") (param i32) (call $f) (call $deep (local.get 0)) (call $deep (local.get 0)))
  (func $both (export "both") (param i32 i32)
    (if (local.get 0)
      (then (call $both (i32.sub (local.get 0) (i32.const 1)) (local.get 1)))
      (else (call $f) (call $deep (local.get 1))))))`;

/** The fuel of a call that never waits. */
function fuelOf({ start, control }: NamespaceWorld, turns: number): number {
  const before = control.usage.fuel ?? 0;
  start(LOOP, { m: { f: () => {} } })['run'](turns);
  return control.usage.fuel! - before;
}

waitingCases(
  'limits of calls that wait',
  {
    async 'fuel and host calls are the same as without waiting'(world) {
      const { start, control, Suspending, promising } = world;
      const fuel = fuelOf(world, 20);
      const before = control.usage;
      await promising(start(LOOP, { m: { f: new Suspending(async () => {}) } })['run'])(20);
      const { usage } = control;
      expect([usage.fuel! - before.fuel!, usage.hostCalls - before.hostCalls]).toEqual([fuel, 20]);
    },
    async 'a limit that is exactly met ends nothing, one less ends the call'(world) {
      const { control } = world;
      const fuel = fuelOf(world, 20);
      const runWith = (limit: number): Promise<unknown> => {
        const wasm = createWebAssembly({ mode: control.mode, limits: { fuel: limit } }) as unknown as Standard;
        const { Suspending, promising } = integration(wasm);
        const module = new wasm.Module(assemble(LOOP) as Uint8Array<ArrayBuffer>);
        const imports = { m: { f: new Suspending(async () => {}) } } as unknown as WebAssembly.Imports;
        return promising(new wasm.Instance(module, imports).exports['run'])(20);
      };
      await runWith(fuel);
      await expect(runWith(fuel - 1)).rejects.toMatchObject({ limit: 'fuel', value: fuel - 1 });
    },
    async 'a trap after a wait costs what it costs without one'({ wasm, start, control, Suspending, promising }) {
      const usedBy = async (run: () => unknown): Promise<number> => {
        const before = control.usage.fuel!;
        await expect((async () => run())()).rejects.toThrow(wasm.RuntimeError);
        return control.usage.fuel! - before;
      };
      const waits = start(LOOP_THEN_TRAP, { m: { f: new Suspending(async () => {}) } })['run'];
      const plain = start(LOOP_THEN_TRAP, { m: { f: () => {} } })['run'];
      expect(await usedBy(() => promising(waits)(3))).toBe(await usedBy(() => plain(3)));
    },
    async 'a limit holds for the call, not for each of its turns'({ wasm, start, Suspending, promising }) {
      const { run } = start(LOOP, { m: { f: new Suspending(async () => {}) } });
      await expect(promising(run)(1_000_000)).rejects.toMatchObject({ limit: 'fuel', value: 5_000 });
      expect(wasm.validate(new Uint8Array(0))).toBe(false);
    },
    async 'beside one another, calls have limits of their own'({ start, Suspending, promising }) {
      const { run } = start(LOOP, { m: { f: new Suspending(async () => {}) } });
      const ends = await Promise.allSettled([promising(run)(200), promising(run)(100_000), promising(run)(200)]);
      expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    },
  },
  { limits: { fuel: 5_000 } },
);

waitingCases(
  'totals of calls that wait',
  {
    async 'calls beside one another share what is left'({ start, control, Suspending, promising }) {
      const { run } = start(LOOP, { m: { f: new Suspending(async () => {}) } });
      const ends = await Promise.allSettled(Array.from({ length: 4 }, () => promising(run)(100_000)));
      for (const one of ends) {
        expect(one).toMatchObject({ status: 'rejected', reason: { limit: 'fuel', value: 5_000 } });
      }
      expect(control.usage.fuel).toBe(5_000);
    },
  },
  { total: { fuel: 5_000 } },
);

waitingCases(
  'depth of calls that wait',
  {
    async 'frames that wait count, those that have ended do not'({ start, Suspending, promising }) {
      const exports = start(DEEP, { m: { f: new Suspending(async () => {}) } });
      const [down, again, both] = ['down', 'again', 'both'].map((name) => promising(exports[name]));
      expect(await Promise.all([down!(90), down!(90), again!(90)])).toEqual([undefined, undefined, undefined]);
      expect(await both!(40, 40)).toBe(undefined);
      await expect(both!(60, 60)).rejects.toMatchObject({ limit: 'callDepth', value: 100 });
      await expect(down!(100)).rejects.toMatchObject({ limit: 'callDepth', value: 100 });
    },
  },
  { limits: { callDepth: 100 } },
);

waitingCases(
  'time of calls that wait',
  {
    async 'a promise that is never settled ends with the deadline'({ start, Suspending, promising }) {
      const { twice } = start(TWICE, { m: { f: new Suspending(() => new Promise(() => {})) } });
      await expect(promising(twice)(1)).rejects.toMatchObject({ limit: 'timeoutMs', value: 300 });
      expect(await promising(start(TWICE, { m: { f: new Suspending(() => 1) } })['twice'])(1)).toBe(2);
    },
  },
  { limits: { timeoutMs: 300 } },
);

// Mode host waits where the JavaScript engine has the integration of promises: the same cases in the newest Node, where one was installed by an earlier
// command (npm run test:hosts, npm run fuzz).
const node = cachedNode();
const waitsHere = 'promising' in WebAssembly;
test.skipIf(waitsHere || node === undefined)('mode host, in the newest Node', { timeout: 300_000 }, () => {
  const vitest = 'node_modules/vitest/vitest.mjs';
  const args = [vitest, 'run', '--reporter=json', '--testNamePattern=mode host', 'test/js-api/suspending.test.ts'];
  const printed = execFileSync(node!, args, { cwd: projectRoot(), encoding: 'utf8', maxBuffer: 1 << 26 });
  const { numFailedTests, numPassedTests } = JSON.parse(printed) as Record<string, number>;
  expect(numFailedTests).toBe(0);
  expect(numPassedTests).toBeGreaterThan(20);
});
