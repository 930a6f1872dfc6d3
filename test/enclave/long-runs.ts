// What must stay flat however long it goes on: instances, enclaves, calls whose child is killed. Each run says what it held before and after.
// Refuses nothing: who calls judges the figures.
import { readdirSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { EnclaveError } from '#src/enclave/protocol/enclave-errors.js';
import type { Enclave } from '#src/enclave/untrusted/client.js';

/** What this process holds. Handles are open descriptors, threads and children where /proc tells. */
export interface Held {
  readonly heapMiB: number;
  readonly rssMiB: number;
  readonly files: number;
  readonly threads: number;
  readonly children: number;
  /** Timers that are set. */
  readonly timers: number;
}

function children(): string[] {
  return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
}

/** After a collection of garbage, so that what is counted is what is kept. */
export function held(): Held {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, rss } = process.memoryUsage();
  return {
    heapMiB: heapUsed / 1_048_576,
    rssMiB: rss / 1_048_576,
    files: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
    children: children().length,
    timers: process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length,
  };
}

/** Makes and ends instances. Returns the pool's free bytes before and after. */
export function instantiateCycles(
  { sync }: Enclave,
  bytes: Uint8Array,
  cycles: number,
  warm: (k: number) => void,
): { before: number; after: number } {
  sync.initRuntime({ options: { memAllocType: 'pool', heapSize: 4 << 20 } });
  const { module } = sync.loadModule({ bytes });
  const free = () => sync.getMemAllocInfo().info!.totalFree;
  const before = free();
  for (let k = 0; k < cycles; k++) {
    const { instance } = sync.instantiateModule({ module });
    sync.createExecEnv({ instance });
    sync.deinstantiateModule({ instance });
    warm(k);
  }
  const after = free();
  sync.unloadModule({ module });
  return { before, after };
}

/** Starts and stops enclaves; each answers once. */
export async function startCycles(
  open: () => Promise<Enclave>,
  cycles: number,
  warm: (k: number) => void,
): Promise<void> {
  for (let k = 0; k < cycles; k++) {
    const enclave = await open();
    await enclave.ping({ a: k, b: 0, c: 0, d: 0 });
    await enclave.close();
    warm(k);
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
/** Calls that are on their way at once, and batches of them of which one is killed. */
const BATCH = 10;
const KILL_EVERY = 3;
/** Bytes there and back: long enough for the child to die in the middle. */
const PAYLOAD = 262_144;

/**
 * Calls while the child is killed at changing moments; those that come after its death find a new one.
 * Throws where a call ends in another call's result or in no proper error.
 */
export async function killedCalls(
  open: () => Promise<Enclave>,
  calls: number,
): Promise<{ results: number; errors: number }> {
  const enclave = await open();
  let [results, errors] = [0, 0];
  const one = async (k: number): Promise<void> => {
    try {
      const { bytes } = await enclave.echo({ bytes: new Uint8Array(PAYLOAD).fill(k) });
      if (bytes.length !== PAYLOAD || bytes[0] !== (k & 255) || bytes[PAYLOAD - 1] !== (k & 255)) {
        throw new Error(`call ${k} got the result of call ${bytes[0]}`);
      }
      results++;
    } catch (error) {
      if (!(error instanceof EnclaveError) || error.failure !== 'killed') throw error;
      errors++;
    }
  };
  for (let k = 0; k < calls; ) {
    if (enclave.failure) await enclave.restart({ timeoutMs: 20_000 });
    const kill = (k / BATCH) % KILL_EVERY === KILL_EVERY - 1;
    const child = kill ? children().slice(-1)[0] : undefined;
    const batch: Promise<void>[] = [];
    for (let n = 0; n < BATCH && k < calls; n++) batch.push(one(k++));
    if (child) setTimeout(() => process.kill(Number(child), 'SIGKILL'), k % 4);
    await Promise.all(batch);
    if (child) while (!enclave.failure) await pause(2);
  }
  await enclave.close();
  return { results, errors };
}
