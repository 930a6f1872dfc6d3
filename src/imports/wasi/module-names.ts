// The names of modules that guests import WASI preview 1 from; alone here, so that who asks for them need not carry WASI.

/** The second is of the time before preview 1, with a few structures laid out otherwise. */
export const WASI_MODULE_NAMES = ['wasi_snapshot_preview1', 'wasi_unstable'] as const;
export type WasiModuleName = (typeof WASI_MODULE_NAMES)[number];

export function isWasiModuleName(name: string): name is WasiModuleName {
  return (WASI_MODULE_NAMES as readonly string[]).includes(name);
}
