// C's string and memory functions over a guest's memory. Addresses in, addresses out; 0 is "not found".
import type { ExecEnv } from '../../runtime/exec-env.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { bytes, string, stringUpTo } from './guest.js';

function compare(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length === b.length ? 0 : a.length > b.length ? a[shared]! : -b[shared]!;
}
function lower(text: Uint8Array): Uint8Array {
  return text.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte));
}
/** Bytes at the start of `text` that are (or are not) in `set`. */
function span(text: Uint8Array, set: Uint8Array, inside: boolean): number {
  let length = 0;
  while (length < text.length && set.includes(text[length]!) === inside) length++;
  return length;
}
function indexOf(text: Uint8Array, part: Uint8Array): number {
  for (let at = 0; at + part.length <= text.length; at++) {
    if (compare(text.subarray(at, at + part.length), part) === 0) return at;
    const next = part.length > 0 ? text.indexOf(part[0]!, at + 1) : -1;
    if (next < 0) return -1;
    at = next - 1;
  }
  return -1;
}
function copy(env: ExecEnv, to: number, from: number, length: number): number {
  bytes(env, to, length).set(bytes(env, from, length));
  return to;
}
function strcpy(env: ExecEnv, to: number, from: number): number {
  return copy(env, to, from, string(env, from).length + 1);
}
function strncpy(env: ExecEnv, to: number, from: number, most: number): number {
  const text = stringUpTo(env, from, most).slice();
  const target = bytes(env, to, most);
  target.fill(0);
  target.set(text);
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
    func: (env, a: number, b: number, n: number) => compare(bytes(env, a, n), bytes(env, b, n)),
  },
  { symbol: 'memcpy', signature: '(iii)i', func: copy },
  { symbol: 'memmove', signature: '(iii)i', func: copy },
  { symbol: 'emscripten_memcpy_big', signature: '(iii)i', func: copy },
  {
    symbol: 'memset',
    signature: '(iii)i',
    func(env, to: number, value: number, n: number) {
      bytes(env, to, n).fill(value);
      return to;
    },
  },
  {
    symbol: 'memchr',
    signature: '(iii)i',
    func(env, from: number, value: number, n: number) {
      const at = bytes(env, from, n).indexOf(value & 0xff);
      return at < 0 ? 0 : from + at;
    },
  },
  { symbol: 'strlen', signature: '(i)i', func: (env, from: number) => string(env, from).length },
  {
    symbol: 'strchr',
    signature: '(ii)i',
    func(env, from: number, value: number) {
      const text = string(env, from);
      const at = (value & 0xff) === 0 ? text.length : text.indexOf(value & 0xff);
      return at < 0 ? 0 : from + at;
    },
  },
  {
    symbol: 'strcmp',
    signature: '(ii)i',
    func: (env, a: number, b: number) => compare(string(env, a), string(env, b)),
  },
  {
    symbol: 'strncmp',
    signature: '(iii)i',
    func: (env, a: number, b: number, n: number) => compare(stringUpTo(env, a, n), stringUpTo(env, b, n)),
  },
  {
    symbol: 'strncasecmp',
    signature: '(iii)i',
    func: (env, a: number, b: number, n: number) => compare(lower(stringUpTo(env, a, n)), lower(stringUpTo(env, b, n))),
  },
  { symbol: 'strcpy', signature: '(ii)i', func: strcpy },
  { symbol: 'strncpy', signature: '(iii)i', func: strncpy },
  {
    symbol: 'strspn',
    signature: '(ii)i',
    func: (env, a: number, set: number) => span(string(env, a), string(env, set), true),
  },
  {
    symbol: 'strcspn',
    signature: '(ii)i',
    func: (env, a: number, set: number) => span(string(env, a), string(env, set), false),
  },
  {
    symbol: 'strstr',
    signature: '(ii)i',
    func(env, text: number, part: number) {
      const at = indexOf(string(env, text), string(env, part));
      return at < 0 ? 0 : text + at;
    },
  },
  { symbol: 'strdup', signature: '(i)i', func: strdup },
  { symbol: '_strdup', signature: '(i)i', func: strdup },
];
