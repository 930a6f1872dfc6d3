// The engines of a runtime on this host, in the order that mode 'auto' prefers.
import { interpEngine } from '../engine/interp/engine.js';
import type { Engine } from '../runtime/engine.js';

export function defaultEngines(): Engine[] {
  return [interpEngine()];
}
