// Where natives that print find the guest's standard output. Refuses nothing; without an entry, what they print vanishes.
import type { ExecEnv } from './exec-env.js';

/** The key in an instance's attachments of an OutputFunction. */
export const STANDARD_OUTPUT = Symbol('standard output');
/** Writes and counts the bytes. Throws a LimitError beyond the limit of output. */
export type OutputFunction = (env: ExecEnv, bytes: Uint8Array) => void;
