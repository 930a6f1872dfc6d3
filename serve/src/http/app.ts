// The HTTP server: API, health, metrics, by a framework; calls in front of it, as its steps for each request cost more than the rest of a short one.
// Bodies are streams: nothing is read that nobody asked for. Refuses by problems alone.
import { createServer, type RequestListener } from 'node:http';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import type { Logger } from 'pino';
import { RESERVED_NAMES } from '../config/schema.js';
import type { Metrics } from '../observe/metrics.js';
import { Problem, problemOf } from '../problems/problem.js';
import { problemBody, problemHeaders } from './answer.js';

/** Milliseconds for a request to arrive, body included. */
const REQUEST_TIMEOUT_MS = 120_000;
/** Milliseconds for which a connection stays without a request. */
const KEEP_ALIVE_MS = 72_000;

export interface AppState {
  /** Whether calls are taken. */
  isReady(): boolean;
  readonly metrics: Metrics;
  /** Answers what is not of the server itself. */
  readonly calls: RequestListener;
}

export function createApp(log: Logger, { isReady, metrics, calls }: AppState): FastifyInstance {
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    serverFactory: (own) =>
      createServer({ requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) =>
        (isOwn(request.url!) ? own : calls)(request, response),
      ),
    routerOptions: { ignoreTrailingSlash: false },
  }) as unknown as FastifyInstance;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.setErrorHandler((error, _request, reply) => {
    const problem = isFrameworks(error) ? new Problem('bad-request', (error as Error).message) : problemOf(error);
    if (problem.problem === 'internal') log.error({ err: problem.cause }, 'request failed');
    return reply.code(problem.status).headers(problemHeaders(problem)).send(problemBody(problem));
  });
  app.setNotFoundHandler((_request, reply) => {
    const problem = new Problem('not-found', 'there is nothing at this address');
    return reply.code(problem.status).headers(problemHeaders(problem)).send(problemBody(problem));
  });
  app.get('/healthz', () => ({ status: 'alive' }));
  app.get('/readyz', (_request, reply) =>
    reply.code(isReady() ? 200 : 503).send({ status: isReady() ? 'ready' : 'not ready' }),
  );
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  return app;
}

/** What the framework itself says about a request has a code and a status of the client's. */
function isFrameworks(error: unknown): boolean {
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  return typeof code === 'string' && code.startsWith('FST_') && typeof statusCode === 'number' && statusCode < 500;
}

const FIRST_PART = /^\/([^/?]*)/;
/** Whether an address is the server's own, and no function's. */
function isOwn(url: string): boolean {
  const first = FIRST_PART.exec(url)?.[1] ?? '';
  return first === '' || RESERVED_NAMES.includes(first);
}
