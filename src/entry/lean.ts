// For commands that must start fast: engines are loaded when it is known which one will run the module. Re-exports and wiring only.
import type { CodeStore } from '../engine/host/engine.js';
import type { Engine, RunningMode } from '../runtime/engine.js';
import type { Feature } from '../wasm/features.js';

export { Runtime } from '../embed/runtime.js';
export { isTerminal } from '../platform/node/lazy.js';
export { nodePlatform } from '../platform/node/platform.js';
export { ALL_LIBRARIES } from './libraries.js';
export type { CodeStore };

/**
 * The engines that mode has to choose from, for a module that uses these features.
 * @param codeStore keeps code for later processes
 */
export async function enginesFor(
  mode: RunningMode | 'auto',
  usedFeatures: ReadonlySet<Feature>,
  codeStore?: CodeStore,
): Promise<Engine[]> {
  switch (mode) {
    case 'interp':
      return [(await import('../engine/interp/engine.js')).interpEngine()];
    case 'jit': {
      const { interpFallback } = await import('../engine/interp/engine.js');
      return [(await import('../engine/js/jit.js')).jitEngine(interpFallback())];
    }
    case 'host':
    case 'auto': {
      const host = (await import('../engine/host/engine.js')).hostEngine({ codeStore });
      const fits = host.unavailable() === undefined && host.missingFeatures({ usedFeatures }).length === 0;
      return mode === 'host' || fits ? [host] : (await import('./engines.js')).defaultEngines();
    }
    case 'aot':
      return (await import('./engines.js')).defaultEngines();
  }
}
