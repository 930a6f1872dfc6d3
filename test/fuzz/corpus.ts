// Modules to mutate: what the official suite assembles to (from the assembler's cache), the samples, the benchmarks' programs.
// Refuses to assemble anything: without a cache there are fewer.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../helpers/wat.js';

/** Larger ones take too much time for what they show. */
const MOST_BYTES = 30_000;
/** First byte of a cache entry that holds a module. */
const ASSEMBLED = 1;

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return (readdirSync(folder, { recursive: true }) as string[]).sort().map((name) => join(folder, name));
}

/** All of them, always in the same order. */
export function loadCorpus(): Uint8Array[] {
  const root = projectRoot();
  const plain = ['samples', 'bench/programs', 'test/wasi/c']
    .flatMap((folder) => filesIn(join(root, folder)))
    .filter((path) => path.endsWith('.wasm'))
    .map((path) => new Uint8Array(readFileSync(path)));
  const cached = filesIn(join(root, 'node_modules', '.cache', 'enclasm-spec'))
    .filter((path) => /[0-9a-f]{30}$/.test(path))
    .map((path) => new Uint8Array(readFileSync(path)))
    .filter((bytes) => bytes[0] === ASSEMBLED)
    .map((bytes) => bytes.slice(1));
  return [...plain, ...cached].filter(({ length }) => length > 8 && length <= MOST_BYTES);
}
