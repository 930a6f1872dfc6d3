// The host of runtimes: the platform of this JavaScript environment, its engines, its libraries. Refuses nothing.
import type { RuntimeHost } from '../embed/init/full-init.js';
import { defaultEngines } from './engines.js';
import { ALL_LIBRARIES } from './libraries.js';
import { platformHere } from './platform-here.js';

/**
 * The host that `Runtime.init` uses by default: the platform of this JavaScript environment, all engines, all libraries.
 * @param log takes each line of the log; standard error unless given, in a browser the console
 */
export function defaultHost(log?: (line: string) => void): RuntimeHost {
  return { platform: platformHere(log), engines: defaultEngines(), libraries: ALL_LIBRARIES };
}
