// wasm_runtime_full_init: memory, environment, natives, thread limit, each with its undo.
// Refuses arguments by name; when a step fails, the steps before it are undone, last first.
import type { Allocator, LeakReport } from '../alloc/allocator.js';
import { Pool } from '../alloc/pool.js';
import { SystemAllocator } from '../alloc/system.js';
import { UserAllocator } from '../alloc/user.js';
import { show } from '../base/show.js';
import { NativeRegistry } from '../imports/natives/registry.js';
import type { Engine } from '../runtime/engine.js';
import { SharedMemoryRegistry } from '../threads/shared-memory-registry.js';
import { ThreadManager } from '../threads/thread-manager.js';
import { UsageError } from '../wasm/errors.js';
import { type HostPlatform, RuntimeCore } from './core.js';
import { ExternrefMap } from './externref-map.js';
import { fieldsWithoutEffect, type ResolvedInitArgs, type RuntimeInitArgs, resolveInitArgs } from './init-args.js';
import { InitLadder, type InitObserver } from './init-steps.js';
import type { Library } from './libraries.js';
import { Log } from './log.js';
import { ModuleRegistry } from './module-registry.js';
import { takePlace } from './pool-places.js';
import { TrapTranslation } from './trap-translation.js';

/** What the runtime stands on: the second argument of `Runtime.init`. */
export interface RuntimeHost {
  /** Clocks, randomness, log and waiting; with files where the host has them. */
  readonly platform: HostPlatform;
  /** In the order that mode 'auto' prefers. */
  readonly engines: readonly Engine[];
  /** What guests may import besides the embedder's natives; default: nothing. Where two have a name, native or not, the later one's counts. */
  readonly libraries?: readonly Library[] | undefined;
  /** Watches initialisation and its undoing; for tests. */
  readonly observer?: InitObserver | undefined;
}

/** What was still alive when a runtime was destroyed. */
export interface DestroyReport {
  /** Exec envs that the embedder had made and not destroyed. */
  readonly execEnvs: number;
  /** Names, in order of birth. */
  readonly instances: readonly string[];
  /** Names of modules that were loaded, in the order of loading. */
  readonly modules: readonly string[];
  /** Host values that guests held by number. */
  readonly externrefs: number;
  /** Shared memories that had users. */
  readonly sharedMemories: number;
  /** Blocks that nobody gave back; undefined when memory was never set up. */
  readonly leaks: LeakReport | undefined;
}

/** Filled while the ladder is undone. */
export type DestroyNotes = { -readonly [Key in keyof DestroyReport]: DestroyReport[Key] };

export interface Initialised {
  readonly core: RuntimeCore;
  readonly registry: ModuleRegistry;
  readonly ladder: InitLadder;
  readonly notes: DestroyNotes;
}

/**
 * Runs the steps.
 * @throws UsageError for wrong arguments, InitError{step, cause} for a step that failed
 */
export function fullInit(given: RuntimeInitArgs | undefined, on: RuntimeHost): Initialised {
  const host = takeHost(on);
  const args = resolveInitArgs(given);
  const { libraries = [] } = host;
  const ladder = new InitLadder(host.observer ?? {});
  const notes: DestroyNotes = {
    execEnvs: 0,
    instances: [],
    modules: [],
    externrefs: 0,
    sharedMemories: 0,
    leaks: undefined,
  };
  const { allocator } = ladder.step(
    'memory',
    () => makeAllocator(args),
    ({ allocator: made, leave }) => {
      notes.leaks = made.destroy();
      leave();
    },
  );
  const log = ladder.step('platform', () => startPlatform(host, args), nothing);
  const natives = ladder.step(
    'built-in natives',
    () => registerBuiltins(libraries, log),
    (made) => made.clear(),
  );
  const registry = ladder.step(
    'module registry',
    () => new ModuleRegistry(),
    (made) => {
      notes.modules = [...notes.modules, ...made.destroy()];
    },
  );
  const sharedMemories = ladder.step(
    'shared memory',
    () => new SharedMemoryRegistry(),
    (made) => {
      notes.sharedMemories = made.destroy();
    },
  );
  const threads = ladder.step(
    'thread manager',
    () => new ThreadManager(),
    (made) => {
      notes.execEnvs += made.destroy();
    },
  );
  const traps = ladder.step('trap translation', () => new TrapTranslation(), nothing);
  const externrefs = ladder.step(
    'externref map',
    () => new ExternrefMap(),
    (made) => {
      notes.externrefs += made.destroy();
    },
  );
  const { nativeModuleName, nativeSymbols, maxThreadNum } = args;
  ladder.step(
    'natives',
    () => {
      if (nativeSymbols.length > 0) natives.register(nativeModuleName, nativeSymbols);
    },
    () => natives.unregister(nativeModuleName, nativeSymbols),
  );
  ladder.step('thread limit', () => threads.setMaxThreads(maxThreadNum), nothing);
  const { platform, engines } = host;
  const core = new RuntimeCore({
    args,
    platform,
    engines,
    libraries,
    allocator,
    log,
    natives,
    sharedMemories,
    threads,
    traps,
    externrefs,
  });
  return { core, registry, ladder, notes };
}

/** What the host has, read once. */
function takeHost(given: RuntimeHost): RuntimeHost {
  try {
    const { platform, engines, libraries, observer } = given;
    return { platform, engines, libraries, observer };
  } catch (cause) {
    throw new UsageError(`the host: an object is wanted, not ${show(given)}`, { cause });
  }
}

function nothing(): void {}

/** @returns leave: what gives the embedder's buffer back */
function makeAllocator({ memAllocType, memAllocOption }: ResolvedInitArgs): {
  allocator: Allocator;
  leave: () => void;
} {
  switch (memAllocType) {
    case 'pool': {
      const options = poolOptions(memAllocOption.pool!);
      const leave = options.buffer ? takePlace(options.buffer, options.offset, options.size) : nothing;
      try {
        return { allocator: new Pool(options), leave };
      } catch (error) {
        leave();
        throw error;
      }
    }
    case 'allocator':
      return { allocator: new UserAllocator(memAllocOption.allocator!), leave: nothing };
    case 'system': {
      const limit = memAllocOption.system?.limit;
      return { allocator: new SystemAllocator(limit === undefined ? {} : { limit }), leave: nothing };
    }
  }
}

function poolOptions({ heapBuf, heapSize }: NonNullable<ResolvedInitArgs['memAllocOption']['pool']>) {
  if (heapBuf === undefined) {
    if (heapSize === undefined) throw new UsageError('memAllocOption.pool needs heapBuf or heapSize');
    return { size: heapSize };
  }
  const { buffer, offset, bytes } = ArrayBuffer.isView(heapBuf)
    ? { buffer: heapBuf.buffer, offset: heapBuf.byteOffset, bytes: heapBuf.byteLength }
    : { buffer: heapBuf, offset: 0, bytes: heapBuf.byteLength };
  if (heapSize !== undefined && heapSize > bytes) {
    throw new UsageError(`memAllocOption.pool: heapSize ${heapSize} is more than heapBuf has (${bytes} bytes)`);
  }
  return { buffer, offset, size: heapSize ?? bytes };
}

function startPlatform({ platform, engines, libraries = [] }: RuntimeHost, args: ResolvedInitArgs): Log {
  if (typeof platform?.monotonicNow !== 'function') throw new UsageError('the host has no platform');
  if (!Array.isArray(engines)) throw new UsageError('the host has no list of engines');
  if (!Array.isArray(libraries)) throw new UsageError("the host's libraries are not a list");
  const log = new Log(platform, args.logLevel);
  for (const field of fieldsWithoutEffect(args))
    log.warn(`warning: init args: '${field}' has no effect in this runtime`);
  return log;
}

function registerBuiltins(libraries: readonly Library[], log: Log): NativeRegistry {
  const registry = new NativeRegistry((text) => log.warn(`warning: ${text}`));
  for (const { natives = {} } of libraries) {
    for (const [moduleName, symbols] of Object.entries(natives)) registry.register(moduleName, symbols);
  }
  return registry;
}
