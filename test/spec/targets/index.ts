// Running modes by name. A mode's file is loaded only when the mode is asked for.
import type { SpecTarget } from '#src/wast/script-target.js';

import { platform } from './platform.js';

/** A maker of fresh targets: one target per script, so that scripts cannot disturb each other. */
export type MakeTarget = () => SpecTarget;

/** The mode for scripts with threads alone: others run no differently in it. */
export const IN_WORKERS = 'interp-in-workers';

const LOADERS: Record<string, () => Promise<MakeTarget>> = {
  // Threads of scripts take turns, ...
  interp: async () => {
    const [{ interpEngine }, { createEngineTarget }] = await Promise.all([
      import('#src/engine/interp/interp-engine.js'),
      import('#src/wast/runtime-target.js'),
    ]);
    return () => createEngineTarget(interpEngine(), { platform });
  },
  // ... or run in workers, as in the modes whose calls cannot pause.
  [IN_WORKERS]: async () => {
    const [{ interpEngine }, { createEngineTarget }] = await Promise.all([
      import('#src/engine/interp/interp-engine.js'),
      import('#src/wast/runtime-target.js'),
    ]);
    return () => createEngineTarget(interpEngine(), { platform, parallel: true });
  },
  jit: async () => {
    const [{ jitEngine }, { createEngineTarget }] = await Promise.all([
      import('#src/engine/js/jit.js'),
      import('#src/wast/runtime-target.js'),
    ]);
    return () => createEngineTarget(jitEngine(), { platform, parallel: true });
  },
  // Mode jit of the namespace of the standard WebAssembly object: functions move from the interpreter to JavaScript after a few calls.
  'jit-tiered': async () => {
    const [{ tieredEngine }, { createEngineTarget }] = await Promise.all([
      import('../../helpers/tiered-engine.js'),
      import('#src/wast/runtime-target.js'),
    ]);
    return () => createEngineTarget(tieredEngine(), { platform, parallel: true });
  },
  host: async () => {
    const [{ hostEngine }, { createEngineTarget }] = await Promise.all([
      import('#src/engine/native/native-engine.js'),
      import('#src/wast/runtime-target.js'),
    ]);
    return () => createEngineTarget(hostEngine(), { platform, parallel: true });
  },
  // Mode host with the code of guests that nothing can interrupt.
  'host-uninterruptible': async () => {
    const [{ hostEngine }, { createEngineTarget }] = await Promise.all([
      import('#src/engine/native/native-engine.js'),
      import('#src/wast/runtime-target.js'),
    ]);
    return () => createEngineTarget(hostEngine(), { platform, interruptible: false, parallel: true });
  },
  // Mode host while its fuel is compared with the interpreter's, call by call.
  'host-fuel': async () => {
    const [{ hostEngine }, { interpEngine }, { createFuelTarget }] = await Promise.all([
      import('#src/engine/native/native-engine.js'),
      import('#src/engine/interp/interp-engine.js'),
      import('./fuel.js'),
    ]);
    return () => createFuelTarget(interpEngine(), hostEngine());
  },
  'jit-fuel': async () => {
    const [{ jitEngine }, { interpEngine }, { createFuelTarget }] = await Promise.all([
      import('#src/engine/js/jit.js'),
      import('#src/engine/interp/interp-engine.js'),
      import('./fuel.js'),
    ]);
    return () => createFuelTarget(interpEngine(), jitEngine());
  },
  // Code for JavaScript engines that compile nothing, while its fuel is compared.
  'jit-plain': async () => {
    const [{ jitEngine }, { interpEngine }, { createFuelTarget }] = await Promise.all([
      import('#src/engine/js/jit.js'),
      import('#src/engine/interp/interp-engine.js'),
      import('./fuel.js'),
    ]);
    return () => createFuelTarget(interpEngine(), jitEngine(undefined, { shape: 'plain' }));
  },
  // The interpreter for JavaScript engines without jump tables, while its fuel is compared with the other's.
  'interp-tree': async () => {
    const [{ interpEngine }, { step }, { createFuelTarget }] = await Promise.all([
      import('#src/engine/interp/interp-engine.js'),
      import('#src/engine/interp/loop-tree.gen.js'),
      import('./fuel.js'),
    ]);
    return () =>
      createFuelTarget(
        interpEngine(),
        interpEngine(() => step),
      );
  },
  // A build without all that can be left out.
  'interp-lean': async () => (await import('./lean.js')).loadLeanTarget(),
  'tiered-fuel': async () => {
    const [{ tieredEngine }, { interpEngine }, { createFuelTarget }] = await Promise.all([
      import('../../helpers/tiered-engine.js'),
      import('#src/engine/interp/interp-engine.js'),
      import('./fuel.js'),
    ]);
    return () => createFuelTarget(interpEngine(), tieredEngine());
  },
  aot: async () => {
    const [{ aotTextEngine }, { SHARED_BUFFER_THREADS }, { createEngineTarget }] = await Promise.all([
      import('../../helpers/aot-engine.js'),
      import('#src/runtime/shared-buffer-memory.js'),
      import('#src/wast/runtime-target.js'),
    ]);
    // Each worker makes the code again: no file lies anywhere.
    return () =>
      createEngineTarget({ ...aotTextEngine(['plain']), threads: SHARED_BUFFER_THREADS }, { platform, parallel: true });
  },
  node: async () => (await import('./node.js')).createNodeTarget,
  validate: async () => (await import('./enclasm-validate.js')).createValidateTarget,
};

export const MODES: readonly string[] = Object.keys(LOADERS);

export async function loadTarget(mode: string): Promise<MakeTarget> {
  const load = LOADERS[mode];
  if (load === undefined) throw new Error(`unknown mode ${mode}: one of ${MODES.join(', ')}`);
  return load();
}
