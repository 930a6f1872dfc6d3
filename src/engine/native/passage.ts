// How values pass between JavaScript and guest code: as i32 words in the layout of call slots, or as references of the widest type of their
// hierarchy.
import type { Module } from '../../wasm/module.js';
import * as t from '../../wasm/types.js';

/** The hierarchies of reference types. Values of one hierarchy cross in the same way, whatever their exact type is. */
export type Hierarchy = 'func' | 'extern' | 'any' | 'exn';

/** The module's types that a type index refers to. */
export type DeclaredTypes = Pick<Module, 'types' | 'recGroups'>;

/** If there are more arguments than this, they are fetched one by one instead of passed. */
const MAX_PASSED = 12;

/** The hierarchy of a reference type of a module. */
export function hierarchyOf(type: t.ValType, { types }: Pick<Module, 'types'>): Hierarchy {
  const heap = t.heapOf(type);
  if (heap >= 0) return types[heap]!.composite.kind === 'func' ? 'func' : 'any';
  if (heap === t.HEAP_FUNC || heap === t.HEAP_NOFUNC) return 'func';
  if (heap === t.HEAP_EXTERN || heap === t.HEAP_NOEXTERN) return 'extern';
  return heap === t.HEAP_EXN || heap === t.HEAP_NOEXN ? 'exn' : 'any';
}
/** The hierarchy of each type of a list; undefined for numbers and vectors. */
export function hierarchiesOf(
  types: readonly t.ValType[],
  module: Pick<Module, 'types'>,
): readonly (Hierarchy | undefined)[] {
  return types.map((type) => (t.isRef(type) ? hierarchyOf(type, module) : undefined));
}

/** Returns how many i32 words a value takes; a reference takes none. */
export function wordsOf(type: t.ValType): number {
  if (t.isRef(type)) return 0;
  if (type === t.V128) return 4;
  return type === t.I64 || type === t.F64 ? 2 : 1;
}

/** How the arguments and the result of an adapter are passed. A place is a position in slots.i32; reference k has the place -1 - k. */
export interface Passage {
  /** What is passed as arguments, in order. The list is empty if they are fetched. */
  readonly passed: readonly number[];
  readonly fetched: boolean;
  /** The single word or reference that the adapter returns; undefined if there is no result, or if all results are stored. */
  readonly returned: number | undefined;
}

function placesOf(types: readonly t.ValType[]): number[] {
  return types.flatMap((type, k) =>
    t.isRef(type) ? [-1 - k] : Array.from({ length: wordsOf(type) }, (_, i) => k * 4 + i),
  );
}

const passages = new WeakMap<t.FuncType, Passage>();
/** The passage of a function type. */
export function passageOf(type: t.FuncType): Passage {
  let known = passages.get(type);
  if (known === undefined) passages.set(type, (known = makePassage(type)));
  return known;
}
function makePassage({ params, results }: t.FuncType): Passage {
  const passed = placesOf(params);
  const returned = placesOf(results);
  const fetched = passed.length > MAX_PASSED;
  return { passed: fetched ? [] : passed, fetched, returned: returned.length === 1 ? returned[0] : undefined };
}

/** Whether values of these types cross exactly without an adapter: i32 words, references to functions and JavaScript values do. */
export function crossesPlainly({ params, results }: t.FuncType, module: Pick<Module, 'types'>): boolean {
  const plain = (type: t.ValType): boolean =>
    type === t.I32 || (t.isRef(type) && ['extern', 'func'].includes(hierarchyOf(type, module)));
  return params.length <= MAX_PASSED && results.length <= 1 && params.every(plain) && results.every(plain);
}
