// Calls that one node passes on to another, over a real broker: bodies of any length both ways, a client that leaves, and nodes that are silently dead,
// before they take a call and after. A node here has one place; it is taken by a call that sleeps, so that the next goes elsewhere.
import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { Channels } from '../src/cluster/channel.js';
import { openBroker } from '../src/cluster/connection.js';
import { checked } from '../src/config/config-error.js';
import { configSchema } from '../src/config/schema.js';
import { brokerOf, metricsOf, natsOf, noBroker, nodeOf, post, put, type TestNode } from './broker.js';
import * as guests from './guests.js';
import { until } from './support.js';

/** Two nodes with the same functions. */
async function two(functions: Readonly<Record<string, Uint8Array>>, more: object = {}) {
  const broker = await brokerOf();
  const [a, b] = await Promise.all([nodeOf(broker, more), nodeOf(broker, more)]);
  for (const [name, module] of Object.entries(functions)) await put(a!, name, module);
  await until(async () => (await post(b!, `/${Object.keys(functions).at(-1)!}`)).status !== 404);
  return { broker, a: a!, b: b! };
}
const isRunning = (node: TestNode) => until(async () => (await metricsOf(node)).includes('running_calls 1'));
/** Its place is taken, by a call that this does not wait for. */
async function occupy(node: TestNode): Promise<void> {
  void post(node, '/slow').catch(() => undefined);
  await isRunning(node);
}
const endedOf = async (node: TestNode, name: string): Promise<readonly string[]> =>
  (await metricsOf(node)).split('\n').filter((line) => line.startsWith(`enclasm_serve_calls_total{function="${name}"`));

describe.skipIf(noBroker !== undefined)(`passed on ${noBroker ?? ''}`, () => {
  test('bodies of any length, both ways; an answer as it comes', async () => {
    const { a, b } = await two({ slow: guests.sleeping(8_000), trap: guests.trapping, echo: guests.echo });
    await occupy(a);
    for (const length of [0, 1, 65_536, 65_537, 5_000_000]) {
      const body = 'abcdefg'.repeat(Math.ceil(length / 7)).slice(0, length);
      const { status, text } = await post(a, '/echo', body);
      expect([status, text === body]).toEqual([200, true]);
    }
    expect((await post(a, '/trap')).json()).toMatchObject({ status: 502, kind: 'trap' });
    // Beside the one that asked whether it is there; a machine that is busy may be late to say that it takes one.
    const [, count] = /status="200"} (\d+)$/.exec((await endedOf(b, 'echo'))[0]!)!;
    expect(Number(count)).toBeGreaterThan(1);
    const first = await new Promise<string>((resolve) => {
      const asking = request(`${a.url}/echo`, { method: 'POST' }, (answer) =>
        answer.once('data', (part: Buffer) => {
          resolve(part.toString());
          asking.destroy();
        }),
      );
      asking.on('error', () => {});
      asking.write('the body has not ended');
    });
    expect(first).toBe('the body has not ended');
  });

  test('a client that leaves ends its call on the other node', async () => {
    const { a, b } = await two({ slow: guests.sleeping(6_000), spin: guests.spinning, echo: guests.echo });
    await occupy(a);
    const asking = request(`${a.url}/spin`, { method: 'POST' });
    asking.on('error', () => {});
    asking.end();
    await isRunning(b);
    asking.destroy();
    await until(async () => (await endedOf(b, 'spin')).length > 0);
    // It ended as one whose client has left, not by its own time, which is longer.
    expect(await endedOf(b, 'spin')).toEqual([
      'enclasm_serve_calls_total{function="spin",tenant="anonymous",status="499"} 1',
    ]);
    expect((await post(b, '/echo', 'there is room again')).text).toBe('there is room again');
  });

  test('a node that is silently dead before: the call runs here, and never there', async () => {
    const { a, b } = await two({ slow: guests.sleeping(1_000), echo: guests.echo });
    await occupy(a);
    b.pause();
    const answers = await Promise.all([1, 2, 3, 4].map((k) => post(a, '/echo', `call ${k}`)));
    expect(answers.map(({ text }) => text)).toEqual(['call 1', 'call 2', 'call 3', 'call 4']);
    b.go();
    expect((await post(b, '/echo', 'back')).text).toBe('back');
    expect(await endedOf(b, 'echo')).toEqual([
      'enclasm_serve_calls_total{function="echo",tenant="anonymous",status="200"} 2',
    ]);
  });

  test('a node that is lost after it took a call: that is said, and the call is not made again', async () => {
    const { a, b } = await two({ slow: guests.sleeping(9_500), echo: guests.echo });
    await occupy(a);
    const passed = post(a, '/slow');
    await isRunning(b);
    b.pause();
    expect((await passed).json()).toMatchObject({ type: 'urn:enclasm:problem:node-lost', status: 502 });
    expect(await endedOf(a, 'slow')).toEqual([]);
    b.go();
    await until(async () => (await endedOf(b, 'slow')).length > 0);
    expect((await endedOf(b, 'slow'))[0]).toContain('status="499"');
    // One that is killed is known to be gone sooner: nobody listens there.
    const other = post(a, '/slow');
    await isRunning(b);
    await b.kill('SIGKILL');
    expect((await other).json()).toMatchObject({ type: 'urn:enclasm:problem:node-lost' });
  });

  test('who reads slowly is sent no more than a window, and what is lost on the way ends it', async () => {
    const broker = await brokerOf();
    const { nats } = checked(configSchema, natsOf(broker), 'test');
    const brokers = await Promise.all([openBroker(nats!), openBroker(nats!)]);
    try {
      const [here, there] = brokers.map(({ connection }) => new Channels(connection));
      // What a node publishes before the broker knows who listens is lost.
      for (const { connection } of brokers) await connection.flush();
      const one = here!.open();
      const other = there!.open(one.reply);
      other.say('taken');
      expect((await one.next()).kind).toBe('taken');
      let written = 0;
      const writing = (async () => {
        for (; written < 20; written++) await one.write(new Uint8Array(10));
      })();
      for (let k = 0; k < 3; k++) await other.next();
      await brokers[0]!.connection.flush();
      expect(written).toBe(8);
      for (let k = 0; k < 3; k++) other.read();
      await brokers[1]!.connection.flush();
      expect(written).toBe(8);
      other.read();
      await until(() => written === 12);
      other.close();
      // Whoever speaks to it hears that nobody is there.
      await expect(one.next()).rejects.toMatchObject({ problem: 'node-lost' });
      await expect(writing).rejects.toMatchObject({ problem: 'node-lost' });

      const next = here!.open();
      there!.open(next.reply).say('taken');
      await next.next();
      // As if the broker had dropped one of three.
      brokers[1]!.connection.publish(next.reply.replace(/none$/, 'part'), 'x', { reply: 'nobody.none' });
      await expect(next.next()).rejects.toMatchObject({
        problem: 'node-lost',
        message: expect.stringContaining('lost'),
      });
      expect(here!.size).toBe(0);
    } finally {
      for (const { connection } of brokers) await connection.close();
    }
  });
});
