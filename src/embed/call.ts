// The outermost call into a guest: meter, usage, exception kept, errors translated. Nested calls, which natives make, share the meter.
// Refuses calls into ended instances, options that there are not, and limits that an unmetered instance cannot keep.

import { aCount, anAmount, aSignal, type Checks, checkOptions } from '../runtime/check-options.js';
import type { MeterSettings } from '../runtime/meter.js';
import { ExitError, LimitError, noteUsage, sumOfFuel, type Usage, UsageError } from '../wasm/errors.js';
import { type AbortSignalLike, eitherSignal, type InstanceContext } from './context.js';

/** Limits of one call; what is absent is the instance's. In a call that a native makes, those of the outer call hold as well. */
export interface CallOptions {
  /** Instructions; the instance must count them. */
  readonly fuel?: number | undefined;
  /** Milliseconds, natives included. */
  readonly timeoutMs?: number | undefined;
  /**
   * Ends the call when it is aborted, as the instance's own does. It is looked at before the call and at checks within; on this thread nothing but a
   * native can abort it during a synchronous call: see callAsync, and enclaves in workers and processes.
   */
  readonly signal?: AbortSignalLike | undefined;
}

const DEFAULTS: CallOptions = {};

export const CALL_CHECKS: Checks<CallOptions> = { fuel: aCount, timeoutMs: anAmount, signal: aSignal };

/** @param options checked already @throws UsageError where fuel is asked of an instance that does not count it */
export function meterSettings(context: InstanceContext, options: CallOptions): MeterSettings {
  const { limits, metered, interruptible } = context.instance;
  if (options.fuel !== undefined && !metered) {
    throw new UsageError(
      'fuel for a call needs an instance that counts it: instantiate with `metered: true` or limits.fuel',
    );
  }
  for (const name of ['timeoutMs', 'signal'] as const) {
    if (options[name] === undefined || interruptible) continue;
    throw new UsageError(
      `${name} for a call needs an instance that can be interrupted: instantiate without \`interruptible: false\``,
    );
  }
  return {
    fuel: options.fuel ?? limits.fuel,
    timeoutMs: options.timeoutMs ?? limits.timeoutMs,
    signal: eitherSignal(options.signal, context.signal),
    callDepth: limits.callDepth,
    hostCalls: limits.hostCalls,
  };
}

/** Runs `body`, which calls into the guest. The outermost call loads the meter and keeps what was thrown as the instance's exception. */
export function runGuest<T>(context: InstanceContext, options: CallOptions | undefined, body: () => T): T {
  const account = enterGuest(context, options);
  try {
    account?.check();
    const result = body();
    account?.close();
    return result;
  } catch (error) {
    account?.close();
    throw failed(context, account, error);
  } finally {
    leaveGuest(context);
  }
}

/** What the embedder, or the native that called, sees of an error; kept as the instance's exception. */
export function failed(context: InstanceContext, account: CallAccount | undefined, error: unknown): unknown {
  const { instance, core } = context;
  const translated = core.parts.traps.translate(error);
  if (account === undefined) context.nestedFailure = translated;
  else if (translated instanceof LimitError) noteUsage(translated, () => account.usage);
  if (translated instanceof ExitError) context.exitCode = translated.code;
  instance.exception = translated;
  return account === undefined ? error : translated;
}

/**
 * The same in pieces, for calls that must cost little: between this and leaveGuest the guest may run; the account's check comes first, its
 * close last. Undefined: a nested call, whose outermost one has the account.
 */
export function enterGuest(context: InstanceContext, options: CallOptions = DEFAULTS): CallAccount | undefined {
  context.checkAlive();
  return options === DEFAULTS
    ? enter(context, DEFAULTS)
    : enter(context, checkOptions(options, CALL_CHECKS, 'call options'));
}
/** @param options checked already */
function enter(context: InstanceContext, options: CallOptions): CallAccount | undefined {
  const { core } = context;
  let account: CallAccount | undefined;
  if (core.activeCalls === 0) {
    const settings =
      options === DEFAULTS
        ? (context.defaultSettings ??= meterSettings(context, DEFAULTS))
        : meterSettings(context, options);
    account = new CallAccount(context);
    core.store.meter.begin(settings, account.startedAt);
    account.mayBeOver = settings.signal !== undefined || (settings.timeoutMs !== undefined && settings.timeoutMs <= 0);
    context.instance.exception = context.instance.raised = null;
    core.limited = context.instance;
  } else if (options !== DEFAULTS || core.limited !== context.instance) {
    nest(context, options);
  }
  core.activeCalls++;
  context.running++;
  return account;
}
export function leaveGuest(context: InstanceContext): void {
  const { core } = context;
  core.activeCalls--;
  context.running--;
  if (core.nested.length > 0 && core.nested[core.nested.length - 1]!.level === core.activeCalls) {
    const { outer, limited } = core.nested.pop()!;
    core.store.meter.widen(outer);
    core.limited = limited;
  }
}

/** A native of one guest calls another, or with limits of the call's own: these hold as well as those of the outer call. */
function nest(context: InstanceContext, options: CallOptions): void {
  const { core } = context;
  const { meter } = core.store;
  const own = meterSettings(context, options);
  if (Object.values(own).every((limit) => limit === undefined)) return;
  const outer = meter.nest({ ...own, signal: eitherSignal(meter.signal, own.signal) });
  core.nested.push({ level: core.activeCalls, outer, limited: core.limited });
  core.limited = context.instance;
}

/** Measures one outermost call and adds it to the instance's usage. */
export class CallAccount {
  readonly #context: InstanceContext;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** A limit may be up before the guest runs. */
  mayBeOver = false;
  #bytesRead: number;
  #bytesWritten: number;
  #used = 0;
  #wallMs = 0;
  #hostCalls = 0;
  #memoryBytes = 0;
  #peakMemoryBytes = 0;

  constructor(context: InstanceContext) {
    const { usage } = context.instance;
    this.#context = context;
    this.startedAt = context.core.parts.platform.monotonicNow();
    this.#bytesRead = usage.bytesRead;
    this.#bytesWritten = usage.bytesWritten;
  }
  /** Throws where a limit is up before the guest runs. */
  check(): void {
    if (this.mayBeOver) this.#context.core.store.meter.check();
  }
  /** The call has ended: takes what the meter says. */
  close(): void {
    const { meter } = this.#context.core.store;
    this.closeWith(meter.used, meter.hostCalls);
  }
  /** @param used the meter's units @param hostCalls the meter's */
  closeWith(used: number, hostCalls: number): void {
    const context = this.#context;
    const { usage, budget, metered } = context.instance;
    this.#used = sumOfFuel(used, 0);
    this.#hostCalls = hostCalls;
    this.#wallMs = context.core.parts.platform.monotonicNow() - this.startedAt;
    this.#bytesRead = usage.bytesRead - this.#bytesRead;
    this.#bytesWritten = usage.bytesWritten - this.#bytesWritten;
    this.#memoryBytes = budget.used;
    this.#peakMemoryBytes = budget.peak;
    usage.wallMs += this.#wallMs;
    usage.hostCalls += hostCalls;
    if (metered) usage.fuel = sumOfFuel(usage.fuel ?? 0, this.#used);
    context.lastCall = this;
    // Somebody caught it: it is not why this call fails, if it does.
    if (context.nestedFailure !== undefined && context.instance.exception === context.nestedFailure) {
      context.instance.exception = null;
    }
    context.nestedFailure = undefined;
  }
  get usage(): Usage {
    return {
      fuel: this.#context.instance.metered ? this.#used : undefined,
      wallMs: this.#wallMs,
      memoryBytes: this.#memoryBytes,
      peakMemoryBytes: this.#peakMemoryBytes,
      hostCalls: this.#hostCalls,
      bytesRead: this.#bytesRead,
      bytesWritten: this.#bytesWritten,
    };
  }
}

/** The instance's usage with the memory it holds now. */
export function currentUsage(context: InstanceContext): Usage {
  const { instance } = context;
  instance.usage.memoryBytes = instance.budget.used;
  instance.usage.peakMemoryBytes = instance.budget.peak;
  return instance.usage;
}
