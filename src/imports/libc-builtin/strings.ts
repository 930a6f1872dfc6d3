// C's string and memory functions over a guest's memory. They take and return addresses; 0 is "not found". Refuses nothing by itself: guest.ts checks
// each address.
import type { ExecEnv } from '../../runtime/exec-env.js';
import { indexOfByte } from '../../runtime/guest-memory.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { bytes, copy, fill, pace, string, stringUpTo } from './guest.js';
import { indexOf } from './search.js';

/** The class of each byte. */
const ITSELF = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const LOWER_CASE = ITSELF.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte));

function compare(env: ExecEnv, a: Uint8Array, b: Uint8Array, as = ITSELF): number {
  const shared = Math.min(a.length, b.length);
  const step = pace(env);
  for (let i = 0; i < shared; i++, step()) {
    const difference = as[a[i]!]! - as[b[i]!]!;
    if (difference !== 0) return difference;
  }
  return a.length === b.length ? 0 : a.length > b.length ? as[a[shared]!]! : -as[b[shared]!]!;
}
/** Bytes at the start of `text` that are (or are not) in `set`. */
function span(env: ExecEnv, text: Uint8Array, set: Uint8Array, inside: boolean): number {
  const step = pace(env);
  const goesOn = new Uint8Array(256).fill(inside ? 0 : 1);
  for (let i = 0; i < set.length; i++, step()) goesOn[set[i]!] = inside ? 1 : 0;
  let length = 0;
  for (; length < text.length && goesOn[text[length]!] === 1; length++) step();
  return length;
}
function memcpy(env: ExecEnv, to: number, from: number, length: number): number {
  copy(env, to, from, length);
  return to;
}
function strcpy(env: ExecEnv, to: number, from: number): number {
  return memcpy(env, to, from, string(env, from).length + 1);
}
function strncpy(env: ExecEnv, to: number, from: number, most: number): number {
  const { length } = stringUpTo(env, from, most);
  bytes(env, to, most);
  copy(env, to, from, length);
  fill(env, to + length, 0, (most >>> 0) - length);
  return to;
}
function strdup(env: ExecEnv, from: number): number {
  const length = string(env, from).length + 1;
  const to = env.instance.heap?.malloc(env, length) ?? 0;
  if (to !== 0) copy(env, to, from, length);
  return to;
}

export const STRING_NATIVES: readonly NativeSymbol[] = [
  {
    symbol: 'memcmp',
    signature: '(iii)i',
    func: (env, a: number, b: number, n: number) => compare(env, bytes(env, a, n), bytes(env, b, n)),
  },
  { symbol: 'memcpy', signature: '(iii)i', func: memcpy },
  { symbol: 'memmove', signature: '(iii)i', func: memcpy },
  { symbol: 'emscripten_memcpy_big', signature: '(iii)i', func: memcpy },
  {
    symbol: 'memset',
    signature: '(iii)i',
    func(env, to: number, value: number, n: number) {
      fill(env, to, value, n);
      return to;
    },
  },
  {
    symbol: 'memchr',
    signature: '(iii)i',
    func(env, from: number, value: number, n: number) {
      const at = indexOfByte(env.store.meter, bytes(env, from, n), value & 0xff);
      return at < 0 ? 0 : from + at;
    },
  },
  { symbol: 'strlen', signature: '(i)i', func: (env, from: number) => string(env, from).length },
  {
    symbol: 'strchr',
    signature: '(ii)i',
    func(env, from: number, value: number) {
      const text = string(env, from);
      const at = (value & 0xff) === 0 ? text.length : indexOfByte(env.store.meter, text, value & 0xff);
      return at < 0 ? 0 : from + at;
    },
  },
  {
    symbol: 'strcmp',
    signature: '(ii)i',
    func: (env, a: number, b: number) => compare(env, string(env, a), string(env, b)),
  },
  {
    symbol: 'strncmp',
    signature: '(iii)i',
    func: (env, a: number, b: number, n: number) => compare(env, stringUpTo(env, a, n), stringUpTo(env, b, n)),
  },
  {
    symbol: 'strncasecmp',
    signature: '(iii)i',
    func: (env, a: number, b: number, n: number) =>
      compare(env, stringUpTo(env, a, n), stringUpTo(env, b, n), LOWER_CASE),
  },
  { symbol: 'strcpy', signature: '(ii)i', func: strcpy },
  { symbol: 'strncpy', signature: '(iii)i', func: strncpy },
  {
    symbol: 'strspn',
    signature: '(ii)i',
    func: (env, a: number, set: number) => span(env, string(env, a), string(env, set), true),
  },
  {
    symbol: 'strcspn',
    signature: '(ii)i',
    func: (env, a: number, set: number) => span(env, string(env, a), string(env, set), false),
  },
  {
    symbol: 'strstr',
    signature: '(ii)i',
    func(env, text: number, part: number) {
      const at = indexOf(env, string(env, text), string(env, part));
      return at < 0 ? 0 : text + at;
    },
  },
  { symbol: 'strdup', signature: '(i)i', func: strdup },
  { symbol: '_strdup', signature: '(i)i', func: strdup },
];
