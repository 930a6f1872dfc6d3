// How the entry file of a worker or an enclave is told where code that V8 compiled is kept; scripts/enclave-launcher.cjs reads the word. Refuses nothing.

const PREFIX = '--code-cache=';

/** @param folder undefined: no code is kept */
export function codeCacheWords(folder: string | undefined): string[] {
  return folder === undefined ? [] : [`${PREFIX}${folder}`];
}
/** The folder that is among the words, if any. */
export function codeCacheOf(words: readonly string[]): string | undefined {
  return words.find((word) => word.startsWith(PREFIX))?.slice(PREFIX.length);
}
