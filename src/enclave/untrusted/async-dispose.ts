// The name of the method that `await using` calls, also on hosts that do not know it themselves (compilers that write it out fall back to
// the same one). Refuses nothing.
// So that programs which compile against this package need no newer library than es2022.
/// <reference lib="esnext.disposable" preserve="true" />
export const asyncDispose: typeof Symbol.asyncDispose =
  (Symbol as { asyncDispose?: typeof Symbol.asyncDispose }).asyncDispose ??
  (Symbol.for('Symbol.asyncDispose') as typeof Symbol.asyncDispose);
