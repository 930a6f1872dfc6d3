// What a runtime is made of, for the files of this folder. Embedders see Runtime.
// Refuses use after destroy.
import type { Allocator } from '../../alloc/allocator.js';
import type { NativeRegistry } from '../../imports/natives/registry.js';
import type { HostFiles } from '../../platform/files.js';
import type { Platform } from '../../platform/platform.js';
import { Budget } from '../../runtime/budget.js';
import type { Engine } from '../../runtime/engine.js';
import type { Instance } from '../../runtime/instance.js';
import type { MeterState } from '../../runtime/meter.js';
import { Store } from '../../runtime/store.js';
import type { SharedMemoryRegistry } from '../../runtime/shared-memory-registry.js';
import type { ThreadManager } from '../../runtime/thread-manager.js';
import { UsageError } from '../../wasm/errors.js';
import { type FeatureSet, featureSet } from '../../wasm/features.js';
import type { ExternrefMap } from './externref-map.js';
import type { ResolvedInitArgs } from './init-args.js';
import type { Library, WasiLibrary } from './libraries.js';
import type { Log } from './log.js';
import type { TrapTranslation } from '../call/trap-translation.js';

/** A platform, with files where the host has them. */
export type HostPlatform = Platform & Partial<HostFiles>;

/** What initialisation made, step by step. */
export interface CoreParts {
  readonly args: ResolvedInitArgs;
  readonly platform: HostPlatform;
  /** In the order that `auto` prefers. */
  readonly engines: readonly Engine[];
  readonly libraries: readonly Library[];
  readonly allocator: Allocator;
  readonly log: Log;
  readonly natives: NativeRegistry;
  readonly sharedMemories: SharedMemoryRegistry;
  readonly threads: ThreadManager;
  readonly traps: TrapTranslation;
  readonly externrefs: ExternrefMap;
}

/** A call that runs in slices, as destroy sees it. */
export interface PendingCall {
  readonly instance: Instance;
  /** A slice of it is on the stack, not waiting. */
  readonly runs: boolean;
  cancel(): void;
  /** Whether functions of another instance are among those that wait. */
  runsIn(instance: Instance): boolean;
}

/** An instance that the embedder never got, and that functions in somebody's tables still need. */
export interface FailedInstance {
  /** Ends it where all that it imports from have ended. */
  endWithOthers(): void;
  end(): void;
}

/** What to put back when a call within another ends. */
export interface NestedCall {
  /** Calls that were active when it began. */
  readonly level: number;
  readonly outer: MeterState;
  readonly limited: Instance | undefined;
}

export class RuntimeCore {
  readonly parts: CoreParts;
  readonly store: Store;
  readonly features: FeatureSet;
  /** The last of the libraries that have it. */
  readonly wasi: WasiLibrary | undefined;
  /** Calls from the embedder that have not returned; more than one: nested through natives. */
  activeCalls = 0;
  /** Whose limits the meter holds. */
  limited: Instance | undefined = undefined;
  /** Calls that natives made into instances with limits of their own, the innermost last. */
  readonly nested: NestedCall[] = [];
  readonly pendingCalls = new Set<PendingCall>();
  /** Instances that failed when others held functions of them already, in order of birth. */
  readonly failed = new Set<FailedInstance>();
  destroyed = false;

  constructor(parts: CoreParts) {
    this.parts = parts;
    this.features = featureSet(parts.args.features);
    for (const { wasi } of parts.libraries) if (wasi) this.wasi = wasi;
    const budget = new Budget(parts.args.limits.memoryBytes ?? Number.POSITIVE_INFINITY);
    this.store = new Store(parts.allocator, parts.platform, budget);
  }
  /** @throws UsageError after destroy */
  checkAlive(): void {
    if (this.destroyed) throw new UsageError('this runtime has been destroyed');
  }
}
