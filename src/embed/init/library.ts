// The libraries of a runtime, from which its guests import. The embedder chooses them, so that a bundle contains only the ones that are used.
// Refuses nothing: an import that no library has stays unlinked.
import type { createWasi, standardOutputOf, wasiImport } from '../../imports/wasi/index.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import type { WasmValue } from '../../runtime/value.js';
import type { parallelThreadsOf, threadsOf, whyNotInWorkers } from '../../threads/index.js';
import type { MemoryType, TableType, ValType } from '../../wasm/types.js';

/** Globals, tables and memories of one module name. Each is made when it is first imported. */
export interface LibraryExterns {
  /** Immutable globals with their values, by name. */
  readonly globals?: Readonly<Record<string, { readonly type: ValType; readonly value: WasmValue }>>;
  /** The types of tables, by name. */
  readonly tables?: Readonly<Record<string, TableType>>;
  /** The types of memories, by name. */
  readonly memories?: Readonly<Record<string, MemoryType>>;
}

/** One library; a runtime takes several. */
export interface Library {
  /** Natives, by the module name that guests import from. */
  readonly natives?: Readonly<Record<string, readonly NativeSymbol[]>>;
  /** Globals, tables and memories, by the module name that guests import from. */
  readonly externs?: Readonly<Record<string, LibraryExterns>>;
  /** WASI preview 1, which has a state for each guest. @internal */
  readonly wasi?: WasiLibrary;
  /** Threads of guests. @internal */
  readonly threads?: ThreadLibrary;
}

export interface ThreadLibrary {
  /** Whether a module's guest may start some. */
  wants(module: { readonly imports: readonly { readonly module: string; readonly name: string }[] }): boolean;
  /** In turn on this JavaScript thread. */
  readonly create: typeof threadsOf;
  /** Each in a worker. */
  readonly createParallel: typeof parallelThreadsOf;
  /** Why the module's threads cannot run so; undefined: they can. */
  readonly whyNotInWorkers: typeof whyNotInWorkers;
}

export interface WasiLibrary {
  readonly create: typeof createWasi;
  readonly importOf: typeof wasiImport;
  readonly standardOutput: typeof standardOutputOf;
}
