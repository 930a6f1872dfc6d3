// The outermost call into a guest: it starts the meter, counts the usage, keeps the exception and translates errors. Nested calls, which natives
// make, share the meter. Refuses calls into ended instances, unknown options, and limits that an unmetered instance cannot keep.

import { aSignal, type Checks, checkOptions } from '../../runtime/check-options.js';
import { WasmException } from '../../runtime/exception.js';
import type { AbortSignalLike, Instance } from '../../runtime/instance.js';
import { type MeterSettings, settingsOf } from '../../runtime/meter.js';
import { limitChecks } from '../../runtime/option-tables.js';
import type { Store } from '../../runtime/store.js';
import { addToMessage, ExitError, LimitError, noteUsage, Trap, UsageError } from '../../wasm/errors.js';
import type { CallLimits } from '../../wasm/limit-table.js';
import { sumOfFuel, type Usage } from '../../wasm/usage-table.js';
import { translateError } from './error-texts.js';
import { refuseInside } from './interruptible.js';

/** Limits of one call; what is absent is the instance's. In a call that a native makes, those of the outer call hold as well. */
export interface CallOptions extends CallLimits {
  /**
   * Ends the call when it is aborted, as the instance's own signal does. It is checked before the call and at checkpoints. During a synchronous call
   * only a native can abort it on this thread; see callAsync, and enclaves in workers and processes.
   */
  readonly signal?: AbortSignalLike | undefined;
}

/** Returns a signal that is aborted when either is: a call's own signal must not replace the instance's. */
export function eitherSignal(
  a: AbortSignalLike | undefined,
  b: AbortSignalLike | undefined,
): AbortSignalLike | undefined {
  if (a === undefined || b === undefined || a === b) return a ?? b;
  const both = [a, b];
  const listens = both.every(({ addEventListener }) => addEventListener !== undefined);
  return {
    get aborted(): boolean {
      return a.aborted || b.aborted;
    },
    get reason(): unknown {
      return a.aborted ? a.reason : b.reason;
    },
    ...(listens && {
      addEventListener(type: 'abort', listener: () => void): void {
        for (const signal of both) signal.addEventListener!(type, listener);
      },
      removeEventListener(type: 'abort', listener: () => void): void {
        for (const signal of both) signal.removeEventListener?.(type, listener);
      },
    }),
  };
}

const DEFAULTS: CallOptions = {};

export const CALL_CHECKS: Checks<CallOptions> = { ...limitChecks('call'), signal: aSignal };

/** Returns the meter's settings for a call. @param options already checked @throws UsageError for limits that the instance cannot keep */
export function meterSettings(instance: Instance, options: CallOptions): MeterSettings {
  const { limits, metered, interruptible } = instance;
  if (options.fuel !== undefined && !metered) {
    throw new UsageError(
      'fuel for a call needs an instance that counts it: instantiate with `metered: true` or limits.fuel',
    );
  }
  for (const name of ['timeoutMs', 'signal'] as const) {
    if (options[name] === undefined || interruptible) continue;
    throw new UsageError(
      `${name} for a call needs an instance that can be interrupted: instantiate with \`interruptible: true\``,
    );
  }
  return settingsOf(limits, options, eitherSignal(options.signal, instance.signal));
}

/** Runs `body`, which calls into the guest. The outermost call starts the meter, and keeps a thrown error as the instance's exception. */
export function runGuest<T>(instance: Instance, options: CallOptions | undefined, body: () => T): T {
  const account = enterGuest(instance, options);
  try {
    account?.start();
    const result = body();
    account?.close();
    return result;
  } catch (error) {
    account?.close({ error });
    throw failed(instance, account, error);
  } finally {
    leaveGuest(instance);
  }
}

/** Guests that a limit refused something die as if something else were wrong with them: the error says what came before. */
function noteRefusals(error: Trap | WasmException, text: string | undefined): void {
  if (text !== undefined) addToMessage(error, `after ${text}`);
}

/** Keeps an error as the instance's exception, and returns the error that the embedder, or the native that called, gets. */
export function failed(instance: Instance, account: CallAccount | undefined, error: unknown): unknown {
  const translated = translateError(error);
  if (account === undefined) instance.nestedFailure = translated;
  else if (translated instanceof LimitError) noteUsage(translated, () => account.usage);
  else if (translated instanceof Trap || translated instanceof WasmException) {
    noteRefusals(translated, instance.refusals.text);
  }
  if (translated instanceof ExitError) instance.exitCode = translated.code;
  instance.exception = translated;
  return account === undefined ? error : translated;
}

/**
 * Begins what runGuest does, for calls that must cost little: the guest may run from here to leaveGuest, after the account's start() and before its
 * close(). Returns undefined for a nested call, because its outermost call has the account.
 */
export function enterGuest(instance: Instance, options: CallOptions = DEFAULTS): CallAccount | undefined {
  instance.checkAlive();
  return options === DEFAULTS
    ? enter(instance, DEFAULTS)
    : enter(instance, checkOptions(options, CALL_CHECKS, 'call options'));
}
/** @param options already checked */
function enter(instance: Instance, options: CallOptions): CallAccount | undefined {
  const { store } = instance;
  let account: CallAccount | undefined;
  if (store.activeCalls === 0) {
    const settings =
      options === DEFAULTS
        ? (instance.defaultSettings ??= meterSettings(instance, DEFAULTS))
        : meterSettings(instance, options);
    account = accountOf(instance);
    store.plainCall = undefined;
    account.begin(instance.observation !== undefined || instance.callTimes.begin());
    store.meter.begin(settings, account.startedAt);
    account.mayBeOver = settings.signal !== undefined || (settings.timeoutMs !== undefined && settings.timeoutMs <= 0);
    if (instance.exception !== null) instance.exception = null;
    if (instance.raised !== null) instance.raised = null;
    if (store.limited !== instance) store.limited = instance;
  } else {
    store.checkMayCall();
    if (options !== DEFAULTS || store.limited !== instance) {
      refuseInside(instance, store.meter);
      nest(instance, options);
    }
  }
  store.activeCalls++;
  instance.running++;
  return account;
}
/**
 * Does what enterGuest and start() do, for a call that begins as the last one did: into the same instance, since each has settings of its own. Returns
 * undefined where it does not, and nothing has begun. Entering and leaving takes half the time so (bench/calls.ts).
 */
export function enterGuestAgain(instance: Instance): CallAccount | undefined {
  const { store } = instance;
  const account = store.plainCall as CallAccount | undefined;
  const isAgain =
    account !== undefined &&
    store.activeCalls === 0 &&
    store.meter.repeats(instance.defaultSettings) &&
    instance.exception === null &&
    instance.budget.refusedBy === undefined &&
    instance.tableBudget.refusedBy === undefined &&
    !instance.withdrawn &&
    !instance.callTimes.begin();
  if (!isAgain) return undefined;
  store.meter.repeat();
  store.activeCalls = 1;
  instance.running++;
  return account;
}
export function leaveGuest(instance: Instance): void {
  const { store } = instance;
  store.activeCalls--;
  instance.running--;
  if (store.nestedCalls.length > 0) leaveNested(store);
}
/** Ends a nested call that has limits of its own, if the one that ends is one. */
function leaveNested(store: Store): void {
  const { nestedCalls, meter } = store;
  if (nestedCalls[nestedCalls.length - 1]!.level !== store.activeCalls) return;
  const { outer, limited } = nestedCalls.pop()!;
  meter.popLimits(outer);
  store.limited = limited;
}

/** Begins a nested call that has limits of its own: they hold beside those of the outer call. */
function nest(instance: Instance, options: CallOptions): void {
  const { store } = instance;
  const { meter } = store;
  const own = meterSettings(instance, options);
  if (Object.values(own).every((limit) => limit === undefined)) return;
  const outer = meter.pushLimits({ ...own, signal: eitherSignal(meter.signal, own.signal) });
  store.nestedCalls.push({ level: store.activeCalls, outer, limited: store.limited });
  store.limited = instance;
}

/** What a call threw. */
export interface Thrown {
  readonly error: unknown;
}

/** The account of the last call, used again: several calls into one instance are outermost at a time only if they run in slices. */
function accountOf(instance: Instance): CallAccount {
  const { lastCall } = instance;
  return lastCall !== undefined && !lastCall.inSlices ? (lastCall as CallAccount) : new CallAccount(instance);
}

/** Measures one outermost call and adds it to the instance's usage. Until the next one has ended, it says what this one used. */
export class CallAccount {
  readonly #instance: Instance;
  /** Others may begin and end while its call is paused. */
  readonly inSlices: boolean;
  /** When the call began, in monotonic milliseconds; undefined: it is not timed. */
  startedAt: number | undefined = 0;
  /** Whether a limit may be used up before the guest runs. */
  mayBeOver = false;
  #bytesReadBefore = 0;
  #bytesWrittenBefore = 0;
  #threadsBefore: number | undefined = 0;
  #bytesRead = 0;
  #bytesWritten = 0;
  #threads: number | undefined = 0;
  #used = 0;
  #wallMs = 0;
  #hostCalls = 0;
  #memoryBytes = 0;
  #peakMemoryBytes = 0;

  constructor(instance: Instance, inSlices = false) {
    this.#instance = instance;
    this.inSlices = inSlices;
  }
  /** A call begins. @param timed from its beginning on */
  begin(timed: boolean): void {
    const { usage, refusals, store } = this.#instance;
    this.startedAt = timed ? store.platform.monotonicNow() : undefined;
    refusals.forget();
    this.#bytesReadBefore = usage.bytesRead;
    this.#bytesWrittenBefore = usage.bytesWritten;
    this.#threadsBefore = usage.threads;
  }
  /** The guest is about to run. Throws where a limit is used up before. */
  start(): void {
    const { observation, name } = this.#instance;
    observation?.observer.callBegan?.(name);
    if (this.mayBeOver) this.#instance.store.meter.check();
  }
  /** Closes the account of a call that has ended, with the meter's counts. @param thrown what it ended with, if it did not return */
  close(thrown?: Thrown): void {
    const { store } = this.#instance;
    if (thrown === undefined && store.plainCall === this && store.meter.isFresh) this.#settle(store.meter.used);
    else this.#closeOther(thrown);
  }
  /** Closes the account of a call that was not like the one before. */
  #closeOther(thrown: Thrown | undefined): void {
    const { store, callTimes } = this.#instance;
    const { meter } = store;
    store.plainCall = undefined;
    if (thrown !== undefined || !meter.isFresh || store.observations.size > 0) {
      this.closeWith(meter.call, meter.used, meter.hostCalls, thrown);
      return;
    }
    // The guest has called no native, and nobody has read the clock.
    this.#bytesRead = this.#bytesWritten = this.#hostCalls = 0;
    this.#threads = this.#threadsBefore === undefined ? undefined : 0;
    this.#wallMs = callTimes.shortMs;
    this.#instance.lastCall = this;
    // What threads use counts while no call runs, too.
    if (this.#instance.threads === undefined) store.plainCall = this;
    this.#settle(meter.used);
  }
  /**
   * @param call the meter's, of which it counted
   * @param used the units that the meter counted @param hostCalls the calls to natives that it counted
   */
  closeWith(call: number | undefined, used: number, hostCalls: number, thrown?: Thrown): void {
    const instance = this.#instance;
    const { usage } = instance;
    this.#bytesRead = usage.bytesRead - this.#bytesReadBefore;
    this.#bytesWritten = usage.bytesWritten - this.#bytesWrittenBefore;
    this.#threads = this.#threadsBefore === undefined ? undefined : usage.threads! - this.#threadsBefore;
    this.#hostCalls = hostCalls;
    this.#wallMs = this.#elapsedMs();
    usage.hostCalls += hostCalls;
    instance.lastCall = this;
    this.#settle(sumOfFuel(used, 0));
    if (instance.nestedFailure !== undefined) {
      // A native or the guest caught the error of the nested call, so it is not the reason if this call fails.
      if (instance.exception === instance.nestedFailure) instance.exception = null;
      instance.nestedFailure = undefined;
    }
    const { observations } = instance.store;
    if (observations.size > 0 && call) for (const one of observations) one.endCall(call, used);
    const { name, observation } = instance;
    if (observation?.observer.callEnded) {
      const error = thrown && { error: translateError(thrown.error) };
      observation.observer.callEnded({ instance: name, usage: this.usage, thrown: error, startedAt: this.startedAt! });
    }
  }
  /** Adds what the call used to the instance's usage. */
  #settle(used: number): void {
    const instance = this.#instance;
    const { usage, budget } = instance;
    this.#used = used;
    this.#memoryBytes = budget.used;
    this.#peakMemoryBytes = budget.peak;
    usage.wallMs += this.#wallMs;
    if (instance.metered) usage.fuel = sumOfFuel(usage.fuel ?? 0, used);
    instance.endedCalls++;
  }
  #elapsedMs(): number {
    const { callTimes, store } = this.#instance;
    const startedAt = this.startedAt ?? store.meter.startedAt;
    if (Number.isNaN(startedAt)) return callTimes.shortMs;
    const ms = store.platform.monotonicNow() - startedAt;
    callTimes.end(ms, this.startedAt !== undefined);
    return ms;
  }
  get usage(): Usage {
    const { peakThreads, schedule } = this.#instance.usage;
    return {
      fuel: this.#instance.metered ? this.#used : undefined,
      wallMs: this.#wallMs,
      memoryBytes: this.#memoryBytes,
      peakMemoryBytes: this.#peakMemoryBytes,
      hostCalls: this.#hostCalls,
      bytesRead: this.#bytesRead,
      bytesWritten: this.#bytesWritten,
      threads: this.#threads,
      peakThreads,
      schedule,
    };
  }
}

/** Returns the instance's usage, with the memory that it holds now. */
export function currentUsage({ usage, budget }: Instance): Usage {
  usage.memoryBytes = budget.used;
  usage.peakMemoryBytes = budget.peak;
  return usage;
}
