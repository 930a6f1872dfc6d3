// A call's answer as an HTTP response. Its beginning is held back a little, so that a call which fails soon is a status and a problem, and one that is
// short has its usage in the header; what is longer has it in the trailer. Refuses to end well what failed after it began: the connection is cut.
import type { ServerResponse } from 'node:http';
import type { CallReport } from '../calls/caller.js';
import type { AnswerHead, AnswerSink } from '../guests/exchange.js';
import type { Problem } from '../problems/problem.js';

/** Bytes that are held back, and milliseconds. */
const HELD_BYTES = 16_384;
const HELD_MS = 100;

export class HttpAnswer implements AnswerSink {
  readonly #response: ServerResponse;
  #head: AnswerHead | undefined;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #hasBegun = false;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  begin(head: AnswerHead): void {
    this.#head = head;
  }
  write(bytes: Uint8Array): void | Promise<void> {
    if (this.#hasBegun) return this.#send(bytes);
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > HELD_BYTES) return this.#flush();
    this.#timer ??= setTimeout(() => void this.#flush(), HELD_MS);
    return undefined;
  }
  finish(report: CallReport): void {
    clearTimeout(this.#timer);
    const timing = serverTiming(report);
    if (this.#hasBegun) {
      this.#response.addTrailers({ 'server-timing': timing });
      this.#response.end();
      return;
    }
    this.#end(this.#head!.status, { ...this.#head!.headers, 'server-timing': timing }, Buffer.concat(this.#held));
  }
  fail(problem: Problem, report: CallReport): void {
    clearTimeout(this.#timer);
    if (this.#hasBegun) {
      // A client must not take the part for the whole.
      this.#response.destroy();
      return;
    }
    this.#held = [];
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
  #flush(): void | Promise<void> {
    clearTimeout(this.#timer);
    if (this.#response.destroyed) return undefined;
    this.#hasBegun = true;
    this.#response.writeHead(this.#head!.status, { ...this.#head!.headers, trailer: 'Server-Timing' });
    const held = Buffer.concat(this.#held);
    this.#held = [];
    return this.#send(held);
  }
  #send(bytes: Uint8Array): void | Promise<void> {
    const response = this.#response;
    if (response.destroyed || response.write(bytes)) return undefined;
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
