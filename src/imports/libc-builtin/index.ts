// WAMR's libc-builtin: C library functions under "env" for programs that were compiled without a libc.
import type { NativeSymbol } from '../../runtime/native-symbol.js';

export { LIBC_BUILTIN_GLOBALS } from './globals.js';

export const LIBC_BUILTIN_NATIVES: readonly NativeSymbol[] = [];
