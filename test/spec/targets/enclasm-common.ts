// What all targets made of our own code share: the feature flags of each part of the suite, and the kinds of our errors.
import { WasmException } from '#src/runtime/exception.js';
import { InvalidError, LimitError, LinkError, MalformedError, Trap } from '#src/wasm/errors.js';
import { ALL_FEATURES, type Feature, type FeatureSet } from '#src/wasm/features.js';
import { TRAPS } from '#src/wasm/traps.js';
import type { ClassifiedError, FeatureProfile } from '../target.js';

/** Not part of WebAssembly 3.0: each is on only for the scripts of its own folder. */
const OUTSIDE_CORE: readonly Feature[] = ['legacy-exceptions', 'threads', 'wide-arithmetic', 'custom-page-sizes'];

// The scripts of this proposal are older than WebAssembly 2.0 and assert that some of its additions are refused.
const NOT_WITH_THREADS: readonly Feature[] = ['reference-types', 'multi-memory'];

function without(features: Iterable<Feature>, removed: readonly Feature[]): FeatureSet {
  return new Set([...features].filter((feature) => !removed.includes(feature)));
}

const CORE = without(ALL_FEATURES, OUTSIDE_CORE);

/** The features that the scripts of each part of the suite are written for. */
export const FEATURES_OF: Record<FeatureProfile, FeatureSet> = {
  all: ALL_FEATURES,
  core: CORE,
  legacy: new Set([...CORE, 'legacy-exceptions']),
  threads: without([...CORE, 'threads'], NOT_WITH_THREADS),
  'wide-arithmetic': new Set([...CORE, 'wide-arithmetic']),
  'custom-page-sizes': new Set([...CORE, 'custom-page-sizes']),
};

function kindOf(error: unknown): ClassifiedError['kind'] {
  if (error instanceof MalformedError) return 'malformed';
  if (error instanceof InvalidError) return 'invalid';
  if (error instanceof LinkError) return 'unlinkable';
  if (error instanceof WasmException) return 'exception';
  if (error instanceof LimitError) return 'limit';
  if (error instanceof Trap) return error.id === 'stack-exhausted' ? 'exhaustion' : 'trap';
  return 'unknown';
}

/** The kind of an error of ours, with its own text and the specification's. */
export function classify(error: unknown): ClassifiedError {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const kind = kindOf(error);
  // An error that is not ours is a bug of ours: its stack says where.
  if (kind === 'unknown') return { kind, text: error instanceof Error ? (error.stack ?? text) : text, specTexts: [] };
  if (error instanceof Trap) return { kind, text, specTexts: [TRAPS[error.id].spec] };
  return { kind, text, specTexts: [(error as Error).message] };
}
