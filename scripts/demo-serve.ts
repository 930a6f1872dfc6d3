// npm run demo:serve: two nodes, a broker, three tenants of which one is hostile, told step by step in the terminal. Everything runs on loopback and is
// gone afterwards. Refuses to begin without nats-server, and says how to get it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FLOOD_MS = 6_000;
const JOBS = 60;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const bold = (text: string): string => (process.stdout.isTTY ? `\u001b[1m${text}\u001b[0m` : text);
let steps = 0;
function step(text: string): void {
  console.log(`\n${bold(`${++steps}. ${text}`)}`);
}
const say = (text: string): void => console.log(`   ${text}`);

const children: ChildProcess[] = [];
/** Starts a program and waits for a line that says it is ready. */
async function start(command: string, args: readonly string[], isReady: (line: string) => string | undefined) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const found = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        const what = isReady(line);
        if (what !== undefined) resolve(what);
      });
    }
    child.on('exit', (code) => reject(new Error(`${command} ended with ${code}`)));
  });
  return { child, found };
}

interface Asked {
  readonly key: string;
  readonly method?: string;
  readonly body?: string;
}
async function ask(url: string, { key, method = 'POST', body }: Asked): Promise<Response> {
  return fetch(url, { method, headers: { authorization: `Bearer ${key}` }, ...(body !== undefined && { body }) });
}

async function startAll(
  folder: string,
): Promise<{ readonly nodes: readonly { child: ChildProcess; found: string }[] }> {
  const socket = createServer().listen(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address() as AddressInfo;
  socket.close();
  const broker = join(folder, 'broker.conf');
  writeFileSync(broker, `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${join(folder, 'store')}" }\n`);
  await start('nats-server', ['-c', broker], (line) => (line.includes('Server is ready') ? line : undefined));
  const config = join(folder, 'serve.json');
  const given = {
    listen: { port: 0 },
    adminKey: sha256('admin'),
    enclaves: { size: 2, spares: 0 },
    limits: { timeoutMs: 5_000 },
    tenants: {
      ann: { keys: [sha256('ann')] },
      bob: { keys: [sha256('bob')] },
      eve: { keys: [sha256('eve')], queue: 20, concurrency: 1, budget: { fuel: 3_000_000_000, periodMs: 600_000 } },
    },
    nats: { servers: `nats://127.0.0.1:${port}`, jobs: { ackWaitMs: 2_000 } },
  };
  writeFileSync(config, JSON.stringify(given));
  const ready = (line: string): string | undefined => {
    const { msg, url } = JSON.parse(line) as { msg?: string; url?: string };
    return msg === 'ready' ? url : undefined;
  };
  const command = join(ROOT, 'serve/dist/main.js');
  const nodes = [1, 2].map(() => start(process.execPath, [command, '--config', config], ready));
  return { nodes: await Promise.all(nodes) };
}

async function put(node: string, name: string, sample: string, definition: object): Promise<void> {
  const moduleBase64 = readFileSync(join(ROOT, `samples/${sample}.wasm`)).toString('base64');
  const body = JSON.stringify({ ...definition, moduleBase64 });
  const { status } = await ask(`${node}/api/functions/${name}`, { key: 'admin', method: 'PUT', body });
  say(`PUT ${name}: ${status}`);
}

/** Calls of a tenant, one after another, until the time is over: how many had which status, and the middle time of those that were answered. */
async function calling(node: string, name: string, key: string, ms: number) {
  const statuses = new Map<number, number>();
  const times: number[] = [];
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const began = performance.now();
    const answer = await ask(`${node}/${name}`, { key, body: 'pear\napple\n' });
    await answer.text();
    if (answer.ok) times.push(performance.now() - began);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    // Whoever is told to wait would be a fool to ask again at once; this one is hostile, but the terminal should stay readable.
    if (answer.status === 429) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  times.sort((a, b) => a - b);
  return { statuses, middle: times[Math.floor(times.length / 2)] ?? 0 };
}
const told = ({ statuses, middle }: Awaited<ReturnType<typeof calling>>): string => {
  const counts = [...statuses].map(([status, count]) => `${count} times ${status}`).join(', ');
  return `${counts}${middle > 0 ? `; half of the answers within ${middle.toFixed(1)} ms` : ''}`;
};

async function flood(a: string, b: string): Promise<void> {
  step('Ann and Bob call, alone');
  const alone = await Promise.all([calling(a, 'sort', 'ann', FLOOD_MS / 2), calling(b, 'sort', 'bob', FLOOD_MS / 2)]);
  say(`ann: ${told(alone[0])}`);
  say(`bob: ${told(alone[1])}`);
  step('Eve floods both nodes with endless loops, 40 at once');
  const eves = Array.from({ length: 40 }, (_, k) => calling(k % 2 ? a : b, 'endless', 'eve', FLOOD_MS));
  const [ann, bob, ...eve] = await Promise.all([
    calling(a, 'sort', 'ann', FLOOD_MS),
    calling(b, 'sort', 'bob', FLOOD_MS),
    ...eves,
  ]);
  say(`ann: ${told(ann!)}`);
  say(`bob: ${told(bob!)}`);
  const statuses = new Map<number, number>();
  for (const one of eve)
    for (const [status, count] of one.statuses) statuses.set(status, (statuses.get(status) ?? 0) + count);
  say(`eve: ${told({ statuses, middle: 0 })}`);
  const last = await ask(`${a}/endless`, { key: 'eve' });
  say(`and now: ${last.status}, ${((await last.json()) as { detail: string }).detail}`);
}

async function jobs(a: string, victim: ChildProcess): Promise<void> {
  step(`Bob sends ${JOBS} jobs; one node is killed in the middle of them`);
  const ids: string[] = [];
  for (let k = 0; k < JOBS; k++) {
    const answer = await ask(`${a}/jobs/sort`, { key: 'bob', body: `job ${k}\n` });
    ids.push(((await answer.json()) as { id: string }).id);
    if (k === JOBS / 2) {
      victim.kill('SIGKILL');
      say('kill -9');
    }
  }
  let right = 0;
  for (const [k, id] of ids.entries()) {
    for (;;) {
      const job = (await (await ask(`${a}/jobs/${id}`, { key: 'bob', method: 'GET' })).json()) as Record<
        string,
        string
      >;
      if (job['state'] === 'done') {
        if (Buffer.from(job['bodyBase64']!, 'base64').toString() === `job ${k}\n`) right++;
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  say(`${right} of ${JOBS} have their result, each once`);
  const { status } = await ask(`${a}/jobs/${ids[0]}`, { key: 'eve', method: 'GET' });
  say(`Eve asks for Bob's: ${status}`);
}

async function demo(folder: string): Promise<void> {
  step('A broker and two nodes start');
  const { nodes } = await startAll(folder);
  const [first, second] = nodes;
  const [a, b] = [first!.found, second!.found];
  say(`${a} and ${b}; the page of each asks for the token: admin`);
  step('One node is given two functions');
  await put(a, 'sort', 'sort', {});
  await put(a, 'endless', 'life', { args: ['2000000000', '64', '24'], limits: { timeoutMs: 200 }, tenants: ['eve'] });
  while ((await ask(`${b}/endless`, { key: 'ann' })).status !== 403)
    await new Promise((resolve) => setTimeout(resolve, 50));
  say('the other knows them: Ann may not call what is of Eve, 403');
  await flood(a, b);
  await jobs(a, second!.child);
  step('The node that is left is told to end');
  first!.child.kill('SIGTERM');
  const [code] = (await once(first!.child, 'exit')) as [number];
  say(`it drains, and ends with ${code}`);
}

if (spawnSync('nats-server', ['--version']).status !== 0) {
  console.error('demo:serve wants a broker: apt-get install nats-server');
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), 'enclasm-demo-'));
try {
  await demo(folder);
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
