// Every command and option of `enclasm`, one row each: parser, help, completion and docs/cli.md come from this table.
// Refuses nothing itself.
import { DEADLINE_CHOICES, MODE_CHOICES, THREADS_CHOICES } from '../entry/tables.js';
import { LIMIT_OPTION_NAMES, LIMIT_OPTIONS } from './limit-options.js';
import type { Kind } from './values.js';

export interface OptionRow {
  /** The letter of its short form: f for -f. */
  readonly short?: string;
  /** The kind of its value; a flag has none. */
  readonly kind?: Kind;
  /** The name of the value in the help. */
  readonly metavar?: string;
  /** The only possible values. */
  readonly choices?: readonly string[];
  /** The value that it has without `=VALUE`; options that lack this need a value. */
  readonly bare?: string;
  /** Whether it may be given several times. */
  readonly repeat?: boolean;
  /** The default, in the words of the help. */
  readonly otherwise?: string;
  /** Whether it is completed with files, or with directories. */
  readonly completes?: 'file' | 'directory';
  readonly help: string;
}

export const OPTIONS = {
  dir: {
    kind: 'directory',
    metavar: 'DIR',
    repeat: true,
    completes: 'directory',
    help: 'let the guest read and write below DIR, under the same name',
  },
  'map-dir': {
    kind: 'mapping',
    metavar: 'GUEST::HOST[:ro]',
    repeat: true,
    help: 'let the guest use the directory HOST under the name GUEST; :ro for reading only',
  },
  env: {
    kind: 'variable',
    metavar: 'NAME[=VALUE]',
    repeat: true,
    help: 'set an environment variable of the guest; without =VALUE, pass on the one of this process',
  },
  'env-file': {
    kind: 'text',
    metavar: 'FILE',
    repeat: true,
    completes: 'file',
    help: 'set the variables that FILE lists as NAME=VALUE lines; --env counts more',
  },
  'inherit-env': { help: 'pass the whole environment of this process on to the guest; it may hold secrets' },
  argv0: {
    kind: 'text',
    metavar: 'NAME',
    otherwise: 'FILE, as it was given',
    help: "the guest's first argument: the name it is called by",
  },
  mode: {
    choices: MODE_CHOICES,
    metavar: 'MODE',
    otherwise: 'auto',
    help: 'how the guest runs',
  },
  enclave: {
    choices: ['same-thread', 'worker', 'process'],
    metavar: 'KIND',
    bare: 'worker',
    help: 'run it inside an enclave: same-thread, worker (what --enclave alone means) or process',
  },
  pool: {
    kind: 'size',
    metavar: 'SIZE',
    help: 'take all memory of the guest from one pool of this size',
  },
  'heap-size': {
    kind: 'size',
    metavar: 'SIZE',
    otherwise: '16K if main takes arguments or malloc is imported, and no allocator is there; else 0',
    help: 'app heap of the guest',
  },
  ...LIMIT_OPTIONS,
  deadline: {
    choices: DEADLINE_CHOICES,
    metavar: 'HOW',
    otherwise: 'soft',
    help: 'how --timeout is kept: soft, by checks in the guest; hard, by ending its worker or process',
  },
  threads: {
    choices: THREADS_CHOICES,
    metavar: 'HOW',
    otherwise: 'auto',
    help: 'how threads of the guest run; auto: if it imports what starts them',
  },
  function: {
    short: 'f',
    kind: 'text',
    metavar: 'NAME',
    help: 'call this export with the arguments as numbers, print its results',
  },
  repl: { help: 'read "NAME ARGS" line by line and call each; __exit__ ends' },
  usage: { help: 'report what the guest used: instructions, time, memory, files' },
  json: { help: 'write the outcome as one line of JSON: to standard error for run, to standard output otherwise' },
  'trace-calls': { help: 'write each call of a native or of WASI to standard error: arguments, result, time' },
  profile: {
    kind: 'text',
    metavar: 'FILE',
    completes: 'file',
    help: 'write which functions used the fuel, for speedscope; FILE.firefox.json is for the Firefox profiler',
  },
  'profile-by': {
    choices: ['fuel', 'time'],
    metavar: 'WHAT',
    otherwise: 'fuel',
    help: 'what the profile counts: fuel is exact and the same in each run, time is not',
  },
  'profile-format': {
    choices: ['speedscope', 'firefox'],
    metavar: 'FORMAT',
    otherwise: 'what the name of the file says',
    help: 'the format of the profile',
  },
  coverage: {
    kind: 'text',
    metavar: 'FILE',
    completes: 'file',
    help: 'write which source lines ran, as lcov; the module needs DWARF (-g) or a source map',
  },
  coredump: {
    kind: 'text',
    metavar: 'FILE',
    completes: 'file',
    help: 'if the guest traps, write its calls, memory and globals as a core dump',
  },
  deterministic: { help: 'the same input gives the same output: NaNs, clock and random numbers are fixed' },
  seed: {
    kind: 'count',
    metavar: 'N',
    help: 'deterministic, and this decides the order in which threads run, and random numbers',
  },
  seeds: {
    kind: 'range',
    metavar: 'A..B',
    help: 'run it with each of these seeds, and tell which outcomes there are, with a seed for each',
  },
  strict: { help: 'refuse a module with an unknown import, instead of a trap when it is called' },
  'module-path': {
    kind: 'text',
    metavar: 'DIR',
    completes: 'directory',
    otherwise: '.',
    help: 'the folder of NAME.wasm, for modules that import from NAME',
  },
  'addr-pool': {
    kind: 'addresses',
    metavar: 'ADDR/MASK,...',
    repeat: true,
    help: 'addresses the guest may connect to; none unless given',
  },
  'allow-resolve': {
    kind: 'names',
    metavar: 'NAME,...',
    repeat: true,
    help: 'names the guest may look up; *.NAME for all below',
  },
  feature: {
    kind: 'feature',
    metavar: '[no-]NAME',
    repeat: true,
    help: 'allow modules a feature of WebAssembly, or with no- refuse those that use it',
  },
  verbose: {
    short: 'v',
    kind: 'level',
    metavar: 'LEVEL',
    bare: '4',
    otherwise: '2',
    help: 'log: 0 fatal, 1 errors, 2 warnings, 3 debug, 4 all; 5 also where in Enclasm an error comes from',
  },
  out: {
    short: 'o',
    kind: 'text',
    metavar: 'OUT',
    completes: 'file',
    otherwise: 'FILE with .mjs, or .cjs for hermes',
    help: 'the file to write',
  },
  target: {
    choices: ['node', 'browser', 'worker', 'jitless', 'hermes'],
    metavar: 'HOST',
    otherwise: 'node',
    help: 'where it will run',
  },
  metered: { help: 'let instances have limits of instructions and call depth; the code is larger' },
  observed: { help: 'let instances have a profile or coverage; the code is larger' },
  'without-wasm': { help: 'leave the module itself out; the program that loads the file must have it' },
  'cache-dir': {
    kind: 'text',
    metavar: 'DIR',
    completes: 'directory',
    otherwise: "a folder among the user's caches",
    help: 'keep compiled code there, for later starts',
  },
  'no-cache': { help: 'keep no compiled code, and use none' },
  trace: { help: 'on an error, show where in Enclasm it comes from' },
  help: { short: 'h', help: 'show this' },
} as const satisfies Readonly<Record<string, OptionRow>>;

export type OptionName = keyof typeof OPTIONS;

export interface CommandRow {
  /** The words after the options, as the help shows them. */
  readonly operands: string;
  /** The least and the most number of operands. */
  readonly least: number;
  readonly most: number;
  readonly summary: string;
  readonly options: readonly OptionName[];
  /** The words with which operands are completed. */
  readonly words?: readonly string[];
  readonly examples: readonly (readonly [command: string, what: string])[];
}

const EVERYWHERE = ['cache-dir', 'no-cache', 'trace', 'help'] as const;
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export const COMMANDS = {
  run: {
    operands: 'FILE [ARGS...]',
    least: 1,
    most: Number.POSITIVE_INFINITY,
    summary: 'run a WebAssembly program',
    options: [
      ...['dir', 'map-dir', 'env', 'env-file', 'inherit-env', 'argv0'],
      ...['mode', 'enclave', 'pool', 'heap-size', ...LIMIT_OPTION_NAMES, 'deadline', 'threads'],
      ...['function', 'repl', 'usage', 'json'],
      ...['trace-calls', 'profile', 'profile-by', 'profile-format', 'coverage', 'coredump'],
      ...['deterministic', 'seed', 'seeds', 'strict', 'module-path', 'addr-pool', 'allow-resolve', 'feature'],
      ...['verbose', ...EVERYWHERE],
    ] as OptionName[],
    examples: [
      ['run --dir . samples/wc.wasm samples/data/poem.txt', 'a program that may use the files below this directory'],
      ['run --map-dir /data::samples/data:ro samples/demo.wasm', 'one directory, under another name, for reading only'],
      ['run --fuel 1M --timeout 2s --memory 8M samples/primes.wasm 1000', 'with limits that hold'],
      ['run --seeds 1..20 samples/threads/dining.wasm', 'a program with threads, in twenty of their orders'],
      ['run --profile life.json samples/life.wasm 10', 'then open life.json in speedscope'],
      ['run --enclave --usage samples/life.wasm 10', 'inside an enclave, with a report of what it used'],
      ['--fuel 1M samples/primes.wasm 1000', 'run is what a file without a command means'],
      ['run - < samples/hello.wasm', 'the module comes from standard input'],
    ],
  },
  compile: {
    operands: 'FILE',
    least: 1,
    most: 1,
    summary: 'compile a module to JavaScript, for mode aot',
    options: ['out', 'target', 'metered', 'observed', 'deterministic', 'without-wasm', 'feature', ...EVERYWHERE],
    examples: [['compile samples/life.wasm -o life.mjs', 'then: enclasm run --mode=aot life.mjs']],
  },
  validate: {
    operands: 'FILE...',
    least: 1,
    most: Number.POSITIVE_INFINITY,
    summary: 'check that files are valid modules',
    options: ['json', 'feature', ...EVERYWHERE],
    examples: [['validate samples/wc.wasm', 'says nothing new: it is valid']],
  },
  print: {
    operands: 'FILE',
    least: 1,
    most: 1,
    summary: 'write a module in the text format',
    options: ['feature', ...EVERYWHERE],
    examples: [['print samples/wc.wasm', 'as assemblers read it']],
  },
  objdump: {
    operands: 'FILE',
    least: 1,
    most: 1,
    summary: 'list the sections of a module and its largest functions, with their sizes',
    options: ['json', 'feature', ...EVERYWHERE],
    examples: [['objdump samples/wc.wasm', 'where its bytes are']],
  },
  wast: {
    operands: 'FILE...',
    least: 1,
    most: Number.POSITIVE_INFINITY,
    summary: 'check what scripts of the official test suite assert; auto is interp here',
    options: ['mode', 'json', 'feature', ...EVERYWHERE],
    examples: [['wast --mode=jit test.wast', 'a line for each assertion that does not hold, and the sums']],
  },
  version: {
    operands: '',
    least: 0,
    most: 0,
    summary: 'show the version, the host, and what runs here',
    options: ['json', ...EVERYWHERE],
    examples: [],
  },
  completion: {
    operands: 'SHELL',
    least: 1,
    most: 1,
    summary: 'write a completion script for bash, zsh or fish',
    options: [...EVERYWHERE],
    words: SHELLS,
    examples: [['completion bash', 'for ~/.bashrc: eval "$(enclasm completion bash)"']],
  },
} as const satisfies Readonly<Record<string, CommandRow>>;

export type CommandName = keyof typeof COMMANDS;
