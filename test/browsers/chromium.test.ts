// The package in a browser: on plain pages, on pages that are isolated from other origins, under a strict content security policy, and in workers of
// each. Skipped where no Chromium is at hand (find-chromium.ts says where one is looked for).
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, launch, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../helpers/wat.js';
import { CHROMIUM } from './find-chromium.js';
import { writeGuests } from './guests.js';
import { KINDS, type Kind, Site } from './site.js';

const root = projectRoot();
const folder = mkdtempSync(join(tmpdir(), 'enclasm-browsers-'));

type Call = (program: string, ...args: unknown[]) => Promise<unknown>;

describe.skipIf(CHROMIUM === undefined)('in Chromium', () => {
  let browser: Browser;
  let site: Site;
  beforeAll(async () => {
    writeGuests(join(folder, 'guests'));
    mkdirSync(join(folder, 'guide/node_modules'), { recursive: true });
    symlinkSync(root, join(folder, 'guide/node_modules/enclasm'));
    const guide = readFileSync(join(root, 'docs/guides/browsers.md'), 'utf8');
    const [page, threads] = [...guide.matchAll(/```html\n([\s\S]*?)```/g)].map(([, text]) => text!);
    expect(page).toBe(readFileSync(join(root, 'examples/browser.html'), 'utf8'));
    writeFileSync(join(folder, 'guide/page.html'), page!);
    writeFileSync(join(folder, 'guide/threads.html'), threads!);
    site = await Site.open({
      dist: join(root, 'dist'),
      samples: join(root, 'samples'),
      test: join(root, 'test/browsers'),
      guests: join(folder, 'guests'),
      guide: join(folder, 'guide'),
    });
    browser = await launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function onPage(kind: Kind): Promise<{ page: Page; call: Call }> {
    const page = await browser.newPage();
    await page.goto(site.url(kind));
    await page.addScriptTag({ type: 'module', url: site.url(kind, 'test/programs.js') });
    await page.waitForFunction('globalThis.program');
    const call: Call = (name, ...args) =>
      page.evaluate((...given) => (globalThis as unknown as { program: Call }).program(...given), name, args);
    return { page, call };
  }
  /** The same programs in a worker of the page. */
  async function inWorker(kind: Kind): Promise<{ page: Page; call: Call }> {
    const page = await browser.newPage();
    await page.goto(site.url(kind));
    await page.evaluate(
      async (url) => {
        const worker = new Worker(url, { type: 'module' });
        const next = () =>
          new Promise((resolve, reject) => {
            worker.onmessage = ({ data }) => resolve(data);
            worker.onerror = ({ message }) => reject(new Error(message));
          });
        await next();
        Object.assign(globalThis, {
          inWorker: (name: string, args: unknown[]) => {
            worker.postMessage({ name, args });
            return next();
          },
        });
      },
      site.url(kind, 'test/programs.js'),
    );
    const call: Call = (name, ...args) =>
      page.evaluate(
        (program, given) => (globalThis as unknown as { inWorker: Call }).inWorker(program, given),
        name,
        args,
      );
    return { page, call };
  }

  it.each(['plain', 'isolated'] as const)('the page of the guide works (%s)', async (kind) => {
    const page = await browser.newPage();
    await page.goto(site.url(kind, 'guide/page.html'));
    await page.waitForFunction("document.body.textContent.includes('Hello, World!')");
    await page.close();
  });

  it('the page of the guide with threads works where it is isolated', async () => {
    const page = await browser.newPage();
    await page.goto(site.url('isolated', 'guide/threads.html'));
    await page.waitForFunction("document.body.textContent.includes('2262 primes below 20000')");
    await page.close();
  });

  const PLACES = (Object.keys(KINDS) as Kind[]).flatMap((kind) => [
    { kind, place: 'page', open: onPage },
    { kind, place: 'worker', open: inWorker },
  ]);
  describe.each(PLACES)('$kind, $place', ({ kind, place, open }) => {
    let page: Page;
    let call: Call;
    const isolated = kind === 'isolated';
    beforeAll(async () => {
      ({ page, call } = await open(kind));
    });
    afterAll(async () => {
      await page?.close();
    });

    it('is the kind of place that it should be', async () => {
      expect(await call('environment')).toEqual({
        shared: isolated ? 'function' : 'undefined',
        document: place === 'page' ? 'object' : 'undefined',
        process: 'undefined',
      });
    });
    it('runs a WASI program with a file, in every mode that works there', async () => {
      const right = { code: 0, out: ' 2  3 14 /data/poem.txt\n' };
      for (const mode of ['interp', 'jit', 'host']) {
        const result = await call('runtime', mode);
        if (kind === 'strict' && mode !== 'interp') {
          expect(result).toMatchObject({ error: 'UsageError', message: expect.stringContaining(mode) });
        } else expect(result).toMatchObject({ ...right, mode });
      }
      expect(await call('runtime', 'auto')).toMatchObject({ ...right, mode: kind === 'strict' ? 'interp' : 'host' });
    });
    it('stops a runaway at its limit of fuel', async () => {
      for (const mode of kind === 'strict' ? ['interp'] : ['interp', 'jit', 'host']) {
        expect(await call('runaway', mode)).toMatchObject({ error: 'LimitError', limit: 'fuel' });
      }
    });
    it('runs a program in an enclave, by messages and by shared memory', async () => {
      for (const worker of [{}, { sharedMemory: false }]) {
        expect(await call('enclave', { worker })).toEqual({ out: '25 primes up to 100, the last is 97\n', ping: 4 });
      }
      expect(await call('enclave', { transport: 'same-thread' })).toMatchObject({ ping: 4 });
    });
    it('moves packets of megabytes', async () => {
      for (const worker of [{}, { sharedMemory: false }, { areaBytes: 4_096 }]) {
        expect(await call('bigPackets', { worker })).toEqual({ length: 1_000_000, hello: 'hello' });
      }
    });
    it('lets a guest wait for a function of the embedder where memory can be shared, or the mode can pause', async () => {
      expect(await call('native', {}, 'interp')).toEqual([42]);
      if (kind === 'strict') return;
      expect(await call('native', {}, 'host')).toEqual([42]);
      const waited = await call('native', {}, 'jit');
      if (isolated) expect(waited).toEqual([42]);
      else expect(waited).toMatchObject({ error: expect.any(String), message: expect.stringContaining('host_add') });
    });
    it('sets calls that wait aside, in every mode that can', async () => {
      for (const mode of kind === 'strict' ? ['interp'] : ['interp', 'host'])
        expect(await call('waiting', mode)).toEqual([]);
    });
    it('ends an aborted call alone where the signal reaches the guest, else the enclave', async () => {
      for (const mode of kind === 'strict' ? ['interp'] : ['interp', 'host', 'jit']) {
        const result = await call('abort', {}, mode);
        if (isolated || mode !== 'jit') {
          expect(result).toMatchObject({ ended: { error: 'LimitError', limit: 'signal' }, other: [5] });
        } else {
          expect(result).toMatchObject({ ended: { failure: 'aborted' }, other: { failure: 'aborted' } });
        }
      }
    });
    it('calls without awaiting in workers of isolated pages alone', async () => {
      const result = await call('sync');
      if (isolated && place === 'worker') expect(result).toEqual({ ping: 4 });
      else expect(result).toMatchObject({ error: 'EnclaveError' });
    });
    it('runs threads of guests in workers, in its own and in those of enclaves', async () => {
      const modes = ['host', 'jit', 'aot', 'interp'];
      const program = { end: 0, out: '2262 primes below 20000\n', ran: 'parallel', threads: 2, hasFuel: true };
      for (const mode of modes) {
        const result = await call('threadsInWorkers', { mode, count: 3, runs: 3 });
        if (isolated && place === 'worker') expect(result).toEqual([program, program, program]);
        else expect(result).toMatchObject({ error: 'UsageError', message: expect.stringContaining('may not wait') });
      }
      if (isolated && place === 'worker') {
        // One runs the first thread, and the other is the only one that there can be.
        expect(await call('threadsInWorkers', { mode: 'host', count: 2, runs: 1 })).toEqual([
          { ...program, threads: 1 },
        ]);
        expect(await call('threadsInWorkers', { mode: 'host', count: 1, runs: 1 })).toEqual([
          { ...program, threads: 0 },
        ]);
      }
      for (const mode of ['host', 'jit', 'interp']) {
        const result = await call('threadsInEnclave', { mode, threadWorkers: 3 });
        if (isolated) {
          const ends = [0, { error: 'LimitError', limit: 'timeoutMs' }, 0];
          expect(result).toMatchObject({ ends, out: program.out.repeat(2) });
        } else expect(result).toMatchObject({ error: 'UsageError', message: expect.stringContaining('isolated') });
      }
    });
    it('runs a plugin, on this thread and in an enclave', async () => {
      for (const enclave of [undefined, 'same-thread', 'worker']) {
        expect(await call('plugin', enclave)).toBe('Hello, browser!');
      }
    });
    it('has a WebAssembly object whose modules run under limits', async () => {
      expect(await call('webAssembly')).toMatchObject({ sum: 42, error: 'LimitError', limit: 'fuel' });
    });
    it('runs code that was compiled ahead of time', async () => {
      const out = '25 primes up to 100, the last is 97\n';
      expect(await call('compiledAheadOfTime')).toEqual({ mode: 'aot', out });
    });
    it('refuses what a browser has not, by name', async () => {
      expect(await call('refusals')).toMatchObject({
        process: { failure: 'unavailable', message: expect.stringContaining('no processes') },
        entry: { failure: 'unavailable', message: expect.stringContaining('entry') },
        codeCache: { error: 'UsageError' },
        preopen: { error: 'UsageError', message: expect.stringContaining('MemoryFileSystem') },
        file: { error: 'UsageError', message: expect.stringContaining('404') },
        nodePlatform: { error: 'UsageError', message: expect.stringContaining('webPlatform') },
      });
    });
  });
});
