// An aborted call ends alone: its enclave is stopped only where the guest had a processor for long enough and did not look at the signal. What a busy
// machine does to a worker is played by a wire that delivers late, and done for real by busy processes beside it.
import { spawn } from 'node:child_process';
import { afterEach, expect, test } from 'vitest';
import type { Connection, Transport } from '#src/enclave/protocol/transport.js';
import { workerTransport } from '#src/enclave/transport/worker.js';
import { Enclave } from '#src/enclave/untrusted/client.js';
import { assemble } from '../helpers/wat.js';
import { entry } from '../transports/enclaves.js';
import { timers } from './support.js';

const GUEST = assemble(`(module
  (func (export "spin") (loop $again (br $again)))
  (func (export "one") (result i32) i32.const 1))`);
/** More than an enclave was given before, by the clock on the wall. */
const STARVED_MS = 3_000;

const open: Enclave[] = [];
afterEach(async () => {
  for (const enclave of open.splice(0)) await enclave.close();
});
async function enclaveOver(transport: Transport) {
  const enclave = await Enclave.create({ transport, timers });
  open.push(enclave);
  await enclave.initRuntime();
  const { module } = await enclave.loadModule({ bytes: GUEST });
  const spinning = await enclave.instantiateModule({ module });
  const other = await enclave.instantiateModule({ module });
  return {
    enclave,
    spin: (signal: AbortSignal) =>
      enclave.execAppFunc({ instance: spinning.instance, name: 'spin', argv: [] }, { signal }),
    one: () => enclave.execAppFunc({ instance: other.instance, name: 'one', argv: [] }),
  };
}
/** A worker whose wire is changed by `change`. */
function changed(change: (connection: Connection) => Partial<Connection>): Transport {
  const inner = workerTransport({ entry });
  const opened: Transport['open'] = (ocall, failed) => {
    const connection = inner.open(ocall, failed);
    const changes = change(connection);
    return new Proxy(connection, {
      get(target, key) {
        const value: unknown = Reflect.get(Object.hasOwn(changes, key) ? changes : target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
  return { ...inner, open: opened };
}

test('a guest that gets no processor is waited for, and the other instance answers', { timeout: 30_000 }, async () => {
  const starved = changed((connection) => ({
    abort(ticket, error) {
      setTimeout(() => connection.abort(ticket, error), STARVED_MS);
      return false;
    },
    processorClock: () => () => 0,
  }));
  const { enclave, spin, one } = await enclaveOver(starved);
  await expect(spin(AbortSignal.timeout(20))).rejects.toMatchObject({ limit: 'signal' });
  expect(enclave.failure).toBeUndefined();
  expect(await one()).toMatchObject({ results: ['0x1:i32'] });
});

test('a guest that has a processor and does not look is stopped with its enclave', { timeout: 30_000 }, async () => {
  const { enclave, spin } = await enclaveOver(changed(() => ({ abort: () => false })));
  await expect(spin(AbortSignal.timeout(20))).rejects.toMatchObject({ failure: 'aborted' });
  expect(enclave.failure).toMatchObject({ failure: 'aborted' });
});

test('beside busy processes one call ends and the enclave stays', { timeout: 60_000 }, async () => {
  const busy = Array.from({ length: 6 }, () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
  try {
    const { enclave, spin, one } = await enclaveOver(workerTransport({ entry }));
    for (let round = 0; round < 3; round++) {
      await expect(spin(AbortSignal.timeout(20))).rejects.toMatchObject({ limit: 'signal' });
      expect(await one()).toMatchObject({ results: ['0x1:i32'] });
    }
    expect(enclave.failure).toBeUndefined();
  } finally {
    for (const one of busy) one.kill('SIGKILL');
  }
});
