// A call's answer as an HTTP response. Its beginning is held back a little, so that a call which fails soon is a status and a problem, and one that is
// short has its usage in the header; what is longer has it in the trailer. Refuses to end well what failed after it began: the connection is cut.
import type { ServerResponse } from 'node:http';
import type { CallReport } from '../calls/caller.js';
import { Held } from '../calls/held.js';
import type { AnswerHead, AnswerSink } from '../guests/exchange.js';
import type { Problem } from '../problems/problem.js';

export class HttpAnswer implements AnswerSink {
  readonly #response: ServerResponse;
  readonly #held = new Held((bytes) => this.#send(bytes));
  #head: AnswerHead | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  begin(head: AnswerHead): void {
    this.#head = head;
  }
  write(bytes: Uint8Array): void | Promise<void> {
    return this.#held.write(bytes);
  }
  finish(report: CallReport): void {
    const timing = serverTiming(report);
    const held = this.#held.end();
    if (held === undefined) {
      this.#response.addTrailers({ 'server-timing': timing });
      this.#response.end();
      return;
    }
    this.#end(this.#head!.status, { ...this.#head!.headers, 'server-timing': timing }, held);
  }
  fail(problem: Problem, report: CallReport): void {
    if (this.#held.end() === undefined) {
      // A client must not take the part for the whole.
      this.#response.destroy();
      return;
    }
    this.#end(
      problem.status,
      { ...problemHeaders(problem), 'server-timing': serverTiming(report) },
      problemBody(problem),
    );
  }

  #end(status: number, headers: Readonly<Record<string, string>>, body: Uint8Array): void {
    const response = this.#response;
    if (response.destroyed) return;
    // What is left of a body that nobody reads would be in the way of the next request.
    const last = response.req.complete ? {} : { connection: 'close' };
    const framing = status === 204 || status === 304 ? {} : { 'content-length': String(body.length) };
    response.writeHead(status, { ...headers, ...last, ...framing });
    response.end(body);
  }
  #send(bytes: Uint8Array): void | Promise<void> {
    const response = this.#response;
    if (response.destroyed) return undefined;
    if (!response.headersSent)
      response.writeHead(this.#head!.status, { ...this.#head!.headers, trailer: 'Server-Timing' });
    if (response.write(bytes)) return undefined;
    // A client that does not read keeps the guest waiting, under the guest's own time.
    return new Promise((resolve) => {
      const go = (): void => {
        response.off('drain', go).off('close', go);
        resolve();
      };
      response.on('drain', go).on('close', go);
    });
  }
}

export function problemHeaders(problem: Problem): Record<string, string> {
  const { retryAfter, members } = problem;
  return {
    'content-type': 'application/problem+json',
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    ...(problem.problem === 'no-key' && { 'www-authenticate': 'Bearer' }),
    ...(typeof members['allow'] === 'string' && { allow: members['allow'] }),
  };
}
export function problemBody(problem: Problem): Buffer {
  return Buffer.from(`${JSON.stringify(problem)}\n`);
}

/** As `Server-Timing` has it: what the call waited and ran, and what its guest used. */
function serverTiming({ queueMs, guestMs, usage }: CallReport): string {
  const entries = [`queue;dur=${queueMs.toFixed(3)}`, `guest;dur=${guestMs.toFixed(3)}`];
  if (usage?.fuel !== undefined) entries.push(`fuel;desc="${usage.fuel}"`);
  if (usage !== undefined) entries.push(`memory;desc="${usage.peakMemoryBytes}"`);
  return entries.join(', ');
}
