// The engines that guests with threads run on in tests. Refuses nothing.
import { defaultEngines } from '#src/entry/engines.js';
import type { Engine } from '#src/runtime/engine.js';
import type { ModeChoice } from '#src/runtime/running-mode.js';
import { aotFileEngine } from '../helpers/aot-engine.js';

/** The usual ones; for mode aot, one that compiles each module to a file. */
export function enginesFor(mode: ModeChoice | undefined): readonly Engine[] {
  return mode === 'aot' ? [aotFileEngine()] : defaultEngines();
}
