// One guest's WASI: its descriptors, arguments, environment, clock and random source. It is made before the instance and ends with it. Refuses what
// the options do not grant.
import { encodeUtf8 } from '../../base/utf8.js';
import { FileError } from '../../platform/errno.js';
import type { FileStat, FileSystem, MemoryPayer, OpenFile, OsFiles } from '../../platform/files.js';
import { LONGEST_TIMER_MS } from '../../platform/long-timer.js';
import type { OsNetwork } from '../../platform/net.js';
import type { Platform } from '../../platform/platform.js';
import { Block, type WaitableFile } from '../../runtime/block.js';
import type { Budget } from '../../runtime/budget.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import type { Instance } from '../../runtime/instance.js';
import { LimitError, UsageError } from '../../wasm/errors.js';
import { Descriptor, FdTable } from './fd-table.js';
import { NetworkGrant } from './network-grants.js';
import { type RandomFill, seededRandom } from './random.js';
import { ALL_RIGHTS, DIRECTORY_INHERITING, FD_ALLOCATE, FD_FILESTAT_SET_SIZE, FD_READ, FD_WRITE } from './rights.js';
import { inputFile, outputFile } from './stdio.js';
import { CountedClock, DEFAULT_RESOLUTION, FixedClock, SystemClock, type WasiClock } from './wasi-clock.js';
import { checkWasiOptions, type Preopen, refuseNul, type WasiDefaults, type WasiOptions } from './wasi-options.js';

/** The number of buffers that one call transfers: POSIX's IOV_MAX. Buffers beyond it are left for the guest's next call. */
export const MOST_BUFFERS = 1_024;
const FEW_BUFFERS = 16;

const DEFAULT_OPEN_FILES = 512;
/** Standard input, output and error. */
const STREAMS = 3;
/** The rights of standard input: a guest cannot change a file that it reads from, even where the embedder opened it for writing. */
const INPUT_RIGHTS = ALL_RIGHTS & ~(FD_WRITE | FD_ALLOCATE | FD_FILESTAT_SET_SIZE);
/** The longest sleep at once, so that a deadline and an aborted signal are noticed while a guest sleeps. */
const LONGEST_NAP_MS = 20;

/** Files and a network, where the platform has them. */
export type WasiPlatform = Platform & Partial<OsFiles> & Partial<OsNetwork>;

/** A wait of a call. */
interface Nap {
  /** Milliseconds after which it is over. */
  readonly ms: number;
  /** Milliseconds after which the call is to try again, as what it waits for does not tell. */
  readonly retryMs?: number;
  /** Ends it as soon as it may be ready. */
  readonly file?: WaitableFile | undefined;
  /** What the call finds in `env.resumption` when it is made again. */
  readonly state: unknown;
}

export class WasiState {
  readonly fds: FdTable;
  readonly clock: WasiClock;
  readonly randomFill: RandomFill;
  readonly platform: Platform;
  readonly network: NetworkGrant;
  /** The strings, each with the NUL that ends it. */
  arguments: readonly Uint8Array[];
  readonly environment: readonly Uint8Array[];
  readonly #now: () => number;
  readonly #outputLimit: number;
  #written = 0;
  /** The functions that end sleeps in progress. */
  readonly #timers = new Set<() => void>();
  #scratch = new Uint8Array(0);
  #buffers: Uint32Array | undefined;
  /** The device numbers that a deterministic guest sees. */
  readonly #devices: Map<bigint, bigint> | undefined;
  readonly #budget: Budget | undefined;
  readonly #payments: FilesPayment[] = [];

  /** Opens the preopens. @throws UsageError, also for a preopen that cannot be opened; LimitError (openFiles) where there are too many */
  constructor(given: WasiOptions, platform: WasiPlatform, defaults: WasiDefaults) {
    const options = checkWasiOptions(given);
    this.platform = platform;
    this.#now = defaults.now ?? (() => platform.monotonicNow());
    this.network = new NetworkGrant(options, platform);
    this.arguments = (options.args ?? []).map(terminated);
    this.environment = Object.entries(options.env ?? {})
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => terminated(`${name}=${value}`));
    this.clock = clockOf(options, platform, defaults);
    if (defaults.deterministic) this.#devices = new Map();
    this.randomFill = randomOf(options, platform, defaults);
    this.#budget = defaults.budget;
    const { limits = {} } = defaults;
    this.#outputLimit = options.maxOutputBytes ?? limits.outputBytes ?? Number.POSITIVE_INFINITY;
    const preopens = Object.entries(options.preopens ?? {});
    const most = options.maxOpenFiles ?? limits.openFiles ?? DEFAULT_OPEN_FILES;
    const needed = STREAMS + preopens.length;
    if (needed > most) throw new LimitError('openFiles', most, `its streams and preopens are ${needed}`);
    this.fds = new FdTable(most);
    try {
      this.#openStreams(options, platform);
      for (const [guestPath, preopen] of preopens) this.#preopen(guestPath, preopen, platform);
    } catch (thrown) {
      this.close();
      throw thrown instanceof FileError ? new UsageError(thrown.message) : thrown;
    }
  }

  /** Replaces argv, as an embedder does when it runs main. @throws UsageError for a NUL */
  setArguments(args: readonly string[]): void {
    for (const argument of args) refuseNul('args', argument);
    this.arguments = args.map(terminated);
  }
  /** Binds the state to the instance, with which it ends. */
  attach(instance: Instance): void {
    instance.refusals.add('openFiles', this.fds);
    instance.disposers.push(() => this.close());
  }
  /** Closes all descriptors and the network; a second close does nothing. */
  close(): void {
    for (const end of [...this.#timers]) end();
    try {
      this.fds.closeAll();
    } finally {
      for (const payment of this.#payments) payment.end();
      this.network.close();
    }
  }

  /** Milliseconds of a clock that the guest's waits count by. */
  now(): number {
    return this.#now();
  }
  /**
   * Sleeps, but not beyond what the meter allows. Where other threads may run meanwhile, the whole call waits instead and is made again.
   * @throws LimitError when the deadline has passed, Trap when terminated; Block
   */
  sleep(env: ExecEnv, nap: Nap): void {
    if (env.canBlock) throw new Block(nap);
    this.#sleep(env, Math.min(nap.ms, nap.retryMs ?? nap.ms), nap.file);
  }
  #sleep(env: ExecEnv, ms: number, file?: WaitableFile): void {
    const { meter } = env.store;
    const end = this.platform.monotonicNow() + ms;
    for (let left = ms; left > 0; left = end - this.platform.monotonicNow()) {
      const nap = Math.min(left, LONGEST_NAP_MS, Math.max(0, meter.remainingMs));
      // Where the platform cannot block, this loop polls the clock.
      if (file?.wait) file.wait(nap);
      else this.platform.sleep(nap);
      meter.check();
      if (file?.wait) return;
    }
  }
  /** Resolves after a time, also when the guest has ended meanwhile. Undefined where the platform has no timers. */
  sleepAsync(ms: number): Promise<void> | undefined {
    if (!this.platform.startTimer || ms > LONGEST_TIMER_MS) return undefined;
    return new Promise((resolve) => {
      const done = (): void => {
        this.#timers.delete(end);
        resolve();
      };
      const cancel = this.platform.startTimer!(ms, done);
      const end = (): void => {
        cancel();
        done();
      };
      this.#timers.add(end);
    });
  }
  /** Throws when the guest would have written more than it may. */
  allowOutput(bytes: number): void {
    if (this.#written + bytes > this.#outputLimit) throw new LimitError('outputBytes', this.#outputLimit);
  }
  countInput(env: ExecEnv, bytes: number): void {
    env.instance.usage.bytesRead += bytes;
  }
  countOutput(env: ExecEnv, bytes: number): void {
    this.#written += bytes;
    env.instance.usage.bytesWritten += bytes;
  }
  /** Counts bytes by which a file grew without being written: they may take no room on a disk, but they do in memory. */
  countGrowth(bytes: number): void {
    this.#written += bytes;
  }
  get outputLimited(): boolean {
    return this.#outputLimit !== Number.POSITIVE_INFINITY;
  }
  /**
   * The status that the guest gets. A deterministic guest gets devices numbered in the order it meets them: memory file systems are numbered per
   * process.
   */
  guestStat(stat: FileStat): FileStat {
    const devices = this.#devices;
    if (devices === undefined) return stat;
    const device = devices.get(stat.device) ?? BigInt(devices.size + 1);
    devices.set(stat.device, device);
    return { ...stat, device };
  }
  /** A buffer outside the guest's memory, which must be used at once. */
  scratch(bytes: number): Uint8Array {
    if (this.#scratch.length < bytes) this.#scratch = new Uint8Array(bytes);
    return this.#scratch;
  }

  /** Where a call keeps the list of the guest's buffers, which must not be needed when another call is made. */
  buffers(count: number): Uint32Array {
    const known = this.#buffers;
    return known && known.length >= 2 * count
      ? known
      : (this.#buffers = new Uint32Array(2 * Math.max(count, FEW_BUFFERS)));
  }

  #openStreams(options: WasiOptions, platform: Partial<OsFiles>): void {
    const inherit = (name: string, descriptor: 0 | 1 | 2) => (): OpenFile => {
      if (!platform.standardStream) throw new UsageError(`${name}: this platform has no streams to inherit`);
      return platform.standardStream(descriptor);
    };
    const input = inputFile(options.stdin ?? 'ignore', inherit('stdin', 0));
    this.fds.add(new Descriptor({ node: input, rightsBase: INPUT_RIGHTS }));
    const output = outputFile(options.stdout ?? 'ignore', inherit('stdout', 1));
    this.fds.add(new Descriptor({ node: output, rightsBase: ALL_RIGHTS & ~FD_READ }));
    const error = outputFile(options.stderr ?? 'ignore', inherit('stderr', 2));
    this.fds.add(new Descriptor({ node: error, rightsBase: ALL_RIGHTS & ~FD_READ }));
  }
  #payment(): FilesPayment | undefined {
    if (!this.#budget) return undefined;
    const payment = new FilesPayment(this.#budget);
    this.#payments.push(payment);
    return payment;
  }
  #preopen(guestPath: string, preopen: Preopen, platform: Partial<OsFiles>): void {
    const { fileSystem, readOnly, what } = mountOf(preopen, platform);
    try {
      const node = fileSystem.open({ now: () => this.clock.realtime() }, this.#payment());
      this.fds.add(
        new Descriptor({
          node,
          rightsBase: ALL_RIGHTS,
          rightsInheriting: DIRECTORY_INHERITING,
          preopen: encodeUtf8(plainPath(guestPath)),
          readOnly,
        }),
      );
    } catch (thrown) {
      if (!(thrown instanceof FileError)) throw thrown;
      throw new UsageError(`cannot preopen ${what} as '${guestPath}': ${thrown.message}`);
    }
  }
}

/** The bytes that a guest has added to one memory file system. They are no longer charged to it when it ends. */
class FilesPayment implements MemoryPayer {
  readonly #budget: Budget;
  #bytes = 0;
  #ended = false;

  constructor(budget: Budget) {
    this.#budget = budget;
  }
  take(bytes: number): boolean {
    if (this.#ended) return true;
    if (!this.#budget.take(bytes)) return false;
    this.#bytes += bytes;
    return true;
  }
  /** Bytes that were there before the guest were not charged to it, and are not given back. */
  release(bytes: number): void {
    const paid = Math.min(bytes, this.#bytes);
    this.#bytes -= paid;
    this.#budget.release(paid);
  }
  end(): void {
    this.release(this.#bytes);
    this.#ended = true;
  }
}

/** Removes what confuses C libraries that compare names: slashes at the end or doubled, and `.` between them. */
function plainPath(guestPath: string): string {
  const names = guestPath.split('/').filter((name) => name !== '' && name !== '.');
  if (guestPath.startsWith('/')) return `/${names.join('/')}`;
  return names.join('/') || '.';
}

function mountOf(
  preopen: Preopen,
  platform: Partial<OsFiles>,
): { fileSystem: FileSystem; readOnly: boolean; what: string } {
  if (typeof preopen === 'object' && 'open' in preopen) return { fileSystem: preopen, readOnly: false, what: 'it' };
  const { readOnly = false, ...what } = typeof preopen === 'string' ? { path: preopen } : preopen;
  if ('fileSystem' in what) return { fileSystem: what.fileSystem, readOnly, what: 'it' };
  if (!platform.directory)
    throw new UsageError(
      `preopens: this platform has no directories: '${what.path}' cannot be opened; give a file system`,
    );
  return { fileSystem: platform.directory(what.path), readOnly, what: `'${what.path}'` };
}

function clockOf(options: WasiOptions, platform: Platform, defaults: WasiDefaults): WasiClock {
  const choice = options.clock ?? (defaults.deterministic ? {} : 'host');
  if (choice === 'host') return new SystemClock(platform, BigInt(options.clockResolution ?? DEFAULT_RESOLUTION));
  if ('realtime' in choice) return choice;
  return defaults.now ? new CountedClock(choice, defaults.now) : new FixedClock(choice);
}

function randomOf(options: WasiOptions, platform: Platform, defaults: WasiDefaults): RandomFill {
  const choice = options.random ?? (defaults.deterministic ? (defaults.seed ?? 0) : 'host');
  if (choice === 'host') return (bytes) => platform.randomFill(bytes);
  return typeof choice === 'function' ? choice : seededRandom(choice);
}

function terminated(text: string): Uint8Array {
  return encodeUtf8(`${text}\0`);
}
