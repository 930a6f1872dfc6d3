// Pages of Chromium as hosts, one for each kind of test/browsers/site.ts; test/browsers/programs.js is what runs there. Refuses nothing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { type Browser, launch, type Page } from 'puppeteer-core';
import { CHROMIUM } from '../browsers/find-chromium.js';
import { writeGuests } from '../browsers/guests.js';
import { type Kind, Site } from '../browsers/site.js';
import { projectRoot } from '../helpers/wat.js';
import { type AskedHost, difference } from './asked-host.js';
import type { Ability } from './host-table.js';
import { packageSource } from './package-script.js';
import { SEEDED_RUNS } from './seeded-runs.js';

const ROOT = projectRoot();
const PRIMES = '25 primes up to 100, the last is 97\n';
/** What a page can be asked with: all but the command line. */
type PageAbility = Exclude<Ability, 'command'>;
type Call = (program: string, ...args: unknown[]) => Promise<unknown>;

export class PageHost implements AskedHost {
  readonly #folder: string;
  readonly #site: Site;
  readonly #browser: Browser;
  readonly #page: Page;

  private constructor(folder: string, site: Site, browser: Browser, page: Page) {
    this.#folder = folder;
    this.#site = site;
    this.#browser = browser;
    this.#page = page;
  }
  /** @returns undefined where there is no Chromium */
  static async open(kind: Kind): Promise<PageHost | undefined> {
    if (CHROMIUM === undefined) return undefined;
    const folder = mkdtempSync(join(tmpdir(), 'enclasm-pages-'));
    writeGuests(folder);
    await build({
      stdin: packageSource(),
      bundle: true,
      format: 'esm',
      outfile: join(folder, 'packages.js'),
      logLevel: 'error',
    });
    const folders = { dist: join(ROOT, 'dist'), samples: join(ROOT, 'samples'), test: join(ROOT, 'test/browsers') };
    const site = await Site.open({ ...folders, guests: folder, project: ROOT });
    const browser = await launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    const page = await browser.newPage();
    await page.goto(site.url(kind));
    await page.addScriptTag({ type: 'module', url: site.url(kind, 'test/programs.js') });
    await page.waitForFunction('globalThis.program');
    return new PageHost(folder, site, browser, page);
  }
  async ask(ability: Ability): Promise<string | undefined> {
    try {
      return await QUESTIONS[ability as PageAbility](async (program, ...args) =>
        this.#page.evaluate(
          (name, given) => (globalThis as unknown as { program: Call }).program(name, given),
          program,
          args,
        ),
      );
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  async close(): Promise<void> {
    await this.#browser.close();
    await this.#site.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function inMode(call: Call, mode: string): Promise<string | undefined> {
  const ran = (await call('runtime', mode)) as {
    readonly message?: string;
    readonly code?: number;
    readonly out?: string;
  };
  if (ran.message !== undefined) return ran.message;
  const wrong = difference([ran.code, ran.out], [0, ' 2  3 14 /data/poem.txt\n']);
  return wrong ?? difference(((await call('runaway', mode)) as { readonly limit: unknown }).limit, 'fuel');
}

const QUESTIONS: Readonly<Record<PageAbility, (call: Call) => Promise<string | undefined>>> = {
  interp: (call) => inMode(call, 'interp'),
  jit: (call) => inMode(call, 'jit'),
  host: (call) => inMode(call, 'host'),
  aot: async (call) => difference(await call('compiledAheadOfTime'), { mode: 'aot', out: PRIMES }),
  async threads(call) {
    for (const { file, args, seed, ...wanted } of SEEDED_RUNS) {
      const wrong = difference(await call('threads', { file, args, seed }), wanted);
      if (wrong !== undefined) return `${file}: ${wrong}`;
    }
    return difference(await call('threadsAwaited'), { end: 0, out: '2262 primes below 20000\n' });
  },
  async parallel(call) {
    for (const mode of ['host', 'jit', 'interp']) {
      const ran = (await call('threadsInEnclave', { mode, threadWorkers: 3 })) as {
        readonly message?: string;
        readonly ends?: readonly unknown[];
        readonly out?: string;
      };
      if (ran.message !== undefined) return ran.message;
      const wrong = difference([ran.ends?.[0], ran.out], [0, '2262 primes below 20000\n'.repeat(2)]);
      if (wrong !== undefined) return `${mode}: ${wrong}`;
    }
    return undefined;
  },
  async: async (call) => difference(await call('asyncNative'), [42]),
  waiting: async (call) => difference(await call('waiting', 'host'), []),
  files: async (call) => ((await call('refusals')) as { preopen: { message: string } }).preopen.message,
  async worker(call) {
    const wrong = difference(await call('enclave', {}), { out: PRIMES, ping: 4 });
    return wrong ?? difference(await call('native', {}, 'interp'), [42]);
  },
  process: async (call) => ((await call('refusals')) as { process: { message: string } }).process.message,
  requests: async (call) => difference(await call('requests'), { exitCode: 0, out: 'a\nb\n' }),
  async plugin(call) {
    const wrong = difference(await call('plugin'), 'Hello, browser!');
    return wrong ?? difference(await call('plugin', 'worker'), 'Hello, browser!');
  },
  packages: async (call) => (await call('packages', 'interp')) as string | undefined,
};
