// What runtimes stand on under Node (and Bun and Deno): this platform, these engines, these libraries. Refuses nothing.
import type { RuntimeHost } from '../embed/init/full-init.js';
import { nodePlatform } from '../platform/node/platform.js';
import { defaultEngines } from './engines.js';
import { ALL_LIBRARIES } from './libraries.js';

export { nodePlatform };

/** @param log takes each line of the log; standard error unless given */
export function defaultHost(log?: (line: string) => void): RuntimeHost {
  return { platform: nodePlatform(log), engines: defaultEngines(), libraries: ALL_LIBRARIES };
}
