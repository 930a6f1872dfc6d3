// Checks of arguments that all allocators share.
// Refuses wrong use; whether a request fits is for the allocator to decide.
import { show } from '../base/show.js';
import { AllocatorError } from './allocator-errors.js';

/** @throws AllocatorError 'bad-argument' unless `value` is a whole number from 0 on. */
export function checkSize(value: number, what: string): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new AllocatorError('bad-argument', `${what} is a whole number of bytes from 0 on, not ${show(value)}`);
  }
}

/** @throws AllocatorError 'bad-argument' unless `value` is a power of two. */
export function checkAlignment(value: number): void {
  if (!Number.isSafeInteger(value) || value <= 0 || !Number.isInteger(Math.log2(value))) {
    throw new AllocatorError('bad-argument', `an alignment is a power of two, not ${show(value)}`);
  }
}

/** Returns the text by which an error names what was passed as a block. */
export function shownBlock(given: unknown): string {
  try {
    return `offset ${show((given as { offset: unknown }).offset)}`;
  } catch {
    return show(given);
  }
}
