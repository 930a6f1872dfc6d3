// Usage is plain data in every mode: it goes through JSON and into a log as it is, by itself and in the errors that have one. Fuel that
// is more than a number holds exactly stands still.
import { inspect } from 'node:util';
import { expect } from 'vitest';
import { limitError } from '../helpers/failure.js';
import { modeCases } from './mode-cases.js';

const GUEST = `(module (memory 1)
  (func (export "add") (result i32) (i32.add (i32.const 1) (i32.const 2)))
  (func (export "spin") (loop $again (br $again))))`;

/** What the clock of these cases moves at each look: less than what counts as short. */
const LOOK_MS = 0.01;
const CALLS = 256;

modeCases('usage', [
  {
    name: 'of short calls one in 256 is timed, and the others count as long',
    clockStepMs: LOOK_MS,
    run({ start }) {
      const guest = start(GUEST, { metered: true });
      const { add } = guest.exports as unknown as { add(): number };
      const before = guest.usage.wallMs;
      for (let call = 0; call < CALLS; call++) {
        expect(add()).toBe(3);
        expect(guest.lastCallUsage!.wallMs).toBeCloseTo(LOOK_MS);
      }
      expect(guest.usage.wallMs - before).toBeCloseTo(CALLS * LOOK_MS);
      // Reading a clock that moves at each look shows how often it was read: twice in 256 calls, and here.
      const { platform } = guest.instance.store;
      const first = platform.monotonicNow();
      for (let call = 0; call < CALLS; call++) add();
      expect(platform.monotonicNow() - first).toBeCloseTo(3 * LOOK_MS);
      expect(guest.lastCallUsage!.fuel).toBe(3);
    },
  },
  {
    name: 'a call that is not timed from its beginning is timed from its first checkpoint, and meets its deadline',
    clockStepMs: LOOK_MS,
    run({ start }) {
      const limits = { timeoutMs: 4 * LOOK_MS };
      const guest = start(GUEST, { limits });
      const { add, spin } = guest.exports as unknown as { add(): number; spin(): void };
      for (let call = 0; call < 3; call++) add();
      for (let call = 0; call < 2; call++) {
        expect(limitError(() => spin())).toMatchObject({ limit: 'timeoutMs', value: limits.timeoutMs });
        expect(guest.lastCallUsage!.wallMs).toBeGreaterThanOrEqual(limits.timeoutMs);
        expect(guest.lastCallUsage!.wallMs).toBeLessThan(3 * limits.timeoutMs);
        for (let other = 0; other < 3; other++) expect(add()).toBe(3);
      }
    },
  },
  {
    name: 'of short calls each has all of its limits and counts what it used, whatever the one before did',
    clockStepMs: LOOK_MS,
    run({ start }) {
      const text = `(module (import "env" "end" (func $end))
        (memory 1 2)
        (func (export "add") (result i32) (i32.add (i32.const 1) (i32.const 2)))
        (func (export "grow") (result i32) (memory.grow (i32.const 1)))
        (func (export "call") (call $end))
        (func $deep (export "deep") (param i32) (result i32)
          (if (i32.eqz (local.get 0)) (then (return (i32.const 7))))
          (call $deep (i32.sub (local.get 0) (i32.const 1))))
        (func (export "trap") (param i32) (result i32) (call $trap (local.get 0)))
        (func $trap (param i32) (result i32)
          (if (i32.eqz (local.get 0)) (then unreachable))
          (call $trap (i32.sub (local.get 0) (i32.const 1)))))`;
      let calls = 0;
      const imports = { env: { end: () => void calls++ } };
      const guest = start(text, { limits: { fuel: 5_000, callDepth: 20, hostCalls: 1 }, imports });
      type Run = (...args: number[]) => number;
      const { add, grow, call, deep, trap } = guest.exports as unknown as Readonly<Record<string, Run>>;
      const uses = (run: Run, ...args: number[]) => {
        const before = guest.usage.fuel!;
        const result = run(...args);
        const { fuel, hostCalls, memoryBytes } = guest.lastCallUsage!;
        expect(guest.usage.fuel! - before).toBe(fuel);
        return [result, fuel, hostCalls, memoryBytes];
      };
      // The first calls are timed now and then: all ways in turns, more often than that.
      const deepest = uses(deep!, 18);
      for (let k = 0; k < 2 * CALLS; k++) {
        expect(uses(add!)).toEqual([3, 3, 0, k <= 3 ? 65_536 : 131_072]);
        expect(() => trap!(k % 19)).toThrow('unreachable');
        expect(uses(deep!, 18).slice(0, 3)).toEqual(deepest.slice(0, 3));
        expect(limitError(() => deep!(30))).toMatchObject({ limit: 'callDepth' });
        expect(uses(call!).slice(2, 3)).toEqual([1]);
        if (k === 3) expect(uses(grow!)).toEqual([1, expect.any(Number), 0, 131_072]);
      }
      expect(calls).toBe(2 * CALLS);
    },
  },
  {
    name: 'goes through JSON and into a log, fuel as a number',
    run({ start }) {
      const guest = start(GUEST, { metered: true });
      guest.lookupFunction('add')!.call();
      for (const usage of [guest.usage, guest.lastCallUsage!]) {
        expect(JSON.parse(JSON.stringify(usage))).toEqual({ ...usage, fuel: 3 });
        expect(inspect(usage)).toMatch(/^\{\s+fuel: 3,\s+wallMs: [\d.]+(e-\d+)?,\s+memoryBytes: 65536,/);
      }
    },
  },
  {
    name: 'where nothing is counted JSON has no fuel',
    run({ start }) {
      const guest = start(GUEST);
      guest.lookupFunction('add')!.call();
      const { fuel, ...rest } = guest.usage;
      expect(fuel).toBeUndefined();
      expect(JSON.parse(JSON.stringify(guest.usage))).toEqual(rest);
    },
  },
  {
    name: 'errors go through JSON with theirs',
    run({ start }) {
      const guest = start(GUEST, { limits: { fuel: 1_000 } });
      const error = limitError(() => guest.lookupFunction('spin')!.call());
      expect(JSON.parse(JSON.stringify(error))).toMatchObject({ limit: 'fuel', value: 1_000, usage: { fuel: 1_000 } });
      const atStart = limitError(() =>
        start(`${GUEST.slice(0, -1)} (func $spin (loop $l (br $l))) (start $spin))`, { limits: { fuel: 50 } }),
      );
      expect(JSON.parse(JSON.stringify(atStart))).toMatchObject({ limit: 'fuel', value: 50, usage: { fuel: 50 } });
    },
  },
  {
    name: 'fuel stands still at the last number that is exact',
    run({ start }) {
      const guest = start(GUEST, { metered: true });
      const add = guest.lookupFunction('add')!;
      guest.instance.usage.fuel = Number.MAX_SAFE_INTEGER - 5;
      const seen = [0, 1, 2].map(() => {
        add.call();
        return guest.usage.fuel;
      });
      expect(seen).toEqual([Number.MAX_SAFE_INTEGER - 2, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);
      expect(guest.lastCallUsage!.fuel).toBe(3);
    },
  },
]);
