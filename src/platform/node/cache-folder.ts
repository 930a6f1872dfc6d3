// Where code that V8 compiled is kept for later starts: a folder among the user's caches, never beside the program. Code from there is run. Refuses a
// folder that another user owns or may write to; without a folder a start takes longer.
import { existsSync, mkdirSync, type Stats, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { codeCacheOf } from '../code-cache-words.js';

/** What the operating system says, on which the choice depends. */
export interface CacheFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  /** The user's home; empty where there is none. */
  readonly home: string;
}

/** The folder for this program among the user's caches; undefined where the operating system has no place for them. */
export function userCacheFolder({ env, platform, home }: CacheFacts = systemFacts()): string | undefined {
  // The XDG specification says that relative paths are to be ignored.
  const places = [env['XDG_CACHE_HOME'], platform === 'win32' ? env['LOCALAPPDATA'] : undefined];
  const place = places.find((one) => one !== undefined && isAbsolute(one));
  if (place !== undefined) return join(place, 'enclasm');
  if (!isAbsolute(home)) return undefined;
  const below =
    platform === 'darwin' ? ['Library', 'Caches'] : platform === 'win32' ? ['AppData', 'Local'] : ['.cache'];
  return join(home, ...below, 'enclasm');
}

/**
 * A folder to keep code in, which is created where it does not exist.
 * @param given instead of the user's own @returns undefined where there is none that can be trusted
 */
export function openCacheFolder(given: string | undefined = undefined, below = ''): string | undefined {
  try {
    const top = given ?? userCacheFolder();
    if (top === undefined) return undefined;
    const folder = join(top, below);
    if (!existsSync(folder)) {
      // A program that runs as another user, as under sudo, must not write to this user's home.
      if (given === undefined && !belongsToUser(nearest(folder))) return undefined;
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    }
    const stat = statSync(folder);
    return stat.isDirectory() && belongsToUser(stat) && (process.platform === 'win32' || (stat.mode & 0o022) === 0)
      ? folder
      : undefined;
  } catch {
    return undefined;
  }
}

function systemFacts(): CacheFacts {
  return { env: process.env, platform: process.platform, home: homedir() };
}

function belongsToUser(stat: Stats): boolean {
  return process.geteuid === undefined || stat.uid === process.geteuid();
}

/** The last folder of a path that exists. */
function nearest(path: string): Stats {
  return statSync(path, { throwIfNoEntry: false }) ?? nearest(dirname(path));
}

/** The one that this process or worker was given. A child that may not write has none to pass on: Node would let its workers write there. */
export function givenCodeCache(): string | undefined {
  return (process as { readonly permission?: object }).permission === undefined ? codeCacheOf(process.argv) : undefined;
}
