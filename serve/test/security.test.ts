// Who may do what at the broker, over a real one with TLS: certificates of both sides, a credentials file for nodes, a password for a tenant's client, and
// subjects that are denied unless they are named. Certificates are made by openssl, for the test alone.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, nkeys } from '@nats-io/transport-node';
import { describe, expect, test } from 'vitest';
import { keyHash } from '../src/admission/tenants.js';
import { brokerOf, metricsOf, noBroker, nodeOf, post, put } from './broker.js';
import * as guests from './guests.js';
import { admin, ask, folder, TOKEN, until } from './support.js';

const noOpenssl =
  spawnSync('openssl', ['version']).status === 0 ? undefined : 'openssl is missing: apt-get install openssl';
const why = noBroker ?? noOpenssl;

function openssl(path: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { cwd: path, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}
/** An authority, and by it a certificate for each name; and an authority that nobody trusts. */
function certificates(path: string): void {
  const short = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  for (const name of ['ca', 'other-ca']) {
    openssl(
      path,
      'req',
      '-x509',
      ...short,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
    );
  }
  writeFileSync(join(path, 'more'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  for (const name of ['broker', 'node', 'ann']) {
    openssl(path, 'req', ...short, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'more'];
    openssl(path, 'x509', '-req', '-days', '2', '-in', `${name}.csr`, ...by, '-out', `${name}.pem`);
  }
}
/** As docs/serve.md has them. */
const configOf = (path: string, nodeKey: string): string => `
tls { cert_file: "${path}/broker.pem", key_file: "${path}/broker.key", ca_file: "${path}/ca.pem", verify: true }
authorization { users: [
  { nkey: ${nodeKey}, permissions: {
    publish: ["enclasm.>", "$JS.API.>", "$JS.ACK.>", "$JS.FC.>", "$KV.>", "$O.>"], subscribe: ["enclasm.>"],
    allow_responses: { max: 1, ttl: "1m" } } }
  { user: ann, password: "of ann", permissions: { publish: ["enclasm.call.ann.*"], subscribe: ["_INBOX_ann.>"] } }
] }`;

/** A broker, a node that may what nodes may, and a client that may what ann may. */
async function secured() {
  const path = folder();
  certificates(path);
  const user = nkeys.createUser();
  const seed = new TextDecoder().decode(user.getSeed());
  // A broker that knows the key itself asks for no token; the file has a place for one.
  const creds = `-----BEGIN NATS USER JWT-----\nnone\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`;
  writeFileSync(join(path, 'node.creds'), creds, { mode: 0o600 });
  const broker = await brokerOf(configOf(path, user.getPublicKey()));
  const tlsOf = (name: string, ca = 'ca') => ({
    caFile: join(path, `${ca}.pem`),
    certFile: join(path, `${name}.pem`),
    keyFile: join(path, `${name}.key`),
  });
  const nats = { servers: broker.url, credentials: join(path, 'node.creds'), tls: tlsOf('node') };
  const tenants = { ann: { keys: [keyHash('ann')] }, bob: { keys: [keyHash('bob')] } };
  const startNode = (more: object = {}) =>
    nodeOf(broker, { adminKey: keyHash(TOKEN), nats: { ...nats, ...more }, tenants });
  const client = { servers: broker.url, user: 'ann', pass: 'of ann', inboxPrefix: '_INBOX_ann', tls: tlsOf('ann') };
  return { startNode, client, tlsOf };
}

describe.skipIf(why !== undefined)(`a broker with TLS ${why ?? ''}`, () => {
  test('nodes and clients with their certificates and credentials, and nobody else', async () => {
    const { startNode, client, tlsOf } = await secured();
    const [a, b] = await Promise.all([startNode(), startNode()]);
    await put(a!, 'slow', guests.sleeping(3_000));
    await put(a!, 'upper', guests.upper);
    const key = { authorization: 'Bearer ann' };
    await until(async () => (await post(b!, '/upper', '', key)).status === 200);
    // Passed on, and as a job, under these permissions.
    // The nodes may end before it does.
    void post(a!, '/slow', '', key).catch(() => {});
    await until(async () => (await metricsOf(a!)).includes('running_calls 1'));
    const long = 'word '.repeat(40_000);
    expect((await post(a!, '/upper', long, key)).text).toBe(long.toUpperCase());
    const { id } = (await post(a!, '/jobs/upper', 'a job', key)).json();
    await until(async () => (await ask(`${b!.url}/jobs/${id}`, { method: 'GET', headers: key })).text.includes('done'));

    const ann = await connect(client);
    try {
      const answer = await ann.request('enclasm.call.ann.upper', 'by the broker', { timeout: 30_000 });
      expect(answer.string()).toBe('BY THE BROKER');
      await expect(ann.request('enclasm.call.bob.upper', '', { timeout: 500 })).rejects.toThrow();
      await expect(ann.request('$JS.API.STREAM.NAMES', '', { timeout: 500 })).rejects.toThrow();
      for (const subject of ['enclasm.>', '_INBOX.>', '$KV.>', '>']) {
        const heard = ann.subscribe(subject);
        await expect(
          (async () => {
            for await (const _ of heard) break;
          })(),
        ).rejects.toThrow(/permission/i);
      }
      // A node may write where its clients may not: an answer goes to an inbox, wherever else a client wants to have it.
      const tenant = JSON.stringify({ keys: [keyHash('eve')], weight: 1_000 });
      for (const reply of ['$KV.enclasm-tenants.eve', 'enclasm.job.bob.upper.forged', 'enclasm.call.bob.upper']) {
        ann.publish('enclasm.call.ann.upper', tenant, { reply });
      }
      await ann.request('enclasm.call.ann.upper', 'after them', { timeout: 30_000 });
      await ann.flush();
    } finally {
      await ann.close();
    }
    const tenants = await ask(`${a!.url}/api/status`, { method: 'GET', headers: admin });
    expect(JSON.parse(tenants.text).tenants.map(({ name }: { name: string }) => name)).toEqual(['ann', 'bob']);
    expect(
      (await ask(`${a!.url}/jobs/forged`, { method: 'GET', headers: { authorization: 'Bearer bob' } })).status,
    ).toBe(404);
    expect((await metricsOf(a!)) + (await metricsOf(b!))).not.toContain('tenant="bob",status');

    const { certFile: _, keyFile: __, ...noCertificate } = client.tls;
    await expect(connect({ ...client, tls: noCertificate, reconnect: false, timeout: 3_000 })).rejects.toThrow();
    await expect(connect({ ...client, pass: 'wrong' })).rejects.toThrow(/authorization/i);
    await expect(connect({ ...client, tls: tlsOf('ann', 'other-ca') })).rejects.toThrow();
    await expect(startNode({ tls: tlsOf('node', 'other-ca') })).rejects.toThrow('ended with 1');
    await expect(startNode({ credentials: undefined, user: 'ann', password: 'of ann' })).rejects.toThrow(
      'ended with 1',
    );
  });
});
