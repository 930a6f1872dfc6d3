// Mode jit as the namespace of the standard `WebAssembly` object has it, in a hurry: functions are hot after their second call, so that calls go from one
// engine to the other and back all the time.
import { interpFallback } from '#src/engine/interp/interp-engine.js';
import { jitEngine } from '#src/engine/js/jit.js';
import type { Engine } from '#src/runtime/engine.js';

export function tieredEngine(): Engine {
  return jitEngine(interpFallback(), { heat: { ticks: 100, perByte: 0 } });
}
