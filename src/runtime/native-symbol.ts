// The declaration that an embedder writes for each native function: WAMR's NativeSymbol. Types only.
import type { ExecEnv } from './exec-env.js';
import type { Slots } from './slots.js';

/**
 * A native function. It gets the exec env and one argument per letter of its signature (a `*~` pair gives one).
 * Without a signature it gets one argument per wasm parameter, as numbers, bigints and references.
 * It returns the result, an array if there are several, a promise if it is async.
 */
export type NativeFunction = (env: ExecEnv, ...args: never[]) => unknown;

/** A raw native function. It reads its arguments from slots 0 and up and leaves its results there. */
export type RawNativeFunction = (env: ExecEnv, slots: Slots) => void | Promise<void>;

/** What every native function declares, however it takes its arguments. */
export interface NativeSymbolCommon {
  /** The name of the import; a leading '_' of the import may be omitted here. */
  readonly symbol: string;
  /** WAMR's notation, see docs/embedding.md: `(ii*~$)i`. If absent, nothing is checked or converted. */
  readonly signature?: string | undefined;
  /** The value of `env.attachment` during the call. */
  readonly attachment?: unknown;
  /** The function returns a promise: only callAsync, in a mode that can wait, runs it. */
  readonly async?: boolean | undefined;
}
/** One native function of a table: WAMR's `NativeSymbol`. */
export type NativeSymbol =
  | (NativeSymbolCommon & { readonly raw?: false | undefined; readonly func: NativeFunction })
  | (NativeSymbolCommon & { readonly raw: true; readonly func: RawNativeFunction });
