// The connection to the broker, and the names of everything that is kept there. Credentials and TLS are the operator's: they are passed through.
// Refuses nothing by itself: a broker that is away is waited for, and every use of it has a deadline.
import { readFile } from 'node:fs/promises';
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { Objm } from '@nats-io/obj';
import { type ConnectionOptions, connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import type { NatsConfig } from '../config/schema.js';

/** What there is at the broker. */
export const NAMES = {
  modules: 'enclasm-modules',
  functions: 'enclasm-functions',
  tenants: 'enclasm-tenants',
  budgets: 'enclasm-budgets',
  results: 'enclasm-results',
  jobs: 'ENCLASM_JOBS',
  deadJobs: 'ENCLASM_DEAD_JOBS',
  workers: 'workers',
  /** The queue group of nodes. */
  nodes: 'nodes',
} as const;
/** Subjects name the tenant, so that the broker's permissions can give a tenant its own alone. */
export const SUBJECTS = {
  call: (tenant: string, name: string): string => `enclasm.call.${tenant}.${name}`,
  /** Where a node hears the others; all that is said of one call has its id. */
  channel: (node: string, id: string, kind: string): string => `enclasm.node.${node}.${id}.${kind}`,
  job: (tenant: string, name: string, id: string): string => `enclasm.job.${tenant}.${name}.${id}`,
  deadJob: (tenant: string, name: string, id: string): string => `enclasm.dead.${tenant}.${name}.${id}`,
} as const;

/** Whose call or job of what a message is, by its subject. */
export function calledBy({ subject }: { readonly subject: string }): {
  readonly tenant: string;
  readonly name: string;
  /** Of a job. */
  readonly id: string;
} {
  const [, , tenant = '', name = '', id = ''] = subject.split('.');
  return { tenant, name, id };
}

/** An open connection, and its parts. */
export interface Broker {
  readonly connection: NatsConnection;
  readonly stream: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly values: Kvm;
  readonly objects: Objm;
}

/** @throws where no broker answers */
export async function openBroker(config: NatsConfig): Promise<Broker> {
  const { servers, credentials, tls, user, password } = config;
  const options: ConnectionOptions = {
    servers,
    name: 'enclasm-serve',
    // A broker that is away comes back.
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_MS,
    // A call that is passed on goes to another node.
    noEcho: true,
    // A stack for each request costs more than the rest of it here.
    noAsyncTraces: true,
    // Where clients listen, nobody hears what nodes are answered.
    inboxPrefix: 'enclasm.inbox',
    ...(user !== undefined && { user }),
    ...(password !== undefined && { pass: password }),
    ...(tls && { tls }),
    ...(credentials !== undefined && { authenticator: credsAuthenticator(await readFile(credentials)) }),
  };
  const connection = await connect(options);
  const stream = jetstream(connection);
  const manager = await jetstreamManager(connection);
  return { connection, stream, manager, values: new Kvm(stream), objects: new Objm(stream) };
}
const RECONNECT_MS = 500;
