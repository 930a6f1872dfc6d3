// What crossing the boundary costs: calls hot and cold over each transport, starting an enclave, a pool of them; beside Comlink and a
// plain postMessage in the same run. Checks every answer before it times any.
import { Worker } from 'node:worker_threads';
import * as Comlink from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import type { Enclave } from '#src/enclave/untrusted/client.js';
import { EnclavePool } from '#src/enclave/untrusted/pool.js';
import { createEnclave, nodeTimers, type TransportName } from '#src/entry/enclave.js';
import { atLeast, atMost, type Bench, type BenchRow, must, plain } from './harness.js';

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

function timedSync(calls: number, call: () => void): { p50: number; p99: number } {
  for (let k = 0; k < Math.min(calls, 20_000); k++) call();
  const samples = new Float64Array(calls);
  for (let k = 0; k < calls; k++) {
    const began = performance.now();
    call();
    samples[k] = performance.now() - began;
  }
  return quantiles(samples);
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

async function syncRows(rows: BenchRow[], quick: boolean): Promise<void> {
  const calls = quick ? 20_000 : 300_000;
  const big = new Uint8Array(65_536).fill(7);
  for (const transport of ['same-thread', 'worker'] as const) {
    const enclave = await started(transport);
    const hot = timedSync(calls, () => enclave.sync.ping(PING));
    const large = timedSync(calls / 20, () => enclave.sync.echo({ bytes: big }, { borrow: true }));
    if (transport === 'worker') {
      rows.push(atMost('worker, hot ecall of 64 B, p50', hot.p50, 'us', 0.25));
      rows.push(atMost('worker, hot ecall of 64 B, p99', hot.p99, 'us', 1));
      rows.push(atMost('worker, hot echo of 64 KiB, p50', large.p50, 'us', 5));
      const cold = await timed(quick ? 20 : 200, async () => enclave.sync.ping(PING), 5);
      rows.push(atMost('worker, cold ecall of 64 B, p50', cold.p50, 'us', 60));
      const awaited = await timed(quick ? 500 : 10_000, () => enclave.ping(PING));
      rows.push(plain('worker, awaited ecall of 64 B, p50', awaited.p50, 'us'));
    } else {
      rows.push(plain('same-thread, ecall of 64 B, p50', hot.p50, 'us'));
      rows.push(plain('same-thread, echo of 64 KiB, p50', large.p50, 'us'));
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

async function startRows(rows: BenchRow[], quick: boolean): Promise<void> {
  for (const [transport, target] of [
    ['worker', 40],
    ['process', 120],
  ] as const) {
    const samples: number[] = [];
    for (let k = 0; k < (quick ? 3 : 15); k++) {
      const began = performance.now();
      const enclave = await createEnclave({ transport });
      samples.push(performance.now() - began);
      await enclave.close();
    }
    samples.sort((a, b) => a - b);
    rows.push(atMost(`${transport}, start to first answer, median`, samples[samples.length >> 1]!, 'ms', target));
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

async function poolRows(rows: BenchRow[], quick: boolean): Promise<void> {
  const create = () => createEnclave({ transport: 'worker' });
  const pool = new EnclavePool({
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
  // A tenant's speed is its calls by the time of its last one.
  const last = new Map<string, number>();
  globalThis.gc?.();
  const memoryBefore = process.memoryUsage().rss;
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
  const seconds = (performance.now() - began) / 1_000;
  const speeds = [...last.values()].map((ms) => calls / TENANTS / ms);
  const mean = speeds.reduce((sum, speed) => sum + speed, 0) / TENANTS;
  must(ended === calls, 'every call of every tenant ended');
  rows.push(plain(`pool of 2, ${calls} calls of ${TENANTS} tenants`, calls / seconds, 'calls/s'));
  rows.push(atLeast('pool of 2, slowest tenant against the mean', Math.min(...speeds) / mean, 'ratio', 0.8));
  rows.push(plain('pool of 2, growth of memory', (process.memoryUsage().rss - memoryBefore) / 1_048_576, 'MiB'));
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
