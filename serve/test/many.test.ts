// Many requests leave nothing: no enclave more, no file, no connection, no call; and memory stays. `npm run test:serve-long` sends 100,000.
import { readdirSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import * as guests from './guests.js';
import { serve } from './support.js';

const REQUESTS = Number(process.env['ENCLASM_SERVE_REQUESTS'] ?? 2_000);
const PARTS = 10;
const RECYCLE_AFTER = 10_000;
setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

test(`${REQUESTS} requests`, { timeout: 1_800_000 }, async () => {
  const { server } = await serve(
    { echo: guests.echo, trap: guests.trapping },
    {
      logLevel: 'silent',
      enclaves: { size: 2, spares: 0, recycleAfter: RECYCLE_AFTER },
    },
  );
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
  const state = () => {
    gc();
    const { rss, heapUsed } = process.memoryUsage();
    const [files, threads] = ['fd', 'task'].map((what) => readdirSync(`/proc/self/${what}`).length);
    return { files: files!, threads: threads!, rss, heapUsed };
  };
  await send(500);
  const states = [state()];
  for (let k = 0; k < PARTS; k++) {
    await send(REQUESTS / PARTS);
    states.push(state());
  }
  agent.destroy();
  const before = states[0]!;
  const after = states.at(-1)!;
  expect(after.files).toBeLessThanOrEqual(before.files + 4);
  expect(after.threads).toBeLessThanOrEqual(before.threads + 2);
  // What objects take, exactly, once what is made at the first use of each is there.
  expect(after.heapUsed - states[1]!.heapUsed).toBeLessThan(4 << 20);
  // What the process takes, its enclaves too, whose heaps grow to the size that they work with: the last third beside the one before.
  const mean = (from: number) => states.slice(from, from + 3).reduce((sum, { rss }) => sum + rss / 3, 0);
  expect(mean(PARTS - 2) - mean(PARTS - 5)).toBeLessThan(32 << 20);
  const { pool, waiting, running } = server.status;
  expect([pool.busy, waiting, running]).toEqual([0, 0, 0]);
  // Each serves so many calls; none was replaced for another reason.
  expect(pool.recycled).toBeLessThanOrEqual((REQUESTS + 500) / RECYCLE_AFTER);
});
