// How the file that an enclave starts from is told where code is kept: scripts/enclave-launcher.cjs reads it. Refuses nothing.

/** @param folder undefined: nowhere */
export function codeCacheWords(folder: string | undefined): string[] {
  return folder === undefined ? [] : [`--code-cache=${folder}`];
}
