// Keeps code of mode host for later runs, in a folder of the user's. A program that can write there can also replace this program's own code, which
// lies beside it. Refuses to grow without end, and to fail: without kept code a start only takes longer.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CodeStore } from '../entry/lean.js';

/** Two of each module and choice of limits. */
const MOST_ENTRIES = 128;
const MOST_BYTES = 8 << 20;
/** The most bytes of all entries together. */
const MOST_BYTES_TOGETHER = 64 << 20;

/** @param folder is made when the first code is kept */
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
        makeRoom(folder, entry.length);
        const path = join(folder, key);
        const temporary = `${path}.${process.pid}`;
        writeFileSync(temporary, entry);
        renameSync(temporary, path);
      } catch {
        // The code is not kept, so the next start is as slow as this one.
      }
    },
  };
}

/** Removes the older half of the entries once they are too many, or too large together. @param bytes the size of the entry to be added */
function makeRoom(folder: string, bytes: number): void {
  const entries = readdirSync(folder)
    .map((name) => join(folder, name))
    .map((path) => ({ path, stat: statSync(path, { throwIfNoEntry: false }) }));
  const together = entries.reduce((sum, { stat }) => sum + (stat?.size ?? 0), bytes);
  if (entries.length < MOST_ENTRIES && together <= MOST_BYTES_TOGETHER) return;
  const byAge = entries.sort((a, b) => (a.stat?.mtimeMs ?? 0) - (b.stat?.mtimeMs ?? 0));
  for (const { path } of byAge.slice(0, Math.ceil(entries.length / 2))) rmSync(path, { force: true });
}
