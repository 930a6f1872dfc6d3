// What a build may leave out, so that a bundle stays small: constants that a bundler's `define` sets to false. Where nothing defines them, everything is there.
// Code that a constant guards, and modules that only it uses, are dropped by every bundler that minifies. Refuses anything but these constants.

declare const __ENCLASM_VECTORS__: boolean | undefined;
declare const __ENCLASM_OBJECTS__: boolean | undefined;
declare const __ENCLASM_THREADS__: boolean | undefined;

/** Vector instructions: the features simd and relaxed-simd. */
export const VECTORS: boolean = typeof __ENCLASM_VECTORS__ === 'undefined' || !!__ENCLASM_VECTORS__;
/** Garbage-collected objects: the feature gc. */
export const OBJECTS: boolean = typeof __ENCLASM_OBJECTS__ === 'undefined' || !!__ENCLASM_OBJECTS__;
/** Shared memories and atomic accesses: the feature threads. */
export const THREADS: boolean = typeof __ENCLASM_THREADS__ === 'undefined' || !!__ENCLASM_THREADS__;
