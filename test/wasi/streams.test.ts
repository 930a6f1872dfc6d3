// Streams of JavaScript as a guest's standard streams: each kind, each way to run. They work where somebody can wait, slow the guest down
// where their other end is slow, and are refused by name where nobody can wait.
import { PassThrough, Readable, Writable } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import type { WasmInstance } from '#src/embed/instance/wasm-instance.js';
import { Runtime } from '#src/embed/runtime.js';
import type { Enclave } from '#src/enclave/untrusted/client.js';
import { interpEngine } from '#src/engine/interp/interp-engine.js';
import { defaultEngines } from '#src/entry/engines.js';
import { ALL_LIBRARIES } from '#src/entry/libraries.js';
import type { InputOption, OutputOption, WasiOptions } from '#src/imports/wasi/index.js';
import { LimitError, UsageError } from '#src/wasm/errors.js';
import { assemble } from '../helpers/wat.js';
import { open, SUBJECTS, type Subject } from '../transports/enclaves.js';
import { platform } from './guest.js';

/** Copies its input to its output until the end, in pieces of at most 100 bytes; exits with an errno. `fill` writes $n times 4 KiB. */
const COPY = `(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func $must (param $errno i32) (if (local.get $errno) (then (call $exit (local.get $errno)))))
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 64))
    (loop $next
      (i32.store (i32.const 4) (i32.const 100))
      (call $must (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (i32.store (i32.const 4) (i32.load (i32.const 8)))
      (if (i32.load (i32.const 4)) (then
        (call $must (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (br $next)))))
  (func (export "fill") (param $n i32) (result i32)
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const 4096))
    (loop $next
      (call $must (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $next (local.get $n)))
    (i32.const 0))
  ;; Waits for input or $ms; gives the type of the first event: 0 clock, 1 input.
  (func (export "wait") (param $ms i64) (result i32)
    (i32.store8 (i32.const 2056) (i32.const 1))
    (i32.store (i32.const 2064) (i32.const 0))
    (i32.store8 (i32.const 2104) (i32.const 0))
    (i32.store (i32.const 2112) (i32.const 1))
    (i64.store (i32.const 2120) (i64.mul (local.get $ms) (i64.const 1000000)))
    (call $must (call $poll (i32.const 2048) (i32.const 3000) (i32.const 2) (i32.const 8)))
    (i32.load8_u (i32.const 3010))))`;

const PARTS = ['first, ', 'second, ', 'x'.repeat(250)];
const WHOLE = PARTS.join('');

async function* parts(): AsyncGenerator<Uint8Array> {
  for (const part of PARTS) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    yield Buffer.from(part);
  }
}
/** Every kind of input; an enclave's functions end with an empty array. */
const INPUTS: Readonly<Record<string, () => InputOption>> = {
  "a Readable of Node's": () => Readable.from(parts()),
  'a PassThrough that is written later': () => {
    const through = new PassThrough();
    setTimeout(() => through.end(WHOLE), 10);
    return through;
  },
  "the web's ReadableStream": () => Readable.toWeb(Readable.from(parts())) as unknown as InputOption,
  'an async iterable': parts,
  'an async function': () => {
    const iterator = parts();
    return async () => (await iterator.next()).value ?? null;
  },
};
const OUTPUTS: Readonly<Record<string, (take: (chunk: Uint8Array) => Promise<void>) => OutputOption>> = {
  "a Writable of Node's": (take) =>
    new Writable({
      highWaterMark: 64,
      write: (chunk, _encoding, done) => void take(chunk).then(() => done(), done),
    }),
  "the web's WritableStream": (take) => new WritableStream({ write: take }) as unknown as OutputOption,
  'an async function': (take) => take,
};

const runtimes: Runtime[] = [];
afterEach(() => {
  for (const runtime of runtimes.splice(0)) runtime.destroy();
});

function start(wasi: WasiOptions, mode: 'interp' | 'host' | 'jit' = 'interp'): WasmInstance {
  const engines = mode === 'interp' ? [interpEngine()] : defaultEngines();
  const runtime = Runtime.init({}, { platform, engines, libraries: ALL_LIBRARIES });
  runtimes.push(runtime);
  return runtime.instantiate(runtime.load(assemble(COPY)), { mode, wasi });
}

/** Takes chunks slowly, and keeps them. */
function collector() {
  const chunks: Buffer[] = [];
  const take = async (chunk: Uint8Array): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    chunks.push(Buffer.from(chunk));
  };
  return { take, text: () => Buffer.concat(chunks).toString(), chunks };
}
/** What is in a Node stream's buffer comes after the call. */
async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1_000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
}

const PAIRS = Object.keys(INPUTS).flatMap((input) => Object.keys(OUTPUTS).map((output) => [input, output] as const));

/** Streams that fail, and what the guest exits with. */
const FAILURES: Readonly<Record<string, () => readonly [WasiOptions, errno: number]>> = {
  'a Readable that fails': () => [
    {
      stdin: new Readable({
        read: (): never => {
          throw new Error('broken');
        },
      }),
    },
    29,
  ],
  'an async function that fails': () => [{ stdin: () => Promise.reject(new Error('broken')) }, 29],
  'a Readable of objects': () => [{ stdin: Readable.from([1, 2]) }, 29],
  'a Writable that fails': () => [
    {
      stdin: { text: WHOLE },
      stdout: new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => done(new Error('full')) }),
    },
    29,
  ],
  'a Writable that has ended': () => [{ stdin: { text: 'x' }, stdout: new PassThrough().end() }, 64],
  'an async function of output that fails': () => [
    { stdin: { text: 'x' }, stdout: () => Promise.reject(new Error('no')) },
    29,
  ],
};

describe('executeMainAsync in mode interp', () => {
  test.each(PAIRS)('%s, to %s', async (input, output) => {
    const { take, text } = collector();
    const instance = start({ stdin: INPUTS[input]!(), stdout: OUTPUTS[output]!(take) });
    expect(await instance.executeMainAsync()).toBe(0);
    await until(() => text().length >= WHOLE.length);
    expect(text()).toBe(WHOLE);
  });
  test.each(Object.keys(OUTPUTS))('%s that is slow slows the guest down', async (output) => {
    let waiting: (() => void) | undefined;
    let taken = 0;
    const take = (chunk: Uint8Array): Promise<void> => {
      taken += chunk.length;
      return new Promise((resolve) => {
        waiting = resolve;
      });
    };
    const instance = start({ stdout: OUTPUTS[output]!(take) });
    const call = instance.lookupFunction('fill')!.callAsync([1_000], { timeoutMs: 300 });
    await expect(call).rejects.toThrow(LimitError);
    expect(taken).toBeLessThanOrEqual(4_096);
    expect(instance.usage.bytesWritten).toBeLessThanOrEqual(2 * 4_096);
    waiting?.();
  });
  test('a deadline ends waiting for a stream, which keeps what comes later', async () => {
    const never = new PassThrough();
    const instance = start({ stdin: never });
    await expect(instance.executeMainAsync([], { timeoutMs: 50 })).rejects.toThrow(LimitError);
    // What comes later is for the next call, and nothing was lost.
    never.end('late');
    const { take, text } = collector();
    expect(await start({ stdin: never, stdout: take }).executeMainAsync()).toBe(0);
    await until(() => text() !== '');
    expect(text()).toBe('late');
  });
  test('poll_oneoff waits for input, or its clock', async () => {
    const input = new PassThrough();
    const wait = start({ stdin: input }).lookupFunction('wait')!;
    expect(await wait.callAsync([30n])).toEqual([0]);
    setTimeout(() => input.write('x'), 10);
    expect(await wait.callAsync([60_000n])).toEqual([1]);
  });
  test.each(Object.keys(FAILURES))('%s is an errno', async (name) => {
    const [wasi, errno] = FAILURES[name]!();
    expect(await start(wasi).executeMainAsync()).toBe(errno);
  });
});

describe.each(['interp', 'host', 'jit'] as const)('a call that cannot wait, mode %s', (mode) => {
  test.each(Object.keys(INPUTS))('refuses %s', (input) => {
    expect(() => start({ stdin: INPUTS[input]!() }, mode).executeMain()).toThrow(UsageError);
    expect(() => start({ stdin: INPUTS[input]!() }, mode).executeMain()).toThrow(/use callAsync or executeMainAsync/);
  });
  test.each(Object.keys(OUTPUTS))('refuses %s', (output) => {
    const { take, chunks } = collector();
    const stdout = OUTPUTS[output]!(take);
    expect(() => start({ stdin: { text: 'x' }, stdout }, mode).executeMain()).toThrow(
      /use callAsync or executeMainAsync/,
    );
    if (output !== 'an async function') expect(chunks).toEqual([]);
  });
});

test.each([process.stdout, new PassThrough(), {}])(
  'what has a write but is no file is never taken for one',
  (stdout) => {
    const wasi = { stdin: { text: 'x' }, stdout } as WasiOptions;
    expect(() => start(wasi).executeMain()).toThrow(UsageError);
  },
);

const enclaves: Enclave[] = [];
afterEach(async () => {
  await Promise.all(enclaves.splice(0).map((enclave) => enclave.close()));
});
async function inEnclave(subject: Subject, streams: object) {
  const enclave = await open(subject, streams);
  enclaves.push(enclave);
  return { enclave, instance: await copierIn(enclave) };
}
async function copierIn(enclave: Enclave) {
  await enclave.initRuntime({ options: {} });
  const { module } = await enclave.loadModule({ bytes: assemble(COPY) });
  await enclave.setWasiArgs({ module, options: { stdin: 'host', stdout: 'host' } });
  return (await enclave.instantiateModule({ module })).instance;
}

describe.each(SUBJECTS.filter(({ name }) => name === 'worker' || name === 'process'))(
  'an enclave, $name',
  (subject) => {
    test.each(PAIRS)('%s, to %s', async (input, output) => {
      const { take, text } = collector();
      const given = INPUTS[input]!();
      // An enclave's functions say the end with nothing.
      const stdin =
        typeof given === 'function'
          ? async () => ((await (given as () => Promise<Uint8Array | null>)()) ?? new Uint8Array(0)) as Uint8Array
          : given;
      const { enclave, instance } = await inEnclave(subject, { stdin, stdout: OUTPUTS[output]!(take) });
      expect(await enclave.execAppMain({ instance, argv: [] })).toMatchObject({ exitCode: 0 });
      await until(() => text().length >= WHOLE.length);
      expect(text()).toBe(WHOLE);
    });
    test.each(Object.keys(FAILURES))('%s is an errno', async (name) => {
      const [{ stdin = { text: '' }, stdout = 'ignore' }, errno] = FAILURES[name]!();
      const given = typeof stdin === 'object' && 'text' in stdin ? Readable.from([Buffer.from(stdin.text)]) : stdin;
      const streams = { stdin: given, stdout: stdout === 'ignore' ? () => {} : stdout };
      const { enclave, instance } = await inEnclave(subject, streams);
      const exit = enclave.execAppMain({ instance, argv: [] });
      // What a function throws is its own caller's: the embedder's.
      if (typeof stdout === 'function') await expect(exit).rejects.toThrow('no');
      else expect(await exit).toMatchObject({ exitCode: errno });
      expect(enclave.failure).toBeUndefined();
    });
    test.each(Object.keys(OUTPUTS))('%s that is slow slows the guest down', async (output) => {
      let taken = 0;
      const waiting: (() => void)[] = [];
      const take = (chunk: Uint8Array): Promise<void> => {
        taken += chunk.length;
        return new Promise((resolve) => waiting.push(resolve));
      };
      const { enclave, instance } = await inEnclave(subject, { stdout: OUTPUTS[output]!(take) });
      const call = enclave.execAppFunc({ instance, name: 'fill', argv: ['20'] });
      const counts: number[] = [];
      // Each write is on its way only when the one before was taken.
      for (let round = 0; round < 20; round++) {
        await until(() => waiting.length > 0);
        counts.push(taken);
        waiting.shift()!();
      }
      expect(counts).toEqual(counts.map((_, k) => (k + 1) * 4_096));
      expect(await call).toMatchObject({ results: ['0x0:i32'] });
    });
    test('a deadline ends waiting for a stream; the next enclave gets what comes later', async () => {
      const [input, { take, text }] = [new PassThrough(), collector()];
      const { enclave, instance } = await inEnclave(subject, { stdin: input, stdout: take });
      const before = process.cpuUsage();
      const call = enclave.execAppMain({ instance, argv: [] }, { timeoutMs: 300 });
      await expect(call).rejects.toMatchObject({ failure: 'timeout' });
      expect(process.cpuUsage(before).user / 1_000).toBeLessThan(2_000);
      expect(enclave.failure).toMatchObject({ failure: 'timeout' });
      await enclave.restart({ timeoutMs: 60_000 });
      const again = await copierIn(enclave);
      input.end('late');
      expect(await enclave.execAppMain({ instance: again, argv: [] })).toMatchObject({ exitCode: 0 });
      expect(text()).toBe('late');
    });
    test('a signal ends waiting for a stream that takes nothing', async () => {
      const abort = new AbortController();
      const never = new Writable({ highWaterMark: 1, write: () => setTimeout(() => abort.abort(), 20) });
      const { enclave, instance } = await inEnclave(subject, { stdout: never });
      const call = enclave.execAppFunc({ instance, name: 'fill', argv: ['20'] }, { signal: abort.signal });
      await expect(call).rejects.toMatchObject({ limit: 'signal' });
      expect(never.destroyed).toBe(false);
      // It ends alone.
      expect((await enclave.ping({ a: 1, b: 2, c: 3, d: 4 })).d).toBe(4);
    });
  },
);
