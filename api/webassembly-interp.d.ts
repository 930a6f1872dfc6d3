// Generated from the declarations that the build makes: npm run gen. A change here is a change of the public API.
import { InstallOptions } from './webassembly.js';
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
export type { PlatformThread } from './embed.js';
export { enclasmOf } from './webassembly.js';

/**
 * Makes an object like the global `WebAssembly`, whose modules run in the interpreter and under limits. Each is a runtime of its own.
 * @param options limits, totals, features
 * @param host what it stands on; the language's own clocks unless given
 * @throws UsageError for options that there are not
 */
export declare function createWebAssembly(options?: NamespaceOptions, host?: NamespaceHost): object;

/**
 * Makes such an object and puts it in place of the global `WebAssembly`.
 * @returns what puts back what was there before
 * @throws as createWebAssembly
 */
export declare function installWebAssembly(options?: InstallOptions, host?: NamespaceHost): () => void;

export {};
