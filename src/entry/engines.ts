// The engines of a runtime, in the order that mode 'auto' prefers: the fastest first.

import { interpEngine, interpFallback } from '../engine/interp/interp-engine.js';
import { jitEngine } from '../engine/js/jit.js';
import { hostEngine } from '../engine/native/native-engine.js';
import type { Engine } from '../runtime/engine.js';

/** Makes engines for one runtime: `host`, `jit` and `interp`, in the order that mode 'auto' prefers. */
export function defaultEngines(): Engine[] {
  return [hostEngine(), jitEngine(interpFallback()), interpEngine()];
}
