// Functions, tenants and configuration that change while requests run: new calls get what is new, old ones end with what they began with, and what is
// wrong is refused while what was before stays.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { projectRoot } from '../../test/helpers/wat.js';
import { keyHash } from '../src/admission/tenants.js';
import { checked } from '../src/config/config-error.js';
import { loadConfig } from '../src/config/load.js';
import { configSchema, definitionSchema } from '../src/config/schema.js';
import { createPool, preloadFunction } from '../src/guests/guest.js';
import * as guests from './guests.js';
import { admin, ask, folder, serve, started, TOKEN, until } from './support.js';

const wasm = { ...admin, 'content-type': 'application/wasm' };
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

test('by the API: put, replaced while it runs, removed', async () => {
  const { server } = await serve({ slow: guests.sleeping(500) });
  const running = ask(`${server.url}/slow`);
  await until(() => server.status.running === 1);
  const api = `${server.url}/api/functions/slow`;
  expect((await ask(api, { method: 'PUT', headers: wasm, body: guests.saying('new') })).status).toBe(204);
  expect((await ask(`${server.url}/slow`)).text).toBe('new');
  expect((await running).text).toBe('awake');
  expect((await ask(api, { method: 'DELETE', headers: admin })).status).toBe(204);
  expect((await ask(`${server.url}/slow`)).status).toBe(404);
  expect((await ask(api, { method: 'DELETE', headers: admin })).status).toBe(404);
});

test('by the API: what is refused changes nothing', async () => {
  const { server } = await serve({ good: guests.saying('good') });
  const put = async (name: string, body: string | Uint8Array, headers: Record<string, string> = admin) => {
    const { status, text } = await ask(`${server.url}/api/functions/${name}`, { method: 'PUT', headers, body });
    return [status, status === 204 ? '' : (JSON.parse(text).detail as string)];
  };
  const module = base64(guests.saying('other'));
  expect((await put('good', 'x', {}))[0]).toBe(401);
  expect((await put('good', 'x', { authorization: 'Bearer other' }))[0]).toBe(401);
  expect(await put('good', 'no module', wasm)).toEqual([400, expect.stringContaining('magic')]);
  expect(await put('Good', guests.echo, wasm)).toEqual([400, expect.stringContaining('a name is')]);
  expect(await put('api', guests.echo, wasm)).toEqual([400, expect.stringContaining('the server itself')]);
  expect(await put('other', '{}')).toEqual([400, expect.stringContaining('moduleBase64')]);
  expect(await put('good', '{"limits":{"feul":1}}')).toEqual([
    400,
    expect.stringContaining('limits: Unrecognized key: "feul"'),
  ]);
  expect(await put('good', '{"directories":{"/":{"path":"/"}}}')).toEqual([
    400,
    expect.stringContaining('directories'),
  ]);
  expect(await put('good', '{"tenants":["nobody"]}')).toEqual([400, expect.stringContaining("no tenant 'nobody'")]);
  expect(await put('good', JSON.stringify({ convention: 'extism', call: 'none', moduleBase64: module }))).toEqual([
    400,
    expect.any(String),
  ]);
  expect((await ask(`${server.url}/good`)).text).toBe('good');
  // A definition alone keeps the module.
  expect((await put('good', '{"limits":{"outputBytes":2}}'))[0]).toBe(204);
  expect((await ask(`${server.url}/good`)).status).toBe(422);
  const listed = JSON.parse((await ask(`${server.url}/api/functions`, { method: 'GET', headers: admin })).text);
  expect(listed).toMatchObject([
    { name: 'good', convention: 'stdio', definition: { limits: { outputBytes: 2 } }, running: 0 },
  ]);
});

test('by the folder: added, replaced, refused, removed', async () => {
  const { server, path } = await serve({ one: guests.saying('one') });
  const says = (name: string, text: string) => until(async () => (await ask(`${server.url}/${name}`)).text === text);
  writeFileSync(join(path, 'two.wasm'), guests.saying('two'));
  await says('two', 'two');
  writeFileSync(join(path, 'one.wasm'), 'no module');
  writeFileSync(join(path, 'two.wasm'), guests.saying('2'));
  await says('two', '2');
  expect((await ask(`${server.url}/one`)).text).toBe('one');
  writeFileSync(join(path, 'two.json'), '{"limits":{"outputBytes":0}}');
  await until(async () => (await ask(`${server.url}/two`)).status === 422);
  rmSync(join(path, 'one.wasm'));
  await until(async () => (await ask(`${server.url}/one`)).status === 404);
  // What the API put is not the folder's.
  expect(
    (await ask(`${server.url}/api/functions/three`, { method: 'PUT', headers: wasm, body: guests.echo })).status,
  ).toBe(204);
  rmSync(join(path, 'two.json'));
  await says('two', '2');
  expect((await ask(`${server.url}/three`, { body: 'x' })).text).toBe('x');
});

test('by the configuration: all of a change or nothing of it', async () => {
  const path = folder();
  const file = join(path, 'serve.json');
  writeFileSync(join(path, 'hello.wasm'), guests.saying('hello'));
  writeFileSync(join(path, 'bad.wasm'), 'no module');
  const config = {
    listen: { port: 0 },
    enclaves: { size: 1, spares: 0 },
    tenants: { ann: { keys: [keyHash('of-ann')] } },
    functions: { hello: { module: 'hello.wasm', tenants: ['ann'] } },
  };
  const write = (more: object) => writeFileSync(file, JSON.stringify({ ...config, ...more }));
  write({});
  const refused: string[] = [];
  const { pino } = await import('pino');
  const log = pino({ level: 'error' }, { write: (line: string) => void refused.push(JSON.parse(line).refused) });
  const server = await started({ config: await loadConfig(file), file, log });
  const as = async (key: string | undefined) => {
    const headers = key === undefined ? undefined : { authorization: `Bearer ${key}` };
    return (await ask(`${server.url}/hello`, { ...(headers && { headers }) })).status;
  };
  expect([await as('of-ann'), await as('of-bob'), await as(undefined)]).toEqual([200, 401, 401]);
  write({
    functions: { ...config.functions, more: { module: 'bad.wasm' } },
    tenants: { ann: { keys: [keyHash('new')] } },
  });
  await until(() => refused.length === 1);
  write({ tenants: { ann: {} }, limits: { fuel: -1 } });
  await until(() => refused.length === 2);
  expect(refused).toEqual([
    expect.stringContaining('functions.more'),
    expect.stringMatching(/limits\.fuel.*\n?.*tenants\.ann\.keys|tenants|limits\.fuel/),
  ]);
  expect(await as('of-ann')).toBe(200);
  write({ tenants: { ...config.tenants, bob: { keys: [keyHash('of-bob')] } } });
  await until(async () => (await as('of-bob')) === 403);
  expect(await as('of-ann')).toBe(200);
});

test('the command: faults with exit code 2, and SIGTERM ends it when its calls have ended', async () => {
  const path = folder();
  writeFileSync(join(path, 'slow.wasm'), guests.sleeping(700));
  const command = join(projectRoot(), 'serve/dist/main.js');
  const run = (...args: string[]) => spawn(process.execPath, [command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  writeFileSync(join(path, 'bad.json'), '{"listen":{"port":-1},"functions":{"X":{"module":"x"}},"queues":{}}');
  const wrong = run('--config', join(path, 'bad.json'));
  let said = '';
  wrong.stderr.on('data', (part) => (said += part));
  expect((await once(wrong, 'close'))[0]).toBe(2);
  for (const fault of ['listen.port', 'functions.X', 'queues']) expect(said).toContain(fault);

  const child = run('--functions', path, '--port', '0');
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise<string>((resolve) => {
    lines.on('line', (line) => JSON.parse(line).url && resolve(JSON.parse(line).url));
  });
  const answer = ask(`${url}/slow`);
  await until(async () =>
    (await ask(`${url}/metrics`, { method: 'GET' })).text.includes('enclasm_serve_running_calls 1'),
  );
  child.kill('SIGTERM');
  expect((await answer).text).toBe('awake');
  expect((await once(child, 'close'))[0]).toBe(0);
  await expect(ask(`${url}/slow`)).rejects.toThrow('ECONNREFUSED');
});

test('what is put is compiled in all enclaves before its first call, programs and plugins', async () => {
  const { enclaves, limits } = checked(configSchema, { enclaves: { transport: 'worker', size: 2, spares: 0 } }, 'test');
  const pool = createPool(enclaves, () => {});
  try {
    await pool.warm();
    const definition = checked(definitionSchema, {}, 'test');
    for (const [name, convention, bytes] of [
      ['upper', 'stdio', guests.upper],
      ['greet', 'extism', guests.greet],
    ] as const) {
      await preloadFunction(pool, { name, convention, definition, program: pool.program(bytes) }, limits);
    }
    const inBoth = [1, 2].map(() => pool.run('anybody', (enclave) => enclave.countHandles()));
    for (const handles of await Promise.all(inBoth)) expect(handles).toMatchObject({ modules: 2, instances: 0 });
  } finally {
    await pool.close();
  }
});
test('the server does so with a function that is put while it runs', async () => {
  const lines: { msg: string; function: string }[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const given = { listen: { port: 0 }, enclaves: { size: 2, spares: 0 }, adminKey: keyHash(TOKEN), folder: folder() };
  const server = await started({ config: checked(configSchema, given, 'test'), log });
  await ask(`${server.url}/api/functions/upper`, { method: 'PUT', headers: wasm, body: guests.upper });
  await until(() => lines.some(({ msg }) => msg === 'compiled in all enclaves'));
  const said = lines.filter((line) => line.function === 'upper').map(({ msg }) => msg);
  expect(said).toEqual(['function put', 'compiled in all enclaves']);
});
