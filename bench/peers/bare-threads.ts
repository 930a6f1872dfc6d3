// A program of wasi-threads on node:wasi with a bare worker for each further thread, as people write it by hand: no limits, nothing shared but the memory.
// As a process of its own it is `node --no-liftoff bare-threads.js FILE PAGES NAME [ARGUMENT...]`, writes what the program writes, and then to standard error the
// milliseconds of processor time. With Node 20's baseline compiler (Liftoff) variables are lost over memory.atomic.wait, and such programs hang.
import { readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

interface HostWasm {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Record<string, unknown> };
  readonly Memory: new (type: { initial: number; maximum: number; shared: boolean }) => object;
}
const host = (globalThis as unknown as { WebAssembly: HostWasm }).WebAssembly;

interface Thread {
  readonly module: object;
  readonly memory: object;
  readonly args: readonly string[];
  /** The last thread's number. */
  readonly ids: Int32Array;
}
/** A thread's number and argument. */
type Start = readonly [id: number, argument: number];

function runThread(thread: Thread, start?: Start): void {
  const { module, memory, args, ids } = thread;
  const wasi = new WASI({ version: 'preview1', args: [...args], returnOnExit: true });
  const spawn = (argument: number): number => {
    const id = Atomics.add(ids, 0, 1) + 1;
    new Worker(new URL(import.meta.url), { workerData: { thread, start: [id, argument] } }).unref();
    return id;
  };
  const imports = { ...(wasi.getImportObject() as object), env: { memory }, wasi: { 'thread-spawn': spawn } };
  const { exports } = new host.Instance(module, imports);
  if (start === undefined) {
    wasi.start({ exports: { ...exports, memory } });
    return;
  }
  // Its calls need the memory alone.
  wasi.initialize({ exports: { memory } });
  (exports as unknown as { wasi_thread_start(...start: Start): void }).wasi_thread_start(...start);
}

function main([file, pages, ...args]: readonly string[]): void {
  const memory = new host.Memory({ initial: Number(pages), maximum: Number(pages), shared: true });
  const before = process.cpuUsage();
  runThread({
    module: new host.Module(readFileSync(file!)),
    memory,
    args,
    ids: new Int32Array(new SharedArrayBuffer(4)),
  });
  const { user, system } = process.cpuUsage(before);
  process.stderr.write(String((user + system) / 1000));
}

if (isMainThread) main(process.argv.slice(2));
else {
  const { thread, start } = workerData as { thread: Thread; start: Start };
  runThread(thread, start);
}
