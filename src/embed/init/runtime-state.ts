// The parts of one runtime, which embedders see as Runtime.
import type { NativeRegistry } from '../../imports/natives/registry.js';
import type { OsFiles } from '../../platform/files.js';
import type { Platform } from '../../platform/platform.js';
import type { Engine } from '../../runtime/engine.js';
import type { Instance } from '../../runtime/instance.js';
import type { MemoryInstance } from '../../runtime/memory.js';
import type { SharedMemoryRegistry } from '../../runtime/shared-memory-registry.js';
import type { Store } from '../../runtime/store.js';
import type { ModuleRegistry } from '../module/module-registry.js';
import type { BuiltinExterns } from './builtin-externs.js';
import type { ExternrefMap } from './externref-map.js';
import type { ResolvedInitArgs } from './init-args.js';
import type { DestroyReport, UndoStack } from './init-steps.js';
import type { ThreadLibrary, WasiLibrary } from './library.js';
import type { Log } from './log.js';

/** A platform, with files where the JavaScript environment has them. */
export type PlatformWithFiles = Platform & Partial<OsFiles>;

export interface RuntimeState {
  readonly args: ResolvedInitArgs;
  readonly platform: PlatformWithFiles;
  /** The engines, in the order that `auto` prefers. */
  readonly engines: readonly Engine[];
  /** Something outside keeps hard deadlines. */
  readonly isEndedFromOutside: boolean;
  /** The WASI of the last library that has one. */
  readonly wasi: WasiLibrary | undefined;
  /** Those that have it. */
  readonly threads: readonly ThreadLibrary[];
  readonly store: Store;
  readonly log: Log;
  readonly natives: NativeRegistry;
  readonly builtins: BuiltinExterns;
  readonly modules: ModuleRegistry;
  readonly sharedMemories: SharedMemoryRegistry;
  /** Shared memories that the embedder made, and has not released. */
  readonly ownMemories: Set<MemoryInstance>;
  readonly externrefs: ExternrefMap;
  /** The live instances, in the order of creation. */
  readonly instances: Set<Instance>;
  /** The number of instances that are being made: they are charged, but their imports are not linked yet. */
  linking: number;
  /** Instances that the embedder never got, because they failed, but whose functions others hold; in the order of failing. */
  readonly failed: Set<Instance>;
  /** Undoes the initialisation when the runtime is destroyed. */
  readonly undo: UndoStack;
  readonly report: { -readonly [Key in keyof DestroyReport]: DestroyReport[Key] };
}
