// Enclaves whose guests have threads, when they end: what the guest does not stop by itself is killed, with all its threads, and nothing of it is left.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Enclave } from '#src/enclave/untrusted/client.js';
import { held } from '../enclave/long-runs.js';
import { assemble } from '../helpers/wat.js';
import { threaded } from '../threads/guest-text.js';
import { open, SharedEnclave, SUBJECTS, WORKER_SUBJECTS } from './enclaves.js';

/** Four threads spin or wait, for ever; the fifth calls a function of the embedder. */
const ENDLESS = `(module (import "test" "call" (func $call))
  ${threaded(`
    (func (export "wasi_thread_start") (param i32) (param $what i32)
      (if (i32.eq (local.get $what) (i32.const 0)) (then (call $call)))
      (if (i32.and (local.get $what) (i32.const 1))
        (then (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))
      (loop $spin (br $spin)))
    (func (export "_start") (local $k i32)
      (loop $again
        (drop (call $spawn (local.get $k)))
        (br_if $again (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 4))))
      (loop $spin (br $spin)))`).replace('(module', '')}`;
/** What threads of the embedder do. */
const WORK = `(module (import "test" "call" (func $call (result i32)))
  (memory (export "memory") 1 1 shared)
  (func (export "sum") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "both") (param i64 f64) (result f64 i64) (local.get 1) (local.get 0))
  (func (export "wait") (result i32) (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
  (func (export "notify") (result i32) (memory.atomic.notify (i32.const 0) (i32.const -1)))
  (func (export "pause") (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const 1_000_000))))
  (func (export "trap") unreachable)
  (func (export "spin") (loop $spin (br $spin)))
  (func (export "calls") (result i32) (call $call)))`;
let bytes: Uint8Array;
let work: Uint8Array;
beforeAll(() => {
  bytes = assemble(ENDLESS);
  work = assemble(WORK);
});

describe.each(SUBJECTS)('transport $name', (subject) => {
  let enclave: Enclave | undefined;
  afterEach(async () => {
    await enclave?.close();
    enclave = undefined;
  });

  /** @param native what the fifth thread calls */
  async function endless(native: () => unknown) {
    enclave ??= await open(subject);
    const isAsync = native instanceof (async () => {}).constructor;
    const natives = [enclave.natives('test', [{ symbol: 'call', signature: '()', func: native, async: isAsync }])];
    await enclave.initRuntime({ options: { natives } });
    const { module } = await enclave.loadModule({ bytes });
    const { instance } = await enclave.instantiateModule({ module, options: { mode: 'interp' } });
    return { enclave, instance };
  }
  /** The enclave, or the one that is started in its place, runs a guest as before. */
  async function runsAnother(): Promise<void> {
    if (enclave!.failure) await enclave!.restart({ timeoutMs: 60_000 });
    else await enclave!.destroyRuntime();
    await enclave!.initRuntime({ options: {} });
    const text = threaded('(func (export "_start") (call $exit (i32.const 5)))');
    const { module } = await enclave!.loadModule({ bytes: assemble(text) });
    const { instance } = await enclave!.instantiateModule({ module });
    expect((await enclave!.execAppMain({ instance, argv: [] })).exitCode).toBe(5);
  }

  test('a deadline ends threads that spin, wait, and sit in a function of the embedder that never returns', async () => {
    const before = held();
    const { instance } = await endless(async () => new Promise(() => {}));
    await expect(enclave!.execAppMain({ instance, argv: [] }, { timeoutMs: 200 })).rejects.toThrow();
    await runsAnother();
    await enclave!.close();
    expect(held()).toMatchObject({ files: before.files, threads: before.threads, children: before.children });
  });

  test.skipIf(subject.name === 'same-thread')(
    'an AbortSignal ends all threads, with the enclave where that cannot be told of it (on the thread of the embedder no timer runs meanwhile)',
    async () => {
      const before = held();
      const { instance } = await endless(() => undefined);
      const control = new AbortController();
      const running = enclave!.execAppMain({ instance, argv: [] }, { signal: control.signal });
      setTimeout(() => control.abort(), 50);
      await expect(running).rejects.toMatchObject(
        // Threads of a guest take turns, at which they see the signal. What a launcher started cannot be told of it, and is ended.
        subject.name === 'process by a launcher' ? { failure: 'aborted' } : { limit: 'signal' },
      );
      await runsAnother();
      await enclave!.close();
      expect(held()).toMatchObject({ files: before.files, threads: before.threads, children: before.children });
    },
  );

  describe('threads of the embedder', () => {
    const shared = new SharedEnclave(subject);
    afterEach(() => shared.reset());
    afterAll(() => shared.close());
    async function guest(
      native: () => number | Promise<number> = () => 0,
      threads: 'cooperative' | 'none' = 'cooperative',
    ) {
      const enclave = await shared.open();
      const natives = [enclave.natives('test', [{ symbol: 'call', signature: '()i', func: native, async: true }])];
      await enclave.initRuntime({ options: { natives } });
      const { module } = await enclave.loadModule({ bytes: work });
      const make = async () =>
        (await enclave.instantiateModule({ module, options: { mode: 'interp', threads } })).instance;
      return { enclave, make, instance: await make() };
    }
    /** The message that a command is refused with. */
    const refused = (command: Promise<unknown>): Promise<string> =>
      command.then(
        () => 'nothing was thrown',
        (error: Error) => `${error.name}: ${error.message}`,
      );

    test('run while calls do, and give their results', async () => {
      const { enclave, instance } = await guest();
      const one = await enclave.spawnThread({ instance, name: 'sum', values: [100] });
      const { function: both } = await enclave.lookupFunction({ instance, name: 'both' });
      const two = await enclave.spawnThread({ instance, function: both, values: [5n, 0.5] });
      expect([one.tid, two.tid]).toEqual([1, 2]);
      expect(await enclave.countThreads({ instance })).toEqual({ alive: 2, started: 2, peak: 3 });
      const joined = await enclave.joinThread({ thread: one.thread });
      expect([joined.values, joined.usage!.fuel! > 400]).toEqual([[5050], true]);
      expect((await enclave.joinThread({ thread: two.thread })).values).toEqual([0.5, 5n]);
      const waiting = await enclave.spawnThread({ instance, name: 'wait', values: [] });
      await enclave.execAppFunc({ instance, name: 'pause', argv: [] });
      expect((await enclave.countThreads({ instance })).alive).toBe(1);
      expect((await enclave.execAppFunc({ instance, name: 'notify', argv: [] })).results).toEqual(['0x1:i32']);
      expect((await enclave.joinThread({ thread: waiting.thread })).values).toEqual([0]);
      expect(await enclave.countThreads({ instance })).toEqual({ alive: 0, started: 3, peak: 3 });
    });
    test('cancelled, detached, trapped, beyond the limit, and with their instance', async () => {
      const { enclave, instance } = await guest();
      const spawn = async (name: string) => (await enclave.spawnThread({ instance, name, values: [] })).thread;
      const cancelled = await spawn('wait');
      await enclave.cancelThread({ thread: cancelled });
      await enclave.cancelThread({ thread: cancelled });
      expect(await refused(enclave.joinThread({ thread: cancelled }))).toContain('has been ended');
      const detached = await spawn('pause');
      await enclave.detachThread({ thread: detached });
      for (const command of ['joinThread', 'detachThread', 'cancelThread'] as const)
        expect(await refused(enclave[command]({ thread: detached }))).toMatch(/^UsageError: .*handle/);
      const [waits, traps] = [await spawn('wait'), await spawn('trap')];
      await expect(enclave.joinThread({ thread: waits })).rejects.toMatchObject({
        name: 'Trap',
        id: 'unreachable',
        thread: 3,
      });
      expect(await refused(enclave.joinThread({ thread: traps }))).toContain('has been ended');
      const endless = await spawn('spin');
      await expect(enclave.joinThread({ thread: endless, limits: { fuel: 10_000 } })).rejects.toMatchObject({
        ...{ name: 'LimitError', limit: 'fuel', thread: 1 },
      });
      for (let k = 0; k < 4; k++) await spawn('wait');
      expect(await refused(enclave.spawnThread({ instance, name: 'wait', values: [] }))).toContain(
        'limit threads reached (4)',
      );
      const left = await spawn('wait').catch(() => 0 as never);
      expect(left).toBe(0);
      await enclave.deinstantiateModule({ instance });
      const { report } = await enclave.destroyRuntime();
      expect(report).toMatchObject({ threads: 0, leakedBytes: 0 });
    });
    test('refused by name: what is no function, of another instance, with wrong values, or where there are no threads', async () => {
      const { enclave, make, instance } = await guest();
      const other = await make();
      const { function: sum } = await enclave.lookupFunction({ instance: other, name: 'sum' });
      const spawn = (args: object) => refused(enclave.spawnThread({ instance, values: [], ...args }));
      expect(await spawn({ function: sum, values: [1] })).toBe(
        'UsageError: SPAWN_THREAD: the function is of another instance',
      );
      expect(await spawn({})).toContain('either the name of an export or a function is wanted');
      expect(await spawn({ name: 'sum', function: sum })).toContain(
        'either the name of an export or a function is wanted',
      );
      expect(await spawn({ name: 'nobody' })).toContain('is no function that instance');
      expect(await spawn({ name: 'sum' })).toContain('1 argument wanted, 0 given');
      expect(await spawn({ name: 'sum', values: [null] })).toMatch(/^UsageError/);
      expect(await spawn({ name: 'sum', values: [1n] })).toMatch(/^UsageError/);
      expect((await enclave.countThreads({ instance })).alive).toBe(0);
      await enclave.close();
      const none = await guest(() => 0, 'none');
      expect(await refused(none.enclave.spawnThread({ instance: none.instance, name: 'wait', values: [] }))).toMatch(
        /can have no threads: instantiate it with threads: 'cooperative'$/,
      );
    });
    test.skipIf(!subject.waits)(
      'commands from inside a function that a thread calls (by messages alone, a guest cannot wait for one): another thread is waited for, or that is refused',
      async () => {
        const said: string[] = [];
        const { enclave, instance } = await guest(async () => {
          const started = await enclave.spawnThread({ instance, name: 'sum', values: [3] });
          said.push(await refused(enclave.cancelThread({ thread: started.thread })));
          said.push(await refused(enclave.joinThread({ thread: other.thread })));
          said.push(await refused(enclave.deinstantiateModule({ instance })));
          return 7;
        }, 'cooperative');
        const { thread } = await enclave.spawnThread({ instance, name: 'calls', values: [] });
        const other = await enclave.spawnThread({ instance, name: 'sum', values: [4] });
        // A call that is on its way all the time: without one, the function would wait for the thread that waits for it.
        await enclave.joinThread({ thread });
        expect(said[0]).toBe('nothing was thrown');
        // Where the command comes from the call itself, and not from beside it, the other thread runs inside it.
        expect(said[1]).toMatch(/^nothing was thrown$|^UsageError: .*one at a time can be/);
        expect(said[2]).toMatch(/^UsageError: .*refused while the instance runs/);
        expect(await enclave.countThreads({ instance })).toMatchObject({ started: 3 });
      },
    );
  });
});

describe.each(WORKER_SUBJECTS)('transport $name, threads in workers', (subject) => {
  test('a deadline ends threads that spin, wait, and sit in a function of the embedder that never returns, and leaves no worker', async () => {
    // Node starts some threads of its own with the first enclave.
    await (await open(subject)).close();
    const before = held();
    const enclave = await open(subject);
    const never = async (): Promise<never> => new Promise(() => {});
    const natives = [enclave.natives('test', [{ symbol: 'call', signature: '()', func: never, async: true }])];
    await enclave.initRuntime({ options: { natives } });
    const { module } = await enclave.loadModule({ bytes });
    const { instance } = await enclave.instantiateModule({ module, options: { mode: 'host', threads: 'parallel' } });
    await expect(enclave.execAppMain({ instance, argv: [] }, { timeoutMs: 500 })).rejects.toThrow();
    await enclave.close();
    const isLeft = (): boolean => held().threads > before.threads || held().children > before.children;
    const end = Date.now() + 20_000;
    while (isLeft() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(held()).toMatchObject({ files: before.files, children: before.children });
    expect(held().threads).toBeLessThanOrEqual(before.threads);
  });
});
