// Where code that V8 made is kept for later starts: a folder among the user's caches, never beside the program. What lies there is run.
// Refuses a folder that is somebody else's or that others may write to: without one a start takes longer.
import { existsSync, mkdirSync, type Stats, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

/** What of the host decides. */
export interface CacheFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  /** The user's home; empty where there is none. */
  readonly home: string;
}

/** The folder for this program among the user's caches; undefined where the host has no place for them. */
export function userCacheFolder({ env, platform, home }: CacheFacts = systemFacts()): string | undefined {
  // Relative ones are to be passed over, says the specification.
  const places = [env['XDG_CACHE_HOME'], platform === 'win32' ? env['LOCALAPPDATA'] : undefined];
  const place = places.find((one) => one !== undefined && isAbsolute(one));
  if (place !== undefined) return join(place, 'enclasm');
  if (!isAbsolute(home)) return undefined;
  const below =
    platform === 'darwin' ? ['Library', 'Caches'] : platform === 'win32' ? ['AppData', 'Local'] : ['.cache'];
  return join(home, ...below, 'enclasm');
}

/**
 * A folder to keep code in, made where it is not there.
 * @param given instead of the user's own @returns undefined where there is none that can be trusted
 */
export function openCacheFolder(given: string | undefined = undefined, below = ''): string | undefined {
  try {
    const top = given ?? userCacheFolder();
    if (top === undefined) return undefined;
    const folder = join(top, below);
    if (!existsSync(folder)) {
      // A program that runs as another user, as under sudo, leaves nothing in this one's home.
      if (given === undefined && !isOurs(nearest(folder))) return undefined;
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    }
    const stat = statSync(folder);
    return stat.isDirectory() && isOurs(stat) && (process.platform === 'win32' || (stat.mode & 0o022) === 0)
      ? folder
      : undefined;
  } catch {
    return undefined;
  }
}

function systemFacts(): CacheFacts {
  return { env: process.env, platform: process.platform, home: homedir() };
}

function isOurs(stat: Stats): boolean {
  return process.geteuid === undefined || stat.uid === process.geteuid();
}

/** The last folder of a path that is there. */
function nearest(path: string): Stats {
  return statSync(path, { throwIfNoEntry: false }) ?? nearest(dirname(path));
}
