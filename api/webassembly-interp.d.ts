// Generated from the declarations that the build makes: npm run gen. A change here is a change of the public API.
import { InstallOptions } from './webassembly.js';
import { NamespaceControl } from './webassembly.js';
import { NamespaceHost } from './webassembly.js';
import { NamespaceOptions } from './webassembly.js';
export type { Consumption } from './webassembly.js';
export type { InstallOptions } from './webassembly.js';
export type { NamespaceControl } from './webassembly.js';
export type { NamespaceHost } from './webassembly.js';
export type { NamespaceLimits } from './webassembly.js';
export type { NamespaceOptions } from './webassembly.js';
export type { NamespaceTotals } from './webassembly.js';
export type { Platform } from './embed.js';

/**
 * Makes an object like the global `WebAssembly`, whose modules run in the interpreter and under limits. Each is a runtime of its own.
 * @param options limits, totals, features
 * @param host what it stands on; the language's own clocks unless given
 * @throws UsageError for options that there are not
 */
export declare function createWebAssembly(options?: NamespaceOptions, host?: NamespaceHost): object;

/**
 * What the embedder of an object of createWebAssembly has that the standard does not show: its runtime, what it has used, more of its totals, its end.
 * @param webAssembly one that createWebAssembly made, or the global one after installWebAssembly
 * @throws UsageError for any other
 */
export declare function enclasmOf(webAssembly: object): NamespaceControl;

/**
 * Makes such an object and puts it in place of the global `WebAssembly`.
 * @returns what puts back what was there before
 * @throws as createWebAssembly
 */
export declare function installWebAssembly(options?: InstallOptions, host?: NamespaceHost): () => void;

export {};
