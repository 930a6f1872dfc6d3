// Every command that the trusted side answers. Numbers are for ever: rows are appended, never changed or removed.
// 0 to 14 are those of WAMR's EcallCmd; Enclasm's own begin at 32. Client and dispatcher derive their types from this table.
import {
  bool,
  bytes,
  cutText,
  type Fields,
  f64,
  handle,
  i32,
  list,
  MAX_MESSAGE_CHARS,
  type ObjectOf,
  optional,
  size,
  str,
  u32,
  value,
} from './fields.js';
import {
  callLimits,
  convention,
  destroyReport,
  external,
  extismGrants,
  heldChunk,
  initArgs,
  instantiateOptions,
  logLevel,
  MAX_HELD_CHUNKS,
  MAX_VALUES,
  memAllocInfo,
  mode,
  nativeTable,
  texts,
  usage,
  wasiArgs,
} from './structures.js';

/** This changes when a row changes its meaning; both sides must have the same version. */
export const PROTOCOL_VERSION = 7;

/** What must have happened before a command: nothing, the handshake, an initialised runtime. */
export type Needs = 'nothing' | 'handshake' | 'runtime';

interface Row {
  readonly n: number;
  /** WAMR's name without its CMD_ prefix, or a name in its manner. */
  readonly name: string;
  readonly needs: Needs;
  readonly args: Fields;
  readonly result: Fields;
}
/**
 * A command during which a guest may run: its start function, an export, its own malloc. It has `limits` of this one command among its
 * arguments and `usage` in its result; an error answer has the usage beside the error.
 */
interface GuestRow extends Row {
  readonly runsGuest: true;
  readonly args: Fields & { readonly limits: typeof commandLimits };
  readonly result: Fields & { readonly usage: typeof usedByCommand };
}
type CommandRow = GuestRow | (Row & { readonly runsGuest?: never });

const commandLimits = optional(callLimits);
const usedByCommand = optional(usage);
/** Imports or exports that one answer lists. */
const MAX_EXTERNALS = 100_000;
const valueTexts = list(str, MAX_VALUES);
const module = handle('module');
const instance = handle('instance');
const thread = handle('thread');

export const COMMANDS = {
  /** Initialises the runtime: memory, environment, natives, thread limit. A second one without destroy is an error. */
  initRuntime: {
    n: 0,
    name: 'INIT_RUNTIME',
    needs: 'handshake',
    args: { options: optional(initArgs) },
    result: {},
  },
  /** Decodes and validates a module. */
  loadModule: {
    n: 1,
    name: 'LOAD_MODULE',
    needs: 'runtime',
    args: { bytes, name: optional(str) },
    result: { module },
  },
  /** Makes an instance under its limits; the start function runs. `limits` hold for all of that together. */
  instantiateModule: {
    n: 2,
    name: 'INSTANTIATE_MODULE',
    needs: 'runtime',
    runsGuest: true,
    args: { module, options: optional(instantiateOptions), limits: commandLimits },
    result: { instance, mode, modeReason: cutText(MAX_MESSAGE_CHARS), usage: usedByCommand },
  },
  /** Finds an exported function. A name that no export has is not an error. */
  lookupFunction: {
    n: 3,
    name: 'LOOKUP_FUNCTION',
    needs: 'runtime',
    args: { instance, name: str },
    result: { function: optional(handle('function')), params: valueTexts, results: valueTexts },
  },
  /** Makes a thread of execution for an instance. */
  createExecEnv: {
    n: 4,
    name: 'CREATE_EXEC_ENV',
    needs: 'runtime',
    args: { instance, stackSize: optional(size) },
    result: { execEnv: handle('execEnv') },
  },
  /** Calls a function with typed values. */
  callWasm: {
    n: 5,
    name: 'CALL_WASM',
    needs: 'runtime',
    runsGuest: true,
    args: {
      execEnv: handle('execEnv'),
      function: handle('function'),
      values: list(value, MAX_VALUES),
      limits: commandLimits,
    },
    result: { values: list(value, MAX_VALUES), usage: usedByCommand },
  },
  /** Calls an exported function with arguments as text, results as text. */
  execAppFunc: {
    n: 6,
    name: 'EXEC_APP_FUNC',
    needs: 'runtime',
    runsGuest: true,
    args: { instance, name: str, argv: texts, limits: commandLimits },
    result: { results: valueTexts, usage: usedByCommand },
  },
  /** Runs the program's main function; the exit code is the guest's own. */
  execAppMain: {
    n: 7,
    name: 'EXEC_APP_MAIN',
    needs: 'runtime',
    runsGuest: true,
    args: { instance, argv: texts, limits: commandLimits },
    result: { exitCode: i32, refused: optional(cutText(MAX_MESSAGE_CHARS)), usage: usedByCommand },
  },
  /** The text of the instance's exception, or none; beyond 16,384 characters it is cut. */
  getException: {
    n: 8,
    name: 'GET_EXCEPTION',
    needs: 'runtime',
    args: { instance },
    result: { exception: optional(cutText(MAX_MESSAGE_CHARS)) },
  },
  /** Ends an instance and the handles that belong to it. Refused while it runs. */
  deinstantiateModule: {
    n: 9,
    name: 'DEINSTANTIATE_MODULE',
    needs: 'runtime',
    args: { instance },
    result: {},
  },
  /** Frees a module. Refused while it has instances. */
  unloadModule: {
    n: 10,
    name: 'UNLOAD_MODULE',
    needs: 'runtime',
    args: { module },
    result: {},
  },
  /** Ends everything; says what was still alive. Every handle dies. Refused from inside a call. */
  destroyRuntime: {
    n: 11,
    name: 'DESTROY_RUNTIME',
    needs: 'runtime',
    args: {},
    result: { report: destroyReport },
  },
  /** Sets what instances that are made of the module from now on see through WASI. Replaces what was set before. */
  setWasiArgs: {
    n: 12,
    name: 'SET_WASI_ARGS',
    needs: 'runtime',
    args: { module, options: wasiArgs },
    result: {},
  },
  /** Sets what is logged, before or after init. */
  setLogLevel: {
    n: 13,
    name: 'SET_LOG_LEVEL',
    needs: 'handshake',
    args: { level: logLevel },
    result: {},
  },
  /** The version of the trusted side. */
  getVersion: {
    n: 14,
    name: 'GET_VERSION',
    needs: 'nothing',
    args: {},
    result: { major: u32, minor: u32, patch: u32 },
  },
  /** First command: agrees on the protocol. `epoch` counts restarts, so that handles of a dead enclave stay dead. The other two are the most bytes that the untrusted side takes: in a packet, and as the arguments of one native. */
  handshake: {
    n: 32,
    name: 'HANDSHAKE',
    needs: 'nothing',
    args: { protocolVersion: u32, epoch: u32, maxPacketBytes: size, maxNativeBytes: size },
    result: { protocolVersion: u32, platform: str },
  },
  /** Answers with the numbers it was sent. Each packet has 64 bytes. */
  ping: {
    n: 33,
    name: 'PING',
    needs: 'handshake',
    args: { a: u32, b: u32, c: u32, d: u32 },
    result: { a: u32, b: u32, c: u32, d: u32 },
  },
  /** Answers with the bytes it was sent. */
  echo: {
    n: 34,
    name: 'ECHO',
    needs: 'handshake',
    args: { bytes },
    result: { bytes },
  },
  /** What an instance has used since it was made. */
  getUsage: {
    n: 35,
    name: 'GET_USAGE',
    needs: 'runtime',
    args: { instance },
    result: { usage },
  },
  /** Total, free and highest use of the pool in bytes; none without a pool. */
  getMemAllocInfo: {
    n: 36,
    name: 'GET_MEM_ALLOC_INFO',
    needs: 'runtime',
    args: {},
    result: { info: optional(memAllocInfo) },
  },
  /** Ends a thread of execution. */
  destroyExecEnv: {
    n: 37,
    name: 'DESTROY_EXEC_ENV',
    needs: 'runtime',
    args: { execEnv: handle('execEnv') },
    result: {},
  },
  /** Sets the exception of an instance. */
  setException: {
    n: 38,
    name: 'SET_EXCEPTION',
    needs: 'runtime',
    args: { instance, exception: cutText(MAX_MESSAGE_CHARS) },
    result: {},
  },
  /** Clears the exception of an instance. */
  clearException: {
    n: 39,
    name: 'CLEAR_EXCEPTION',
    needs: 'runtime',
    args: { instance },
    result: {},
  },
  /** Makes a running instance stop with "terminated by user": sent from inside an ocall. */
  terminate: {
    n: 40,
    name: 'TERMINATE',
    needs: 'runtime',
    args: { instance },
    result: {},
  },
  /** Names, kinds and types of the exports. */
  listExports: {
    n: 41,
    name: 'LIST_EXPORTS',
    needs: 'runtime',
    args: { module },
    result: { exports: list(external, MAX_EXTERNALS) },
  },
  /** Module names, names, kinds and types of the imports. */
  listImports: {
    n: 42,
    name: 'LIST_IMPORTS',
    needs: 'runtime',
    args: { module },
    result: { imports: list(external, MAX_EXTERNALS) },
  },
  /** Adds natives of the embedder; the newest registration of a name wins. */
  registerNatives: {
    n: 43,
    name: 'REGISTER_NATIVES',
    needs: 'runtime',
    args: { table: nativeTable },
    result: {},
  },
  /** Makes a module importable by others under a name. */
  registerModule: {
    n: 44,
    name: 'REGISTER_MODULE',
    needs: 'runtime',
    args: { name: str, module },
    result: {},
  },
  /** Allocates in the guest's memory; 0 when it does not fit. */
  moduleMalloc: {
    n: 45,
    name: 'MODULE_MALLOC',
    needs: 'runtime',
    runsGuest: true,
    args: { instance, size, limits: commandLimits },
    result: { address: size, usage: usedByCommand },
  },
  /** Frees in the guest's memory. */
  moduleFree: {
    n: 46,
    name: 'MODULE_FREE',
    needs: 'runtime',
    runsGuest: true,
    args: { instance, address: size, limits: commandLimits },
    result: { usage: usedByCommand },
  },
  /** Copies bytes out of the guest's memory 0. */
  readMemory: {
    n: 47,
    name: 'READ_MEMORY',
    needs: 'runtime',
    args: { instance, address: size, length: u32 },
    result: { bytes },
  },
  /** Copies bytes into the guest's memory 0. */
  writeMemory: {
    n: 48,
    name: 'WRITE_MEMORY',
    needs: 'runtime',
    args: { instance, address: size, bytes },
    result: {},
  },
  /** Live handles of each kind. */
  countHandles: {
    n: 49,
    name: 'COUNT_HANDLES',
    needs: 'handshake',
    args: {},
    result: { modules: u32, instances: u32, functions: u32, execEnvs: u32, references: u32 },
  },
  /** Gives up a reference to a guest's object that a call returned. */
  releaseReference: {
    n: 50,
    name: 'RELEASE_REFERENCE',
    needs: 'runtime',
    args: { reference: handle('reference') },
    result: {},
  },
  /** Makes an instance that callPlugin calls by a convention. `limits` hold for all of that together. */
  instantiatePlugin: {
    n: 51,
    name: 'INSTANTIATE_PLUGIN',
    needs: 'runtime',
    runsGuest: true,
    args: {
      module,
      convention,
      options: optional(instantiateOptions),
      extism: optional(extismGrants),
      limits: commandLimits,
    },
    result: { instance, mode, modeReason: cutText(MAX_MESSAGE_CHARS), usage: usedByCommand },
  },
  /** Calls a function of a plugin: bytes in, bytes out, at most `maxOutputBytes` of them. `isText`: the input is UTF-8. */
  callPlugin: {
    n: 52,
    name: 'CALL_PLUGIN',
    needs: 'runtime',
    runsGuest: true,
    args: { instance, name: str, input: bytes, isText: bool, maxOutputBytes: size, limits: commandLimits },
    result: { output: bytes, usage: usedByCommand },
  },
  /** Runs a program in an instance of its own. `wasi` is what it sees; streams that it does not name are `stdin` and the results. `held` is output that was held back for `holdMs`. */
  runProgram: {
    n: 53,
    name: 'RUN_PROGRAM',
    needs: 'runtime',
    runsGuest: true,
    args: {
      module,
      wasi: optional(wasiArgs),
      stdin: optional(bytes),
      options: optional(instantiateOptions),
      maxOutputBytes: size,
      holdMs: optional(f64),
      limits: commandLimits,
    },
    result: {
      exitCode: i32,
      stdout: bytes,
      stderr: bytes,
      held: optional(list(heldChunk, MAX_HELD_CHUNKS)),
      refused: optional(cutText(MAX_MESSAGE_CHARS)),
      usage: usedByCommand,
    },
  },
  /** Starts a thread of the guest, which calls an export, by its name or looked up. It runs while calls of the instance do; `tid` is its number there. */
  spawnThread: {
    n: 54,
    name: 'SPAWN_THREAD',
    needs: 'runtime',
    args: { instance, name: optional(str), function: optional(handle('function')), values: list(value, MAX_VALUES) },
    result: { thread, tid: u32 },
  },
  /** Runs the threads until this one has ended, and gives what its function returned. The handle is gone whatever comes of it. */
  joinThread: {
    n: 55,
    name: 'JOIN_THREAD',
    needs: 'runtime',
    runsGuest: true,
    args: { thread, limits: commandLimits },
    result: { values: list(value, MAX_VALUES), usage: usedByCommand },
  },
  /** Ends a thread, inside a native as soon as that returns. The handle stays, for JOIN_THREAD or DETACH_THREAD. */
  cancelThread: {
    n: 56,
    name: 'CANCEL_THREAD',
    needs: 'runtime',
    args: { thread },
    result: {},
  },
  /** Threads beside the first that are alive, and were started; the most at once with it. Guest and embedder may start them. */
  countThreads: {
    n: 57,
    name: 'COUNT_THREADS',
    needs: 'runtime',
    args: { instance },
    result: { alive: u32, started: u32, peak: u32 },
  },
  /** Leaves a thread to itself: the handle is gone. */
  detachThread: {
    n: 58,
    name: 'DETACH_THREAD',
    needs: 'runtime',
    args: { thread },
    result: {},
  },
} as const satisfies { readonly [name: string]: CommandRow };

export type CommandName = keyof typeof COMMANDS;
/** Commands that may run a guest. */
export type GuestCommand = {
  [K in CommandName]: (typeof COMMANDS)[K] extends { readonly runsGuest: true } ? K : never;
}[CommandName];
export function runsGuest(name: CommandName): name is GuestCommand {
  const row: CommandRow = COMMANDS[name];
  return row.runsGuest === true;
}
export type Args<K extends CommandName> = ObjectOf<(typeof COMMANDS)[K]['args']>;
export type Result<K extends CommandName> = ObjectOf<(typeof COMMANDS)[K]['result']>;

export const COMMAND_NAMES = Object.keys(COMMANDS) as readonly CommandName[];
