// Generated from the declarations that the build makes: npm run gen. A change here is a change of the public API.

declare const validated: unique symbol;
export type AddressType = 'i32' | 'i64';

export interface ArrayType {
    readonly kind: 'array';
    readonly element: FieldType;
}

/** What the compiler said about one branch. */
export interface BranchHint {
    readonly functionIndex: number;
    /** Absolute, of the `if` or `br_if`. */
    readonly offset: number;
    readonly likely: boolean;
}

export type CompositeType = FuncType | StructType | ArrayType;

/** A constant expression: the span of its instructions, the closing `end` included. */
export type ConstExpr = Span;

export interface CustomSection {
    readonly name: string;
    readonly bytes: Span;
    readonly offset: number;
}

export interface DataSegment {
    readonly mode: SegmentMode;
    readonly bytes: Span;
    readonly offset: number;
}

export interface DecodeOptions {
    /** Decides which bits of limits exist (custom-page-sizes, memory64, threads). Default: DEFAULT_FEATURES. */
    readonly features?: FeatureSet;
    /** moduleBytes: the largest module taken, in bytes. Default and ceiling: 1 GiB. */
    readonly limits?: {
        readonly moduleBytes?: number | undefined;
    };
}

export interface ElementSegment {
    readonly type: ValType;
    readonly mode: SegmentMode;
    /** Function indices, or one constant expression per element. */
    readonly items: {
        readonly kind: 'functions';
        readonly indices: Uint32Array;
    } | {
        readonly kind: 'expressions';
        readonly expressions: readonly ConstExpr[];
    };
    readonly offset: number;
}

export interface Export {
    readonly name: string;
    readonly kind: ExternKind;
    readonly index: number;
    readonly offset: number;
}

export type ExternKind = 'func' | 'table' | 'memory' | 'global' | 'tag';

export declare const FEATURES: {
    readonly 'mutable-globals': "import and export of mutable globals";
    readonly 'sign-extension': "i32.extend8_s and relatives";
    readonly 'saturating-float-to-int': "trunc_sat instructions";
    readonly 'multi-value': "several results, parameters of blocks";
    readonly 'bulk-memory': "memory.copy, memory.fill, passive segments";
    readonly 'reference-types': "externref, several tables, table instructions";
    readonly simd: "v128";
    readonly 'relaxed-simd': "relaxed vector instructions";
    readonly 'tail-call': "return_call";
    readonly 'extended-const': "i32.add and relatives in constant expressions";
    readonly 'multi-memory': "several memories";
    readonly memory64: "64-bit memories and tables";
    readonly exceptions: "try_table, throw, throw_ref, tags";
    readonly 'legacy-exceptions': "try, catch, delegate, rethrow";
    readonly 'function-references': "typed function references, call_ref";
    readonly gc: "structs, arrays, i31, casts";
    readonly threads: "shared memories and atomics";
    readonly 'wide-arithmetic': "i64.add128 and relatives";
    readonly 'custom-page-sizes': "memories with pages of one byte";
};

export type Feature = keyof typeof FEATURES;

export type FeatureSet = ReadonlySet<Feature>;

export interface FieldType {
    readonly type: StorageType;
    readonly mutable: boolean;
}

export interface FuncType {
    readonly kind: 'func';
    readonly params: readonly ValType[];
    readonly results: readonly ValType[];
}

export interface FunctionBody {
    readonly typeIndex: number;
    readonly locals: readonly LocalRun[];
    /** Where the body begins, its local declarations included: what branch hints count from. */
    readonly start: number;
    /** The instructions, without the local declarations, the closing `end` included. */
    readonly code: Span;
}

/** What the validator learned about one function body. */
export interface FunctionFacts {
    /** The most operands on the stack at once. */
    readonly maxStack: number;
    /** The deepest nesting of labels. */
    readonly maxLabels: number;
    /** Operands that wait below blocks, and those in their types and those of branches and calls, added up. */
    readonly carried: number;
}

export interface Global {
    readonly type: GlobalType;
    readonly init: ConstExpr;
}

export interface GlobalType {
    readonly type: ValType;
    readonly mutable: boolean;
}

/**
 * A heap type: an abstract one is the negative s33 of the binary format, a defined one is a type index (>= 0).
 * Inside a Module an index counts the module's types; inside a DefinedType it is the id of another DefinedType.
 */
export type HeapType = number;

export interface Import {
    readonly module: string;
    readonly name: string;
    readonly description: ImportDescription;
    readonly offset: number;
}

export type ImportDescription = {
    readonly kind: 'func';
    readonly typeIndex: number;
} | {
    readonly kind: 'table';
    readonly type: TableType;
} | {
    readonly kind: 'memory';
    readonly type: MemoryType;
} | {
    readonly kind: 'global';
    readonly type: GlobalType;
} | {
    readonly kind: 'tag';
    readonly type: TagType;
};

export interface Limits {
    readonly min: bigint;
    readonly max: bigint | undefined;
}

export interface LocalRun {
    readonly count: number;
    readonly type: ValType;
}

export interface MemoryType {
    readonly limits: Limits;
    readonly shared: boolean;
    readonly address: AddressType;
    /** log2 of the page size in bytes: 16, or 0 with the custom-page-sizes feature. */
    readonly pageSizeLog2: number;
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

/** WAMR's package types. */
export type PackageType = 'bytecode' | 'aot' | 'unknown';

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

export type SegmentMode = {
    readonly kind: 'passive';
} | {
    readonly kind: 'declarative';
} | {
    readonly kind: 'active';
    readonly index: number;
    readonly at: ConstExpr;
};

/** A span of Module.bytes, end exclusive. */
export interface Span {
    readonly start: number;
    readonly end: number;
}

/** Packed storage types: legal in struct fields and array elements only. */
export type StorageType = number;

export interface StructType {
    readonly kind: 'struct';
    readonly fields: readonly FieldType[];
}

/** One type of a recursion group, as the module wrote it. */
export interface SubType {
    readonly final: boolean;
    /** Type indices of the declared supertypes: at most one is valid, the decoder keeps what it read. */
    readonly supers: readonly number[];
    readonly composite: CompositeType;
}

export interface Table {
    readonly type: TableType;
    /** Absent: the table starts with nulls. */
    readonly init: ConstExpr | undefined;
}

export interface TableType {
    readonly limits: Limits;
    readonly element: ValType;
    readonly address: AddressType;
    readonly shared: boolean;
}

/** A tag's type index refers to a function type without results. */
export interface TagType {
    readonly typeIndex: number;
}

/**
 * A value type, packed in one integer so that validators compare with `===`.
 * Numbers and vectors are negative (the s7 the binary format uses); references are non-negative: see refType().
 */
export type ValType = number;

export interface ValidateOptions {
    /** What the module may use. Default: DEFAULT_FEATURES. */
    readonly features?: FeatureSet;
}

/** A module that passed validation. Only validate() makes one. */
export interface ValidatedModule extends Module {
    readonly [validated]: true;
    /** Features the module really uses, for engines that lack some. */
    readonly usedFeatures: ReadonlySet<Feature>;
    /** One entry per entry of `functions`. */
    readonly facts: readonly FunctionFacts[];
}

/**
 * Copies the bytes once and reads them as a module; the input is not looked at again.
 * @throws MalformedError with the absolute offset; InvalidError beyond a limit of wasm/limits.ts; LimitError for moduleBytes.
 */
export declare function decode(bytes: Uint8Array, options?: DecodeOptions): Module;

/** What kind of file the first four bytes say. */
export declare function packageType(bytes: Uint8Array): PackageType;

/**
 * The module as text. Identifiers come from the name section where they are valid and unique.
 * @throws MalformedError when a body is not made of instructions: validate first where that matters.
 */
export declare function print(module: Module): string;

/**
 * All hints of a module, in the order of the code; none when it has no such section.
 * Source: the branch hinting proposal, "Binary format".
 * @throws MalformedError with the offset in the section, InvalidError with the offset of the code that cannot have a hint
 */
export declare function readBranchHints(module: Module): readonly BranchHint[];

/** A value or storage type: `i32`, `funcref`, `(ref null 3)`, `(ref func)`. */
export declare function typeName(type: StorageType, defined?: (index: number) => string): string;

/**
 * Checks a whole module; linear in its size.
 * @throws InvalidError with the absolute offset, the function, and the feature where one is missing; MalformedError for bodies that
 *   are not instructions.
 */
export declare function validate(module: Module, options?: ValidateOptions): ValidatedModule;

export {};
