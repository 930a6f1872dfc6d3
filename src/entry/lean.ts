// For commands that must start fast: engines are loaded when it is known which one will run the module. Re-exports and wiring only.
import type { ThreadLibrary } from '../embed/init/library.js';
import type { CodeStore } from '../engine/native/native-engine.js';
import type { Engine } from '../runtime/engine.js';
import type { ModeChoice } from '../runtime/running-mode.js';
import type { Feature } from '../wasm/features.js';
import { ALL_LIBRARIES } from './libraries.js';

export { printableLines } from '../base/quote.js';
export { externText } from '../embed/module/introspection.js';
export { Runtime } from '../embed/runtime.js';
export { isTerminal } from '../platform/node/lazy.js';
export { nodePlatform } from '../platform/node/platform.js';
export type { CodeStore };
export { ALL_LIBRARIES };

/** Whether the guest of a module may start threads, by any of the libraries. */
export function startsThreads(module: Parameters<ThreadLibrary['wants']>[0]): boolean {
  return ALL_LIBRARIES.some(({ threads }) => threads?.wants(module));
}

/** What decides which engines can run a module. */
export interface Needs {
  readonly usedFeatures: ReadonlySet<Feature>;
  /** Whether it imports from no other module, which could need another mode. */
  readonly alone: boolean;
  /** Its guest may have threads. */
  readonly threads: boolean;
}

/**
 * Returns the engines of a mode that are there before a module is loaded.
 * @param codeStore keeps code for later processes
 */
export async function firstEngines(mode: ModeChoice, codeStore?: CodeStore): Promise<Engine[]> {
  switch (mode) {
    case 'interp':
      return [(await import('../engine/interp/interp-engine.js')).interpEngine()];
    case 'jit': {
      const { interpFallback } = await import('../engine/interp/interp-engine.js');
      return [(await import('../engine/js/jit.js')).jitEngine(interpFallback())];
    }
    case 'host':
    case 'auto':
      return [(await import('../engine/native/native-engine.js')).hostEngine({ codeStore })];
    case 'aot':
      return (await import('./engines.js')).defaultEngines();
  }
}

/** Returns the engines that `auto` needs besides the first one, for a module. */
export async function otherEngines(first: Engine, { usedFeatures, alone, threads }: Needs): Promise<Engine[]> {
  const fits =
    alone && !threads && first.unavailable() === undefined && first.missingFeatures({ usedFeatures }).length === 0;
  return fits ? [] : (await import('./engines.js')).defaultEngines().filter(({ mode }) => mode !== first.mode);
}
