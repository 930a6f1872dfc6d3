// Hosts that have nothing but the JavaScript language: QuickJS, in this process, and Hermes, a program from npm. A question is a script: the runtime with
// what is asked of it (bare-checks.ts), or the package's own file for such hosts (dist/lean) with packages from npm. Refuses nothing.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { getQuickJS } from 'quickjs-emscripten';
import { decode } from '#src/binary/decode.js';
import { compileToModule } from '#src/engine/js/aot-compile.js';
import { validate } from '#src/validate/validate.js';
import { fromNpm } from '../../scripts/from-npm.js';
import { HERMES } from '../../scripts/hosts-on-npm.js';
import { DEMO } from '../enclave/support.js';
import { lowered } from '../helpers/lowered.js';
import { assemble, projectRoot } from '../helpers/wat.js';
import type { AskedHost } from './asked-host.js';
import type { Ability } from './host-table.js';
import { packageSource } from './package-script.js';
import { SEEDED_RUNS } from './seeded-runs.js';

const ROOT = projectRoot();
const LEAN = join(ROOT, 'dist', 'lean', 'webassembly.hermes.js');
/** Slow hosts would take minutes for longer ones. */
const MOST_FUEL = 100_000;

/** A function that runs a script to its end, promises included, and gives the text that it handed to `print`. */
type RunScript = (text: string) => string;

/** For hosts with all of the language. */
async function bundled(options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({ ...options, bundle: true, format: 'iife', target: 'es2022', write: false });
  return outputFiles[0]!.text;
}

export class BareHost implements AskedHost {
  readonly #run: RunScript;
  readonly #bundle: (options: BuildOptions) => Promise<string>;
  readonly #namespace: () => Promise<string>;
  #checks: Promise<string> | undefined;

  /** @param bundle makes one script that the host can run @param namespace a script that defines enclasmWebAssembly */
  private constructor(run: RunScript, bundle: typeof bundled, namespace: () => Promise<string>) {
    this.#run = run;
    this.#bundle = bundle;
    this.#namespace = namespace;
  }
  static async quickJs(): Promise<BareHost> {
    const library = await getQuickJS();
    const entryPoints = ['dist/entry/webassembly-interp.js'];
    const namespace = () => bundled({ absWorkingDir: ROOT, entryPoints, globalName: 'enclasmWebAssembly' });
    const run = (text: string): string => {
      const runtime = library.newRuntime();
      // Within what this thread has.
      runtime.setMaxStackSize(1 << 19);
      const vm = runtime.newContext();
      try {
        vm.evalCode('globalThis.print = (text) => { globalThis.printed = text; };').dispose();
        const ran = vm.evalCode(text, 'script.js');
        if (ran.error) return ran.error.consume((error) => JSON.stringify(vm.dump(error)));
        ran.value.dispose();
        while (runtime.hasPendingJob()) {
          const done = runtime.executePendingJobs();
          if (done.error) return done.error.consume((error) => JSON.stringify(vm.dump(error)));
          done.dispose();
        }
        return vm.getProp(vm.global, 'printed').consume((printed) => String(vm.dump(printed)));
      } finally {
        vm.dispose();
        runtime.dispose();
      }
    };
    return new BareHost(run, bundled, namespace);
  }
  /** @returns undefined where the program cannot be had */
  static hermes(): BareHost | undefined {
    const program = fromNpm(HERMES);
    if (program === null) return undefined;
    const run = (text: string): string => {
      const folder = mkdtempSync(join(tmpdir(), 'enclasm-hermes-'));
      try {
        const file = join(folder, 'script.js');
        writeFileSync(file, text);
        const { stdout, stderr, error } = spawnSync(program, ['-w', file], { encoding: 'utf8', maxBuffer: 1 << 26 });
        // An error is followed by the whole line of the script.
        return error ? error.message : stdout.trim() || stderr.slice(0, 1_000);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    };
    return new BareHost(run, lowered, async () => readFileSync(LEAN, 'utf8'));
  }
  async ask(ability: Ability): Promise<string | undefined> {
    const text = ability === 'packages' ? await this.#packages() : await this.#question(ability);
    // What a script throws before it asks anything is an answer too.
    const said = attempt(() =>
      this.#run(`${text}.then(function (wrong) { print(wrong === undefined ? 'right' : wrong); }, print);`),
    );
    return said === 'right' ? undefined : said;
  }
  async close(): Promise<void> {}

  async #question(ability: Ability): Promise<string> {
    this.#checks ??= this.#bundle({ absWorkingDir: ROOT, entryPoints: ['build/test/hosts/bare-checks.js'] });
    const runs = SEEDED_RUNS.filter(({ fuel }) => fuel < MOST_FUEL);
    const files: Record<string, string> = { demo: Buffer.from(assemble(DEMO)).toString('base64') };
    for (const [name, path] of [['wc', 'samples/wc.wasm'], ...runs.map(({ file }) => [file, file])]) {
      files[name!] = readFileSync(join(ROOT, path!), 'base64');
    }
    const primes = validate(decode(readFileSync(join(ROOT, 'samples', 'primes.wasm'))));
    const compiled = compileToModule(primes, { target: 'hermes' });
    return `var exports = {};${await this.#checks};${compiled};
      ask(${JSON.stringify(ability)}, { compiled: exports, files: ${JSON.stringify(files)}, runs: ${JSON.stringify(runs)} })`;
  }
  /** The object in place of a global WebAssembly, and the packages. */
  async #packages(): Promise<string> {
    const packages = await this.#bundle({ stdin: packageSource(), platform: 'browser' });
    const install = 'enclasmWebAssembly.installWebAssembly({ limits: { fuel: 1e9 } })';
    return `${await this.#namespace()};${install};${packages};runPackages()`;
  }
}

function attempt(run: () => string): string {
  try {
    return run();
  } catch (error) {
    return String(error);
  }
}
