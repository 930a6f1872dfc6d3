// The one shape of every WASI call: check the guest's pointers, get the descriptor with the rights it needs, do one operation, write the results,
// return an errno. A FileError of a check or a file system becomes that errno; every other exception is rethrown.

import type { ExecEnv } from '../../../runtime/exec-env.js';
import type { CALL_AGAIN } from '../../../runtime/function.js';
import { I32, I64, type ValType } from '../../../wasm/types.js';
import type { Dialect } from '../memory-layout.js';
import type { WasiState } from '../state.js';

/**
 * @param a the argument words: argument k is word 4k, its high half word 4k+1. A call reads all of them first: a callback may run the guest, which
 * overwrites them with other calls' words.
 * @returns an errno; a promise of one, or of the wish to be called once more, only where `env.canAwait`
 */
export type Run = (
  wasi: WasiState,
  env: ExecEnv,
  a: Int32Array,
  dialect: Dialect,
) => number | Promise<number | typeof CALL_AGAIN>;

export interface Call {
  readonly params: readonly ValType[];
  readonly run: Run;
}

const TYPES: Readonly<Record<string, ValType>> = { i: I32, I: I64 };

/** @param params one letter for each parameter: i for i32, I for i64 */
export function call(params: string, run: Run): Call {
  return { params: [...params].map((letter) => TYPES[letter]!), run };
}
