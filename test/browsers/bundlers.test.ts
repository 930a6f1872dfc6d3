// A program for browsers as bundlers make it of this package: nothing of Node's in it, and with Vite and webpack the files of workers come along. The
// programs run in Chromium where there is one; that they can be made is tested everywhere.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { type Browser, launch } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../helpers/wat.js';
import { CHROMIUM } from './find-chromium.js';
import { Site } from './site.js';

const root = projectRoot();
const folder = mkdtempSync(join(tmpdir(), 'enclasm-bundlers-'));

/** One program with every entry that browsers have a use for. @param entry an expression, where the bundler does not find the worker's file */
const program = (entry: string): string => `
  import { Runtime } from 'enclasm';
  import { createEnclave } from 'enclasm/enclave';
  import { createPlugin } from 'enclasm/plugin';
  import { createWebAssembly } from 'enclasm/webassembly';

  globalThis.run = async (hello, greet) => {
    const bytes = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
    const said = [];
    const stdout = (chunk) => void said.push(new TextDecoder().decode(chunk));
    const runtime = Runtime.init();
    runtime.instantiate(runtime.load(await bytes(hello)), { wasi: { args: ['hello'], stdout } }).executeMain();
    runtime.destroy();
    const enclave = await createEnclave({ entry: ${entry}, trusted: { threadWorkers: 1 } });
    said.push((await enclave.ping({ a: 1, b: 2, c: 3, d: 4 })).d);
    await enclave.close();
    const plugin = await createPlugin(new URL(greet, location.href));
    said.push((await plugin.call('greet', 'bundle')).text());
    await plugin.close();
    said.push(typeof createWebAssembly().instantiate);
    return said;
  };`;

const BUNDLERS: Readonly<Record<string, (source: string, out: string) => Promise<unknown>>> = {
  esbuild: async (source, out) => {
    await build({
      entryPoints: [source],
      bundle: true,
      format: 'esm',
      target: 'es2022',
      outfile: join(out, 'main.js'),
      logLevel: 'silent',
    });
    // It leaves the files of workers to the program.
    for (const file of ['enclave-main.js', 'thread-main.js']) cpSync(join(root, 'dist/web', file), join(out, file));
  },
  Vite: async (source, out) => {
    const vite = await import('vite');
    await vite.build({
      root: folder,
      configFile: false,
      logLevel: 'silent',
      build: {
        outDir: out,
        target: 'es2022',
        rollupOptions: { input: source, preserveEntrySignatures: false, output: { entryFileNames: 'main.js' } },
      },
      base: './',
    });
  },
  webpack: async (source, out) => {
    const { default: webpack } = await import('webpack');
    const stats = await new Promise<{ hasErrors(): boolean; toString(): string }>((resolve, reject) => {
      webpack(
        {
          mode: 'production',
          target: 'web',
          entry: source,
          output: { path: out, filename: 'main.js' },
          context: folder,
        },
        (error, result) => (error ? reject(error) : resolve(result!)),
      );
    });
    if (stats.hasErrors()) throw new Error(stats.toString());
  },
};

describe.each(Object.entries(BUNDLERS))('a program made by %s', (name, bundle) => {
  const out = join(folder, `${name}-out`);
  let browser: Browser | undefined;
  beforeAll(async () => {
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    if (!readdirSync(join(folder, 'node_modules')).includes('enclasm')) {
      symlinkSync(root, join(folder, 'node_modules/enclasm'));
    }
    mkdirSync(out, { recursive: true });
    const source = join(folder, `${name}.mjs`);
    writeFileSync(source, program(name === 'esbuild' ? "new URL('enclave-main.js', import.meta.url)" : 'undefined'));
    await bundle(source, out);
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(out, { recursive: true, force: true });
  });

  it('has nothing of Node in it', () => {
    const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
    // The program, the enclave's file and the one for threads.
    expect(files.length).toBeGreaterThanOrEqual(3);
    for (const file of files) {
      expect(readFileSync(join(out, file), 'utf8')).not.toMatch(/["'`]node:[a-z_/]+["'`]|__vite-browser-external/);
    }
  });
  it.skipIf(CHROMIUM === undefined)('runs in Chromium', async () => {
    const site = await Site.open({ out, samples: join(root, 'samples') });
    try {
      browser = await launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] });
      const page = await browser.newPage();
      await page.goto(site.url('isolated'));
      await page.addScriptTag({ type: 'module', url: site.url('isolated', 'out/main.js') });
      await page.waitForFunction('globalThis.run');
      const said = await page.evaluate(
        (hello, greet) => (globalThis as unknown as { run(...urls: string[]): Promise<unknown> }).run(hello, greet),
        site.url('isolated', 'samples/hello.wasm'),
        site.url('isolated', 'samples/greet.wasm'),
      );
      expect(said).toEqual(['Hello from WebAssembly!\n', expect.any(String), 4, 'Hello, bundle!', 'function']);
    } finally {
      await site.close();
    }
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
