// Jobs over HTTP: POST /jobs/NAME stores one and answers with its address, where its result is for the tenant that sent it.
// And jobs that are dead, for whoever has the API's token: listed, read, tried again, removed. Refuses what the broker does not take in one message, and functions that the tenant may not call.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Tenant, Tenants } from '../admission/tenants.js';
import { bounded, wholeOf } from '../guests/exchange.js';
import { inSpan } from '../observe/tracing.js';
import { Problem } from '../problems/problem.js';
import type { DeadLetter, DeadLetters } from './dead-letters.js';
import type { Jobs } from './jobs.js';

/** @param check whether the tenant may call the function; throws a Problem */
export function addJobs(
  app: FastifyInstance,
  tenants: Tenants,
  jobs: Jobs,
  check: (name: string, tenant: Tenant) => void,
): void {
  app.post('/jobs/:name', async (request: FastifyRequest, reply: FastifyReply) => {
    const tenant = tenants.of(request.headers.authorization);
    const { name } = request.params as { name: string };
    check(name, tenant);
    const body = await wholeOf(bounded(request.raw, jobs.mostBytes, () => {}));
    const key = request.headers['idempotency-key'];
    const id = await inSpan(
      `POST /jobs/${name}`,
      'producer',
      { 'enclasm.function': name, 'enclasm.tenant': tenant.name },
      () => jobs.submit(tenant.name, name, body, typeof key === 'string' ? key : undefined),
      request.headers as Record<string, string>,
    );
    return reply.code(202).header('location', `/jobs/${id}`).send({ id });
  });
  app.get('/jobs/:id', async (request: FastifyRequest, reply: FastifyReply) => {
    const tenant = tenants.of(request.headers.authorization);
    const { id } = request.params as { id: string };
    const job = await jobs.state(tenant.name, id);
    if (job.state === 'unknown') throw new Problem('not-found', `there is no job '${id}' of this tenant`);
    if (job.state === 'waiting') return reply.code(202).header('retry-after', '1').send({ id, state: 'waiting' });
    return { id, state: 'done', ...job.result };
  });
}

const LETTER = /^[1-9]\d{0,14}$/;

/** @param check whether the request has the API's token; throws a Problem */
export function addDeadLetters(
  app: FastifyInstance,
  letters: DeadLetters,
  check: (request: FastifyRequest) => void,
): void {
  const of = (request: FastifyRequest): number => {
    const { letter } = request.params as { letter: string };
    if (LETTER.test(letter)) return Number(letter);
    throw new Problem('not-found', `there is no dead letter '${letter}'`);
  };
  app.get('/api/dead-jobs', (request) => {
    check(request);
    return asked(letters.list());
  });
  app.get('/api/dead-jobs/:letter', (request): Promise<DeadLetter> => {
    check(request);
    return asked(letters.read(of(request)));
  });
  app.post('/api/dead-jobs/:letter/retry', async (request, reply: FastifyReply) => {
    check(request);
    await asked(letters.retry(of(request)));
    return reply.code(204).send();
  });
  app.delete('/api/dead-jobs/:letter', async (request, reply: FastifyReply) => {
    check(request);
    await asked(letters.remove(of(request)));
    return reply.code(204).send();
  });
}
/** @throws Problem 'unavailable' where the broker does not answer */
async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('unavailable', 'the broker does not answer', { retryAfter: 1, cause: error });
  }
}
