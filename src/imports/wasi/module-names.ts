// The names of modules that guests import WASI preview 1 from. They stand alone here, so that code that needs only the names does not load WASI.

/** The second name is older than preview 1, with a few structures laid out differently. */
export const WASI_MODULE_NAMES = ['wasi_snapshot_preview1', 'wasi_unstable'] as const;
export type WasiModuleName = (typeof WASI_MODULE_NAMES)[number];

export function isWasiModuleName(name: string): name is WasiModuleName {
  return (WASI_MODULE_NAMES as readonly string[]).includes(name);
}
