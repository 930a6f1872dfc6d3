// The pool: bounded, fair, clean between tenants, replaced when it must be. Over same-thread enclaves, and over workers for the hard stops.
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Enclave } from '#src/enclave/untrusted/client.js';
import { EnclavePool, type EnclavePoolOptions } from '#src/enclave/untrusted/enclave-pool.js';
import type { Lease } from '#src/enclave/untrusted/lease.js';
import { Tenant } from '#src/enclave/untrusted/tenants.js';
import { programOf, takeInput, takeJob, takePluginJob } from '#src/entry/job-options.js';
import { assemble } from '../helpers/wat.js';
import { open, SUBJECTS } from '../transports/enclaves.js';
import { DEMO, localEnclave, timers } from './support.js';

let demo: Uint8Array;
beforeAll(async () => {
  demo = await assemble(DEMO);
});
const pools: EnclavePool[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});
function pool(options: Partial<EnclavePoolOptions> = {}): EnclavePool {
  const made = new EnclavePool({
    create: async () => localEnclave(),
    size: 2,
    timers,
    takeInput,
    takeJob,
    takePluginJob,
    program: programOf,
    ...options,
  });
  pools.push(made);
  return made;
}
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function call(enclave: Lease, name: string, values: number[], options?: object, limits?: { timeoutMs?: number }) {
  const { module } = await enclave.loadModule({ bytes: demo });
  const { instance } = await enclave.instantiateModule({ module, ...(options && { options }) });
  const { execEnv } = await enclave.createExecEnv({ instance });
  const { function: func } = await enclave.lookupFunction({ instance, name });
  return (await enclave.callWasm({ execEnv, function: func!, values }, limits)).values;
}

describe('EnclavePool', () => {
  it('runs work of many tenants, and empties enclaves between them', async () => {
    const p = pool();
    const results = await Promise.all(
      Array.from({ length: 60 }, (_, k) =>
        p.run(`tenant ${k % 7}`, async (enclave) => {
          const before = await enclave.countHandles();
          const values = await call(enclave, 'add', [k, 1]);
          return { values, before };
        }),
      ),
    );
    expect(results.map(({ values }) => values[0])).toEqual(Array.from({ length: 60 }, (_, k) => k + 1));
    expect(p.status).toMatchObject({ busy: 0, waiting: 0, recycled: 0 });
  });

  it("shows nothing of one tenant's to another", async () => {
    const p = pool({ size: 1, spares: 0 });
    const instance = await p.run('a', async (enclave) => {
      const { module } = await enclave.loadModule({ bytes: demo });
      const made = await enclave.instantiateModule({ module });
      await enclave.writeMemory({ instance: made.instance, address: 0, bytes: new TextEncoder().encode('secret') });
      return made.instance;
    });
    await p.run('b', async (enclave) => {
      await expect(enclave.readMemory({ instance, address: 0, length: 6 })).rejects.toThrow('invalid instance handle');
      expect(await enclave.countHandles()).toMatchObject({ modules: 0, instances: 0 });
    });
  });

  it('is fair: a tenant with little work does not wait for one with much', async () => {
    const p = pool({ size: 1, spares: 0 });
    const order: string[] = [];
    const work = (tenant: string) =>
      p.run(tenant, async () => {
        await pause(3);
        order.push(tenant);
      });
    const all = Array.from({ length: 20 }, () => work('greedy'));
    await pause(20);
    all.push(work('modest'), work('modest'));
    await Promise.all(all);
    expect(order.lastIndexOf('modest')).toBeLessThan(15);
  });

  it('refuses work beyond the queue, and says when there is room', async () => {
    const p = pool({ size: 1, spares: 0, queueLimit: 2 });
    await p.warm();
    const first = p.run('a', () => pause(30));
    const waiting = [p.run('a', async () => 1), p.run('a', async () => 2)];
    await expect(p.run('a', async () => 3)).rejects.toMatchObject({ failure: 'refused' });
    await p.capacity();
    expect(await p.run('a', async () => 4)).toBe(4);
    await Promise.all([first, ...waiting]);
  });

  it('says when it is warm, or what keeps an enclave from being started', async () => {
    let works = false;
    const create = async () => {
      if (!works) throw new Error('no room for an enclave');
      return localEnclave();
    };
    const p = pool({ size: 2, spares: 0, create });
    await expect(p.warm()).rejects.toThrow('no room for an enclave');
    await expect(p.run('a', async () => 1)).rejects.toThrow('no room for an enclave');
    works = true;
    await p.warm();
    expect(p.status).toMatchObject({ idle: 2, starting: 0 });
    works = false;
    await p.warm();
    expect(await p.run('a', async () => 1)).toBe(1);
  });

  it('keeps budgets of fuel, time and memory per tenant', async () => {
    const p = pool({ budget: (tenant) => (tenant === 'rich' ? {} : { fuel: 50_000, memoryBytes: 200_000 }) });
    const poor = (name: string, values: number[]) => p.run('poor', (enclave) => call(enclave, name, values));
    expect(await poor('add', [1, 2])).toEqual([3]);
    expect(p.usages.get('poor')!.fuel).toBeGreaterThan(0);
    await expect(poor('spin', [])).rejects.toMatchObject({ limit: 'fuel' });
    expect(p.usages.get('poor')!.fuel).toBe(50_000);
    await expect(poor('add', [1, 2])).rejects.toMatchObject({ limit: 'fuel', value: 50_000 });
    expect(await p.run('rich', (enclave) => call(enclave, 'add', [1, 2]))).toEqual([3]);
    await expect(p.run('third', (enclave) => call(enclave, 'grow', [10]))).resolves.toEqual([-1]);
    expect(await p.run('rich', (enclave) => call(enclave, 'grow', [10]))).toEqual([1]);
  });

  it('reports what tenants used as plain data; fuel stands still at the last number that is exact', () => {
    const tenant = new Tenant('a', {});
    for (const used of [5, Number.MAX_SAFE_INTEGER - 2, Number.MAX_SAFE_INTEGER])
      tenant.endReservation(tenant.nested({}), used);
    expect(JSON.parse(JSON.stringify(tenant.usage))).toEqual({ fuel: Number.MAX_SAFE_INTEGER, timeMs: 0, calls: 0 });
  });

  it('a call that work leaves running costs its enclave, not the next tenant', async () => {
    const p = pool({ size: 1, spares: 0 });
    let kept: Lease | undefined;
    let left: Promise<unknown> | undefined;
    await p.run('a', async (enclave) => {
      kept = enclave;
      left = call(enclave, 'add', [1, 2]).then(() => call(enclave, 'spin', []));
      left.catch(() => {});
      await pause(20);
    });
    expect(await p.run('b', (enclave) => call(enclave, 'add', [1, 2]))).toEqual([3]);
    expect(p.status.recycled).toBe(1);
    await expect(left).rejects.toMatchObject({ failure: 'closed' });
    await expect(kept!.ping({ a: 1, b: 2, c: 3, d: 4 })).rejects.toThrow(
      'the work that this enclave was lent to has ended',
    );
  });
  it('one that cannot be emptied is replaced', async () => {
    let prepared = 0;
    const prepare = async (enclave: Enclave) => {
      if (++prepared === 2) throw new Error('not now');
      await enclave.initRuntime({ options: {} });
    };
    const p = pool({ size: 1, spares: 0, prepare });
    const work = (tenant: string) => p.run(tenant, (enclave) => call(enclave, 'add', [1, 2]));
    expect(await work('a')).toEqual([3]);
    await expect(work('b')).rejects.toThrow('not now');
    expect(await work('b')).toEqual([3]);
    expect(await work('a')).toEqual([3]);
    expect(p.status.recycled).toBe(1);
  });

  it('replaces enclaves after a LimitError, and after their number of calls', async () => {
    const p = pool({ recycleAfter: 3 });
    await expect(p.run('a', (e) => call(e, 'spin', [], { limits: { fuel: 100 } }))).rejects.toMatchObject({
      limit: 'fuel',
    });
    expect(p.status.recycled).toBe(1);
    for (let k = 0; k < 12; k++) await p.run('a', async (enclave) => enclave.ping({ a: k, b: 0, c: 0, d: 0 }));
    expect(p.status.recycled).toBeGreaterThan(1);
    expect(await p.run('a', (enclave) => call(enclave, 'add', [1, 2]))).toEqual([3]);
  });

  it('abandons work that waits or runs too long, or whose AbortSignal is aborted', async () => {
    const p = pool({ size: 1, spares: 0 });
    await p.warm();
    const control = new AbortController();
    const long = p.run('a', () => pause(10_000), { timeoutMs: 40 });
    const queued = p.run('a', async () => 1, { timeoutMs: 10 });
    const aborted = p.run('a', async () => 1, { signal: control.signal });
    control.abort();
    await Promise.all([
      expect(queued).rejects.toMatchObject({ failure: 'timeout' }),
      expect(aborted).rejects.toMatchObject({ failure: 'aborted' }),
      expect(long).rejects.toMatchObject({ failure: 'timeout' }),
    ]);
    expect(await p.run('a', async () => 5)).toBe(5);
  });

  it('drains, closes, and refuses work afterwards', async () => {
    const p = pool();
    const done: number[] = [];
    const all = Array.from({ length: 10 }, (_, k) => p.run('a', async () => pause(1).then(() => done.push(k))));
    await p.drain();
    expect(done.length).toBe(10);
    await Promise.all(all);
    await expect(p.run('a', async () => 1)).rejects.toMatchObject({ failure: 'closed' });
    await p.close();
  });

  it('says why enclaves do not start, and tries again', async () => {
    let broken = true;
    const p = pool({
      create: async () => {
        if (broken) throw new Error('no room');
        return localEnclave();
      },
    });
    await expect(p.run('a', async () => 1)).rejects.toThrow('no room');
    broken = false;
    expect(await p.run('a', async () => 1)).toBe(1);
    expect(() => pool({ size: 0 })).toThrow('a pool has at least 1 enclave, not 0');
  });

  it('over workers, a guest that never ends costs its enclave and nobody else anything', async () => {
    const subject = SUBJECTS.find(({ name }) => name === 'worker')!;
    const p = pool({ create: () => open(subject), size: 2, spares: 1 });
    const work = p.run('bad', (enclave) => call(enclave, 'spin', []), { timeoutMs: 400 });
    const hung = expect(work).rejects.toMatchObject({ failure: 'timeout' });
    const fine = await Promise.all(Array.from({ length: 10 }, (_, k) => p.run('good', (e) => call(e, 'add', [k, 1]))));
    expect(fine.map(([value]) => value)).toEqual(Array.from({ length: 10 }, (_, k) => k + 1));
    await hung;
    expect(await p.run('bad', (e) => call(e, 'add', [1, 1]))).toEqual([2]);
  });
});
