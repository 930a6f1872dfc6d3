// A real broker for tests: nats-server on a loopback port, JetStream in a temporary folder; and servers on it as processes. Where there is no nats-server
// the tests are skipped, and say how to get it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { projectRoot } from '../../test/helpers/wat.js';
import { keyHash } from '../src/admission/tenants.js';
import { admin, ask, TOKEN } from './support.js';

/** Why tests with a broker are skipped; undefined where they are not. */
export const noBroker =
  spawnSync('nats-server', ['--version']).status === 0
    ? undefined
    : 'nats-server is missing: apt-get install nats-server';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

export class TestBroker {
  readonly folder = mkdtempSync(join(tmpdir(), 'enclasm-broker-'));
  readonly port: number;
  readonly #more: string;
  #child: ChildProcess | undefined;
  readonly #nodes: TestNode[] = [];

  private constructor(port: number, more: string) {
    this.port = port;
    this.#more = more;
  }
  /** @param more lines of its configuration */
  static async start(more = ''): Promise<TestBroker> {
    const broker = new TestBroker(await freePort(), more);
    await broker.begin();
    return broker;
  }
  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }
  async begin(): Promise<void> {
    const file = join(this.folder, 'broker.conf');
    writeFileSync(
      file,
      `listen: "127.0.0.1:${this.port}"\njetstream { store_dir: "${join(this.folder, 'store')}" }\n${this.#more}\n`,
    );
    const child = spawn('nats-server', ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    const lines = createInterface({ input: child.stderr });
    await new Promise<void>((resolve, reject) => {
      lines.on('line', (line) => line.includes('Server is ready') && resolve());
      child.on('exit', (code) => reject(new Error(`nats-server ended with ${code}`)));
    });
  }
  /** @param signal SIGKILL: nothing is put in order */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
  async node(more: object): Promise<TestNode> {
    const node = await TestNode.start(this.folder, more);
    this.#nodes.push(node);
    return node;
  }
  async close(): Promise<void> {
    for (const node of this.#nodes) await node.kill('SIGKILL');
    await this.end('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

let nodes = 0;
/** A server in a process of its own. */
export class TestNode {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly log: Record<string, unknown>[];

  private constructor(url: string, child: ChildProcess, log: Record<string, unknown>[]) {
    this.url = url;
    this.#child = child;
    this.log = log;
  }
  static async start(folder: string, config: object): Promise<TestNode> {
    const file = join(folder, `node${nodes++}.json`);
    writeFileSync(file, JSON.stringify({ listen: { port: 0 }, enclaves: { size: 1, spares: 0 }, ...config }));
    const command = join(projectRoot(), 'serve/dist/main.js');
    const child = spawn(process.execPath, [command, '--config', file], { stdio: ['ignore', 'pipe', 'inherit'] });
    const log: Record<string, unknown>[] = [];
    const url = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const entry = JSON.parse(line) as Record<string, unknown>;
        if (entry['msg'] !== 'call') log.push(entry);
        if (entry['msg'] === 'ready') resolve(entry['url'] as string);
      });
      child.on('exit', (code) => reject(new Error(`the node ended with ${code}`)));
    });
    return new TestNode(url, child, log);
  }
  async kill(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    const ended = once(this.#child, 'exit');
    this.#child.kill(signal);
    return (await ended)[0] as number | null;
  }
  pause(): void {
    this.#child.kill('SIGSTOP');
  }
  go(): void {
    this.#child.kill('SIGCONT');
  }
}

/** A broker that ends with the test. @param more lines of its configuration */
export async function brokerOf(more?: string): Promise<TestBroker> {
  const broker = await TestBroker.start(more);
  onTestFinished(() => broker.close());
  return broker;
}
/** @param more of the configuration of jobs */
export const natsOf = (broker: TestBroker, more: object = {}) => ({
  adminKey: keyHash(TOKEN),
  nats: { servers: broker.url, jobs: { ackWaitMs: 2_000, ...more } },
});
/** A node with one place. */
export const nodeOf = (broker: TestBroker, more: object = {}): Promise<TestNode> =>
  broker.node({ ...natsOf(broker), ...more });
export function put(node: TestNode, name: string, module: Uint8Array, more: object = {}) {
  const headers = { ...admin, 'content-type': 'application/wasm', ...more };
  return ask(`${node.url}/api/functions/${name}`, { method: 'PUT', headers, body: module });
}
export const post = async (node: TestNode, path: string, body: string | Uint8Array = '', headers = {}) => {
  const answer = await ask(`${node.url}${path}`, { body, headers });
  return { ...answer, json: () => JSON.parse(answer.text) };
};
export const metricsOf = async (node: TestNode): Promise<string> =>
  (await ask(`${node.url}/metrics`, { method: 'GET' })).text;
export const jobOf = async (node: TestNode, id: string) => {
  const { status, text } = await ask(`${node.url}/jobs/${id}`, { method: 'GET' });
  return { status, ...JSON.parse(text) };
};
export const bodyOf = ({ bodyBase64 }: { bodyBase64: string }) => Buffer.from(bodyBase64, 'base64').toString();
