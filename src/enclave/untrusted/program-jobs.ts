// A program as a job: what it gets, and running it in a lent enclave in one command. Compiled modules stay in the enclave, by their content; all
// else of a job (instance, streams, files, natives) ends with it. Refuses nothing itself: entry/job-options.ts has checked a job.
import type { Args } from '../protocol/commands.js';
import type { Handle } from '../protocol/fields.js';
import type { FileSystem } from '../protocol/ocalls.js';
import type { DeadlineChoice, LimitOptions, ModeChoice, Usage } from '../protocol/structures.js';
import type { AbortSignalLike } from '../protocol/transport.js';
import type { Enclave } from './client.js';
import type { Account } from './lease.js';
import type { NativeDefinition } from './native-service.js';
import { fileService, type InputService, type OutputService } from './stream-services.js';

/** A module for jobs, with the key of its content: `pool.program(bytes)` hashes it once, where `run` with bytes does at each job. */
export class PoolProgram {
  /** Identifies the content; equal bytes have equal keys. */
  readonly key: string;
  /** @internal */
  readonly bytes: Uint8Array;

  /** @internal Use EnclavePool.program. */
  constructor(bytes: Uint8Array, key: string) {
    this.bytes = bytes;
    this.key = key;
  }
}

/** A directory for a job: a path or file system that it may write to, or either with `readOnly`. */
export type JobPreopen =
  | string
  | FileSystem
  | { readonly path: string; readonly readOnly?: boolean | undefined }
  | { readonly fileSystem: FileSystem; readonly readOnly?: boolean | undefined };

/** Is told what a guest used, however it ended, unless it was ended with its enclave: then nobody knows. */
export type UsageListener = (usage: Usage) => void;

/** What one run of a program gets. Everything ends with the run. */
export interface ProgramOptions {
  /** Its arguments, the program's name first. */
  readonly args?: readonly string[] | undefined;
  /** Its environment variables; none unless given. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Its directories, by the path that it sees; none unless given. */
  readonly preopens?: Readonly<Record<string, JobPreopen>> | undefined;
  /** Its standard input: bytes, a text, or what an enclave takes as `stdin`. Default: none. */
  readonly stdin?: Uint8Array | string | InputService | undefined;
  /** Gets its standard output, as an enclave's `stdout`. Default: it is collected, and comes with the result. */
  readonly stdout?: OutputService | undefined;
  /** Gets its standard error, in the same way. */
  readonly stderr?: OutputService | undefined;
  /**
   * Milliseconds for which output that functions and streams get may be held back, up to 16 KiB of it: what is short costs next to nothing then. It
   * comes before anything else that the embedder can see of the program. Functions take all that they are given. Not held back where the enclave cannot
   * wait, and of programs whose deadline is hard. Default: it comes with each write.
   */
  readonly holdOutputMs?: number | undefined;
  /** Functions that it imports, by module name. */
  readonly natives?: Readonly<Record<string, readonly NativeDefinition[]>> | undefined;
  /** Of the run as a whole: `fuel` and `timeoutMs`; of its instance: the others. */
  readonly limits?: LimitOptions | undefined;
  /**
   * How `limits.timeoutMs` is kept: `soft`, by the program itself, and its enclave goes on; `hard`, by ending the enclave, which costs the program
   * nothing while it runs; the pool starts another. Default: `soft`.
   */
  readonly deadline?: DeadlineChoice | undefined;
  /** The running mode. Default: the runtime's. */
  readonly mode?: ModeChoice | undefined;
  /** Whether the same input gives the same output. */
  readonly deterministic?: boolean | undefined;
  /** The most bytes of each output that is collected. Default 16 MiB. */
  readonly maxOutputBytes?: number | undefined;
  /** Is told what the run used, also of one that fails: a trap has no usage of its own. */
  readonly used?: UsageListener | undefined;
}
/** A program's run for a tenant. */
export interface ProgramJob extends ProgramOptions {
  /** The module: its bytes, or what `pool.program` made of them. */
  readonly module: Uint8Array | PoolProgram;
}

/** What differs from run to run of a prepared job; what is absent is the job's. */
export interface ProgramInput extends Pick<ProgramOptions, 'env' | 'stdin' | 'stdout' | 'stderr' | 'used'> {
  /** The limit of the run. */
  readonly fuel?: number | undefined;
}
/** A job that was checked and read once, by `pool.prepare`, for many runs: that costs more than the rest of a short one. */
export class PreparedJob {
  /** @internal */
  readonly taken: TakenJob;
  readonly #take: (job: TakenJob, input: ProgramInput) => TakenJob;

  /** @internal Use EnclavePool.prepare. */
  constructor(taken: TakenJob, take: (job: TakenJob, input: ProgramInput) => TakenJob) {
    this.taken = taken;
    this.#take = take;
  }
  /** Returns the same job with these instead of its own. @throws UsageError */
  with(input: ProgramInput): PreparedJob {
    return new PreparedJob(this.#take(this.taken, input), this.#take);
  }
}

/** How a program ended. */
export interface ProgramOutput {
  /** What it gave to `proc_exit`, or its `main` returned. */
  readonly exitCode: number;
  /** What it wrote to its standard output; empty where that went elsewhere. */
  readonly stdout: Uint8Array;
  /** What it wrote to its standard error; empty where that went elsewhere. */
  readonly stderr: Uint8Array;
  /** Which limits refused it something, with the options that raise them; undefined where none did. */
  readonly refused: string | undefined;
  /** What the run used, its instantiation included. */
  readonly usage: Usage;
}

/** A job that was checked and read. */
export interface TakenJob {
  readonly program: PoolProgram;
  readonly args: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
  readonly preopens: readonly { readonly guestPath: string; readonly readOnly: boolean; readonly system: FileSystem }[];
  /** Standard input that crosses with the command. */
  readonly input: Uint8Array | undefined;
  readonly streams: {
    readonly stdin?: InputService | undefined;
    readonly stdout?: OutputService | undefined;
    readonly stderr?: OutputService | undefined;
  };
  readonly holdMs: number | undefined;
  readonly natives: readonly (readonly [moduleName: string, symbols: readonly NativeDefinition[]])[];
  readonly options: NonNullable<Args<'runProgram'>['options']>;
  readonly limits: LimitOptions;
  readonly maxOutputBytes: number;
  readonly used: UsageListener | undefined;
}

/** The most modules that one enclave keeps, and bytes of all of them; the one that was used longest ago goes first. */
const MOST_MODULES = 64;
const MOST_MODULE_BYTES = 268_435_456;

interface Kept {
  readonly module: Handle<'module'>;
  /** Of its file. */
  readonly bytes: number;
}
/** The modules that an enclave has, by the keys of their content. */
export class KeptModules {
  /** In the order of their last use. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  /** Loads a module unless it is there. */
  async load(enclave: Enclave, { key, bytes }: PoolProgram): Promise<Handle<'module'>> {
    const known = this.#take(key);
    const kept = known ?? { module: (await enclave.loadModule({ bytes })).module, bytes: bytes.length };
    this.#kept.set(key, kept);
    this.#bytes += kept.bytes;
    while (this.#kept.size > MOST_MODULES || (this.#bytes > MOST_MODULE_BYTES && this.#kept.size > 1)) {
      const { module } = this.#take(this.#kept.keys().next().value!)!;
      await enclave.unloadModule({ module });
    }
    return kept.module;
  }
  #take(key: string): Kept | undefined {
    const kept = this.#kept.get(key);
    if (kept !== undefined) this.#bytes -= kept.bytes;
    this.#kept.delete(key);
    return kept;
  }
  /** They have ended with their runtime. */
  forget(): void {
    this.#kept.clear();
    this.#bytes = 0;
  }
}

/**
 * Runs a job. What it was given is taken back however it ends.
 * @param signal ends it
 */
export async function runJob(
  enclave: Enclave,
  account: Account,
  modules: KeptModules,
  job: TakenJob,
  signal: AbortSignalLike,
): Promise<ProgramOutput> {
  const module = await modules.load(enclave, job.program);
  const { streams, preopens, natives, limits } = job;
  const loan = enclave.lend({ ...streams, grants: preopens.map(({ system }) => system) });
  const tables = natives.map(([moduleName, symbols]) => enclave.natives(moduleName, symbols));
  const takeBack = (): void => {
    loan.end();
    enclave.revoke(tables.flatMap(({ symbols }) => symbols.map(({ id }) => id)));
  };
  // What the program waits for does not come any more: it goes on, and sees the signal.
  signal.addEventListener('abort', takeBack);
  try {
    const { exitCode, stdout, stderr, held, refused, usage } = await account.call(
      'runProgram',
      {
        module,
        ...(job.input && { stdin: job.input }),
        wasi: {
          args: job.args,
          env: job.env,
          preopens: preopens.map(({ guestPath, readOnly }, k) => ({ guestPath, readOnly, grant: loan.grants[k]! })),
          ...(streams.stdin && { stdin: wayOf(streams.stdin) }),
          ...(streams.stdout && { stdout: wayOf(streams.stdout) }),
          ...(streams.stderr && { stderr: wayOf(streams.stderr) }),
        },
        options: { ...job.options, ...(tables.length > 0 && { natives: tables }) },
        maxOutputBytes: job.maxOutputBytes,
        ...(job.holdMs !== undefined && { holdMs: job.holdMs }),
        limits: { fuel: limits.fuel, timeoutMs: limits.timeoutMs },
      },
      { signal },
      job.used,
    );
    for (const { stream, bytes } of held ?? []) await loan.write(stream, bytes.slice());
    return { exitCode, stdout: stdout.slice(), stderr: stderr.slice(), refused, usage: usage! };
  } finally {
    signal.removeEventListener('abort', takeBack);
    takeBack();
  }
}

/** Only of a file the program asks more than to read or write. */
function wayOf(stream: InputService | OutputService): 'host' | 'called' {
  return fileService(stream) === undefined ? 'called' : 'host';
}
