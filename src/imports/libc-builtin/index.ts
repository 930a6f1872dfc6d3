// WAMR's libc-builtin: C library functions under "env" for programs that were compiled without a libc. 32-bit memories only.
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { print, string } from './guest.js';
import { GuestText, Output, toStandardOutput } from './output.js';
import { printf, snprintf, sprintf } from './printf.js';
import { STDLIB_NATIVES } from './stdlib.js';
import { STRING_NATIVES } from './strings.js';

export { LIBC_BUILTIN_GLOBALS } from './globals.js';

export const LIBC_BUILTIN_NATIVES: readonly NativeSymbol[] = [
  // The variadic functions get a va_list too: compilers for wasm pass one.
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
      const output = new Output(env, toStandardOutput(env));
      output.add(new GuestText(env, from, string(env, from).length));
      output.text('\n');
      return output.end();
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
