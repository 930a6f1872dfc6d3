// Programs with an address space that has no room for the host's WebAssembly, as some sandboxes and machines limit it.

/** KiB: less than one memory of V8's WebAssembly reserves. */
const ADDRESS_SPACE = 8_000_000;

/** The words that start a program so. */
export function underAddressSpace(words: readonly string[]): string[] {
  return ['sh', '-c', `ulimit -v ${ADDRESS_SPACE} && exec "$@"`, 'sh', ...words];
}
