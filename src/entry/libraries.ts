// What guests may import, one library each, and what WASI takes: files, streams, clocks, the network. A bundler keeps what a program names.
// Wiring only.
import type { Library } from '../embed/init/library.js';
import { createsPthreads, LIB_PTHREAD_NATIVES } from '../imports/lib-pthread/index.js';
import { LIBC_BUILTIN_GLOBALS, LIBC_BUILTIN_NATIVES } from '../imports/libc-builtin/index.js';
import { SPECTEST_EXTERNS, SPECTEST_NATIVES } from '../imports/spectest/spectest.js';
import { createWasi, standardOutputOf, wasiImport } from '../imports/wasi/index.js';
import { spawnsThreads, WASI_THREADS_NATIVES } from '../imports/wasi-threads/wasi-threads.js';
import { parallelThreadsOf, threadsOf, whyNotInWorkers } from '../threads/index.js';

export type { Library, LibraryExterns } from '../embed/init/library.js';
export {
  type FixedClockOptions,
  type InputCallback,
  type InputOption,
  type NetworkOptions,
  type OutputCallback,
  type OutputOption,
  OutputSink,
  type Preopen,
  type RandomFill,
  type WasiClock,
  type WasiOptions,
} from '../imports/wasi/index.js';
export { type ErrnoName, FileError } from '../platform/errno.js';
export type {
  FileClock,
  FileStat,
  FileSystem,
  FileType,
  Listing,
  MemoryPayer,
  OpenDirectory,
  OpenFile,
  OpenHow,
  OpenNode,
  OsFiles,
  Readiness,
} from '../platform/files.js';
export {
  MemoryFileSystem,
  type MemoryFileSystemOptions,
  type MemoryTree,
  SymbolicLink,
} from '../platform/memory-fs/memory-file-system.js';
export type {
  NodeReadable,
  NodeWritable,
  StreamEmitter,
  StreamInput,
  StreamOutput,
  WebReadable,
  WebWritable,
} from '../platform/streams.js';

/** WASI preview 1 and WAMR's socket extensions, for `instantiate(module, { wasi })`. */
export const wasi: Library = {
  wasi: { create: createWasi, importOf: wasiImport, standardOutput: standardOutputOf },
};
/** wasi-threads: guests that import `wasi.thread-spawn` have threads. */
export const wasiThreads: Library = {
  natives: WASI_THREADS_NATIVES,
  threads: { wants: spawnsThreads, create: threadsOf, createParallel: parallelThreadsOf, whyNotInWorkers },
};
/** WAMR's lib-pthread: POSIX threads under "env"; guests that import `pthread_create` from there have threads. */
export const libPthread: Library = {
  natives: LIB_PTHREAD_NATIVES,
  threads: { wants: createsPthreads, create: threadsOf, createParallel: parallelThreadsOf, whyNotInWorkers },
};
/** WAMR's libc-builtin: C functions under "env" for programs compiled without a libc. */
export const libcBuiltin: Library = {
  natives: { env: LIBC_BUILTIN_NATIVES },
  externs: { global: { globals: LIBC_BUILTIN_GLOBALS } },
};
/** The module "spectest" of the official test suite. */
export const spectest: Library = {
  natives: { spectest: SPECTEST_NATIVES },
  externs: { spectest: SPECTEST_EXTERNS },
};

/** Every library: what a runtime has unless `RuntimeHost.libraries` says otherwise. */
export const ALL_LIBRARIES: readonly Library[] = [wasi, wasiThreads, libPthread, libcBuiltin, spectest];
