// Who gets a place: shares by weight, bounds, budgets; by counts, in a time that the test makes, and then over HTTP.
import { expect, test } from 'vitest';
import { LocalBudgets } from '../src/admission/budget.js';
import { FairQueue, type Place, type Share } from '../src/admission/fair-queue.js';
import { keyHash, Tenants } from '../src/admission/tenants.js';
import * as guests from './guests.js';
import { ask, serve } from './support.js';

const share = (name: string, more: Partial<Share> = {}): Share => ({
  name,
  weight: 1,
  queue: 1_000,
  concurrency: 1_000,
  ...more,
});
const never = (): AbortSignal => new AbortController().signal;
const large = { limit: 1_000_000, maxWaitMs: Number.POSITIVE_INFINITY };

/** Serves calls one after another, each for its tenant's time. @returns how many calls of each were served */
async function serveAll(queue: FairQueue, tenants: readonly (Share & { calls: number; ms: number })[], rounds: number) {
  const served = new Map<string, number>();
  const ready: { place: Place; ms: number; name: string }[] = [];
  for (const { calls, ms, ...one } of tenants) {
    for (let k = 0; k < calls; k++) {
      void queue.enter(one, never()).then((place) => ready.push({ place, ms, name: one.name }));
    }
  }
  for (let round = 0; round < rounds; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    const next = ready.shift();
    if (next === undefined) break;
    served.set(next.name, (served.get(next.name) ?? 0) + 1);
    next.place.leave(next.ms);
  }
  return served;
}

test('ten tenants of which one floods: each other has its share', async () => {
  const queue = new FairQueue({ slots: 2, ...large });
  const others = Array.from({ length: 9 }, (_, k) => ({ ...share(`t${k}`), calls: 100, ms: 5 }));
  const served = await serveAll(queue, [{ ...share('flood', { queue: 5_000 }), calls: 5_000, ms: 5 }, ...others], 500);
  for (const { name } of others) expect(served.get(name)).toBeGreaterThanOrEqual(0.8 * 50);
});
test('shares are of time, not of calls, and by weight', async () => {
  const long = { ...share('long'), calls: 500, ms: 10 };
  const short = { ...share('short'), calls: 500, ms: 1 };
  const byTime = await serveAll(new FairQueue({ slots: 1, ...large }), [long, short], 300);
  expect(byTime.get('short')! / byTime.get('long')!).toBeGreaterThan(8);
  const heavy = { ...share('heavy', { weight: 3 }), calls: 500, ms: 5 };
  const light = { ...share('light'), calls: 500, ms: 5 };
  const byWeight = await serveAll(new FairQueue({ slots: 1, ...large }), [light, heavy], 200);
  expect(byWeight.get('heavy')! / byWeight.get('light')!).toBeCloseTo(3, 0);
});
test('bounds: of a tenant, of all, of the wait; who is capped does not keep others', async () => {
  const queue = new FairQueue({ slots: 2, limit: 4, maxWaitMs: 1_000 });
  const capped = share('capped', { concurrency: 1, queue: 2 });
  const place = await queue.enter(capped, never());
  const waiting = [queue.enter(capped, never()), queue.enter(capped, never())];
  await expect(queue.enter(capped, never())).rejects.toMatchObject({
    problem: 'queue-full',
    status: 429,
    retryAfter: 1,
  });
  const other = await queue.enter(share('other'), never());
  void queue.enter(share('other'), never()).then((one) => one.leave(1));
  void queue.enter(share('other'), never()).then((one) => one.leave(1));
  await expect(queue.enter(share('third'), never())).rejects.toMatchObject({ problem: 'overloaded', status: 503 });
  other.leave(1);
  place.leave(5);
  (await waiting[0]!).leave(5);
  (await waiting[1]!).leave(5);

  const slow = new FairQueue({ slots: 1, limit: 100, maxWaitMs: 1_000 });
  for (let k = 0; k < 40; k++) (await slow.enter(share('slow'), never())).leave(4 ** k);
  await slow.enter(share('slow'), never());
  await expect(slow.enter(share('slow'), never())).rejects.toMatchObject({ problem: 'overloaded' });
});
test('who leaves the queue is no longer in it, and a closed one takes nobody', async () => {
  const queue = new FairQueue({ slots: 1, ...large });
  const place = await queue.enter(share('a'), never());
  const leaving = new AbortController();
  const left = queue.enter(share('a'), leaving.signal);
  const next = queue.enter(share('a'), never());
  leaving.abort();
  await expect(left).rejects.toMatchObject({ problem: 'gone-away' });
  expect(queue.statusOf('a')).toEqual({ waiting: 1, running: 1 });
  queue.close();
  place.leave(1);
  (await next).leave(1);
  await expect(queue.enter(share('a'), never())).rejects.toMatchObject({ problem: 'draining' });
  expect([queue.waiting, queue.running]).toEqual([0, 0]);
});

test('a budget is never exceeded, and begins again', () => {
  let now = 0;
  const budgets = new LocalBudgets(() => now);
  const tenants = new Tenants({
    ann: { keys: ['a'.repeat(64)], weight: 1, queue: 1, budget: { periodMs: 1_000, fuel: 100 } },
  });
  const ann = tenants.named('ann')!;
  const first = budgets.reserve(ann, 70);
  const second = budgets.reserve(ann, 70);
  expect([first.fuel, second.fuel]).toEqual([70, 30]);
  expect(() => budgets.reserve(ann, 1)).toThrow('has used, or reserved');
  first.settle(10);
  expect(budgets.reserve(ann, 70).fuel).toBe(60);
  now = 999;
  expect(() => budgets.check(ann)).toThrow(expect.objectContaining({ status: 429, retryAfter: 1 }));
  now = 1_000;
  budgets.check(ann);
});

test('over HTTP: a flood of one tenant does not keep the others', async () => {
  const names = Array.from({ length: 10 }, (_, k) => `t${k}`);
  const tenants = Object.fromEntries([...names, 'first'].map((name) => [name, { keys: [keyHash(name)], queue: 500 }]));
  const { server } = await serve(
    { busy: guests.busy(200_000), slow: guests.sleeping(1_500) },
    { tenants, queue: { maxWaitMs: 1_000_000, limit: 5_000 } },
  );
  const done: { readonly name: string; readonly ms: number }[] = [];
  const call = async (name: string): Promise<void> => {
    const { status, headers } = await ask(`${server.url}/busy`, { headers: { authorization: `Bearer ${name}` } });
    expect(status).toBe(200);
    done.push({ name, ms: Number(/guest;dur=([\d.]+)/.exec(String(headers['server-timing']))![1]) });
  };
  // All wait before one begins: from then on, the order is the queue's alone.
  const first = [1, 2].map(() => ask(`${server.url}/slow`, { headers: { authorization: 'Bearer first' } }));
  const calls = [...names]
    .reverse()
    .flatMap((name) => Array.from({ length: name === 't0' ? 200 : 40 }, () => call(name)));
  await Promise.all([...first, ...calls]);
  // Shares are of time, in which a pause of the machine counts as four calls at most: until a line is empty, each has the tenth part.
  const typical = done.map(({ ms }) => ms).sort((a, b) => a - b)[done.length >> 1]!;
  const served = new Map(names.map((name) => [name, { calls: 0, ms: 0 }]));
  for (const { name, ms } of done) {
    const one = served.get(name)!;
    one.ms += Math.min(ms, 4 * typical);
    if (++one.calls === 40 && name !== 't0') break;
  }
  const times = [...served.values()].map(({ ms }) => ms);
  const share = times.reduce((sum, one) => sum + one, 0) / names.length;
  expect(Math.min(...times.slice(1))).toBeGreaterThanOrEqual(0.8 * share);
});

test('over HTTP: bounds and budgets are statuses with Retry-After', async () => {
  const tenants = {
    anonymous: { queue: 1 },
    poor: { keys: [keyHash('poor')], budget: { fuel: 1_000_000, periodMs: 600_000 } },
  };
  const { server } = await serve(
    { busy: guests.busy(100_000), slow: guests.sleeping(300), trap: guests.trapping },
    { tenants, enclaves: { size: 1, spares: 0 } },
  );
  const calls = await Promise.all([1, 2, 3, 4].map(() => ask(`${server.url}/slow`)));
  const statuses = calls.map(({ status }) => status).sort();
  expect(statuses).toEqual([200, 200, 429, 429]);
  expect(calls.find(({ status }) => status === 429)!.headers['retry-after']).toMatch(/^\d+$/);
  const poor = { headers: { authorization: 'Bearer poor' } };
  // A trap costs what it used, not all that it could have.
  expect((await ask(`${server.url}/trap`, poor)).status).toBe(502);
  expect((await ask(`${server.url}/busy`, poor)).status).toBe(200);
  let last = await ask(`${server.url}/busy`, poor);
  for (let k = 0; k < 10 && last.status === 200; k++) last = await ask(`${server.url}/busy`, poor);
  expect(last.status).toBe(422);
  last = await ask(`${server.url}/busy`, poor);
  expect([last.status, Number(last.headers['retry-after'])]).toEqual([429, expect.any(Number)]);
});
