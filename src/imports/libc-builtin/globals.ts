// The globals that programs of old compilers import: NaN and Infinity. Refuses nothing.
import { F64 } from '../../wasm/types.js';

export const LIBC_BUILTIN_GLOBALS = {
  NaN: { type: F64, value: Number.NaN },
  Infinity: { type: F64, value: Number.POSITIVE_INFINITY },
} as const;
