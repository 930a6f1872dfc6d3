// Many machines over a real broker: what one is told all know, calls go where there is room, jobs have one result each, budgets hold together; and nodes
// that are killed, a broker that is restarted, a module that is not what its hash says.
import { describe, expect, test } from 'vitest';
import { keyHash, type Tenant } from '../src/admission/tenants.js';
import { openBroker } from '../src/cluster/connection.js';
import { Definitions } from '../src/cluster/definitions.js';
import { SharedBudgets } from '../src/cluster/shared-budgets.js';
import { checked } from '../src/config/config-error.js';
import { configSchema } from '../src/config/schema.js';
import { bodyOf, brokerOf, jobOf, natsOf, noBroker, nodeOf, post, put, type TestNode } from './broker.js';
import * as guests from './guests.js';
import { admin, ask, until } from './support.js';

/** Of jobs, and of calls; `npm run test:serve-long` has 1,000. */
const COUNT = Number(process.env['ENCLASM_SERVE_JOBS'] ?? 60);
describe.skipIf(noBroker !== undefined)(`over a broker ${noBroker ?? ''}`, () => {
  test('what one node is told all know; a change of what is no longer the last is refused', async () => {
    const broker = await brokerOf();
    const [a, b] = await Promise.all([nodeOf(broker), nodeOf(broker)]);
    const first = await put(a!, 'hello', guests.saying('one'), { 'if-none-match': '*' });
    expect(first.status).toBe(204);
    const says = (node: TestNode, text: string) => until(async () => (await post(node, '/hello')).text === text);
    await says(b!, 'one');
    expect((await put(b!, 'hello', guests.saying('two'), { 'if-none-match': '*' })).status).toBe(412);
    expect((await put(b!, 'hello', guests.saying('two'), { 'if-match': String(first.headers.etag) })).status).toBe(204);
    expect((await put(a!, 'hello', guests.saying('three'), { 'if-match': String(first.headers.etag) })).status).toBe(
      412,
    );
    await says(a!, 'two');
    // A node that comes later knows it too.
    const c = await nodeOf(broker);
    expect((await post(c, '/hello')).text).toBe('two');
    const tenant = JSON.stringify({ keys: [keyHash('ann')] });
    expect((await ask(`${a!.url}/api/tenants/ann`, { method: 'PUT', headers: admin, body: tenant })).status).toBe(204);
    await until(async () => (await post(c, '/hello', '', { authorization: 'Bearer ann' })).status === 200);
    expect((await ask(`${c.url}/api/functions/hello`, { method: 'DELETE', headers: admin })).status).toBe(204);
    await until(async () => (await post(a!, '/hello')).status === 404);
    expect(await a!.kill('SIGTERM')).toBe(0);
  });

  test('a module that is not what its hash says is refused, and the version before stays', async () => {
    const broker = await brokerOf();
    const node = await nodeOf(broker);
    await put(node, 'hello', guests.saying('good'));
    const other = await openBroker(checked(configSchema, natsOf(broker), 'test').nats!);
    try {
      const definitions = await Definitions.open(other, 1);
      const sha256 = await definitions.putModule(guests.saying('promised'));
      const modules = await other.objects.open('enclasm-modules');
      await modules.putBlob({ name: sha256 }, guests.saying('evil'));
      const definition = {
        args: [],
        env: {},
        directories: {},
        config: {},
        limits: {},
        mode: 'auto',
        deterministic: false,
        stream: true,
      } as const;
      await definitions.putFunction('hello', { sha256, definition: { ...definition, args: [] } }, undefined);
      await until(() => node.log.some(({ refused }) => String(refused).includes('not what its hash says')));
      expect((await post(node, '/hello')).text).toBe('good');
    } finally {
      await other.connection.close();
    }
  });

  test('a call goes where there is room', async () => {
    const broker = await brokerOf();
    const [a, b] = await Promise.all([nodeOf(broker), nodeOf(broker)]);
    await put(a!, 'slow', guests.sleeping(1_000));
    await until(async () => (await post(b!, '/slow')).status === 200);
    const answers = await Promise.all([post(a!, '/slow'), post(a!, '/slow')]);
    expect(answers.map(({ text }) => text)).toEqual(['awake', 'awake']);
    await until(async () => (await ask(`${a!.url}/metrics`, { method: 'GET' })).text.includes('running_calls 0'));
    const calls = (await ask(`${b!.url}/metrics`, { method: 'GET' })).text;
    // Its own, and one that was passed on.
    expect(calls).toContain('enclasm_serve_calls_total{function="slow",tenant="anonymous",status="200"} 2');
    await put(a!, 'trap', guests.trapping);
    await until(async () => (await post(b!, '/trap')).status === 502);
    const busy = post(a!, '/slow');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await post(a!, '/trap')).json()).toMatchObject({ status: 502, kind: 'trap' });
    await busy;
  });

  test('jobs: one result each, of the same key too; one that fails is dead with its reason', async () => {
    const broker = await brokerOf();
    const node = await nodeOf(broker, natsOf(broker, { tries: 2 }));
    await put(node, 'upper', guests.upper);
    const sent = await Promise.all(Array.from({ length: 20 }, (_, k) => post(node, '/jobs/upper', `job ${k}`)));
    const ids = sent.map(({ json }) => json().id as string);
    await until(async () =>
      (await Promise.all(ids.map((id) => jobOf(node, id)))).every(({ state }) => state === 'done'),
    );
    for (const [k, id] of ids.entries()) expect(bodyOf(await jobOf(node, id))).toBe(`JOB ${k}`);
    const key = { 'idempotency-key': 'the-same' };
    const twice = [await post(node, '/jobs/upper', 'once', key), await post(node, '/jobs/upper', 'twice', key)];
    expect(twice.map(({ json }) => json().id)).toEqual(['the-same', 'the-same']);
    await until(async () => (await jobOf(node, 'the-same')).state === 'done');
    expect(bodyOf(await jobOf(node, 'the-same'))).toBe('ONCE');
    const { id } = (await post(node, '/jobs/upper', 'fail')).json();
    await until(async () => (await jobOf(node, id)).state === 'done');
    expect(await jobOf(node, id)).toMatchObject({ problem: { status: 502, exitCode: 3 } });
    const dead = () => node.log.filter(({ msg }) => msg === 'job is dead');
    await until(() => dead().length > 0);
    expect(dead()).toMatchObject([{ job: id, tries: 2 }]);
    expect((await jobOf(node, 'no-such')).status).toBe(404);
    expect((await post(node, '/jobs/none')).status).toBe(404);
  });

  test('dead jobs: listed with their reasons, tried again under the same id, thrown away', async () => {
    const broker = await brokerOf();
    const node = await nodeOf(broker, natsOf(broker, { tries: 1 }));
    const api = async (path: string, method = 'GET', headers = admin) => {
      const { status, text } = await ask(`${node.url}/api/dead-jobs${path}`, { method, headers });
      return { status, json: text === '' ? undefined : JSON.parse(text) };
    };
    const listed = async () => (await api('')).json;
    expect(await listed()).toEqual([]);
    await put(node, 'job', guests.exiting(3));
    const ids: string[] = [];
    for (const body of ['one', 'two']) {
      ids.push((await post(node, '/jobs/job', body)).json().id);
      await until(async () => (await listed()).length === ids.length);
    }
    const [second, first] = await listed();
    expect(first).toMatchObject({
      job: ids[0],
      function: 'job',
      tenant: 'anonymous',
      tries: 1,
      problem: { exitCode: 3 },
    });
    expect(second.job).toBe(ids[1]);
    expect(bodyOf((await api(`/${first.letter}`)).json)).toBe('one');
    const counts = await ask(`${node.url}/api/status`, { method: 'GET', headers: admin });
    expect(JSON.parse(counts.text).jobs).toEqual({ waiting: 0, dead: 2 });
    for (const [path, method, status] of [
      ['/99', 'GET', 404],
      ['/no-number', 'DELETE', 404],
      ['/99/retry', 'POST', 404],
    ] as const) {
      expect((await api(path, method)).status).toBe(status);
    }
    const other = { authorization: 'Bearer other' };
    for (const [path, method] of [
      ['', 'GET'],
      [`/${first.letter}`, 'DELETE'],
      [`/${first.letter}/retry`, 'POST'],
    ]) {
      expect((await api(path!, method, other)).status).toBe(401);
    }
    // It dies again, as another letter; then it does what it should, under the id that it has.
    expect((await api(`/${first.letter}/retry`, 'POST')).status).toBe(204);
    await until(async () =>
      (await listed()).some(({ job, letter }: typeof first) => job === ids[0] && letter > second.letter),
    );
    await put(node, 'job', guests.upper);
    await until(async () => (await post(node, '/job', 'x')).text === 'X');
    const again = (await listed()).find(({ job }: typeof first) => job === ids[0]);
    expect((await api(`/${again.letter}/retry`, 'POST')).status).toBe(204);
    await until(async () => (await jobOf(node, ids[0]!)).state === 'done');
    expect(bodyOf(await jobOf(node, ids[0]!))).toBe('ONE');
    expect((await api(`/${second.letter}`, 'DELETE')).status).toBe(204);
    expect(await listed()).toEqual([]);
    await broker.end('SIGKILL');
    const away = await ask(`${node.url}/api/status`, { method: 'GET', headers: admin });
    expect(JSON.parse(away.text).jobs).toBe('unknown');
  });

  test(`a node is killed and the broker restarted during ${COUNT} jobs and ${COUNT} calls`, {
    timeout: 600_000,
  }, async () => {
    const broker = await brokerOf();
    const [a, b] = await Promise.all([nodeOf(broker), nodeOf(broker)]);
    await put(a!, 'upper', guests.upper);
    await until(async () => (await post(b!, '/upper')).status === 200);
    const ids: string[] = [];
    const submit = async (k: number): Promise<void> => {
      // The sender does not know whether a job whose answer was lost was stored: it sends it again, under the same key.
      const headers = { 'idempotency-key': `job-${k}` };
      for (;;) {
        const sent = await post(b!, '/jobs/upper', `job ${k}`, headers).catch(() => undefined);
        if (sent?.status === 202) return void ids.push(sent.json().id);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    const answered: number[] = [];
    const call = async (k: number): Promise<void> => {
      const deadline = performance.now() + 60_000;
      const status = await post(k % 2 ? a! : b!, '/upper', `call ${k}`).then(
        (answer) => answer.status,
        () => 0,
      );
      expect(performance.now()).toBeLessThan(deadline);
      if (k % 2 === 0) answered.push(status);
    };
    const inTurn = async (work: (k: number) => Promise<void>): Promise<void> => {
      for (let k = 0; k < COUNT; k++) await work(k);
    };
    const all = Promise.all([inTurn(submit), inTurn(call)]);
    await until(() => ids.length > COUNT / 3);
    await a!.kill('SIGKILL');
    await until(() => ids.length > COUNT / 2);
    await broker.end('SIGKILL');
    await broker.begin();
    await all;
    expect(ids).toHaveLength(COUNT);
    // The node that is there answers each call: also that it was passed on to the one that was killed, or that the broker was away.
    expect(answered.filter((status) => ![200, 502, 503, 504].includes(status))).toEqual([]);
    expect(answered.filter((status) => status === 200).length).toBeGreaterThan(COUNT / 4);
    expect((await post(b!, '/upper', 'x')).text).toBe('X');
    for (const [k, id] of ids.entries()) {
      await until(async () => (await jobOf(b!, id).catch(() => undefined))?.state === 'done');
      expect(bodyOf(await jobOf(b!, id))).toBe(`JOB ${k}`);
    }
  });

  test('a node that is cut off and back: nobody waits for it for ever, and it knows what it missed', async () => {
    const broker = await brokerOf();
    const [a, b] = await Promise.all([nodeOf(broker), nodeOf(broker)]);
    await put(a!, 'upper', guests.upper);
    await until(async () => (await post(b!, '/upper')).status === 200);
    b!.pause();
    expect((await post(a!, '/upper', 'x')).text).toBe('X');
    // Some of them are offered to the node that does not answer: then they are this node's again.
    const calls = await Promise.all(Array.from({ length: 12 }, () => post(a!, '/upper', 'x')));
    expect(calls.map(({ status }) => status)).toEqual(Array(12).fill(200));
    const sent = await Promise.all(Array.from({ length: 6 }, (_, k) => post(a!, '/jobs/upper', `job ${k}`)));
    for (const { json } of sent) await until(async () => (await jobOf(a!, json().id)).state === 'done');
    await put(a!, 'new', guests.saying('new'));
    b!.go();
    await until(async () => (await post(b!, '/new')).text === 'new');
    for (const { json } of sent) expect(bodyOf(await jobOf(b!, json().id))).toMatch(/^JOB \d$/);
  });

  test('a budget holds over all nodes, by slices', async () => {
    const broker = await brokerOf();
    const { nats } = checked(configSchema, natsOf(broker), 'test');
    const connections = await Promise.all([openBroker(nats!), openBroker(nats!), openBroker(nats!)]);
    let now = 1_000;
    const budgets = await Promise.all(connections.map((one) => SharedBudgets.open(one, nats!, { now: () => now })));
    const budget = { periodMs: 1_000, fuel: 6_400 };
    const tenant: Tenant = { name: 'ann', weight: 1, queue: 1, concurrency: 1, budget };
    const spend = async (): Promise<number> => {
      let spent = 0;
      const one = async (k: number): Promise<void> => {
        for (;;) {
          const { fuel, settle } = await budgets[k % 3]!.reserve(tenant, 30);
          spent += fuel;
          settle(fuel);
        }
      };
      const ended = await Promise.allSettled(Array.from({ length: 12 }, (_, k) => one(k)));
      for (const one of ended)
        expect((one as PromiseRejectedResult).reason).toMatchObject({ problem: 'budget-used-up' });
      return spent;
    };
    // What is left at the end is less than one call of each node: nobody has more than the budget, and little of it is lost.
    const spent = await spend();
    expect(spent).toBeLessThanOrEqual(6_400);
    expect(spent).toBeGreaterThanOrEqual(6_400 - 3 * 100);
    now = 2_000;
    expect(await spend()).toBeGreaterThanOrEqual(6_400 - 3 * 100);
    // A node whose clock is late does not open the last period again.
    const late = await SharedBudgets.open(connections[0]!, nats!, { now: () => 1_500 });
    await expect(late.reserve(tenant, 30)).rejects.toMatchObject({ problem: 'budget-used-up' });
    await expect(budgets[0]!.reserve(tenant, 6_000)).rejects.toMatchObject({ problem: 'budget-used-up' });
    await Promise.all(connections.map(({ connection }) => connection.close()));
  });
});
