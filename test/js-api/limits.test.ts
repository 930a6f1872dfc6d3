// A namespace under limits, in every mode: no code of a package gets around them, and the process goes on.
import { expect } from 'vitest';
import { LimitError, UsageError } from '#src/wasm/errors.js';
import { namespaceCases } from './namespace-cases.js';

const LOOP = '(module (func (export "loop") (loop (br 0))) (func (export "one") (result i32) (i32.const 1)))';

function limitOf(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error instanceof LimitError ? error.limit : error;
  }
  return 'none';
}

namespaceCases(
  'time',
  {
    'a loop ends, and the next call runs'({ start }) {
      const { loop, one } = start(LOOP);
      expect(limitOf(loop)).toBe('timeoutMs');
      expect(one()).toBe(1);
    },
  },
  { limits: { timeoutMs: 50 } },
);

namespaceCases(
  'fuel',
  {
    'each call has its own, and what was used is known'({ start, control }) {
      const { loop, one } = start(LOOP);
      expect(limitOf(loop)).toBe('fuel');
      expect(one()).toBe(1);
      expect(control.usage.fuel).toBeGreaterThanOrEqual(10_000);
    },
    'a limit that JavaScript swallows is thrown again'({ start }) {
      const { loop } = start(LOOP);
      const text = '(module (import "m" "f" (func $f)) (func (export "g") (result i32) (call $f) (i32.const 1)))';
      const swallow = (): void => void limitOf(loop);
      expect(limitOf(start(text, { m: { f: swallow } })['g'])).toBe('fuel');
    },
  },
  { limits: { fuel: 10_000 } },
);

namespaceCases(
  'a total',
  {
    'is used up by all calls together, until it is refilled'({ start, control }) {
      const { loop, one } = start(LOOP);
      expect(limitOf(loop)).toBe('fuel');
      expect(limitOf(one)).toBe('fuel');
      control.refill({ fuel: 1_000 });
      expect(one()).toBe(1);
      expect(() => control.refill({ hostCalls: 1 })).toThrow(UsageError);
    },
  },
  { total: { fuel: 50_000 } },
);

namespaceCases(
  'memory',
  {
    'is the namespace’s: constructed, grown and declared'({ wasm, start }) {
      const memory = new wasm.Memory({ initial: 8 });
      expect(() => memory.grow(20)).toThrow(RangeError);
      expect(() => new wasm.Memory({ initial: 20 })).toThrow(RangeError);
      expect(() => start('(module (memory 20))')).toThrow(RangeError);
      const { grow } = start('(module (memory 1) (func (export "grow") (result i32) (memory.grow (i32.const 20))))');
      expect(grow()).toBe(-1);
    },
    'a used namespace that was destroyed says so'({ start, control }) {
      const { one } = start(LOOP);
      expect(one()).toBe(1);
      control.destroy();
      expect(one).toThrow(UsageError);
    },
  },
  { total: { memoryBytes: 1 << 20 } },
);
