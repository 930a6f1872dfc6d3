// wasm_runtime_full_init: memory, environment, natives, thread limit, each with its undo.
// Refuses arguments by name; when a step fails, the steps before it are undone, last first.
import type { Allocator } from '../../alloc/allocator.js';
import { Pool } from '../../alloc/pool.js';
import { SystemAllocator } from '../../alloc/system.js';
import { UserAllocator } from '../../alloc/user.js';
import { show } from '../../base/show.js';
import { NativeRegistry } from '../../imports/natives/registry.js';
import { WASI_MODULE_NAMES } from '../../imports/wasi/module-names.js';
import { Budget } from '../../runtime/budget.js';
import type { Engine } from '../../runtime/engine.js';
import { SharedMemoryRegistry } from '../../runtime/shared-memory-registry.js';
import { Store } from '../../runtime/store.js';
import { UsageError } from '../../wasm/errors.js';
import { leftOut } from '../../wasm/left-out.js';
import { ModuleRegistry } from '../module/module-registry.js';
import { BuiltinExterns } from './builtin-externs.js';
import { ExternrefMap } from './externref-map.js';
import {
  fieldsWithoutEffect,
  type MemAllocOption,
  type ResolvedInitArgs,
  type RuntimeInitArgs,
  resolveInitArgs,
} from './init-args.js';
import { type InitObserver, UndoStack } from './init-steps.js';
import type { Library } from './library.js';
import { Log } from './log.js';
import { takePlace } from './pool-places.js';
import type { PlatformWithFiles, RuntimeState } from './runtime-state.js';

/** The host of a runtime, which is what it runs on: the second argument of `Runtime.init`. */
export interface RuntimeHost {
  /** Clocks, randomness, log and waiting, and files where the JavaScript environment has them. */
  readonly platform: PlatformWithFiles;
  /** The engines, in the order that mode 'auto' prefers. */
  readonly engines: readonly Engine[];
  /** What guests may import besides the embedder's natives; default: nothing. Where two libraries have a name, the later one's counts. */
  readonly libraries?: readonly Library[] | undefined;
  /** Observes initialisation and its undoing, for tests. */
  readonly observer?: InitObserver | undefined;
  /** Something outside keeps the deadlines of guests with `deadline: 'hard'`, by ending the thread of this runtime. @internal */
  readonly isEndedFromOutside?: boolean | undefined;
}

/**
 * Runs the steps.
 * @throws UsageError for wrong arguments, InitError{step, cause} for a step that failed
 */
export function fullInit(given: RuntimeInitArgs | undefined, on: RuntimeHost): RuntimeState {
  const host = takeHost(on);
  const args = resolveInitArgs(given);
  const { platform, engines, libraries = [] } = host;
  const undo = new UndoStack(host.observer ?? {});
  const report: RuntimeState['report'] = {
    execEnvs: 0,
    threads: 0,
    instances: [],
    modules: [],
    externrefs: 0,
    sharedMemories: 0,
    leaks: undefined,
  };
  const { allocator } = undo.step(
    'memory',
    () => makeAllocator(args),
    ({ allocator: made, leave }) => {
      report.leaks = made.destroy();
      leave();
    },
  );
  const { log, store } = undo.step('platform', () => startPlatform(host, args, allocator), nothing);
  const natives = undo.step(
    'built-in natives',
    () => registerBuiltins(libraries, log),
    (made) => made.clear(),
  );
  // The last one's. Hermes has no Array.prototype.at.
  const wasi = [...libraries].reverse().find((library) => library.wasi)?.wasi;
  const modules = undo.step(
    'module registry',
    () => new ModuleRegistry(store, natives, builtinNames(libraries, args), args, engines),
    (made) => {
      report.modules = [...report.modules, ...made.destroy()];
    },
  );
  const sharedMemories = undo.step(
    'shared memory',
    () => new SharedMemoryRegistry(),
    (made) => {
      report.sharedMemories = made.destroy();
    },
  );
  // Clusters of exec envs and their threads belong to their instances, and errors are translated without a table: nothing is to be undone.
  const threads = undo.step('thread manager', () => libraries.flatMap((library) => library.threads ?? []), nothing);
  undo.step('trap translation', nothing, nothing);
  const externrefs = undo.step(
    'externref map',
    () => new ExternrefMap(),
    (made) => {
      report.externrefs += made.destroy();
    },
  );
  const { nativeModuleName, nativeSymbols, maxThreadNum } = args;
  undo.step(
    'natives',
    () => {
      if (nativeSymbols.length > 0) natives.register(nativeModuleName, nativeSymbols);
    },
    () => natives.unregister(nativeModuleName, nativeSymbols),
  );
  undo.step('thread limit', () => store.setMaxThreads(maxThreadNum), nothing);
  const builtins = new BuiltinExterns(store, libraries);
  return {
    args,
    platform,
    engines,
    isEndedFromOutside: host.isEndedFromOutside ?? false,
    wasi,
    threads,
    store,
    log,
    natives,
    builtins,
    modules,
    sharedMemories,
    ownMemories: new Set(),
    externrefs,
    instances: new Set(),
    linking: 0,
    failed: new Set(),
    undo,
    report,
  };
}

/** Reads the members of the host, each once. */
function takeHost(given: RuntimeHost): RuntimeHost {
  try {
    const { platform, engines, libraries, observer, isEndedFromOutside } = given;
    return { platform, engines, libraries, observer, isEndedFromOutside };
  } catch (cause) {
    throw new UsageError(`the host: an object is wanted, not ${show(given)}`, { cause });
  }
}

function nothing(): void {}

/** An allocator, and a function that gives the embedder's buffer back. */
interface MadeAllocator {
  readonly allocator: Allocator;
  readonly leave: () => void;
}

function makeAllocator({ memAllocType, memAllocOption }: ResolvedInitArgs): MadeAllocator {
  if (memAllocType !== 'system') {
    return typeof ENCLASM_WITHOUT_ALLOCATORS === 'undefined'
      ? makeOwnAllocator(memAllocType, memAllocOption)
      : leftOut(`memAllocType '${memAllocType}'`, 'ENCLASM_WITHOUT_ALLOCATORS');
  }
  const limit = memAllocOption.system?.limit;
  return { allocator: new SystemAllocator(limit === undefined ? {} : { limit }), leave: nothing };
}

/** Makes an allocator of memory that the embedder has. */
function makeOwnAllocator(type: 'pool' | 'allocator', { pool, allocator }: MemAllocOption): MadeAllocator {
  if (type === 'allocator') return { allocator: new UserAllocator(allocator!), leave: nothing };
  const options = poolOptions(pool!);
  const leave = options.buffer ? takePlace(options.buffer, options.offset, options.size) : nothing;
  try {
    return { allocator: new Pool(options), leave };
  } catch (error) {
    leave();
    throw error;
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

/** Makes the log, and the store with the platform's clock. */
function startPlatform(
  { platform, engines, libraries = [] }: RuntimeHost,
  args: ResolvedInitArgs,
  allocator: Allocator,
): { readonly log: Log; readonly store: Store } {
  if (typeof platform?.monotonicNow !== 'function') throw new UsageError('the host has no platform');
  if (!Array.isArray(engines)) throw new UsageError('the host has no list of engines');
  if (!Array.isArray(libraries)) throw new UsageError("the host's libraries are not a list");
  const log = new Log(platform, args.logLevel);
  for (const field of fieldsWithoutEffect(args))
    log.warn(`warning: init args: '${field}' has no effect in this runtime`);
  const budget = new Budget(args.limits.memoryBytes ?? Number.POSITIVE_INFINITY);
  return { log, store: new Store(allocator, platform, budget) };
}

function registerBuiltins(libraries: readonly Library[], log: Log): NativeRegistry {
  const registry = new NativeRegistry((text) => log.warn(`warning: ${text}`));
  for (const { natives = {} } of libraries) {
    for (const [moduleName, symbols] of Object.entries(natives)) registry.register(moduleName, symbols);
  }
  return registry;
}

/** Returns the module names for which only the runtime's own natives are found. */
function builtinNames(libraries: readonly Library[], { nativeModuleName }: ResolvedInitArgs): ReadonlySet<string> {
  const names = new Set([nativeModuleName]);
  for (const { natives = {}, wasi } of libraries) {
    for (const name of [...Object.keys(natives), ...(wasi ? WASI_MODULE_NAMES : [])]) names.add(name);
  }
  return names;
}
