// Spans over nodes: what another node executes is a child of the span of the node that took the request, and so is a job. Two nodes in this process, whose
// spans go to memory, over a real broker.
import { request as httpRequest } from 'node:http';
import { propagation } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { afterAll, describe, expect, test } from 'vitest';
import { checked } from '../src/config/config-error.js';
import { configSchema } from '../src/config/schema.js';
import { brokerOf, natsOf, noBroker } from './broker.js';
import * as guests from './guests.js';
import { collectSpans } from './spans.js';
import { admin, ask, started, until } from './support.js';

const exporter = collectSpans();
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
afterAll(() => propagation.disable());
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CLIENT = 'b7ad6b7169203331';
const headers = { traceparent: `00-${TRACE}-${CLIENT}-01` };
/** Names of the trace's spans, each with that of its parent. */
function lineage(): Record<string, string | undefined> {
  const spans = exporter.getFinishedSpans().filter((span) => span.spanContext().traceId === TRACE);
  const nameOf = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  nameOf.set(CLIENT, 'client');
  return Object.fromEntries(spans.map(({ name, parentSpanContext }) => [name, nameOf.get(parentSpanContext!.spanId)]));
}

/** Where the machine is so busy that the other node does not say in time that it has a place, a call waits where it came: it is made again. */
async function passedOn(url: string): Promise<string> {
  for (;;) {
    const signal = AbortSignal.timeout(5_000);
    const answer = await fetch(url, { method: 'POST', body: 'passed on', headers, signal }).catch(() => undefined);
    if (answer) return answer.text();
  }
}

describe.skipIf(noBroker !== undefined)(`spans over nodes ${noBroker ?? ''}`, () => {
  test('a call that is passed on, and a job', async () => {
    const broker = await brokerOf();
    const node = () => {
      const limits = { timeoutMs: 600_000 };
      const given = { listen: { port: 0 }, enclaves: { size: 1, spares: 0 }, limits, ...natsOf(broker) };
      return started({ config: checked(configSchema, given, 'test') });
    };
    const [a, b] = [await node(), await node()];
    for (const [name, body] of [
      ['upper', guests.upper],
      ['slow', guests.sleeping(600_000)],
    ] as const) {
      const type = { 'content-type': 'application/wasm' };
      const put = await ask(`${a.url}/api/functions/${name}`, { method: 'PUT', headers: { ...admin, ...type }, body });
      expect(put.status).toBe(204);
    }
    await until(() => b.status.functions.length === 2);
    // It has the only place of its node until its client leaves.
    const slow = httpRequest(`${a.url}/slow`, { method: 'POST', agent: false }).on('error', () => {});
    slow.end();
    await until(() => a.status.running === 1);
    exporter.reset();
    expect(await passedOn(`${a.url}/upper`)).toBe('PASSED ON');
    await until(() => Object.keys(lineage()).length === 3);
    expect(lineage()).toEqual({
      'POST /upper': 'client',
      'take upper': 'POST /upper',
      'guest upper': 'take upper',
    });
    slow.destroy();
    exporter.reset();
    expect((await ask(`${a.url}/jobs/upper`, { body: 'later', headers })).status).toBe(202);
    await until(() => Object.keys(lineage()).length === 3);
    expect(lineage()).toEqual({
      'POST /jobs/upper': 'client',
      'job upper': 'POST /jobs/upper',
      'guest upper': 'job upper',
    });
  });
});
