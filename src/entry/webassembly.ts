// The standard `WebAssembly` object with every engine of this host, as an object of one's own or in place of the global one.
// Wiring only.

import { interpEngine, interpFallback } from '../engine/interp/interp-engine.js';
import { jitEngine, USUAL_HEAT } from '../engine/js/jit.js';
import { hostEngine } from '../engine/native/native-engine.js';
import { type InstallOptions, installNamespace } from '../js-api/install.js';
import { createNamespace, type NamespaceHost, type NamespaceOptions } from '../js-api/namespace.js';
import { platformHere } from './platform-here.js';

export type { InstallOptions } from '../js-api/install.js';
export {
  enclasmOf,
  type NamespaceControl,
  type NamespaceHost,
  type NamespaceOptions,
} from '../js-api/namespace.js';
export type { Consumption, NamespaceLimits, NamespaceTotals } from '../wasm/limit-table.js';

/**
 * The platform of this JavaScript environment and all engines. Packages use a part of their modules, and call it many times: so functions that are not hot
 * are not compiled to JavaScript.
 */
function hostHere(): NamespaceHost {
  const engines = [hostEngine(), jitEngine(interpFallback(), { heat: USUAL_HEAT }), interpEngine()];
  return { platform: platformHere(), engines };
}

/**
 * Makes an object like the global `WebAssembly`, whose modules run under limits. Each is a runtime of its own: they share nothing, and an object of one
 * is foreign to another.
 * @param options mode, limits, totals, features
 * @param host what it stands on; Node, Bun or Deno with every mode unless given
 * @throws UsageError for options that there are not, and for a mode that cannot run here
 */
export function createWebAssembly(options?: NamespaceOptions, host: NamespaceHost = hostHere()): object {
  return createNamespace(options, host);
}

/**
 * Makes such an object and puts it in place of the global `WebAssembly`.
 * @returns what puts back what was there before
 * @throws as createWebAssembly
 */
export function installWebAssembly(options: InstallOptions = {}, host: NamespaceHost = hostHere()): () => void {
  return installNamespace(options, host);
}
