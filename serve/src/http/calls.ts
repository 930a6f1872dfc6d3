// Calls of functions over HTTP: POST /NAME, and any method below /NAME where the function is CGI. A client that leaves ends its call.
// Refuses bodies that are too large before they come, where their length is known.
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
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

export function addCalls(app: FastifyInstance, tenants: Tenants, call: CallFunction): void {
  const handler = (request: FastifyRequest, reply: FastifyReply) => handle(tenants, call, request, reply);
  app.all('/:name', handler);
  app.all('/:name/*', handler);
}

async function handle(
  tenants: Tenants,
  call: CallFunction,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  reply.hijack();
  const { raw: response } = reply;
  const answer = new HttpAnswer(response);
  const report: CallReport = { usage: undefined, queueMs: 0, guestMs: 0 };
  const gone = new AbortController();
  const onClose = (): void => {
    if (!response.writableFinished) gone.abort();
  };
  response.on('close', onClose);
  const { name } = request.params as { name: string };
  const headers = plainHeaders(request);
  const attributes = { 'http.request.method': request.method, 'url.path': request.url.split('?')[0]! };
  try {
    await inSpan(
      `${request.method} /${name}`,
      'server',
      attributes,
      async (span) => {
        try {
          const tenant = tenants.of(headers['authorization']);
          const given = await requestOf(request, name, headers);
          await call({ name, tenant, request: given, answer, signal: gone.signal }, report);
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

function plainHeaders({ raw }: FastifyRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw.headers)) {
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return headers;
}

async function requestOf(request: FastifyRequest, name: string, headers: Record<string, string>): Promise<CallRequest> {
  const [address = '', query = ''] = splitOnce(request.url, '?');
  return {
    method: request.method,
    path: pathBelow(address, name),
    query,
    headers,
    remoteAddress: request.ip,
    body: await bodyOf(request, headers),
  };
}
/** Decoded, as PATH_INFO is. @throws Problem 'bad-request' */
function pathBelow(address: string, name: string): string {
  try {
    const path = decodeURIComponent(address.slice(1 + name.length));
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

async function bodyOf({ raw }: FastifyRequest, headers: Record<string, string>): Promise<Body> {
  const length = headers['content-length'];
  if (length === undefined && headers['transfer-encoding'] === undefined) return new Uint8Array(0);
  if (Number(length) <= AWAITED_BYTES) return arrived(raw);
  // A guest that does not read its input to the end must not cut the connection that its answer goes by.
  return raw.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Uint8Array>;
}
/** A short body is mostly one part: its events cost less than an iterator. */
function arrived(raw: IncomingMessage): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Uint8Array[] = [];
    raw.on('data', (part: Uint8Array) => parts.push(part));
    raw.on('end', () => resolve(parts.length === 1 ? parts[0]! : Buffer.concat(parts)));
    raw.on('error', reject);
  });
}
