// Chooses the engine that runs an instance. Refuses modes that the runtime does not have, that cannot run here, or that lack what the module uses.
import type { Engine } from '../../runtime/engine.js';
import { ThreadsUnsupportedError } from '../../runtime/exec-env.js';
import type { ModeChoice } from '../../runtime/running-mode.js';
import { UsageError } from '../../wasm/errors.js';
import type { ValidatedModule } from '../../wasm/module.js';

export interface ChosenMode {
  readonly engine: Engine;
  readonly reason: string;
  /** How the guest's threads run; undefined: it has none. */
  readonly threads: ThreadWay | undefined;
}
/** In turn on this JavaScript thread, or each in a worker. */
export type ThreadWay = 'cooperative' | 'parallel';

/**
 * Returns the modules that must run in one mode: the module, and with it the modules it imports from, where any of them share tables, globals,
 * tags or shared memories, which in mode host are native WebAssembly's. Functions and other memories can be shared between modes.
 * @param find finds a registered module by its name
 */
export function modulesInOneMode(
  module: ValidatedModule,
  find: (name: string) => ValidatedModule | undefined,
): readonly ValidatedModule[] {
  const all = new Set([module]);
  let bound = false;
  for (const one of all) {
    for (const { module: from, description } of one.imports) {
      const other = find(from);
      if (!other) continue;
      all.add(other);
      const { kind } = description;
      bound ||= kind !== 'func' && (kind !== 'memory' || description.type.shared);
    }
  }
  return bound ? [...all] : [module];
}

/** What only modes whose calls can pause give a guest. */
export interface Pausing {
  /** It starts threads, in one of these ways; undefined: it does not. */
  readonly threads?: ThreadNeeds | undefined;
  /** The name of an async native that it imports. */
  readonly asyncNative?: string | undefined;
}

export interface ThreadNeeds {
  /** Undefined: in any. */
  readonly way: ThreadWay | undefined;
  /** Why they cannot run in workers, whatever the engine; undefined: they can. */
  readonly notInWorkers: string | undefined;
}

/** How an engine runs the threads of a guest, or why it does not. */
function threadsIn(
  { canPause, threads: support, whyNoThreads = 'it runs no threads of guests in workers' }: Engine,
  { way, notInWorkers }: ThreadNeeds,
): ThreadWay | { readonly obstacle: string } {
  if (canPause && way !== 'parallel') return 'cooperative';
  if (way === 'cooperative') return { obstacle: 'it does not run threads of guests in turn' };
  if (!support) return { obstacle: whyNoThreads };
  return notInWorkers === undefined ? 'parallel' : { obstacle: `threads cannot run in workers: ${notInWorkers}` };
}

/**
 * @param engines in the order that `auto` prefers @param modules must all run in it @param refused engines that have failed, with the reason
 * @param pausing why the guest's calls must be able to pause @param what names the modules in errors
 * @throws UsageError that says why no engine will do; ThreadsUnsupportedError where that is because of the threads
 */
export function chooseMode(
  engines: readonly Engine[],
  wanted: ModeChoice,
  modules: readonly Pick<ValidatedModule, 'usedFeatures'>[],
  refused: ReadonlyMap<Engine, string> = new Map(),
  { threads: needs, asyncNative }: Pausing = {},
  what = modules.length > 1 ? 'this module and those that share more than functions with it' : 'this module',
): ChosenMode {
  if (wanted !== 'auto') {
    const engine = engines.find((one) => one.mode === wanted);
    if (!engine) {
      const names = engines.map((one) => one.mode).join(', ') || 'none';
      throw new UsageError(`mode '${wanted}' is not part of this runtime; it has: ${names}`);
    }
    const threads = needs && threadsIn(engine, needs);
    if (typeof threads === 'object') {
      throw new ThreadsUnsupportedError(
        `mode '${wanted}': ${threads.obstacle}: instantiate with mode 'auto', or with threads: 'none', where the guest can start none`,
      );
    }
    const obstacle = obstacleOf(engine, modules);
    if (obstacle !== undefined)
      throw new UsageError(`mode '${wanted}' cannot run ${modules.length > 1 ? 'this module' : what}: ${obstacle}`);
    return { engine, reason: 'asked for', threads };
  }
  // A native that no mode here can wait for is refused when it is called.
  const waits =
    asyncNative !== undefined &&
    engines.some((one) => (one.canPause || one.canSuspend) && obstacleOf(one, modules) === undefined);
  const passed: string[] = [];
  for (const engine of engines) {
    const threads = needs && threadsIn(engine, needs);
    // Threads in workers have calls that pause in every mode.
    const pauses = engine.canPause || engine.canSuspend || threads === 'parallel';
    const obstacle =
      refused.get(engine) ??
      (typeof threads === 'object' ? threads.obstacle : undefined) ??
      (waits && !pauses ? `it cannot wait for the async native ${asyncNative}` : undefined) ??
      obstacleOf(engine, modules);
    if (obstacle === undefined) {
      const before = passed.length > 0 ? ` (not ${passed.join('; not ')})` : '';
      return {
        engine,
        reason: `auto: the first of the modes here that can run ${what}${before}`,
        threads: threads as ThreadWay,
      };
    }
    passed.push(`${engine.mode}: ${obstacle}`);
  }
  if (needs && engines.every((engine) => typeof threadsIn(engine, needs) === 'object')) {
    throw new ThreadsUnsupportedError(`no mode here runs the threads of ${what}: ${passed.join('; ')}`);
  }
  throw new UsageError(`no mode can run ${what}${passed.length > 0 ? `: ${passed.join('; ')}` : ''}`);
}

function obstacleOf(engine: Engine, modules: readonly Pick<ValidatedModule, 'usedFeatures'>[]): string | undefined {
  const unavailable = engine.unavailable();
  if (unavailable !== undefined) return unavailable;
  const missing = new Set(modules.flatMap((module) => engine.missingFeatures(module)));
  return missing.size > 0 ? `it lacks ${[...missing].join(', ')}` : undefined;
}
