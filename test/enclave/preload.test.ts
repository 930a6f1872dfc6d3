// Modules that every enclave of a pool has before its first job: those that there are and those that come, and no module ends one for good.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type CreatePoolOptions, createEnclavePool, type EnclavePool, type TransportName } from '#src/entry/enclave.js';
import { UsageError } from '#src/wasm/errors.js';
import { assemble, projectRoot } from '../helpers/wat.js';

const root = projectRoot();
const entry = join(root, 'dist/entry/enclave-main.js');
const bytesOf = (path: string) => new Uint8Array(readFileSync(join(root, path)));
const upper = bytesOf('test/plugins/guests/upper.wasm');
const endless = assemble('(module (memory (export "memory") 1) (start $s) (func $s (loop $again (br $again))))');

const pools: EnclavePool[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});
async function poolOf(transport: TransportName, more: Partial<CreatePoolOptions> = {}) {
  const packets: string[] = [];
  const observePacket = ({ name, outcome }: { readonly name: string; readonly outcome: string }) =>
    void packets.push(`${name} ${outcome}`);
  const pool = createEnclavePool({ size: 2, spares: 0, ...more, enclave: { transport, entry, observePacket } });
  pools.push(pool);
  await pool.warm();
  const count = (line: string) => packets.filter((one) => one === line).length;
  return { pool, count };
}

describe.each<TransportName>(['same-thread', 'worker', 'process'])('preloaded modules, %s', (transport) => {
  test('all enclaves have one before its first job', async () => {
    const { pool, count } = await poolOf(transport);
    const module = pool.program(upper);
    await pool.preload({ module, limits: { fuel: 1_000_000 } });
    const loaded = () => [count('LOAD_MODULE answered'), count('INSTANTIATE_MODULE answered')];
    expect(loaded()).toEqual([2, 2]);
    const runs = Array.from({ length: 4 }, () => pool.runProgram(module, { stdin: 'a', limits: { fuel: 1_000_000 } }));
    for (const { stdout } of await Promise.all(runs)) expect(new TextDecoder().decode(stdout)).toBe('A');
    expect(loaded()).toEqual([2, 2]);
    expect(await pool.run('', (enclave) => enclave.countHandles())).toMatchObject({ modules: 1, instances: 0 });
  });
  test('so have those that come later, until it is ended; one that works gets it afterwards', async () => {
    const { pool, count } = await poolOf(transport, { size: 1, recycleAfter: 2 });
    const module = pool.program(upper);
    const working = pool.run('a', (enclave) => enclave.ping({ a: 1, b: 2, c: 3, d: 4 }));
    const end = await pool.preload({ module });
    await working;
    await pool.warm();
    expect(count('LOAD_MODULE answered')).toBe(1);
    await pool.runProgram(module);
    await pool.warm();
    expect([pool.status.recycled, count('LOAD_MODULE answered')]).toEqual([1, 2]);
    end();
    for (let k = 0; k < 2; k++) await pool.run('a', (enclave) => enclave.ping({ a: 1, b: 2, c: 3, d: 4 }));
    await pool.warm();
    expect([pool.status.recycled, count('LOAD_MODULE answered')]).toEqual([2, 2]);
  });
  test('nothing of it is run, and what cannot be had is left to its first job', async () => {
    const { pool, count } = await poolOf(transport, { size: 1 });
    await pool.preload({ module: endless, limits: { fuel: 2 ** 50 } });
    expect([count('LOAD_MODULE answered'), count('INSTANTIATE_MODULE error')]).toEqual([1, 1]);
    await pool.preload({ module: Uint8Array.of(1, 2, 3) });
    expect(count('LOAD_MODULE error')).toBe(1);
    expect(pool.status).toMatchObject({ idle: 1, recycled: 0 });
    await expect(pool.preload({ module: 'upper' as never })).rejects.toBeInstanceOf(UsageError);
  });
  test('plugins by their convention', async () => {
    const { pool, count } = await poolOf(transport, { size: 1 });
    const module = pool.program(bytesOf('test/plugins/guests/greet.wasm'));
    // It would begin to run: linked and compiled, it has no fuel for that.
    await pool.preload({ module }, 'pointer-length');
    expect([count('LOAD_MODULE answered'), count('INSTANTIATE_PLUGIN error')]).toEqual([1, 1]);
    await pool.callPlugin('a', { module, convention: 'pointer-length', name: 'greet', input: 'you' });
    expect([count('LOAD_MODULE answered'), count('INSTANTIATE_PLUGIN answered')]).toEqual([1, 1]);
  });
});
