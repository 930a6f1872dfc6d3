// What the templates of wasm/semantics.ts call, under the names they use. Vectors are in v128.ts, apart, so that a bundle
// without them stays small.
export * from './bits.js';
export * from './canonical.js';
export * from './float.js';
export * from './high.js';
export * from './int32.js';
export * from './int64-divide.js';
export * from './int128.js';
