// All imports of WASI for one state, by module name and name.
import { SOCKET_CALLS, WASI_CALLS, type WasiImport, type WasiState, wasiImport } from '#src/imports/wasi/index.js';

type Table = Readonly<Record<string, WasiImport>>;

export function wasiImports(state: WasiState): Readonly<Record<'wasi_snapshot_preview1' | 'wasi_unstable', Table>> {
  const table = (module: 'wasi_snapshot_preview1' | 'wasi_unstable'): Table =>
    Object.fromEntries([...WASI_CALLS, ...SOCKET_CALLS].map((name) => [name, wasiImport(state, module, name)!]));
  return { wasi_snapshot_preview1: table('wasi_snapshot_preview1'), wasi_unstable: table('wasi_unstable') };
}
