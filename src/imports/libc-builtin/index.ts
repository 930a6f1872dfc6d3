// WAMR's libc-builtin: C library functions under "env" for programs that were compiled without a libc. 32-bit memories only.
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { print, string } from './guest.js';
import { printf, snprintf, sprintf } from './printf.js';
import { STDLIB_NATIVES } from './stdlib.js';
import { STRING_NATIVES } from './strings.js';

export { LIBC_BUILTIN_GLOBALS } from './globals.js';

const NEWLINE = 10;

export const LIBC_BUILTIN_NATIVES: readonly NativeSymbol[] = [
  // The variadic forms get a va_list too: compilers for wasm pass one.
  { symbol: 'printf', signature: '(ii)i', func: printf },
  { symbol: 'vprintf', signature: '(ii)i', func: printf },
  { symbol: 'sprintf', signature: '(iii)i', func: sprintf },
  { symbol: 'vsprintf', signature: '(iii)i', func: sprintf },
  { symbol: 'snprintf', signature: '(iiii)i', func: snprintf },
  { symbol: 'vsnprintf', signature: '(iiii)i', func: snprintf },
  {
    symbol: 'puts',
    signature: '(i)i',
    func(env, from: number) {
      const text = string(env, from);
      const line = new Uint8Array(text.length + 1);
      line.set(text);
      line[text.length] = NEWLINE;
      print(env, line);
      return line.length;
    },
  },
  {
    symbol: 'putchar',
    signature: '(i)i',
    func(env, char: number) {
      print(env, Uint8Array.of(char));
      return 1;
    },
  },
  ...STRING_NATIVES,
  ...STDLIB_NATIVES,
];
