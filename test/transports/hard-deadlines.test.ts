// Deadlines that are kept from outside: over every transport that can be ended and in every mode a guest that does not end is ended with its enclave,
// and has the error of its limit; one that ends in time is left alone, whatever the embedder's own thread does meanwhile.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createEnclave } from '#src/entry/enclave.js';
import { createPlugin } from '#src/entry/plugin.js';
import type { ModeChoice } from '#src/runtime/running-mode.js';
import { LimitError, UsageError } from '#src/wasm/errors.js';
import { assemble } from '../helpers/wat.js';
import { entry, SharedEnclave, SUBJECTS } from './enclaves.js';

const GUEST = `(module
  (import "env" "ask" (func $ask (result i32)))
  (memory (export "memory") 1 1 shared)
  (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
  (func (export "spin") (loop $again br $again))
  (func (export "asking") (result i32) (call $ask))
  (func (export "wait") (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))`;
let guest: Uint8Array;
beforeAll(async () => {
  guest = await assemble(GUEST);
});

const LIMIT = { name: 'LimitError', limit: 'timeoutMs' };
const ENDED = { name: 'EnclaveError', failure: 'timeout' };
const settled = (call: Promise<unknown>) =>
  call.then(
    (value) => ({ value }),
    (error: unknown) => error,
  );
/** Keeps this thread from seeing any event. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

const ENDING = SUBJECTS.filter(({ name }) => ['worker', 'worker by messages', 'process'].includes(name));
describe.each(ENDING)('hard deadlines, $name', (subject) => {
  const shared = new SharedEnclave(subject);
  afterEach(() => shared.reset());
  afterAll(() => shared.close());

  type Limits = { readonly timeoutMs?: number; readonly fuel?: number };
  interface Given {
    readonly mode?: ModeChoice;
    readonly limits?: Limits;
    readonly ofRuntime?: Limits;
    readonly ask?: () => unknown;
  }
  async function start({ mode = 'interp', limits, ofRuntime, ask = () => 7 }: Given = {}) {
    const enclave = await shared.open();
    const natives = [enclave.natives('env', [{ symbol: 'ask', signature: '()i', func: ask, async: true }])];
    await enclave.initRuntime({ options: { natives, ...(ofRuntime && { limits: ofRuntime }) } });
    const { module } = await enclave.loadModule({ bytes: guest });
    const make = async () => {
      const options = { mode, deadline: 'hard', threads: 'none', ...(limits && { limits }) } as const;
      const { instance } = await enclave.instantiateModule({ module, options });
      return (name: string, argv: string[] = [], own?: Limits, timeoutMs?: number) =>
        enclave.execAppFunc({ instance, name, argv, ...(own && { limits: own }) }, { timeoutMs });
    };
    return { enclave, make, call: await make() };
  }

  it.each<ModeChoice>(['auto', 'interp', 'jit', 'host'])(
    'an endless guest is ended with its enclave, mode %s',
    async (mode) => {
      const { enclave, call } = await start({ mode });
      expect((await call('add', ['40', '2'])).results).toEqual(['0x2a:i32']);
      const failure = await settled(call('spin', [], { timeoutMs: 60 }));
      expect(failure).toBeInstanceOf(LimitError);
      expect(failure).toMatchObject({ ...LIMIT, value: 60, message: expect.stringContaining("deadline: 'hard'") });
      expect(enclave.failure).toMatchObject(ENDED);
      await expect(call('add', ['1', '2'])).rejects.toMatchObject({
        ...ENDED,
        message: expect.stringContaining('restart()'),
      });
      await enclave.restart();
      expect(await enclave.countHandles()).toMatchObject({ instances: 0 });
    },
  );

  it.runIf(subject.name === 'worker')(
    'the limit may be of the call, of the command, of the instance or of the runtime; the nearest counts',
    async () => {
      for (const [given, own, timeoutMs, value] of [
        [{}, undefined, 40, 40],
        [{}, { timeoutMs: 41 }, undefined, 41],
        [{ limits: { timeoutMs: 90_000 } }, { timeoutMs: 42 }, undefined, 42],
        [{ limits: { timeoutMs: 703 } }, undefined, 90_000, 703],
        [{ ofRuntime: { timeoutMs: 704 } }, undefined, undefined, 704],
      ] as const) {
        const { call } = await start(given);
        expect(await settled(call('spin', [], own, timeoutMs))).toMatchObject({ ...LIMIT, value });
      }
    },
  );

  it('a guest that ends in time is left alone, also where its answer is read late', async () => {
    const { enclave, call } = await start();
    const running = call('add', ['1', '2'], { timeoutMs: 1_000 });
    // It has answered long before the deadline, but this thread comes to that, and to the timer, after it.
    block(1_100);
    expect((await running).results).toEqual(['0x3:i32']);
    expect(enclave.failure).toBeUndefined();
  });

  it('fuel holds beside it, and the enclave stays', async () => {
    const { enclave, call } = await start({ limits: { fuel: 50_000, timeoutMs: 60_000 } });
    expect(await settled(call('spin'))).toMatchObject({ name: 'LimitError', limit: 'fuel', usage: { fuel: 50_000 } });
    expect((await call('add', ['1', '2'])).results).toEqual(['0x3:i32']);
    expect(enclave.failure).toBeUndefined();
  });

  it('a guest that waits for an async function, or in its own memory, is ended too', async () => {
    const never = await start({ ask: () => new Promise(() => {}) });
    expect(await settled(never.call('asking', [], { timeoutMs: 60 }))).toMatchObject(LIMIT);
    const waiting = await start();
    expect(await settled(waiting.call('wait', [], { timeoutMs: 60 }))).toMatchObject(LIMIT);
  });

  it('others of the enclave end with it, by an error that says why; one that only waited past its own deadline ends none', async () => {
    const { enclave, call, make } = await start();
    const other = await make();
    const [spinning, waiting, late] = [
      call('spin', [], { timeoutMs: 300 }),
      other('add', ['1', '2']),
      other('add', [], {}, 30),
    ].map(settled);
    expect(await late).toMatchObject({ ...ENDED, message: expect.stringContaining('it had not begun within 30 ms') });
    expect(enclave.failure).toBeUndefined();
    expect(await spinning).toMatchObject(LIMIT);
    expect(await waiting).toMatchObject(ENDED);
  });

  it('an aborted signal ends it with its enclave', async () => {
    const { enclave, make } = await start();
    await make();
    const { module } = await enclave.loadModule({ bytes: guest });
    const { instance } = await enclave.instantiateModule({ module, options: { deadline: 'hard' } });
    const control = new AbortController();
    const running = settled(enclave.execAppFunc({ instance, name: 'spin', argv: [] }, { signal: control.signal }));
    control.abort();
    expect(await running).toMatchObject({ failure: 'aborted' });
  });

  it('a start function is ended as well, and a program that is run whole', async () => {
    const enclave = await shared.open();
    await enclave.initRuntime();
    const options = { deadline: 'hard' } as const;
    const endless = await assemble('(module (func $spin (loop $again br $again)) (start $spin))');
    const { module } = await enclave.loadModule({ bytes: endless });
    const making = enclave.instantiateModule({ module, options, limits: { timeoutMs: 40 } });
    expect(await settled(making)).toMatchObject({ ...LIMIT, value: 40 });
    await enclave.restart();
    await enclave.initRuntime();
    const program = await assemble(
      '(module (memory (export "memory") 1) (func (export "_start") (loop $again br $again)))',
    );
    const loaded = await enclave.loadModule({ bytes: program });
    const running = enclave.runProgram({ ...loaded, options, maxOutputBytes: 9, limits: { timeoutMs: 41 } });
    expect(await settled(running)).toMatchObject({ ...LIMIT, value: 41 });
  });

  it.runIf(subject.name !== 'worker by messages')(
    'of a call and one inside it the deadline that comes first ends both: it is the error of that one',
    async () => {
      for (const [outer, inner, value] of [
        [60_000, 60, 60],
        [400, 60_000, 400],
      ] as const) {
        let nested: Promise<unknown> | undefined;
        const { call } = await start({
          ask: async () => {
            nested = settled(call('spin', [], { timeoutMs: inner }));
            await nested;
            return 1;
          },
        });
        const failure = await settled(call('asking', [], { timeoutMs: outer }));
        const isOuters = value === outer;
        expect(failure).toMatchObject(isOuters ? { ...LIMIT, value } : ENDED);
        expect(await nested).toMatchObject(isOuters ? ENDED : { ...LIMIT, value });
      }
    },
  );
});

describe('hard deadlines, calls without awaiting', () => {
  const made = async (limits: { timeoutMs: number }) => {
    const enclave = await createEnclave({ transport: 'worker', entry });
    const instances: number[] = [];
    const spinInside = () => {
      enclave.sync.execAppFunc({
        instance: instances[0] as never,
        name: 'spin',
        argv: [],
        limits: { timeoutMs: 60_000 },
      });
      return 1;
    };
    const natives = [enclave.natives('env', [{ symbol: 'ask', signature: '()i', func: spinInside }])];
    enclave.sync.initRuntime({ options: { natives } });
    const { module } = enclave.sync.loadModule({ bytes: guest });
    const options = { deadline: 'hard', threads: 'none', mode: 'host', limits } as const;
    const { instance } = enclave.sync.instantiateModule({ module, options });
    instances.push(instance);
    const { execEnv } = enclave.sync.createExecEnv({ instance });
    const call = (name: string, values: number[] = []) =>
      enclave.sync.callWasm({ execEnv, function: enclave.sync.lookupFunction({ instance, name }).function!, values });
    return { enclave, instance, call };
  };
  const failure = (call: () => unknown): unknown => {
    try {
      return call();
    } catch (error) {
      return error;
    }
  };

  it('an endless guest is ended, by its handle and by an exec env', async () => {
    const { enclave, call } = await made({ timeoutMs: 701 });
    expect(call('add', [1, 2]).values).toEqual([3]);
    expect(failure(() => call('spin'))).toMatchObject({ ...LIMIT, value: 701 });
    expect(failure(() => call('add', [1, 2]))).toMatchObject(ENDED);
    await enclave.close();
  });
  it("a call's deadline holds while a function of the embedder calls the guest again", async () => {
    const { enclave, instance, call } = await made({ timeoutMs: 702 });
    expect(failure(() => call('asking'))).toMatchObject({ ...LIMIT, value: 702 });
    await enclave.close();
    // No timer of this thread has its turn meanwhile.
    const awaited = await made({ timeoutMs: 703 });
    const running = awaited.enclave.execAppFunc({ instance, name: 'asking', argv: [] });
    expect(await settled(running)).toMatchObject({ ...LIMIT, value: 703 });
    await awaited.enclave.close();
  });
});

describe('hard deadlines where nothing can be ended', () => {
  it('over same-thread, and without an enclave, they are refused with what to use', async () => {
    const enclave = await createEnclave({ transport: 'same-thread' });
    await enclave.initRuntime();
    const { module } = await enclave.loadModule({ bytes: guest });
    const refused = await settled(enclave.instantiateModule({ module, options: { deadline: 'hard' } }));
    expect(refused).toBeInstanceOf(UsageError);
    expect(refused).toMatchObject({ message: expect.stringMatching(/'same-thread'.*'worker' or 'process'/) });
    await enclave.close();
    const plugin = settled(createPlugin(guest, { deadline: 'hard' }));
    expect(await plugin).toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining("'worker' or 'process'"),
    });
  });
});
