// How modules are refused that need what this build left out: by the feature's name, and the constant that the build was made with.
import { InvalidError, UsageError } from './errors.js';
import { type Feature, LEFT_OUT, leftOutText } from './features.js';

/** The features whose instructions have a prefix of their own. */
const FEATURE_OF_PREFIX: Readonly<Record<number, Feature>> = { 251: 'gc', 253: 'simd', 254: 'threads' };

/** Returns what is wrong with an instruction that is not in the tables, if the build left it out. @param op `prefix << 16 | sub` */
export function leftOutInstruction(op: number, at: number): InvalidError | undefined {
  const feature = FEATURE_OF_PREFIX[op >>> 16];
  return feature !== undefined && LEFT_OUT.has(feature) ? leftOutFeature(feature, at) : undefined;
}

/** Returns the error of a module that needs a feature that the build left out. */
export function leftOutFeature(feature: Feature, at: number, functionIndex = -1): InvalidError {
  return new InvalidError(leftOutText(`feature '${feature}'`, LEFT_OUT.get(feature)!), at, functionIndex, feature);
}

/** Refuses a call that needs what the build left out. @throws UsageError */
export function leftOut(what: string, constant: string): never {
  throw new UsageError(leftOutText(what, constant));
}
