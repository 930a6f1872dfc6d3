// Every command of the table does its work, over the same-thread transport, sync and async.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Enclave } from '#src/enclave/untrusted/client.js';
import { LimitError, MalformedError, Trap, UsageError } from '#src/wasm/errors.js';
import { assemble } from '../helpers/wat.js';
import { DEMO, localEnclave } from './support.js';

let demo: Uint8Array;
beforeAll(async () => {
  demo = await assemble(DEMO);
});

function started(enclave: Enclave = localEnclave()) {
  const { sync } = enclave;
  sync.initRuntime({ options: { memAllocType: 'pool', heapSize: 8 << 20, maxThreadNum: 4 } });
  const { module } = sync.loadModule({ bytes: demo, name: 'demo' });
  const { instance, mode } = sync.instantiateModule({ module });
  const { execEnv } = sync.createExecEnv({ instance });
  const call = (name: string, ...values: (number | bigint)[]) =>
    sync.callWasm({ execEnv, function: sync.lookupFunction({ instance, name }).function!, values }).values;
  return { enclave, sync, module, instance, execEnv, mode, call };
}

describe('commands', () => {
  it('init, load, instantiate, look up, call, deinstantiate, unload, destroy', () => {
    const { sync, module, instance, mode, call, execEnv } = started();
    expect(mode).toBe('interp');
    expect(sync.lookupFunction({ instance, name: 'add' })).toMatchObject({ params: ['i32', 'i32'], results: ['i32'] });
    expect(sync.lookupFunction({ instance, name: 'nothing' }).function).toBeUndefined();
    expect(call('add', 2, 40)).toEqual([42]);
    expect(call('add64', 2n ** 62n, 2n ** 62n)).toEqual([-(2n ** 63n)]);
    expect(call('addf', 0.5, 0.25)).toEqual([0.75]);
    expect(call('many')).toEqual([1, 2n, 3]);
    expect(sync.execAppFunc({ instance, name: 'add', argv: ['1', '0x10'] }).results).toEqual(['0x11:i32']);
    expect(sync.getUsage({ instance }).usage.wallMs).toBeGreaterThan(0);
    expect(sync.countHandles()).toMatchObject({ modules: 1, instances: 1, execEnvs: 1 });
    sync.destroyExecEnv({ execEnv });
    expect(() => sync.unloadModule({ module })).toThrow(UsageError);
    sync.deinstantiateModule({ instance });
    expect(sync.countHandles()).toEqual({ modules: 1, instances: 0, functions: 0, execEnvs: 0, references: 0 });
    sync.unloadModule({ module });
    const { report } = sync.destroyRuntime();
    expect(report).toEqual({ modules: 0, instances: 0, execEnvs: 0, threads: 0, leakedBytes: 0 });
    sync.initRuntime({ options: {} });
  });

  it('exceptions cross as themselves, and as WAMR texts', () => {
    const { sync, instance, call } = started();
    expect(sync.getException({ instance }).exception).toBeUndefined();
    let error: unknown;
    try {
      call('trap');
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(Trap);
    expect(error).toMatchObject({ id: 'unreachable', message: 'unreachable' });
    expect((error as Trap).frames[0]).toMatchObject({ functionName: 'trap' });
    expect(sync.getException({ instance }).exception).toContain('unreachable');
    sync.clearException({ instance });
    expect(sync.getException({ instance }).exception).toBeUndefined();
    sync.setException({ instance, exception: 'mine' });
    expect(sync.getException({ instance }).exception).toContain('mine');
    expect(() => call('recurse')).toThrow('call stack exhausted');
    expect(() => sync.loadModule({ bytes: new Uint8Array([0, 1, 2]) })).toThrow(MalformedError);
  });

  it('limits hold, with the usage', () => {
    const { sync, module, execEnv } = started();
    const spin = sync.instantiateModule({ module, options: { limits: { fuel: 10_000 } } });
    const env = sync.createExecEnv({ instance: spin.instance });
    const func = sync.lookupFunction({ instance: spin.instance, name: 'spin' }).function!;
    let error: unknown;
    try {
      sync.callWasm({ execEnv: env.execEnv, function: func, values: [] });
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(LimitError);
    expect(error).toMatchObject({ limit: 'fuel', value: 10_000 });
    expect((error as LimitError).usage?.fuel).toBe(10_000);
    expect(() => sync.callWasm({ execEnv: env.execEnv, function: func, values: [] }, { timeoutMs: 30_000 })).toThrow(
      'fuel',
    );
    expect(() => sync.callWasm({ execEnv, function: func, values: [] })).toThrow('different instances');
  });

  it('reads and writes guest memory, allocates in it', () => {
    const { sync, module } = started();
    const { instance } = sync.instantiateModule({ module, options: { heapSize: 8_192 } });
    expect(new TextDecoder().decode(sync.readMemory({ instance, address: 64, length: 5 }).bytes)).toBe('hello');
    sync.writeMemory({ instance, address: 64, bytes: new TextEncoder().encode('HELLO') });
    expect(new TextDecoder().decode(sync.readMemory({ instance, address: 64, length: 5 }).bytes)).toBe('HELLO');
    expect(() => sync.readMemory({ instance, address: 2 ** 40, length: 5 })).toThrow('out of bounds memory access');
    const { address } = sync.moduleMalloc({ instance, size: 100 });
    expect(address).toBeGreaterThan(0);
    sync.moduleFree({ instance, address });
  });

  it('lists imports and exports; memory information; version; log level', () => {
    const { sync, module } = started();
    expect(sync.listExports({ module }).exports.find((one) => one.name === 'add')).toEqual({
      module: '',
      name: 'add',
      kind: 'func',
      type: '(i32 i32) -> (i32)',
    });
    expect(sync.listImports({ module }).imports[0]).toMatchObject({ module: 'env', name: 'host_add', kind: 'func' });
    const { info } = sync.getMemAllocInfo();
    expect(info!.total).toBeGreaterThan(8_000_000);
    expect(info!.totalFree).toBeLessThan(info!.total);
    expect(sync.getVersion()).toEqual({ major: 0, minor: 1, patch: 0 });
    sync.setLogLevel({ level: 'error' });
    expect(sync.ping({ a: 1, b: 2, c: 3, d: 4 })).toEqual({ a: 1, b: 2, c: 3, d: 4 });
    expect(sync.echo({ bytes: new Uint8Array([1, 2, 3]) }).bytes).toEqual(new Uint8Array([1, 2, 3]));
  });
});

describe('natives of the host', () => {
  function withNatives() {
    const enclave = localEnclave();
    const said: string[] = [];
    const kept: unknown[] = [];
    enclave.sync.initRuntime({
      options: {
        natives: [
          enclave.natives('env', [
            { symbol: 'host_add', signature: '(ii)i', func: (_: unknown, a: number, b: number) => a + b },
            {
              symbol: 'host_fill',
              signature: '(*~)',
              func: (_: unknown, bytes: Uint8Array) => {
                bytes.fill(7);
              },
            },
            {
              symbol: 'host_say',
              signature: '($)',
              func: (_: unknown, text: string) => {
                said.push(text);
              },
            },
            { symbol: 'host_keep', func: (_: unknown, object: unknown) => kept.push(object) && object },
          ]),
        ],
      },
    });
    const { module } = enclave.sync.loadModule({ bytes: demo });
    const { instance } = enclave.sync.instantiateModule({ module });
    const { execEnv } = enclave.sync.createExecEnv({ instance });
    const call = (name: string, ...values: never[]) =>
      enclave.sync.callWasm({
        execEnv,
        function: enclave.sync.lookupFunction({ instance, name }).function!,
        values: values as never,
      }).values;
    return { enclave, call: call as (name: string, ...values: unknown[]) => unknown[], said, kept, instance, execEnv };
  }
  it('get values, strings and buffers; buffers are copied back', () => {
    const { call, said } = withNatives();
    expect(call('call_add', 20, 22)).toEqual([42]);
    call('call_fill', 100, 3);
    expect([99, 100, 102, 103].map((at) => call('peek', at)[0])).toEqual([0, 7, 7, 0]);
    expect(() => call('call_fill', 65_530, 100)).toThrow('out of bounds memory access');
    call('call_say');
    expect(said).toEqual(['hello']);
  });
  it('host objects cross as references and come back as themselves', () => {
    const { call, kept, enclave } = withNatives();
    const object = { mine: true };
    const [result] = call('call_keep', enclave.reference(object));
    expect(kept).toEqual([object]);
    expect(enclave.objectOf(result as never)).toBe(object);
    expect(call('call_keep', null)).toEqual([null]);
  });
  it('host objects are forgotten with the runtime whose guests could hold them', () => {
    const { call, enclave } = withNatives();
    const [result] = call('call_keep', enclave.reference({ mine: true }));
    enclave.sync.destroyRuntime();
    expect(() => enclave.objectOf(result as never)).toThrow('the object is gone');
    // As many again and again: what is forgotten makes room.
    for (let round = 0; round < 3; round++) {
      enclave.sync.initRuntime({ options: {} });
      for (let k = 0; k < 60_000; k++) enclave.reference({ k });
      enclave.sync.destroyRuntime();
    }
  });
  it('works async too', async () => {
    const { enclave, instance, execEnv } = withNatives();
    const { function: add } = await enclave.lookupFunction({ instance, name: 'call_add' });
    expect((await enclave.callWasm({ execEnv, function: add!, values: [1, 2] })).values).toEqual([3]);
  });
});

describe('programs', () => {
  it('run with arguments, streams and exit codes', () => {
    const out: string[] = [];
    const enclave = localEnclave({ stdout: (bytes) => out.push(new TextDecoder().decode(bytes)) && undefined });
    const { sync } = enclave;
    sync.initRuntime({ options: { memAllocType: 'pool', heapSize: 16 << 20 } });
    const { module } = sync.loadModule({ bytes: readFileSync('samples/hello.wasm') });
    sync.setWasiArgs({ module, options: { args: ['hello', 'enclave'], stdout: 'host' } });
    const { instance } = sync.instantiateModule({ module });
    const { exitCode, usage } = sync.execAppMain({ instance, argv: [] });
    expect(exitCode).toBe(0);
    expect(out.join('')).not.toBe('');
    expect(usage!.bytesWritten).toBe(out.join('').length);
    expect(() => sync.execAppFunc({ instance, name: 'no such', argv: [] })).toThrow('lookup function');
  });
});
