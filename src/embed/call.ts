// The outermost call into a guest: meter, usage, exception kept, errors translated. Nested calls, which natives make, share the meter.
// Refuses calls into ended instances, and limits that an unmetered instance cannot keep.
import type { MeterSettings } from '../runtime/meter.js';
import { LimitError, type Usage, UsageError } from '../wasm/errors.js';
import type { AbortSignalLike, InstanceContext } from './context.js';

/** Limits of one call; what is absent is the instance's. */
export interface CallOptions {
  readonly fuel?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignalLike | undefined;
}

/** @throws UsageError where fuel is asked of an instance that does not count it */
export function meterSettings(context: InstanceContext, options: CallOptions): MeterSettings {
  const { limits, metered } = context.instance;
  if (options.fuel !== undefined && !metered) {
    throw new UsageError(
      'fuel for a call needs an instance that counts it: instantiate with `metered: true` or limits.fuel',
    );
  }
  return {
    fuel: options.fuel ?? limits.fuel,
    timeoutMs: options.timeoutMs ?? limits.timeoutMs,
    signal: options.signal ?? context.signal,
    callDepth: limits.callDepth,
    hostCalls: limits.hostCalls,
  };
}

/** Runs `body`, which calls into the guest. The outermost call loads the meter and keeps what was thrown as the instance's exception. */
export function runGuest<T>(context: InstanceContext, options: CallOptions, body: () => T): T {
  context.checkAlive();
  const { core } = context;
  if (core.activeCalls > 0) return nested(context, body);
  const { meter } = core.store;
  meter.begin(meterSettings(context, options));
  const account = new CallAccount(context);
  context.instance.exception = null;
  core.activeCalls++;
  context.running++;
  try {
    meter.check();
    const result = body();
    account.close(meter.used, meter.hostCalls);
    return result;
  } catch (error) {
    account.close(meter.used, meter.hostCalls);
    throw account.failed(error);
  } finally {
    core.activeCalls--;
    context.running--;
  }
}

function nested<T>(context: InstanceContext, body: () => T): T {
  const { core } = context;
  core.activeCalls++;
  context.running++;
  try {
    return body();
  } finally {
    core.activeCalls--;
    context.running--;
  }
}

/** Measures one outermost call and adds it to the instance's usage. */
export class CallAccount {
  readonly #context: InstanceContext;
  readonly #startedAt: number;
  readonly #bytesRead: number;
  readonly #bytesWritten: number;

  constructor(context: InstanceContext) {
    const { usage } = context.instance;
    this.#context = context;
    this.#startedAt = context.core.parts.platform.monotonicNow();
    this.#bytesRead = usage.bytesRead;
    this.#bytesWritten = usage.bytesWritten;
  }
  /** @param used the meter's units @param hostCalls the meter's */
  close(used: number, hostCalls: number): void {
    const { instance, core } = this.#context;
    const total = currentUsage(this.#context);
    const call: Usage = {
      fuel: instance.metered ? BigInt(used) : undefined,
      wallMs: core.parts.platform.monotonicNow() - this.#startedAt,
      memoryBytes: total.memoryBytes,
      peakMemoryBytes: total.peakMemoryBytes,
      hostCalls,
      bytesRead: total.bytesRead - this.#bytesRead,
      bytesWritten: total.bytesWritten - this.#bytesWritten,
    };
    if (instance.usage.fuel !== undefined) instance.usage.fuel += BigInt(used);
    instance.usage.wallMs += call.wallMs;
    instance.usage.hostCalls += hostCalls;
    this.#context.lastUsage = call;
  }
  /** What the embedder sees of an error; kept as the instance's exception. */
  failed(error: unknown): unknown {
    const { instance, core } = this.#context;
    const translated = core.parts.traps.translate(error);
    if (translated instanceof LimitError) translated.usage ??= this.#context.lastUsage;
    instance.exception = translated;
    return translated;
  }
}

/** The instance's usage with the memory it holds now. */
export function currentUsage({ instance }: InstanceContext): Usage {
  instance.usage.memoryBytes = instance.budget.used;
  instance.usage.peakMemoryBytes = instance.budget.peak;
  return instance.usage;
}
