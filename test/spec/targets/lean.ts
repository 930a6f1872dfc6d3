// The interpreter in a bundle without all that a build can leave out. Modules that need what is not there are excused.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { interpEngine } from '#src/engine/interp/interp-engine.js';
import type { createEngineTarget } from '#src/wast/runtime-target.js';
import { bundleSource, LEAVE_OUTS } from '../../footprint/bundle.js';
import type { MakeTarget } from './index.js';
import { platform } from './platform.js';

interface Bundle {
  readonly interpEngine: typeof interpEngine;
  readonly createEngineTarget: typeof createEngineTarget;
}

async function load(): Promise<Bundle> {
  const source = `
    export { interpEngine } from './src/engine/interp/interp-engine.ts';
    export { createEngineTarget } from './src/wast/runtime-target.ts';`;
  const folder = mkdtempSync(join(tmpdir(), 'enclasm-lean-'));
  try {
    const file = join(folder, 'lean.mjs');
    writeFileSync(file, await bundleSource(source, { without: LEAVE_OUTS }));
    return await import(pathToFileURL(file).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function loadLeanTarget(): Promise<MakeTarget> {
  const built = await load();
  return () => {
    const target = built.createEngineTarget(built.interpEngine(), { platform });
    return {
      ...target,
      spectest: { ...target.spectest, sharedMemory: false },
      excuse: (error, bytes) => (isLeftOut(error) ? error.message : target.excuse(error, bytes)),
    };
  };
}

function isLeftOut(error: unknown): error is Error {
  return error instanceof Error && error.message.includes('is not in this build');
}
