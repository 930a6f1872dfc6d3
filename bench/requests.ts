// Requests a second of a web server that runs a program for each: a pool of workers beside node:wasi with temporary files, taking turns. The client
// is a process of its own. Resident memory after many requests beside that after few.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEnclavePool } from '#src/entry/enclave.js';
import { type Answer, endServer, sendLoad, serveAnswers } from '../test/helpers/http-load.js';
import { atLeast, type BenchArgs, type BenchResult, plain } from './harness.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MODULE = new Uint8Array(readFileSync(join(ROOT, 'samples/sort.wasm')));
const BODY = 'pear\napple\nplum\n';
const ANSWER = 'apple\npear\nplum\n';
/** The program executes some thousand instructions: the mode whose instances cost least. */
const MODE = 'interp';
const WORKERS = 2;
const CONNECTIONS = 8;
const ROUNDS = 3;
const TIMES_NODE_WASI = 3;

/** Requests a second. */
async function measure(server: Server, ms: number): Promise<number> {
  return (await sendLoad(server, { body: BODY, answer: ANSWER, connections: CONNECTIONS, ms })) / (ms / 1_000);
}

/** As one does it with Node alone: standard streams of node:wasi are descriptors, so files. */
async function nodeWasi(folder: string): Promise<Answer> {
  const { WASI } = await import('node:wasi');
  const { WebAssembly: wasm } = globalThis as unknown as {
    WebAssembly: {
      Module: new (bytes: Uint8Array) => object;
      Instance: new (module: object, imports: object) => object;
    };
  };
  const module = new wasm.Module(MODULE);
  const [input, output] = [join(folder, 'in'), join(folder, 'out')];
  return (body) => {
    writeFileSync(input, body);
    const [stdin, stdout] = [openSync(input, 'r'), openSync(output, 'w')];
    try {
      const wasi = new WASI({ version: 'preview1', args: ['sort'], stdin, stdout, returnOnExit: true });
      wasi.start(new wasm.Instance(module, wasi.getImportObject() as object));
    } finally {
      closeSync(stdin);
      closeSync(stdout);
    }
    return readFileSync(output);
  };
}

export async function bench({ quick }: BenchArgs): Promise<BenchResult> {
  const ms = quick ? 300 : 2_000;
  const folder = mkdtempSync(join(tmpdir(), 'enclasm-requests-'));
  const entry = join(ROOT, 'dist/entry/enclave-main.js');
  const pool = createEnclavePool({ size: WORKERS, spares: 0, enclave: { transport: 'worker', entry } });
  const program = pool.program(MODULE);
  const run: Answer = async (stdin) => (await pool.runProgram(program, { stdin, args: ['sort'], mode: MODE })).stdout;
  const servers = [await serveAnswers(run), await serveAnswers(await nodeWasi(folder))] as const;
  try {
    for (const server of servers) await measure(server, ms / 2);
    const early = process.memoryUsage().rss;
    const best = [0, 0];
    for (let round = 0; round < ROUNDS; round++) {
      for (const [k, server] of servers.entries()) best[k] = Math.max(best[k]!, await measure(server, ms));
    }
    const [own, other] = best as [number, number];
    return {
      name: 'requests',
      results: [
        plain(`pool of ${WORKERS} workers, a program for each request, mode ${MODE}`, own, 'requests/s'),
        plain('node:wasi with temporary files', other, 'requests/s'),
        atLeast('how many times that', own / other, 'times', TIMES_NODE_WASI),
        plain(
          'resident memory more than after the first requests',
          (process.memoryUsage().rss - early) / 2 ** 20,
          'MiB',
        ),
      ],
    };
  } finally {
    for (const server of servers) await endServer(server);
    await pool.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
