// The engines by mode, loaded when asked for.
import type { Engine, RunningMode } from '#src/runtime/engine.js';

const LOADERS: Partial<Record<RunningMode, () => Promise<Engine>>> = {
  interp: async (): Promise<Engine> => (await import('#src/engine/interp/engine.js')).interpEngine(),
  jit: async (): Promise<Engine> => (await import('#src/engine/js/jit.js')).jitEngine(),
  host: async (): Promise<Engine> => (await import('#src/engine/host/engine.js')).hostEngine(),
};

export type Mode = RunningMode;
export const MODES: readonly string[] = Object.keys(LOADERS);

export async function engineOf(mode: Mode): Promise<Engine> {
  return LOADERS[mode]!();
}
