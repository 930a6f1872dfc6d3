// A decoded module: what the bytes said, section by section, with absolute byte offsets. Says nothing about validity:
// only validate() makes a ValidatedModule.
import type { Feature } from './features.js';
import type { FuncType, GlobalType, MemoryType, SubType, TableType, TagType, ValType } from './types.js';

export type ExternKind = 'func' | 'table' | 'memory' | 'global' | 'tag';

export type ImportDescription =
  | { readonly kind: 'func'; readonly typeIndex: number }
  | { readonly kind: 'table'; readonly type: TableType }
  | { readonly kind: 'memory'; readonly type: MemoryType }
  | { readonly kind: 'global'; readonly type: GlobalType }
  | { readonly kind: 'tag'; readonly type: TagType };

export interface Import {
  readonly module: string;
  readonly name: string;
  readonly description: ImportDescription;
  readonly offset: number;
}
export interface Export {
  readonly name: string;
  readonly kind: ExternKind;
  readonly index: number;
  readonly offset: number;
}
/** A span of Module.bytes, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}
/** A constant expression: the span of its instructions, the closing `end` included. */
export type ConstExpr = Span;

export interface Global {
  readonly type: GlobalType;
  readonly init: ConstExpr;
}
export interface Table {
  readonly type: TableType;
  /** Absent: the table starts with nulls. */
  readonly init: ConstExpr | undefined;
}
export interface LocalRun {
  readonly count: number;
  readonly type: ValType;
}
export interface FunctionBody {
  readonly typeIndex: number;
  readonly locals: readonly LocalRun[];
  /** Where the body begins, its local declarations included: what branch hints count from. */
  readonly start: number;
  /** The instructions, without the local declarations, the closing `end` included. */
  readonly code: Span;
}
export type SegmentMode =
  | { readonly kind: 'passive' }
  | { readonly kind: 'declarative' }
  | { readonly kind: 'active'; readonly index: number; readonly at: ConstExpr };

export interface ElementSegment {
  readonly type: ValType;
  readonly mode: SegmentMode;
  /** Function indices, or one constant expression per element. */
  readonly items:
    | { readonly kind: 'functions'; readonly indices: Uint32Array }
    | { readonly kind: 'expressions'; readonly expressions: readonly ConstExpr[] };
  readonly offset: number;
}
export interface DataSegment {
  readonly mode: SegmentMode;
  readonly bytes: Span;
  readonly offset: number;
}
export interface CustomSection {
  readonly name: string;
  readonly bytes: Span;
  readonly offset: number;
}
/** A recursion group: types `start` to `start + length - 1`. A type outside `rec` is a group of one. */
export interface RecGroup {
  readonly start: number;
  readonly length: number;
  /** Written in a form that needs the gc feature, also where a plain type would say the same. */
  readonly explicit: boolean;
  readonly offset: number;
}
/** A section other than a custom one, without its id and size. */
export interface Section {
  readonly id: number;
  readonly bytes: Span;
}

export interface Module {
  /** The module's own copy of its bytes: nobody else can change them after they were checked. */
  readonly bytes: Uint8Array;
  readonly types: readonly SubType[];
  readonly recGroups: readonly RecGroup[];
  readonly imports: readonly Import[];
  /** Functions, tables, memories, globals and tags defined here; index spaces start with the imports. */
  readonly functions: readonly FunctionBody[];
  readonly tables: readonly Table[];
  readonly memories: readonly MemoryType[];
  readonly globals: readonly Global[];
  readonly tags: readonly TagType[];
  readonly exports: readonly Export[];
  readonly start: number | undefined;
  readonly elements: readonly ElementSegment[];
  readonly dataSegments: readonly DataSegment[];
  readonly dataCount: number | undefined;
  readonly customSections: readonly CustomSection[];
  /** In the order of the file. */
  readonly sections: readonly Section[];
}

declare const validated: unique symbol;

/** What the validator learned about one function body. */
export interface FunctionFacts {
  /** The most operands on the stack at once. */
  readonly maxStack: number;
  /** The deepest nesting of labels. */
  readonly maxLabels: number;
  /** Operands that wait below blocks, and those in their types and those of branches and calls, added up. */
  readonly carried: number;
}

/** A module that passed validation. Only validate() makes one. */
export interface ValidatedModule extends Module {
  readonly [validated]: true;
  /** Features the module really uses, for engines that lack some. */
  readonly usedFeatures: ReadonlySet<Feature>;
  /** One entry per entry of `functions`. */
  readonly facts: readonly FunctionFacts[];
  readonly spaces: IndexSpaces;
}

/** The types of a module's index spaces: what is imported first, then what the module defines. */
export class IndexSpaces {
  readonly types: readonly SubType[];
  readonly functions: readonly FuncType[];
  /** The type index of each function. */
  readonly functionTypes: readonly number[];
  readonly tables: readonly TableType[];
  readonly memories: readonly MemoryType[];
  readonly globals: readonly GlobalType[];
  readonly tags: readonly TagType[];
  readonly importedFunctions: number;

  /** @param module whose types are valid */
  constructor(module: Module) {
    const functionTypes: number[] = [];
    const tables: TableType[] = [];
    const memories: MemoryType[] = [];
    const globals: GlobalType[] = [];
    const tags: TagType[] = [];
    for (const { description } of module.imports) {
      if (description.kind === 'func') functionTypes.push(description.typeIndex);
      else if (description.kind === 'table') tables.push(description.type);
      else if (description.kind === 'memory') memories.push(description.type);
      else if (description.kind === 'global') globals.push(description.type);
      else tags.push(description.type);
    }
    this.importedFunctions = functionTypes.length;
    for (const { typeIndex } of module.functions) functionTypes.push(typeIndex);
    this.types = module.types;
    this.functionTypes = functionTypes;
    this.functions = functionTypes.map((index) => this.funcType(index));
    this.tables = tables.concat(module.tables.map(({ type }) => type));
    this.memories = memories.concat(module.memories);
    this.globals = globals.concat(module.globals.map(({ type }) => type));
    this.tags = tags.concat(module.tags);
  }
  /** The function type of a type index. */
  funcType(typeIndex: number): FuncType {
    return this.types[typeIndex]!.composite as FuncType;
  }
  /** What an exception with a tag carries. */
  tagParams(tag: number): readonly ValType[] {
    return this.funcType(this.tags[tag]!.typeIndex).params;
  }
}

export function countImports(module: Module, kind: ExternKind): number {
  let count = 0;
  for (const one of module.imports) if (one.description.kind === kind) count++;
  return count;
}
