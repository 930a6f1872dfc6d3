// The error of what this runtime does not do with threads.
import { EnclasmError } from '../wasm/errors.js';

/** A guest wanted to start a thread: this version counts and limits threads but runs none beside the first. */
export class ThreadsUnsupportedError extends EnclasmError {
  override readonly name = 'ThreadsUnsupportedError';
  readonly kind = 'threads-unsupported';
  /** The error, which says nothing more. */
  constructor() {
    super('starting guest threads is not supported');
  }
}
