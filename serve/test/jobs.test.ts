// Jobs that take longer than the broker waits for a sign of them: each runs once, on one node, as long as its node says that it is at work.
import { describe, expect, test } from 'vitest';
import { bodyOf, brokerOf, jobOf, metricsOf, natsOf, noBroker, nodeOf, post, put, type TestNode } from './broker.js';
import * as guests from './guests.js';
import { admin, ask, until } from './support.js';

const ACK_WAIT_MS = 1_000;

/** Calls that a function has had, and those that run now, on all nodes. */
async function executions(nodes: readonly TestNode[], name: string): Promise<number> {
  let count = 0;
  for (const node of nodes) {
    const text = await metricsOf(node);
    for (const [, calls] of text.matchAll(new RegExp(`calls_total\\{function="${name}".*\\} (\\d+)`, 'g')))
      count += Number(calls);
    count += Number(/running_calls (\d+)/.exec(text)?.[1]);
  }
  return count;
}

describe.skipIf(noBroker !== undefined)(`long jobs ${noBroker ?? ''}`, () => {
  test('a job longer than the wait for its acknowledgement is not delivered again, nor is one that waits behind it', async () => {
    const broker = await brokerOf();
    const nats = natsOf(broker, { ackWaitMs: ACK_WAIT_MS });
    const nodes = [await nodeOf(broker, nats), await nodeOf(broker, nats)];
    await put(nodes[0]!, 'slow', guests.sleeping(3.5 * ACK_WAIT_MS));
    const there = `${nodes[1]!.url}/api/functions/slow`;
    await until(async () => (await ask(there, { method: 'GET', headers: admin })).status === 200);
    const sent = await Promise.all(Array.from({ length: 3 }, () => post(nodes[0]!, '/jobs/slow')));
    const ids = sent.map(({ json }) => json().id as string);
    await until(async () =>
      (await Promise.all(ids.map((id) => jobOf(nodes[0]!, id)))).every(({ state }) => state === 'done'),
    );
    for (const id of ids) expect(bodyOf(await jobOf(nodes[0]!, id))).toBe('awake');
    expect(await executions(nodes, 'slow')).toBe(ids.length);
  });
});
