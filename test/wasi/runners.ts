// Everything that can run a WASI program here: each engine through the embedding API, and the host's WebAssembly without any of them.
// Refuses to let a program run for ever: every engine gets a deadline.

import { Runtime } from '#src/embed/runtime.js';
import { defaultEngines } from '#src/entry/engines.js';
import { ALL_LIBRARIES } from '#src/entry/libraries.js';
import type { WasiOptions } from '#src/imports/wasi/index.js';
import { aotTextEngine } from '../helpers/aot-engine.js';
import { type DirectResult, runDirect } from './direct.js';
import { platform } from './guest.js';

export interface Runner {
  readonly name: string;
  run(bytes: Uint8Array, options: WasiOptions): DirectResult;
}

const TIMEOUT_MS = 60_000;

/** 'direct' first, then each running mode that this host has. */
export function runners(): Runner[] {
  const engines = [...defaultEngines(), aotTextEngine()].filter((engine) => engine.unavailable() === undefined);
  return [
    { name: 'direct', run: runDirect },
    ...engines.map(({ mode }) => ({
      name: mode,
      run: (bytes: Uint8Array, options: WasiOptions): DirectResult => {
        const runtime = Runtime.init(
          {},
          {
            platform,
            libraries: ALL_LIBRARIES,
            engines: engines.filter((engine) => engine.mode === mode),
          },
        );
        try {
          const module = runtime.load(bytes);
          const instance = runtime.instantiate(module, { mode, limits: { timeoutMs: TIMEOUT_MS }, wasi: options });
          return { exitCode: instance.executeMain(), error: undefined };
        } catch (thrown) {
          return { exitCode: 1, error: thrown instanceof Error ? thrown.message : String(thrown) };
        } finally {
          runtime.destroy();
        }
      },
    })),
  ];
}
