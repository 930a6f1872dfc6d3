// Enclaves whose guests have threads, when they end: what the guest does not stop by itself is killed, with all its threads, and nothing of it is left.
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Enclave } from '#src/enclave/untrusted/client.js';
import { held } from '../enclave/long-runs.js';
import { assemble } from '../helpers/wat.js';
import { threaded } from '../threads/guest-text.js';
import { open, SUBJECTS } from './enclaves.js';

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
let bytes: Uint8Array;
beforeAll(() => {
  bytes = assemble(ENDLESS);
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
});
