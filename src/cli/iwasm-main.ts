// `iwasm [options] FILE [args]`: WAMR's command, so that scripts written for it run. docs/cli.md lists what differs.
// Refuses unknown options with the usage text and exit code 1, as WAMR's does.
import { CliError, EXIT_USAGE } from './cli-error.js';
import type { Io } from './io.js';
import { IWASM_OPTION_NAMES, IWASM_OPTIONS } from './iwasm-options.js';
import { limitsOf } from './limit-options.js';
import { type Given, parse } from './parse.js';
import type { RunRequest } from './request.js';
import { run } from './run.js';
import { variables } from './run-options.js';
import type { Mapping } from './values.js';

type IwasmOptions = Given<typeof IWASM_OPTIONS>;

/** @param words the arguments after the program's name */
export async function iwasmMain(words: readonly string[], io: Io): Promise<number> {
  try {
    const { options, operands } = parse(IWASM_OPTIONS, IWASM_OPTION_NAMES, words, 'iwasm', {
      lastCounts: true,
    });
    if (options.version) {
      const { VERSION } = await import('../entry/embed.js');
      io.out(`iwasm ${VERSION}\n`);
      return 0;
    }
    if (options.help || operands.length === 0) {
      io.help((await import('./help.js')).iwasmHelp());
      return options.help ? 0 : EXIT_USAGE;
    }
    return await run(requestOf(options, operands, io), io);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    io.err(`${error.message}\n`);
    if (error.exitCode === EXIT_USAGE) io.out((await import('./help.js')).iwasmHelp());
    return error.exitCode;
  }
}

function requestOf(options: IwasmOptions, operands: readonly string[], io: Io): RunRequest {
  const [file = '', ...args] = operands;
  const verbosity = options.v ?? 2;
  return {
    program: 'iwasm',
    file,
    argv0: file,
    args,
    directories: once([...(options.dir ?? []), ...(options['map-dir'] ?? [])]),
    env: variables(options.env ?? [], io.env),
    addressPool: (options['addr-pool'] ?? []).flat(),
    allowResolve: (options['allow-resolve'] ?? []).flat(),
    mode: modeOf(options),
    enclave: undefined,
    pool: undefined,
    heapSize: options['heap-size'],
    maxThreads: options['max-threads'],
    threads: 'auto',
    seed: undefined,
    limits: limitsOf(options),
    deadline: 'soft',
    func: options.function,
    repl: options.repl ?? false,
    usage: false,
    json: false,
    deterministic: false,
    strict: false,
    features: {},
    modulePath: options['module-path'] ?? '.',
    nativeLibs: options['native-lib'] ?? [],
    verbosity,
    trace: verbosity >= 5,
    observe: {},
  };
}

const MODES: Readonly<Record<string, RunRequest['mode']>> = {
  interp: 'interp',
  'fast-jit': 'jit',
  'llvm-jit': 'jit',
  'multi-tier-jit': 'auto',
};

/** Returns the mode; of several, the last one counts. */
function modeOf(options: IwasmOptions): RunRequest['mode'] {
  const last = Object.keys(options)
    .filter((name) => Object.hasOwn(MODES, name))
    .at(-1);
  return last === undefined ? 'auto' : MODES[last]!;
}

/** The same directory under the same name is granted once, however often it is given. */
function once(directories: readonly Mapping[]): Mapping[] {
  return [...new Map(directories.map((one) => [JSON.stringify(one), one])).values()];
}
