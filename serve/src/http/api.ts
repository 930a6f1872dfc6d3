// The API: functions listed, put and removed while requests run, and the state of the server. Refuses everybody without the token, and where no token
// is configured, everybody; directories of this machine are not granted by it.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { bearerKey, keyHash } from '../admission/tenants.js';
import { ConfigError, checked } from '../config/config-error.js';
import {
  type Definition,
  definitionSchema,
  functionNameSchema,
  nameSchema,
  type TenantConfig,
  tenantSchema,
} from '../config/schema.js';
import type { FunctionVersion } from '../functions/registry.js';
import { bounded, wholeOf } from '../guests/exchange.js';
import { Problem } from '../problems/problem.js';

/** Of what is put, where several machines share it: 0 is none that there was, undefined whatever there is. */
export type Revision = number | undefined;
/** What the API does. */
export interface ApiActions {
  functions(): readonly FunctionVersion[];
  /** @param bytes undefined: those of the version that there is @throws Problem */
  put(
    name: string,
    bytes: Uint8Array | undefined,
    definition: Definition | undefined,
    revision: Revision,
  ): Promise<Revision>;
  /** @returns whether there was one */
  remove(name: string): Promise<boolean>;
  putTenant(name: string, tenant: TenantConfig, revision: Revision): Promise<Revision>;
  /** @returns whether it was put by the API */
  removeTenant(name: string): Promise<boolean>;
  status(): Promise<object>;
}

const MOST_BYTES = 134_217_728;

/** @returns what refuses requests without the token, by a Problem */
export function tokenCheck(adminKey: () => string | undefined): (request: FastifyRequest) => void {
  return (request) => {
    const key = bearerKey(request.headers.authorization);
    const wanted = adminKey();
    if (wanted !== undefined && key !== undefined && keyHash(key) === wanted) return;
    throw new Problem(
      'no-key',
      wanted === undefined ? 'no `adminKey` is configured' : 'send `Authorization: Bearer TOKEN`',
    );
  };
}

/** @param known refuses requests without the token */
export function addApi(app: FastifyInstance, known: (request: FastifyRequest) => void, actions: ApiActions): void {
  const named = (request: FastifyRequest): string => (request.params as { name: string }).name;
  app.get('/api/status', (request) => {
    known(request);
    return actions.status();
  });
  app.get('/api/functions', (request) => {
    known(request);
    return actions.functions().map(described);
  });
  app.get('/api/functions/:name', (request) => {
    known(request);
    const found = actions.functions().find(({ name }) => name === named(request));
    if (found === undefined) throw new Problem('not-found', `there is no function '${named(request)}'`);
    return described(found);
  });
  app.put('/api/functions/:name', async (request, reply: FastifyReply) => {
    known(request);
    const { bytes, definition } = await functionOf(request, named(request));
    const revision = await actions.put(named(request), bytes, definition, revisionOf(request));
    return reply.code(204).headers(tagOf(revision)).send();
  });
  app.put('/api/tenants/:name', async (request, reply: FastifyReply) => {
    known(request);
    const name = readDefinition(() => checked(nameSchema, named(request), 'the name'));
    const body = await wholeOf(bounded(request.raw, MOST_BYTES, () => {}));
    const tenant = readDefinition(() =>
      checked(tenantSchema, JSON.parse(new TextDecoder().decode(body)), 'the tenant'),
    );
    const revision = await actions.putTenant(name, tenant, revisionOf(request));
    return reply.code(204).headers(tagOf(revision)).send();
  });
  for (const [what, remove] of [
    ['function', actions.remove],
    ['tenant', actions.removeTenant],
  ] as const) {
    app.delete(`/api/${what}s/:name`, async (request, reply: FastifyReply) => {
      known(request);
      if (!(await remove(named(request)))) throw new Problem('not-found', `there is no ${what} '${named(request)}'`);
      return reply.code(204).send();
    });
  }
}

/** Of `If-Match` and `If-None-Match`. @throws Problem 'bad-request' */
function revisionOf({ headers }: FastifyRequest): Revision {
  if (headers['if-none-match'] === '*') return 0;
  const given = headers['if-match'];
  if (given === undefined) return undefined;
  const [, digits] = /^"(\d{1,15})"$/.exec(given) ?? [];
  if (digits !== undefined) return Number(digits);
  throw new Problem('bad-request', 'If-Match: a revision in quotes, as ETag said it');
}
function tagOf(revision: Revision): Record<string, string> {
  return revision === undefined ? {} : { etag: `"${revision}"` };
}

function described({ name, convention, definition, sha256, bytes, since, running }: FunctionVersion): object {
  return { name, convention, definition, sha256, bytes: bytes.length, since: new Date(since).toISOString(), running };
}

/** A module alone, or a definition as JSON with the module in it as base64, or without one. @throws Problem 'invalid-definition' */
async function functionOf(
  request: FastifyRequest,
  name: string,
): Promise<{ readonly bytes: Uint8Array | undefined; readonly definition: Definition | undefined }> {
  const body = await wholeOf(bounded(request.raw, MOST_BYTES, () => {}));
  return readDefinition(() => {
    checked(functionNameSchema, name, 'the name');
    if (request.headers['content-type'] === 'application/wasm') return { bytes: body, definition: undefined };
    const { moduleBase64, ...rest } = JSON.parse(new TextDecoder().decode(body)) as { moduleBase64?: unknown };
    const definition = checked(definitionSchema, rest, 'the definition');
    if (Object.keys(definition.directories).length > 0) {
      throw new Problem('invalid-definition', 'directories: they are granted by files of the machine alone');
    }
    return { bytes: typeof moduleBase64 === 'string' ? Buffer.from(moduleBase64, 'base64') : undefined, definition };
  });
}
/** @throws Problem 'invalid-definition' for whatever reading throws */
function readDefinition<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Problem) throw error;
    const members = error instanceof ConfigError ? { faults: error.faults } : {};
    throw new Problem('invalid-definition', (error as Error).message, { members });
  }
}
