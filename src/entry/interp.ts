// The small package: the interpreter alone, for JavaScript engines without WebAssembly and without code generation. The embedder brings the platform,
// and the libraries that guests need (`enclasm/libraries`): `Runtime.init({}, { platform, engines: [interpEngine()], libraries: [wasi] })`.
// Refuses to use globals of any JavaScript environment.

import {
  interpEngine as anyInterpEngine,
  interpFallback as anyInterpFallback,
} from '../engine/interp/interp-engine.js';
import { stepOfAnyHost } from '../engine/interp/step-of-any-host.js';
import type { Engine, Fallback } from '../runtime/engine.js';

export * from './embed.js';

/** Makes the engine of one runtime. It finds out how the host's JavaScript engine runs it best, in some milliseconds before the first module. */
export function interpEngine(): Engine {
  return anyInterpEngine(stepOfAnyHost);
}
/** What runs single functions that an engine of compiled JavaScript refuses. */
export function interpFallback(): Fallback {
  return anyInterpFallback(stepOfAnyHost);
}
