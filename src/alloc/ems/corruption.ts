// What a damaged heap reports. A report is kept as three words in the control words, so that every thread of a shared heap reads the same one; this
// file turns them into names and sentences. It does not read the heap: its caller says what was found.

/** The kinds of damage; the number stored in the control words is the position here plus one. */
export const CORRUPTION_KINDS = [
  'double-free',
  'stale-pointer',
  'interior-pointer',
  'foreign-pointer',
  'misaligned-pointer',
  'header',
  'footer',
  'free-list',
  'bins',
  'accounting',
  'block-map',
  'lock',
] as const;
/** What kind of damage it is. */
export type CorruptionKind = (typeof CORRUPTION_KINDS)[number];

/** The operations that can find damage; stored as the position here. */
export const HEAP_OPERATIONS = ['malloc', 'realloc', 'free', 'alignedAlloc', 'verify', 'migrate', 'stats'] as const;
/** An operation of an allocator. */
export type HeapOperation = (typeof HEAP_OPERATIONS)[number];

/** The first damage a heap found. */
export interface CorruptionReport {
  /** What kind of damage it is. */
  readonly kind: CorruptionKind;
  /** Offset in bytes, as the heap's user counts: of the pointer for bad pointers, of the damaged word otherwise. */
  readonly offset: number;
  /** The operation that found it. */
  readonly during: HeapOperation;
  /** One line for people. */
  readonly message: string;
}

const TEXT: Record<CorruptionKind, string> = {
  'double-free': 'the block was already free',
  'stale-pointer': 'the block was freed before and has become part of a larger free block',
  'interior-pointer': 'the pointer points into a block, not at its start',
  'foreign-pointer': 'the pointer lies outside the heap',
  'misaligned-pointer': 'no block starts at an offset that is not a multiple of 8',
  header: 'the header of a block was overwritten',
  footer: 'the copy of the header at the end of a free block was overwritten',
  'free-list': 'the links of a free block were overwritten',
  bins: 'the index of free blocks does not match the blocks',
  accounting: 'the count of free bytes does not match the blocks',
  'block-map': 'the map of used blocks does not match the blocks',
  lock: "the heap's lock was held too long: its holder has hung or was ended",
};

/** Builds the report for people and code. */
export function corruptionReport(kind: CorruptionKind, offset: number, during: HeapOperation): CorruptionReport {
  return { kind, offset, during, message: `${during} at offset ${offset}: ${TEXT[kind]} (${kind})` };
}
