// Many requests leave nothing: no enclave more, no file, no connection, no call; and memory stays. `npm run test:serve-long` sends 100,000.
import { readdirSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { expect, test } from 'vitest';
import * as guests from './guests.js';
import { serve } from './support.js';

const REQUESTS = Number(process.env['ENCLASM_SERVE_REQUESTS'] ?? 2_000);

test(`${REQUESTS} requests`, { timeout: 1_800_000 }, async () => {
  const { server } = await serve({ echo: guests.echo, trap: guests.trapping }, { logLevel: 'silent' });
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const one = (k: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const asking = request(`${server.url}/${k % 10 === 9 ? 'trap' : 'echo'}`, { method: 'POST', agent }, (answer) => {
        answer.resume().on('end', () => resolve());
      });
      asking.on('error', reject).end(`request ${k}`);
    });
  const send = async (count: number): Promise<void> => {
    let next = 0;
    const loop = async (): Promise<void> => {
      while (next < count) await one(next++);
    };
    await Promise.all(Array.from({ length: 8 }, loop));
  };
  const state = () => ({
    files: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
    resident: process.memoryUsage().rss,
  });
  await send(500);
  const before = state();
  await send(REQUESTS);
  const after = state();
  agent.destroy();
  expect(after.files).toBeLessThanOrEqual(before.files + 4);
  expect(after.threads).toBeLessThanOrEqual(before.threads + 2);
  expect(after.resident - before.resident).toBeLessThan(96 << 20);
  const { pool, waiting, running } = server.status;
  expect([pool.recycled, pool.busy, waiting, running]).toEqual([0, 0, 0, 0]);
});
