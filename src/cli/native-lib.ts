// --native-lib: natives from a JavaScript module, which exports what WAMR's shared libraries export: `get_native_lib()`, which returns
// { moduleName, nativeSymbols }, and if need be `init_native_lib()`, which returns 0 for success, and `deinit_native_lib()`.
// Refuses shared libraries of C: this runtime loads no native code.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { NativeSymbol } from '../entry/embed.js';
import { CliError, EXIT_CANNOT_LOAD } from './cli-error.js';
import type { Io } from './io.js';

export interface NativeLib {
  readonly moduleName: string;
  readonly symbols: readonly NativeSymbol[];
  close(): void;
}

interface Exports {
  get_native_lib?(): { readonly moduleName: string; readonly nativeSymbols: readonly NativeSymbol[] };
  init_native_lib?(): number;
  deinit_native_lib?(): void;
}

/** @throws CliError */
export async function loadNativeLib(path: string, io: Io): Promise<NativeLib> {
  const refuse = (text: string, cause?: unknown): never => {
    throw new CliError(`${path}: ${text}`, EXIT_CANNOT_LOAD, { cause });
  };
  if (/\.(so|dll|dylib)$/.test(path)) {
    return refuse('is a shared library; --native-lib takes a JavaScript module that exports get_native_lib');
  }
  let library: Exports;
  try {
    library = (await io.load(pathToFileURL(resolve(path)).href)) as Exports;
  } catch (error) {
    return refuse(`cannot be loaded: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`, error);
  }
  if (!library.get_native_lib) return refuse('exports no get_native_lib; see docs/cli.md');
  const status = library.init_native_lib?.() ?? 0;
  if (status !== 0) return refuse(`init_native_lib returned ${status}`);
  const { moduleName, nativeSymbols } = library.get_native_lib();
  return { moduleName, symbols: nativeSymbols, close: () => library.deinit_native_lib?.() };
}
