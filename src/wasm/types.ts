// The types of WebAssembly 3.0 as plain data. Compares and names nothing by itself: see subtyping.ts and type-names.ts.
// Refuses: anything that depends on a running instance.

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

/** Packed storage types: legal in struct fields and array elements only. */
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

/** Bytes a value takes in a linear memory or a data segment; 0 for references, which have no bytes. */
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

/** Types with a default value: everything but non-nullable references. */
export function isDefaultable(type: ValType): boolean {
  return type < 0 || (type & 1) === 1;
}

export interface FuncType {
  readonly kind: 'func';
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
}
export interface FieldType {
  readonly type: StorageType;
  readonly mutable: boolean;
}
export interface StructType {
  readonly kind: 'struct';
  readonly fields: readonly FieldType[];
}
export interface ArrayType {
  readonly kind: 'array';
  readonly element: FieldType;
}
export type CompositeType = FuncType | StructType | ArrayType;

/** One type of a recursion group, as the module wrote it. */
export interface SubType {
  readonly final: boolean;
  /** Type indices of the declared supertypes: at most one is valid, the decoder keeps what it read. */
  readonly supers: readonly number[];
  readonly composite: CompositeType;
}

export interface Limits {
  readonly min: bigint;
  readonly max: bigint | undefined;
}
export type AddressType = 'i32' | 'i64';

export interface MemoryType {
  readonly limits: Limits;
  readonly shared: boolean;
  readonly address: AddressType;
  /** log2 of the page size in bytes: 16, or 0 with the custom-page-sizes feature. */
  readonly pageSizeLog2: number;
}
export interface TableType {
  readonly limits: Limits;
  readonly element: ValType;
  readonly address: AddressType;
  readonly shared: boolean;
}
export interface GlobalType {
  readonly type: ValType;
  readonly mutable: boolean;
}
/** A tag's type index refers to a function type without results. */
export interface TagType {
  readonly typeIndex: number;
}
