// Requests a second of a web server that runs a program for each: a pool of workers beside node:wasi with temporary files, taking turns. The client
// is a process of its own. Resident memory after many requests beside that after few.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEnclavePool } from '#src/entry/enclave.js';
import { atLeast, type BenchArgs, type BenchResult, must, plain } from './harness.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MODULE = new Uint8Array(readFileSync(join(ROOT, 'samples/sort.wasm')));
const BODY = 'pear\napple\nplum\n';
const ANSWER = 'apple\npear\nplum\n';
const WORKERS = 2;
const CONNECTIONS = 8;
const ROUNDS = 3;
const TIMES_NODE_WASI = 3;

/** Sends requests for a while, and prints how many were answered. */
const CLIENT = `
const { Agent, request } = require('node:http');
const [port, ms, connections] = process.argv.slice(1).map(Number);
const agent = new Agent({ keepAlive: true, maxSockets: connections });
const end = performance.now() + ms;
let answered = 0;
const one = () => new Promise((resolve, reject) => {
  const asking = request({ port, method: 'POST', agent, host: '127.0.0.1' }, (answer) => {
    let text = '';
    answer.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', () => {
      if (text !== ${JSON.stringify(ANSWER)}) reject(new Error('answer: ' + text));
      else resolve(answered++);
    });
  });
  asking.on('error', reject);
  asking.end(${JSON.stringify(BODY)});
});
const loop = async () => { while (performance.now() < end) await one(); };
Promise.all(Array.from({ length: connections }, loop)).then(() => { console.log(answered); agent.destroy(); });
`;

type Answer = (body: Uint8Array) => Uint8Array | Promise<Uint8Array>;

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of request) parts.push(part as Uint8Array);
  return Buffer.concat(parts);
}
async function serve(answer: Answer): Promise<Server> {
  const server = createServer(async (request, response) => {
    try {
      response.end(await answer(await bodyOf(request)));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
/** Requests a second, by a client in a process of its own. */
async function measure(server: Server, ms: number): Promise<number> {
  const { port } = server.address() as AddressInfo;
  const client = spawn(process.execPath, ['-e', CLIENT, String(port), String(ms), String(CONNECTIONS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  client.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const [code] = (await once(client, 'close')) as [number];
  must(code === 0, 'the client got its answers');
  return Number(text) / (ms / 1_000);
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
  const run: Answer = async (stdin) => (await pool.runProgram(program, { stdin, args: ['sort'] })).stdout;
  const servers = [await serve(run), await serve(await nodeWasi(folder))] as const;
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
        plain(`pool of ${WORKERS} workers, a program for each request`, own, 'requests/s'),
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
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    await pool.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
