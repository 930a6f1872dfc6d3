// Names of WebAssembly's features after the MVP, and which are on. A module that needs one that is off is rejected with its name.

export const FEATURES = {
  'mutable-globals': 'import and export of mutable globals',
  'sign-extension': 'i32.extend8_s and relatives',
  'saturating-float-to-int': 'trunc_sat instructions',
  'multi-value': 'several results, parameters of blocks',
  'bulk-memory': 'memory.copy, memory.fill, passive segments',
  'reference-types': 'externref, several tables, table instructions',
  simd: 'v128',
  'relaxed-simd': 'relaxed vector instructions',
  'tail-call': 'return_call',
  'extended-const': 'i32.add and relatives in constant expressions',
  'multi-memory': 'several memories',
  memory64: '64-bit memories and tables',
  exceptions: 'try_table, throw, throw_ref, tags',
  'legacy-exceptions': 'try, catch, delegate, rethrow',
  'function-references': 'typed function references, call_ref',
  gc: 'structs, arrays, i31, casts',
  threads: 'shared memories and atomics',
  'wide-arithmetic': 'i64.add128 and relatives',
  'custom-page-sizes': 'memories with pages of one byte',
} as const;

export type Feature = keyof typeof FEATURES;

export type FeatureSet = ReadonlySet<Feature>;

export const ALL_FEATURES: FeatureSet = new Set(Object.keys(FEATURES) as Feature[]);

/** Everything in WebAssembly 3.0, plus threads and legacy exceptions; proposals that are not finished are off. */
export const DEFAULT_FEATURES: FeatureSet = new Set(
  [...ALL_FEATURES].filter((feature) => feature !== 'wide-arithmetic' && feature !== 'custom-page-sizes'),
);

/** DEFAULT_FEATURES with some switched on or off. Throws a TypeError that names an unknown feature. */
export function featureSet(changes: Partial<Record<Feature, boolean>>): FeatureSet {
  const set = new Set(DEFAULT_FEATURES);
  for (const [name, on] of Object.entries(changes)) {
    if (!(name in FEATURES))
      throw new TypeError(`unknown feature '${name}'; known: ${Object.keys(FEATURES).join(', ')}`);
    if (on) set.add(name as Feature);
    else set.delete(name as Feature);
  }
  return set;
}
