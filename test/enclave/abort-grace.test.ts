// An aborted call ends alone: its enclave is stopped only where the guest had a processor for long enough and did not look at the signal. What a busy
// machine does to a worker is played by a wire that delivers late, and done for real, over every transport, by busy processes beside it.
import { spawn } from 'node:child_process';
import { afterEach, describe, expect, test } from 'vitest';
import type { Connection, Transport } from '#src/enclave/protocol/transport.js';
import { workerTransport } from '#src/enclave/transport/worker.js';
import { Enclave } from '#src/enclave/untrusted/client.js';
import { assemble } from '../helpers/wat.js';
import { entry, SUBJECTS } from '../transports/enclaves.js';
import { timers } from './support.js';

const GUEST = assemble(`(module
  (import "env" "ask" (func $ask (result i32)))
  (global $calls (mut i32) (i32.const 0))
  (func (export "spin") (loop $again (br $again)))
  (func (export "ask") (drop (call $ask)))
  (func (export "one") (result i32) (global.set $calls (i32.add (global.get $calls) (i32.const 1))) (global.get $calls)))`);
/** More than an enclave was given before, by the clock on the wall. */
const STARVED_MS = 3_000;

const open: Enclave[] = [];
afterEach(async () => {
  for (const enclave of open.splice(0)) await enclave.close();
});
async function enclaveOver(transport: Transport, mode?: 'interp', answer: () => unknown = () => 1) {
  const enclave = await Enclave.create({ transport, timers });
  open.push(enclave);
  await enclave.initRuntime();
  const { module } = await enclave.loadModule({ bytes: GUEST });
  const natives = [
    enclave.natives('env', [{ symbol: 'ask', signature: '()i', async: true, func: answer as () => never }]),
  ];
  const spinning = await enclave.instantiateModule({ module, options: { mode, natives } });
  const other = await enclave.instantiateModule({ module, options: { mode, natives } });
  const call = (name: string) => (signal: AbortSignal) =>
    enclave.execAppFunc({ instance: spinning.instance, name, argv: [] }, { signal });
  return {
    enclave,
    spin: call('spin'),
    ask: call('ask'),
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

test.each(['call', 'start function'])(
  'a %s that cannot look is stopped with its enclave at the first look',
  async (what) => {
    let looks = 0;
    // At each look the guest had a processor for longer than those get that cannot look, and by far not as long as the others.
    const processorClock = () => () => {
      looks++;
      return 60;
    };
    const enclave = await Enclave.create({
      transport: changed(() => ({ abort: () => false, processorClock })),
      timers,
    });
    open.push(enclave);
    await enclave.initRuntime();
    const start = what === 'call' ? '' : '(start $spin)';
    const bytes = assemble(`(module (func $spin (export "spin") (loop $again (br $again))) ${start})`);
    const { module } = await enclave.loadModule({ bytes });
    const signal = AbortSignal.timeout(50);
    const making = enclave.instantiateModule({ module, options: { interruptible: false } }, { signal });
    const spinning = making.then(({ instance }) =>
      enclave.execAppFunc({ instance, name: 'spin', argv: [] }, { signal: AbortSignal.timeout(20) }),
    );
    await expect(spinning).rejects.toMatchObject({ failure: 'aborted' });
    expect(looks).toBe(1);
  },
);

for (const subject of SUBJECTS) {
  // What a launcher starts may be anywhere: nothing reaches a guest there.
  const stays = !subject.name.includes('launcher');
  // On this thread a guest runs in slices, or nobody can abort anything.
  const mode = subject.name === 'same-thread' ? 'interp' : undefined;
  describe(`an aborted call, ${subject.name}`, () => {
    test('beside busy processes: it ends alone', { timeout: 120_000 }, async () => {
      const busy = Array.from({ length: 6 }, () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
      try {
        const { enclave, spin, one } = await enclaveOver(subject.transport(), mode);
        for (let round = 1; round <= (stays ? 4 : 1); round++) {
          expect(await one()).toMatchObject({ results: [`0x${round}:i32`] });
          const reason = new Error('enough');
          const abort = new AbortController();
          setTimeout(() => abort.abort(reason), 20);
          const wanted = stays ? { limit: 'signal', cause: reason } : { failure: 'aborted', cause: reason };
          await expect(spin(abort.signal)).rejects.toMatchObject(wanted);
        }
        expect(enclave.failure === undefined).toBe(stays);
      } finally {
        for (const one of busy) one.kill('SIGKILL');
      }
    });
    test.runIf(stays)('its guest waits for a function that never answers', { timeout: 60_000 }, async () => {
      const asked: ((value: number) => void)[] = [];
      const { enclave, ask, one } = await enclaveOver(
        subject.transport(),
        subject.waits && mode === undefined ? undefined : 'interp',
        () => new Promise((resolve) => asked.push(resolve)),
      );
      for (let round = 1; round <= 3; round++) {
        const abort = new AbortController();
        const asking = ask(abort.signal);
        while (asked.length < round) await new Promise((resolve) => setTimeout(resolve, 1));
        abort.abort();
        await expect(asking).rejects.toMatchObject({ limit: 'signal' });
        expect(await one()).toMatchObject({ results: [`0x${round}:i32`] });
      }
      // What it answers now is for nobody.
      for (const answer of asked) answer(1);
      expect(await one()).toMatchObject({ results: ['0x4:i32'] });
      expect(enclave.failure).toBeUndefined();
    });
  });
}

test('the outer of two calls, then the inner', { timeout: 60_000 }, async () => {
  const inner = new AbortController();
  const outer = new AbortController();
  let nested: Promise<unknown> | undefined;
  const world = await enclaveOver(workerTransport({ entry }), undefined, async () => {
    nested = world.spin(inner.signal);
    setTimeout(() => {
      outer.abort();
      inner.abort();
    }, 20);
    await nested.catch(() => {});
    // The outer call has been given up: this is waited for by nobody.
    return new Promise(() => {});
  });
  await expect(world.ask(outer.signal)).rejects.toMatchObject({ limit: 'signal' });
  await expect(nested).rejects.toMatchObject({ limit: 'signal' });
  expect(await world.one()).toMatchObject({ results: ['0x1:i32'] });
});
