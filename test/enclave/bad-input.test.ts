// What a host can ask for wrongly, and the named error, with what to do, that it gets; `await using`; the main job's choice of enclave.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { sandboxCommand } from '#src/enclave/transport/sandbox.js';
import { workerTransport } from '#src/enclave/transport/worker.js';
import { Enclave } from '#src/enclave/untrusted/client.js';
import { projectRoot } from '../helpers/wat.js';
import { dist } from '../transports/enclaves.js';
import { held } from './long-runs.js';
import { timers } from './support.js';

// The compiled package: workers and processes run files, which the sources are not.
const compiled = pathToFileURL(join(dist, 'entry/enclave.js')).href;
const { createEnclave, createEnclavePool, createEnclaveSync }: typeof import('#src/entry/enclave.js') = await import(
  compiled
);

const PING = { a: 1, b: 2, c: 3, d: 4 };
const error = (failure: string, message: RegExp) => ({
  name: 'EnclaveError',
  failure,
  message: expect.stringMatching(message),
});

describe('asked for wrongly', () => {
  it('an unknown transport: the names there are', async () => {
    expect(() => createEnclave({ transport: 'moon' as never })).toThrow(
      "unknown transport 'moon': use one of same-thread, worker, process",
    );
  });
  it('options that there are not, or of the wrong type: a misspelt sandbox is none', () => {
    const wrong: readonly (readonly [options: object, message: string])[] = [
      [{ transprt: 'process' }, "createEnclave options: unknown option 'transprt'; known: transport, "],
      [{ process: { bubblwrap: true } }, "createEnclave options.process: unknown option 'bubblwrap'"],
      [{ process: { memoryMiB: '64' } }, 'createEnclave options.process.memoryMiB: a number, 0 or more, is wanted'],
      [{ worker: { sharedMemory: 1 } }, 'createEnclave options.worker.sharedMemory: true or false is wanted'],
      [{ entry: 5 }, 'createEnclave options.entry: the path or the URL of a file is wanted'],
      [{ entry: { href: 5 } }, 'createEnclave options.entry: the path or the URL of a file is wanted'],
      [{ codeCache: 'here' }, 'createEnclave options.codeCache: an absolute path, or false is wanted'],
      [{ trusted: { threadWorkers: 2 } }, 'createEnclave options.trusted.threadWorkers: left out'],
      [{ worker: 5 }, 'createEnclave options.worker: an object is wanted'],
      [{ trusted: { clock: 'moon' } }, 'createEnclave options.trusted.clock: one of own, host is wanted'],
      [{ network: { addressPool: '127.0.0.1' } }, 'options.network.addressPool: an array of strings is wanted'],
    ];
    for (const [options, message] of wrong) {
      expect(() => createEnclave(options)).toThrow(message);
      expect(() => createEnclavePool({ size: 1, enclave: options })).toThrow(message);
    }
    expect(() => createEnclavePool({ size: 1, sprares: 2 } as object as { size: number })).toThrow(
      "createEnclavePool options: unknown option 'sprares'",
    );
    expect(() => createEnclavePool({ size: 1, budget: { fule: 2 } as object })).toThrow(
      "createEnclavePool options.budget: unknown option 'fule'; known: fuel, timeMs, memoryBytes",
    );
  });
  it('files that are not there', async () => {
    for (const transport of ['worker', 'process'] as const) {
      expect(() => createEnclave({ transport, entry: '/none/such.js' })).toThrow('entry: no such file: /none/such.js');
    }
  });
  it('workers or processes where the host has none', async () => {
    const none = workerTransport({ entry: 'https://example.org/none.js' });
    await expect(Enclave.create({ transport: none, timers })).rejects.toMatchObject(
      error('unavailable', /^a worker cannot be started: /),
    );
    const absent = createEnclave({ transport: 'process', process: { launcher: ['/none/such'] } });
    await expect(absent).rejects.toMatchObject(error('unavailable', /^the process cannot be started: .*ENOENT/));
    const empty = createEnclave({ transport: 'process', process: { launcher: [] } });
    await expect(empty).rejects.toMatchObject(error('unavailable', /launcher: a command and its arguments are wanted/));
  });
  it.each([
    ['a host without descriptors', 'ulimit -S -n 400', /^refused unavailable the process cannot be started: /],
    ['a host with lower limits than a child gets', 'ulimit -n 400', /^answers/],
  ])('%s: a process by name, or one that works', (_, limit, said) => {
    const program = `
      import { openSync } from 'node:fs';
      import { createEnclave } from ${JSON.stringify(compiled)};
      const one = await createEnclave({ transport: 'process' });
      console.log('answers', (await one.getVersion()).major);
      await one.close();
      try { for (;;) openSync('/dev/null'); } catch {}
      await createEnclave({ transport: 'process' }).catch((error) => console.log('refused', error.failure, error.message));`;
    const run = `${limit} && exec "$0" --input-type=module -e "$1"`;
    const { stdout, stderr } = spawnSync('/bin/sh', ['-c', run, process.execPath, program], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toContainEqual(expect.stringMatching(said));
  });
  it('bubblewrap where it is absent: what to install', () => {
    const host = {
      host: 'node' as const,
      nodePath: '/node',
      platform: 'linux',
      entryPath: '/x.js',
      permissionFlag: '--permission',
      exists: () => false,
    };
    expect(() => sandboxCommand({ codeFolder: '/', bubblewrap: true }, host)).toThrow(/install the package bubblewrap/);
  });
  it('a pool of nothing', () => {
    expect(() => createEnclavePool({ size: 0 })).toThrow('a pool has at least 1 enclave, not 0');
    expect(() => createEnclavePool({ size: 1.5 })).toThrow('a pool has at least 1 enclave');
  });
  it.each(['same-thread', 'worker', 'process'] as const)('a closed enclave (%s): what to do', async (transport) => {
    const enclave = await createEnclave({ transport });
    await enclave.close();
    const closed = error('closed', /the enclave is closed; create another, or restart\(\) it/);
    await expect(enclave.ping(PING)).rejects.toMatchObject(closed);
    await enclave.restart();
    expect(await enclave.ping(PING)).toEqual(PING);
    await enclave.close();
  });
  it('sync calls where nobody can wait', async () => {
    expect(() => createEnclaveSync({ transport: 'process' })).toThrow("transport 'process' has async calls only");
    await using messages = await createEnclave({ worker: { sharedMemory: false } });
    expect(() => messages.sync.ping(PING)).toThrow("transport 'worker' has async calls only");
  });
  it('a payload beyond the limit: the limit, and the enclave stays', async () => {
    await using small = await createEnclave({ transport: 'process', process: { maxPacketBytes: 100_000 } });
    const refused = error('refused', /ECHO: 100\d+ bytes, and transport 'process' carries 100000 at once/);
    await expect(small.echo({ bytes: new Uint8Array(100_001) })).rejects.toMatchObject(refused);
    expect(await small.ping(PING)).toEqual(PING);
    await using strict = await createEnclave({ trusted: { maxPacketBytes: 1_000 } });
    const beyond = /ECHO: 20\d\d bytes, and transport 'worker' carries 1000 at once/;
    await expect(strict.echo({ bytes: new Uint8Array(2_000) })).rejects.toThrow(beyond);
    expect(() => strict.sync.echo({ bytes: new Uint8Array(2_000) })).toThrow(beyond);
    expect(await strict.ping(PING)).toEqual(PING);
  });
  it('timeouts that are none', async () => {
    await using enclave = await createEnclave({ transport: 'same-thread' });
    for (const timeoutMs of [Number.NaN, -1, '5' as unknown as number]) {
      await expect(enclave.ping(PING, { timeoutMs })).rejects.toThrow('timeoutMs is a number of milliseconds');
      expect(() => enclave.sync.ping(PING, { timeoutMs })).toThrow('timeoutMs is a number of milliseconds');
    }
    expect(enclave.sync.ping(PING, { timeoutMs: 30_000 })).toEqual(PING);
  });
  it.each(['worker', 'process'] as const)('a start that is given up leaves no %s', async (transport) => {
    const before = held();
    for (let k = 0; k < 3; k++) {
      const early = createEnclave({ transport }, { signal: AbortSignal.abort() });
      await expect(early).rejects.toMatchObject(error('aborted', /aborted before the call/));
      await expect(createEnclave({ transport }, { timeoutMs: -1 })).rejects.toThrow('timeoutMs is a number');
    }
    const after = held();
    expect(after.threads).toBeLessThanOrEqual(before.threads);
    expect(after.children).toBeLessThanOrEqual(before.children);
    expect(after.files).toBeLessThanOrEqual(before.files);
  });
});

describe('an AbortSignal', () => {
  const spin = Uint8Array.from(atob('AGFzbQEAAAABBAFgAAADAgEABwgBBHNwaW4AAAoJAQcAA0AMAAsL'), (c) => c.charCodeAt(0));
  it.each(['same-thread', 'worker', 'process'] as const)('ends every call (%s)', async (transport) => {
    await using enclave = await createEnclave({ transport });
    const before = AbortSignal.abort();
    const early = error('aborted', /the AbortSignal was aborted before the call/);
    await expect(enclave.ping(PING, { signal: before })).rejects.toMatchObject(early);
    await enclave.initRuntime({ options: { runningMode: 'interp' } });
    const { module } = await enclave.loadModule({ bytes: spin });
    const { instance } = await enclave.instantiateModule({ module });
    const control = new AbortController();
    setTimeout(() => control.abort(), 30);
    const began = performance.now();
    const running = enclave.execAppFunc({ instance, name: 'spin', argv: [] }, { signal: control.signal });
    await expect(running).rejects.toMatchObject({ limit: 'signal' });
    // Without the signal it is never over.
    expect(performance.now() - began).toBeLessThan(30_000);
    // The call ends alone.
    expect(await enclave.ping(PING)).toEqual(PING);
  });
});

describe('await using', () => {
  it('ends enclaves and pools with their block', async () => {
    let kept: Enclave;
    {
      await using enclave = await createEnclave();
      kept = enclave;
      expect(await enclave.ping(PING)).toEqual(PING);
    }
    expect(kept.failure).toMatchObject({ failure: 'closed' });
    let pool: ReturnType<typeof createEnclavePool>;
    {
      await using own = createEnclavePool({ size: 1, enclave: { transport: 'same-thread' } });
      pool = own;
      expect(await own.run('one', (enclave) => enclave.ping(PING))).toEqual(PING);
    }
    await expect(pool.run('one', async () => 1)).rejects.toMatchObject({ name: 'EnclaveError' });
  });
});

describe('the main job', () => {
  const start = (...args: string[]) =>
    spawnSync(process.execPath, [join(projectRoot(), 'scripts/start.mjs'), ...args], { encoding: 'utf8' });
  it('runs in a worker unless told otherwise', () => {
    const first = start();
    expect(first.stdout).toContain('the enclave is a worker of its own');
    expect([first.status, start('--enclave=process').stdout]).toEqual([
      0,
      expect.stringContaining('the enclave is a process of its own'),
    ]);
    expect(start('--enclave', 'same-thread').stdout).toContain('the enclave is in this thread');
    expect(start('--enclave=moon')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--enclave same-thread|worker|process'),
    });
  });
});
