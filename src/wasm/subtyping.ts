// Canonical types and the subtype relation. Equal recursion groups (iso-recursive equality) become the same objects, so that
// type equality is `===` and a cast is one array access. Refuses to check a module's types, which is the validator's work.
import { type Releasable, whenCollected } from '../base/when-collected.js';
import type { Module, RecGroup } from './module.js';
import * as t from './types.js';

export interface DefinedType {
  /** The type's position in its registry, by which heap types inside a DefinedType refer to it. */
  readonly id: number;
  readonly final: boolean;
  /** The type itself; type indices inside it are ids. */
  readonly composite: t.CompositeType;
  readonly supertype: DefinedType | null;
  readonly depth: number;
  /** The type's ancestors by depth, itself last. */
  readonly display: readonly DefinedType[];
  /** The recursion group that it was declared in. */
  readonly group: TypeGroup;
}

/** A canonical recursion group. It lives, with all types that it names, as long as one of its types is reachable. */
export interface TypeGroup {
  readonly key: string;
  readonly members: readonly DefinedType[];
  /** Types of other groups that its members name by their ids. */
  readonly named: ReadonlySet<DefinedType>;
  /** The number of loaded modules that declare it; Infinity for groups that the runtime itself declares. */
  users: number;
}

/** Takes constant time: `sup` is in sub's display at its own depth. */
export function isSubtypeOf(sub: DefinedType, sup: DefinedType): boolean {
  return sub.display[sup.depth] === sup;
}

/** Replaces a module's type index inside a reference type with the id of the type that it names. */
export function resolveType(type: t.StorageType, types: readonly DefinedType[]): t.StorageType {
  const heap = t.heapOf(type);
  return type < 0 || heap < 0 ? type : t.refType(types[heap]!.id, t.isNullable(type));
}

/** Returns the abstract heap type directly above a composite type. */
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

/** Returns a text that two composite types share exactly if they are the same. `name` writes one storage type. */
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

/**
 * The types of one runtime: two modules that declare the same recursion group get the same DefinedTypes. A group is known as long as a
 * module that declares it is loaded; after that it is found again while an object, a function or the embedder still holds a type of it.
 */
export class TypeRegistry {
  readonly #types = new Map<number, DefinedType>();
  readonly #functionTypes = new WeakMap<readonly t.ValType[], WeakMap<readonly t.ValType[], DefinedType>>();
  readonly #groups = new Map<string, TypeGroup>();
  /** Groups that no module uses any more, but of which an object, a function or the embedder may hold a type. */
  readonly #unused = new Map<string, WeakRef<TypeGroup>>();
  #nextId = 0;

  /** How many types and groups are kept, and how many unused groups are remembered because one of their types may be held. */
  get size(): { readonly types: number; readonly groups: number; readonly unused: number } {
    return { types: this.#types.size, groups: this.#groups.size, unused: this.#unused.size };
  }

  /** Returns a type that a loaded module or the runtime itself declares. */
  get(id: number): DefinedType {
    return this.#types.get(id)!;
  }

  /**
   * Returns the module's types by type index; they live until releaseModuleTypes(). The module's type section must be valid.
   * @param step is called for each group, since a module may have a million
   */
  addModuleTypes(module: Module, step?: () => void): readonly DefinedType[] {
    const known: DefinedType[] = [];
    try {
      for (const group of module.recGroups) {
        step?.();
        this.addGroup(module.types, group, known);
      }
    } catch (error) {
      this.releaseModuleTypes(module, known, false);
      throw error;
    }
    return known;
  }
  /**
   * Called when the module no longer uses its types.
   * @param types the result of addModuleTypes @param mayBeHeld whether an object or a function of such a type may outlive its instances
   */
  releaseModuleTypes(module: Module, types: readonly DefinedType[], mayBeHeld: boolean): void {
    for (const { start, length } of module.recGroups) {
      const group = types[start]?.group;
      if (length === 0 || group === undefined || --group.users > 0) continue;
      this.#groups.delete(group.key);
      for (const { id } of group.members) this.#types.delete(id);
      if (!mayBeHeld) continue;
      this.#unused.set(group.key, new WeakRef(group));
      whenCollected(group, this.#placeOf(group.key));
    }
  }

  /** What an unused group holds: the place where it would be found again. */
  #placeOf(key: string): Releasable {
    return {
      release: () => {
        if (this.#unused.get(key)?.deref() === undefined) this.#unused.delete(key);
      },
    };
  }

  /**
   * Appends the canonical types of one group to `known`, which holds those of the groups before it.
   * Every index in the group must be below its end, every supertype before its subtype.
   */
  addGroup(types: readonly t.SubType[], group: Pick<RecGroup, 'start' | 'length'>, known: DefinedType[]): void {
    const { start, length } = group;
    if (length === 0) return;
    const interned = this.#intern(types.slice(start, start + length), start, (index) => known[index]!);
    interned.users++;
    for (const type of interned.members) known.push(type);
  }

  /** Returns the type of a function that no module declares (a native). It stays for good, and reference types inside it hold ids. */
  funcType(params: readonly t.ValType[], results: readonly t.ValType[]): DefinedType {
    // Libraries ask with the same lists for each instance.
    let known = this.#functionTypes.get(params);
    if (known === undefined) this.#functionTypes.set(params, (known = new WeakMap()));
    let type = known.get(results);
    if (type === undefined) known.set(results, (type = this.#internFunction(params, results)));
    return type;
  }
  #internFunction(params: readonly t.ValType[], results: readonly t.ValType[]): DefinedType {
    const type: t.SubType = { final: true, supers: [], composite: { kind: 'func', params, results } };
    const group = this.#intern([type], Number.POSITIVE_INFINITY, (id) => this.get(id));
    group.users = Number.POSITIVE_INFINITY;
    return group.members[0]!;
  }

  /** Returns the canonical group. Heap types from `start` on name its own members; `typeOf` gives the others. */
  #intern(members: readonly t.SubType[], start: number, typeOf: (heap: number) => DefinedType): TypeGroup {
    const heapName = (heap: number): string => (heap >= start ? `r${heap - start}` : `${typeOf(heap).id}`);
    const name = (type: t.StorageType): string => {
      const heap = t.heapOf(type);
      return type < 0 || heap < 0 ? `t${type}` : heapName(heap) + (t.isNullable(type) ? '?' : '!');
    };
    let key = '';
    for (const { final, supers, composite } of members) {
      key += `${final ? '.' : ':'}${supers.length > 0 ? heapName(supers[0]!) : ''}${keyOf(composite, name)};`;
    }
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const group = this.#unused.get(key)?.deref() ?? this.#create(key, members, start, typeOf);
    this.#unused.delete(key);
    this.#groups.set(key, group);
    for (const type of group.members) this.#types.set(type.id, type);
    return group;
  }

  #create(key: string, members: readonly t.SubType[], start: number, typeOf: (heap: number) => DefinedType): TypeGroup {
    const firstId = this.#nextId;
    this.#nextId += members.length;
    const named = new Set<DefinedType>();
    const made: DefinedType[] = [];
    const group: TypeGroup = { key, members: made, named, users: 0 };
    const map: MapType = (type) => {
      const heap = t.heapOf(type);
      if (type < 0 || heap < 0) return type;
      if (heap >= start) return t.refType(firstId + heap - start, t.isNullable(type));
      const other = typeOf(heap);
      named.add(other);
      return t.refType(other.id, t.isNullable(type));
    };
    for (const { final, supers, composite } of members) {
      const above = supers[0];
      const supertype = above === undefined ? null : above >= start ? made[above - start]! : typeOf(above);
      const display: DefinedType[] = supertype === null ? [] : [...supertype.display];
      const depth = display.length;
      const mapped = mapComposite(composite, map);
      const type = { id: firstId + made.length, final, composite: mapped, supertype, depth, display, group };
      display.push(type);
      made.push(type);
    }
    return group;
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
