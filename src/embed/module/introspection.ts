// The imports and exports of a module, as embedders see them. Types use the module's own type indices.
import type { ExternKind, Module } from '../../wasm/module.js';
import { countImports } from '../../wasm/module.js';
import { typeName } from '../../wasm/type-names.js';
import type { CompositeType, FuncType, GlobalType, MemoryType, TableType } from '../../wasm/types.js';

/** The kind of an import or export, with its type; a tag has a function type. */
export type ExternType =
  | { readonly kind: 'func'; readonly type: FuncType }
  | { readonly kind: 'table'; readonly type: TableType }
  | { readonly kind: 'memory'; readonly type: MemoryType }
  | { readonly kind: 'global'; readonly type: GlobalType }
  | { readonly kind: 'tag'; readonly type: FuncType };

/** One import of a module. */
export type ImportInfo = { readonly module: string; readonly name: string } & ExternType;
/** One export of a module. */
export type ExportInfo = { readonly name: string } & ExternType;

export function importsOf(module: Module): ImportInfo[] {
  return module.imports.map(({ module: from, name }, i) => ({ module: from, name, ...importType(module, i) }));
}

export function exportsOf(module: Module): ExportInfo[] {
  return module.exports.map(({ name, kind, index }) => ({ name, ...externType(module, kind, index) }));
}

/** Returns the function type at a type index, which a valid module has. */
function funcTypeAt(module: Module, typeIndex: number): FuncType {
  const composite: CompositeType = module.types[typeIndex]!.composite;
  return composite as FuncType;
}

function importType(module: Module, position: number): ExternType {
  const { description } = module.imports[position]!;
  switch (description.kind) {
    case 'func':
      return { kind: 'func', type: funcTypeAt(module, description.typeIndex) };
    case 'tag':
      return { kind: 'tag', type: funcTypeAt(module, description.type.typeIndex) };
    default:
      return description as ExternType;
  }
}

/** Returns the type of an entry of an index space, imports first. */
function externType(module: Module, kind: ExternKind, index: number): ExternType {
  const imported = countImports(module, kind);
  if (index < imported) {
    let left = index;
    const position = module.imports.findIndex(({ description }) => description.kind === kind && left-- === 0);
    return importType(module, position);
  }
  const at = index - imported;
  switch (kind) {
    case 'func':
      return { kind, type: funcTypeAt(module, module.functions[at]!.typeIndex) };
    case 'table':
      return { kind, type: module.tables[at]!.type };
    case 'memory':
      return { kind, type: module.memories[at]! };
    case 'global':
      return { kind, type: module.globals[at]!.type };
    case 'tag':
      return { kind, type: funcTypeAt(module, module.tags[at]!.typeIndex) };
  }
}

/** Returns the type of an exported function that the module defines itself; undefined where there is none of that name. */
export function ownFunctionType(module: Module, name: string): FuncType | undefined {
  const found = module.exports.find((one) => one.name === name && one.kind === 'func');
  if (!found || found.index < countImports(module, 'func')) return undefined;
  return externType(module, 'func', found.index).type as FuncType;
}

/** Returns a type as text: `(i32 i32) -> (i32)`, `mut i64`, `funcref 0..10`, `i32 shared 1..2`. */
export function externText({ kind, type }: ExternType): string {
  switch (kind) {
    case 'func':
    case 'tag':
      return `(${type.params.map((t) => typeName(t)).join(' ')}) -> (${type.results.map((t) => typeName(t)).join(' ')})`;
    case 'global':
      return `${type.mutable ? 'mut ' : ''}${typeName(type.type)}`;
    case 'table':
      return `${typeName(type.element)} ${type.limits.min}..${type.limits.max ?? ''}`;
    case 'memory':
      return `${type.address}${type.shared ? ' shared' : ''} ${type.limits.min}..${type.limits.max ?? ''}`;
  }
}
