// The errors of this folder, each with a kind that code can switch on.
// Refuses to know what a caller does with them: no guest, no trap, no exit code here.
import { EnclasmError } from '../wasm/errors.js';
import type { CorruptionReport } from './ems/corruption.js';

export const ALLOCATOR_ERROR_KINDS = [
  'pool-too-small',
  'pool-too-large',
  'bad-argument',
  'bad-callbacks',
  'bad-callback-result',
  'callback-threw',
  'not-a-live-block',
  'heap-corrupted',
  'destroyed',
] as const;
/** What went wrong, for code; the message says the same for people. */
export type AllocatorErrorKind = (typeof ALLOCATOR_ERROR_KINDS)[number];

/** Wrong use of an allocator. "Does not fit" is never an error: it is `null` from the call. */
export class AllocatorError extends EnclasmError {
  override readonly name: string = 'AllocatorError';
  /** What went wrong, for code. */
  readonly kind: AllocatorErrorKind;

  /** Makes an error about memory. @param cause what led to it */
  constructor(kind: AllocatorErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}

/** A heap found its own words damaged, or was given a pointer that is none of its blocks. The heap is frozen. */
export class HeapCorruptionError extends AllocatorError {
  override readonly name: string = 'HeapCorruptionError';
  /** What was found. */
  readonly report: CorruptionReport;

  /** Makes an error about a damaged heap. @param report what was found */
  constructor(report: CorruptionReport) {
    super('heap-corrupted', `heap corrupted: ${report.message}`);
    this.report = report;
  }
}
