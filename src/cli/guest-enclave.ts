// A guest inside an enclave: calls into it are numbered commands, and what it asks for are ocalls.
// Refuses what the enclave refuses.
import { dirname, join } from 'node:path';
import { createEnclave, type Enclave, type ObservedPacket } from '../entry/enclave.js';
import { nodePlatform } from '../entry/environment.js';
import type { InputOption, OpenFile, OutputOption } from '../entry/libraries.js';
import type { Stage } from './describe.js';
import { moduleReader } from './files.js';
import type { Io } from './io.js';
import type { Progress } from './progress.js';
import { type Guest, heapSizeFor, LOG_LEVELS, type RunRequest } from './request.js';

/** Milliseconds between two checks of the progress. */
const TICK_MS = 250;

type Handles = Awaited<ReturnType<Enclave['instantiateModule']>>;

/** @param reached called with the stage that begins, for errors */
export async function guestInEnclave(
  request: RunRequest,
  bytes: Uint8Array,
  io: Io,
  progress: Progress | undefined,
  reached: (stage: Stage) => void,
): Promise<Guest> {
  const abort = new AbortController();
  const noInterrupt = io.onInterrupt(() => abort.abort());
  const platform = nodePlatform();
  const enclave = await createEnclave({
    transport: request.enclave,
    codeCache: io.codeFolder !== undefined && join(dirname(io.codeFolder), 'enclave'),
    stdout: redirected(io.stdout) ?? ((chunk: Uint8Array) => io.write('stdout', chunk)),
    stderr: redirected(io.stderr) ?? ((chunk: Uint8Array) => io.write('stderr', chunk)),
    stdin:
      redirected(io.stdin === 'inherit' ? platform.standardStream(0) : io.stdin) ??
      (request.enclave === 'same-thread'
        ? (length: number) => io.readInput(length)
        : (length: number) => io.readInputLater(length)),
    log: (level, text) => io.err(`${request.program}: ${level}: ${text.replace(`${level}: `, '')}\n`),
    network: networkOf(request),
    ...(request.observe.calls && { observePacket: (one) => io.err(`${request.program}: ${packetLine(one)}\n`) }),
    grants: request.directories.map(({ host }) => platform.directory(host)),
  });
  const ticks = progress && setInterval(() => progress.tick(), TICK_MS);
  const stopWatching = (): void => {
    clearInterval(ticks);
    noInterrupt();
  };
  try {
    const handles = await instantiate(enclave, request, bytes, reached);
    return new GuestInEnclave(enclave, handles, abort.signal, stopWatching);
  } catch (error) {
    stopWatching();
    await enclave.close();
    throw error;
  }
}

/** Returns what is shown of a packet: who asked whom, what it was, bytes there and back, the time it took. */
function packetLine({ kind, name, bytes, answerBytes, outcome, ms }: ObservedPacket): string {
  const how = outcome === 'answered' ? '' : ` ${outcome}`;
  return `${kind} ${name}: ${bytes} bytes, answer${how} ${answerBytes} bytes <${ms.toFixed(2)} ms>`;
}

/** Returns a standard stream that is a file, in which the guest may seek as it may without an enclave. Others are closed; functions replace them. */
function redirected(stream: InputOption | OutputOption): OpenFile | undefined {
  if (typeof stream !== 'object' || !('sharesPlace' in stream)) return undefined;
  if (stream.sharesPlace) return stream;
  stream.close();
  return undefined;
}

async function instantiate(
  enclave: Enclave,
  request: RunRequest,
  bytes: Uint8Array,
  reached: (stage: Stage) => void,
): Promise<Handles> {
  await enclave.initRuntime({
    options: {
      memAllocType: request.pool === undefined ? 'system' : 'pool',
      heapSize: request.pool,
      maxThreadNum: request.maxThreads,
      logLevel: LOG_LEVELS[request.verbosity],
    },
  });
  reached('load');
  const { module } = await enclave.loadModule({ bytes, name: request.file });
  const { imports } = await enclave.listImports({ module });
  const { exports } = await enclave.listExports({ module });
  const functions = new Map(exports.map(({ name, type }) => [name, type]));
  await registerImports(enclave, imports, moduleReader(request.modulePath), new Set());
  reached('instantiate');
  await enclave.setWasiArgs({
    module,
    options: {
      args: [request.argv0, ...request.args],
      env: Object.entries(request.env).map(([name, value]) => `${name}=${value}`),
      preopens: request.directories.map(({ guest, readOnly }, grant) => ({ guestPath: guest, grant, readOnly })),
      stdin: 'host',
      stdout: 'host',
      stderr: 'host',
      ...networkOf(request),
    },
  });
  const options = {
    heapSize: heapSizeFor(request, { imports, functions }),
    mode: request.mode,
    limits: request.limits,
    deadline: request.deadline,
    metered: request.usage || request.json,
    deterministic: request.deterministic,
    seed: request.seed,
    threads: request.threads,
    strictLinking: request.strict,
  };
  return enclave.instantiateModule({ module, options });
}

/** Returns the network that is granted to the enclave, and by it to the guest. */
function networkOf({ addressPool, allowResolve }: RunRequest) {
  return { addressPool: [...addressPool], allowResolve: [...allowResolve] };
}

/** Loads the modules that the module imports from, and those that these import from. */
async function registerImports(
  enclave: Enclave,
  imports: readonly { readonly module: string }[],
  read: (name: string) => Uint8Array | undefined,
  seen: Set<string>,
): Promise<void> {
  for (const name of new Set(imports.map((one) => one.module))) {
    if (seen.has(name)) continue;
    seen.add(name);
    const bytes = read(name);
    if (!bytes) continue;
    const { module } = await enclave.loadModule({ bytes, name });
    await registerImports(enclave, (await enclave.listImports({ module })).imports, read, seen);
    await enclave.registerModule({ name, module });
  }
}

class GuestInEnclave implements Guest {
  readonly mode: string;
  readonly modeReason: string;
  refused: string | undefined;
  readonly #enclave: Enclave;
  readonly #instance: Handles['instance'];
  readonly #signal: AbortSignal;
  readonly #stopWatching: () => void;

  constructor(enclave: Enclave, handles: Handles, signal: AbortSignal, stopWatching: () => void) {
    this.mode = handles.mode;
    this.modeReason = handles.modeReason;
    this.#enclave = enclave;
    this.#instance = handles.instance;
    this.#signal = signal;
    this.#stopWatching = stopWatching;
  }
  /** Runs the program. A WASI program has its arguments by the WASI args already; a plain main gets them here. */
  async main(argv: readonly string[]): Promise<number> {
    const { exitCode, refused } = await this.#enclave.execAppMain(
      { instance: this.#instance, argv: [...argv] },
      { signal: this.#signal },
    );
    this.refused = refused;
    return exitCode;
  }
  async call(name: string, argv: readonly string[]): Promise<string[]> {
    const { results } = await this.#enclave.execAppFunc(
      { instance: this.#instance, name, argv: [...argv] },
      { signal: this.#signal },
    );
    return [...results];
  }
  async exception(): Promise<string | null> {
    if (this.#enclave.failure) return `Exception: ${this.#enclave.failure.message}`;
    return (await this.#enclave.getException({ instance: this.#instance })).exception ?? null;
  }
  async usage() {
    return this.#enclave.failure ? undefined : (await this.#enclave.getUsage({ instance: this.#instance })).usage;
  }
  async end(): Promise<void> {
    this.#stopWatching();
    if (!this.#enclave.failure) await this.#enclave.destroyRuntime();
    await this.#enclave.close();
  }
}
