// The engines that guests with threads run on in tests. Refuses nothing.
import { defaultEngines } from '#src/entry/engines.js';
import type { Engine } from '#src/runtime/engine.js';
import type { ModeChoice } from '#src/runtime/running-mode.js';
import { aotFileEngine } from '../helpers/aot-engine.js';

/** The usual ones; for mode aot, that of a compiled file of the module. */
export function enginesFor(mode: ModeChoice | undefined, bytes: Uint8Array): readonly Engine[] {
  return mode === 'aot' ? [aotFileEngine(bytes)] : defaultEngines();
}
