// Random valid modules: binaryen's `wasm-opt -ttf`, which turns any bytes into a module. Its process would take half a second to start;
// here the command is loaded once and instantiated afresh for every module.
import fs, { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Random } from './random.js';

/** Features of binaryen that we do not implement. */
const ALWAYS_OFF = [
  'strings',
  'stack-switching',
  'shared-everything',
  'fp16',
  'custom-descriptors',
  'relaxed-atomics',
  'multibyte',
];
/** Switched off one by one now and then: fewer features make other modules. */
const SOMETIMES_OFF = [
  'simd',
  'exception-handling',
  'gc',
  'threads',
  'memory64',
  'multimemory',
  'relaxed-simd',
  'tail-call',
  'multivalue',
  'reference-types',
  'bulk-memory',
  'wide-arithmetic',
  'custom-page-sizes',
];
/** What a feature takes with it. */
const NEEDED_BY: Readonly<Record<string, readonly string[]>> = {
  simd: ['relaxed-simd'],
  'reference-types': ['gc', 'exception-handling'],
  'bulk-memory': ['threads'],
};
/** Passes that turn what -ttf writes into shapes that compilers write. */
const PASSES = [
  '-O1',
  '-O2',
  '-Os',
  '--inlining',
  '--coalesce-locals',
  '--merge-blocks',
  '--vacuum',
  '--precompute',
  '--local-cse',
  '--optimize-instructions',
  '--rse',
  '--code-folding',
  '--dae',
  '--heap2local',
];

interface Emscripten {
  readonly arguments: readonly string[];
  print(text: string): void;
  printErr(text: string): void;
  readonly postRun: readonly (() => void)[];
  instantiateWasm?: (
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ) => object;
}

type Script = (
  module: Emscripten,
  require: NodeJS.Require,
  webAssembly: unknown,
  process: unknown,
  folder: string,
  file: string,
  commonJs: object,
) => void;

const require = createRequire(import.meta.url);

/** It prints whole modules when it fails, and writes straight to the process's streams. */
const quietFs = {
  ...fs,
  writeSync: (fd: number, bytes: Uint8Array, ...rest: number[]) =>
    fd > 2 ? fs.writeSync(fd, bytes, ...rest) : (rest[1] ?? bytes.length),
};
const quietRequire = ((name: string) => (/^(node:)?fs$/.test(name) ? quietFs : require(name))) as NodeJS.Require;

export interface TtfOptions {
  /** Features of binaryen to leave out, by its names. */
  readonly without: readonly string[];
}

export class TtfGenerator {
  readonly #path: string;
  readonly #script: Script;
  readonly #folder = mkdtempSync(join(tmpdir(), 'enclasm-fuzz-'));
  readonly #without: readonly string[];
  #compiled: WebAssembly.Module | undefined;

  /** @throws Error where binaryen is not installed */
  constructor({ without }: TtfOptions) {
    this.#without = without;
    this.#path = join(dirname(require.resolve('binaryen')), 'bin', 'wasm-opt');
    const source = readFileSync(this.#path, 'utf8').replace(/^#!.*\n/, '');
    this.#script = new Function(
      ...['Module', 'require', 'WebAssembly', 'process', '__dirname', '__filename', 'module'],
      source,
    ) as Script;
  }

  /** A random module. Undefined where the generator failed, which happens for some feature sets. */
  async generate(random: Random): Promise<Uint8Array | undefined> {
    const input = join(this.#folder, 'input');
    const output = join(this.#folder, 'output.wasm');
    rmSync(output, { force: true });
    writeFileSync(input, random.bytes(100 + random.below(random.oneIn(8) ? 12_000 : 2_500)));
    const args = ['-ttf', input, '-q', '-all', ...this.#switches(random), '-o', output];
    if (random.oneIn(3)) args.push(random.pick(PASSES), ...(random.oneIn(2) ? [random.pick(PASSES)] : []));
    try {
      await this.#run(args);
      return readFileSync(output);
    } catch {
      return undefined;
    }
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #switches(random: Random): string[] {
    const off = new Set([...ALWAYS_OFF, ...this.#without]);
    const switchOff = (name: string): void => {
      off.add(name);
      for (const other of NEEDED_BY[name] ?? []) off.add(other);
    };
    const odds = random.pick([2, 4, 8, 100]);
    for (const name of SOMETIMES_OFF) if (random.oneIn(odds)) switchOff(name);
    const switches = [...off].map((name) => `--disable-${name}`);
    if (random.oneIn(4)) switches.push('--no-fuzz-oob');
    if (random.oneIn(12)) switches.push('--no-fuzz-memory');
    return switches;
  }

  #run(args: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const module: Emscripten = {
        arguments: args,
        print: () => {},
        printErr: () => {},
        postRun: [resolve],
      };
      const compiled = this.#compiled;
      if (compiled) {
        module.instantiateWasm = (imports, done) => {
          done(new WebAssembly.Instance(compiled, imports), compiled);
          return {};
        };
      }
      // The command takes its arguments from the process and would set its exit code.
      const fakeProcess = Object.create(process, {
        argv: { value: [process.execPath, this.#path, ...args] },
        exitCode: { get: () => 0, set: (code: number) => code !== 0 && reject(new Error(`exit code ${code}`)) },
      });
      this.#script(module, quietRequire, this.#webAssembly(reject), fakeProcess, this.#folder, this.#path, {});
    });
  }

  /** The host's WebAssembly, but what it compiles once is kept. */
  #webAssembly(reject: (error: unknown) => void): object {
    const instantiate = async (bytes: BufferSource, imports: WebAssembly.Imports) => {
      try {
        this.#compiled = await WebAssembly.compile(bytes);
        return { module: this.#compiled, instance: await WebAssembly.instantiate(this.#compiled, imports) };
      } catch (error) {
        reject(error);
        throw error;
      }
    };
    const { RuntimeError, Memory, Table, Module, Instance, Tag, Exception } = WebAssembly as unknown as Record<
      string,
      unknown
    >;
    return { RuntimeError, Memory, Table, Module, Instance, Tag, Exception, instantiate };
  }
}
