// Guests that natives of other guests call, or bring to life: their own limits hold there too, and those of the outer call still do.
import { expect } from 'vitest';
import type { CallOptions } from '#src/embed/call/call.js';
import type { WasmInstance } from '#src/embed/instance/wasm-instance.js';
import type { LimitError } from '#src/wasm/errors.js';
import type { LimitOptions } from '#src/wasm/limit-table.js';
import { inTime, limitError } from '../helpers/failure.js';
import { startProcessorTime } from '../helpers/processor-time.js';
import { type ModeCase, type ModeWorld, modeCases } from './mode-cases.js';

const OUTER = `(module (import "host" "n" (func $n)) (func (export "run") (call $n))
  (func (export "twice") (call $n) (call $n)) (func (export "endless") (call $n) (loop (br 0))))`;
const INNER = `(module (import "host" "n" (func $n))
  (func (export "endless") (loop (br 0)))
  (func (export "calls") (loop (call $n) (br 0)))
  (func (export "short") (drop (i32.add (i32.const 1) (i32.const 2))))
  (func $deep (export "deep") (param i32) (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))))))`;

/** It would end by itself: where the deadline does not hold, the test fails instead of running for ever. */
const LONG_START = `(module (func $f (local i32)
  (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 300000000))))) (start $f))`;

/** An outer guest whose native runs `work`, which gets an inner one. What `work` throws goes through the outer guest. */
function pair(
  { start }: ModeWorld,
  limits: { outer?: LimitOptions; inner?: LimitOptions },
  work: (inner: WasmInstance) => void,
): WasmInstance {
  const imports = { host: { n: () => {} } };
  const inner = inTime(() => start(INNER, { limits: limits.inner, metered: true, imports }));
  const calling = { host: { n: () => work(inner) } };
  return inTime(() => start(OUTER, { limits: limits.outer, metered: true, imports: calling }));
}

const call =
  (name: string, ...args: number[]) =>
  (inner: WasmInstance) =>
    void inner.lookupFunction(name)!.call(...args);

const holds = (
  name: string,
  limits: { outer?: LimitOptions; inner?: LimitOptions },
  work: (inner: WasmInstance) => void,
  expected: Partial<LimitError>,
  failsIn: ModeCase['failsIn'] = {},
): ModeCase => ({
  name,
  failsIn,
  run(world) {
    const outer = pair(world, limits, work);
    expect(limitError(() => outer.lookupFunction('run')!.call())).toMatchObject(expected);
    const spent = startProcessorTime();
    expect(limitError(() => outer.lookupFunction('run')!.call())).toMatchObject(expected);
    expect(spent()).toBeLessThan(1_000);
  },
});
const withOptions = (options: CallOptions) => (inner: WasmInstance) =>
  void inner.lookupFunction('endless')!.callOn(inner.createExecEnv(), [], options);

modeCases('calls within calls', [
  holds('the inner fuel', { inner: { fuel: 1_000 } }, call('endless'), { limit: 'fuel', value: 1_000 }),
  holds('the outer fuel, where it is less', { outer: { fuel: 500 }, inner: { fuel: 1_000 } }, call('endless'), {
    limit: 'fuel',
    value: 500,
  }),
  holds('the inner time', { inner: { timeoutMs: 30 } }, call('endless'), { limit: 'timeoutMs', value: 30 }),
  holds(
    'the outer time, where it is less',
    { outer: { timeoutMs: 40 }, inner: { timeoutMs: 5_000 } },
    call('endless'),
    {
      limit: 'timeoutMs',
      value: 40,
    },
  ),
  holds('the inner depth', { inner: { callDepth: 20 } }, call('deep', 30), { limit: 'callDepth', value: 20 }),
  holds('the outer depth', { outer: { callDepth: 20 }, inner: { callDepth: 50 } }, call('deep', 30), {
    limit: 'callDepth',
    value: 20,
  }),
  holds('the inner stack', { inner: { stackBytes: 2_000 } }, call('deep', 3_000), {
    limit: 'stackBytes',
    value: 2_000,
  }),
  holds(
    'the inner stack, where it is less',
    { outer: { stackBytes: 1_000_000 }, inner: { stackBytes: 2_000 } },
    call('deep', 3_000),
    {
      limit: 'stackBytes',
      value: 2_000,
    },
  ),
  holds(
    'the outer stack, where it is less',
    { outer: { stackBytes: 5_000 }, inner: { stackBytes: 1_000_000 } },
    call('deep', 3_000),
    {
      limit: 'stackBytes',
      value: 5_000,
    },
    { host: 'each instance counts its own stack' },
  ),
  holds('the inner calls of natives', { inner: { hostCalls: 7 } }, call('calls'), { limit: 'hostCalls', value: 7 }),
  holds('the outer calls of natives', { outer: { hostCalls: 5 }, inner: { hostCalls: 7 } }, call('calls'), {
    limit: 'hostCalls',
    value: 5,
  }),
  holds("the call's own fuel", {}, withOptions({ fuel: 300 }), { limit: 'fuel', value: 300 }),
  holds("the call's own time", {}, withOptions({ timeoutMs: 30 }), { limit: 'timeoutMs', value: 30 }),
  {
    name: 'the deadline of an instance that a native of an unlimited guest brings to life',
    run(world) {
      const born = (): void => {
        world.start(LONG_START, { limits: { timeoutMs: 30 } });
      };
      const outer = world.start(OUTER, { imports: { host: { n: born } } });
      expect(limitError(() => outer.lookupFunction('run')!.call())).toMatchObject({ limit: 'timeoutMs', value: 30 });
    },
  },
  {
    name: 'a native that catches the inner limit goes on, and the outer guest has what is left',
    run(world) {
      const caught: LimitError[] = [];
      const limits = { outer: { fuel: 10_000 }, inner: { fuel: 1_000 } };
      const outer = pair(world, limits, (inner) => caught.push(limitError(() => call('endless')(inner))));
      outer.lookupFunction('twice')!.call();
      expect(caught).toMatchObject([{ value: 1_000 }, { value: 1_000 }]);
      expect(outer.lastCallUsage).toMatchObject({ fuel: 2_002, hostCalls: 2 });
      expect(limitError(() => outer.lookupFunction('endless')!.call())).toMatchObject({ limit: 'fuel', value: 10_000 });
    },
  },
  {
    name: 'what an inner call uses is counted to the outer one',
    run(world) {
      const outer = pair(world, { inner: { fuel: 1_000, timeoutMs: 1_000 } }, call('short'));
      outer.lookupFunction('run')!.call();
      expect(outer.lastCallUsage).toMatchObject({ fuel: 5, hostCalls: 1 });
    },
  },
  {
    name: "the inner guest's signal ends it, and the outer one's still does",
    run(world) {
      for (const which of ['inner', 'outer'] as const) {
        const signals = { inner: new AbortController(), outer: new AbortController() };
        const inner = world.start(INNER, {
          imports: { host: { n: () => signals[which].abort() } },
          signal: signals.inner.signal,
        });
        const outer = world.start(OUTER, {
          imports: { host: { n: () => call('calls')(inner) } },
          signal: signals.outer.signal,
        });
        expect(limitError(() => outer.lookupFunction('run')!.call()).limit).toBe('signal');
      }
    },
  },
]);
