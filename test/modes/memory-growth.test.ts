// What growing a memory costs, and what it may cost: no copy where a limit is known, pieces under the deadline where none is, nothing at the end.
import { expect } from 'vitest';
import type { WasmInstance } from '#src/embed/instance/wasm-instance.js';
import { limitError } from '../helpers/failure.js';
import { processorTime } from '../helpers/processor-time.js';
import { type ModeCase, modeCases } from './mode-cases.js';

const MIB = 1 << 20;
const PAGE = 65_536;

const call = (instance: WasmInstance, name: string, ...args: unknown[]): unknown =>
  instance.lookupFunction(name)!.call(...args)[0];

const GROWING = `(module (memory (export "m") 1)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "fill") (memory.fill (i32.const 0) (i32.const 7) (i32.mul (memory.size) (i32.const 65536))))
  (func (export "pages") (param $n i32) (result i32)
    (loop $l (drop (memory.grow (i32.const 1))) (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (memory.size)))`;

const cases: ModeCase[] = [
  {
    name: 'within a limit all of it can be used, and not a page more',
    run({ start }) {
      const instance = start(GROWING, { limits: { memoryBytes: 64 * MIB } });
      expect(call(instance, 'pages', 700)).toBe(701);
      call(instance, 'fill');
      expect(call(instance, 'grow', 1024 - 701)).toBe(701);
      expect(call(instance, 'grow', 1)).toBe(-1);
      const { bytes } = instance.getMemory()!;
      expect([bytes.length, bytes[0], bytes[701 * PAGE - 1], bytes[701 * PAGE], bytes[64 * MIB - 1]]).toEqual([
        64 * MIB,
        7,
        7,
        0,
        0,
      ]);
      expect(instance.usage.peakMemoryBytes).toBe(64 * MIB);
    },
  },
  {
    name: 'page by page is linear, with a limit and without',
    run({ start }) {
      for (const limits of [{}, { memoryBytes: 512 * MIB }]) {
        const instance = start(GROWING, { limits });
        // 3,000 copies of a hundred megabytes in the mean would take half a minute.
        expect(processorTime(() => expect(call(instance, 'pages', 3_000)).toBe(3_001))).toBeLessThan(5_000);
        instance.deinstantiate();
      }
    },
  },
  {
    name: 'a deadline holds while a memory without a limit moves, and what it had stays',
    run({ start }) {
      const instance = start(GROWING);
      expect(call(instance, 'grow', 4095)).toBe(1);
      call(instance, 'fill');
      const grow = instance.lookupFunction('grow')!;
      const outcome = processorTime(() => {
        try {
          grow.callOn(instance.execEnv, [8_192], { timeoutMs: 1 });
        } catch (error) {
          expect(error).toMatchObject({ limit: 'timeoutMs' });
        }
      });
      expect(outcome).toBeLessThan(250);
      const { bytes } = instance.getMemory()!;
      expect([4096 * PAGE, 12_288 * PAGE]).toContain(bytes.length);
      expect([bytes[0], bytes[200 * MIB], bytes[256 * MIB - 1]]).toEqual([7, 7, 7]);
    },
  },
  {
    name: 'a large memory that nobody touches costs nothing to make and to end',
    run({ start }) {
      const spent = processorTime(() => {
        for (let i = 0; i < 20; i++) start('(module (memory 16384))').deinstantiate();
      });
      // Writing zeros over 20 GiB takes ten seconds.
      expect(spent).toBeLessThan(2_000);
    },
  },
  {
    name: 'a memory that is larger than its limit at the start is refused, and nothing is charged',
    run({ start, runtime }) {
      const error = limitError(() => start('(module (memory 3))', { limits: { memoryBytes: 2 * PAGE } }));
      expect([error.limit, error.value]).toEqual(['memoryBytes', 2 * PAGE]);
      expect(runtime.usage.memoryBytes).toBe(0);
    },
  },
  {
    name: 'a new memory is zero, whatever lay there before',
    initArgs: { memAllocType: 'pool', memAllocOption: { pool: { heapSize: 4 * MIB } } },
    run({ start }) {
      for (let i = 0; i < 20; i++) {
        const instance = start(GROWING);
        call(instance, 'grow', 30);
        expect(instance.getMemory()!.bytes.every((byte) => byte === 0)).toBe(true);
        call(instance, 'fill');
        instance.deinstantiate();
      }
    },
  },
];

modeCases('growing memories', cases);
