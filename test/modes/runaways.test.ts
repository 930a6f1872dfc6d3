// A gallery of guests that never end or never have enough: each ends in its named LimitError within its limit, and the next guest runs.
import { expect } from 'vitest';
import type { InstantiateOptions } from '#src/embed/instance/instantiation.js';
import { LimitError, OtherModeError, UsageError } from '#src/wasm/errors.js';
import type { LimitName, LimitOptions } from '#src/wasm/limit-table.js';
import { failure, inTime } from '../helpers/failure.js';
import { startProcessorTime } from '../helpers/processor-time.js';
import { type ModeCase, type ModeWorld, modeCases } from './mode-cases.js';

/** What an object costs, and an array beyond that, in bytes; each field is 24, each reference in an array 12. */
const OBJECT = 232;
const ARRAY = 192;

/** Every one never ends by itself. */
const ENDLESS: Readonly<Record<string, string>> = {
  'a loop of nothing': '(func (export "run") (loop (br 0)))',
  'a loop that works': `(memory 1) (func (export "run") (local i32)
    (loop (i32.store (i32.const 0) (local.tee 0 (i32.add (local.get 0) (i32.const 1)))) (br 0)))`,
  'a loop with a conditional branch': '(func (export "run") (loop (br_if 0 (i32.const 1))))',
  'a loop through br_table': '(func (export "run") (loop (br_table 0 0 (i32.const 5))))',
  'a called-back function of a table': `(table funcref (elem $f)) (func $f (loop (br 0)))
    (func (export "run") (call_indirect (i32.const 0)))`,
  'tail calls': '(func $f (return_call $g)) (func $g (return_call $f)) (func (export "run") (call $f))',
  'tail calls through a table': `(table funcref (elem $f)) (func $f (return_call_indirect (i32.const 0)))
    (func (export "run") (call $f))`,
  'recursion that branches': `(func $f (param i32) (if (local.get 0) (then
    (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "run") (call $f (i32.const 60)))`,
  'exceptions thrown in a loop': `(tag $e) (func (export "run")
    (loop (block (try_table (catch $e 0) (throw $e))) (br 0)))`,
  'exceptions through calls': `(tag $e) (func $f (throw $e)) (func (export "run")
    (loop (block (try_table (catch_all 0) (call $f))) (br 0)))`,
  'legacy exceptions through calls': `(tag $e) (func $f (throw $e)) (func (export "run")
    (loop (try (do (call $f)) (catch_all)) (br 0)))`,
  'table.fill over and over': `(table 100 funcref) (elem declare func $f) (func $f) (func (export "run")
    (loop (table.fill (i32.const 0) (ref.func $f) (i32.const 63)) (br 0)))`,
  'failing table.grow': `(table 1 1 funcref) (func (export "run")
    (loop (drop (table.grow (ref.null func) (i32.const 1))) (br 0)))`,
  'memory.fill over and over': `(memory 1) (func (export "run")
    (loop (memory.fill (i32.const 0) (i32.const 7) (i32.const 65536)) (br 0)))`,
  'garbage over and over': `(type $s (struct (field i32))) (func (export "run")
    (loop (drop (struct.new $s (i32.const 1))) (br 0)))`,
  'failing memory.grow': `(memory 1 1) (func (export "run")
    (loop (drop (memory.grow (i32.const 1))) (br 0)))`,
  'a native called in a loop': `(import "host" "n" (func $n)) (func (export "run") (loop (call $n) (br 0)))`,
};

function expectLimit(error: unknown, limit: LimitName, value: number): void {
  expect(error).toBeInstanceOf(LimitError);
  expect((error as LimitError).limit).toBe(limit);
  expect((error as LimitError).value).toBe(value);
}

/** The process is healthy and another guest runs. */
function expectHealthy({ start }: ModeWorld): void {
  const next = start(
    '(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))',
  );
  expect(next.lookupFunction('add')!.call(2, 3)).toEqual([5]);
}

const imports = { host: { n: () => {} } };
const FUEL = 30_000;
const TIMEOUT_MS = 60;

const endless = Object.entries(ENDLESS).flatMap(([what, text]): ModeCase[] => [
  {
    name: `${what}: fuel`,
    run(world) {
      const instance = world.start(`(module ${text})`, { imports, limits: { fuel: FUEL } });
      const run = instance.lookupFunction('run')!;
      for (let again = 0; again < 2; again++) {
        expectLimit(
          failure(() => run.call()),
          'fuel',
          FUEL,
        );
        expect(instance.lastCallUsage!.fuel).toBeLessThanOrEqual(FUEL);
        expect(instance.lastCallUsage!.fuel).toBeGreaterThan(FUEL - 2000);
      }
      expect(instance.getException()).toBe(`Exception: limit fuel reached (${FUEL})`);
      expectHealthy(world);
    },
  },
  {
    name: `${what}: time`,
    run(world) {
      const options = { imports, limits: { timeoutMs: TIMEOUT_MS } };
      const instance = inTime(() => world.start(`(module ${text})`, options));
      const spent = startProcessorTime();
      const error = failure(() => instance.lookupFunction('run')!.call());
      expectLimit(error, 'timeoutMs', TIMEOUT_MS);
      expect(instance.lastCallUsage!.wallMs).toBeGreaterThanOrEqual(TIMEOUT_MS);
      expect(spent()).toBeLessThan(TIMEOUT_MS + 500);
      expectHealthy(world);
    },
  },
]);
modeCases('runaways that never end', endless);

/** Few branches and calls, each of which takes long: what counts those alone would look at the clock too late. */
const MIX = '(local.set 0 (i32.rotl (i32.mul (local.get 0) (i32.const 3)) (i32.const 5)))';
const LONG: Readonly<Record<string, readonly [text: string, limits?: LimitOptions]>> = {
  'a loop of ten thousand instructions': [`(func (export "run") (local i32) (loop ${MIX.repeat(2_000)} (br 0)))`],
  'a function of ten thousand instructions': [
    `(func $f (local i32) ${MIX.repeat(2_000)}) (func (export "run") (loop (call $f) (br 0)))`,
  ],
  'a function of three thousand locals': [
    `(func $f (local ${'i64 '.repeat(3_000)})) (func (export "run") (loop (call $f) (br 0)))`,
  ],
  'short waits': [
    `(memory 1 1 shared) (func (export "run")
      (loop (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 1000000))) (br 0)))`,
  ],
  'a memory that grows': [
    '(memory 1) (func (export "run") (loop (drop (memory.grow (i32.const 1))) (br 0)))',
    { memoryBytes: 256 << 20 },
  ],
  'structs of a thousand fields': [
    `(type $s (struct ${'(field i32)'.repeat(1_000)})) (func (export "run") (loop (drop (struct.new_default $s)) (br 0)))`,
  ],
};
modeCases(
  'runaways of long steps',
  Object.entries(LONG).map(
    ([what, [text, limits]]): ModeCase => ({
      name: `${what}: time`,
      run(world) {
        const options = { limits: { ...limits, timeoutMs: TIMEOUT_MS } };
        const instance = inTime(() => world.start(`(module ${text})`, options));
        const spent = startProcessorTime();
        const error = failure(() => instance.lookupFunction('run')!.call());
        expectLimit(error, 'timeoutMs', TIMEOUT_MS);
        expect(spent()).toBeLessThan(TIMEOUT_MS + 500);
        expectHealthy(world);
      },
    }),
  ),
);

/** Start functions are covered as calls are. */
const atBirth = (limits: LimitOptions, limit: LimitName, value: number): ModeCase => ({
  name: `${limit} covers the start function`,
  run(world) {
    const text = '(module (memory 1) (func $f (loop (br 0))) (start $f))';
    expectLimit(
      failure(() => world.start(text, { limits })),
      limit,
      value,
    );
    expect(world.runtime.instances).toEqual([]);
    expect(world.runtime.usage.memoryBytes).toBe(0);
    const initialize = '(module (func (export "_initialize") (loop (br 0))))';
    expectLimit(
      failure(() => world.start(initialize, { limits })),
      limit,
      value,
    );
    expectHealthy(world);
  },
});

const deep = (name: string, text: string, options: InstantiateOptions, expected: LimitName | 'trap'): ModeCase => ({
  name,
  run(world) {
    const instance = world.start(`(module ${text})`, options);
    const error = failure(() => instance.lookupFunction('run')!.call());
    if (expected === 'trap') expect(instance.getException()).toBe('Exception: native stack overflow');
    else expect((error as LimitError).limit).toBe(expected);
    expectHealthy(world);
  },
});
const RECURSION = '(func $f (export "run") (result i32) (i32.add (call $f) (i32.const 1)))';
const MUTUAL = `(table funcref (elem $f $g)) (func $f (export "run") (result i64) (i64.add (call $g) (i64.const 1)))
  (func $g (result i64) (i64.add (call_indirect (result i64) (i32.const 0)) (i64.const 1)))`;

modeCases('runaways that want too much', [
  atBirth({ fuel: 100_000 }, 'fuel', 100_000),
  atBirth({ timeoutMs: 50 }, 'timeoutMs', 50),
  deep('recursion without a limit is a trap', RECURSION, {}, 'trap'),
  deep('recursion beyond callDepth', RECURSION, { limits: { callDepth: 100 } }, 'callDepth'),
  deep('mutual recursion beyond callDepth', MUTUAL, { limits: { callDepth: 100 } }, 'callDepth'),
  deep('mutual recursion without a limit is a trap', MUTUAL, {}, 'trap'),
  {
    name: 'memory.grow stops at the budget with -1',
    run(world) {
      const text = `(module (memory (export "m") 1) (func (export "run") (result i32)
        (loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (memory.size)))`;
      const instance = world.start(text, { limits: { memoryBytes: 10 * 65_536 } });
      expect(instance.lookupFunction('run')!.call()).toEqual([10]);
      expect(instance.usage.peakMemoryBytes).toBe(10 * 65_536);
      expectHealthy(world);
    },
  },
  {
    name: 'GC objects cost what they hold',
    run(world) {
      const text = `(module (type $s (struct (field i64) (field i32))) (type $b (array i8)) (type $w (array i16)) (type $v (array f64))
        (type $r (array externref)) (global (ref $b) (array.new_default $b (i32.const 7)))
        (func (export "struct") (drop (struct.new_default $s))) (func (export "bytes") (drop (array.new_default $b (i32.const 1000))))
        (func (export "words") (drop (array.new $w (i32.const 5) (i32.const 1000))))
        (func (export "doubles") (drop (array.new_default $v (i32.const 1000))))
        (func (export "references") (drop (array.new_default $r (i32.const 1000))))
        (func (export "fixed") (drop (array.new_fixed $b 3 (i32.const 1) (i32.const 2) (i32.const 3)))))`;
      const instance = world.start(text, { limits: { memoryBytes: 1 << 20 } });
      expect(instance.usage.memoryBytes).toBe(OBJECT + ARRAY + 7);
      const costs = ['struct', 'bytes', 'words', 'doubles', 'references', 'fixed'].map((name) => {
        const before = instance.usage.memoryBytes;
        instance.lookupFunction(name)!.call();
        return instance.usage.memoryBytes - before;
      });
      const array = OBJECT + ARRAY;
      expect(costs).toEqual([OBJECT + 3 * 24, array + 1000, array + 2000, array + 8000, array + 12_000, array + 3]);
      expectHealthy(world);
    },
  },
  {
    name: 'objects of constant expressions count as memoryBytes, before they are made',
    run(world) {
      const { start } = world;
      const limits = { memoryBytes: 1 << 20 };
      const types = '(type $b (array i8)) (type $s (struct (field i64) (field (ref null $b))))';
      const bomb = '(global (ref $b) (array.new_default $b (i32.const 100000000)))';
      const kept = `(module ${types} (global (ref $s) (struct.new $s (i64.const 1) (array.new $b (i32.const 7) (i32.const 50))))
        (table 3 (ref $b) (array.new_fixed $b 2 (i32.const 1) (i32.const 2)))
        (elem (ref $s) (item (struct.new_default $s))))`;
      expect(start(kept, { limits }).usage.memoryBytes).toBe(4 * OBJECT + 2 * 3 * 24 + 2 * ARRAY + 50 + 2 + 3 * 8);
      expectLimit(
        failure(() => start(`(module ${types} ${bomb.repeat(100)})`, { limits })),
        'memoryBytes',
        1 << 20,
      );
      const late = `(module ${types} (global $n i32 (i32.const 9)) (global (ref $b) (array.new_default $b (global.get $n))))`;
      const error = failure(() => start(late, { limits }));
      if (world.mode === 'host') expect(error).toBeInstanceOf(OtherModeError);
      else expect(error).toBe(undefined);
      expectHealthy(world);
    },
  },
  {
    name: 'exceptions that hold each other stop at memoryBytes',
    run(world) {
      const text = `(module (tag $e (param exnref)) (func (export "run") (local exnref)
        (loop (local.set 0 (block (result exnref) (try_table (catch_all_ref 0) (throw $e (local.get 0))) (unreachable))) (br 0))))`;
      const memoryBytes = 1 << 20;
      if (world.mode === 'host') {
        const refused = failure(() => world.start(text, { limits: { memoryBytes } }));
        // A host without exceptions: the case is skipped.
        if (refused instanceof UsageError) throw refused;
        expect(refused).toBeInstanceOf(OtherModeError);
        return;
      }
      const instance = world.start(text, { limits: { memoryBytes } });
      const error = failure(() => instance.lookupFunction('run')!.call());
      expectLimit(error, 'memoryBytes', memoryBytes);
      expectHealthy(world);
    },
  },
  {
    name: "objects stop at the runtime's budget as at the instance's own",
    initArgs: { limits: { memoryBytes: 2 * 65_536 } },
    run(world) {
      const text = `(module (type $s (struct (field (ref null $s)))) (memory 1) (global $all (mut (ref null $s)) (ref.null $s))
        (func (export "run") (loop (global.set $all (struct.new $s (global.get $all))) (br 0))))`;
      for (const [memoryBytes, expected] of [
        [65_536 + 1_000, 65_536 + 1_000],
        [undefined, 2 * 65_536],
      ] as const) {
        const instance = world.start(text, { limits: { memoryBytes } });
        expectLimit(
          failure(() => instance.lookupFunction('run')!.call()),
          'memoryBytes',
          expected,
        );
        instance.deinstantiate();
      }
    },
  },
  {
    name: 'table.grow stops at tableElements with -1',
    run(world) {
      const text = `(module (table 1 externref) (func (export "run") (result i32)
        (loop (br_if 0 (i32.ne (table.grow (ref.null extern) (i32.const 10)) (i32.const -1)))) (table.size)))`;
      const instance = world.start(text, { limits: { tableElements: 105 } });
      expect(instance.lookupFunction('run')!.call()).toEqual([101]);
      expectHealthy(world);
    },
  },
  {
    name: 'a memory or table beyond the limits at instantiation',
    run(world) {
      expect(
        (failure(() => world.start('(module (memory 20))', { limits: { memoryBytes: 65_536 } })) as LimitError).limit,
      ).toBe('memoryBytes');
      expect(
        (failure(() => world.start('(module (table 20 funcref))', { limits: { tableElements: 5 } })) as LimitError)
          .limit,
      ).toBe('tableElements');
      expectHealthy(world);
    },
  },
  {
    name: 'calls to natives beyond hostCalls',
    run(world) {
      const text = '(module (import "host" "n" (func $n)) (func (export "run") (loop (call $n) (br 0))))';
      const instance = world.start(text, { imports, limits: { hostCalls: 50 } });
      expectLimit(
        failure(() => instance.lookupFunction('run')!.call()),
        'hostCalls',
        50,
      );
      expectHealthy(world);
    },
  },
  {
    name: 'printing forever ends at outputBytes',
    run(world) {
      const text = `(module (import "env" "puts" (func $puts (param i32) (result i32))) (memory 1) (data (i32.const 8) "aaaaaaaaa\\00")
        (func (export "run") (loop (drop (call $puts (i32.const 8))) (br 0))))`;
      let written = 0;
      const stdout = (chunk: Uint8Array): void => {
        written += chunk.length;
      };
      const instance = world.start(text, { wasi: { stdout }, limits: { outputBytes: 95 } });
      expectLimit(
        failure(() => instance.lookupFunction('run')!.call()),
        'outputBytes',
        95,
      );
      expect(written).toBe(90);
      expect(instance.lastCallUsage!.bytesWritten).toBe(90);
      expectHealthy(world);
    },
  },
  {
    name: 'an aborted signal ends a call before and, from a native, during it',
    run(world) {
      const abort = new AbortController();
      const text = `(module ${ENDLESS['a native called in a loop']})`;
      let calls = 0;
      const n = (): void => {
        if (++calls === 10) abort.abort();
      };
      const instance = world.start(text, { imports: { host: { n } }, signal: abort.signal });
      const run = (): unknown => failure(() => instance.lookupFunction('run')!.call());
      expect((run() as LimitError).limit).toBe('signal');
      expect((run() as LimitError).limit).toBe('signal');
      expectHealthy(world);
    },
  },
]);
