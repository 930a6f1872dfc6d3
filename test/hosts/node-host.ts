// Hosts with Node's modules: Nodes of every line, Bun, Deno. Each question is a process of its own. Refuses nothing.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEMO } from '../enclave/support.js';
import { underAddressSpace } from '../helpers/address-space.js';
import { assemble, projectRoot } from '../helpers/wat.js';
import { WAITING_TEXTS } from '../modes/waiting-cases.js';
import { type AskedHost, difference } from './asked-host.js';
import type { Ability } from './host-table.js';
import { smallDrivers } from './small-drivers.js';

const ROOT = projectRoot();
const TIMEOUT_MS = 300_000;
const REGISTER = join(ROOT, 'dist', 'cli', 'register.js');
const CHILD = join(ROOT, 'build', 'test', 'packages', 'driver-child.js');
const COMMAND = join(ROOT, 'dist', 'bin', 'enclasm.cjs');

/** How such a host is started. */
export interface NodeHostOptions {
  /** The program and the flags that everything is run with. */
  readonly words: readonly string[];
  /** The flag that has a file loaded before the program. */
  readonly preload: string;
  /** Modes that packages are run in. */
  readonly modes: readonly string[];
  /** Whether its address space has no room for V8's WebAssembly. */
  readonly limited?: boolean;
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the command is asked: its words, and what it must answer. */
const COMMANDS: readonly { readonly words: string; readonly code: number; readonly says: RegExp }[] = [
  {
    words: 'run --dir . samples/wc.wasm samples/data/poem.txt',
    code: 0,
    says: /^ 16 {2}94 439 samples\/data\/poem\.txt$/m,
  },
  { words: 'run --fuel 1M samples/primes.wasm 1000000', code: 1, says: /stopped at its limit of 1000000 instructions/ },
  { words: 'run --enclave samples/primes.wasm 100', code: 0, says: /^25 primes up to 100, the last is 97$/m },
  { words: 'run --seed 1 samples/threads/primes.wasm 100 2', code: 0, says: /25 primes/ },
  { words: 'run nowhere.wasm', code: 255, says: /nowhere\.wasm: no such file/ },
  { words: 'version', code: 0, says: /^enclasm \d+\.\d+\.\d+\nhost +\S+/ },
];

export class NodeHost implements AskedHost {
  readonly #options: NodeHostOptions;
  /** Where a user's program stands: the package is in node_modules. */
  readonly #folder = mkdtempSync(join(tmpdir(), 'enclasm-host-'));

  constructor(options: NodeHostOptions) {
    this.#options = options;
    mkdirSync(join(this.#folder, 'node_modules'));
    symlinkSync(ROOT, join(this.#folder, 'node_modules', 'enclasm'));
    writeFileSync(join(this.#folder, 'package.json'), '{ "type": "module", "private": true }');
    writeFileSync(join(this.#folder, 'demo.wasm'), assemble(DEMO));
    for (const [name, text] of Object.entries(WAITING_TEXTS)) {
      writeFileSync(join(this.#folder, `waiting-${name}.wasm`), assemble(text));
    }
    copyFileSync(join(ROOT, 'test', 'hosts', 'checks.mjs'), join(this.#folder, 'checks.mjs'));
  }
  ask(ability: Ability): Promise<string | undefined> {
    if (ability === 'command') return this.#commands();
    if (ability === 'packages') return this.#packages();
    return this.#check(ability);
  }
  async close(): Promise<void> {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #check(ability: Ability): Promise<string | undefined> {
    const answer = lastLine(await this.#run([join(this.#folder, 'checks.mjs'), ability, ROOT], this.#folder));
    if (typeof answer === 'string') return answer;
    const failure = answer.json as { readonly name: string; readonly message: string } | null;
    return failure === null ? undefined : `${failure.name}: ${failure.message}`;
  }
  async #commands(): Promise<string | undefined> {
    for (const { words, code, says } of COMMANDS) {
      const ended = await this.#run([COMMAND, ...words.split(' ')], ROOT);
      if (ended.code !== code || !says.test(ended.stdout + ended.stderr)) {
        return `enclasm ${words}: ended with ${ended.code}: ${ended.stdout}${ended.stderr}`;
      }
    }
    return undefined;
  }
  async #packages(): Promise<string | undefined> {
    for (const mode of this.#options.modes) {
      for (const driver of smallDrivers()) {
        const env = { ENCLASM_WEBASSEMBLY: `--mode=${mode}` };
        const answer = lastLine(await this.#run([this.#options.preload, REGISTER, CHILD, driver], ROOT, env));
        const { given, wanted } =
          typeof answer === 'string'
            ? { given: answer, wanted: 'an answer' }
            : (answer.json as Record<string, unknown>);
        const wrong = difference(given, wanted);
        if (wrong !== undefined) return `${driver}, mode ${mode}: ${wrong}`;
      }
    }
    return undefined;
  }
  #run(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const words = [...this.#options.words, ...args];
    const [command, ...rest] = this.#options.limited ? underAddressSpace(words) : words;
    const options = { cwd, env: { ...process.env, ...env }, timeout: TIMEOUT_MS, maxBuffer: 1 << 26 };
    return new Promise((resolve) => {
      execFile(command!, rest, options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, stdout, stderr: error?.signal ? `${stderr}${error.signal}` : stderr });
      });
    });
  }
}

/** The JSON in the last line of what a program printed; a text where there is none. */
function lastLine({ code, stdout, stderr }: Ended): { readonly json: unknown } | string {
  try {
    if (code === 0) return { json: JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as unknown };
  } catch {
    // It printed something else: the text below has it.
  }
  return `it ended with ${code}: ${stderr.trim() || stdout.trim()}`;
}
