// The host of runtimes on Node, Bun and Deno: its platform, its engines, its libraries. Refuses nothing.

import type { RuntimeHost } from '../embed/init/full-init.js';
import type { PlatformWithFiles } from '../embed/init/runtime-state.js';
import type { OsFiles } from '../platform/files.js';
import { nodePlatform as platformOf } from '../platform/node/platform.js';
import { defaultEngines } from './engines.js';
import { ALL_LIBRARIES } from './libraries.js';

/**
 * Node, Bun or Deno as a platform: clocks, randomness, log, files, and a network for WASI's sockets.
 * @param log takes each line of the log; standard error unless given
 */
export function nodePlatform(log?: (line: string) => void): PlatformWithFiles & OsFiles {
  return platformOf(log);
}

/**
 * The host that `Runtime.init` uses by default: this platform, all engines, all libraries.
 * @param log takes each line of the log; standard error unless given
 */
export function defaultHost(log?: (line: string) => void): RuntimeHost {
  return { platform: nodePlatform(log), engines: defaultEngines(), libraries: ALL_LIBRARIES };
}
