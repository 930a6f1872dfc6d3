// What a configuration may say: every fault by its path, none of a misspelt member, and what is absent filled in.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError, checked } from '../src/config/config-error.js';
import { loadConfig } from '../src/config/load.js';
import { configSchema } from '../src/config/schema.js';
import { folder } from './support.js';

/** The paths of what is wrong. */
function faultsOf(given: unknown): string[] {
  try {
    checked(configSchema, given, 'test');
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).faults.map(({ path }) => path).sort();
  }
}

test('nothing at all is a configuration', () => {
  expect(faultsOf({})).toEqual([]);
  const { listen, limits, tenants, nats } = checked(configSchema, {}, 'test');
  expect([listen.host, limits.timeoutMs, Object.keys(tenants), nats]).toEqual([
    '127.0.0.1',
    10_000,
    ['anonymous'],
    undefined,
  ]);
});
test.each<[string, unknown, string[]]>([
  ['no object', 3, ['']],
  ['a misspelt member', { limit: {} }, ['']],
  [
    'several at once',
    { listen: { port: 70_000 }, queue: { limit: -1 }, limits: { fuel: 0.5 } },
    ['limits.fuel', 'listen.port', 'queue.limit'],
  ],
  ['a misspelt limit', { functions: { f: { module: 'f.wasm', limits: { feul: 1 } } } }, ['functions.f.limits']],
  ['a name of the server', { functions: { metrics: { module: 'm.wasm' } } }, ['functions.metrics']],
  ['a name that is none', { functions: { '../f': { module: 'm.wasm' } } }, ['functions.../f']],
  [
    'a plugin without its function',
    { functions: { f: { module: 'm.wasm', convention: 'extism' } } },
    ['functions.f.call'],
  ],
  [
    'a program with one',
    { functions: { f: { module: 'm.wasm', convention: 'cgi', call: 'f' } } },
    ['functions.f.call'],
  ],
  ['a tenant without a key', { tenants: { ann: {} } }, ['tenants.ann.keys']],
  ['a key instead of its hash', { tenants: { ann: { keys: ['secret'] } } }, ['tenants.ann.keys.0']],
  ['a function of nobody', { functions: { f: { module: 'f.wasm', tenants: ['ann'] } } }, ['functions.f.tenants.0']],
  ['a sandbox that there is not', { enclaves: { bubblewrap: true } }, ['enclaves.bubblewrap']],
  ['a broker without an address', { nats: {} }, ['nats.servers']],
])('%s', (_, given, paths) => expect(faultsOf(given)).toEqual(paths));

test('of a file: paths are relative to it, and what is no JSON says where', async () => {
  const path = folder();
  const file = join(path, 'serve.json');
  const functions = { f: { module: 'f.wasm', directories: { '/data': { path: '../data' } } } };
  writeFileSync(file, JSON.stringify({ functions, folder: 'more', nats: { servers: 'a', credentials: 'node.creds' } }));
  const config = await loadConfig(file);
  expect(config.functions['f']).toMatchObject({
    module: join(path, 'f.wasm'),
    directories: { '/data': { path: join(path, '../data'), readOnly: true } },
  });
  expect([config.folder, config.nats?.credentials]).toEqual([join(path, 'more'), join(path, 'node.creds')]);
  writeFileSync(file, '{');
  await expect(loadConfig(file)).rejects.toThrow(file);
  await expect(loadConfig(join(path, 'none.json'))).rejects.toThrow('ENOENT');
});
