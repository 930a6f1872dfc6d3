// --addr-pool as a process runs it: a guest talks to a server on loopback, outside and inside enclaves; without a pool it reaches nothing.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, temporaryFolder, writeModule } from './support.js';

const ENCLASM = join(ROOT, 'dist/bin/enclasm.cjs');
const folder = temporaryFolder();
const server = createServer((socket) => socket.on('data', (bytes) => socket.end(`got ${bytes}`)));
let program = '';

/** Connects to 127.0.0.1, says "ping", prints the answer; exits with the errno of what failed. */
function client(port: number): string {
  const hex = (byte: number) => `\\${byte.toString(16).padStart(2, '0')}`;
  const step = (call: string) => `(local.tee $errno ${call}) (if (then (call $exit (local.get $errno))))`;
  return `(module
    (import "wasi_snapshot_preview1" "sock_open" (func $open (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_connect" (func $connect (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_send" (func $send (param i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_recv" (func $recv (param i32 i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\00\\00\\00\\00\\7f\\00\\00\\01${hex(port & 255)}${hex(port >> 8)}")
    (data (i32.const 32) "\\40\\00\\00\\00\\04\\00\\00\\00")
    (data (i32.const 40) "\\80\\00\\00\\00\\40\\00\\00\\00")
    (data (i32.const 64) "ping")
    (func (export "_start") (local $errno i32) (local $fd i32)
      ${step('(call $open (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 24))')}
      (local.set $fd (i32.load (i32.const 24)))
      ${step('(call $connect (local.get $fd) (i32.const 0))')}
      ${step('(call $send (local.get $fd) (i32.const 32) (i32.const 1) (i32.const 0) (i32.const 28))')}
      ${step('(call $recv (local.get $fd) (i32.const 40) (i32.const 1) (i32.const 0) (i32.const 44) (i32.const 28))')}
      ${step('(call $write (i32.const 1) (i32.const 40) (i32.const 1) (i32.const 28))')}))`;
}

function run(words: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [ENCLASM, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

describe.skipIf(!existsSync(ENCLASM))('the network of a guest', { timeout: 30_000 }, () => {
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    program = writeModule(folder, 'client.wasm', client((server.address() as AddressInfo).port));
  });
  afterAll(() => server.close());

  it.each([[[]], [['--enclave=same-thread']], [['--enclave=worker']], [['--enclave=process']]])(
    'is what --addr-pool grants, and nothing else (%j)',
    async (enclave) => {
      const granted = await run(['run', ...enclave, '--addr-pool=127.0.0.1/32', program]);
      expect(granted).toEqual({ code: 0, out: 'got ping', err: '' });
      const EACCES = 2;
      expect((await run(['run', ...enclave, program])).code).toBe(EACCES);
      expect((await run(['run', ...enclave, '--addr-pool=127.0.0.2/32', program])).code).toBe(EACCES);
    },
  );
});
