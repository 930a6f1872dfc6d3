// Generated from the declarations that the build makes: npm run gen. A change here is a change of the public API.

declare const validated: unique symbol;
/** What addresses of a memory or table are: 32 or 64 bits wide. */
export type AddressType = 'i32' | 'i64';

/** An array type of the gc feature. */
export interface ArrayType {
    /** Distinguishes composite types. */
    readonly kind: 'array';
    /** The type of its elements. */
    readonly element: FieldType;
}

/** What the producing compiler said about one branch. */
export interface BranchHint {
    /** Index of the function, imports first. */
    readonly functionIndex: number;
    /** The absolute offset of the `if` or `br_if`. */
    readonly offset: number;
    /** Whether the branch is likely to be taken. */
    readonly likely: boolean;
}

/** What a type index can refer to. */
export type CompositeType = FuncType | StructType | ArrayType;

/** A constant expression: the span of its instructions, the closing `end` included. */
export type ConstExpr = Span;

/** A custom section, whose bytes are not decoded. */
export interface CustomSection {
    /** Its name. */
    readonly name: string;
    /** The bytes that follow its name. */
    readonly bytes: Span;
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

/** How a module is decoded. */
export interface DecodeOptions {
    /** Decides which bits of limits exist (custom-page-sizes, memory64, threads). Default: DEFAULT_FEATURES. */
    readonly features?: FeatureSet;
    /** The largest module that is accepted, in bytes. Default and ceiling: 1 GiB. */
    readonly limits?: {
        readonly moduleBytes?: number | undefined;
    } | undefined;
}

/** An element segment: references for a table. */
export interface ElementSegment {
    /** The type of its references. */
    readonly type: ValType;
    /** When and where its references are written. */
    readonly mode: SegmentMode;
    /** Function indices, or one constant expression per element. */
    readonly items: {
        readonly kind: 'functions';
        readonly indices: Uint32Array;
    } | {
        readonly kind: 'expressions';
        readonly expressions: readonly ConstExpr[];
    };
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

/** What can be imported and exported. */
export type ExternKind = 'func' | 'table' | 'memory' | 'global' | 'tag';

/** The features of WebAssembly after its first version, each with what it brings. */
export declare const FEATURES: {
    /** Part of WebAssembly 1.0, but of no first implementation. */
    readonly 'mutable-globals': "import and export of mutable globals";
    /** Part of WebAssembly 2.0. */
    readonly 'sign-extension': "i32.extend8_s and relatives";
    /** Part of WebAssembly 2.0. */
    readonly 'saturating-float-to-int': "trunc_sat instructions";
    /** Part of WebAssembly 2.0. */
    readonly 'multi-value': "several results, parameters of blocks";
    /** Part of WebAssembly 2.0. */
    readonly 'bulk-memory': "memory.copy, memory.fill, passive segments";
    /** Part of WebAssembly 2.0. */
    readonly 'reference-types': "externref, several tables, table instructions";
    /** Part of WebAssembly 2.0. */
    readonly simd: "v128";
    /** Part of WebAssembly 3.0. */
    readonly 'relaxed-simd': "relaxed vector instructions";
    /** Part of WebAssembly 3.0. */
    readonly 'tail-call': "return_call";
    /** Part of WebAssembly 3.0. */
    readonly 'extended-const': "i32.add and relatives in constant expressions";
    /** Part of WebAssembly 3.0. */
    readonly 'multi-memory': "several memories";
    /** Part of WebAssembly 3.0. */
    readonly memory64: "64-bit memories and tables";
    /** Part of WebAssembly 3.0. */
    readonly exceptions: "try_table, throw, throw_ref, tags";
    /** Exceptions as compilers wrote them before WebAssembly 3.0. */
    readonly 'legacy-exceptions': "try, catch, delegate, rethrow";
    /** Part of WebAssembly 3.0. */
    readonly 'function-references': "typed function references, call_ref";
    /** Part of WebAssembly 3.0. */
    readonly gc: "structs, arrays, i31, casts";
    /** A proposal, without starting threads. */
    readonly threads: "shared memories and atomics";
    /** A proposal; off by default. */
    readonly 'wide-arithmetic': "i64.add128 and relatives";
    /** A proposal; off by default. */
    readonly 'custom-page-sizes': "memories with pages of one byte";
};

/** The name of a feature after the first version of WebAssembly. */
export type Feature = keyof typeof FEATURES;

/** Features that are on. */
export type FeatureSet = ReadonlySet<Feature>;

/** A field of a struct, or the elements of an array. */
export interface FieldType {
    /** The type of what it holds. */
    readonly type: StorageType;
    /** Whether it can be changed. */
    readonly mutable: boolean;
}

/** A function type. */
export interface FuncType {
    /** Distinguishes composite types. */
    readonly kind: 'func';
    /** Types of the parameters. */
    readonly params: readonly ValType[];
    /** Types of the results. */
    readonly results: readonly ValType[];
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

/** What the validator found out about one function body. */
export interface FunctionInfo {
    /** The most operands on the stack at once. */
    readonly maxStack: number;
    /** The deepest nesting of labels. */
    readonly maxLabels: number;
    /** Operands that stay below blocks, and those in the types of blocks, branches and calls, added up. */
    readonly carried: number;
}

/** A global that the module defines. */
export interface Global {
    /** Its value type, and whether it can be set. */
    readonly type: GlobalType;
    /** Its first value. */
    readonly init: ConstExpr;
}

/** The type of a global. */
export interface GlobalType {
    /** The type of its value. */
    readonly type: ValType;
    /** Whether it can be set. */
    readonly mutable: boolean;
}

/**
 * A heap type: an abstract one is the negative s33 of the binary format, a defined one is a type index (>= 0).
 * Inside a Module an index counts the module's types; inside a DefinedType it is the id of another DefinedType.
 */
export type HeapType = number;

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

/** The type that an import requires, by kind. */
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

/** Sizes of a memory in pages, or of a table in elements. */
export interface Limits {
    /** The first size. */
    readonly min: bigint;
    /** The largest size, if the module gives one. */
    readonly max: bigint | undefined;
}

/** Locals of one type, one after the other. */
export interface LocalRun {
    /** How many. */
    readonly count: number;
    /** Their type. */
    readonly type: ValType;
}

/** The type of a memory. */
export interface MemoryType {
    /** Its sizes in pages. */
    readonly limits: Limits;
    /** Whether several threads may share it. */
    readonly shared: boolean;
    /** Whether addresses have 32 or 64 bits. */
    readonly address: AddressType;
    /** log2 of the page size in bytes: 16, or 0 with the custom-page-sizes feature. */
    readonly pageSizeLog2: number;
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

/** WAMR's package types. */
export type PackageType = 'bytecode' | 'aot' | 'unknown';

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

/** When a segment is written: at instantiation, or when an instruction says so. */
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
    /** Bytes from the start of the module. */
    readonly start: number;
    /** Bytes from the start of the module, exclusive. */
    readonly end: number;
}

/** Packed storage types are legal in struct fields and array elements only. */
export type StorageType = number;

/** A struct type of the gc feature. */
export interface StructType {
    /** Distinguishes composite types. */
    readonly kind: 'struct';
    /** The types of its fields, in order. */
    readonly fields: readonly FieldType[];
}

/** One type of a recursion group, as the module wrote it. */
export interface SubType {
    /** Whether no other type may be declared below it. */
    readonly final: boolean;
    /** Type indices of the declared supertypes. At most one is valid; the decoder keeps all that it read. */
    readonly supers: readonly number[];
    /** The function, struct or array type itself. */
    readonly composite: CompositeType;
}

/** A table that the module defines. */
export interface Table {
    /** Its limits, and the type of its elements. */
    readonly type: TableType;
    /** Absent: the table starts with nulls. */
    readonly init: ConstExpr | undefined;
}

/** The type of a table. */
export interface TableType {
    /** Its sizes in elements. */
    readonly limits: Limits;
    /** The type of its elements. */
    readonly element: ValType;
    /** Whether indices have 32 or 64 bits. */
    readonly address: AddressType;
    /** Always false: only a proposal has shared tables. */
    readonly shared: boolean;
}

/** A tag's type index refers to a function type without results. */
export interface TagType {
    /** Index of the function type whose parameters are the payload. */
    readonly typeIndex: number;
}

/**
 * A value type, packed in one integer so that validators compare with `===`.
 * Numbers and vectors are negative (the s7 the binary format uses); references are non-negative: see refType().
 */
export type ValType = number;

/** How a module is validated. */
export interface ValidateOptions {
    /** The features that the module may use. Default: DEFAULT_FEATURES. */
    readonly features?: FeatureSet;
    /**
     * For modules that somebody else has found valid: each body is validated when somebody first asks what it is like, and these features are those that
     * bodies are known to use. Default: all bodies are validated at once.
     */
    readonly late?: ReadonlySet<Feature> | undefined;
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
}

/**
 * Copies the bytes once and reads them as a module; the input is not read again.
 * @throws MalformedError with the absolute offset; InvalidError beyond a limit of wasm/implementation-limits.ts; LimitError for moduleBytes.
 */
export declare function decode(bytes: Uint8Array, options?: DecodeOptions): Module;

/**
 * Returns what messages call a function: its name in the name section, else that of an export or import, else `$f` and its index. The name is
 * printable and not too long.
 */
export declare function functionName(module: Module, index: number): string;

/** Returns the kind of file that the first four bytes indicate. */
export declare function packageType(bytes: Uint8Array): PackageType;

/**
 * Returns the module as text. Identifiers come from the name section if they are valid and unique.
 * @throws MalformedError if a body is not made of instructions; validate first to exclude that
 */
export declare function print(module: Module): string;

/**
 * Returns all hints of a module, in the order of the code; none if it has no such section.
 * Source: the branch hinting proposal, "Binary format".
 * @throws MalformedError with the offset in the section, InvalidError with the offset of the code that cannot have a hint
 */
export declare function readBranchHints(module: Module): readonly BranchHint[];

/** Returns the text of a value or storage type: `i32`, `funcref`, `(ref null 3)`, `(ref func)`. */
export declare function typeName(type: StorageType, defined?: (index: number) => string): string;

/**
 * Checks a whole module; linear in its size.
 * @throws InvalidError with the absolute offset, the function, and the feature if one is missing; MalformedError for bodies that are not
 * instructions
 */
export declare function validate(module: Module, options?: ValidateOptions): ValidatedModule;

export {};
