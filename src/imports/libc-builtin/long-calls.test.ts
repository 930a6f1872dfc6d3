// Calls that could take long: they look at the clock on their way, and give what simple versions of them give.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { startProcessorTime } from '../../../test/helpers/processor-time.js';
import { testPlatform } from '../../../test/helpers/test-platform.js';
import { assemble } from '../../../test/helpers/wat.js';
import { Runtime } from '../../embed/runtime.js';
import { interpEngine } from '../../engine/interp/interp-engine.js';
import { hostEngine } from '../../engine/native/native-engine.js';
import { ALL_LIBRARIES } from '../../entry/libraries.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import { LIBC_BUILTIN_NATIVES } from './index.js';
import { indexOf } from './search.js';

/** 4 MiB, 64 pieces between two looks. */
const PAGES = 64;
const HALF = 0x20_0000;
/** A function of each native, because calls of an export that is an import itself are not the guest's. `c_`: malloc and free under
 * their own names would be the heap's. */
const MODULE = assemble(`(module
  ${LIBC_BUILTIN_NATIVES.map(({ symbol, signature }) => {
    const [, params, result] = /^\((\w*)\)(\w?)$/.exec(signature ?? '(i)')!;
    return `(import "env" "${symbol}" (func $${symbol} ${types('param', params!)} ${types('result', result!)}))`;
  }).join('\n')}
  (memory (export "memory") ${PAGES})
  ${LIBC_BUILTIN_NATIVES.map(({ symbol, signature }) => {
    const [, params, result] = /^\((\w*)\)(\w?)$/.exec(signature ?? '(i)')!;
    const gets = [...params!].map((_, k) => `local.get ${k}`).join(' ');
    return `(func (export "c_${symbol}") ${types('param', params!)} ${types('result', result!)} ${gets} call $${symbol})`;
  }).join('\n')})`);

function types(what: string, letters: string): string {
  return [...letters].map((letter) => `(${what} ${letter === 'I' ? 'i64' : 'i32'})`).join(' ');
}

function setUp(options: { now?: () => number; timeoutMs?: number; mode?: 'interp' | 'host' } = {}) {
  const platform = testPlatform();
  if (options.now) platform.monotonicNow = options.now;
  const engines = [interpEngine(), hostEngine()].filter(({ mode }) => mode === (options.mode ?? 'interp'));
  const runtime = Runtime.init({}, { platform, engines, libraries: ALL_LIBRARIES });
  const chunks: Uint8Array[] = [];
  const instance = runtime.instantiate(runtime.load(MODULE), {
    heapSize: 3 << 20,
    limits: options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs },
    wasi: { stdout: (chunk: Uint8Array) => void chunks.push(chunk) },
  });
  const { bytes } = instance.getMemory()!;
  const call = (name: string, ...args: number[]): number =>
    instance.lookupFunction(`c_${name}`)!.call(...args)[0] as number;
  const put = (at: number, text: string | number[]): void => {
    bytes.set(typeof text === 'string' ? new TextEncoder().encode(`${text}\0`) : [...text, 0], at);
  };
  return { bytes, call, put, chunks };
}
type Guest = ReturnType<typeof setUp>;

/** Two megabytes of one letter each, with a NUL between them and one after. */
function letters({ bytes }: Guest): void {
  bytes.fill(97, 1, 2 * HALF - 1);
  bytes[HALF] = 0;
  bytes[2 * HALF - 1] = 0;
}

describe.each(['interp', 'host'] as const)('mode %s looks at the clock in', (mode) => {
  const A = 1;
  const B = HALF + 1;
  const N = HALF - 10;
  test.each<[name: string, args: number[], prepare?: (bytes: Uint8Array) => void]>([
    ['strlen', [A]],
    ['strchr', [A, 98]],
    ['memchr', [A, 98, N]],
    ['strcmp', [A, B]],
    ['strncmp', [A, B, N]],
    ['strncasecmp', [A, B, N]],
    ['memcmp', [A, B, N]],
    ['memcpy', [A, B, N]],
    ['memmove', [A + 9, A, N]],
    ['memset', [A, 1, N]],
    ['strcpy', [B, A]],
    ['strncpy', [B, A, N]],
    ['strspn', [A, B]],
    ['strcspn', [A, B]],
    ['strstr', [A, B]],
    ['strdup', [A]],
    ['calloc', [1, N]],
    ['puts', [A]],
    ['printf', [A, 0]],
    ['snprintf', [0, 0, A, 0]],
    ['atoi', [A], (bytes) => bytes.fill(48, A, HALF)],
    ['strtol', [A, 0, 10], (bytes) => bytes.fill(32, A, HALF)],
    ['strtoul', [A, 0, 10], (bytes) => bytes.fill(49, A, HALF)],
    ['sprintf', [B, A, 0], (bytes) => bytes.fill(45, A + 1, HALF).fill(37, A, A + 1)],
    ['vprintf', [A, 0], (bytes) => bytes.fill(104, A + 1, HALF).fill(37, A, A + 1)],
  ])('%s', (name, args, prepare) => {
    // Each look takes a millisecond.
    let now = 0;
    const guest = setUp({ mode, timeoutMs: 15, now: () => now++ });
    letters(guest);
    prepare?.(guest.bytes);
    const looks = now;
    expect(() => guest.call(name, ...args)).toThrow('limit timeoutMs reached (15)');
    expect(now - looks).toBeLessThan(40);
  });
});

test('strstr takes linear time', () => {
  const guest = setUp();
  letters(guest);
  guest.bytes[HALF + 500_000] = 98;
  guest.bytes[HALF + 500_001] = 0;
  const spent = startProcessorTime();
  expect(guest.call('strstr', 1, HALF + 1)).toBe(0);
  guest.bytes[HALF - 1] = 98;
  expect(guest.call('strstr', 1, HALF + 1)).toBe(HALF - 500_000);
  expect(spent()).toBeLessThan(1_500);
});

test('long copies, fills and texts are whole', () => {
  const guest = setUp();
  const { bytes, call, put, chunks } = guest;
  const length = 300_001;
  const text = Uint8Array.from({ length }, (_, i) => 1 + (i % 251));
  for (const distance of [-1, 1, -70_000, 70_000]) {
    bytes.set(text, HALF);
    call('memmove', HALF + distance, HALF, length);
    expect(Buffer.compare(bytes.subarray(HALF + distance, HALF + distance + length), text)).toBe(0);
  }
  bytes.set(text, HALF);
  bytes[HALF + length] = 0;
  call('strncpy', 1000, HALF, length + 100_000);
  expect(call('strlen', 1000)).toBe(length);
  expect(bytes.subarray(1000 + length, 1000 + length + 100_000).every((byte) => byte === 0)).toBe(true);
  put(8, '<%s>');
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(16, HALF, true);
  expect(call('snprintf', 1000, 200_000, 8, 16)).toBe(length + 2);
  expect(call('strlen', 1000)).toBe(199_999);
  expect(Buffer.compare(bytes.subarray(1001, 1000 + 199_999), text.subarray(0, 199_998))).toBe(0);
  expect(call('printf', 8, 16)).toBe(length + 2);
  expect(Buffer.concat(chunks.splice(0)).equals(Buffer.concat([Buffer.of(60), text, Buffer.of(62)]))).toBe(true);
  expect(call('puts', HALF)).toBe(length + 1);
  expect(Buffer.concat(chunks).equals(Buffer.concat([text, Buffer.of(10)]))).toBe(true);
});

test('a text longer than an int can say is -1, and soon', () => {
  const { bytes, call } = setUp();
  // 4000 strings of a megabyte.
  bytes.fill(97, HALF, HALF + 0x10_0000);
  bytes.set(new TextEncoder().encode('%s'.repeat(4_000)), 0x10_0000);
  new Int32Array(bytes.buffer, bytes.byteOffset, 4_000).fill(HALF);
  expect(call('snprintf', 0, 0, 0x10_0000, 0)).toBe(-1);
});

test('strings as simple versions find them', () => {
  const { call, put } = setUp();
  const short = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'B', 'c'), maxLength: 12 });
  const [A, B] = [16, 64];
  fc.assert(
    fc.property(short, short, fc.nat(14), (a, b, n) => {
      put(A, a);
      put(B, b);
      const found = a.indexOf(b);
      expect(call('strstr', A, B)).toBe(found < 0 ? 0 : A + found);
      const outside = [...a].findIndex((char) => !b.includes(char));
      expect(call('strspn', A, B)).toBe(outside < 0 ? a.length : outside);
      const inside = [...a].findIndex((char) => b.includes(char));
      expect(call('strcspn', A, B)).toBe(inside < 0 ? a.length : inside);
      expect(call('strncasecmp', A, B, n)).toBe(difference(a.slice(0, n).toLowerCase(), b.slice(0, n).toLowerCase()));
      expect(call('strncmp', A, B, n)).toBe(difference(a.slice(0, n), b.slice(0, n)));
      expect(call('strcmp', A, B)).toBe(difference(a, b));
    }),
    { numRuns: 1_000 },
  );
});

/** Of the first bytes that differ; a NUL ends each text. */
function difference(a: string, b: string): number {
  for (let i = 0; i <= a.length; i++) {
    const [x, y] = [a.charCodeAt(i) || 0, b.charCodeAt(i) || 0];
    if (x !== y) return x - y;
  }
  return 0;
}

test('the search finds every part of two letters in every text of eleven', () => {
  const env = { store: { meter: { check() {} } } } as unknown as ExecEnv;
  const words = (length: number): string[] =>
    Array.from({ length: 2 ** length }, (_, bits) => bits.toString(2).padStart(length, '0'));
  const encoder = new TextEncoder();
  const parts = [1, 2, 3, 4, 5, 6].flatMap(words).map((part) => ({ part, bytes: encoder.encode(part) }));
  const wrong: string[] = [];
  for (const text of words(11)) {
    const bytes = encoder.encode(text);
    for (const one of parts) {
      if (indexOf(env, bytes, one.bytes) !== text.indexOf(one.part)) wrong.push(`${one.part} in ${text}`);
    }
  }
  expect(wrong).toEqual([]);
});
