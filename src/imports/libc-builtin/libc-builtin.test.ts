import { describe, expect, test } from 'vitest';
import { testPlatform } from '../../../test/helpers/test-platform.js';
import { assemble } from '../../../test/helpers/wat.js';
import { Runtime } from '../../embed/runtime.js';
import { interpEngine } from '../../engine/interp/interp-engine.js';
import { ALL_LIBRARIES } from '../../entry/libraries.js';
import { Trap } from '../../wasm/errors.js';
import { LIBC_BUILTIN_NATIVES } from './index.js';

const LETTERS: Record<string, string> = { i: 'i32', I: 'i64' };

/** A module that re-exports every native. */
function everything(): string {
  const imports = LIBC_BUILTIN_NATIVES.map(({ symbol, signature }) => {
    const [, params, result] = /^\((\w*)\)(\w?)$/.exec(signature ?? '(i)')!;
    const types = [...params!].map((letter) => LETTERS[letter]).join(' ');
    return `(import "env" "${symbol}" (func (param ${types}) ${result ? `(result ${LETTERS[result]})` : ''}))`;
  });
  const exports = LIBC_BUILTIN_NATIVES.map(({ symbol }, i) => `(export "${symbol}" (func ${i}))`);
  return `(module ${imports.join('\n')} (memory (export "memory") 1) ${exports.join('\n')})`;
}

type Argument = number | bigint | string | { f: number } | { l: bigint };

function setUp() {
  const runtime = Runtime.init({}, { platform: testPlatform(), engines: [interpEngine()], libraries: ALL_LIBRARIES });
  const written: number[] = [];
  const instance = runtime.instantiate(runtime.load(assemble(everything())), {
    heapSize: 4096,
    deterministic: true,
    strictLinking: true,
    wasi: { stdout: (chunk: Uint8Array) => void written.push(...chunk) },
  });
  const { bytes } = instance.getMemory()!;
  let top = 16;
  /** Puts a string into guest memory; returns its address. */
  const put = (text: string): number => {
    const at = top;
    const encoded = new TextEncoder().encode(`${text}\0`);
    bytes.set(encoded, at);
    top = Math.ceil((at + encoded.length) / 8) * 8;
    return at;
  };
  /** A va_list of numbers (i32), bigints (i64), doubles ({ f }) and long doubles ({ l }, their bits). */
  const list = (...args: Argument[]): number => {
    const values = args.map((arg) => (typeof arg === 'string' ? put(arg) : arg));
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const start = top;
    for (const value of values) {
      if (typeof value === 'number') {
        view.setInt32(top, value, true);
        top += 4;
        continue;
      }
      if (typeof value === 'object' && 'l' in value) {
        top = Math.ceil(top / 16) * 16;
        view.setBigUint64(top, value.l & 0xffff_ffff_ffff_ffffn, true);
        view.setBigUint64(top + 8, value.l >> 64n, true);
        top += 16;
        continue;
      }
      top = Math.ceil(top / 8) * 8;
      if (typeof value === 'bigint') view.setBigInt64(top, value, true);
      else view.setFloat64(top, (value as { f: number }).f, true);
      top += 8;
    }
    top = Math.ceil(top / 8) * 8;
    return start;
  };
  const call = (name: string, ...args: unknown[]): number => instance.lookupFunction(name)!.call(...args)[0] as number;
  const read = (at: number): string => new TextDecoder().decode(bytes.subarray(at, bytes.indexOf(0, at)));
  const output = (): string => new TextDecoder().decode(Uint8Array.from(written.splice(0)));
  return { instance, bytes, put, list, call, read, output };
}

describe('printf', () => {
  test.each<[string, Argument[], string]>([
    ['plain 100%%', [], 'plain 100%'],
    ['%d %i %u', [-5, 7, -1], '-5 7 4294967295'],
    ['[%5d|%-5d|%05d|%+d|% d]', [42, 42, 42, 42, 42], '[   42|42   |00042|+42| 42]'],
    ['%.3d %.0d|%5.3d', [7, 0, 7], '007 |  007'],
    ['%x %X %#x %#X %#o %o', [255, 255, 255, 255, 8, 8], 'ff FF 0xff 0XFF 010 10'],
    ['%lld %llu %llx', [-1n, -1n, 0x123456789abcdefn], '-1 18446744073709551615 123456789abcdef'],
    ['%d %lld %d', [1, -2n, 3], '1 -2 3'],
    ['%hhd %hd %hhu', [300, 70_000, -1], '44 4464 255'],
    ['%c%c', [65, 0x142], 'AB'],
    ['%s|%8s|%-8s|%.2s', ['abc', 'abc', 'abc', 'abc'], 'abc|     abc|abc     |ab'],
    ['%p %p %8p', [0x1234, 0, 0], '0x1234 0x0      0x0'],
    // Nothing is special about address 0 of a guest: what lies there is a text like any other.
    ['[%s|%.3s]', [0, 0], '[|]'],
    [
      '%Lf %d %.3Lf %Lg',
      [{ l: 0x3fff_8000n << 96n }, 7, { l: 0xc000_921f_b544_42d1_8469_898c_c517_01b8n }, { l: 1n }],
      '1.500000 7 -3.142 0',
    ],
    [
      '%Lf %Lf %LF %Lg',
      [{ l: 0x7fffn << 112n }, { l: (0xffffn << 112n) | 1n }, { l: 0x7ffe_0000n << 96n }, { l: 0x3ffb_9999n << 96n }],
      'inf nan INF 0.0999994',
    ],
    ['%*d %-*d| %.*f', [5, 1, 4, 2, 2, { f: 3.146 }], '    1 2   | 3.15'],
    ['%f %.0f %.0f %.0f', [{ f: 1.5 }, { f: 0.5 }, { f: 1.5 }, { f: 2.5 }], '1.500000 0 2 2'],
    [
      '%.3f %10.2f %-10.2f| %+.1f',
      [{ f: 2.0005 }, { f: -3.145 }, { f: 1 }, { f: 2 }],
      '2.001      -3.15 1.00      | +2.0',
    ],
    ['%e %.2E %.0e', [{ f: 12_345.678 }, { f: 0.00012 }, { f: 2.5 }], '1.234568e+04 1.20E-04 2e+00'],
    [
      '%g %g %g %g %#g',
      [{ f: 100_000 }, { f: 1e6 }, { f: 0.0001 }, { f: 1.5e-5 }, { f: 1 }],
      '100000 1e+06 0.0001 1.5e-05 1.00000',
    ],
    [
      '%f %F %g %05f',
      [{ f: Number.NaN }, { f: Number.POSITIVE_INFINITY }, { f: Number.NEGATIVE_INFINITY }, { f: Number.NaN }],
      'nan INF -inf   nan',
    ],
    ['%f %g %e', [{ f: -0 }, { f: 0 }, { f: 0 }], '-0.000000 0 0.000000e+00'],
    ['%.1f', [{ f: 1e22 }], '10000000000000000000000.0'],
    ['%.20g', [{ f: 0.1 }], '0.10000000000000000555'],
    ['%k and %', [], '%k and %'],
  ])('%s', (pattern, args, expected) => {
    const { call, put, list, output } = setUp();
    expect(call('printf', put(pattern), list(...args))).toBe(expected.length);
    expect(output()).toBe(expected);
  });

  test('sprintf and snprintf write and cut', () => {
    const { call, put, list, read, bytes } = setUp();
    expect(call('sprintf', 1000, put('%d-%s'), list(12, 'x'))).toBe(4);
    expect(read(1000)).toBe('12-x');
    bytes.fill(0x55, 2000, 2010);
    expect(call('vsnprintf', 2000, 4, put('%s'), list('abcdef'))).toBe(6);
    expect([...bytes.subarray(2000, 2006)]).toEqual([97, 98, 99, 0, 0x55, 0x55]);
    expect(call('snprintf', 0, 0, put('%s'), list('abcdef'))).toBe(6);
  });

  test('what lies out of bounds traps; a field that is too wide is refused', () => {
    const { call, put } = setUp();
    const oob = new Trap('memory-out-of-bounds');
    expect(() => call('printf', put('%d'), 131_070)).toThrow(oob);
    expect(() => call('printf', 131_072, 0)).toThrow(oob);
    expect(() => call('sprintf', 131_071, put('ab'), 0)).toThrow(oob);
    expect(call('printf', put('%99999999d'), 0)).toBe(-1);
    expect(call('printf', put('%.70000f'), 0)).toBe(-1);
  });

  test('puts and putchar', () => {
    const { call, put, output } = setUp();
    call('puts', put('line'));
    call('putchar', 33);
    expect(output()).toBe('line\n!');
  });
});

test('strings', () => {
  const { call, put, read, bytes } = setUp();
  const [abc, abd, empty] = [put('abc'), put('abd'), put('')];
  expect([call('strlen', abc), call('strlen', empty)]).toEqual([3, 0]);
  expect([call('strcmp', abc, abd), call('strcmp', abd, abc), call('strcmp', abc, abc)]).toEqual([-1, 1, 0]);
  expect([call('strncmp', abc, abd, 2), call('strncmp', abc, abd, 3), call('strncmp', abc, empty, 5)]).toEqual([
    0, -1, 97,
  ]);
  expect(call('strncasecmp', put('HeLLo'), put('hEllO!'), 5)).toBe(0);
  expect([call('strchr', abc, 98), call('strchr', abc, 0), call('strchr', abc, 120)]).toEqual([abc + 1, abc + 3, 0]);
  expect([call('strspn', put('aabbc'), put('ab')), call('strcspn', put('xyz,'), put(',;'))]).toEqual([4, 3]);
  const text = put('one two three');
  expect([call('strstr', text, put('two')), call('strstr', text, empty), call('strstr', text, put('four'))]).toEqual([
    text + 4,
    text,
    0,
  ]);
  expect(call('strcpy', 3000, text)).toBe(3000);
  expect(read(3000)).toBe('one two three');
  bytes.fill(0x55, 3100, 3110);
  call('strncpy', 3100, abc, 6);
  expect([...bytes.subarray(3100, 3107)]).toEqual([97, 98, 99, 0, 0, 0, 0x55]);
  expect(call('memcmp', abc, abd, 3)).toBe(-1);
  call('memmove', 3001, 3000, 5);
  expect(read(3000).slice(0, 6)).toBe('oone t');
  call('memset', 3000, 0x141, 3);
  expect(read(3000).slice(0, 3)).toBe('AAA');
  expect([call('memchr', text, 116, 13), call('memchr', text, 113, 13)]).toEqual([text + 4, 0]);
  expect(() => call('memcpy', 131_066, 0, 7)).toThrow(new Trap('memory-out-of-bounds'));
  expect(() => call('memset', 0, 0, -1)).toThrow(new Trap('memory-out-of-bounds'));
});

test('allocation', () => {
  const { call, put, read, bytes } = setUp();
  const a = call('malloc', 100);
  expect(a).toBeGreaterThan(65_536);
  const copy = call('strdup', put('copied'));
  expect(read(copy)).toBe('copied');
  bytes.fill(7, a, a + 100);
  call('free', a);
  const zeroed = call('calloc', 10, 10);
  expect(bytes.subarray(zeroed, zeroed + 100).every((byte) => byte === 0)).toBe(true);
  expect(call('calloc', 65_536, 65_537)).toBe(0);
  const larger = call('realloc', copy, 50);
  expect(read(larger)).toBe('copied');
  expect(call('malloc', 1_000_000)).toBe(0);
  expect(() => call('free', larger + 8)).toThrow(/app heap corrupted/);
});

test('numbers', () => {
  const { call, put, bytes } = setUp();
  const end = 4000;
  const rest = (): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(end, true);
  expect([call('atoi', put(' -42x')), call('atoi', put('x')), call('atoi', put('99999999999'))]).toEqual([
    -42, 0, 2147483647,
  ]);
  const hex = put('0x1fZ');
  expect([call('strtol', hex, end, 0), rest() - hex]).toEqual([31, 4]);
  const octal = put('0779');
  expect([call('strtol', octal, end, 0), rest() - octal]).toEqual([0o77, 3]);
  const none = put('  q');
  expect([call('strtoul', none, end, 10), rest() - none]).toEqual([0, 0]);
  expect([call('strtoul', put('4294967295'), 0, 10), call('strtoul', put('5000000000'), 0, 10)]).toEqual([-1, -1]);
  expect(call('strtol', put('-9999999999'), 0, 10)).toBe(-2147483648);
  expect(call('strtol', put('zz'), 0, 36)).toBe(35 * 36 + 35);
});

test('classes of characters', () => {
  const { call } = setUp();
  const is = (name: string): string =>
    Array.from({ length: 128 }, (_, c) => (call(name, c) ? String.fromCharCode(c) : '')).join('');
  expect(is('isdigit')).toBe('0123456789');
  expect(is('isxdigit')).toBe('0123456789ABCDEFabcdef');
  expect(is('isspace')).toBe('\t\n\v\f\r ');
  expect(is('isupper').length).toBe(26);
  expect([is('isalpha').length, is('isalnum').length, is('isgraph').length, is('isprint').length]).toEqual([
    52, 62, 94, 95,
  ]);
  expect([call('tolower', 65), call('toupper', 98), call('tolower', 48)]).toEqual([97, 66, 48]);
});

test("ends are traps with WAMR's texts; clocks are fixed in a deterministic instance", () => {
  const { call, instance, bytes } = setUp();
  expect(() => call('exit', 3)).toThrow('env.exit(3)');
  expect(instance.getException()).toBe('Exception: env.exit(3)');
  expect(() => call('abort', -1)).toThrow('env.abort(-1)');
  expect(() => call('__cxa_throw', 1, 2, 3)).toThrow('exception thrown by stdc++');
  expect(call('clock_gettime', 0, 5000)).toBe(0);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  expect([view.getBigInt64(5000, true), view.getInt32(5008, true)]).toEqual([946_684_800n, 1000]);
  expect(typeof call('clock')).toBe('bigint');
});
