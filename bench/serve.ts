// What serving costs: a function over HTTP beside the same pool called directly, and beside node:http that starts a process for each request; processor
// time of everything but the guest; over a broker with 1, 2 and 4 nodes; jobs beside the broker's bare work queue. Nodes and the client are processes.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createEnclavePool } from '#src/entry/enclave.js';
import { atLeast, atMost, type BenchArgs, type BenchResult, type BenchRow, must, plain } from './harness.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MODULE = join(ROOT, 'samples/sort.wasm');
const BODY = 'pear\napple\nplum\n';
const ANSWER = 'apple\npear\nplum\n';
const TOKEN = 'token';
const PLACES = 2;
const CONNECTIONS = 8;
const ROUNDS = 3;
const MOST_OWN_MS = 0.3;
const PART_OF_BARE_QUEUE = 0.7;

/** Sends requests for a while, or a number of them, to each of its ports in turn; prints how many were answered, and two quantiles of their times in milliseconds. */
const CLIENT = `
const { Agent, request } = require('node:http');
const [name, ...numbers] = process.argv.slice(1);
const [ms, most, connections, ...ports] = numbers.map(Number);
const agent = new Agent({ keepAlive: true, maxSockets: connections });
const end = performance.now() + ms;
const times = [];
const one = (port) => new Promise((resolve, reject) => {
  const began = performance.now();
  const asking = request({ port, path: '/' + name, method: 'POST', agent, host: '127.0.0.1' }, (answer) => {
    let text = '';
    answer.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', () => {
      if (text !== ${JSON.stringify(ANSWER)}) reject(new Error('answer: ' + text));
      else resolve(times.push(performance.now() - began));
    });
  });
  asking.on('error', reject);
  asking.end(${JSON.stringify(BODY)});
});
let sent = 0;
const goesOn = () => (most > 0 ? sent++ < most : performance.now() < end);
const loop = async (k) => { while (goesOn()) await one(ports[k % ports.length]); };
Promise.all(Array.from({ length: connections }, (_, k) => loop(k))).then(() => {
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (part) => times[Math.floor(part * (times.length - 1))];
  console.log(JSON.stringify({ count: times.length, p50: at(0.5), p99: at(0.99) }));
});
`;
interface Load {
  readonly perSecond: number;
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}
interface LoadOptions {
  readonly connections?: number;
  readonly name?: string;
  /** So many requests, whatever time they take; 0: as many as there is time for. */
  readonly most?: number;
}
async function load(
  ports: readonly number[],
  ms: number,
  { connections = CONNECTIONS, name = 'sort', most = 0 }: LoadOptions = {},
): Promise<Load> {
  const args = [name, ms, most, connections, ...ports].map(String);
  const client = spawn(process.execPath, ['-e', CLIENT, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  client.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const [code] = (await once(client, 'close')) as [number];
  must(code === 0, 'the client got its answers');
  const { count, p50, p99 } = JSON.parse(text) as { count: number; p50: number; p99: number };
  return { perSecond: count / (ms / 1_000), count, p50, p99 };
}
const rows = (what: string, { perSecond, p50, p99 }: Load): BenchRow[] => [
  plain(what, perSecond, 'requests/s'),
  plain(`${what}, p50`, p50, 'ms'),
  plain(`${what}, p99`, p99, 'ms'),
];

/** A server of its own process. */
interface Node {
  readonly port: number;
  readonly child: ChildProcess;
}
async function node(folder: string, name: string, more: object): Promise<Node> {
  const file = join(folder, `${name}.json`);
  const enclaves = { size: PLACES, spares: 0 };
  const functions = { sort: { module: MODULE }, whole: { module: MODULE, stream: false } };
  const adminKey = createHash('sha256').update(TOKEN).digest('hex');
  writeFileSync(
    file,
    JSON.stringify({ listen: { port: 0 }, logLevel: 'info', adminKey, enclaves, functions, ...more }),
  );
  const child = spawn(process.execPath, [join(ROOT, 'serve/dist/main.js'), '--config', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { msg, url } = JSON.parse(line) as { msg: string; url?: string };
      if (msg === 'ready') resolve(Number(new URL(url!).port));
    });
    child.on('exit', () => reject(new Error('the server ended')));
  });
  return { port, child };
}
async function end({ child }: Node): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}
/** Milliseconds of processor time of a server's first thread, where no guest runs; undefined where the system does not say. */
function processorMs({ child }: { readonly child: { readonly pid?: number | undefined } }): number | undefined {
  try {
    const [nanoseconds] = readFileSync(`/proc/${child.pid}/task/${child.pid}/schedstat`, 'utf8').split(' ');
    return Number(nanoseconds) / 1_000_000;
  } catch {
    return undefined;
  }
}

/** The same work without a server, by as many at once as it has places. */
async function direct(requests: number): Promise<BenchRow[]> {
  const entry = join(ROOT, 'dist/entry/enclave-main.js');
  const pool = createEnclavePool({ size: PLACES, spares: 0, enclave: { transport: 'worker', entry } });
  try {
    const limits = { fuel: 10_000_000_000, timeoutMs: 10_000, memoryBytes: 64 << 20 };
    const module = pool.program(new Uint8Array(readFileSync(MODULE)));
    const job = pool.prepare({ module, args: ['sort'], limits });
    const run = async (most: number): Promise<void> => {
      let sent = 0;
      const loop = async (): Promise<void> => {
        while (sent++ < most) {
          const { stdout } = await pool.run('', job.with({ stdin: BODY }));
          must(Buffer.from(stdout).toString() === ANSWER, 'the pool sorts');
        }
      };
      await Promise.all(Array.from({ length: PLACES }, loop));
    };
    await run(requests);
    let [perSecond, least] = [0, Number.POSITIVE_INFINITY];
    for (let round = 0; round < ROUNDS; round++) {
      const [began, before] = [performance.now(), processorMs({ child: process })];
      await run(requests / ROUNDS);
      const after = processorMs({ child: process });
      perSecond = Math.max(perSecond, (1_000 * requests) / ROUNDS / (performance.now() - began));
      if (before !== undefined && after !== undefined) least = Math.min(least, ((after - before) * ROUNDS) / requests);
    }
    const alone = 'processor time of a call of the pool alone, without its guest';
    const isKnown = least < Number.POSITIVE_INFINITY;
    return [
      plain('the same pool called directly', perSecond, 'requests/s'),
      ...(isKnown ? [plain(alone, least, 'ms')] : []),
    ];
  } finally {
    await pool.close();
  }
}
/** As one does it with Node alone: a process for each request. */
async function processes(ms: number): Promise<Load> {
  const command = join(ROOT, 'dist/bin/enclasm.cjs');
  const server = createServer((request, response) => {
    const child = spawn(process.execPath, [command, 'run', MODULE], { stdio: ['pipe', 'pipe', 'inherit'] });
    request.pipe(child.stdin);
    child.stdout.pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await load([(server.address() as AddressInfo).port], ms, { connections: PLACES });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function onOneMachine(folder: string, ms: number, requests: number): Promise<BenchRow[]> {
  const bare = await direct(requests);
  const one = await node(folder, 'one', {});
  try {
    const streamed = await load([one.port], ms);
    const whole = await load([one.port], ms, { name: 'whole' });
    /** Requests are counted, not time: a machine that has other things to do would measure code that is not compiled yet. */
    const own = async (name: string): Promise<BenchRow[]> => {
      await load([one.port], ms, { name, most: requests });
      let least = Number.POSITIVE_INFINITY;
      for (let round = 0; round < ROUNDS; round++) {
        const before = processorMs(one);
        const { count } = await load([one.port], ms, { name, most: requests / ROUNDS });
        const after = processorMs(one);
        if (before === undefined || after === undefined) return [];
        least = Math.min(least, (after - before) / count);
      }
      const what = `processor time of a request, without its guest${name === 'whole' ? ', answer not as it comes' : ''}`;
      return [atMost(what, least, 'ms', MOST_OWN_MS)];
    };
    const costs = [...(await own('sort')), ...(await own('whole'))];
    const each = await processes(ms);
    return [
      ...rows(`a function over HTTP, ${PLACES} places`, streamed),
      ...rows('the same, its answer not as it comes', whole),
      ...bare,
      ...rows('node:http, a process for each request', each),
      ...costs,
    ];
  } finally {
    await end(one);
  }
}

async function onManyMachines(folder: string, ms: number, jobs: number): Promise<BenchRow[]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  const file = join(folder, 'broker.conf');
  writeFileSync(file, `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${join(folder, 'store')}" }\n`);
  const broker = spawn('nats-server', ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  const found: BenchRow[] = [];
  const nodes: Node[] = [];
  try {
    await new Promise<void>((resolve) => {
      createInterface({ input: broker.stderr! }).on('line', (line) => line.includes('Server is ready') && resolve());
    });
    for (const count of [1, 2, 4]) {
      while (nodes.length < count) {
        nodes.push(await node(folder, `node${nodes.length}`, { nats: { servers: `nats://127.0.0.1:${port}` } }));
      }
      // All of it goes to the first: what it has no place for it passes on.
      await load([nodes[0]!.port], ms / 2);
      found.push(...rows(`over a broker, ${count} nodes`, await load([nodes[0]!.port], ms)));
    }
    for (const one of nodes.splice(1)) await end(one);
    const served = await jobsThroughServer(nodes[0]!.port, jobs);
    const bare = await bareQueue(port, jobs);
    found.push(
      plain('jobs', served, 'jobs/s'),
      plain("the broker's work queue alone", bare, 'jobs/s'),
      atLeast('part of that', served / bare, 'times', PART_OF_BARE_QUEUE),
    );
    return found;
  } finally {
    for (const one of nodes) await end(one);
    broker.kill('SIGKILL');
    await once(broker, 'exit');
  }
}
/** From the first that is sent until all have their results: what waits is gone when that is stored. */
async function jobsThroughServer(port: number, jobs: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const ask = (method: string, path: string, body = ''): Promise<{ status: number; json: Record<string, unknown> }> =>
    new Promise((resolve, reject) => {
      const headers = path.startsWith('/api/') ? { authorization: `Bearer ${TOKEN}` } : {};
      const asking = request({ host: '127.0.0.1', port, method, path, agent, headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        answer.on('end', () => resolve({ status: answer.statusCode!, json: JSON.parse(text) }));
      });
      asking.on('error', reject);
      asking.end(body);
    });
  const ids: string[] = [];
  const began = performance.now();
  const send = async (): Promise<void> => {
    while (ids.length < jobs) {
      const place = ids.push('') - 1;
      const { status, json } = await ask('POST', '/jobs/sort', BODY);
      must(status === 202, 'a job is stored');
      ids[place] = json['id'] as string;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, send));
  for (;;) {
    const { jobs: counts } = (await ask('GET', '/api/status')).json as { jobs?: { waiting?: number } };
    if (counts?.waiting === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const took = performance.now() - began;
  for (const id of ids) {
    const { json } = await ask('GET', `/jobs/${id}`);
    must(Buffer.from(String(json['bodyBase64']), 'base64').toString() === ANSWER, 'a job has its result');
  }
  agent.destroy();
  return (1_000 * jobs) / took;
}
/** Stored, taken, a result put, acknowledged: what a job costs at the broker, without a guest. */
async function bareQueue(port: number, jobs: number): Promise<number> {
  const script = join(ROOT, 'serve/bench/bare-queue.mjs');
  const { stdout, status } = spawnSync(process.execPath, [script, String(port), String(jobs), String(2 * PLACES)], {
    encoding: 'utf8',
  });
  must(status === 0, 'the bare queue works');
  return Number(stdout);
}

export async function bench({ quick }: BenchArgs): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'enclasm-bench-serve-'));
  const hasBroker = spawnSync('nats-server', ['--version']).status === 0;
  try {
    const results = await onOneMachine(folder, quick ? 500 : 4_000, quick ? 300 : 3_000);
    if (hasBroker) results.push(...(await onManyMachines(folder, quick ? 500 : 4_000, quick ? 50 : 1_000)));
    else console.error('without nats-server (apt-get install nats-server) the rows over a broker are left out');
    return { name: `serve (${cpus().length} processors)`, results };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
