// What a call brings and what takes its answer, wherever it came from: HTTP, a broker, a job. Types, and the reading of whole bodies.
// Refuses bodies beyond the function's limit, whoever sends them.
import type { Usage } from 'enclasm';
import { Problem } from '../problems/problem.js';

/** A body that is there, or that comes in parts. */
export type Body = Uint8Array | AsyncIterable<Uint8Array>;

/** A request for a function. */
export interface CallRequest {
  readonly method: string;
  /** What stands behind the function's name in the address; '' or from a slash on. */
  readonly path: string;
  /** Without its question mark. */
  readonly query: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly remoteAddress: string;
  readonly body: Body;
}

/** Status and header of an answer. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}
/** Takes an answer, in this order: begin once, then write. */
export interface AnswerSink {
  /** It is of use only when it is complete: then a program's output is not passed on as it comes, which costs less. */
  readonly isWhole?: boolean;
  begin(head: AnswerHead): void;
  /** Resolves when there is room for more. */
  write(bytes: Uint8Array): void | Promise<void>;
}

/** What a call has used; undefined where no guest ran, or where it had to be ended from outside. */
export type CallUsage = Usage | undefined;

/** Refuses a body whose length is known before it comes. @throws Problem 'body-too-large' */
export function checkLength({ headers }: CallRequest, most: number): void {
  if (Number(headers['content-length'] ?? 0) > most) throw tooLarge(most);
}
function tooLarge(most: number): Problem {
  return new Problem('body-too-large', `the function takes ${most} bytes`, {
    members: { limit: 'bodyBytes', value: most },
  });
}

/** The same body, whose reader fails where it is longer than the limit. @param onFault is told as well: a guest may ignore that its input ends */
export function bounded(body: Body, most: number, onFault: (problem: Problem) => void): Body {
  if (body instanceof Uint8Array) {
    if (body.length > most) throw tooLarge(most);
    return body;
  }
  return (async function* () {
    let length = 0;
    for await (const part of body) {
      length += part.length;
      if (length > most) {
        const problem = tooLarge(most);
        onFault(problem);
        throw problem;
      }
      yield part;
    }
  })();
}

/** A body as a whole. */
export async function wholeOf(body: Body): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}
