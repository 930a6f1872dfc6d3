// What a person and a machine see of the server: health, metrics, spans, one line of the log for each call.
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { checked } from '../src/config/config-error.js';
import { configSchema } from '../src/config/schema.js';
import * as guests from './guests.js';
import { collectSpans } from './spans.js';
import { admin, ask, serve, started, until } from './support.js';

const get = (url: string, headers = {}) => ask(url, { method: 'GET', headers });

const exporter = collectSpans();

test('health, readiness, metrics, state', async () => {
  const { server } = await serve({ hello: guests.saying('hello'), trap: guests.trapping });
  for (const name of ['hello', 'hello', 'trap', 'none']) await ask(`${server.url}/${name}`);
  expect((await get(`${server.url}/healthz`)).status).toBe(200);
  expect(JSON.parse((await get(`${server.url}/readyz`)).text)).toEqual({ status: 'ready' });
  const { text } = await get(`${server.url}/metrics`);
  for (const line of [
    'enclasm_serve_calls_total{function="hello",tenant="anonymous",status="200"} 2',
    'enclasm_serve_calls_total{function="trap",tenant="anonymous",status="502"} 1',
    // A name that anybody can make up is no label.
    'enclasm_serve_calls_total{function="",tenant="anonymous",status="404"} 1',
    'enclasm_serve_guest_seconds_count{function="hello"} 2',
    'enclasm_serve_enclaves{state="idle"}',
  ]) {
    expect(text).toContain(line);
  }
  expect(Number(/enclasm_serve_fuel_total\{tenant="anonymous"\} (\d+)/.exec(text)?.[1])).toBeGreaterThan(0);
  expect((await get(`${server.url}/api/status`)).status).toBe(401);
  const status = JSON.parse((await get(`${server.url}/api/status`, admin)).text);
  expect(status).toMatchObject({
    ready: true,
    running: 0,
    functions: [
      { name: 'hello', calls: 2, failed: 0 },
      { name: 'trap', failed: 1 },
    ],
  });
});

test('a span for the request, a span for the guest in it, with fuel and memory', async () => {
  exporter.reset();
  const { server } = await serve({ hello: guests.saying('hello'), trap: guests.trapping });
  await ask(`${server.url}/hello`);
  await until(() => exporter.getFinishedSpans().length === 2);
  const [guest, request] = exporter.getFinishedSpans();
  expect([guest!.name, request!.name]).toEqual(['guest hello', 'POST /hello']);
  expect(guest!.parentSpanContext?.spanId).toBe(request!.spanContext().spanId);
  expect(guest!.attributes).toMatchObject({ 'enclasm.function': 'hello', 'enclasm.tenant': 'anonymous' });
  expect(guest!.attributes['enclasm.fuel']).toBeGreaterThan(0);
  expect(guest!.attributes['enclasm.memory_bytes']).toBeGreaterThanOrEqual(131_072);
  expect(request!.attributes['http.response.status_code']).toBe(200);
  await ask(`${server.url}/trap`);
  await until(() => exporter.getFinishedSpans().length === 4);
  expect(exporter.getFinishedSpans()[2]!.status).toMatchObject({ message: expect.stringContaining('unreachable') });
});

test('one line of the log for each call, with what the guest said of itself', async () => {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const { path } = await serve({ upper: guests.upper });
  const given = { listen: { port: 0 }, enclaves: { size: 1, spares: 0 }, folder: path };
  const server = await started({ config: checked(configSchema, given, 'test'), log });
  await ask(`${server.url}/upper`, { body: 'fail' });
  expect(lines.filter(({ msg }) => msg === 'call')).toMatchObject([
    { function: 'upper', tenant: 'anonymous', status: 502, problem: 'guest-failed', stderr: 'it was told to fail\n' },
  ]);
});
