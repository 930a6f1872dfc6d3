// The package as others get it: packed, installed into a fresh folder without a network, used there as programs use it: run, compiled against
// without @types/node, bundled. What the commands and enclaves keep for later starts goes to the user's caches, never into the package.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examplesOf } from '../helpers/doc-examples.js';
import { projectRoot } from '../helpers/wat.js';

const TIMEOUT = 300_000;
const root = projectRoot();
const folder = mkdtempSync(join(tmpdir(), 'enclasm-package-'));
const installed = join(folder, 'node_modules', 'enclasm');
const caches = join(folder, 'caches');
const enclasm = join(installed, 'dist/bin/enclasm.cjs');

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}
let packed: Packed;

function run(command: string, args: readonly string[], cwd = folder, env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, XDG_CACHE_HOME: caches, ...env },
    shell: command === 'npm' && process.platform === 'win32',
  });
  return { status, stdout, stderr };
}
function node(...args: string[]) {
  return run(process.execPath, args);
}
function program(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}
/** Names, sizes and times of all files below a folder. */
function snapshot(top: string): string[] {
  if (!existsSync(top)) return [];
  return readdirSync(top, { recursive: true, encoding: 'utf8' })
    .map((name) => ({ name, stat: statSync(join(top, name)) }))
    .map(({ name, stat }) => `${name} ${stat.isDirectory() ? '' : stat.size} ${stat.mtimeMs}`)
    .sort();
}

beforeAll(() => {
  const pack = run('npm', ['pack', '--ignore-scripts', '--json', `--pack-destination=${folder}`], root);
  expect(pack.status, pack.stderr).toBe(0);
  [packed] = JSON.parse(pack.stdout) as [Packed];
  program('package.json', '{ "name": "fresh", "private": true }');
  const flags = ['--offline', '--no-audit', '--no-fund', `--cache=${join(folder, 'npm')}`];
  const install = run('npm', ['install', ...flags, join(folder, packed.filename)]);
  expect(install.status, install.stderr).toBe(0);
}, TIMEOUT);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('what is in it', () => {
  it('every file that package.json names, and no map of sources that are not there', () => {
    const { exports, bin } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    const named = [...Object.values(bin), ...Object.values(exports).flatMap((one) => Object.values(one as object))];
    for (const path of named as string[]) {
      if (path.startsWith('./') && !path.includes('*')) expect(existsSync(join(installed, path)), path).toBe(true);
    }
    const paths = packed.files.map(({ path }) => path);
    expect(paths.filter((path) => /\.map$|\.test\.|tsbuildinfo|\.v8-/.test(path))).toEqual([]);
    const scripts = paths.filter((path) => /\.(c|m)?js$/.test(path));
    expect(
      scripts.filter((path) => /^\/\/# sourceMappingURL/m.test(readFileSync(join(installed, path), 'utf8'))),
    ).toEqual([]);
    // No dependency of ours comes with it.
    expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['enclasm']);
  });
  it('for Node, entries that load a few files in place of all modules', () => {
    const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      exports: Readonly<Record<string, { readonly node?: string }>>;
    };
    const entries = Object.values(exports).flatMap(({ node }) => (node === undefined ? [] : [join(installed, node)]));
    expect(entries.length).toBeGreaterThan(10);
    for (const entry of entries) {
      const loaded = new Set([entry]);
      for (const path of loaded) {
        const imported = readFileSync(path, 'utf8').matchAll(
          /^(?:import|export)\b[^;]*?\bfrom "(\..*?)";|^import "(\..*?)";/gm,
        );
        for (const [, from, alone] of imported) loaded.add(join(dirname(path), (from ?? alone)!));
      }
      expect([...loaded].filter((path) => dirname(path) !== dirname(entry))).toEqual([]);
      expect(loaded.size).toBeLessThan(40);
    }
  });
  it('every document that its documents link to', () => {
    const broken = packed.files
      .map(({ path }) => path)
      .filter((path) => path.endsWith('.md'))
      .flatMap((path) =>
        [...readFileSync(join(installed, path), 'utf8').matchAll(/\]\(([^)#]+)[^)]*\)/g)]
          .map((match) => match[1]!)
          .filter((to) => !/^https?:/.test(to) && !existsSync(join(installed, dirname(path), to)))
          .map((to) => `${path}: ${to}`),
      );
    expect(broken).toEqual([]);
  });
  it('a script of npm that finds nothing to make there', () => {
    const before = snapshot(installed);
    expect(run('npm', ['run', '--silent', 'prepare'], installed)).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(snapshot(installed)).toEqual(before);
  });
});

describe('programs', () => {
  const examples = examplesOf(readFileSync(join(root, 'README.md'), 'utf8'));
  it.each(examples.map((code, k) => [k + 1, code] as const))('example %i of README.md runs', (k, code) => {
    const { status, stdout, stderr } = node(program(`example-${k}.mjs`, code));
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/exitCode: 0|Hello, World!/);
  });
  it('the commands and enclaves keep their code in the user’s caches, where they are told, or nowhere', {
    timeout: TIMEOUT,
  }, () => {
    const before = snapshot(installed);
    // Examples before may have started enclaves.
    const kept = snapshot(caches);
    const hello = join(installed, 'samples/hello.wasm');
    const start = program('start.mjs', ENCLAVES("import.meta.resolve('enclasm/enclave-main')"));
    expect(run(process.execPath, [start], folder, { NONE: '1' })).toMatchObject({ status: 0, stdout: '4 4 4 \n' });
    expect(node(enclasm, 'run', '--no-cache', hello).status).toBe(0);
    expect(node(enclasm, 'run', '--env', 'A=1', '--no-cache', '--enclave', hello).status).toBe(0);
    expect(snapshot(caches)).toEqual(kept);
    const own = join(folder, 'own');
    expect(node(enclasm, 'run', '--cache-dir', own, '--enclave', hello).status).toBe(0);
    expect(snapshot(caches)).toEqual(kept);
    expect(readdirSync(own).some((name) => name.startsWith('commands-'))).toBe(true);
    expect(readdirSync(join(own, 'enclave'))).not.toEqual([]);
    // What follows the file is the guest's.
    expect(node(enclasm, 'run', hello, '--no-cache').status).toBe(0);
    expect(readdirSync(join(caches, 'enclasm')).some((name) => name.endsWith('.code'))).toBe(true);
    expect(node(start)).toMatchObject({ status: 0, stdout: '4 4 4 \n' });
    expect(readdirSync(join(caches, 'enclasm', 'enclave'))).not.toEqual([]);
    expect(snapshot(installed)).toEqual(before);
  });
});

/** A program that starts an enclave in a worker and two processes. */
const ENCLAVES = (entry: string): string => `
  import { createEnclave } from 'enclasm/enclave';
  async function main() {
    for (const transport of ['worker', 'process', 'process']) {
      const codeCache = process.env.NONE ? false : undefined;
      const enclave = await createEnclave({ transport, entry: ${entry}, codeCache });
      process.stdout.write((await enclave.ping({ a: 1, b: 2, c: 3, d: 4 })).d + ' ');
      await enclave.close();
    }
    console.log();
  }
  main().catch((error) => { console.log(error.failure, error.message); });
`;

describe('types', () => {
  const source = program(
    'strict/program.ts',
    `import { type GuestPointer, type Imports, LimitError, type NativeSymbol, Runtime, type WasiOptions, type WasmTag } from 'enclasm';
    import { aotEngine, type AotModule, loadAot } from 'enclasm/aot';
    import { decode, type FuncType, type Module, validate } from 'enclasm/binary';
    import type { PlatformWithFiles, CallLimits, MemAllocInfo, UserAllocatorOptions } from 'enclasm/embed';
    import {
      createEnclave, createEnclavePool, type CreateEnclaveOptions, type Enclave, type EnclavePool, type Lease, type PoolStatus, type TenantBudget,
    } from 'enclasm/enclave';
    import { interpEngine, Runtime as Small } from 'enclasm/interp';
    import { createPlugin, type Plugin, PluginError, type PluginOptions, type PluginOutput } from 'enclasm/plugin';
    import { type FileSystem, MemoryFileSystem, wasi } from 'enclasm/libraries';
    export class Mine extends Runtime {
      readonly label = 'mine';
    }
    export type Named = [
      AotModule, Enclave, EnclavePool, FileSystem, FuncType, GuestPointer, PlatformWithFiles, Imports, CallLimits, Lease, MemAllocInfo, Module,
      NativeSymbol, Plugin, PluginOutput, PoolStatus, TenantBudget, UserAllocatorOptions, WasmTag,
    ];
    // @ts-expect-error instances are the runtime's to make
    export const wrong = (exported: typeof import('enclasm').WasmInstance) => new exported();
    export const used = (enclave: Enclave) => enclave.getUsage({ instance: 1 as never }).then(({ usage }) => usage.wallMs);
    const options: CreateEnclaveOptions = { transport: 'worker', entry: 'main.cjs', codeCache: false };
    const streams: WasiOptions = { stdout: 'inherit' };
    export async function both(bytes: Uint8Array): Promise<number | undefined> {
      const enclave = await createEnclave(options);
      await enclave.close();
      await createEnclavePool({ size: 1, enclave: options }).close();
      const runtime = Runtime.init();
      try {
        const instance = runtime.instantiate(runtime.load(bytes), { wasi: streams, limits: { fuel: 1 } });
        instance.executeMain();
        return instance.usage.fuel;
      } catch (error) {
        if (error instanceof LimitError) return error.usage?.wallMs;
        throw error;
      } finally {
        runtime.destroy();
      }
    }
    const settings: PluginOptions = { enclave: 'worker', natives: { env: { now: () => 1 } }, extism: { http: async ({ url }) => ({ status: 200, body: url }) } };
    export async function called(bytes: Uint8Array): Promise<number> {
      const plugin = await createPlugin(bytes, settings);
      try {
        return (await plugin.call('f', { a: 1 })).json<{ b: number }>().b;
      } catch (error) {
        if (error instanceof PluginError && error.fault === 'failed') return error.code;
        throw error;
      }
    }
    export const parts = [aotEngine, decode, interpEngine, loadAot, Mine, Small, MemoryFileSystem, validate, wasi];`,
  );
  it.each([
    ['the language alone', ['es2022']],
    ["a browser's", ['es2022', 'dom']],
    ['what TypeScript takes by itself', undefined],
  ])('compile strictly, libraries checked, without @types/node: %s', { timeout: TIMEOUT }, (name, lib) => {
    const compilerOptions = {
      ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true },
      ...{ skipLibCheck: false, target: 'es2022', module: 'nodenext', types: [], lib },
    };
    const config = program(
      `strict/${name.replaceAll(' ', '-')}.json`,
      JSON.stringify({ compilerOptions, files: [source] }),
    );
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    expect(node(tsc, '-p', config)).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});

describe('bundles', () => {
  async function bundle(text: string, format: 'cjs' | 'esm', out: string): Promise<string> {
    const { build } = await import('esbuild');
    const entry = program(`${out}-source.mjs`, text);
    const outfile = join(folder, out);
    await build({ entryPoints: [entry], bundle: true, platform: 'node', format, outfile, logLevel: 'silent' });
    return outfile;
  }
  const MAIN = "import 'enclasm/enclave-main';";

  it.each(['cjs', 'esm'] as const)(
    '%s: enclaves start from the file that is named',
    { timeout: TIMEOUT },
    async (format) => {
      const extension = format === 'cjs' ? 'cjs' : 'mjs';
      const main = await bundle(MAIN, format, `${format}/inside/main.${extension}`);
      for (const entry of [main, join(installed, 'dist/entry/enclave-main.js')]) {
        const host = await bundle(ENCLAVES(JSON.stringify(entry)), format, `${format}/host.${extension}`);
        expect(node(host), relative(folder, entry)).toEqual({ status: 0, stdout: '4 4 4 \n', stderr: '' });
      }
    },
  );
  it.each(['cjs', 'esm'] as const)('%s: without a file that is at hand, an enclave says what to do', async (format) => {
    const host = await bundle(
      ENCLAVES('undefined'),
      format,
      `${format}-alone/host.${format === 'cjs' ? 'cjs' : 'mjs'}`,
    );
    expect(node(host).stdout).toMatch(/^unavailable the file that an enclave starts from is not at hand: .*entry/);
  });
  it.each(['embed', 'interp', 'libraries', 'aot', 'binary'])('enclasm/%s needs nothing of Node', async (entry) => {
    const { build } = await import('esbuild');
    const source = program(
      `neutral/${entry}.mjs`,
      `import * as all from 'enclasm/${entry}'; console.log(Object.keys(all).length > 1);`,
    );
    const outfile = join(folder, `neutral/${entry}-bundle.mjs`);
    await build({
      entryPoints: [source],
      bundle: true,
      platform: 'neutral',
      format: 'esm',
      outfile,
      logLevel: 'silent',
    });
    expect(node(outfile)).toEqual({ status: 0, stdout: 'true\n', stderr: '' });
  });
  it('each entry is there by its name', () => {
    const names = [
      'enclasm',
      ...['enclave', 'aot', 'binary', 'embed', 'interp', 'libraries'].map((name) => `enclasm/${name}`),
    ];
    const text = `${names.map((name, k) => `import * as e${k} from '${name}';`).join('\n')}\nclass Mine extends e0.Runtime {}\nconsole.log(e0.Runtime.init() instanceof e4.Runtime, Mine.init() instanceof Mine);`;
    expect(node(program('entries.mjs', text))).toEqual({ status: 0, stdout: 'true true\n', stderr: '' });
  });
  it('finds the file beside it', { timeout: TIMEOUT }, async () => {
    await bundle(MAIN, 'esm', 'beside/enclave-main.mjs');
    const host = await bundle(ENCLAVES('undefined'), 'esm', 'beside/host.mjs');
    expect(node(host).stdout).toBe('4 4 4 \n');
  });
});
