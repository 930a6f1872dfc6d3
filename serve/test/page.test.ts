// The page in Chromium, as a person sees it: nothing without the token, then functions and tenants as they are; names are only texts; no fault that a
// checker of accessibility finds, by day and by night. Skipped where no Chromium is at hand (test/browsers/find-chromium.ts says where one is looked for).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { launch } from 'puppeteer-core';
import { describe, expect, test } from 'vitest';
import { CHROMIUM } from '../../test/browsers/find-chromium.js';
import { faultsOf, type Status } from '../src/page/status.js';
import { brokerOf, noBroker } from './broker.js';
import * as guests from './guests.js';
import { admin, ask, serve, TOKEN, until } from './support.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

test('what needs a look', () => {
  const well: Status = {
    ready: true,
    pool: { idle: 1, busy: 0, starting: 0, recycled: 0 },
    waiting: 0,
    running: 0,
    functions: [],
    tenants: [],
  };
  expect(faultsOf(well)).toEqual([]);
  expect(faultsOf({ ...well, jobs: { waiting: 5, dead: 0 } })).toEqual([]);
  expect(faultsOf({ ...well, jobs: { waiting: 0, dead: 2 } })).toEqual(['Jobs that are dead: 2.']);
  expect(faultsOf({ ...well, jobs: 'unknown' })).toEqual([expect.stringContaining('broker')]);
  const one = { name: 'f', convention: 'stdio', sha256: '', running: 0, failedLately: 0.4 };
  const ann = { name: 'ann', weight: 1, queue: 10, waiting: 8, running: 1 };
  const bad = { ...well, pool: { ...well.pool, idle: 0 }, functions: [one], tenants: [ann] };
  expect(faultsOf(bad)).toEqual([
    expect.stringContaining('40 %'),
    expect.stringContaining('8 calls'),
    expect.stringContaining('no enclave'),
  ]);
});

describe.skipIf(CHROMIUM === undefined)('in Chromium', () => {
  test('a person with the token, at night', async () => {
    const { server } = await serve({ hello: guests.saying('hello'), trap: guests.trapping });
    for (const name of ['hello', 'hello', 'hello', 'trap']) await ask(`${server.url}/${name}`);
    const browser = await launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage();
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(String(error)));
      await page.goto(server.url);
      await page.waitForSelector('#login:not([hidden])');
      expect(await page.$eval('#shown', (one) => (one as HTMLElement).hidden)).toBe(true);
      await page.type('#token', 'wrong');
      await page.click('button');
      await page.waitForFunction(() => document.querySelector('#refused')?.textContent !== '');
      await page.click('#token', { count: 3 });
      await page.type('#token', TOKEN);
      await page.click('button');
      await page.waitForSelector('#functions tbody tr');
      const rows = await page.$$eval('#functions tbody tr', (all) =>
        all.map((one) => Array.from(one.children).map((cell) => cell.textContent)),
      );
      expect(rows.map((cells) => cells.slice(0, 4))).toEqual([
        ['hello', 'stdio', '3', '0'],
        ['trap', 'stdio', '1', '1'],
      ]);
      expect(await page.$eval('#tenants tbody', (one) => one.textContent)).toContain('anonymous');
      expect(await page.$eval('#state', (one) => one.textContent)).toBe('needs a look');
      expect(await page.$eval('#faults', (one) => one.textContent)).toContain('trap, 100 % failed');
      for (const value of ['light', 'dark']) {
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
        await page.evaluate(AXE);
        const found = await page.evaluate('axe.run().then(({ violations }) => violations.map(({ id }) => id))');
        expect(found).toEqual([]);
      }
      await server.close();
      await page.waitForFunction(() => document.querySelector('#state')?.textContent === 'does not answer');
      expect(faults).toEqual([]);
    } finally {
      await browser.close();
    }
  });

  test.skipIf(noBroker !== undefined)(`dead jobs: seen, tried again, thrown away ${noBroker ?? ''}`, async () => {
    const broker = await brokerOf();
    const nats = { servers: broker.url, jobs: { tries: 1 } };
    const { server } = await serve({ job: guests.exiting(3) }, { nats });
    for (const body of ['one', 'two']) await ask(`${server.url}/jobs/job`, { body });
    const dead = async () => {
      const { text } = await ask(`${server.url}/api/dead-jobs`, { method: 'GET', headers: admin });
      return JSON.parse(text) as { job: string }[];
    };
    await until(async () => (await dead()).length === 2);
    const [second, first] = await dead();
    const browser = await launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage();
      await page.goto(server.url);
      await page.waitForSelector('#login:not([hidden])');
      await page.type('#token', TOKEN);
      await page.click('button');
      await page.waitForFunction(() => document.querySelectorAll('#dead tbody tr').length === 2);
      expect(await page.$eval('#faults', (one) => one.textContent)).toContain('Jobs that are dead: 2.');
      expect(await page.$eval('#dead tbody', (one) => one.textContent)).toContain('exit code 3');
      await page.evaluate(AXE);
      expect(await page.evaluate('axe.run().then(({ violations }) => violations.map(({ id }) => id))')).toEqual([]);
      await page.click(`button[aria-label="Delete job ${second!.job}"]`);
      await page.waitForFunction(() => document.querySelectorAll('#dead tbody tr').length === 1);
      const module = guests.saying('well');
      const headers = { ...admin, 'content-type': 'application/wasm' };
      await ask(`${server.url}/api/functions/job`, { method: 'PUT', headers, body: module });
      await page.click(`button[aria-label="Retry job ${first!.job}"]`);
      await page.waitForFunction(() => document.querySelectorAll('#dead tbody tr').length === 0);
      expect(await page.$eval('#job-answer', (one) => one.textContent)).toBe(`Retry job ${first!.job}: done`);
      await until(async () => {
        const { text } = await ask(`${server.url}/jobs/${first!.job}`, { method: 'GET' });
        return text.includes(Buffer.from('well').toString('base64'));
      });
    } finally {
      await browser.close();
    }
  });
});
