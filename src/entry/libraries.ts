// What guests may import, one library each; a bundler keeps those that a program names. Wiring only.
import type { Library } from '../embed/init/libraries.js';
import { LIBC_BUILTIN_GLOBALS, LIBC_BUILTIN_NATIVES } from '../imports/libc-builtin/index.js';
import { SPECTEST_EXTERNS, SPECTEST_NATIVES } from '../imports/spectest/spectest.js';
import { createWasi, standardOutputOf, wasiImports } from '../imports/wasi/index.js';

export { OutputSink } from '../imports/wasi/index.js';
export { MemoryFileSystem } from '../platform/memory-fs/memory-file-system.js';

/** WASI preview 1 and WAMR's socket extensions, for `instantiate(module, { wasi })`. */
export const wasi: Library = {
  wasi: { create: createWasi, imports: wasiImports, standardOutput: standardOutputOf },
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

export const ALL_LIBRARIES: readonly Library[] = [wasi, libcBuiltin, spectest];
