// Calls with a few numbers go a shorter way than others, and one like the call before a shorter way still: they give the same in every mode, and what
// happened between two of them is noticed.
import { expect } from 'vitest';
import type { WasmFunction } from '#src/embed/call/wasm-function.js';
import type { WasmInstance } from '#src/embed/instance/wasm-instance.js';
import { UsageError } from '#src/wasm/errors.js';
import { failure, limitError } from '../helpers/failure.js';
import { modeCases } from './mode-cases.js';

const TYPES = ['i32', 'f32', 'f64'] as const;
const WHOLE = [0, -0, 1, -1, 2 ** 31, -(2 ** 31) - 1, 2 ** 32 + 5, 2 ** 53, 1e300];
const ODD = [...WHOLE, 0.1, -0.5, 1.9, 1e-320, 3.4e38, 1e39, Number.NaN, Number.POSITIVE_INFINITY];
/** What the allocator of a case does first, and how much it has given out. */
let whenAllocating: (() => void) | undefined;
let allocated = 8;
/** More calls than those of which one is timed. */
const MANY = 600;

type Callable = WasmFunction & ((...args: number[]) => number | undefined);

function functionsOf(guest: WasmInstance): Readonly<Record<string, Callable>> {
  return guest.exports as unknown as Readonly<Record<string, Callable>>;
}

/** What the guest's memory and table count at first. */
const PAGE_BYTES = 65_536;
const TABLE_BYTES = 8;
const GUEST = `(module (import "env" "native" (func $native (param i32) (result i32)))
  (memory 1 3)
  (global $count (mut i32) (i32.const 0))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "count") (result i32) (global.set $count (i32.add (global.get $count) (i32.const 1))) (global.get $count))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (table $table 1 2 funcref)
  (func (export "grow table") (param i32) (result i32) (table.grow $table (ref.null func) (local.get 0)))
  (func (export "count to") (param i32) (result i32) (local i32)
    (loop $again
      (local.set 1 (i32.add (local.get 1) (i32.const 1)))
      (br_if $again (i32.lt_s (local.get 1) (local.get 0))))
    (local.get 1))
  (func (export "native") (param i32) (result i32) (call $native (local.get 0))))`;

modeCases('calls with numbers', [
  {
    name: 'give what calls through lists and slots give, for each type and place',
    run({ start }) {
      const lists = [1, 2, 3, 4, 5].flatMap((count) =>
        TYPES.map((last) => Array.from({ length: count }, (_, k) => (k === count - 1 ? last : TYPES[k % 3]!))),
      );
      const echoes = lists.map(
        (params, k) =>
          `(func (export "${k}") (param ${params.join(' ')}) (result ${params.at(-1)}) (local.get ${params.length - 1}))`,
      );
      const guest = start(`(module ${echoes.join('\n')}
        (func (export "first") (param i32 i32 i32 i32) (result i32) (local.get 0)))`);
      const { execEnv } = guest;
      const { first, ...functions } = functionsOf(guest);
      for (const [name, run] of Object.entries(functions)) {
        const { length } = lists[Number(name)]!;
        for (const odd of ODD) {
          const args = Array.from({ length }, (_, k) => (k === length - 1 ? odd : k + 0.5));
          const [wanted] = run.callOn(execEnv, args);
          expect([name, odd, run(...args), run(...args), ...run.call(...args)]).toEqual([
            name,
            odd,
            wanted,
            wanted,
            wanted,
          ]);
        }
      }
      for (const odd of ODD) expect(first!(odd, 1, 2, 3)).toBe(odd | 0);
    },
  },
  {
    name: 'of functions without a result give none, and wrong arguments are refused',
    run({ start }) {
      const guest = start('(module (func (export "drop") (param i32 f64)) (func (export "nothing")))');
      const { drop, nothing } = functionsOf(guest);
      for (let k = 0; k < 3; k++) {
        expect(drop!(1, 2)).toBeUndefined();
        expect(drop!.call(1, 2)).toEqual([]);
        expect(nothing!()).toBeUndefined();
        expect(() => drop!(1)).toThrow('drop: 2 arguments wanted, 1 given');
        expect(() => (drop as unknown as (...args: unknown[]) => void)(1, 'two')).toThrow('drop: argument 1: ');
      }
    },
  },
  {
    name: 'notice what happened between them',
    run({ start, runtime }) {
      const imports = { env: { native: (_env: unknown, n: number) => n } };
      const guest = start(GUEST, {
        limits: { memoryBytes: 2 * PAGE_BYTES + TABLE_BYTES, tableElements: 1, hostCalls: 1 },
        imports,
      });
      const other = start(GUEST, { imports });
      const { add, grow, load, native } = functionsOf(guest);
      for (let k = 0; k < MANY; k++) expect(add!(k, 1)).toBe(k + 1);
      // An exception that the embedder has set, or its own mistake, is gone with the next call.
      guest.setException('set from outside');
      expect(add!(1, 1)).toBe(2);
      expect(guest.getException()).toBeNull();
      expect(() => guest.executeFunc('missing')).toThrow('missing');
      expect(guest.getException()).toContain('missing');
      expect(add!(1, 1)).toBe(2);
      expect(guest.getException()).toBeNull();
      // Growth that a limit refused is said of the call that asked for it alone.
      expect(grow!(2)).toBe(-1);
      expect(guest.refused).toContain('limits.memoryBytes');
      expect(add!(1, 1)).toBe(2);
      expect(guest.refused).toBeUndefined();
      expect(functionsOf(guest)['grow table']!(1)).toBe(-1);
      expect(guest.refused).toContain('limits.tableElements');
      expect(add!(1, 1)).toBe(2);
      expect(guest.refused).toBeUndefined();
      // Memory counts from the call on that took it.
      expect(guest.lastCallUsage!.memoryBytes).toBe(PAGE_BYTES + TABLE_BYTES);
      expect(grow!(1)).toBe(1);
      expect(add!(1, 1)).toBe(2);
      expect(guest.lastCallUsage).toMatchObject({ memoryBytes: 2 * PAGE_BYTES + TABLE_BYTES, hostCalls: 0 });
      // Each call has the whole of its limits.
      for (let k = 0; k < 3; k++) {
        expect(native!(k)).toBe(k);
        expect(guest.lastCallUsage).toMatchObject({ hostCalls: 1 });
        expect(add!(k, 1)).toBe(k + 1);
        expect(guest.lastCallUsage).toMatchObject({ hostCalls: 0 });
      }
      expect(guest.usage.hostCalls).toBe(3);
      // A trap, and another instance, in between.
      expect(() => load!(-1)).toThrow('out of bounds memory access');
      expect(guest.getException()).toContain('out of bounds memory access');
      expect(add!(1, 1)).toBe(2);
      expect(guest.getException()).toBeNull();
      expect(functionsOf(other)['count']!()).toBe(1);
      expect([add!(2, 2), functionsOf(other)['count']!(), add!(3, 3)]).toEqual([4, 2, 6]);
      expect([guest.lastCallUsage, other.lastCallUsage]).toMatchObject([
        { memoryBytes: 2 * PAGE_BYTES + TABLE_BYTES },
        { memoryBytes: PAGE_BYTES + TABLE_BYTES },
      ]);
      // The end of the instance, and of the runtime.
      const { add: others } = functionsOf(other);
      guest.deinstantiate();
      expect(() => add!(1, 1)).toThrow('has been deinstantiated');
      for (let k = 0; k < 3; k++) expect(others!(k, 1)).toBe(k + 1);
      runtime.destroy();
      expect(() => others!(1, 1)).toThrow('has been destroyed');
    },
  },
  {
    name: 'have a deadline each, and settings of their own where they are given',
    clockStepMs: 1,
    run({ start, pass }) {
      const text = `${GUEST.slice(0, -1)} (func (export "spin") (loop $again (br $again)))
        )`;
      const guest = start(text, { limits: { timeoutMs: 1_000, fuel: 100_000 }, imports: { env: { native: () => 0 } } });
      const { add, spin, count } = functionsOf(guest);
      for (let k = 0; k < 20; k++) {
        pass(400);
        expect(add!(k, 1)).toBe(k + 1);
      }
      expect(limitError(() => add!.callOn(guest.execEnv, [1, 2], { fuel: 1 }))).toMatchObject({
        limit: 'fuel',
        value: 1,
      });
      expect(add!(1, 1)).toBe(2);
      expect(limitError(() => add!.callOn(guest.execEnv, [1, 2], { timeoutMs: 0 }))).toMatchObject({
        limit: 'timeoutMs',
      });
      expect(add!(1, 1)).toBe(2);
      expect(limitError(() => spin!())).toMatchObject({ limit: 'fuel' });
      expect([count!(), count!()]).toEqual([1, 2]);
      expect(guest.lastCallUsage).toMatchObject({ fuel: 5 });
    },
  },
  {
    name: 'meet a signal that is aborted between them',
    run({ start }) {
      const controller = new AbortController();
      const guest = start(GUEST, { signal: controller.signal, imports: { env: { native: () => 0 } } });
      const { add } = functionsOf(guest);
      for (let k = 0; k < MANY; k++) expect(add!(k, 1)).toBe(k + 1);
      controller.abort();
      for (let k = 0; k < 3; k++) expect(limitError(() => add!(k, 1))).toMatchObject({ limit: 'signal' });
    },
  },
  {
    name: 'have the limits of the instance after calls that have others, after calls in slices, and between their slices',
    async run({ start }) {
      const guest = start(GUEST, { metered: true, imports: { env: { native: (_env: unknown, n: number) => n } } });
      const { add, native } = functionsOf(guest);
      for (let k = 0; k < MANY; k++) {
        // Limits of its own: the next call has those of the instance.
        expect(add!.callOn(guest.execEnv, [k, 2], { fuel: 3 })).toEqual([k + 2]);
        expect(functionsOf(guest)['count to']!(20)).toBe(20);
        expect(add!(k, 1)).toBe(k + 1);
      }
      if (!native!.canPause) return;
      for (let k = 0; k < 3; k++) {
        expect([add!(1, 2), add!(3, 4)]).toEqual([3, 7]);
        const running = native!.callAsync([k]);
        expect([add!(5, 6), add!(7, 8)]).toEqual([11, 15]);
        expect(guest.lastCallUsage).toMatchObject({ fuel: 3, hostCalls: 0 });
        expect(await running).toEqual([k]);
        expect(guest.lastCallUsage).toMatchObject({ fuel: 2, hostCalls: 1 });
      }
    },
  },
  {
    name: 'are refused in the middle of an instruction, to the allocator of the memory that grows',
    initArgs: {
      memAllocType: 'allocator',
      memAllocOption: {
        allocator: {
          buffer: new ArrayBuffer(8 << 20),
          malloc(size) {
            whenAllocating?.();
            const start = allocated;
            allocated += (size + 7) & ~7;
            return start;
          },
          free() {},
        },
      },
    },
    run({ start }) {
      const guest = start(GUEST, { metered: true, imports: { env: { native: () => 0 } } });
      const { add, grow } = functionsOf(guest);
      expect(grow!(1)).toBe(1);
      const { fuel } = guest.lastCallUsage!;
      const inside: unknown[] = [];
      whenAllocating = () => {
        whenAllocating = undefined;
        inside.push(failure(() => add!(1, 1)));
      };
      for (let k = 0; k < 3; k++) expect(add!(k, 1)).toBe(k + 1);
      expect(grow!(1)).toBe(2);
      expect(guest.lastCallUsage).toMatchObject({ fuel });
      expect(inside).toEqual([expect.any(UsageError)]);
      expect(add!(1, 1)).toBe(2);
      expect(guest.lastCallUsage).toMatchObject({ fuel: 3 });
    },
  },
  {
    name: 'are refused to observers that a guest tells of what it does',
    async run({ start }) {
      const refused: unknown[] = [];
      const later: Promise<unknown>[] = [];
      const tries = (): void => {
        if (guest === undefined) return;
        const { add } = functionsOf(guest);
        refused.push(failure(() => add!(1, 1)));
        later.push(add!.callAsync([1, 1]).catch((error: unknown) => error));
      };
      let guest: WasmInstance | undefined;
      guest = start(GUEST, {
        observe: { entered: tries, left: tries, grew: tries },
        imports: { env: { native: (_env: unknown, n: number) => n } },
      });
      expect(functionsOf(guest)['grow']!(1)).toBe(1);
      expect(functionsOf(guest)['native']!(2)).toBe(2);
      const all = Array.from({ length: 5 }, () => expect.any(UsageError));
      expect([refused, await Promise.all(later)]).toEqual([all, all]);
    },
  },
  {
    name: 'made by natives share the limits and the account of the call around them',
    run({ start }) {
      const guest: WasmInstance = start(GUEST, {
        limits: { callDepth: 50, hostCalls: 40 },
        metered: true,
        imports: {
          env: {
            native: (_env: unknown, n: number): number => {
              const { add, native } = functionsOf(guest) as Readonly<Record<string, (...args: number[]) => number>>;
              return n === 0 ? add!(20, 3) : native!(n - 1) + add!(1, 0);
            },
          },
        },
      });
      const { add, native, load } = functionsOf(guest);
      for (let k = 0; k < 3; k++) {
        expect([add!(1, 2), native!(5), add!(3, 4)]).toEqual([3, 28, 7]);
        expect(guest.usage.hostCalls).toBe(6 * (k + 1) + k * 41);
        expect(limitError(() => native!(60))).toMatchObject({ limit: expect.stringMatching(/callDepth|hostCalls/) });
        expect(() => load!(-4)).toThrow('out of bounds memory access');
      }
    },
  },
]);
