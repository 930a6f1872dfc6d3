// Texts that a guest hands to natives: read under the deadline, bounded, on the guest's account. And values that run code when looked at.
import { expect } from 'vitest';
import type { ExecEnv } from '#src/runtime/exec-env.js';
import { CHUNK_BYTES, type GuestPointer, LONGEST_TEXT } from '#src/runtime/guest-memory.js';
import { LimitError, Trap, UsageError } from '#src/wasm/errors.js';
import { failure } from '../helpers/failure.js';
import { startProcessorTime } from '../helpers/processor-time.js';
import { modeCases } from './mode-cases.js';

/** `$` and `*` of a text of `length` bytes 0xff, or ASCII, at address 16. */
const guest = (pages: number): string => `(module (import "h" "text" (func $text (param i32)))
  (import "h" "pointer" (func $pointer (param i32))) (import "h" "two" (func $two (param i32 i32)))
  (memory (export "memory") ${pages})
  (func $fill (param i32 i32) (memory.fill (i32.const 16) (local.get 0) (local.get 1)))
  (func (export "text") (param i32 i32) (call $fill (local.get 0) (local.get 1)) (call $text (i32.const 16)))
  (func (export "pointer") (param i32 i32) (call $fill (local.get 0) (local.get 1)) (call $pointer (i32.const 16)))
  (func (export "two") (param i32 i32) (call $fill (local.get 0) (local.get 1)) (call $two (i32.const 16) (i32.const 16))))`;

const MEGABYTE = 1 << 20;
const pagesOf = (bytes: number): number => Math.ceil((bytes + 32) / 65_536);

function natives(seen: string[]) {
  return [
    { symbol: 'text', signature: '($)', func: (_: ExecEnv, text: string) => void seen.push(text) },
    { symbol: 'pointer', signature: '(*)', func: (_: ExecEnv, at: GuestPointer) => void seen.push(at.text()) },
    { symbol: 'two', signature: '($$)', func: (_: ExecEnv, a: string, b: string) => void seen.push(a, b) },
  ];
}

modeCases('texts of guests', [
  {
    name: 'are read under the deadline, in pieces, and cost little until then',
    clockStepMs: 1,
    run({ runtime, start }) {
      const seen: string[] = [];
      runtime.registerNatives('h', natives(seen));
      const instance = start(guest(pagesOf(16 * MEGABYTE)), { limits: { timeoutMs: 60 } });
      for (const name of ['text', 'pointer']) {
        for (const byte of [0xff, 0x61]) {
          const spent = startProcessorTime();
          const error = failure(() => instance.lookupFunction(name)!.call(byte, 16 * MEGABYTE));
          expect(error).toMatchObject({ name: 'LimitError', limit: 'timeoutMs' });
          expect(spent()).toBeLessThan(1_500);
        }
      }
      expect(seen).toEqual([]);
    },
  },
  {
    name: 'come whole: a character on the border of two pieces, and bytes that are no UTF-8',
    run({ runtime, start }) {
      const seen: string[] = [];
      runtime.registerNatives('h', natives(seen));
      const instance = start(guest(4), {});
      const u8 = instance.getMemory()!.bytes;
      const call = (name: string): void => void instance.lookupFunction(name)!.call(0, 0);
      for (let before = CHUNK_BYTES - 4; before <= CHUNK_BYTES; before++) {
        const text = `${'x'.repeat(before)}😀é${'y'.repeat(CHUNK_BYTES)}`;
        u8.set(new TextEncoder().encode(`${text}\0`), 16);
        call('text');
        call('pointer');
        expect(seen.splice(0)).toEqual([text, text]);
      }
      u8.fill(0x80, 16, 16 + 2 * CHUNK_BYTES);
      u8[16] = 0x41;
      u8[16 + 2 * CHUNK_BYTES] = 0;
      call('text');
      expect(seen.pop()).toBe(`A${'\ufffd'.repeat(2 * CHUNK_BYTES - 1)}`);
    },
  },
  {
    name: 'that are longer than the bound are a trap, alone or together, and never an error of the host',
    run({ runtime, start }) {
      const seen: string[] = [];
      runtime.registerNatives('h', natives(seen));
      const instance = start(guest(pagesOf(LONGEST_TEXT + 1)));
      const call = (name: string, bytes: number) =>
        failure(() => instance.lookupFunction(name)!.call(0x61, bytes)) as Trap | undefined;
      for (const name of ['text', 'pointer']) {
        const error = call(name, LONGEST_TEXT + 1);
        expect(error).toBeInstanceOf(Trap);
        expect(error).toMatchObject({ id: 'text-too-long', message: expect.stringContaining('33554432 bytes') });
      }
      expect(seen).toEqual([]);
      instance.getMemory()!.bytes.fill(0);
      expect(call('two', LONGEST_TEXT / 2 + 1)).toMatchObject({ id: 'text-too-long' });
      expect(seen).toEqual([]);
      instance.getMemory()!.bytes.fill(0);
      expect(call('two', LONGEST_TEXT / 2)).toBeUndefined();
      expect(seen.map((text) => text.length)).toEqual([LONGEST_TEXT / 2, LONGEST_TEXT / 2]);
    },
  },
  {
    name: 'without an end are out of bounds, as before',
    run({ runtime, start }) {
      runtime.registerNatives('h', natives([]));
      const instance = start(guest(1));
      expect(failure(() => instance.lookupFunction('text')!.call(0x61, 65_520))).toMatchObject({
        id: 'memory-out-of-bounds',
      });
    },
  },
  {
    name: 'of more than a piece count as memory while the native runs',
    run({ runtime, start }) {
      const seen: string[] = [];
      const used: number[] = [];
      runtime.registerNatives('h', [
        ...natives(seen).slice(1),
        { symbol: 'text', signature: '($)', func: (env: ExecEnv) => void used.push(env.instance.budget.used) },
      ]);
      const pages = pagesOf(MEGABYTE);
      const memory = pages * 65_536;
      const instance = start(guest(pages), { limits: { memoryBytes: memory + 2 * MEGABYTE } });
      instance.lookupFunction('text')!.call(0x61, MEGABYTE);
      instance.lookupFunction('text')!.call(0x61, MEGABYTE);
      instance.getMemory()!.bytes.fill(0);
      instance.lookupFunction('text')!.call(0x61, CHUNK_BYTES);
      expect(used).toEqual([memory + 2 * MEGABYTE, memory + 2 * MEGABYTE, memory]);
      expect(instance.usage.memoryBytes).toBe(memory);
      for (const name of ['two', 'pointer']) {
        const tight = start(guest(pages), { limits: { memoryBytes: memory + 2 * MEGABYTE - 1 } });
        const error = failure(() => tight.lookupFunction(name)!.call(0x61, MEGABYTE));
        expect(error).toBeInstanceOf(LimitError);
        expect(error).toMatchObject({ limit: 'memoryBytes' });
        expect(tight.usage.memoryBytes).toBe(memory);
      }
      expect(seen).toEqual([]);
    },
  },
]);

const SUM = `(module (import "h" "two" (func $two (result i32 i32)))
  (func (export "keep") (param i32 i32 externref) (result i32 i32) (local.get 0) (local.get 1))
  (func (export "other") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "twice") (result i32 i32) (call $two)))`;

modeCases('values that run code when they are looked at', [
  {
    name: 'change no argument that stands before them',
    run({ runtime, start }) {
      runtime.registerNatives('h', [{ symbol: 'two', func: () => [0, 0] }]);
      const instance = start(SUM);
      const other = (): unknown => instance.lookupFunction('other')!.call(77, 88);
      const args = Object.defineProperty([1, 2, null], 1, {
        get() {
          other();
          return 2;
        },
      });
      const keep = instance.lookupFunction('keep')!;
      expect(keep.callOn(instance.execEnv, args)).toEqual([1, 2]);
      const proxy = new Proxy(
        {},
        {
          getPrototypeOf() {
            other();
            return null;
          },
        },
      );
      expect(keep.call(1, 2, proxy)).toEqual([1, 2]);
    },
  },
  {
    name: 'change no result of a native that stands before them',
    run({ runtime, start }) {
      const results = Object.defineProperty([1, 2], 1, {
        get() {
          instance.lookupFunction('other')!.call(77, 88);
          return 2;
        },
      });
      runtime.registerNatives('h', [{ symbol: 'two', func: () => results }]);
      const instance = start(SUM);
      expect(instance.lookupFunction('twice')!.call()).toEqual([1, 2]);
    },
  },
  {
    name: 'and throw are an error of this API with the cause',
    run({ runtime, start }) {
      runtime.registerNatives('h', [{ symbol: 'two', func: () => [0, 0] }]);
      const instance = start(SUM);
      const hostile = new Proxy(
        {},
        {
          getPrototypeOf() {
            throw new RangeError('mine');
          },
        },
      );
      const error = failure(() => instance.lookupFunction('keep')!.call(1, 2, hostile));
      expect(error).toBeInstanceOf(UsageError);
      expect(error).toMatchObject({ message: 'keep: argument 2: mine', cause: { message: 'mine' } });
    },
  },
  {
    name: 'errors that a native froze come through as they are',
    run({ runtime, start }) {
      let thrown: unknown;
      runtime.registerNatives('h', [
        {
          symbol: 'two',
          func() {
            throw thrown;
          },
        },
      ]);
      const instance = start(SUM);
      for (const error of [new Trap('custom', [], 'x'), new LimitError('fuel', 1), new UsageError('y')]) {
        thrown = Object.freeze(error);
        expect(failure(() => instance.lookupFunction('twice')!.call())).toBe(error);
      }
    },
  },
]);

modeCases('an app heap', [
  {
    name: 'leaves the maximum that importers see as the module declares it',
    run({ start }) {
      for (const [limits, heapSize] of [
        ['1 2', 65_536],
        ['1 1', 4_096],
        ['1 2 shared', 65_536],
      ] as const) {
        const owner = start(`(module (memory (export "m") ${limits}))`, { heapSize });
        const user = start(
          `(module (import "o" "m" (memory ${limits})) (func (export "size") (result i32) (memory.size)))`,
          { imports: { o: owner } },
        );
        expect(user.lookupFunction('size')!.call()).toEqual([2]);
        user.deinstantiate();
        owner.deinstantiate();
      }
    },
  },
]);
