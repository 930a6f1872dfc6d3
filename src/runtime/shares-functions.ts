// Whether functions of a module's instances can reach other instances, or functions of others can reach them, by other ways than plain imports and
// exports: in tables, or as references. The answer is conservative: what may happen counts as happening.
import type { Import, ValidatedModule } from '../wasm/module.js';
import { type FuncType, HEAP_EXTERN, HEAP_NOEXTERN, heapOf, isRef, type ValType } from '../wasm/types.js';

const NONE: ReadonlySet<number> = new Set();

/** Whether its imports allow that, in either direction. @param own positions of imports that no other instance shares */
export function sharesThroughImports(module: ValidatedModule, own = NONE): boolean {
  return module.imports.some(({ description }, i) => !own.has(i) && carriesFunctions(module, description));
}

/** Whether its imports, its exports or its exceptions allow that. */
export function sharesFunctions(module: ValidatedModule): boolean {
  if (sharesThroughImports(module)) return true;
  const functions: number[] = [];
  const globals: ValType[] = [];
  for (const { description } of module.imports) {
    if (description.kind === 'func') functions.push(description.typeIndex);
    else if (description.kind === 'global') globals.push(description.type.type);
  }
  for (const { typeIndex } of module.functions) functions.push(typeIndex);
  for (const { type } of module.globals) globals.push(type.type);
  // The embedder gets an uncaught exception, whether its tag is exported or not.
  if (module.tags.some(({ typeIndex }) => signatureCarries(module, typeIndex))) return true;
  return module.exports.some(({ kind, index }) => {
    if (kind === 'func') return signatureCarries(module, functions[index]!);
    return kind === 'table' || kind === 'tag' || (kind === 'global' && valueCarries(module, globals[index]!));
  });
}

/** Whether one side can pass a function to the other through this import. */
export function carriesFunctions(module: ValidatedModule, description: Import['description']): boolean {
  switch (description.kind) {
    case 'memory':
      return false;
    case 'table':
    case 'tag':
      return true;
    case 'global':
      return valueCarries(module, description.type.type);
    case 'func':
      return signatureCarries(module, description.typeIndex);
  }
}

/**
 * Whether the exporting side can receive references through this import, whatever they refer to; an embedder may pass functions on as external ones.
 * carriesFunctions, in contrast, covers both directions, and asks whether functions can come back.
 */
export function takesReferences({ types }: ValidatedModule, description: Import['description']): boolean {
  switch (description.kind) {
    case 'memory':
      return false;
    case 'table':
      return true;
    case 'global':
      return isRef(description.type.type);
    case 'func':
      return (types[description.typeIndex]!.composite as FuncType).params.some(isRef);
    case 'tag':
      return (types[description.type.typeIndex]!.composite as FuncType).params.some(isRef);
  }
}

function signatureCarries(module: ValidatedModule, typeIndex: number): boolean {
  const { params, results } = module.types[typeIndex]!.composite as FuncType;
  const carries = (type: ValType): boolean => valueCarries(module, type);
  return params.some(carries) || results.some(carries);
}
/** An external reference can be an internal object that was converted, with functions in its fields. */
function valueCarries(module: ValidatedModule, type: ValType): boolean {
  return type >= 0 && (!isExternal(type) || module.types.some(({ composite }) => composite.kind !== 'func'));
}
function isExternal(type: ValType): boolean {
  const heap = heapOf(type);
  return heap === HEAP_EXTERN || heap === HEAP_NOEXTERN;
}
