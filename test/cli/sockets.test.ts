// Sockets of guests that the commands run as processes, in enclaves too: an echo on loopback, TCP and UDP, IPv4 and IPv6, and what
// --addr-pool denies.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, temporaryFolder, writeModule } from './support.js';

const COMMAND = (name: string): string => join(ROOT, 'dist/bin', `${name}.cjs`);
const HAS_IPV6 = Object.values(networkInterfaces()).some((list) => list?.some((one) => one.address === '::1'));
const folder = temporaryFolder();
const EACCES = 2;

type Host = '127.0.0.1' | '::1';
type Kind = 'tcp' | 'udp';

/** An errno ends the guest as its exit code. */
const checked = (call: string): string => `(if (local.tee $errno ${call}) (then (call $exit (local.get $errno))))`;

/** Sends "ping" to the port and writes what comes back to standard output. */
function pinger(kind: Kind, host: Host, port: number): string {
  const bytes = (...values: number[]): string =>
    values.map((value) => `\\${value.toString(16).padStart(2, '0')}`).join('');
  const portBytes = [port & 255, port >> 8];
  // addr { kind, the address, the port }, as memory-layout.ts says.
  const address =
    host === '::1'
      ? bytes(1, 0, 0, 0, ...new Array<number>(14).fill(0), 1, 0, ...portBytes)
      : bytes(0, 0, 0, 0, 127, 0, 0, 1, ...portBytes);
  const family = host === '::1' ? 1 : 0;
  const talk =
    kind === 'tcp'
      ? `${checked('(call $connect (local.get $fd) (i32.const 0))')}
         ${checked('(call $send (local.get $fd) (i32.const 32) (i32.const 1) (i32.const 0) (i32.const 200))')}
         ${checked('(call $receive (local.get $fd) (i32.const 40) (i32.const 1) (i32.const 0) (i32.const 44) (i32.const 204))')}`
      : `${checked('(call $sendTo (local.get $fd) (i32.const 32) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 200))')}
         ${checked('(call $receiveFrom (local.get $fd) (i32.const 40) (i32.const 1) (i32.const 0) (i32.const 208) (i32.const 44))')}`;
  const imported = (name: string, as: string, params: number): string =>
    `(import "wasi_snapshot_preview1" "${name}" (func ${as} (param${' i32'.repeat(params)}) (result i32)))`;
  return `(module
    ${imported('sock_open', '$open', 4)} ${imported('sock_connect', '$connect', 2)}
    ${imported('sock_send', '$send', 5)} ${imported('sock_recv', '$receive', 6)}
    ${imported('sock_send_to', '$sendTo', 6)} ${imported('sock_recv_from', '$receiveFrom', 6)}
    ${imported('fd_write', '$write', 4)}
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "${address}")
    (data (i32.const 32) "${bytes(64, 0, 0, 0, 4, 0, 0, 0, 128, 0, 0, 0, 64, 0, 0, 0)}")
    (data (i32.const 64) "ping")
    (func (export "_start") (local $fd i32) (local $errno i32)
      ${checked(`(call $open (i32.const 0) (i32.const ${family}) (i32.const ${kind === 'tcp' ? 1 : 0}) (i32.const 200))`)}
      (local.set $fd (i32.load (i32.const 200)))
      ${talk}
      ${checked('(call $write (i32.const 1) (i32.const 40) (i32.const 1) (i32.const 200))')}))`;
}

/** Says back what it hears, in capitals. */
async function echo(kind: Kind, host: Host): Promise<{ port: number; close(): void }> {
  const answer = (data: Buffer): string => data.toString().toUpperCase();
  if (kind === 'tcp') {
    const server = createServer((socket) => socket.on('data', (data) => socket.end(answer(data))));
    server.listen(0, host);
    await once(server, 'listening');
    return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
  }
  const socket = createSocket(host === '::1' ? 'udp6' : 'udp4');
  socket.on('message', (data, from) => socket.send(answer(data), from.port, from.address));
  socket.bind(0, host);
  await once(socket, 'listening');
  return { port: socket.address().port, close: () => void socket.close() };
}

async function run(command: string, words: readonly string[]) {
  const child = spawn(process.execPath, [COMMAND(command), ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  const [code] = await once(child, 'close');
  return { code, out, err };
}

// The commands are what `npm test` builds first.
describe.skipIf(!existsSync(COMMAND('enclasm')))('sockets', () => {
  const places = (['tcp', 'udp'] as const).flatMap((kind) =>
    (HAS_IPV6 ? (['127.0.0.1', '::1'] as const) : (['127.0.0.1'] as const)).map((host) => [kind, host] as const),
  );
  it.each(places)('%s on %s: granted addresses answer, all others are denied', async (kind, host) => {
    const server = await echo(kind, host);
    try {
      const module = writeModule(folder, `${kind}${host.length}.wasm`, pinger(kind, host, server.port));
      const granted = `--addr-pool=${host}/${host === '::1' ? 128 : 32}`;
      const pong = { code: 0, out: 'PING', err: '' };
      expect(await run('enclasm', ['run', '--timeout=10s', granted, module])).toEqual(pong);
      expect(await run('enclasm', ['run', '--mode=interp', '--timeout=10s', granted, module])).toEqual(pong);
      expect(await run('iwasm', ['--timeout=10000', granted, module])).toEqual(pong);
      const denied = { code: EACCES, out: '', err: '' };
      expect(await run('enclasm', ['run', module])).toEqual(denied);
      expect(await run('enclasm', ['run', '--addr-pool=10.0.0.0/8,fe80::/10', module])).toEqual(denied);
    } finally {
      server.close();
    }
  });
  it.each(['same-thread', 'worker', 'process'])('the same inside an enclave (%s)', async (enclave) => {
    const server = await echo('tcp', '127.0.0.1');
    try {
      const module = writeModule(folder, `${enclave}.wasm`, pinger('tcp', '127.0.0.1', server.port));
      const inside = (...words: string[]) => run('enclasm', ['run', `--enclave=${enclave}`, ...words, module]);
      expect(await inside('--addr-pool=127.0.0.1/32')).toEqual({ code: 0, out: 'PING', err: '' });
      for (const words of [[], ['--addr-pool=127.0.0.2/32']]) expect((await inside(...words)).code).toBe(EACCES);
    } finally {
      server.close();
    }
  });
});
