// Calls of plugins as jobs of a pool, over every transport: an instance for each, nothing of one call left for the next, whoever makes it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createEnclavePool, type EnclavePool, type TransportName } from '#src/entry/enclave.js';
import { UsageError } from '#src/wasm/errors.js';
import type { Usage } from '#src/wasm/usage-table.js';
import { assemble, projectRoot } from '../helpers/wat.js';

const root = projectRoot();
const entry = join(root, 'dist/entry/enclave-main.js');
const guest = (name: string) => new Uint8Array(readFileSync(join(root, `test/plugins/guests/${name}.wasm`)));
const [extism, greet, greetAs] = [guest('extism'), guest('greet'), guest('greet-as')];
const bad = assemble(`(module (memory (export "memory") 1)
  (func (export "malloc") (param i32) (result i32) (i32.const 16)) (func (export "free") (param i32))
  (func (export "spin") (param i32 i32) (loop $again (br $again)))
  (func (export "trap") (param i32 i32) (unreachable)))`);

const pools: EnclavePool[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe.each<TransportName>(['same-thread', 'worker', 'process'])('plugins as jobs, %s', (transport) => {
  const poolOf = (): EnclavePool => {
    const pool = createEnclavePool({ size: 1, spares: 0, enclave: { transport, entry } });
    pools.push(pool);
    return pool;
  };
  test('every convention, and nothing left', async () => {
    const pool = poolOf();
    const count = { module: pool.program(extism), convention: 'extism', name: 'count_vowels', input: 'aeiou' } as const;
    for (const tenant of ['a', 'a', 'b']) {
      const { output, usage } = await pool.callPlugin(tenant, count);
      expect(JSON.parse(text(output))).toEqual({ count: 5, total: 5 });
      expect(usage.peakMemoryBytes).toBeGreaterThan(0);
    }
    const setting = { module: extism, convention: 'extism', name: 'setting', input: 'size' } as const;
    expect(text((await pool.callPlugin('a', { ...setting, config: { size: '3' } })).output)).toBe('3');
    await expect(pool.callPlugin('a', setting)).rejects.toMatchObject({ fault: 'failed', code: 7 });
    const hello = { convention: 'pointer-length', name: 'greet', module: greet, input: Uint8Array.of(65) } as const;
    expect(text((await pool.callPlugin('a', hello)).output)).toBe('Hello, A!');
    const other = { convention: 'assemblyscript', name: 'greet', module: greetAs, input: 'Wörld' } as const;
    expect(text((await pool.callPlugin('a', other)).output)).toBe('Hello, Wörld!');
    const handles = await pool.run('a', (enclave) => enclave.countHandles());
    expect(handles).toMatchObject({ modules: 3, instances: 0 });
  });
  test('limits of the whole call; what a failed one used is told; the enclave stays', async () => {
    const pool = poolOf();
    let used: Usage | undefined;
    const job = { module: bad, convention: 'pointer-length', used: (usage: Usage) => (used = usage) } as const;
    const limits = { fuel: 10_000 };
    await expect(pool.callPlugin('a', { ...job, name: 'spin', limits })).rejects.toMatchObject({ limit: 'fuel' });
    expect(used?.fuel).toBeGreaterThan(9_000);
    await expect(pool.callPlugin('a', { ...job, name: 'trap', limits })).rejects.toMatchObject({ id: 'unreachable' });
    expect(used?.fuel).toBeGreaterThan(0);
    expect(used?.fuel).toBeLessThan(100);
    await expect(pool.callPlugin('a', { ...job, name: 'none' })).rejects.toMatchObject({ fault: 'no-function' });
    const late = pool.callPlugin('a', { ...job, name: 'spin', limits: { timeoutMs: 100 } });
    await expect(late).rejects.toMatchObject({ limit: 'timeoutMs' });
    expect(pool.status.recycled).toBe(0);
  });
});

test('jobs that are none, by name', async () => {
  const pool = createEnclavePool({ size: 1, spares: 0, enclave: { transport: 'same-thread', entry } });
  pools.push(pool);
  const good = { module: greet, convention: 'pointer-length', name: 'greet' };
  const wrong = [
    { convention: 'wasi-command' },
    { module: 'a.wasm' },
    { name: undefined },
    { input: 3 },
    { limits: { fule: 1 } },
    { used: 1 },
  ];
  for (const more of wrong) {
    await expect(pool.callPlugin('a', { ...good, ...more } as never)).rejects.toBeInstanceOf(UsageError);
  }
});
