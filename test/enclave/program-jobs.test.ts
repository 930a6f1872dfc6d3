// Programs as jobs of a pool, over every transport: what they get is theirs alone and ends with them, whoever comes next and however they end.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { type CreatePoolOptions, createEnclavePool, type EnclavePool, type TransportName } from '#src/entry/enclave.js';
import { MemoryFileSystem } from '#src/entry/libraries.js';
import { LimitError, MalformedError, Trap, UsageError } from '#src/wasm/errors.js';
import { assemble, projectRoot } from '../helpers/wat.js';

const root = projectRoot();
const entry = join(root, 'dist/entry/enclave-main.js');
const upper = new Uint8Array(readFileSync(join(root, 'test/plugins/guests/upper.wasm')));
const wc = new Uint8Array(readFileSync(join(root, 'samples/wc.wasm')));
const spin = assemble('(module (memory (export "memory") 1) (func (export "_start") (loop $again (br $again))))');
const trap = assemble('(module (memory (export "memory") 1) (func (export "_start") unreachable))');
/** Ends with the code that the native gives. */
const asking = assemble(`(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "env" "ask" (func $ask (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $exit (call $ask))))`);
/** Leaves a mark in its memory, and ends with what it found there before. */
const marking = assemble(`(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1) (global $g (mut i32) (i32.const 0))
  (func (export "_start") (local i32)
    (local.set 0 (i32.add (i32.load (i32.const 64)) (global.get $g)))
    (i32.store (i32.const 64) (i32.const 5)) (global.set $g (i32.const 6))
    (call $exit (local.get 0))))`);

const TRANSPORTS: readonly TransportName[] = ['same-thread', 'worker', 'process'];
const pools: EnclavePool[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});
function poolOf(transport: TransportName, options: Partial<CreatePoolOptions> = {}): EnclavePool {
  const pool = createEnclavePool({ size: 1, spares: 0, enclave: { transport, entry }, ...options });
  pools.push(pool);
  return pool;
}
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe.each(TRANSPORTS)('programs as jobs, %s', (transport) => {
  test('input, output, arguments, variables, exit code', async () => {
    const pool = poolOf(transport);
    const result = await pool.runProgram(upper, { stdin: 'hello', args: ['upper', 'say'], env: { PREFIX: 'well, ' } });
    expect([result.exitCode, text(result.stdout), text(result.stderr)]).toEqual([0, 'say: well, HELLO', '']);
    expect(result.usage.wallMs).toBeGreaterThan(0);
    // Nothing of it is there for the next.
    expect(text((await pool.runProgram(upper, { stdin: Uint8Array.of(97) })).stdout)).toBe('A');
    expect((await pool.runProgram(upper)).stdout).toHaveLength(0);
    const failed = await pool.runProgram(upper, { stdin: 'fail' });
    expect([failed.exitCode, text(failed.stderr)]).toEqual([3, 'it was told to fail\n']);
  });
  test('a job prepared once: each run gets its own', async () => {
    const pool = poolOf(transport);
    const job = pool.prepare({ module: upper, args: ['upper', 'say'], env: { PREFIX: 'well, ' }, stdin: 'nothing' });
    const said: string[] = [];
    const own = { stdin: 'hello', env: { PREFIX: 'so, ' }, stdout: (part: Uint8Array) => void said.push(text(part)) };
    const [first, second, third] = await Promise.all([
      pool.run('a', job),
      pool.run('b', job.with({ stdin: Uint8Array.of(97), env: undefined })),
      pool.run('c', job.with(own)),
    ]);
    expect([first, second].map(({ stdout }) => text(stdout))).toEqual(['say: well, NOTHING', 'say: well, A']);
    expect([said.join(''), text(third.stdout)]).toEqual(['say: so, HELLO', '']);
    await expect(pool.run('a', job.with({ fuel: 10 }))).rejects.toMatchObject({ limit: 'fuel', value: 10 });
    expect(text((await pool.run('a', job)).stdout)).toBe('say: well, NOTHING');
    expect(() => job.with({ stdin: 5 as never })).toThrow(UsageError);
    expect(() => job.with({ constructor: 1 } as never)).toThrow('a job.constructor: no such member');
    expect(() => pool.prepare({ module: 1 as never })).toThrow(UsageError);
  });
  test('tenants do not see each other, and a module is loaded once', async () => {
    let prepared = 0;
    const pool = poolOf(transport, {
      prepare: async (enclave) => {
        prepared++;
        await enclave.initRuntime();
      },
    });
    const program = pool.program(marking);
    for (const tenant of ['a', 'b', 'a', 'c']) {
      expect((await pool.run(tenant, { module: program })).exitCode).toBe(0);
      expect((await pool.run(tenant, { module: marking.slice() })).exitCode).toBe(0);
    }
    expect(prepared).toBe(1);
    const handles = await pool.run('a', (enclave) => enclave.countHandles());
    expect(handles).toMatchObject({ modules: 1, instances: 0, functions: 0 });
    expect(pool.usages.get('b')?.calls).toBe(2);
  });
  test('files of one job', async () => {
    const pool = poolOf(transport);
    const files = (name: string) => ({ '/data': new MemoryFileSystem({ [name]: 'one two three' }) });
    const first = await pool.runProgram(wc, { args: ['wc', '/data/a.txt'], preopens: files('a.txt') });
    expect([first.exitCode, text(first.stdout)]).toEqual([0, expect.stringContaining('3')]);
    const other = await pool.runProgram(wc, { args: ['wc', '/data/a.txt'], preopens: files('b.txt') });
    expect(other.exitCode).not.toBe(0);
    const none = await pool.runProgram(wc, { args: ['wc', '/data/a.txt'] });
    expect(none.exitCode).not.toBe(0);
    const folder = { '/data': { path: join(root, 'samples/data'), readOnly: true } };
    const read = await pool.runProgram(wc, { args: ['wc', '/data/poem.txt'], preopens: folder });
    expect(read.exitCode).toBe(0);
  });
  test('natives of one job', async () => {
    const pool = poolOf(transport);
    const natives = (value: number) => ({ env: [{ symbol: 'ask', signature: '()i', func: () => value }] });
    expect((await pool.runProgram(asking, { natives: natives(4) })).exitCode).toBe(4);
    expect((await pool.runProgram(asking, { natives: natives(5) })).exitCode).toBe(5);
    await expect(pool.runProgram(asking)).rejects.toBeInstanceOf(Trap);
    const thrown = new Error('mine');
    const throwing = {
      env: [
        {
          symbol: 'ask',
          signature: '()i',
          func: () => {
            throw thrown;
          },
        },
      ],
    };
    await expect(pool.runProgram(asking, { natives: throwing })).rejects.toBe(thrown);
    expect(pool.status.recycled).toBe(0);
  });
  test('limits of one job, and errors: the enclave stays', async () => {
    const pool = poolOf(transport);
    await expect(pool.runProgram(spin, { limits: { fuel: 10_000 } })).rejects.toMatchObject({ limit: 'fuel' });
    await expect(pool.runProgram(spin, { limits: { timeoutMs: 30 } })).rejects.toMatchObject({ limit: 'timeoutMs' });
    await expect(pool.runProgram(trap)).rejects.toBeInstanceOf(Trap);
    await expect(pool.runProgram(upper, { limits: { memoryBytes: 1 } })).rejects.toBeInstanceOf(LimitError);
    await expect(pool.runProgram(upper, { stdin: 'a'.repeat(99), maxOutputBytes: 98 })).rejects.toMatchObject({
      fault: 'output-too-long',
    });
    await expect(pool.runProgram(Uint8Array.of(1, 2, 3))).rejects.toBeInstanceOf(MalformedError);
    expect(text((await pool.runProgram(upper, { stdin: 'still' })).stdout)).toBe('STILL');
    expect(pool.status).toMatchObject({ recycled: 0, idle: 1, busy: 0 });
  });
  test('output to a function, and none collected', async () => {
    const pool = poolOf(transport);
    const said: string[] = [];
    const stdout = (bytes: Uint8Array) => void said.push(text(bytes));
    const result = await pool.runProgram(upper, { stdin: 'abc', stdout });
    expect([said.join(''), result.stdout.length]).toEqual(['ABC', 0]);
    await pool.runProgram(upper, { stdin: 'def' });
    expect(said.join('')).toBe('ABC');
  });
  test('aborted while it waits and while it runs: the enclave stays', async () => {
    const pool = poolOf(transport);
    await pool.runProgram(upper);
    const abort = new AbortController();
    // On this thread a guest must give it its turns.
    const mode = transport === 'same-thread' ? 'interp' : 'auto';
    const running = pool.runProgram(spin, { mode, signal: abort.signal });
    const waiting = pool.runProgram(upper, { signal: abort.signal });
    const late = pool.runProgram(upper, { timeoutMs: 20 });
    await expect(late).rejects.toMatchObject({ failure: 'timeout' });
    abort.abort();
    const ends = await Promise.allSettled([running, waiting]);
    for (const end of ends) expect(end).toMatchObject({ status: 'rejected', reason: { failure: 'aborted' } });
    await expect(pool.runProgram(spin, { mode, timeoutMs: 50 })).rejects.toMatchObject({ failure: 'timeout' });
    expect(text((await pool.runProgram(upper, { stdin: 'next' })).stdout)).toBe('NEXT');
  });
});

describe.each(['worker', 'process'] as const)('streams of jobs, %s', (transport) => {
  test('in and out', async () => {
    const pool = poolOf(transport);
    const stdout = new PassThrough();
    const collected = stdout.toArray();
    const listeners = stdout.listenerCount('error');
    await pool.runProgram(upper, { stdin: Readable.from(['he', 'llo']), stdout });
    expect(stdout.listenerCount('error')).toBe(listeners);
    stdout.end();
    expect(Buffer.concat((await collected) as Buffer[]).toString()).toBe('HELLO');
  });
  test('a tenant that vanishes in the middle of its input: aborted, and the next is served', async () => {
    const pool = poolOf(transport);
    const stdin = new PassThrough();
    stdin.write('begin');
    const abort = new AbortController();
    const running = pool.run('slow', { module: upper, stdin }, { signal: abort.signal });
    setTimeout(() => abort.abort(), 50);
    await expect(running).rejects.toMatchObject({ failure: 'aborted' });
    expect(stdin.listenerCount('readable')).toBe(0);
    expect(text((await pool.run('other', { module: upper, stdin: 'next' })).stdout)).toBe('NEXT');
    expect(pool.status.recycled).toBe(0);
  });
  test('a tenant that vanishes from its output, and one whose native never answers', async () => {
    const pool = poolOf(transport);
    const gone = new PassThrough();
    gone.on('error', () => {});
    gone.destroy();
    const result = await pool.runProgram(upper, { stdin: 'abc', stdout: gone });
    expect(result.stdout).toHaveLength(0);
    const natives = { env: [{ symbol: 'ask', signature: '()i', func: () => new Promise(() => {}), async: true }] };
    await expect(pool.runProgram(asking, { natives, timeoutMs: 50 })).rejects.toMatchObject({ failure: 'timeout' });
    expect(text((await pool.runProgram(upper, { stdin: 'next' })).stdout)).toBe('NEXT');
    expect(pool.status.recycled).toBe(0);
  });
});

describe('jobs that are none', () => {
  test('unknown and wrong options by name', async () => {
    const pool = poolOf('same-thread');
    const wrong: object[] = [
      {},
      { module: 'a.wasm' },
      { module: upper, arg: [] },
      { module: upper, limits: { fule: 1 } },
      { module: upper, preopens: { '/': 1 } },
      { module: upper, preopens: { '/': { path: '/', readonly: true } } },
      { module: upper, natives: { env: {} } },
      { module: upper, natives: { env: [{ symbol: 'f' }] } },
      { module: upper, stdout: 'inherit' },
    ];
    for (const job of wrong) await expect(pool.run('a', job as never)).rejects.toBeInstanceOf(UsageError);
    await expect(pool.runProgram(upper, { signal: AbortSignal.abort() })).rejects.toMatchObject({ failure: 'aborted' });
    expect((await pool.runProgram(upper)).exitCode).toBe(0);
  });
});

describe.each<TransportName>(['worker', 'process'])('jobs with a hard deadline, %s', (transport) => {
  const endless = assemble(`(module (memory (export "memory") 1)
    (func (export "malloc") (param i32) (result i32) (i32.const 16)) (func (export "free") (param i32))
    (func (export "spin") (param i32 i32) (loop $again (br $again))))`);
  const hard = { deadline: 'hard', limits: { timeoutMs: 60 } } as const;
  test('what does not end is ended with its enclave, and the pool goes on with another', async () => {
    const pool = poolOf(transport);
    const late = { name: 'LimitError', limit: 'timeoutMs', value: 60 };
    await expect(pool.runProgram(spin, hard)).rejects.toMatchObject(late);
    expect(
      (await pool.runProgram(upper, { stdin: 'a', deadline: 'hard', limits: { timeoutMs: 60_000 } })).exitCode,
    ).toBe(0);
    expect(pool.status.recycled).toBe(1);
    const call = { module: endless, convention: 'pointer-length', name: 'spin' } as const;
    await expect(pool.callPlugin('a', { ...call, ...hard, limits: { timeoutMs: 700 } })).rejects.toMatchObject({
      limit: 'timeoutMs',
    });
    // The time of the task ends it as well, by the error of the task, once it runs.
    await pool.warm();
    const task = pool.run('a', { module: spin, deadline: 'hard' }, { timeoutMs: 700 });
    await expect(task).rejects.toMatchObject({ failure: 'timeout' });
    expect((await pool.runProgram(upper, { stdin: 'a' })).exitCode).toBe(0);
    expect(pool.status.recycled).toBeGreaterThanOrEqual(2);
  });
  test('work that an enclave is lent to: its tenant is charged what it had reserved', async () => {
    const pool = poolOf(transport, { budget: { timeMs: 60_000 } });
    const work = pool.run('a', async (enclave) => {
      const { module } = await enclave.loadModule({ bytes: endless });
      const { instance } = await enclave.instantiateModule({ module, options: { deadline: 'hard' } });
      await enclave.execAppFunc({ instance, name: 'spin', argv: ['0', '0'], limits: { timeoutMs: 60 } });
    });
    await expect(work).rejects.toMatchObject({ limit: 'timeoutMs', value: 60 });
    await expect(pool.run('a', async (enclave) => (await enclave.countHandles()).instances)).resolves.toBe(0);
    expect(pool.usages.get('a')!.timeMs).toBeGreaterThanOrEqual(60);
  });
});
