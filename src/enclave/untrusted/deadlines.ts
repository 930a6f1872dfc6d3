// The deadlines of commands. A soft one crosses as a limit that the guest keeps; a hard one stays on this side, and ends the enclave. Knows which
// instances have no checks for them, by the handles of what belongs to them.
// Refuses hard deadlines over a transport whose trusted side nothing can end while a guest runs.
import { type Args, type CommandName, type Result, runsGuest } from '../protocol/commands.js';
import { EnclaveError, LimitError, UsageError } from '../protocol/enclave-errors.js';
import type { Handle } from '../protocol/fields.js';
import type { Connection, Ticket, Timers, Transport } from '../protocol/transport.js';

/** A call that this side keeps the deadline of. */
export class HardCall {
  /** What may be used of it while it runs, in milliseconds; undefined: as much as it likes. */
  readonly limitMs: number | undefined;
  /** The milliseconds of the deadline that comes first, for errors. */
  timeoutMs: number | undefined;
  /** When that is. */
  due = Number.POSITIVE_INFINITY;

  constructor(limitMs: number | undefined) {
    this.limitMs = limitMs;
  }
  /** Begins to count. */
  allow(timeoutMs: number | undefined, now: number): void {
    if (timeoutMs === undefined || now + timeoutMs >= this.due) return;
    this.timeoutMs = timeoutMs;
    this.due = now + timeoutMs;
  }
}

/** An instance whose code asks for no deadline and no signal. */
interface UncheckedInstance {
  /** Its deadlines are hard. */
  readonly isHard: boolean;
  /** Of each call that has none of its own. */
  readonly timeoutMs: number | undefined;
}
type Owned = Handle<'instance'> | Handle<'execEnv'> | Handle<'thread'>;
/** What the arguments of commands have that is of use here; which of it depends on the command. */
interface AnyArgs {
  readonly instance?: Handle<'instance'>;
  readonly execEnv?: Handle<'execEnv'>;
  readonly thread?: Handle<'thread'>;
  readonly options?: Args<'instantiateModule'>['options'];
  readonly limits?: Args<'callWasm'>['limits'];
}

const INSTANTIATING: ReadonlySet<CommandName> = new Set(['instantiateModule', 'instantiatePlugin', 'runProgram']);
/** Commands that change which handles belong to whom, beside those. */
const KEEPING: ReadonlySet<CommandName> = new Set([
  'initRuntime',
  'createExecEnv',
  'destroyExecEnv',
  'spawnThread',
  'detachThread',
  'deinstantiateModule',
  'destroyRuntime',
]);
/** Whether deadlines matter to a command. */
export function hasDeadline(name: CommandName): boolean {
  return runsGuest(name) || KEEPING.has(name);
}

export class Deadlines {
  readonly #transport: Transport;
  readonly #timers: Timers;
  readonly #unchecked = new Map<Owned, UncheckedInstance>();
  /** Those that run. */
  readonly #running = new Set<HardCall>();
  /** The default of instances. */
  #timeoutMs: number | undefined;
  #reached: HardCall | undefined;

  constructor(transport: Transport, timers: Timers) {
    this.#transport = transport;
    this.#timers = timers;
  }

  /** The enclave is a new one. */
  reset(): void {
    this.#unchecked.clear();
    this.#running.clear();
    this.#reached = undefined;
  }

  /** Returns the call whose deadline is hard; undefined where it is soft. @throws UsageError */
  hardCall(name: CommandName, args: object): HardCall | undefined {
    const isMade = INSTANTIATING.has(name);
    if (!isMade && this.#unchecked.size === 0) return undefined;
    const { instance, execEnv, thread, options, limits } = args as AnyArgs;
    if (!isMade) {
      const owner = this.#unchecked.get((execEnv ?? thread ?? instance)!);
      return owner?.isHard && runsGuest(name) ? new HardCall(limits?.timeoutMs ?? owner.timeoutMs) : undefined;
    }
    if (options?.deadline !== 'hard') return undefined;
    const { name: transport, canBeEnded } = this.#transport;
    if (!canBeEnded) {
      throw new UsageError(
        `deadline: 'hard' ends a guest with its enclave, and nothing can end one over transport '${transport}' while a guest runs: create it with transport 'worker' or 'process', or use deadline: 'soft'`,
      );
    }
    return new HardCall(least(limits?.timeoutMs, this.#ofInstance(options)));
  }
  /** Whether the guest of a command looks at the signal of its call. */
  seesSignal(args: object): boolean {
    const { instance, execEnv, thread, options } = args as AnyArgs;
    return options?.interruptible !== false && !this.#unchecked.has((execEnv ?? thread ?? instance)!);
  }
  #ofInstance(options: AnyArgs['options']): number | undefined {
    return options?.limits?.timeoutMs ?? this.#timeoutMs;
  }

  /** Returns what crosses of a command's arguments. @param timeoutMs after which this side gives it up */
  crossing(name: CommandName, args: object, timeoutMs: number | undefined, hard: HardCall | undefined): object {
    if (hard === undefined) return timeoutMs === undefined ? args : withSoftLimit(name, args, timeoutMs);
    const { options, limits } = args as AnyArgs;
    if (limits?.timeoutMs === undefined && options?.limits?.timeoutMs === undefined) return args;
    return {
      ...args,
      ...(limits && { limits: { ...limits, timeoutMs: undefined } }),
      ...(options?.limits && { options: { ...options, limits: { ...options.limits, timeoutMs: undefined } } }),
    };
  }

  /** A command has succeeded. */
  note(name: CommandName, args: object, result: object): void {
    const { instance, execEnv, thread, options } = args as AnyArgs;
    if (name === 'joinThread' || name === 'detachThread') this.#unchecked.delete(thread!);
    if (name === 'initRuntime') this.#timeoutMs = (args as Args<'initRuntime'>).options?.limits?.timeoutMs;
    if (name === 'destroyRuntime') this.#unchecked.clear();
    if (name === 'destroyExecEnv') this.#unchecked.delete(execEnv!);
    if (name === 'instantiateModule' || name === 'instantiatePlugin') {
      const isHard = options?.deadline === 'hard';
      const unchecked: UncheckedInstance = { isHard, timeoutMs: this.#ofInstance(options) };
      if (isHard || options?.interruptible === false) {
        this.#unchecked.set((result as Result<typeof name>).instance, unchecked);
      }
    }
    const owner = instance && this.#unchecked.get(instance);
    if (owner === undefined) return;
    if (name === 'createExecEnv') this.#unchecked.set((result as Result<typeof name>).execEnv, owner);
    if (name === 'spawnThread') this.#unchecked.set((result as Result<typeof name>).thread, owner);
    if (name === 'deinstantiateModule') {
      for (const [handle, one] of this.#unchecked) if (one === owner) this.#unchecked.delete(handle);
    }
  }

  /** Watches an async call. @param timeoutMs for waiting and running @param cancels gets what ends that */
  watch(
    call: HardCall,
    connection: Connection,
    ticket: Ticket,
    what: string,
    timeoutMs: number | undefined,
    cancels: (() => void)[],
  ): void {
    const timers = this.#timers;
    const end = (): void => {
      // An answer that has come already waits in the event loop, and is read first.
      const now = timers.after(0, () => {
        const waited = new EnclaveError('timeout', `${what}: it had not begun within ${timeoutMs} ms`);
        if (!connection.abort(ticket, waited)) connection.fail(this.#endedBy(call, what));
      });
      cancels.push(now);
    };
    call.allow(timeoutMs, timers.now());
    if (timeoutMs !== undefined) cancels.push(timers.after(timeoutMs, end));
    ticket.sent = () => {
      this.#running.add(call);
      call.allow(call.limitMs, timers.now());
      if (call.limitMs !== undefined) cancels.push(timers.after(call.limitMs, end));
    };
    cancels.push(() => this.#running.delete(call));
  }

  /**
   * Runs a call that is waited for without awaiting, for as long as its own deadline and those of the calls around it allow.
   * @param send sends it, for this many milliseconds at most
   */
  during<T>(
    call: HardCall | undefined,
    what: string,
    timeoutMs: number | undefined,
    send: (timeoutMs: number | undefined) => T,
  ): T {
    if (call === undefined && this.#running.size === 0) return send(timeoutMs);
    const began = this.#timers.now();
    if (call) {
      call.allow(timeoutMs, began);
      call.allow(call.limitMs, began);
      this.#running.add(call);
    }
    const first = [...this.#running].reduce((a, b) => (b.due < a.due ? b : a));
    const own = timeoutMs ?? Number.POSITIVE_INFINITY;
    const isFirst = first.due - began <= own;
    const most = Math.max(0, Math.min(own, first.due - began));
    try {
      return send(most === Number.POSITIVE_INFINITY ? undefined : most);
    } catch (error) {
      if (isFirst && isTimeout(error)) this.#endedBy(first, what);
      throw this.errorOf(call, error);
    } finally {
      if (call) this.#running.delete(call);
    }
  }

  /** Returns what a call ends with: of those that end with their enclave, the one whose deadline it was has the error of that limit. */
  errorOf(call: HardCall | undefined, error: unknown): unknown {
    if (call === undefined || this.#reached !== call || !isTimeout(error)) return error;
    return new LimitError('timeoutMs', call.timeoutMs!, "the guest was ended with its enclave (deadline: 'hard')");
  }
  #endedBy(call: HardCall, what: string): EnclaveError {
    this.#reached ??= call;
    const text = `${what}: a guest had not ended after ${call.timeoutMs} ms, and the enclave was ended with it (deadline: 'hard')`;
    return new EnclaveError('timeout', text);
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof EnclaveError && error.failure === 'timeout';
}
function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b);
}

/** Gives commands that may run a guest a limit a little below the deadline, so that the guest stops by itself and the enclave stays. */
function withSoftLimit(name: CommandName, args: object, timeoutMs: number): object {
  if (!runsGuest(name)) return args;
  const soft = Math.max(0, timeoutMs - Math.min(100, Math.max(2, timeoutMs * 0.2)));
  const limits = (args as Args<'callWasm'>).limits;
  return { ...args, limits: { ...limits, timeoutMs: Math.min(soft, limits?.timeoutMs ?? soft) } };
}
