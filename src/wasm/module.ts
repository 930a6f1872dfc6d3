// A decoded module: what the bytes say, section by section, with absolute byte offsets. The types here say nothing about validity: only validate()
// makes a ValidatedModule.
import type { Feature } from './features.js';
import type { FuncType, GlobalType, MemoryType, SubType, TableType, TagType, ValType } from './types.js';

/** What can be imported and exported. */
export type ExternKind = 'func' | 'table' | 'memory' | 'global' | 'tag';

/** The type that an import requires, by kind. */
export type ImportDescription =
  | { readonly kind: 'func'; readonly typeIndex: number }
  | { readonly kind: 'table'; readonly type: TableType }
  | { readonly kind: 'memory'; readonly type: MemoryType }
  | { readonly kind: 'global'; readonly type: GlobalType }
  | { readonly kind: 'tag'; readonly type: TagType };

/** One import. */
export interface Import {
  /** The name of the module that it is imported from. */
  readonly module: string;
  /** The name of the import in that module. */
  readonly name: string;
  /** The type that is required. */
  readonly description: ImportDescription;
  /** Bytes from the start of the module. */
  readonly offset: number;
}
/** One export. */
export interface Export {
  /** The name that embedders and other modules know it by. */
  readonly name: string;
  /** What is exported. */
  readonly kind: ExternKind;
  /** Index in the index space of its kind, imports first. */
  readonly index: number;
  /** Bytes from the start of the module. */
  readonly offset: number;
}
/** A span of Module.bytes, end exclusive. */
export interface Span {
  /** Bytes from the start of the module. */
  readonly start: number;
  /** Bytes from the start of the module, exclusive. */
  readonly end: number;
}
/** A constant expression: the span of its instructions, the closing `end` included. */
export type ConstExpr = Span;

/** A global that the module defines. */
export interface Global {
  /** Its value type, and whether it can be set. */
  readonly type: GlobalType;
  /** Its first value. */
  readonly init: ConstExpr;
}
/** A table that the module defines. */
export interface Table {
  /** Its limits, and the type of its elements. */
  readonly type: TableType;
  /** Absent: the table starts with nulls. */
  readonly init: ConstExpr | undefined;
}
/** Locals of one type, one after the other. */
export interface LocalRun {
  /** How many. */
  readonly count: number;
  /** Their type. */
  readonly type: ValType;
}
/** A function that the module defines. */
export interface FunctionBody {
  /** Index of its type in `types`. */
  readonly typeIndex: number;
  /** Its locals beside the parameters, in runs of one type. */
  readonly locals: readonly LocalRun[];
  /** Where the body begins, its local declarations included; branch hints count from there. */
  readonly start: number;
  /** The instructions, without the local declarations, the closing `end` included. */
  readonly code: Span;
}
/** When a segment is written: at instantiation, or when an instruction says so. */
export type SegmentMode =
  | { readonly kind: 'passive' }
  | { readonly kind: 'declarative' }
  | { readonly kind: 'active'; readonly index: number; readonly at: ConstExpr };

/** An element segment: references for a table. */
export interface ElementSegment {
  /** The type of its references. */
  readonly type: ValType;
  /** When and where its references are written. */
  readonly mode: SegmentMode;
  /** Function indices, or one constant expression per element. */
  readonly items:
    | { readonly kind: 'functions'; readonly indices: Uint32Array }
    | { readonly kind: 'expressions'; readonly expressions: readonly ConstExpr[] };
  /** Bytes from the start of the module. */
  readonly offset: number;
}
/** A data segment: bytes for a memory. */
export interface DataSegment {
  /** When and where its bytes are written. */
  readonly mode: SegmentMode;
  /** Where its bytes stand. */
  readonly bytes: Span;
  /** Bytes from the start of the module. */
  readonly offset: number;
}
/** A custom section, whose bytes are not decoded. */
export interface CustomSection {
  /** Its name. */
  readonly name: string;
  /** The bytes that follow its name. */
  readonly bytes: Span;
  /** Bytes from the start of the module. */
  readonly offset: number;
}
/** A recursion group: types `start` to `start + length - 1`. A type outside `rec` is a group of one. */
export interface RecGroup {
  /** Index of its first type. */
  readonly start: number;
  /** How many types it has. */
  readonly length: number;
  /** The group is written in a form that needs the gc feature, even if a plain type would say the same. */
  readonly explicit: boolean;
  /** Bytes from the start of the module. */
  readonly offset: number;
}
/** A section other than a custom one, without its id and size. */
export interface Section {
  /** The section's number in the binary format. */
  readonly id: number;
  /** Where its contents stand. */
  readonly bytes: Span;
}

/** A decoded module, section by section, with offsets in its bytes. It need not be valid. */
export interface Module {
  /** The module's own copy of its bytes, which no other code can change after they were validated. */
  readonly bytes: Uint8Array;
  /** Types, in the order of their indices. */
  readonly types: readonly SubType[];
  /** The recursion groups, in order. */
  readonly recGroups: readonly RecGroup[];
  /** Imports, in the order of the file. */
  readonly imports: readonly Import[];
  /** Functions that it defines. Each index space starts with the imports. */
  readonly functions: readonly FunctionBody[];
  /** Tables that it defines. */
  readonly tables: readonly Table[];
  /** Memories that it defines. */
  readonly memories: readonly MemoryType[];
  /** Globals that it defines. */
  readonly globals: readonly Global[];
  /** Tags that it defines. */
  readonly tags: readonly TagType[];
  /** Exports, in the order of the file. */
  readonly exports: readonly Export[];
  /** Index of the start function, if there is one. */
  readonly start: number | undefined;
  /** Element segments. */
  readonly elements: readonly ElementSegment[];
  /** Data segments. */
  readonly dataSegments: readonly DataSegment[];
  /** The number of data segments according to the data count section; undefined without one. */
  readonly dataCount: number | undefined;
  /** Custom sections, in the order of the file. */
  readonly customSections: readonly CustomSection[];
  /** Sections other than custom ones, in the order of the file. */
  readonly sections: readonly Section[];
}

declare const validated: unique symbol;

/** What the validator found out about one function body. */
export interface FunctionInfo {
  /** The most operands on the stack at once. */
  readonly maxStack: number;
  /** The deepest nesting of labels. */
  readonly maxLabels: number;
  /** Operands that stay below blocks, and those in the types of blocks, branches and calls, added up. */
  readonly carried: number;
}

/** A module that passed validation. Only validate() makes one. */
export interface ValidatedModule extends Module {
  /** Only validate() can make one. */
  readonly [validated]: true;
  /** Features that the module uses, for engines that lack some. Of bodies that are validated late: those of the ones that were. */
  readonly usedFeatures: ReadonlySet<Feature>;
  /**
   * What the validator found out about the body at a position of `functions`. Whoever compiles a body asks before it reads it: one that is validated late
   * is validated then.
   * @throws InvalidError, MalformedError for such a body, if it is not valid
   */
  functionInfo(position: number): FunctionInfo;
  /** The module's index spaces. @internal */
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
  /** Returns the function type of a type index. */
  funcType(typeIndex: number): FuncType {
    return this.types[typeIndex]!.composite as FuncType;
  }
  /** Returns the types of what an exception with a tag carries. */
  tagParams(tag: number): readonly ValType[] {
    return this.funcType(this.tags[tag]!.typeIndex).params;
  }
}

export function countImports(module: Module, kind: ExternKind): number {
  let count = 0;
  for (const one of module.imports) if (one.description.kind === kind) count++;
  return count;
}
