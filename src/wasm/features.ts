// Names of WebAssembly's features after the MVP, and which of them are on by default. A module that needs one that is off is rejected with its name.

/** The features of WebAssembly after its first version, each with what it brings. */
export const FEATURES = {
  /** Part of WebAssembly 1.0, but of no first implementation. */
  'mutable-globals': 'import and export of mutable globals',
  /** Part of WebAssembly 2.0. */
  'sign-extension': 'i32.extend8_s and relatives',
  /** Part of WebAssembly 2.0. */
  'saturating-float-to-int': 'trunc_sat instructions',
  /** Part of WebAssembly 2.0. */
  'multi-value': 'several results, parameters of blocks',
  /** Part of WebAssembly 2.0. */
  'bulk-memory': 'memory.copy, memory.fill, passive segments',
  /** Part of WebAssembly 2.0. */
  'reference-types': 'externref, several tables, table instructions',
  /** Part of WebAssembly 2.0. */
  simd: 'v128',
  /** Part of WebAssembly 3.0. */
  'relaxed-simd': 'relaxed vector instructions',
  /** Part of WebAssembly 3.0. */
  'tail-call': 'return_call',
  /** Part of WebAssembly 3.0. */
  'extended-const': 'i32.add and relatives in constant expressions',
  /** Part of WebAssembly 3.0. */
  'multi-memory': 'several memories',
  /** Part of WebAssembly 3.0. */
  memory64: '64-bit memories and tables',
  /** Part of WebAssembly 3.0. */
  exceptions: 'try_table, throw, throw_ref, tags',
  /** Exceptions as compilers wrote them before WebAssembly 3.0. */
  'legacy-exceptions': 'try, catch, delegate, rethrow',
  /** Part of WebAssembly 3.0. */
  'function-references': 'typed function references, call_ref',
  /** Part of WebAssembly 3.0. */
  gc: 'structs, arrays, i31, casts',
  /** A proposal, without starting threads. */
  threads: 'shared memories and atomics',
  /** A proposal; off by default. */
  'wide-arithmetic': 'i64.add128 and relatives',
  /** A proposal; off by default. */
  'custom-page-sizes': 'memories with pages of one byte',
} as const;

/** The name of a feature after the first version of WebAssembly. */
export type Feature = keyof typeof FEATURES;

/** Features that are on. */
export type FeatureSet = ReadonlySet<Feature>;

export const ALL_FEATURES: ReadonlySet<Feature> = new Set(Object.keys(FEATURES) as Feature[]);

/** The features that the build leaves out, each with the constant that it was built with. */
export const LEFT_OUT: ReadonlyMap<Feature, string> = new Map<Feature, string>([
  ...(typeof ENCLASM_WITHOUT_VECTORS === 'undefined'
    ? []
    : ([
        ['simd', 'ENCLASM_WITHOUT_VECTORS'],
        ['relaxed-simd', 'ENCLASM_WITHOUT_VECTORS'],
      ] as const)),
  ...(typeof ENCLASM_WITHOUT_GC === 'undefined' ? [] : ([['gc', 'ENCLASM_WITHOUT_GC']] as const)),
  ...(typeof ENCLASM_WITHOUT_THREADS === 'undefined' ? [] : ([['threads', 'ENCLASM_WITHOUT_THREADS']] as const)),
]);

/** @param what is wanted @param constant the name that the build was made with */
export function leftOutText(what: string, constant: string): string {
  return `${what} is not in this build, which was made with ${constant}`;
}

/** Everything in WebAssembly 3.0, plus threads and legacy exceptions; proposals that are not finished are off, and so is what the build left out. */
export const DEFAULT_FEATURES: ReadonlySet<Feature> = new Set(
  [...ALL_FEATURES].filter(
    (feature) => feature !== 'wide-arithmetic' && feature !== 'custom-page-sizes' && !LEFT_OUT.has(feature),
  ),
);

/** Returns DEFAULT_FEATURES with some features switched on or off. Throws a TypeError that names a feature which is unknown or not in the build. */
export function featureSet(changes: Partial<Record<Feature, boolean>>): FeatureSet {
  const set = new Set(DEFAULT_FEATURES);
  for (const [name, on] of Object.entries(changes)) {
    if (!(name in FEATURES))
      throw new TypeError(`unknown feature '${name}'; known: ${Object.keys(FEATURES).join(', ')}`);
    const constant = on ? LEFT_OUT.get(name as Feature) : undefined;
    if (constant !== undefined) throw new TypeError(leftOutText(`feature '${name}'`, constant));
    if (on) set.add(name as Feature);
    else set.delete(name as Feature);
  }
  return set;
}
