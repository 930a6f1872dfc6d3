// The validation of the type section: every index is known, and supertypes are open, declared earlier and matched. It fills context.types with
// canonical types.
// Refuses types in other places.
import { checkLimit } from '../binary/limit.js';
import { InvalidError } from '../wasm/errors.js';
import { MAX_SUBTYPE_DEPTH } from '../wasm/implementation-limits.js';
import type { RecGroup } from '../wasm/module.js';
import type { DefinedType, TypeRegistry } from '../wasm/subtyping.js';
import * as t from '../wasm/types.js';
import type { ModuleContext } from './context.js';

export function validateTypes(context: ModuleContext): void {
  const { types, recGroups } = context.module;
  const depths = new Uint8Array(types.length);
  for (const group of recGroups) {
    const end = group.start + group.length;
    for (let index = group.start; index < end; index++) checkIndices(context, index, group, depths);
    if (group.explicit) context.require('gc', group.offset);
    context.registry.addGroup(types, group, context.types);
    checkSubtypes(context, group);
  }
}

function checkIndices(context: ModuleContext, index: number, group: RecGroup, depths: Uint8Array): void {
  const { composite, supers } = context.module.types[index]!;
  const { offset } = group;
  const end = group.start + group.length;
  if (supers.length > 1) throw new InvalidError(`sub type ${index} has more than one super type`, offset);
  if (supers.length > 0) {
    if (supers[0]! >= index) throw new InvalidError(`unknown type ${supers[0]}`, offset);
    // The depth is checked before the types are made, since each holds the list of its ancestors.
    depths[index] = depths[supers[0]!]! + 1;
    checkLimit('super types', MAX_SUBTYPE_DEPTH, depths[index]!, offset);
  }
  if (composite.kind !== 'func') context.require('gc', offset);
  const check = (storage: t.StorageType): void => {
    const heap = t.heapOf(storage);
    if (storage < 0 || heap < 0) context.resolve(storage, offset);
    else if (heap >= end) throw new InvalidError(`unknown type ${heap}`, offset);
    else context.require('function-references', offset);
  };
  switch (composite.kind) {
    case 'func':
      composite.params.forEach(check);
      composite.results.forEach(check);
      if (composite.results.length > 1) context.require('multi-value', offset);
      break;
    case 'struct':
      for (const field of composite.fields) check(field.type);
      break;
    case 'array':
      check(composite.element.type);
  }
}

function checkSubtypes(context: ModuleContext, { start, length, offset }: RecGroup): void {
  for (let index = start; index < start + length; index++) {
    const type = context.types[index]!;
    const { supertype } = type;
    if (supertype === null) continue;
    if (supertype.final || !compositeMatches(context.registry, type, supertype)) {
      const sup = context.module.types[index]!.supers[0];
      throw new InvalidError(`sub type ${index} does not match super type ${sup}`, offset);
    }
  }
}

function compositeMatches(registry: TypeRegistry, type: DefinedType, supertype: DefinedType): boolean {
  const sub = type.composite;
  const sup = supertype.composite;
  const all = (subs: readonly t.ValType[], sups: readonly t.ValType[]): boolean =>
    subs.length === sups.length && subs.every((one, i) => registry.matches(one, sups[i]!));
  const fieldMatches = (one: t.FieldType, other: t.FieldType): boolean =>
    one.mutable === other.mutable && (one.mutable ? one.type === other.type : registry.matches(one.type, other.type));
  if (sub.kind === 'func' && sup.kind === 'func') return all(sup.params, sub.params) && all(sub.results, sup.results);
  if (sub.kind === 'array' && sup.kind === 'array') return fieldMatches(sub.element, sup.element);
  if (sub.kind === 'struct' && sup.kind === 'struct') {
    return (
      sup.fields.length <= sub.fields.length && sup.fields.every((field, i) => fieldMatches(sub.fields[i]!, field))
    );
  }
  return false;
}
