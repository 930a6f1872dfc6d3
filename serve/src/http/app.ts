// The HTTP server: calls, API, health, metrics. Bodies are streams: nothing is read that nobody asked for. Refuses by problems alone.
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import type { Logger } from 'pino';
import type { Metrics } from '../observe/metrics.js';
import { Problem, problemOf } from '../problems/problem.js';
import { problemBody, problemHeaders } from './answer.js';

/** Milliseconds for a request to arrive, body included. */
const REQUEST_TIMEOUT_MS = 120_000;

export interface AppState {
  /** Whether calls are taken. */
  isReady(): boolean;
  readonly metrics: Metrics;
}

export function createApp(log: Logger, { isReady, metrics }: AppState): FastifyInstance {
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout: REQUEST_TIMEOUT_MS,
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
