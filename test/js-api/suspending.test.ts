// The integration of promises in the namespace: a guest that waits, what is refused, and that the limits of a call hold while it is paused. Modes that cannot
// pause have none of it, and say so.
import { expect } from 'vitest';
import { type NamespaceWorld, namespaceCases, type Standard } from './namespace-cases.js';

type Async = (...args: unknown[]) => Promise<unknown>;
/** What the standard has beyond TypeScript's types. */
interface Integration {
  readonly Suspending: new (callable: unknown) => object;
  readonly SuspendError: new (message?: string) => Error;
  promising(exported: unknown): Async;
}
const integration = (wasm: Standard): Integration => wasm as unknown as Integration;
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
  'time of calls that wait',
  {
    async 'a promise that is never settled ends with the deadline'({ start, Suspending, promising }) {
      const { twice } = start(TWICE, { m: { f: new Suspending(() => new Promise(() => {})) } });
      await expect(promising(twice)(1)).rejects.toMatchObject({ limit: 'timeoutMs', value: 50 });
      expect(await promising(start(TWICE, { m: { f: new Suspending(() => 1) } })['twice'])(1)).toBe(2);
    },
  },
  { limits: { timeoutMs: 50 } },
);
