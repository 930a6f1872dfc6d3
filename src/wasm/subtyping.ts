// Canonical types and the subtype relation. Equal recursion groups (iso-recursive equality) become the same objects, so that
// type equality is `===` and a cast is one array access. Refuses: checking a module's types, which is the validator's work.
import type { Module, RecGroup } from './module.js';
import * as t from './types.js';

export interface DefinedType {
  /** Position in its registry; what a heap type inside a DefinedType refers to. */
  readonly id: number;
  readonly final: boolean;
  /** Type indices inside are ids. */
  readonly composite: t.CompositeType;
  readonly supertype: DefinedType | null;
  readonly depth: number;
  /** Ancestors by depth, itself last. */
  readonly display: readonly DefinedType[];
}

/** O(1): `sup` stands in sub's display at its own depth. */
export function isSubtypeOf(sub: DefinedType, sup: DefinedType): boolean {
  return sub.display[sup.depth] === sup;
}

/** Replaces a module's type index inside a reference type by the id of the type it names. */
export function resolveType(type: t.StorageType, types: readonly DefinedType[]): t.StorageType {
  const heap = t.heapOf(type);
  return type < 0 || heap < 0 ? type : t.refType(types[heap]!.id, t.isNullable(type));
}

/** The abstract heap type directly above a composite type. */
function topOf(composite: t.CompositeType): t.HeapType {
  return composite.kind === 'func' ? t.HEAP_FUNC : composite.kind === 'struct' ? t.HEAP_STRUCT : t.HEAP_ARRAY;
}

function abstractMatches(sub: t.HeapType, sup: t.HeapType): boolean {
  switch (sub) {
    case sup:
      return true;
    case t.HEAP_NONE:
      return sup <= t.HEAP_ANY && sup >= t.HEAP_ARRAY;
    case t.HEAP_EQ:
      return sup === t.HEAP_ANY;
    case t.HEAP_I31:
    case t.HEAP_STRUCT:
    case t.HEAP_ARRAY:
      return sup === t.HEAP_EQ || sup === t.HEAP_ANY;
    case t.HEAP_NOFUNC:
      return sup === t.HEAP_FUNC;
    case t.HEAP_NOEXTERN:
      return sup === t.HEAP_EXTERN;
    case t.HEAP_NOEXN:
      return sup === t.HEAP_EXN;
    default:
      return false;
  }
}

type MapType = (type: t.StorageType) => t.StorageType;

function mapComposite(composite: t.CompositeType, map: MapType): t.CompositeType {
  const mapField = (field: t.FieldType): t.FieldType => ({ type: map(field.type), mutable: field.mutable });
  switch (composite.kind) {
    case 'func':
      return { kind: 'func', params: composite.params.map(map), results: composite.results.map(map) };
    case 'struct':
      return { kind: 'struct', fields: composite.fields.map(mapField) };
    case 'array':
      return { kind: 'array', element: mapField(composite.element) };
  }
}

/** A text that two composite types share exactly when they are the same; `name` writes one storage type. */
function keyOf(composite: t.CompositeType, name: (type: t.StorageType) => string): string {
  const keyOfField = (field: t.FieldType): string => (field.mutable ? '*' : '') + name(field.type);
  switch (composite.kind) {
    case 'func':
      return `f${composite.params.map(name).join()}>${composite.results.map(name).join()}`;
    case 'struct':
      return `s${composite.fields.map(keyOfField).join()}`;
    case 'array':
      return `a${keyOfField(composite.element)}`;
  }
}

/** The types of one runtime: two modules that declare the same recursion group get the same DefinedTypes. */
export class TypeRegistry {
  readonly #types: DefinedType[] = [];
  readonly #groups = new Map<string, readonly DefinedType[]>();

  get(id: number): DefinedType {
    return this.#types[id]!;
  }

  /** The module's types by type index. The module's type section must be valid. */
  addModuleTypes(module: Module): readonly DefinedType[] {
    const known: DefinedType[] = [];
    for (const group of module.recGroups) this.addGroup(module.types, group, known);
    return known;
  }

  /**
   * Appends the canonical types of one group to `known`, which holds those of the groups before it.
   * Every index in the group must be below its end, every supertype before its subtype.
   */
  addGroup(types: readonly t.SubType[], group: Pick<RecGroup, 'start' | 'length'>, known: DefinedType[]): void {
    const { start, length } = group;
    const members = types.slice(start, start + length);
    for (const type of this.#intern(members, start, (index) => known[index]!.id)) known.push(type);
  }

  /** The type of a function that no module declares: a native. Reference types inside hold ids. */
  funcType(params: readonly t.ValType[], results: readonly t.ValType[]): DefinedType {
    const type: t.SubType = { final: true, supers: [], composite: { kind: 'func', params, results } };
    return this.#intern([type], Number.POSITIVE_INFINITY, (id) => id)[0]!;
  }

  /** The group's canonical types. Heap types from `start` on mean its own members, `idOf` gives the id of the others. */
  #intern(members: readonly t.SubType[], start: number, idOf: (heap: number) => number): readonly DefinedType[] {
    const heapName = (heap: number): string => (heap >= start ? `r${heap - start}` : `${idOf(heap)}`);
    const name = (type: t.StorageType): string => {
      const heap = t.heapOf(type);
      return type < 0 || heap < 0 ? `t${type}` : heapName(heap) + (t.isNullable(type) ? '?' : '!');
    };
    let key = '';
    for (const { final, supers, composite } of members) {
      key += `${final ? '.' : ':'}${supers.length > 0 ? heapName(supers[0]!) : ''}${keyOf(composite, name)};`;
    }
    let group = this.#groups.get(key);
    if (group === undefined) {
      const firstId = this.#types.length;
      group = this.#create(members, (heap) => (heap >= start ? firstId + heap - start : idOf(heap)));
      this.#groups.set(key, group);
    }
    return group;
  }

  #create(members: readonly t.SubType[], idOf: (heap: number) => number): readonly DefinedType[] {
    const map: MapType = (type) => {
      const heap = t.heapOf(type);
      return type < 0 || heap < 0 ? type : t.refType(idOf(heap), t.isNullable(type));
    };
    return members.map(({ final, supers, composite }) => {
      const supertype = supers.length > 0 ? this.get(idOf(supers[0]!)) : null;
      const display: DefinedType[] = supertype === null ? [] : [...supertype.display];
      const depth = display.length;
      const type = {
        id: this.#types.length,
        final,
        composite: mapComposite(composite, map),
        supertype,
        depth,
        display,
      };
      display.push(type);
      this.#types.push(type);
      return type;
    });
  }

  matchesHeap(sub: t.HeapType, sup: t.HeapType): boolean {
    if (sub === sup) return true;
    if (sup >= 0) {
      if (sub >= 0) return isSubtypeOf(this.get(sub), this.get(sup));
      return sub === (this.get(sup).composite.kind === 'func' ? t.HEAP_NOFUNC : t.HEAP_NONE);
    }
    return abstractMatches(sub >= 0 ? topOf(this.get(sub).composite) : sub, sup);
  }

  /** Whether a value of type `sub` may stand where `sup` is expected; reference types hold ids. */
  matches(sub: t.ValType, sup: t.ValType): boolean {
    if (sub === sup) return true;
    if (sub < 0 || sup < 0 || (t.isNullable(sub) && !t.isNullable(sup))) return false;
    return this.matchesHeap(t.heapOf(sub), t.heapOf(sup));
  }
}
