// Matches a module's imports against the values provided for them, by the specification's rules of subtyping and limits. Refuses, with a LinkError,
// what is missing or does not match.
import { quote } from '../base/quote.js';
import { LinkError } from '../wasm/errors.js';
import type { ExternKind, Import } from '../wasm/module.js';
import { type DefinedType, isSubtypeOf, resolveType } from '../wasm/subtyping.js';
import type { GlobalType, Limits, MemoryType, TableType } from '../wasm/types.js';
import { TagInstance } from './exception.js';
import { FunctionInstance } from './function.js';
import { GlobalInstance } from './global.js';
import type { ExternInstance, Instance } from './instance.js';
import { MemoryInstance } from './memory.js';
import { TableInstance } from './table.js';

/** The answer for an import that is not provided: the instance gets a memory or table of its own for it. */
export const OF_ITS_OWN = Symbol('of its own');

/** Finds what an import asks for; undefined if it does not exist. */
export type ImportResolver = (wanted: Import, position: number) => ExternInstance | typeof OF_ITS_OWN | undefined;

/**
 * Fills the beginning of the instance's index spaces with its imports.
 * @param step called for each import
 * @throws LinkError "unknown import" or "incompatible import type", and what the resolver and `step` throw
 */
export function linkImports(instance: Instance, resolve: ImportResolver, step?: () => void): void {
  instance.module.imports.forEach((wanted, position) => {
    step?.();
    const given = resolve(wanted, position);
    if (given === undefined) throw unknownImport(wanted);
    if (given === OF_ITS_OWN) {
      leaveRoom(instance, wanted, position);
      return;
    }
    if (!matchesImport(given, wanted, instance)) throw incompatibleImport(wanted, given);
    addExtern(instance, given);
  });
}

/** Leaves a place that the engine fills before it reads the index spaces: only engines know where their memories and tables are. */
function leaveRoom({ ownImports, memories, tables }: Instance, { description }: Import, position: number): void {
  ownImports.add(position);
  if (description.kind === 'memory') memories.length++;
  else tables.length++;
}

export function unknownImport(wanted: Import): LinkError {
  return new LinkError(`unknown import: ${wanted.description.kind} ${label(wanted)} is not provided`);
}

function incompatibleImport(wanted: Import, given: ExternInstance): LinkError {
  const kind = kindOf(given);
  const why = kind === wanted.description.kind ? `the ${kind} given has another type` : `a ${kind} was given`;
  return new LinkError(`incompatible import type: ${wanted.description.kind} ${label(wanted)}: ${why}`);
}

function label(wanted: Import): string {
  return `"${quote(wanted.module)}"."${quote(wanted.name)}"`;
}

function kindOf(given: ExternInstance): ExternKind {
  if (given instanceof FunctionInstance) return 'func';
  if (given instanceof TableInstance) return 'table';
  if (given instanceof MemoryInstance) return 'memory';
  return given instanceof GlobalInstance ? 'global' : 'tag';
}

function addExtern(instance: Instance, given: ExternInstance): void {
  if (given instanceof FunctionInstance) instance.functions.push(given);
  else if (given instanceof TableInstance) instance.tables.push(given);
  else if (given instanceof MemoryInstance) instance.memories.push(given);
  else if (given instanceof GlobalInstance) instance.globals.push(given);
  else instance.tags.push(given);
}

/** Whether `given` matches the import, in terms of the instance's types and store. */
function matchesImport(given: ExternInstance, { description }: Import, instance: Instance): boolean {
  const { types, store } = instance;
  switch (description.kind) {
    case 'func':
      return given instanceof FunctionInstance && isSubtypeOf(given.type, types[description.typeIndex]!);
    case 'tag':
      return given instanceof TagInstance && given.type === types[description.type.typeIndex];
    case 'table':
      return given instanceof TableInstance && matchesTable(given, description.type, types);
    case 'memory':
      return given instanceof MemoryInstance && matchesMemory(given, description.type);
    case 'global': {
      if (!(given instanceof GlobalInstance)) return false;
      const { type, mutable }: GlobalType = description.type;
      const wanted = resolveType(type, types);
      if (given.type.mutable !== mutable) return false;
      return mutable ? given.type.type === wanted : store.types.matches(given.type.type, wanted);
    }
  }
}

function matchesTable(given: TableInstance, wanted: TableType, types: readonly DefinedType[]): boolean {
  return (
    given.type.address === wanted.address &&
    given.type.shared === wanted.shared &&
    given.type.element === resolveType(wanted.element, types) &&
    matchesLimits(given.length, given.type.limits.max, wanted.limits)
  );
}

function matchesMemory(given: MemoryInstance, wanted: MemoryType): boolean {
  return (
    given.type.address === wanted.address &&
    given.type.shared === wanted.shared &&
    given.type.pageSizeLog2 === wanted.pageSizeLog2 &&
    matchesLimits(given.pages, given.type.limits.max, wanted.limits)
  );
}

/** Compares the current size, not the one at creation: a memory that has grown may match where it did not before. */
function matchesLimits(size: number, max: bigint | undefined, wanted: Limits): boolean {
  if (BigInt(size) < wanted.min) return false;
  return wanted.max === undefined || (max !== undefined && max <= wanted.max);
}
