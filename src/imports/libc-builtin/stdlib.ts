// C's allocation, conversion, character classes, time and program ends. A program's end is a trap with WAMR's text: "env.exit(3)". Refuses nothing
// else.
import type { ExecEnv } from '../../runtime/exec-env.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { Trap } from '../../wasm/errors.js';
import { abort } from './abort.js';
import { bytes, fill, pace, string } from './guest.js';

const LONG_MAX = 0x7fff_ffff;
const ULONG_MAX = 0xffff_ffff;

function malloc(env: ExecEnv, size: number): number {
  return env.instance.heap?.malloc(env, size >>> 0) ?? 0;
}
function calloc(env: ExecEnv, count: number, size: number): number {
  const total = (count >>> 0) * (size >>> 0);
  const address = total > ULONG_MAX ? 0 : malloc(env, total);
  if (address !== 0) fill(env, address, 0, total);
  return address;
}
function end(text: string): never {
  throw new Trap('custom', [], text);
}

interface Parsed {
  readonly negative: boolean;
  readonly magnitude: number;
  /** The number of bytes read; 0: there is no number. */
  readonly length: number;
}

/** Parses the number at the start of a text: spaces, sign, 0x or 0, digits of the base. */
function parseNumber(env: ExecEnv, text: Uint8Array, base: number): Parsed {
  const step = pace(env);
  let at = 0;
  for (; at < text.length && (text[at] === 0x20 || (text[at]! >= 9 && text[at]! <= 13)); at++) step();
  const negative = text[at] === 0x2d;
  if (negative || text[at] === 0x2b) at++;
  const isHex = text[at] === 0x30 && (text[at + 1]! | 0x20) === 0x78 && digitOf(text[at + 2]) < 16;
  let radix = base;
  if (radix === 0) radix = isHex ? 16 : text[at] === 0x30 ? 8 : 10;
  if (radix === 16 && isHex) at += 2;
  const first = at;
  let magnitude = 0;
  for (; digitOf(text[at]) < radix; at++, step()) magnitude = magnitude * radix + digitOf(text[at]);
  return { negative, magnitude, length: at === first ? 0 : at };
}
function digitOf(byte: number | undefined): number {
  if (byte === undefined) return 99;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x7a ? letter - 0x57 : 99;
}

function convert(env: ExecEnv, from: number, endAddress: number, base: number): Parsed {
  const usable = base === 0 || (base >= 2 && base <= 36);
  const parsed = usable ? parseNumber(env, string(env, from), base) : { negative: false, magnitude: 0, length: 0 };
  if (endAddress !== 0) {
    const place = bytes(env, endAddress, 4);
    new DataView(place.buffer, place.byteOffset, 4).setUint32(0, (from >>> 0) + parsed.length, true);
  }
  return parsed;
}
function toLong({ negative, magnitude }: Parsed): number {
  return negative ? Math.max(-magnitude, -LONG_MAX - 1) : Math.min(magnitude, LONG_MAX);
}
function toUnsignedLong({ negative, magnitude }: Parsed): number {
  return magnitude > ULONG_MAX ? ULONG_MAX : negative ? -magnitude : magnitude;
}

const CLASSES: Readonly<Record<string, (byte: number) => boolean>> = {
  isupper: (c) => c >= 0x41 && c <= 0x5a,
  isalpha: (c) => (c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a,
  isspace: (c) => c === 0x20 || (c >= 9 && c <= 13),
  isgraph: (c) => c > 0x20 && c < 0x7f,
  isprint: (c) => c >= 0x20 && c < 0x7f,
  isdigit: (c) => c >= 0x30 && c <= 0x39,
  isxdigit: (c) => (c >= 0x30 && c <= 0x39) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x66),
  isalnum: (c) => (c >= 0x30 && c <= 0x39) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a),
};

/** struct timespec of wasm32: 64-bit seconds, 32-bit nanoseconds. */
function clockGettime(env: ExecEnv, clock: number, to: number): number {
  const { platform } = env.instance;
  const now = clock === 0 ? platform.realtimeNow() : BigInt(Math.floor(platform.monotonicNow() * 1e6));
  const place = bytes(env, to, 12);
  const view = new DataView(place.buffer, place.byteOffset, 12);
  view.setBigInt64(0, now / 1_000_000_000n, true);
  view.setInt32(8, Number(now % 1_000_000_000n), true);
  return 0;
}

export const STDLIB_NATIVES: readonly NativeSymbol[] = [
  { symbol: 'malloc', signature: '(i)i', func: malloc },
  { symbol: 'calloc', signature: '(ii)i', func: calloc },
  {
    symbol: 'realloc',
    signature: '(ii)i',
    func: (env, address: number, size: number) => env.instance.heap?.realloc(env, address >>> 0, size >>> 0) ?? 0,
  },
  { symbol: 'free', signature: '(i)', func: (env, address: number) => env.instance.heap?.free(env, address >>> 0) },
  { symbol: 'atoi', signature: '(i)i', func: (env, from: number) => toLong(parseNumber(env, string(env, from), 10)) },
  {
    symbol: 'strtol',
    signature: '(iii)i',
    func: (env, from: number, endAddress: number, base: number) => toLong(convert(env, from, endAddress, base)),
  },
  {
    symbol: 'strtoul',
    signature: '(iii)i',
    func: (env, from: number, endAddress: number, base: number) => toUnsignedLong(convert(env, from, endAddress, base)),
  },
  ...Object.entries(CLASSES).map(
    ([symbol, is]): NativeSymbol => ({ symbol, signature: '(i)i', func: (_env, c: number) => (is(c) ? 1 : 0) }),
  ),
  {
    symbol: 'tolower',
    signature: '(i)i',
    func: (_env, c: number) => (c >= 0x41 && c <= 0x5a ? c + 32 : c),
  },
  {
    symbol: 'toupper',
    signature: '(i)i',
    func: (_env, c: number) => (c >= 0x61 && c <= 0x7a ? c - 32 : c),
  },
  { symbol: 'exit', signature: '(i)', func: (_env, code: number) => end(`env.exit(${code})`) },
  // A guest may import it with any function type.
  { symbol: 'abort', func: abort },
  {
    symbol: 'abortStackOverflow',
    signature: '(i)',
    func: (_env, code: number) => end(`env.abortStackOverflow(${code})`),
  },
  { symbol: 'nullFunc_X', signature: '(i)', func: (_env, code: number) => end(`env.nullFunc_X(${code})`) },
  { symbol: '__cxa_allocate_exception', signature: '(i)i', func: malloc },
  { symbol: '__cxa_begin_catch', signature: '(i)', func: () => undefined },
  { symbol: '__cxa_throw', signature: '(iii)', func: () => end('exception thrown by stdc++') },
  { symbol: 'clock_gettime', signature: '(ii)i', func: clockGettime },
  {
    symbol: 'clock',
    signature: '()I',
    func: (env) => BigInt(Math.floor(env.instance.platform.monotonicNow() * 1000)),
  },
];
