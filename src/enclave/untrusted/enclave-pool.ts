// A pool of enclaves for many tenants: ready in advance, bounded, fair. An enclave that served one tenant is emptied before it serves another; one
// that hit a limit, failed, served many tasks or still runs a call is replaced. Refuses a pool of size 0, tasks beyond the queue, tasks after close.
import { EnclaveError, InternalError, LimitError, UsageError } from '../protocol/enclave-errors.js';
import type { AbortSignalLike, Timers } from '../protocol/transport.js';
import { asyncDispose, type Enclave } from './client.js';
import { Account, type Lease, type Lent, leaseOf } from './lease.js';
import { type PluginJob, type PluginJobOutput, runPluginJob, type TakenPluginJob } from './plugin-jobs.js';
import { type Preload, Preloads, preload } from './preloads.js';
import {
  KeptModules,
  type PoolProgram,
  PreparedJob,
  type ProgramInput,
  type ProgramJob,
  type ProgramOptions,
  type ProgramOutput,
  runJob,
  type TakenJob,
} from './program-jobs.js';
import { smoothed, type Tenant, type TenantBudget, TenantQueue, type TenantUsage, type Waiting } from './tenants.js';

/** How a pool works, for embedders. */
export interface PoolSettings {
  /** Prepares a new or emptied enclave, at least by initRuntime. Default: initRuntime with its defaults. */
  readonly prepare?: ((enclave: Enclave) => Promise<unknown>) | undefined;
  /** The most enclaves that work at once; at least 1. */
  readonly size: number;
  /** The number of enclaves that are kept ready besides, so that replacing one takes no time. Default 1. */
  readonly spares?: number | undefined;
  /** The most tasks that may wait. Default 1000. */
  readonly queueLimit?: number | undefined;
  /** The number of tasks after which an enclave is replaced. Default 10000. */
  readonly recycleAfter?: number | undefined;
  /** The budget of every tenant, or a function that gives it by name. Default: no limits. */
  readonly budget?: TenantBudget | ((tenant: string) => TenantBudget) | undefined;
}

export interface EnclavePoolOptions extends PoolSettings {
  /** Checks and reads a job. Throws a UsageError. */
  readonly takeJob: (job: ProgramJob) => TakenJob;
  /** The same for what differs from run to run of one. */
  readonly takeInput: (job: TakenJob, input: ProgramInput) => TakenJob;
  /** The same for a plugin's. */
  readonly takePluginJob: (job: PluginJob) => TakenPluginJob;
  /** Identifies a module's content. */
  readonly program: (bytes: Uint8Array) => PoolProgram;
  /** Starts an enclave. */
  readonly create: () => Promise<Enclave>;
  readonly timers: Timers;
}

/** How long a task may take, and what ends it. */
export interface WorkOptions {
  /** Milliseconds for waiting and running; after that the task is an error, and ended as by the signal. */
  readonly timeoutMs?: number | undefined;
  /** Ends the task when it is aborted. A program stops, and its enclave stays; of other tasks that have begun the enclave is replaced. */
  readonly signal?: AbortSignalLike | undefined;
}

/** How many enclaves and tasks a pool has. */
export interface PoolStatus {
  /** Enclaves that are ready. */
  readonly idle: number;
  /** Enclaves that run a task. */
  readonly busy: number;
  /** Enclaves that are being started or emptied. */
  readonly starting: number;
  /** Tasks that wait for an enclave. */
  readonly waiting: number;
  /** Enclaves replaced so far. */
  readonly recycled: number;
}

interface Member {
  readonly enclave: Enclave;
  /** The tenant that it has served since it was emptied; undefined if there is none. */
  tenant: Tenant | undefined;
  dirty: boolean;
  worked: number;
  /** The modules that jobs have used. */
  readonly modules: KeptModules;
  /** The preloads that it was given. */
  readonly preloaded: WeakSet<Preload>;
}
/** A task with its enclave. */
type Task<T> = (account: Account, member: Member, lent: Lent) => Promise<T>;

/** Ends one task from outside. */
class Cancel implements AbortSignalLike {
  /** Why it was aborted. */
  reason: EnclaveError | undefined;
  readonly #listeners = new Set<() => void>();
  get aborted(): boolean {
    return this.reason !== undefined;
  }
  abort(reason: EnclaveError): void {
    if (this.aborted) return;
    this.reason = reason;
    for (const listener of [...this.#listeners]) listener();
  }
  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.add(listener);
  }
  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }
}

/** Milliseconds beyond the task's time that a guest's own limit allows: where the event loop turns, the task ends first. */
const SLACK_MS = 100;
/** A guest that keeps the event loop from turning must keep to the task's time by itself. */
function withDeadline<T extends TakenJob | TakenPluginJob>(job: T, timeoutMs: number | undefined): T {
  if (timeoutMs === undefined) return job;
  const most = timeoutMs + SLACK_MS;
  if (job.limits.timeoutMs !== undefined && job.limits.timeoutMs <= most) return job;
  return { ...job, limits: { ...job.limits, timeoutMs: most } };
}

/** Whether the trusted side says that something of its own is wrong; all else is about the job, and its enclave is as it was. */
function isInternal(error: unknown): boolean {
  return error instanceof InternalError;
}

const DEFAULT_QUEUE = 1_000;
const DEFAULT_RECYCLE = 10_000;

/** A pool of enclaves for many tenants: ready in advance, bounded, fair. An enclave that served one tenant is emptied before it serves another. */
export class EnclavePool {
  readonly #options: EnclavePoolOptions;
  readonly #prepare: (enclave: Enclave) => Promise<unknown>;
  readonly #queue: TenantQueue;
  readonly #idle: Member[] = [];
  readonly #busy = new Set<Member>();
  readonly #ending = new Set<Promise<void>>();
  readonly #preloads = new Preloads();
  #starting = 0;
  #recycled = 0;
  /** The average milliseconds of a task of any tenant, smoothed; it begins with that of a short task. */
  #usual = 0.1;
  #closed = false;
  /** Why the last start failed: then no enclave is started before somebody asks for one. */
  #failure: { readonly error: unknown } | undefined;
  #wakeups: (() => void)[] = [];

  /** @internal Use createEnclavePool. @throws UsageError for a size below 1 or a negative limit */
  constructor(options: EnclavePoolOptions) {
    if (!Number.isInteger(options.size) || options.size < 1) {
      throw new UsageError(`a pool has at least 1 enclave, not ${options.size}: size is how many work at once`);
    }
    for (const name of ['spares', 'queueLimit', 'recycleAfter'] as const) {
      const value = options[name];
      if (value !== undefined && !(value >= 0)) throw new UsageError(`${name} is a number from 0 on, not ${value}`);
    }
    this.#options = options;
    this.#prepare = options.prepare ?? ((enclave) => enclave.initRuntime({ options: {} }));
    const { budget = {} } = options;
    this.#queue = new TenantQueue(
      options.queueLimit ?? DEFAULT_QUEUE,
      typeof budget === 'function' ? budget : () => budget,
    );
    this.#fill();
  }

  /** How many enclaves and tasks there are now. */
  get status(): PoolStatus {
    return {
      idle: this.#idle.length,
      busy: this.#busy.size,
      starting: this.#starting,
      waiting: this.#queue.waiting,
      recycled: this.#recycled,
    };
  }
  /** What each tenant has used. */
  get usages(): ReadonlyMap<string, TenantUsage> {
    return this.#queue.usages();
  }
  /** Forgets an idle tenant and its account. */
  forget(tenant: string): boolean {
    return this.#queue.forget(tenant);
  }

  /**
   * Resolves when every enclave that the pool wants is ready. One that could not be started before is tried again.
   * @throws what kept one from being started, as `run` does
   */
  async warm(): Promise<void> {
    this.#failure = undefined;
    this.#fill();
    while (this.#starting > 0) await this.#change();
    const failure = this.#failure as { readonly error: unknown } | undefined;
    if (failure) throw failure.error;
  }
  /** Resolves when the queue has room: for producers that can wait. */
  async capacity(): Promise<void> {
    while (this.#queue.full && !this.#closed) await this.#change();
  }

  /**
   * Runs a task with an enclave of its own. Everything that the task leaves in it is removed before another tenant's task begins.
   * @throws EnclaveError 'refused' when the queue is full, 'timeout', 'aborted', 'closed'; LimitError when the tenant's budget is used up;
   * also what the task throws
   */
  run<T>(tenant: string, work: (enclave: Lease) => Promise<T>, options?: WorkOptions): Promise<T>;
  /**
   * Runs a program with streams, files, natives and limits of its own, which end with it. Its compiled module stays for later runs.
   * @throws UsageError for a job that is wrong; as the other form, and what the program's run throws; PluginError 'output-too-long'
   */
  run(tenant: string, job: ProgramJob | PreparedJob, options?: WorkOptions): Promise<ProgramOutput>;
  async run(
    tenant: string,
    work: ((enclave: Lease) => Promise<unknown>) | ProgramJob | PreparedJob,
    options: WorkOptions = {},
  ): Promise<unknown> {
    if (typeof work === 'function') {
      const lending: Task<unknown> = (account, { enclave }, lent) => work(leaseOf(enclave, account, lent));
      return this.#run(tenant, lending, options, undefined);
    }
    const taken = work instanceof PreparedJob ? work.taken : this.#options.takeJob(work);
    const job = withDeadline(taken, options.timeoutMs);
    const cancel = new Cancel();
    const task: Task<ProgramOutput> = (account, { enclave, modules }) => runJob(enclave, account, modules, job, cancel);
    return this.#run(tenant, task, options, cancel);
  }
  /** Runs a program for no tenant in particular: `run` in one call. @throws as run */
  runProgram(module: Uint8Array | PoolProgram, options: ProgramOptions & WorkOptions = {}): Promise<ProgramOutput> {
    const { timeoutMs, signal, ...job } = options;
    return this.run('', { ...job, module }, { timeoutMs, signal });
  }
  /**
   * Calls a function of a plugin, by its convention, in an instance of its own. Its compiled module stays for later calls.
   * @throws UsageError for a job that is wrong; as run, and what a plugin's call throws
   */
  async callPlugin(tenant: string, given: PluginJob, options: WorkOptions = {}): Promise<PluginJobOutput> {
    const job = withDeadline(this.#options.takePluginJob(given), options.timeoutMs);
    const cancel = new Cancel();
    const task: Task<PluginJobOutput> = (account, { enclave, modules }) =>
      runPluginJob(enclave, account, modules, job, cancel);
    return this.#run(tenant, task, options, cancel);
  }
  /** Checks and reads a job once, for many runs. @throws UsageError */
  prepare(job: ProgramJob): PreparedJob {
    return new PreparedJob(this.#options.takeJob(job), this.#options.takeInput);
  }
  /**
   * Loads and compiles a job's module in every enclave, in those that are started later too, so that its first job waits for neither.
   * @param convention of a plugin @returns when the enclaves that are idle have it; the function ends it: enclaves that are started later have it no more
   * @throws UsageError
   */
  async preload(job: ProgramJob, convention?: PluginJob['convention']): Promise<() => void> {
    const one: Preload = { job: this.#options.takeJob(job), convention };
    this.#preloads.add(one);
    // One after another: the others serve meanwhile.
    for (const member of [...this.#idle]) {
      const at = this.#idle.indexOf(member);
      if (at >= 0) await this.#ready(this.#idle.splice(at, 1)[0]!);
    }
    return () => this.#preloads.delete(one);
  }
  /** Hashes a module once, for jobs that run it often. */
  program(bytes: Uint8Array): PoolProgram {
    return this.#options.program(bytes);
  }

  /** @param cancel ends a task that has begun and leaves the enclave; undefined: the enclave ends with it */
  #run<T>(tenantName: string, task: Task<T>, options: WorkOptions, cancel: Cancel | undefined): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) throw new EnclaveError('closed', 'the pool is closed');
      if (options.signal?.aborted)
        throw new EnclaveError('aborted', 'the AbortSignal was aborted before the work began');
      const tenant = this.#queue.tenant(tenantName);
      tenant.check();
      let running: Member | undefined;
      const waiting: Waiting = {
        tenant,
        reject: (error) => finish(() => reject(error)),
        start: (member) => {
          running = member as Member;
          this.#work(running, tenant, task, cancel !== undefined).then(
            (value) => finish(() => resolve(value)),
            (error) => finish(() => reject(cancel?.reason ?? error)),
          );
        },
      };
      const giveUp = (error: EnclaveError) => {
        if (this.#queue.remove(waiting)) waiting.reject(error);
        else if (cancel) cancel.abort(error);
        else if (running) void this.#stop(running, error, waiting);
      };
      const guards = this.#guards(options, giveUp);
      const finish = (action: () => void) => {
        for (const end of guards.splice(0)) end();
        action();
      };
      try {
        this.#queue.add(waiting);
      } catch (error) {
        finish(() => reject(error));
      }
      this.#assign();
    });
  }

  /** Takes no more work; resolves when everything accepted has ended. */
  async drain(): Promise<void> {
    this.#closed = true;
    while (this.#queue.waiting > 0 || this.#busy.size > 0) await this.#change();
  }
  /** Closes the pool: tasks that wait are refused, tasks that run lose their enclave. After drain() no task is lost. */
  async close(): Promise<void> {
    this.#closed = true;
    const error = new EnclaveError('closed', 'the pool was closed');
    for (const waiting of this.#queue.takeAll()) waiting.reject(error);
    for (const member of [...this.#idle.splice(0), ...this.#busy]) this.#end(member);
    while (this.#starting > 0) await this.#change();
    for (const member of this.#idle.splice(0)) this.#end(member);
    await Promise.all(this.#ending);
  }
  /** `await using` closes it with its block. */
  async [asyncDispose](): Promise<void> {
    await this.close();
  }

  #guards({ timeoutMs, signal }: WorkOptions, giveUp: (error: EnclaveError) => void): (() => void)[] {
    const guards: (() => void)[] = [];
    if (timeoutMs !== undefined) {
      const late = () => giveUp(new EnclaveError('timeout', `no result within ${timeoutMs} ms`));
      guards.push(this.#options.timers.after(timeoutMs, late));
    }
    if (signal) {
      const onAbort = () => giveUp(new EnclaveError('aborted', 'the AbortSignal was aborted'));
      signal.addEventListener('abort', onAbort);
      guards.push(() => signal.removeEventListener('abort', onAbort));
    }
    return guards;
  }

  /** Gives waiting tasks to idle enclaves, preferably to one that the same tenant used last. */
  #assign(): void {
    while (this.#idle.length > 0 && this.#busy.size < this.#options.size) {
      const work = this.#queue.take();
      if (!work) break;
      const at = this.#idle.findIndex((member) => member.tenant === work.tenant || !member.dirty);
      const [member] = this.#idle.splice(Math.max(0, at), 1);
      this.#busy.add(member!);
      work.tenant.running++;
      work.start(member);
    }
    this.#fill();
    this.#changed();
  }

  /** @param isClean the task takes back what it leaves, whatever happens */
  async #work<T>(member: Member, tenant: Tenant, task: Task<T>, isClean: boolean): Promise<T> {
    const { timers } = this.#options;
    const { enclave } = member;
    let lent: Lent | undefined;
    let grants = 0;
    let recycle = false;
    try {
      tenant.check();
      // An enclave that cannot be emptied must not serve another tenant.
      recycle = true;
      if (member.dirty && member.tenant !== tenant) await this.#empty(member);
      recycle = false;
      member.tenant = tenant;
      grants = enclave.grantsGiven;
      lent = { dirty: member.dirty, running: 0, ended: false, began: timers.now(), reservations: 0 };
      tenant.begin(lent);
      return await task(new Account(enclave, tenant, lent, timers), member, lent);
    } catch (error) {
      recycle ||= isClean ? isInternal(error) : error instanceof LimitError;
      throw error;
    } finally {
      if (lent) {
        // This includes what a compromised trusted side asked for during a command that leaves nothing behind.
        member.dirty = lent.dirty || (!isClean && enclave.grantsGiven !== grants);
        // Objects that natives gave stay known to the runtime until it ends.
        if (isClean && enclave.referencesGiven > 0) {
          member.dirty = true;
          member.tenant = undefined;
        }
        lent.ended = true;
        // A call that still runs would keep the enclave from being emptied for the next tenant.
        recycle ||= lent.running > 0;
        tenant.end(lent);
      }
      const spent = lent ? timers.now() - lent.began : 0;
      this.#usual = smoothed(this.#usual, tenant.charge(spent, this.#usual));
      tenant.running--;
      this.#release(member, recycle);
    }
  }

  /** Empties an enclave: the memory of its runtime is given back zeroed, handles become invalid, and all grants are revoked. */
  async #empty(member: Member): Promise<void> {
    member.modules.forget();
    await member.enclave.destroyRuntime();
    member.enclave.endTurn();
    await this.#prepare(member.enclave);
    member.dirty = false;
    member.tenant = undefined;
  }

  #release(member: Member, recycle: boolean): void {
    if (!this.#busy.delete(member)) {
      this.#assign();
      return;
    }
    member.worked++;
    const old = member.worked >= (this.#options.recycleAfter ?? DEFAULT_RECYCLE);
    if (recycle || old || member.enclave.failure) this.#end(member);
    else void this.#ready(member);
    this.#assign();
  }
  /** An enclave becomes idle, once it has what all have. */
  async #ready(member: Member): Promise<void> {
    const missing = this.#preloads.missing(member.preloaded);
    if (missing.length === 0) {
      this.#idle.push(member);
      return;
    }
    this.#starting++;
    await this.#load(member, missing);
    this.#starting--;
    if (member.enclave.failure) this.#end(member);
    else this.#idle.push(member);
    this.#assign();
  }
  async #load({ enclave, modules, preloaded }: Member, missing: readonly Preload[]): Promise<void> {
    for (const one of missing) {
      preloaded.add(one);
      await preload(enclave, modules, one);
      // What ends an enclave must not end the next one.
      if (enclave.failure) this.#preloads.delete(one);
    }
  }

  async #stop(member: Member, error: EnclaveError, waiting: Waiting): Promise<void> {
    waiting.reject(error);
    this.#end(member);
    this.#assign();
  }

  #end(member: Member): void {
    this.#busy.delete(member);
    if (!this.#closed) this.#recycled++;
    const ended = member.enclave.close().then(
      () => {},
      () => {},
    );
    this.#ending.add(ended);
    void ended.then(() => {
      this.#ending.delete(ended);
      this.#changed();
    });
  }

  /** Starts enclaves until there are as many as there should be. */
  #fill(): void {
    if ((this.#closed || this.#failure) && this.#queue.waiting === 0) return;
    const wanted = this.#options.size + (this.#options.spares ?? 1);
    while (this.#idle.length + this.#busy.size + this.#starting < wanted) {
      this.#starting++;
      void this.#start().finally(() => {
        this.#starting--;
        this.#assign();
      });
    }
  }
  async #start(): Promise<void> {
    let enclave: Enclave | undefined;
    try {
      enclave = await this.#options.create();
      await this.#prepare(enclave);
      this.#failure = undefined;
      const [modules, preloaded] = [new KeptModules(), new WeakSet<Preload>()];
      const member: Member = { enclave, tenant: undefined, dirty: false, worked: 0, modules, preloaded };
      await this.#load(member, this.#preloads.missing(preloaded));
      this.#idle.push(member);
    } catch (error) {
      await enclave?.close();
      // Tasks that wait are rejected with the cause; the next task makes the pool try again.
      this.#failure = { error };
      for (const waiting of this.#queue.takeAll()) waiting.reject(error);
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wakeups.push(resolve));
  }
  #changed(): void {
    for (const wake of this.#wakeups.splice(0)) wake();
  }
}
