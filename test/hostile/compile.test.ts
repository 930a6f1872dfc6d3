// Functions that are small and could take long to compile: the interpreter compiles at the first call, which may have a deadline.
import { expect, test } from 'vitest';
import type { InstantiateOptions } from '#src/embed/instance/instantiation.js';
import { Runtime } from '#src/embed/runtime.js';
import { codeSpans } from '#src/engine/interp/code-arena.js';
import { interpEngine } from '#src/engine/interp/interp-engine.js';
import { LimitError, Trap } from '#src/wasm/errors.js';
import { startProcessorTime } from '../helpers/processor-time.js';
import { testPlatform } from '../helpers/test-platform.js';
import { assemble } from '../helpers/wat.js';
import { all, bytes, counted, times, type Write, wasm } from './build.js';

// Generous: the machine may be busy. Each of these takes a few hundredths of a second, and a quadratic answer more than five.
const SOON_MS = 3000;

const END = 0x0b;
const I32 = 0x7f;

/** A module whose export "run" has so many i32 locals and this code. */
function oneFunction(locals: number, code: Write, ...types: readonly Write[]): Uint8Array {
  const body = all(
    counted(1, (writer) => writer.u32(locals)),
    bytes(I32),
    code,
    bytes(END),
  );
  return wasm(
    [1, counted(1 + types.length, all(bytes(0x60, 0, 0), ...types))],
    [3, bytes(1, 0)],
    [
      7,
      counted(
        1,
        all((writer) => writer.name('run'), bytes(0, 0)),
      ),
    ],
    [10, (writer) => writer.vector([body], (one) => writer.sized(() => one(writer)))],
  );
}

function interpreter(clockStepMs?: number): Runtime {
  return Runtime.init({}, { platform: testPlatform(clockStepMs), engines: [interpEngine()] });
}

/** Milliseconds of processor time of the first call. */
function firstCall(input: Uint8Array): number {
  const runtime = interpreter();
  try {
    const run = runtime.instantiate(runtime.load(input)).lookupFunction('run')!;
    const spent = startProcessorTime();
    try {
      run.call();
    } catch (error) {
      // Compiled it is all the same, but its frame is larger than the interpreter's stack.
      expect((error as Error).message).toBe('call stack exhausted');
    }
    return spent();
  } finally {
    runtime.destroy();
  }
}

const onLocals =
  (opcode: number, count: number): Write =>
  (writer) => {
    for (let local = 1; local <= count; local++) {
      if (opcode === 0x21) writer.raw(Uint8Array.of(0x41, 0));
      writer.raw(Uint8Array.of(opcode));
      writer.u32(local);
    }
  };
const drops = (count: number): Write => times(count, bytes(0x1a));

const WAITING: Readonly<Record<string, Uint8Array>> = {
  'operands that wait while another local changes': oneFunction(
    2,
    all(times(200_000, bytes(0x20, 0, 0x41, 0, 0x21, 1)), drops(200_000)),
  ),
  'operands that wait until their own local changes': oneFunction(
    1,
    all(times(150_000, bytes(0x20, 0, 0x41, 1, 0x22, 0)), drops(300_000)),
  ),
  'sums that wait while another local changes': oneFunction(
    2,
    all(times(200_000, bytes(0x20, 0, 0x41, 5, 0x6a, 0x41, 0, 0x21, 1)), drops(200_000)),
  ),
  'one operand on top that waits for its local, others below for theirs': oneFunction(
    2,
    all(times(200_000, bytes(0x20, 0)), times(200_000, bytes(0x20, 1, 0x41, 0, 0x21, 1, 0x1a)), drops(200_000)),
  ),
  'operands at the bottom that wait for many locals': oneFunction(
    30_001,
    all(onLocals(0x20, 30_000), times(200_000, bytes(0x20, 0)), onLocals(0x21, 30_000), drops(230_000)),
  ),
};
for (const [name, input] of Object.entries(WAITING)) {
  test(name, () => {
    expect(firstCall(input)).toBeLessThan(SOON_MS);
  });
}

test('br_tables of sixty thousand labels that take a thousand operands', () => {
  const wide = all(bytes(0x60, 0), counted(1000, times(1000, bytes(I32))));
  const labels = 60_000;
  const one = all(
    bytes(0x02, 1, 0x02, 0x40),
    times(1000, bytes(0x41, 1)),
    bytes(0x41, 0, 0x0e),
    (writer) => writer.u32(labels),
    (writer) => writer.raw(new Uint8Array(labels + 1).fill(1)),
    bytes(END, 0x00, END),
    drops(1000),
  );
  expect(firstCall(oneFunction(1, times(100, one), wide))).toBeLessThan(SOON_MS);
});

/** Long code without branches, behind a way out. */
const LONG = `(module
  (func $long (export "long") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 7))))
    ${'(local.set 0 (i32.add (i32.mul (local.get 0) (i32.const 3)) (i32.const 1)))'.repeat(30_000)}
    (local.get 0))
  (func (export "short") (result i32) (i32.const 5)))`;

for (const metered of [false, true]) {
  test(`time passes while a long function is compiled, ${metered ? 'metered' : 'not metered'}`, () => {
    const place = (): number => {
      const start = codeSpans.take(1 << 20);
      codeSpans.give(start, 1 << 20);
      return start;
    };
    const before = place();
    const fuel = metered ? { fuel: 1e9 } : {};
    const options = (timeoutMs: number): InstantiateOptions => ({ limits: { ...fuel, timeoutMs } });
    // The clock moves by a millisecond whenever somebody looks at it.
    const runtime = interpreter(1);
    const module = runtime.load(assemble(LONG));
    const hurried = runtime.instantiate(module, options(20));
    const patient = runtime.instantiate(module, options(1e6));
    for (let again = 0; again < 3; again++) {
      let error: unknown;
      try {
        hurried.lookupFunction('long')!.call(0);
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(LimitError);
      expect((error as LimitError).limit).toBe('timeoutMs');
      expect(hurried.lookupFunction('short')!.call()).toEqual([5]);
    }
    // Both instances share the code: nothing half-made is in it, and who has the time compiles it for both.
    let expected = 1;
    for (let i = 0; i < 30_000; i++) expected = (Math.imul(expected, 3) + 1) | 0;
    expect(patient.lookupFunction('long')!.call(1)).toEqual([expected]);
    expect(hurried.lookupFunction('long')!.call(0)).toEqual([7]);
    if (metered) {
      const fresh = interpreter();
      const instance = fresh.instantiate(fresh.load(assemble(LONG)), options(1e6));
      instance.lookupFunction('long')!.call(0);
      expect(hurried.lastCallUsage!.fuel).toBe(instance.lastCallUsage!.fuel);
      fresh.destroy();
    }
    runtime.destroy();
    expect(place()).toBe(before);
  });
}

test('the trace of a deep recursion compiles each function once', () => {
  const text = `(module (func $f (export "run") (param i32)
    (if (i32.eqz (local.get 0)) (then (unreachable)))
    (call $f (i32.sub (local.get 0) (i32.const 1)))
    ${'(local.set 0 (i32.add (i32.mul (local.get 0) (i32.const 3)) (i32.const 1)))'.repeat(150_000)}))`;
  const runtime = interpreter();
  const run = runtime.instantiate(runtime.load(assemble(text))).lookupFunction('run')!;
  const spent = startProcessorTime();
  let error: unknown;
  try {
    run.call(200);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(Trap);
  const { frames } = error as Trap;
  expect(frames.length).toBe(100);
  expect(frames[0]!.offset).toBeLessThan(frames[1]!.offset);
  expect(new Set(frames.slice(1).map(({ offset }) => offset)).size).toBe(1);
  expect(spent()).toBeLessThan(SOON_MS);
  runtime.destroy();
});
