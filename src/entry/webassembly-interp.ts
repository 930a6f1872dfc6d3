// The standard `WebAssembly` object with the interpreter alone, for hosts without WebAssembly and without code generation. Reaches for no host's globals.
// Wiring only.
import { interpEngine } from '../engine/interp/interp-engine.js';
import { stepOfAnyHost } from '../engine/interp/step-of-any-host.js';
import { type InstallOptions, installNamespace } from '../js-api/install.js';
import { createNamespace, type NamespaceHost, type NamespaceOptions } from '../js-api/namespace.js';
import { barePlatform } from '../platform/bare.js';

export type { InstallOptions } from '../js-api/install.js';
export {
  enclasmOf,
  type NamespaceControl,
  type NamespaceHost,
  type NamespaceOptions,
} from '../js-api/namespace.js';
export type { Platform, PlatformThread } from '../platform/platform.js';

export type { Consumption, NamespaceLimits, NamespaceTotals } from '../wasm/limit-table.js';

function leanHost(): NamespaceHost {
  return { platform: barePlatform(), engines: [interpEngine(stepOfAnyHost)] };
}

/**
 * Makes an object like the global `WebAssembly`, whose modules run in the interpreter and under limits. Each is a runtime of its own.
 * @param options limits, totals, features
 * @param host what it stands on; the language's own clocks unless given
 * @throws UsageError for options that there are not
 */
export function createWebAssembly(options?: NamespaceOptions, host: NamespaceHost = leanHost()): object {
  return createNamespace(options, host);
}

/**
 * Makes such an object and puts it in place of the global `WebAssembly`.
 * @returns what puts back what was there before
 * @throws as createWebAssembly
 */
export function installWebAssembly(options: InstallOptions = {}, host: NamespaceHost = leanHost()): () => void {
  return installNamespace(options, host);
}
