// Calls over HTTP: answers, streams, limits as statuses, clients that leave, every convention.
import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import * as guests from './guests.js';
import { ask, serve, until } from './support.js';

const problem = (text: string): { type: string; limit?: string; exitCode?: number } => JSON.parse(text);

test('the body is the input, the output the answer, and the header says what it cost', async () => {
  const { server } = await serve({ upper: guests.upper });
  const { status, headers, text } = await ask(`${server.url}/upper`, { body: 'hello' });
  expect([status, text]).toEqual([200, 'HELLO']);
  expect(headers['server-timing']).toMatch(/^queue;dur=[\d.]+, guest;dur=[\d.]+, fuel;desc="\d+", memory;desc="\d+"$/);
});

test('bodies are streams, both ways at once, and the trailer says what it cost', async () => {
  const { server } = await serve({ echo: guests.echo });
  const asking = request(`${server.url}/echo`, { method: 'POST', agent: false });
  const part = 'x'.repeat(100_000);
  asking.write(part);
  const [answer] = await once(asking, 'response');
  let got = 0;
  answer.on('data', (bytes: Uint8Array) => (got += bytes.length));
  // The first part is back before the second is sent.
  await until(() => got === part.length);
  asking.end(part);
  await once(answer, 'end');
  expect(got).toBe(2 * part.length);
  expect(answer.trailers['server-timing']).toContain('fuel;desc=');
});

test('an answer that is not sent as it comes is the same answer', async () => {
  const definition = { stream: false, limits: { outputBytes: 300_000, fuel: 2 ** 52 } };
  const { server } = await serve({
    echo: { module: guests.echo, definition },
    flooding: { module: guests.flooding, definition },
    exiting: { module: guests.exiting(3), definition },
  });
  for (const body of ['', 'short', 'x'.repeat(200_000)]) {
    const { status, text, headers } = await ask(`${server.url}/echo`, { body });
    expect([status, text === body]).toEqual([200, true]);
    expect(headers['server-timing'] === undefined).toBe(body.length > 100_000);
  }
  expect(problem((await ask(`${server.url}/flooding`)).text)).toMatchObject({ status: 422, limit: 'outputBytes' });
  expect((await ask(`${server.url}/exiting`)).status).toBe(502);
});

describe('a limit is a status that says so', () => {
  const limits = { fuel: 1_000_000, outputBytes: 100_000, bodyBytes: 100_000, memoryBytes: 4 << 20 };
  const functions = {
    spinning: { module: guests.spinning, definition: { limits: { fuel: 2 ** 52, timeoutMs: 300 } } },
    fuelled: guests.spinning,
    flooding: { module: guests.flooding, definition: { limits: { outputBytes: 10_000, fuel: 2 ** 52 } } },
    sleeping: { module: guests.sleeping(60_000), definition: { limits: { timeoutMs: 300 } } },
    trapping: guests.trapping,
    exiting: guests.exiting(3),
    growing: guests.growing,
    echo: guests.echo,
    ignoring: guests.ignoring,
    sort: guests.sort,
  };
  test('each of them', async () => {
    const { server } = await serve(functions, { limits });
    const of = async (name: string, sent = {}) => {
      const { status, text, headers } = await ask(`${server.url}/${name}`, sent);
      expect(headers['content-type']).toBe('application/problem+json');
      return [status, problem(text).type.replace('urn:enclasm:problem:', ''), problem(text).limit];
    };
    expect(await of('spinning')).toEqual([504, 'timed-out', 'timeoutMs']);
    expect(await of('sleeping')).toEqual([504, 'timed-out', 'timeoutMs']);
    expect(await of('fuelled')).toEqual([422, 'limit', 'fuel']);
    expect(await of('flooding')).toEqual([422, 'limit', 'outputBytes']);
    expect(await of('growing')).toEqual([422, 'limit', undefined]);
    expect(await of('trapping')).toEqual([502, 'guest-failed', undefined]);
    expect(await of('exiting')).toEqual([502, 'guest-failed', undefined]);
    expect(await of('nothing')).toEqual([404, 'not-found', undefined]);
    expect(await of('echo', { method: 'GET' })).toEqual([405, 'wrong-method', undefined]);
    const large = 'x'.repeat(100_001);
    expect(await of('echo', { body: large })).toEqual([413, 'body-too-large', 'bodyBytes']);
    expect(await of('sort', { body: large, headers: { 'transfer-encoding': 'chunked' } })).toEqual([
      413,
      'body-too-large',
      'bodyBytes',
    ]);
    // After all that the enclaves serve on.
    expect((await ask(`${server.url}/ignoring`, { body: 'x'.repeat(90_000) })).text).toBe('no need to read');
    expect(server.status).toMatchObject({ waiting: 0, running: 0 });
  });
  test('an answer that had begun is cut', async () => {
    const { server } = await serve({
      flooding: { module: guests.flooding, definition: { limits: { outputBytes: 300_000 } } },
    });
    await expect(ask(`${server.url}/flooding`)).rejects.toThrow(/aborted|hang up/);
  });
});

test('a client that leaves ends its call, and one that does not read keeps nobody', async () => {
  const { server } = await serve(
    { sleeping: guests.sleeping(60_000), flooding: guests.flooding, ignoring: guests.ignoring },
    {
      limits: { timeoutMs: 60_000, outputBytes: 2 ** 40, fuel: 2 ** 50 },
      enclaves: { size: 1, spares: 0 },
    },
  );
  for (const name of ['sleeping', 'flooding']) {
    const asking = request(`${server.url}/${name}`, { method: 'POST', agent: false });
    asking.on('error', () => {}).on('response', (answer) => answer.pause().on('error', () => {}));
    asking.end();
    await until(() => server.status.running === 1);
    // The flood stops where nobody reads.
    if (name === 'flooding') await new Promise((resolve) => setTimeout(resolve, 300));
    asking.destroy();
    await until(() => server.status.running === 0);
  }
  expect((await ask(`${server.url}/ignoring`)).text).toBe('no need to read');
  expect(process.memoryUsage().external).toBeLessThan(512 << 20);
});

test('in processes: the same, and a guest that loops', async () => {
  const spinning = { module: guests.spinning, definition: { limits: { fuel: 2 ** 52, timeoutMs: 300 } } };
  const { server } = await serve(
    { upper: guests.upper, spinning },
    { enclaves: { transport: 'process', size: 1, spares: 0 } },
  );
  expect((await ask(`${server.url}/upper`, { body: 'hello' })).text).toBe('HELLO');
  expect((await ask(`${server.url}/spinning`)).status).toBe(504);
  expect((await ask(`${server.url}/upper`, { body: 'again' })).text).toBe('AGAIN');
});

test('CGI: meta-variables in, a header out, nothing of the connection', async () => {
  const { server } = await serve({ cgi: { module: guests.cgi(), definition: { convention: 'cgi' } } });
  const headers = { 'x-asked': 'yes', authorization: 'Bearer nobody' };
  const refused = await ask(`${server.url}/cgi`, { headers });
  expect(refused.status).toBe(401);
  const {
    status,
    headers: got,
    text,
  } = await ask(`${server.url}/cgi/a%20b?q=1`, {
    method: 'PUT',
    headers: { 'x-asked': 'yes' },
    body: 'the body',
  });
  expect([status, got['content-type'], got['x-interface']]).toEqual([201, 'text/plain', 'CGI/1.1']);
  expect(text).toBe('PUT /cgi /a b?q=1\nyes (none) 8\nthe body');
  expect((await ask(`${server.url}/cgi/no-header`)).status).toBe(502);
  expect((await ask(`${server.url}/cgi/moved`)).headers).toMatchObject({ location: '/elsewhere' });
  expect((await ask(`${server.url}/cgi/smuggle`)).text).toBe('whole body\n');
  for (const wrong of ['%zz', '%00', '%ff']) expect((await ask(`${server.url}/cgi/${wrong}`)).status).toBe(400);
});

test('plugins: Extism, pointer and length; nothing of one call is there for the next', async () => {
  const { server } = await serve({
    vowels: { module: guests.extism, definition: { call: 'count_vowels' } },
    setting: { module: guests.extism, definition: { call: 'setting', config: { colour: 'blue' } } },
    greet: { module: guests.greet, definition: { call: 'greet' } },
  });
  for (let k = 0; k < 3; k++) {
    expect(JSON.parse((await ask(`${server.url}/vowels`, { body: 'aeiou' })).text)).toEqual({ count: 5, total: 5 });
  }
  expect((await ask(`${server.url}/setting`, { body: 'colour' })).text).toBe('blue');
  expect((await ask(`${server.url}/setting`, { body: 'size' })).status).toBe(502);
  const { text, headers } = await ask(`${server.url}/greet`, { body: 'World' });
  expect([text, headers['server-timing']]).toEqual([
    expect.stringContaining('World'),
    expect.stringContaining('fuel;desc='),
  ]);
});
