// Where native functions that print find the guest's standard output. Refuses nothing; if there is no entry, what they print is discarded.
import type { ExecEnv } from './exec-env.js';

/** The key of an OutputFunction in an instance's attachments. */
export const STANDARD_OUTPUT = Symbol('standard output');
/** Writes the bytes and counts them. Throws a LimitError beyond the limit of output. */
export type OutputFunction = (env: ExecEnv, bytes: Uint8Array) => void;
