// What costs fuel by its size beside the bulk instructions: growth of memories, frames of many locals, structs of many fields. The same
// number in every mode.
import { expect } from 'vitest';
import { limitError } from '../helpers/failure.js';
import { type ModeCase, modeCases } from './mode-cases.js';

const PAGE_UNITS = 65_536 / 64;

/** The fuel of one call of "run". */
const costs = (name: string, text: string, fuel: number): ModeCase => ({
  name,
  run({ start }) {
    const guest = start(`(module ${text})`, { metered: true });
    guest.lookupFunction('run')!.call();
    expect(guest.usage.fuel).toBe(fuel);
  },
});
const grows = (pages: number): string => `(func (export "run") (result i32) (memory.grow (i32.const ${pages})))`;
const locals = (count: number): string => `(func $big (local ${'i64 '.repeat(count)}))`;

modeCases('fuel by size', [
  costs('growth costs by its pages', `(memory 1) ${grows(20)}`, 2 + 20 * PAGE_UNITS),
  costs('growth by nothing costs the plain instruction', `(memory 1) ${grows(0)}`, 2),
  costs('growth beyond the type costs the plain instruction', `(memory 1 5) ${grows(5)}`, 2),
  costs('growth by more than there are addresses costs the plain instruction', `(memory 1) ${grows(-1)}`, 2),
  costs(
    'growth by the same pages costs the same whether the loop is metered block by block or not',
    `(memory 0) (func (export "run") (local i32)
      (loop $l (drop (memory.grow (i32.const 3))) (br_if $l (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 4)))))`,
    4 * (3 * PAGE_UNITS + 10),
  ),
  costs('calls cost by their locals', `${locals(3_200)} (func (export "run") (call $big))`, 1 + 200),
  costs('a frame of few locals costs nothing', `${locals(15)} (func (export "run") (call $big))`, 1),
  {
    name: 'growth that the fuel does not suffice for does not happen',
    run({ start }) {
      const guest = start(`(module (memory (export "memory") 1) ${grows(20)})`, { limits: { fuel: 20 * PAGE_UNITS } });
      const error = limitError(() => guest.lookupFunction('run')!.call());
      expect([error.limit, error.usage!.fuel]).toEqual(['fuel', 20 * PAGE_UNITS]);
      expect(guest.lookupMemory('memory')!.pages).toBe(1);
    },
  },
  {
    name: 'struct.new_default costs by its fields',
    run({ start }) {
      const guest = start(
        `(module (type $s (struct ${'(field v128)'.repeat(4_000)})) (func (export "run") (drop (struct.new_default $s))))`,
        { metered: true },
      );
      guest.lookupFunction('run')!.call();
      expect(guest.usage.fuel).toBe(2 + 1_000);
    },
  },
]);
