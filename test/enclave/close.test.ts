// Closing an enclave of the same thread: nothing kills it from outside, so it must end its runtime itself, whatever it is doing.
// What is not destroyed keeps its part of the interpreter's code and stacks, which all runtimes of the thread share.
import { beforeAll, describe, expect, it } from 'vitest';
import { EnclaveError } from '#src/enclave/protocol/enclave-errors.js';
import { type InitRuntime, runtimeInitialiser } from '#src/enclave/trusted/init-runtime.js';

import type { Enclave } from '#src/enclave/untrusted/client.js';
import type { NativeDefinition } from '#src/enclave/untrusted/native-service.js';
import { interpEngine } from '#src/engine/interp/interp-engine.js';
import { ALL_LIBRARIES } from '#src/entry/libraries.js';
import { MemoryFileSystem } from '#src/platform/memory-fs/memory-file-system.js';
import { assemble } from '../helpers/wat.js';
import { localEnclave } from './support.js';

let wasm: Uint8Array;
beforeAll(async () => {
  wasm = await assemble(`(module
    (import "env" "native" (func $native (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
    (memory (export "memory") 1)
    (func (export "call") (result i32) call $native)
    (func (export "spin") (loop $again br $again)))`);
});

/** An enclave with an instance, and how many of its runtimes live. */
function live(native: Partial<NativeDefinition> & Pick<NativeDefinition, 'func'>) {
  const withheld: unknown[] = [];
  const count = { runtimes: 0 };
  const real = runtimeInitialiser({ host: { engines: [interpEngine()], libraries: ALL_LIBRARIES } });
  const init: InitRuntime = (args, natives, trusted) => {
    const runtime = real(args, natives, trusted);
    const destroy = runtime.destroy.bind(runtime);
    count.runtimes++;
    runtime.destroy = () => {
      count.runtimes--;
      return destroy();
    };
    return runtime;
  };
  const enclave: Enclave = localEnclave(
    { grants: [new MemoryFileSystem({ 'a.txt': 'text' })], log: () => {} },
    { init, onWithheld: (error) => withheld.push(error) },
  );
  const { sync } = enclave;
  const natives = enclave.natives('env', [{ symbol: 'native', ...native }]);
  sync.initRuntime({ options: { natives: [natives] } });
  const { module } = sync.loadModule({ bytes: wasm });
  sync.setWasiArgs({ module, options: { preopens: [{ guestPath: '/', grant: 0, readOnly: false }] } });
  const { instance } = sync.instantiateModule({ module });
  return { enclave, instance, count, withheld };
}
const closed = { name: 'EnclaveError', failure: 'closed' };

describe('closing an enclave of the same thread', () => {
  it('destroys its runtime, closes its files, and says nothing', async () => {
    const { enclave, count, withheld } = live({ func: () => 1 });
    expect(count.runtimes).toBe(1);
    expect(enclave.openNodes).toBe(1);
    await enclave.close();
    expect(count.runtimes).toBe(0);
    expect(enclave.openNodes).toBe(0);
    expect(withheld).toEqual([]);
    await enclave.close();
  });
  it('so does restart()', async () => {
    const { enclave, count } = live({ func: () => 1 });
    await enclave.restart();
    expect(count.runtimes).toBe(0);
    enclave.sync.initRuntime({ options: {} });
    expect(count.runtimes).toBe(1);
    await enclave.close();
    expect(count.runtimes).toBe(0);
  });
  it('stops a guest that runs in slices, and waits for that', async () => {
    const { enclave, instance, count } = live({ func: () => 1 });
    const spinning = expect(enclave.execAppFunc({ instance, name: 'spin', argv: [] })).rejects.toMatchObject(closed);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await enclave.close();
    expect(count.runtimes).toBe(0);
    await spinning;
  });
  it('does not wait for a native of the host that never ends', async () => {
    let ocalls = 0;
    const never = () => {
      ocalls++;
      return new Promise(() => {});
    };
    const { enclave, instance, count } = live({ async: true, func: () => never() });
    const waiting = expect(enclave.execAppFunc({ instance, name: 'call', argv: [] })).rejects.toMatchObject(closed);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ocalls).toBe(1);
    await enclave.close();
    expect(count.runtimes).toBe(0);
    await waiting;
  });
  it('from inside a call lets that call end first, with an error', async () => {
    const during: number[] = [];
    const subject = live({
      func: () => {
        void subject.enclave.close();
        during.push(subject.count.runtimes);
        return 1;
      },
    });
    const { enclave, instance, count } = subject;
    expect(() => enclave.sync.execAppFunc({ instance, name: 'call', argv: [] })).toThrow(EnclaveError);
    expect(during).toEqual([1]);
    expect(count.runtimes).toBe(0);
    await enclave.close();
  });
});
