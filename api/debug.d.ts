// Generated from the declarations that the build makes: npm run gen. A change here is a change of the public API.
import { ObservedHostCall } from './embed.js';
export type { ObservedCall } from './embed.js';
export type { ObservedGrowth } from './embed.js';
export type { ObservedHostCall } from './embed.js';
export type { ObservedThread } from './embed.js';
export type { Observer } from './embed.js';

/** Returns one line, without its end: `fd_close(fd=3) = ESUCCESS <0.02 ms>`. */
export declare function callLine(call: ObservedHostCall): string;

export {};
