// The types of WebAssembly 3.0 as plain data. They are compared in subtyping.ts and named in type-names.ts.
// Refuses anything that depends on a running instance.

/**
 * A value type, packed in one integer so that validators compare with `===`.
 * Numbers and vectors are negative (the s7 the binary format uses); references are non-negative: see refType().
 */
export type ValType = number;

export const I32 = -0x01;
export const I64 = -0x02;
export const F32 = -0x03;
export const F64 = -0x04;
export const V128 = -0x05;

/** Packed storage types are legal in struct fields and array elements only. */
export type StorageType = number;
export const I8 = -0x08;
export const I16 = -0x09;

/**
 * A heap type: an abstract one is the negative s33 of the binary format, a defined one is a type index (>= 0).
 * Inside a Module an index counts the module's types; inside a DefinedType it is the id of another DefinedType.
 */
export type HeapType = number;

export const HEAP_NOEXN = -0x0c;
export const HEAP_NOFUNC = -0x0d;
export const HEAP_NOEXTERN = -0x0e;
export const HEAP_NONE = -0x0f;
export const HEAP_FUNC = -0x10;
export const HEAP_EXTERN = -0x11;
export const HEAP_ANY = -0x12;
export const HEAP_EQ = -0x13;
export const HEAP_I31 = -0x14;
export const HEAP_STRUCT = -0x15;
export const HEAP_ARRAY = -0x16;
export const HEAP_EXN = -0x17;

const HEAP_BIAS = 64;

/** Packs a reference type: bit 0 says nullable, the rest is the heap type. */
export function refType(heap: HeapType, nullable: boolean): ValType {
  return ((heap + HEAP_BIAS) << 1) | (nullable ? 1 : 0);
}
export function isRef(type: ValType): boolean {
  return type >= 0;
}
export function heapOf(type: ValType): HeapType {
  return (type >> 1) - HEAP_BIAS;
}
export function isNullable(type: ValType): boolean {
  return type >= 0 && (type & 1) === 1;
}

export const FUNCREF = refType(HEAP_FUNC, true);
export const EXTERNREF = refType(HEAP_EXTERN, true);
export const ANYREF = refType(HEAP_ANY, true);
export const EXNREF = refType(HEAP_EXN, true);

/** Returns the bytes that a value takes in a linear memory or a data segment; 0 for references, which have no bytes. */
export function byteSize(type: StorageType): number {
  switch (type) {
    case I8:
      return 1;
    case I16:
      return 2;
    case I32:
    case F32:
      return 4;
    case I64:
    case F64:
      return 8;
    case V128:
      return 16;
    default:
      return 0;
  }
}

/** Whether a type has a default value: all do but non-nullable references. */
export function isDefaultable(type: ValType): boolean {
  return type < 0 || (type & 1) === 1;
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
/** A field of a struct, or the elements of an array. */
export interface FieldType {
  /** The type of what it holds. */
  readonly type: StorageType;
  /** Whether it can be changed. */
  readonly mutable: boolean;
}
/** A struct type of the gc feature. */
export interface StructType {
  /** Distinguishes composite types. */
  readonly kind: 'struct';
  /** The types of its fields, in order. */
  readonly fields: readonly FieldType[];
}
/** An array type of the gc feature. */
export interface ArrayType {
  /** Distinguishes composite types. */
  readonly kind: 'array';
  /** The type of its elements. */
  readonly element: FieldType;
}
/** What a type index can refer to. */
export type CompositeType = FuncType | StructType | ArrayType;

/** One type of a recursion group, as the module wrote it. */
export interface SubType {
  /** Whether no other type may be declared below it. */
  readonly final: boolean;
  /** Type indices of the declared supertypes. At most one is valid; the decoder keeps all that it read. */
  readonly supers: readonly number[];
  /** The function, struct or array type itself. */
  readonly composite: CompositeType;
}

/** Sizes of a memory in pages, or of a table in elements. */
export interface Limits {
  /** The first size. */
  readonly min: bigint;
  /** The largest size, if the module gives one. */
  readonly max: bigint | undefined;
}
/** What addresses of a memory or table are: 32 or 64 bits wide. */
export type AddressType = 'i32' | 'i64';

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
/** The type of a global. */
export interface GlobalType {
  /** The type of its value. */
  readonly type: ValType;
  /** Whether it can be set. */
  readonly mutable: boolean;
}
/** A tag's type index refers to a function type without results. */
export interface TagType {
  /** Index of the function type whose parameters are the payload. */
  readonly typeIndex: number;
}
