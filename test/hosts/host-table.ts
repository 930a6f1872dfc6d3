// Which host can do what, and why not: the data of `npm run test:hosts`, which tries every cell, and of the tables in docs/hosts.md and docs/webassembly.md,
// which are made from it. Refuses nothing.

/** What a host is asked, in the order of the table's columns. */
export const ABILITIES = {
  interp: 'mode `interp`: a program, natives, traps, limits',
  jit: 'the same in mode `jit`',
  host: 'the same in mode `host`',
  aot: 'a program that was compiled ahead of time',
  threads: 'threads of a guest in turn: of one seed the same run on every host',
  parallel: 'threads of a guest in workers, at once and awaited: programs for wasi-threads and for lib-pthread',
  async: 'natives that return promises, on the thread of the embedder',
  waiting: '`callAsync` in mode `host`: many calls at once, limits, signals',
  files: 'WASI on directories of the operating system: each program of `test/wasi/c`',
  worker: 'an enclave in a worker: natives, aborted calls, deadlines',
  process: 'an enclave in a process: the same',
  requests: 'a pool of enclaves that serves requests',
  plugin: 'a plugin, on the thread of the embedder and in a worker',
  command: 'the command `enclasm`',
  packages: 'packages from npm over the `WebAssembly` object, with known answers',
} as const;
export type Ability = keyof typeof ABILITIES;

/** What a host cannot do. */
export interface Lack {
  readonly why: string;
  /** How it is refused there; null where the package that runs there has nothing to ask for it with. */
  readonly says: RegExp | null;
}

type Lacks = Readonly<Partial<Record<Ability, Lack>>>;

const CANNOT_SUSPEND = /mode 'host' cannot pause a call/;
/** Engines whose frames of WebAssembly cannot wait. */
const NOT_YET = (engine: string): Lacks => ({
  waiting: { why: `${engine} has no \`WebAssembly.promising\``, says: CANNOT_SUSPEND },
});
const NO_CODE: Lack = { why: 'no code is made of texts there', says: /mode 'jit'/ };
const IN_BROWSERS: Lacks = {
  files: {
    why: 'browsers have no directories by their paths: guests get file systems in memory',
    says: /MemoryFileSystem/,
  },
  process: { why: 'browsers have no processes', says: /browsers have no processes/ },
  command: { why: 'browsers have no command line', says: null },
};
/** Pages that share no memory with workers. */
const NOT_ISOLATED: Lacks = {
  ...IN_BROWSERS,
  parallel: {
    why: 'threads take turns there: a page that is not isolated from other origins shares no memory with workers',
    says: /threadWorkers.*isolated from other origins/,
  },
};
/** What the small package has nothing for, as it knows nothing of its host. */
const LANGUAGE_ALONE: Lacks = {
  host: { why: 'there is no WebAssembly', says: null },
  parallel: { why: 'there are no workers', says: null },
  waiting: { why: 'there is no WebAssembly', says: null },
  files: { why: 'there are no files: guests get file systems in memory', says: null },
  worker: { why: 'there are no workers', says: null },
  process: { why: 'there are no processes', says: null },
  requests: { why: 'there are neither workers nor processes', says: null },
  plugin: { why: 'plugins are no part of the small package', says: null },
  command: { why: 'there is no command line', says: null },
};

/** Hosts by name, in the order of the table's rows, each with what it lacks. */
export const HOSTS = {
  'Node 20': NOT_YET('V8 11'),
  'Node 22': NOT_YET('V8 12'),
  'Node 24': {},
  'Node 26': {},
  'Node, jitless': {
    host: { why: 'V8 has no WebAssembly without its compilers', says: /mode 'host'/ },
    waiting: { why: 'V8 has no WebAssembly without its compilers', says: /mode 'host'/ },
  },
  'Node, little address space': {
    host: {
      why: 'V8 reserves about 10 GB of addresses for each memory of WebAssembly',
      says: /could not allocate memory/,
    },
    waiting: {
      why: 'V8 reserves about 10 GB of addresses for each memory of WebAssembly',
      says: /could not allocate memory/,
    },
  },
  Bun: {
    process: {
      why: 'Bun has no permission model that would take the rights of a child',
      says: /Bun has no permission model/,
    },
  },
  Deno: {},
  'Chromium, a page': NOT_ISOLATED,
  'Chromium, an isolated page': IN_BROWSERS,
  "Chromium, script-src 'self'": {
    ...NOT_ISOLATED,
    jit: NO_CODE,
    host: { why: "WebAssembly wants 'wasm-unsafe-eval' there", says: /mode 'host'/ },
    waiting: { why: "WebAssembly wants 'wasm-unsafe-eval' there", says: /mode 'host'/ },
  },
  QuickJS: LANGUAGE_ALONE,
  Hermes: LANGUAGE_ALONE,
} as const satisfies Readonly<Record<string, Lacks>>;
export type HostName = keyof typeof HOSTS;

/** What a host lacks of an ability; undefined where it has it. */
export function lackOf(host: HostName, ability: Ability): Lack | undefined {
  const lacks: Lacks = HOSTS[host];
  return lacks[ability];
}
