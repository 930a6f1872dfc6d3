// Why a call is refused or fails, as RFC 9457 has it: a status, a type, a title, a detail. One table of types; whatever is thrown becomes one of them.
// Refuses to tell a caller about faults of the server itself: those are for its log.
import { EnclasmError, LimitError, Trap } from 'enclasm';
import { EnclaveError } from 'enclasm/enclave';
import { PluginError } from 'enclasm/plugin';

interface Row {
  readonly status: number;
  readonly title: string;
}
/** Every problem that a caller can see, by the end of its type. */
export const PROBLEMS = {
  'bad-request': { status: 400, title: 'The request cannot be read' },
  'invalid-definition': { status: 400, title: 'The definition is refused' },
  'no-key': { status: 401, title: 'A key is wanted' },
  'not-allowed': { status: 403, title: 'This tenant may not call the function' },
  'not-found': { status: 404, title: 'There is nothing of this name' },
  'wrong-method': { status: 405, title: 'The method is not one of this address' },
  'gone-away': { status: 499, title: 'The client has left' },
  'changed-meanwhile': { status: 412, title: 'It is no longer what the request replaces' },
  'body-too-large': { status: 413, title: 'The body is larger than the function takes' },
  limit: { status: 422, title: 'The function reached a limit with this input' },
  'queue-full': { status: 429, title: 'Too many calls of this tenant wait' },
  'budget-used-up': { status: 429, title: 'The budget of this tenant is used up' },
  internal: { status: 500, title: 'A fault of the server' },
  'guest-failed': { status: 502, title: 'The function failed' },
  'node-lost': { status: 502, title: 'The node that took the call is lost' },
  overloaded: { status: 503, title: 'The server has too much to do' },
  draining: { status: 503, title: 'The server is ending' },
  unavailable: { status: 503, title: 'No enclave can be had' },
  'timed-out': { status: 504, title: 'The function took too long' },
} as const satisfies Readonly<Record<string, Row>>;
/** The end of a problem's type. */
export type ProblemName = keyof typeof PROBLEMS;

/** A problem's members beside those that all have. */
export interface ProblemDetails {
  /** Seconds after which it is worth to try again. */
  readonly retryAfter?: number | undefined;
  /** Members of its own. */
  readonly members?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

/** Why a call is refused or failed. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly problem: ProblemName;
  readonly retryAfter: number | undefined;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(problem: ProblemName, detail: string, { retryAfter, members = {}, cause }: ProblemDetails = {}) {
    super(detail, cause === undefined ? undefined : { cause });
    this.problem = problem;
    this.retryAfter = retryAfter;
    this.members = members;
  }
  get status(): number {
    return PROBLEMS[this.problem].status;
  }
  /** What is sent as `application/problem+json`. */
  toJSON(): Record<string, unknown> {
    const { status, title } = PROBLEMS[this.problem];
    return { type: `urn:enclasm:problem:${this.problem}`, title, status, detail: this.message, ...this.members };
  }
}

/** @returns the problem that a thrown value is */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof LimitError) {
    const members = { limit: error.limit, value: error.value };
    return new Problem(error.limit === 'timeoutMs' ? 'timed-out' : 'limit', error.message, { members, cause: error });
  }
  if (error instanceof EnclaveError) return ofEnclave(error);
  if (error instanceof PluginError) {
    const isLimit = error.fault === 'output-too-long' || error.fault === 'out-of-memory';
    const members = { fault: error.fault, ...(error.fault === 'failed' && { code: error.code }) };
    return new Problem(isLimit ? 'limit' : 'guest-failed', error.message, { members, cause: error });
  }
  // An internal error of the runtime has no text that a caller should see.
  if (!(error instanceof EnclasmError) || error.kind === 'internal') {
    return new Problem('internal', 'see the log of the server', { cause: error });
  }
  const members = { kind: error.kind, ...(error instanceof Trap && { frames: error.frames.slice(0, MOST_FRAMES) }) };
  return new Problem('guest-failed', error.message, { members, cause: error });
}
const MOST_FRAMES = 16;

function ofEnclave(error: EnclaveError): Problem {
  switch (error.failure) {
    case 'timeout':
      return new Problem('timed-out', error.message, { cause: error });
    case 'aborted':
      return new Problem('gone-away', error.message, { cause: error });
    case 'out-of-memory':
      return new Problem('limit', error.message, { members: { limit: 'memoryBytes' }, cause: error });
    default:
      return new Problem('unavailable', error.message, { retryAfter: 1, cause: error });
  }
}
