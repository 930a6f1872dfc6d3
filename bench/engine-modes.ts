// The engines by mode, loaded when asked for. The one of mode aot knows the engine corpus only: compiled to files, and imported from there.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { decode } from '#src/binary/decode.js';
import type { Engine } from '#src/runtime/engine.js';
import type { RunningMode } from '#src/runtime/running-mode.js';
import { validate } from '#src/validate/validate.js';

const PROGRAMS = fileURLToPath(new URL('../../bench/programs/', import.meta.url));

async function aotOfPrograms(): Promise<Engine> {
  const { compileToModule } = await import('#src/engine/js/aot-compile.js');
  const { aotEngine, loadAot } = await import('#src/engine/js/aot-load.js');
  const folder = mkdtempSync(join(tmpdir(), 'enclasm-aot-'));
  try {
    const modules = [];
    for (const name of readdirSync(PROGRAMS).filter((file) => file.endsWith('.wasm'))) {
      const module = validate(decode(new Uint8Array(readFileSync(join(PROGRAMS, name)))));
      const file = join(folder, `${name}.mjs`);
      writeFileSync(file, compileToModule(module, { abilities: ['plain', 'deadline', 'fuel'] }));
      modules.push(loadAot(await import(pathToFileURL(file).href)));
    }
    return aotEngine(modules);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const LOADERS: Partial<Record<RunningMode, () => Promise<Engine>>> = {
  interp: async (): Promise<Engine> => (await import('#src/engine/interp/interp-engine.js')).interpEngine(),
  jit: async (): Promise<Engine> => (await import('#src/engine/js/jit.js')).jitEngine(),
  aot: aotOfPrograms,
  host: async (): Promise<Engine> => (await import('#src/engine/native/native-engine.js')).hostEngine(),
};

export type Mode = RunningMode;
export const MODES: readonly string[] = Object.keys(LOADERS);

export async function engineOf(mode: Mode): Promise<Engine> {
  return LOADERS[mode]!();
}
