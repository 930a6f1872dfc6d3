// Hostility both ways: racing memory, hostile natives, killed children, cycles, mutated packets. Sizes are small here; the environment
// variable ENCLASM_LONG makes them the full ones.
import { Worker } from 'node:worker_threads';
import { beforeAll, describe, expect, it } from 'vitest';
import { COMMAND_ROUTES, encode } from '#src/enclave/protocol/codec.js';
import { KIND, PacketBuffer, PacketReader } from '#src/enclave/protocol/packet.js';
import { processTransport } from '#src/enclave/transport/process.js';
import { workerTransport } from '#src/enclave/transport/worker.js';
import type { Enclave } from '#src/enclave/untrusted/client.js';
import type { NativeCaller } from '#src/enclave/untrusted/native-service.js';
import { createEnclave } from '#src/entry/enclave.js';
import { EnclasmError, LimitError, UsageError } from '#src/wasm/errors.js';
import { hammer, MODULE_TEXT } from '../fuzz/boundary.js';
import { assemble } from '../helpers/wat.js';
import { dist, entry, open, SUBJECTS } from '../transports/enclaves.js';
import { held, instantiateCycles, killedCalls, startCycles } from './long-runs.js';
import { DEMO, localEnclave, realTrusted } from './support.js';

const long = process.env['ENCLASM_LONG'] !== undefined;
let demo: Uint8Array;
beforeAll(async () => {
  demo = await assemble(DEMO);
});

describe('packets', () => {
  it('that are nearly right get a named error or a correct answer', async () => {
    const { failed, failures, worked } = hammer(await assemble(MODULE_TEXT), long ? 1_000_000 : 20_000, 7);
    expect(failures).toEqual([]);
    expect(failed).toBe(0);
    // The fuzzer reaches what it is meant to reach.
    for (const name of ['CALL_WASM', 'INSTANTIATE_MODULE', 'EXEC_APP_FUNC', 'SPAWN_THREAD', 'DESTROY_RUNTIME'])
      expect(worked.get(name)).toBeGreaterThan(0);
  });

  it('that another thread keeps changing while they are read are taken once: an answer is consistent or an error', async () => {
    const memory = new SharedArrayBuffer(4_096);
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const writer = new Worker(
      `const { workerData: { memory, flag } } = require('node:worker_threads');
       const words = new Int32Array(memory); let x = 1;
       while (Atomics.load(flag, 0) !== 2) { x = Math.imul(x, 1103515245) + 12345; words[(x >>> 8) & 31] = x; words[8] = 7; words[10] = 7; words[4] = 4; words[0] = 0x3143_4e45; Atomics.store(flag, 0, 1); }`,
      { eval: true, workerData: { memory, flag } },
    );
    while (Atomics.load(flag, 0) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const source = new PacketBuffer(memory, 0, 4_096, false);
    const trusted = realTrusted()(() => PacketBuffer.allocate(), false);
    const route = COMMAND_ROUTES.get('ping')!;
    const answer = PacketBuffer.allocate();
    const reader = new PacketReader();
    const kinds = new Set<number>();
    for (let k = 0; k < (long ? 200_000 : 20_000); k++) {
      encode(source, KIND.ecall, k, route, route.args, { a: 7, b: 7, c: 1, d: 1 });
      const outcome = trusted.handleCommand(source, 64);
      trusted.writeAnswer(outcome, answer);
      reader.begin(answer);
      kinds.add(reader.kind);
      expect([KIND.result, KIND.error]).toContain(reader.kind);
    }
    Atomics.store(flag, 0, 2);
    await writer.terminate();
    expect(kinds.has(KIND.error)).toBe(true);
  });
});

describe('natives of the host', () => {
  type Native = (caller: NativeCaller, a: number, b: number) => unknown;
  function withNative(native: Native, signature: string | undefined = '(ii)i') {
    const enclave = localEnclave();
    const natives = [enclave.natives('env', [{ symbol: 'host_add', ...(signature && { signature }), func: native }])];
    const { sync } = enclave;
    sync.initRuntime({ options: { memAllocType: 'pool', heapSize: 8 << 20, natives } });
    const { module } = sync.loadModule({ bytes: demo });
    const { instance } = sync.instantiateModule({ module, options: { limits: { fuel: 1_000_000 } } });
    const { execEnv } = sync.createExecEnv({ instance });
    const func = (name: string) => sync.lookupFunction({ instance, name }).function!;
    const call = (name = 'call_add') =>
      sync.callWasm({ execEnv, function: func(name), values: name === 'add' || name === 'call_add' ? [1, 2] : [] })
        .values;
    return { enclave, sync, module, instance, execEnv, call };
  }
  const healthy = ({ call }: { call: (name?: string) => readonly unknown[] }) => expect(call('add')).toEqual([3]);

  it('that throw anything at all: it comes out as itself', () => {
    for (const thrown of [new TypeError('x'), 'a string', 42, null, undefined, { odd: true }]) {
      const subject = withNative(() => {
        throw thrown;
      });
      let caught: unknown = 'nothing';
      try {
        subject.call();
      } catch (error) {
        caught = error;
      }
      expect(caught).toBe(thrown);
      healthy(subject);
    }
  });

  it('that return wrong types or numbers of values: named errors', () => {
    for (const wrong of ['text', undefined, [1, 2], {}, 5n, Symbol('s'), () => 1, [[1]]]) {
      const subject = withNative(() => wrong);
      expect(() => subject.call()).toThrow(EnclasmError);
      healthy(subject);
    }
  });

  it('that re-enter nest, up to a depth', () => {
    let depth = 0;
    const subject = withNative(() => {
      depth++;
      return (subject.call() as number[])[0];
    });
    expect(() => subject.call()).toThrow(EnclasmError);
    expect(depth).toBeGreaterThan(10);
    healthy(subject);
    let left = 5;
    const bounded = withNative((_, a, b) => (left-- > 0 ? (bounded.call() as number[])[0]! + 1 : a + b));
    expect(bounded.call()).toEqual([8]);
  });

  it('that end their own instance, module or runtime in the middle of a call: refused', () => {
    const attempts: ((s: ReturnType<typeof withNative>) => unknown)[] = [
      ({ sync, instance }) => sync.deinstantiateModule({ instance }),
      ({ sync, module }) => sync.unloadModule({ module }),
      ({ sync }) => sync.destroyRuntime(),
      ({ sync, execEnv }) => sync.destroyExecEnv({ execEnv }),
      ({ sync }) => sync.initRuntime({ options: {} }),
    ];
    for (const attempt of attempts) {
      const subject: ReturnType<typeof withNative> = withNative(() => {
        expect(() => attempt(subject)).toThrow(UsageError);
        return 9;
      });
      expect(subject.call()).toEqual([9]);
      healthy(subject);
    }
  });

  it('that terminate their caller', () => {
    const subject: ReturnType<typeof withNative> = withNative((caller) => {
      expect(caller.instance).toBe(subject.instance);
      subject.sync.terminate({ instance: caller.instance });
      return 1;
    });
    expect(() => subject.call()).not.toThrow(TypeError);
    healthy(subject);
  });

  it('that grow the memory under their own buffer: the answer goes to where the buffer is now', () => {
    const enclave = localEnclave();
    const { sync } = enclave;
    let grow = () => {};
    const fill = (_: unknown, bytes: Uint8Array) => {
      grow();
      bytes.fill(5);
    };
    const natives = [enclave.natives('env', [{ symbol: 'host_fill', signature: '(*~)', func: fill }])];
    sync.initRuntime({ options: { memAllocType: 'pool', heapSize: 8 << 20, natives } });
    const { module } = sync.loadModule({ bytes: demo });
    const { instance } = sync.instantiateModule({ module });
    const { execEnv } = sync.createExecEnv({ instance });
    const call = (name: string, ...values: number[]) =>
      sync.callWasm({ execEnv, function: sync.lookupFunction({ instance, name }).function!, values }).values;
    grow = () => expect(call('grow', 4)).toEqual([1]);
    call('call_fill', 300, 4);
    expect([call('peek', 300), call('peek', 303), call('peek', 304)]).toEqual([[5], [5], [0]]);
  });

  it('that never return cost a sync call over a worker its deadline', async () => {
    const enclave = await open(SUBJECTS.find(({ name }) => name === 'worker')!);
    enclave.sync.initRuntime({ options: {} });
    const { module } = enclave.sync.loadModule({ bytes: demo });
    const { instance } = enclave.sync.instantiateModule({ module });
    const { execEnv } = enclave.sync.createExecEnv({ instance });
    const { function: spin } = enclave.sync.lookupFunction({ instance, name: 'spin' });
    expect(() => enclave.sync.callWasm({ execEnv, function: spin!, values: [] }, { timeoutMs: 1_000 })).toThrow(
      LimitError,
    );
    await enclave.close();
  });
});

describe('ends', () => {
  const work = async (enclave: Enclave, k: number) => (await enclave.ping({ a: k, b: 0, c: 0, d: 0 })).a;

  it('kill -9 of the child at any moment: every call ends in its own result or an error', async () => {
    const subject = SUBJECTS.find(({ name }) => name === 'process')!;
    await (await open(subject)).close();
    const before = held();
    const calls = long ? 1_000 : 90;
    const { results, errors } = await killedCalls(() => open(subject), calls);
    expect(results + errors).toBe(calls);
    expect(errors).toBeGreaterThan(0);
    expect(results).toBeGreaterThan(errors);
    expect(held()).toMatchObject({ files: before.files, children: before.children });
  });

  it.each([
    ['worker', () => workerTransport({ entry, heapMiB: 40 })],
    ['process', () => processTransport({ entry, codeFolder: dist, heapMiB: 40 })],
  ])(
    'out of JavaScript memory in a %s is an error with its cause, and costs the host nothing',
    async (name, transport) => {
      const enclave = await open({ name, waits: true, transport });
      await enclave.initRuntime({ options: {} });
      const { module } = await enclave.loadModule({ bytes: demo });
      // As many strings as a list may have: tens of megabytes of JavaScript heap on the trusted side.
      const args = new Array<string>(65_536).fill('a string of some length'.repeat(60));
      const flood = enclave.setWasiArgs({ module, options: { args } }, { timeoutMs: 60_000 });
      await expect(flood).rejects.toMatchObject({ name: 'EnclaveError', failure: 'out-of-memory' });
      await enclave.restart();
      expect(await work(enclave, 5)).toBe(5);
      await enclave.close();
    },
  );

  it('instances begun and ended over and over leave nothing', () => {
    const enclave = localEnclave();
    const { before, after } = instantiateCycles(enclave, demo, long ? 100_000 : 1_000, () => {});
    expect(after).toBe(before);
    expect(enclave.sync.countHandles()).toEqual({ modules: 0, instances: 0, functions: 0, execEnvs: 0, references: 0 });
    expect(enclave.sync.destroyRuntime().report).toEqual({
      modules: 0,
      instances: 0,
      execEnvs: 0,
      threads: 0,
      leakedBytes: 0,
    });
  });
  it.each(['interp', 'jit', 'host'] as const)('nor do they in the heap (%s)', async (mode) => {
    const { sync } = await createEnclave({ transport: 'same-thread' });
    sync.initRuntime({ options: { runningMode: mode } });
    const { module } = sync.loadModule({ bytes: demo });
    const cycle = () => sync.deinstantiateModule({ instance: sync.instantiateModule({ module }).instance });
    for (let k = 0; k < 200; k++) cycle();
    const before = held();
    for (let k = 0; k < 600; k++) cycle();
    // What kept its instance took 18 KB each: 10 MiB.
    expect(held().heapMiB).toBeLessThan(before.heapMiB + 4);
    sync.destroyRuntime();
  });

  it('workers started and stopped leave no thread and no open file', async () => {
    const subject = SUBJECTS.find(({ name }) => name === 'worker')!;
    await (await open(subject)).close();
    const before = held();
    await startCycles(
      () => open(subject),
      long ? 1_000 : 8,
      () => {},
    );
    const after = held();
    expect(after.threads).toBeLessThanOrEqual(before.threads);
    expect(after.files).toBeLessThanOrEqual(before.files);
  });
});
