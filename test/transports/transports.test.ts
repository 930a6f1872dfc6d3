// One suite over every transport: commands, ocalls, errors, deadlines, ends. What a transport cannot do is skipped with its reason.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EnclaveError } from '#src/enclave/protocol/enclave-errors.js';
import type { Enclave } from '#src/enclave/untrusted/client.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import type { RunningMode } from '#src/runtime/running-mode.js';
import { LimitError, Trap, UsageError } from '#src/wasm/errors.js';
import { DEMO } from '../enclave/support.js';
import { assemble, projectRoot } from '../helpers/wat.js';
import { open, SharedEnclave, SUBJECTS } from './enclaves.js';

const sample = (name: string) => readFileSync(join(projectRoot(), 'samples', `${name}.wasm`));
let demo: Uint8Array;
beforeAll(async () => {
  demo = await assemble(DEMO);
});

describe.each(SUBJECTS)('transport $name', (subject) => {
  const shared = new SharedEnclave(subject);
  const open_: Enclave[] = [];
  afterEach(async () => {
    await shared.reset();
    for (const enclave of open_.splice(0)) await enclave.close();
  });
  afterAll(() => shared.close());

  /** An enclave with the demo module instantiated. */
  async function demoEnclave(
    natives: Record<string, unknown> = {},
    mode: RunningMode = 'interp',
    instantiateOptions: { readonly interruptible?: boolean } = {},
  ) {
    const enclave = await shared.open();
    const symbols = Object.entries(natives).map(([symbol, func]) => ({
      symbol,
      signature: { host_add: '(ii)i', host_fill: '(*~)', host_say: '($)' }[symbol],
      func: func as () => unknown,
      async: func instanceof (async () => {}).constructor,
    }));
    await enclave.initRuntime({
      options: { memAllocType: 'pool', heapSize: 8 << 20, natives: [enclave.natives('env', symbols)] },
    });
    const { module } = await enclave.loadModule({ bytes: demo });
    const { instance } = await enclave.instantiateModule({ module, options: { mode, ...instantiateOptions } });
    const { execEnv } = await enclave.createExecEnv({ instance });
    const func = async (name: string) => (await enclave.lookupFunction({ instance, name })).function!;
    const call = async (name: string, values: (number | bigint)[], limits?: object) =>
      (await enclave.callWasm({ execEnv, function: await func(name), values }, limits)).values;
    return { enclave, module, instance, execEnv, func, call };
  }

  it('answers commands in order, many at once', async () => {
    const { enclave, call } = await demoEnclave();
    expect(await call('add', [1, 2])).toEqual([3]);
    const answers = await Promise.all(Array.from({ length: 200 }, (_, a) => enclave.ping({ a, b: 1, c: 2, d: 3 })));
    expect(answers.map(({ a }) => a)).toEqual(Array.from({ length: 200 }, (_, a) => a));
  });

  it('carries payloads of every size unchanged', async () => {
    const { enclave } = await demoEnclave();
    for (const size of [0, 1, 7, 8, 63, 64, 1_000, 65_535, 65_536, 131_000, 131_072, 1_000_000, 5_000_001]) {
      const bytes = new Uint8Array(size).map((_, k) => (k * 31 + size) & 255);
      const answer = await enclave.echo({ bytes });
      expect(Buffer.compare(answer.bytes, bytes)).toBe(0);
    }
  });

  it('traps and limits cross as themselves', async () => {
    const { call, enclave } = await demoEnclave();
    await expect(call('trap', [])).rejects.toMatchObject({ name: 'Trap', id: 'unreachable' });
    await expect(call('trap', [])).rejects.toBeInstanceOf(Trap);
    await expect(call('add', [1])).rejects.toBeInstanceOf(UsageError);
    await expect(enclave.initRuntime({ options: {} })).rejects.toThrow('initialised already');
    await expect(enclave.getUsage({ instance: 999 as never })).rejects.toThrow('invalid instance handle 999');
    await expect(enclave.ping({ a: -1, b: 0, c: 0, d: 0 })).rejects.toThrow("PING: 'a' must be a whole number");
    await expect(enclave.ping({ a: 1, b: 0, c: 0, d: 0, e: 1 } as never)).rejects.toThrow("unknown field 'e'");
  });

  it('usage is plain data: it goes through JSON as it is, in results and errors, fuel as a number', async () => {
    const { enclave, module } = await demoEnclave();
    const { instance } = await enclave.instantiateModule({
      module,
      options: { limits: { fuel: 5_000 }, mode: 'interp' },
    });
    const { execEnv } = await enclave.createExecEnv({ instance });
    const call = async (name: string, values: number[]) =>
      enclave.callWasm({ execEnv, function: (await enclave.lookupFunction({ instance, name })).function!, values });
    const throughJson = (value: unknown) => JSON.parse(JSON.stringify(value));
    expect(throughJson(await call('add', [1, 2]))).toMatchObject({ values: [3], usage: { fuel: 3, hostCalls: 0 } });
    const error = await call('spin', []).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LimitError);
    expect(throughJson(error)).toMatchObject({ limit: 'fuel', value: 5_000, usage: { fuel: 5_000, hostCalls: 0 } });
    expect(throughJson(await enclave.getUsage({ instance }))).toMatchObject({ usage: { fuel: 5_003 } });
  });

  it('an endless guest is stopped by its own limit before the deadline, and the enclave stays', async () => {
    const { call } = await demoEnclave();
    await expect(call('spin', [], { timeoutMs: 1_000 })).rejects.toBeInstanceOf(LimitError);
    expect(await call('add', [20, 22])).toEqual([42]);
  });

  // On the host's own thread its timers have their turns only while the guest pauses, which is what mode interp can.
  it.each(subject.name === 'same-thread' ? (['interp'] as const) : (['interp', 'jit', 'host'] as const))(
    'an AbortSignal that the host aborts by a timer ends a running call, mode %s',
    async (mode) => {
      const { enclave, execEnv, func } = await demoEnclave({}, mode);
      const spin = await func('spin');
      const control = new AbortController();
      const running = enclave.callWasm({ execEnv, function: spin, values: [] }, { signal: control.signal });
      const timer = setTimeout(() => control.abort(), 50);
      const failure: unknown = await running.catch((error: unknown) => error);
      clearTimeout(timer);
      if (subject.name !== 'process by a launcher') {
        // The guest sees it, and the enclave stays.
        expect(failure).toMatchObject({ limit: 'signal' });
      } else {
        // Nothing reaches a guest there.
        expect(failure).toMatchObject({ failure: 'aborted' });
        await enclave.restart();
      }
      expect(await enclave.ping({ a: 1, b: 2, c: 3, d: 4 })).toEqual({ a: 1, b: 2, c: 3, d: 4 });
    },
  );

  it.each(['interp', 'jit', 'host'] as const)(
    'a guest that nothing can interrupt is called, not limited, and ended with its enclave, mode %s',
    async (mode) => {
      // The same-thread enclave of these tests has the interpreter alone.
      const running = subject.name === 'same-thread' ? 'interp' : mode;
      const { enclave, instance, execEnv, func, call } = await demoEnclave({}, running, { interruptible: false });
      expect(await call('add', [1, 2])).toEqual([3]);
      expect((await enclave.execAppFunc({ instance, name: 'add', argv: ['20', '22'] })).results).toEqual(['0x2a:i32']);
      await expect(call('add', [1, 2], { timeoutMs: 1_000 })).rejects.toBeInstanceOf(UsageError);
      if (subject.name === 'same-thread') return;
      const spin = await func('spin');
      const control = new AbortController();
      const endless = enclave.callWasm({ execEnv, function: spin, values: [] }, { signal: control.signal });
      setTimeout(() => control.abort(), 50);
      await expect(endless).rejects.toMatchObject({ failure: 'aborted' });
      await enclave.restart();
      expect(await enclave.ping({ a: 1, b: 2, c: 3, d: 4 })).toEqual({ a: 1, b: 2, c: 3, d: 4 });
    },
    60_000,
  );

  it.runIf(subject.waits)('natives run in the host while the call waits', async () => {
    const said: string[] = [];
    const { call } = await demoEnclave({
      host_add: (_: unknown, a: number, b: number) => a + b,
      host_say: (_: unknown, text: string) => said.push(text) && undefined,
      host_fill: (_: unknown, bytes: Uint8Array) => bytes.fill(9) && undefined,
    });
    expect(await call('call_add', [40, 2])).toEqual([42]);
    await call('call_say', []);
    expect(said).toEqual(['hello']);
    await call('call_fill', [200, 4]);
    expect(await call('peek', [203])).toEqual([9]);
  });

  it('async natives are awaited', async () => {
    const { call } = await demoEnclave({
      host_add: async (_: unknown, a: number, b: number) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return a * b;
      },
    });
    expect(await call('call_add', [6, 7])).toEqual([42]);
  });

  it.runIf(subject.waits)('what a native throws comes out as itself', async () => {
    class Mine extends Error {}
    const thrown = new Mine('from the host');
    const { call } = await demoEnclave({
      host_add: () => {
        throw thrown;
      },
    });
    await expect(call('call_add', [1, 2])).rejects.toBe(thrown);
    expect(await call('add', [1, 2])).toEqual([3]);
  });

  it('natives that call back into the enclave nest', async () => {
    let inner: () => Promise<unknown> = async () => 0;
    const { call } = await demoEnclave({ host_add: async () => ((await inner()) as number[])[0]! + 1 });
    inner = () => call('add', [5, 6]);
    expect(await call('call_add', [1, 2])).toEqual([12]);
  });

  it('a native that terminates its caller ends the call as soon as it returns', async () => {
    let stop: () => Promise<unknown> = async () => 0;
    const { enclave, instance, call } = await demoEnclave({
      host_add: async () => {
        await stop();
        return 1;
      },
    });
    stop = () => enclave.terminate({ instance });
    await expect(call('call_add', [1, 2])).rejects.toMatchObject({ id: 'terminated-by-user' });
    expect(await call('add', [1, 2])).toEqual([3]);
  });

  it.runIf(subject.waits)('programs read and write granted files and streams, and nothing else', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'enclasm-'));
    try {
      writeFileSync(join(folder, 'words.txt'), 'one two\nthree\n');
      let out = '';
      const enclave = await open(subject, {
        stdout: (bytes) => {
          out += new TextDecoder().decode(bytes);
        },
        stderr: () => {},
        grants: [nodePlatform().directory(folder)],
      });
      open_.push(enclave);
      await enclave.initRuntime({ options: { memAllocType: 'pool', heapSize: 16 << 20 } });
      const { module } = await enclave.loadModule({ bytes: sample('wc') });
      const preopens = [{ guestPath: '/data', grant: 0, readOnly: true }];
      const run = async (argv: string[]) => {
        await enclave.setWasiArgs({ module, options: { args: argv, preopens, stdout: 'host', stderr: 'host' } });
        const { instance } = await enclave.instantiateModule({ module });
        const { exitCode } = await enclave.execAppMain({ instance, argv });
        await enclave.deinstantiateModule({ instance });
        return exitCode;
      };
      expect(await run(['wc', '/data/words.txt'])).toBe(0);
      expect(out).toMatch(/2\s+3\s+14/);
      expect(await run(['wc', '/etc/passwd'])).not.toBe(0);
      expect(enclave.openNodes).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('a closed enclave says so; restart gives a fresh one that knows no old handles', async () => {
    const { enclave, instance, call } = await demoEnclave();
    await enclave.close();
    await enclave.close();
    await expect(enclave.getVersion()).rejects.toMatchObject({ name: 'EnclaveError', failure: 'closed' });
    await enclave.restart();
    await enclave.initRuntime({ options: {} });
    const { module } = await enclave.loadModule({ bytes: demo });
    await enclave.instantiateModule({ module });
    await expect(enclave.getUsage({ instance })).rejects.toThrow('it was never given');
    await expect(call('add', [1, 2])).rejects.toBeInstanceOf(UsageError);
  });

  it('a function of the host that never returns costs the call its deadline, not more', async () => {
    const { call, enclave } = await demoEnclave({ host_add: async () => new Promise(() => {}) });
    const began = performance.now();
    await expect(call('call_add', [1, 2], { timeoutMs: 200 })).rejects.toThrow();
    // Without the deadline it is never over.
    expect(performance.now() - began).toBeLessThan(30_000);
    if (enclave.failure) {
      expect(enclave.failure).toBeInstanceOf(EnclaveError);
      await enclave.restart();
    }
    expect(await enclave.ping({ a: 1, b: 2, c: 3, d: 4 })).toMatchObject({ a: 1 });
  });
});
