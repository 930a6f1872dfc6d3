// wasi-threads: `wasi.thread-spawn`, and which modules want it. Refuses, with -1 as the ABI says, where there is no room, no export to run, or no threads.
import type { ExecEnv } from '../../runtime/exec-env.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';

interface Imports {
  readonly imports: readonly { readonly module: string; readonly name: string }[];
}

const MODULE = 'wasi';
const SPAWN = 'thread-spawn';

/** Whether the guest may start threads. */
export function spawnsThreads({ imports }: Imports): boolean {
  return imports.some(({ module, name }) => module === MODULE && name === SPAWN);
}

export const WASI_THREADS_NATIVES: Readonly<Record<string, readonly NativeSymbol[]>> = {
  [MODULE]: [
    {
      symbol: SPAWN,
      signature: '(i)i',
      func: (env: ExecEnv, argument: number) => env.instance.threads?.spawn(env, argument) ?? -1,
    },
  ],
};
