// What a build may leave out, by a bundler's `define` (docs/embedding.md, "A smaller bundle"): each is undefined unless the build defines it. Guards are written out where
// they stand, `typeof ENCLASM_WITHOUT_GC === 'undefined'`: bundlers drop what only a dead branch imports, but not if the condition comes from another file.

declare const ENCLASM_WITHOUT_VECTORS: true | undefined;
declare const ENCLASM_WITHOUT_GC: true | undefined;
declare const ENCLASM_WITHOUT_THREADS: true | undefined;
declare const ENCLASM_WITHOUT_ALLOCATORS: true | undefined;
declare const ENCLASM_WITHOUT_ASYNC_CALLS: true | undefined;
declare const ENCLASM_WITHOUT_OBSERVERS: true | undefined;
declare const ENCLASM_WITHOUT_STEP_TREE: true | undefined;
declare const ENCLASM_WITHOUT_TEXT_VALUES: true | undefined;
