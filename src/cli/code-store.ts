// Code that mode host made in an earlier run, in a folder beside this program: whoever can write there can replace the program itself.
// Refuses to grow without end, and to fail: without it a start takes longer.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CodeStore } from '../entry/lean.js';

const MOST_ENTRIES = 64;
const MOST_BYTES = 8 << 20;

/** @param folder is made when there is something to keep */
export function folderStore(folder: string): CodeStore {
  return {
    get(key) {
      try {
        return readFileSync(join(folder, key));
      } catch {
        return undefined;
      }
    },
    put(key, entry) {
      if (entry.length > MOST_BYTES) return;
      try {
        mkdirSync(folder, { recursive: true });
        makeRoom(folder);
        const path = join(folder, key);
        const temporary = `${path}.${process.pid}`;
        writeFileSync(temporary, entry);
        renameSync(temporary, path);
      } catch {
        // Then the next start is as slow as this one.
      }
    },
  };
}

/** Removes the older half once there are too many. */
function makeRoom(folder: string): void {
  const names = readdirSync(folder);
  if (names.length < MOST_ENTRIES) return;
  const byAge = names
    .map((name) => join(folder, name))
    .map((path) => ({ path, time: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => a.time - b.time);
  for (const { path } of byAge.slice(0, MOST_ENTRIES / 2)) rmSync(path, { force: true });
}
