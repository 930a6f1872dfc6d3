// What an embedder writes down for each native function: WAMR's NativeSymbol. Types only.
import type { ExecEnv } from './exec-env.js';
import type { Slots } from './slots.js';

/**
 * A native: gets the exec env and one argument per letter of its signature (a `*~` pair gives one).
 * Without a signature: one argument per wasm parameter, as numbers, bigints and references.
 * Returns the result, an array where there are several, a promise where the native is async.
 */
export type NativeFunction = (env: ExecEnv, ...args: never[]) => unknown;

/** A raw native: reads its arguments from slots 0.., leaves its results there. */
export type RawNativeFunction = (env: ExecEnv, slots: Slots) => void | Promise<void>;

/** What every native has, however it takes its arguments. */
export interface NativeSymbolCommon {
  /** Name of the import; a leading '_' of the import may be missing here. */
  readonly symbol: string;
  /** WAMR's notation, see docs/embedding.md: `(ii*~$)i`. Absent: no check and no conversion. */
  readonly signature?: string | undefined;
  /** `env.attachment` during the call. */
  readonly attachment?: unknown;
  /** It returns a promise: only callAsync, in a mode that can wait, runs it. */
  readonly async?: boolean | undefined;
}
/** One native function of a table: WAMR's `NativeSymbol`. */
export type NativeSymbol =
  | (NativeSymbolCommon & { readonly raw?: false | undefined; readonly func: NativeFunction })
  | (NativeSymbolCommon & { readonly raw: true; readonly func: RawNativeFunction });
