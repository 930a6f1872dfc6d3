// A web server that runs a program of somebody else's for each request: the body is its standard input, its standard output the answer.
//
//   node examples/http-requests.mjs 8080      serves; try: printf 'b\na\n' | curl --data-binary @- localhost:8080
//   node examples/http-requests.mjs           sends itself two requests, and ends
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createEnclavePool, EnclaveError } from 'enclasm/enclave';

const pool = createEnclavePool({ size: 2, enclave: { transport: 'worker' } });
const sort = pool.program(await readFile(new URL('../samples/sort.wasm', import.meta.url)));

const server = createServer(async (request, response) => {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const limits = { timeoutMs: 1_000, memoryBytes: 16 << 20 };
  // Tenants take turns, whoever of them sends most.
  const tenant = request.headers['x-tenant'] ?? '';
  try {
    const job = { module: sort, args: ['sort'], stdin: request, limits };
    const { exitCode, stdout, stderr } = await pool.run(tenant, job, { signal: gone.signal, timeoutMs: 5_000 });
    response.writeHead(exitCode === 0 ? 200 : 400).end(exitCode === 0 ? stdout : stderr);
  } catch (error) {
    const isBusy = error instanceof EnclaveError && error.failure === 'refused';
    response.writeHead(isBusy ? 503 : 500).end(`${error.message}\n`);
  }
});
const port = Number(process.argv[2] ?? 0);
server.listen(port, '127.0.0.1');
await once(server, 'listening');

if (port === 0) {
  const address = `http://127.0.0.1:${server.address().port}`;
  const ask = async (body) => (await fetch(address, { method: 'POST', body })).text();
  console.log(await Promise.all([ask('b\nc\na\n'), ask('2\n1\n')])); // [ 'a\nb\nc\n', '1\n2\n' ]
  server.closeAllConnections();
  server.close();
  await pool.close();
}
