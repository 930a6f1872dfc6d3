// What one runtime is made of. Embedders see Runtime.
import type { NativeRegistry } from '../../imports/natives/registry.js';
import type { OsFiles } from '../../platform/files.js';
import type { Platform } from '../../platform/platform.js';
import type { Engine } from '../../runtime/engine.js';
import type { Instance } from '../../runtime/instance.js';
import type { SharedMemoryRegistry } from '../../runtime/shared-memory-registry.js';
import type { Store } from '../../runtime/store.js';
import type { ModuleRegistry } from '../module/module-registry.js';
import type { BuiltinExterns } from './builtin-externs.js';
import type { ExternrefMap } from './externref-map.js';
import type { ResolvedInitArgs } from './init-args.js';
import type { DestroyReport, UndoStack } from './init-steps.js';
import type { ThreadLibrary, WasiLibrary } from './library.js';
import type { Log } from './log.js';

/** A platform, with files where the host has them. */
export type PlatformWithFiles = Platform & Partial<OsFiles>;

export interface RuntimeState {
  readonly args: ResolvedInitArgs;
  readonly platform: PlatformWithFiles;
  /** In the order that `auto` prefers. */
  readonly engines: readonly Engine[];
  /** The last of the libraries that have it. */
  readonly wasi: WasiLibrary | undefined;
  /** Those that have it. */
  readonly threads: readonly ThreadLibrary[];
  readonly store: Store;
  readonly log: Log;
  readonly natives: NativeRegistry;
  readonly builtins: BuiltinExterns;
  readonly modules: ModuleRegistry;
  readonly sharedMemories: SharedMemoryRegistry;
  readonly externrefs: ExternrefMap;
  /** Alive, in order of creation. */
  readonly instances: Set<Instance>;
  /** How many more are on their way: paid for, their imports not linked yet. */
  linking: number;
  /** Instances that failed when others held functions of them already: the embedder never got them. In order of failing. */
  readonly failed: Set<Instance>;
  /** How the initialisation is undone, and what that finds. */
  readonly undo: UndoStack;
  readonly report: { -readonly [Key in keyof DestroyReport]: DestroyReport[Key] };
}
