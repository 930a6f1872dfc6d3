// Which engine runs an instance, and why. Refuses modes that are not there, cannot run here, or lack what the module uses.
import type { Engine, RunningMode } from '../runtime/engine.js';
import { UsageError } from '../wasm/errors.js';
import type { ValidatedModule } from '../wasm/module.js';

export interface ChosenMode {
  readonly engine: Engine;
  readonly reason: string;
}

/**
 * @param engines in the order that `auto` prefers @param refused why engines were passed over already
 * @throws UsageError that says why no engine will do
 */
export function chooseMode(
  engines: readonly Engine[],
  wanted: RunningMode | 'auto',
  module: ValidatedModule,
  refused: ReadonlyMap<Engine, string> = new Map(),
): ChosenMode {
  if (wanted !== 'auto') {
    const engine = engines.find((one) => one.mode === wanted);
    if (!engine) {
      const names = engines.map((one) => one.mode).join(', ') || 'none';
      throw new UsageError(`mode '${wanted}' is not part of this runtime; it has: ${names}`);
    }
    const obstacle = obstacleOf(engine, module);
    if (obstacle !== undefined) throw new UsageError(`mode '${wanted}' cannot run this module: ${obstacle}`);
    return { engine, reason: 'asked for' };
  }
  const passed: string[] = [];
  for (const engine of engines) {
    const obstacle = refused.get(engine) ?? obstacleOf(engine, module);
    if (obstacle === undefined) {
      const before = passed.length > 0 ? ` (not ${passed.join('; not ')})` : '';
      return { engine, reason: `auto: the first of the modes here that can run this module${before}` };
    }
    passed.push(`${engine.mode}: ${obstacle}`);
  }
  throw new UsageError(`no mode can run this module${passed.length > 0 ? `: ${passed.join('; ')}` : ''}`);
}

function obstacleOf(engine: Engine, module: ValidatedModule): string | undefined {
  const unavailable = engine.unavailable();
  if (unavailable !== undefined) return unavailable;
  const missing = engine.missingFeatures(module);
  return missing.length > 0 ? `it lacks ${missing.join(', ')}` : undefined;
}
