// The platform of a browser: it takes the place of platform-here.ts there, and exports the same name.
import type { PlatformWithFiles } from '../embed/init/runtime-state.js';
import type { OsNetwork } from '../platform/net.js';
import { webPlatform } from '../platform/web/platform.js';

/** The platform of this environment. @param log takes each line of the log; the console unless given */
export function platformHere(log?: (line: string) => void): PlatformWithFiles & Partial<OsNetwork> {
  return webPlatform(log);
}
