// What crossing the boundary costs: calls hot and cold over each transport, starting an enclave, a pool of them; beside Comlink and a
// plain postMessage in the same run. Checks every answer before it times any.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import * as Comlink from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import type { Enclave } from '#src/enclave/untrusted/client.js';
import { EnclavePool } from '#src/enclave/untrusted/enclave-pool.js';
import { createEnclave, type TransportName } from '#src/entry/enclave.js';
import { programOf, takeInput, takeJob, takePluginJob } from '#src/entry/job-options.js';
import { nodeTimers } from '#src/platform/node/timer.js';
import { atLeast, atMost, type Bench, type BenchRow, must, plain } from './harness.js';
import { copy16 } from './peers/bare-ring.js';

const PING = { a: 1, b: 2, c: 3, d: 4 };
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Quantiles of single calls in microseconds, without what the clock itself costs. */
function quantiles(samples: Float64Array): { p50: number; p99: number } {
  const clock = new Float64Array(10_000).map(() => {
    const began = performance.now();
    return performance.now() - began;
  });
  clock.sort();
  const cost = clock[clock.length >> 1]!;
  samples.sort();
  const at = (q: number) => Math.max(0, samples[Math.floor(samples.length * q)]! - cost) * 1_000;
  return { p50: at(0.5), p99: at(0.99) };
}

/** Windows of calls: the one that the machine's other work disturbed least counts, for every row alike. */
const WINDOWS = 12;

function timedSync(calls: number, call: () => void): { p50: number; p99: number } {
  for (let k = 0; k < Math.min(calls, 30_000); k++) call();
  let best = { p50: Number.POSITIVE_INFINITY, p99: Number.POSITIVE_INFINITY };
  for (let window = 0; window < WINDOWS; window++) {
    const samples = new Float64Array(Math.ceil(calls / WINDOWS));
    for (let k = 0; k < samples.length; k++) {
      const began = performance.now();
      call();
      samples[k] = performance.now() - began;
    }
    const found = quantiles(samples);
    if (found.p50 < best.p50) best = found;
  }
  return best;
}

async function timed(calls: number, call: () => Promise<unknown>, gapMs = 0): Promise<{ p50: number; p99: number }> {
  for (let k = 0; k < Math.min(calls, 200); k++) await call();
  const samples = new Float64Array(calls);
  for (let k = 0; k < calls; k++) {
    if (gapMs > 0) await pause(gapMs);
    const began = performance.now();
    await call();
    samples[k] = performance.now() - began;
  }
  return quantiles(samples);
}

async function started(transport: TransportName): Promise<Enclave> {
  const enclave = await createEnclave({ transport });
  const { a, d } = await enclave.ping(PING);
  must(a === 1 && d === 4, `${transport}: ping`);
  const { bytes } = await enclave.echo({ bytes: new Uint8Array([5, 6]) });
  must(bytes.length === 2 && bytes[1] === 6, `${transport}: echo`);
  return enclave;
}

/** What the machine itself asks for 64 bytes there and back between two threads: no codec, no checks, no runtime. @returns it, in us */
async function bareRows(rows: BenchRow[], calls: number): Promise<number> {
  const shared = new SharedArrayBuffer(1_024);
  const words = new Int32Array(shared);
  const worker = new Worker(new URL('./peers/bare-ring.js', import.meta.url), {
    workerData: { words, layout: BARE },
  });
  await new Promise((resolve) => worker.once('message', resolve));
  const mine = new Int32Array(16).map((_, k) => k);
  const got = new Int32Array(16);
  let sequence = 0;
  const call = () => {
    copy16(words, BARE.there, mine, 0);
    Atomics.store(words, 0, ++sequence);
    while (Atomics.load(words, BARE.answered) !== sequence);
    copy16(got, 0, words, BARE.back);
  };
  call();
  must(got[15] === 15, 'bare ring');
  const { p50 } = timedSync(calls, call);
  rows.push(plain('two bare threads handing 64 B to and fro, p50', p50, 'us'));
  await worker.terminate();
  return p50;
}
/** Words of 32 bits: each group on cache lines of its own. */
const BARE = { answered: 32, there: 64, back: 96 };

const ADD = Uint8Array.from(atob('AGFzbQEAAAABBwFgAn9/AX8DAgEABwcBA2FkZAAACgkBBwAgACABags='), (c) => c.charCodeAt(0));

/** A call of the smallest guest function, usage report and all. */
async function guestCall(enclave: Enclave): Promise<() => void> {
  await enclave.initRuntime({ options: {} });
  const { module } = await enclave.loadModule({ bytes: ADD });
  const { instance } = await enclave.instantiateModule({ module });
  const { execEnv } = await enclave.createExecEnv({ instance });
  const { function: add } = await enclave.lookupFunction({ instance, name: 'add' });
  const args = { execEnv, function: add!, values: [2, 3] };
  must(enclave.sync.callWasm(args).values[0] === 5, 'add');
  return () => enclave.sync.callWasm(args);
}

async function syncRows(rows: BenchRow[], quick: boolean): Promise<void> {
  const calls = quick ? 20_000 : 300_000;
  const big = new Uint8Array(65_536).fill(7);
  const bare = await bareRows(rows, calls);
  for (const transport of ['same-thread', 'worker'] as const) {
    const enclave = await started(transport);
    const hot = timedSync(calls, () => enclave.sync.ping(PING));
    const large = timedSync(calls / 20, () => enclave.sync.echo({ bytes: big }, { borrow: true }));
    if (transport === 'worker') {
      rows.push(atMost('worker, hot ecall of 64 B, p50', hot.p50, 'us', 0.25));
      rows.push(atMost('worker, hot ecall of 64 B, against two bare threads', hot.p50 / bare, 'ratio', 1.25));
      rows.push(atMost('worker, hot ecall of 64 B, p99', hot.p99, 'us', 1));
      rows.push(atMost('worker, hot echo of 64 KiB, p50', large.p50, 'us', 5));
      rows.push(
        plain('worker, hot call of a guest function, p50', timedSync(calls / 4, await guestCall(enclave)).p50, 'us'),
      );
      const cold = await timed(quick ? 20 : 200, async () => enclave.sync.ping(PING), 5);
      rows.push(atMost('worker, cold ecall of 64 B, p50', cold.p50, 'us', 60));
      const awaited = await timed(quick ? 500 : 10_000, () => enclave.ping(PING));
      rows.push(plain('worker, awaited ecall of 64 B, p50', awaited.p50, 'us'));
    } else {
      rows.push(plain('same-thread, ecall of 64 B, p50', hot.p50, 'us'));
      rows.push(plain('same-thread, echo of 64 KiB, p50', large.p50, 'us'));
      rows.push(
        plain('same-thread, call of a guest function, p50', timedSync(calls / 4, await guestCall(enclave)).p50, 'us'),
      );
    }
    await enclave.close();
  }
}

async function processRows(rows: BenchRow[], quick: boolean): Promise<void> {
  const enclave = await started('process');
  const { p50 } = await timed(quick ? 300 : 10_000, () => enclave.ping(PING));
  rows.push(atMost('process, ecall of 64 B, p50', p50, 'us', 60));
  const big = new Uint8Array(65_536).fill(7);
  const large = await timed(quick ? 100 : 2_000, () => enclave.echo({ bytes: big }));
  rows.push(plain('process, echo of 64 KiB, p50', large.p50, 'us'));
  await enclave.close();
}

/** Milliseconds: the median of several starts. */
async function startTime(runs: number, start: () => Promise<() => Promise<unknown>>): Promise<number> {
  const samples: number[] = [];
  for (let k = 0; k < runs; k++) {
    const began = performance.now();
    const end = await start();
    samples.push(performance.now() - began);
    await end();
  }
  return samples.sort((a, b) => a - b)[runs >> 1]!;
}

async function startRows(rows: BenchRow[], quick: boolean): Promise<void> {
  const runs = quick ? 3 : 15;
  const worker = await startTime(runs, async () => {
    const empty = new Worker("require('node:worker_threads').parentPort.postMessage(0)", { eval: true });
    await once(empty, 'message');
    return () => empty.terminate();
  });
  rows.push(plain("node's own start of a worker, to its first message, median", worker, 'ms'));
  const child = await startTime(runs, async () => {
    const empty = spawn(process.execPath, ['-e', 'process.stdout.write("x")'], { env: {} });
    const gone = once(empty, 'exit');
    await once(empty.stdout, 'data');
    return () => gone;
  });
  rows.push(plain("node's own start of a process, to its first byte, median", child, 'ms'));
  for (const [transport, target] of [
    ['worker', 40],
    ['process', 120],
  ] as const) {
    const ms = await startTime(runs, async () => {
      const enclave = await createEnclave({ transport });
      return () => enclave.close();
    });
    rows.push(atMost(`${transport}, start to first answer, median`, ms, 'ms', target));
  }
}

async function peerRows(rows: BenchRow[], quick: boolean): Promise<void> {
  const calls = quick ? 500 : 10_000;
  const file = new URL('./peers/message-worker.js', import.meta.url);
  const messages = new Worker(file, { workerData: 'plain' });
  let answered: (value: unknown) => void = () => {};
  messages.on('message', (message) => answered(message));
  const ask = (message: unknown) =>
    new Promise<unknown>((resolve) => {
      answered = resolve;
      messages.postMessage(message);
    });
  must(((await ask(PING)) as typeof PING).c === 3, 'postMessage');
  rows.push(plain('postMessage, four numbers there and back, p50', (await timed(calls, () => ask(PING))).p50, 'us'));
  await messages.terminate();

  const worker = new Worker(file, { workerData: 'comlink' });
  const api = Comlink.wrap<{ ping(a: number, b: number, c: number, d: number): number[] }>(nodeEndpoint(worker));
  must((await api.ping(1, 2, 3, 4))[3] === 4, 'comlink');
  rows.push(
    plain('Comlink, four numbers there and back, p50', (await timed(calls, () => api.ping(1, 2, 3, 4))).p50, 'us'),
  );
  await worker.terminate();
}

const TENANTS = 100;

/** MiB of this process, after garbage was collected. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().rss / 1_048_576;
}

/** All calls at once, so that tenants compete. A tenant's speed is its calls by the time of its last one. */
async function tenantsRound(pool: EnclavePool, calls: number): Promise<{ seconds: number; fairness: number }> {
  const last = new Map<string, number>();
  const began = performance.now();
  let ended = 0;
  const work = Array.from({ length: calls }, (_, k) => {
    const tenant = `tenant ${k % TENANTS}`;
    return pool.run(tenant, async (enclave) => {
      await enclave.echo({ bytes: new Uint8Array(256) });
      last.set(tenant, performance.now() - began);
      ended++;
    });
  });
  await Promise.all(work);
  must(ended === calls, 'every call of every tenant ended');
  const speeds = [...last.values()].map((ms) => calls / TENANTS / ms);
  const mean = speeds.reduce((sum, speed) => sum + speed, 0) / TENANTS;
  return { seconds: (performance.now() - began) / 1_000, fairness: Math.min(...speeds) / mean };
}

async function poolRows(rows: BenchRow[], quick: boolean): Promise<void> {
  const create = () => createEnclave({ transport: 'worker' });
  const pool = new EnclavePool({
    takeInput,
    takeJob,
    takePluginJob,
    program: programOf,
    create,
    size: 2,
    spares: 1,
    queueLimit: 20_000,
    recycleAfter: 1e9,
    timers: nodeTimers,
  });
  await pool.warm();
  const warm = await timed(quick ? 200 : 2_000, () => pool.run('one', (enclave) => enclave.ping(PING)));
  rows.push(atMost('pool, call into a warm enclave, p50', warm.p50 / 1_000, 'ms', 0.2));

  const calls = quick ? 1_000 : 10_000;
  const first = await tenantsRound(pool, calls);
  const before = memoryInUse();
  const second = await tenantsRound(pool, calls);
  const grown = memoryInUse() - before;
  const seconds = Math.min(first.seconds, second.seconds);
  rows.push(plain(`pool of 2, ${calls} calls of ${TENANTS} tenants`, calls / seconds, 'calls/s'));
  const fairness = Math.min(first.fairness, second.fairness);
  rows.push(atLeast('pool of 2, slowest tenant against the mean', fairness, 'ratio', 0.8));
  rows.push(atMost(`pool of 2, growth of memory over ${calls} more calls`, grown, 'MiB', 8));
  await pool.close();
}

export const bench: Bench = async ({ quick }) => {
  const results: BenchRow[] = [];
  await syncRows(results, quick);
  await processRows(results, quick);
  await startRows(results, quick);
  await peerRows(results, quick);
  await poolRows(results, quick);
  return { name: 'enclave', results };
};
