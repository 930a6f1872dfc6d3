// Usage is plain data in every mode: it goes through JSON and into a log as it is, by itself and in the errors that have one. Fuel that
// is more than a number holds exactly stands still.
import { inspect } from 'node:util';
import { expect } from 'vitest';
import { limitError } from '../helpers/failure.js';
import { modeCases } from './mode-cases.js';

const GUEST = `(module (memory 1)
  (func (export "add") (result i32) (i32.add (i32.const 1) (i32.const 2)))
  (func (export "spin") (loop $again (br $again))))`;

modeCases('usage', [
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
