// The platform of Node, Bun or Deno. In a browser web-platform-here.ts, which exports the same name, takes this file's place (package.json, "browser").
import type { PlatformWithFiles } from '../embed/init/runtime-state.js';
import type { OsNetwork } from '../platform/net.js';
import { nodePlatform } from '../platform/node/platform.js';

/** The platform of this environment. @param log takes each line of the log; its own place unless given */
export function platformHere(log?: (line: string) => void): PlatformWithFiles & Partial<OsNetwork> {
  return nodePlatform(log);
}
