// Calls of functions over HTTP: POST /NAME, and any method below /NAME where the function is CGI. A client that leaves ends its call.
// Refuses bodies that are too large before they come, where their length is known.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Leave } from '../admission/leaving.js';
import type { Tenants } from '../admission/tenants.js';
import type { Call, CallReport } from '../calls/caller.js';
import type { Body, CallRequest } from '../guests/exchange.js';
import { inSpan } from '../observe/tracing.js';
import { Problem, problemOf } from '../problems/problem.js';
import { HttpAnswer } from './answer.js';

/** Runs a call, here or where there is room. @throws Problem */
export type CallFunction = (call: Call, report: CallReport) => Promise<void>;

/** A body of so many bytes is awaited before the call is admitted: whoever sends slowly holds no enclave. */
const AWAITED_BYTES = 65_536;

export function answerCalls(tenants: Tenants, call: CallFunction): RequestListener {
  return (request, response) => void handle(tenants, call, request, response);
}

async function handle(
  tenants: Tenants,
  call: CallFunction,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const answer = new HttpAnswer(response);
  const report: CallReport = { usage: undefined, queueMs: 0, guestMs: 0 };
  const gone = new Leave();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  const headers = plainHeaders(request);
  const [address, query] = splitOnce(request.url!, '?');
  const [segment] = splitOnce(address.slice(1), '/');
  const attributes = { 'http.request.method': request.method!, 'url.path': address };
  try {
    await inSpan(
      `${request.method} /${segment}`,
      'server',
      attributes,
      async (span) => {
        try {
          const tenant = tenants.of(headers['authorization']);
          const given: CallRequest = {
            method: request.method!,
            path: decoded(address.slice(1 + segment.length)),
            query,
            headers,
            remoteAddress: request.socket.remoteAddress ?? '',
            body: await bodyOf(request, headers),
          };
          await call({ name: decoded(segment), tenant, request: given, answer, signal: gone }, report);
          answer.finish(report);
        } finally {
          span.setAttribute('http.response.status_code', response.statusCode);
        }
      },
      headers,
    );
  } catch (error) {
    answer.fail(problemOf(error), report);
  }
}

function plainHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return headers;
}

/** A part of a path without its escapes, as PATH_INFO is. @throws Problem 'bad-request' */
function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    const path = decodeURIComponent(text);
    // No variable of a program can have one.
    if (!path.includes('\0')) return path;
  } catch {
    // Said below.
  }
  throw new Problem('bad-request', 'the path has an escape that stands for no character of a path');
}
function splitOnce(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + by.length)];
}

function bodyOf(request: IncomingMessage, headers: Record<string, string>): Body | Promise<Body> {
  const length = headers['content-length'];
  if (length === undefined && headers['transfer-encoding'] === undefined) return new Uint8Array(0);
  if (Number(length) <= AWAITED_BYTES) return arrived(request);
  // A guest that does not read its input to the end must not cut the connection that its answer goes by.
  return request.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Uint8Array>;
}
/** A short body is mostly one part: its events cost less than an iterator. */
function arrived(request: IncomingMessage): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Uint8Array[] = [];
    request.on('data', (part: Uint8Array) => parts.push(part));
    request.on('end', () => resolve(parts.length === 1 ? parts[0]! : Buffer.concat(parts)));
    request.on('error', reject);
  });
}
