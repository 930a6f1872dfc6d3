// The long runs in full, with figures: `npm run test:long`, or `npm run test:long -- requests` for one of them. Memory and handles before (after a tenth of the run, when everything is warm)
// and after. Exit code 1 where something grew.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { createEnclave, createEnclavePool } from '#src/entry/enclave.js';
import { endServer, sendLoad, serveAnswers } from '../helpers/http-load.js';
import { assemble, projectRoot } from '../helpers/wat.js';
import { CORPUS, runOut } from '../modes/fuel-everywhere.js';
import { spawnAndJoin, spawningGuest } from '../threads/spawning.js';
import { type Held, held, instantiateCycles, killedCalls, startCycles } from './long-runs.js';
import { DEMO } from './support.js';

/** MiB that may come and go: pages of V8's own, fragments. */
const SLACK_HEAP = 4;
const SLACK_RSS = 48;

let failed = false;

function report(what: string, before: Held, after: Held, extra: string, seconds: number): void {
  const change = (name: keyof Held, digits: number) =>
    `${name} ${before[name].toFixed(digits)} -> ${after[name].toFixed(digits)}`;
  const grown =
    after.heapMiB > before.heapMiB + SLACK_HEAP ||
    after.rssMiB > before.rssMiB + SLACK_RSS ||
    after.files > before.files ||
    after.threads > before.threads ||
    after.children > before.children ||
    after.timers > before.timers;
  failed ||= grown;
  const figures = [
    change('heapMiB', 1),
    change('rssMiB', 0),
    change('files', 0),
    change('threads', 0),
    change('timers', 0),
  ];
  console.log(
    `${grown ? 'GREW' : 'flat'}  ${what} (${seconds.toFixed(0)} s): ${[...figures, change('children', 0), extra].join(', ')}`,
  );
}

/** @param run is told after each cycle how far it is @param cycles 0: nothing is warm before the end */
async function measured(
  what: string,
  cycles: number,
  run: (warm: (k: number) => void) => Promise<string> | string,
): Promise<void> {
  const began = performance.now();
  let before = held();
  const extra = await run((k) => {
    if (k === Math.floor(cycles / 10)) before = held();
  });
  report(what, before, held(), extra, (performance.now() - began) / 1_000);
}

async function enclaves(share: number): Promise<void> {
  const bytes = await assemble(DEMO);
  const native = (symbol: string) => ({ symbol, func: () => 0 });

  const instances = 100_000 * share;
  const enclave = await createEnclave({ transport: 'same-thread' });
  enclave.natives('env', ['host_add', 'host_fill', 'host_say', 'host_keep'].map(native));
  await measured(`${instances} instantiate/deinstantiate cycles`, instances, (warm) => {
    const { before, after } = instantiateCycles(enclave, bytes, instances, warm);
    failed ||= before !== after;
    return `pool free ${before} -> ${after}`;
  });
  await enclave.close();

  const starts = 1_000 * share;
  for (const transport of ['worker', 'process'] as const) {
    const open = () => createEnclave({ transport });
    await measured(`${starts} ${transport} enclaves started and stopped`, starts, async (warm) => {
      await startCycles(open, starts, warm);
      return '';
    });
  }

  const calls = Math.max(60, 1_000 * share);
  const open = () => createEnclave({ transport: 'process' });
  await killedCalls(open, 30);
  await measured(`${calls} calls under kill -9`, 0, async () => {
    const { results, errors } = await killedCalls(open, calls);
    failed ||= results + errors !== calls || errors === 0;
    return `${results} results, ${errors} errors`;
  });
}

/**
 * Threads of one guest, all in one call: ids and instances are used again. Nothing here can have the garbage of workers collected, of which V8 leaves some
 * hundreds of MiB lying: with this flag it collects it soon.
 */
async function threads(share: number): Promise<void> {
  setFlagsFromString('--optimize-for-size');
  for (const way of ['cooperative', 'parallel'] as const) await threadsIn(way, 5_000 * share);
  setFlagsFromString('--no-optimize-for-size');
}
async function threadsIn(way: 'cooperative' | 'parallel', cycles: number): Promise<void> {
  const { runtime, guest } = spawningGuest(way);
  const before = guest.usage.memoryBytes;
  await measured(`${cycles} threads started and joined, ${way}`, cycles, (warm) => {
    for (let k = 0; k < cycles; k++) {
      spawnAndJoin(guest);
      warm(k);
    }
    failed ||= guest.usage.threads !== cycles || guest.usage.memoryBytes !== before;
    return `memoryBytes ${before} -> ${guest.usage.memoryBytes}`;
  });
  const report = runtime.destroy();
  failed ||= report.threads + report.execEnvs + report.leaks!.bytes > 0;
}

/** A web server that runs a program for each request, in a pool of workers. */
async function requests(share: number): Promise<void> {
  const module = readFileSync(join(projectRoot(), 'samples/sort.wasm'));
  const pool = createEnclavePool({ size: 2, enclave: { transport: 'worker' } });
  const program = pool.program(module);
  const server = await serveAnswers(
    async (stdin) => (await pool.runProgram(program, { stdin, args: ['sort'], limits: { timeoutMs: 10_000 } })).stdout,
  );
  const cycles = 100_000 * share;
  const parts = 10;
  await measured(`${cycles} requests, a program for each`, parts, async (warm) => {
    let answered = 0;
    for (let k = 1; k <= parts; k++) {
      const load = { body: 'pear\napple\nplum\n', answer: 'apple\npear\nplum\n', connections: 8 };
      answered += await sendLoad(server, { ...load, requests: cycles / parts });
      // Enclaves are replaced after some jobs: what is counted is what there is when all have begun.
      await pool.warm();
      warm(k);
    }
    failed ||= answered !== cycles;
    return `${answered} answers, ${pool.status.recycled} workers replaced`;
  });
  await endServer(server);
  await pool.close();
}

/** Programs of the corpus run out of fuel at units in a row, in every mode. */
function fuel(share: number): void {
  const count = Math.max(2, Math.round(100 * share));
  for (const program of CORPUS) {
    const began = performance.now();
    const [compared, difference] = runOut(program, { count, units: 32, seed: 1 });
    failed ||= difference !== undefined;
    const seconds = ((performance.now() - began) / 1_000).toFixed(0);
    console.log(
      `${difference === undefined ? 'same' : 'DIFFERS'}  ${difference ?? program.name} (${compared} runs, ${seconds} s)`,
    );
  }
}

async function main(args: readonly string[]): Promise<void> {
  const share = args.includes('--quick') ? 0.01 : 1;
  const names = args.filter((arg) => arg !== '--quick');
  const unknown = names.find((name) => !Object.hasOwn(RUNS, name));
  if (unknown !== undefined) {
    console.error(`${unknown} is no long run: ${Object.keys(RUNS).join(', ')}, or all where none is named`);
    process.exitCode = 2;
    return;
  }
  for (const [name, run] of Object.entries(RUNS)) if (names.length === 0 || names.includes(name)) await run(share);
  if (failed) process.exitCode = 1;
}
const RUNS: Readonly<Record<string, (share: number) => Promise<void> | void>> = { enclaves, threads, requests, fuel };

await main(process.argv.slice(2));
