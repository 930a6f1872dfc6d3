// Spans and metrics of OpenTelemetry from what observers see, by the official API package, which the embedder imports and gives here: this package
// depends on nothing. Only what is used of the API is named, so that all its versions 1 fit. Refuses nothing.
import type { ObservedHostCall, Observer } from '../runtime/observer.js';
import { ExitError, LimitError } from '../wasm/errors.js';
import { USAGE_FIELDS, usageRow } from '../wasm/usage-table.js';

/** TelemetryAttributes of spans and sums, by name. */
export type TelemetryAttributes = Record<string, string | number | boolean>;

/** What is used of a span. */
export interface TelemetrySpan {
  /** Adds attributes. */
  setAttributes(attributes: TelemetryAttributes): unknown;
  /** Sets how it ended. */
  setStatus(status: { code: number; message?: string }): unknown;
  /** Adds an error. */
  recordException(error: Error | string): void;
  /** Ends it. @param time milliseconds since 1970 */
  end(time?: number): void;
}
/** What is used of a tracer. */
export interface TelemetryTracer<Context> {
  /** Starts a span below the one in the context. */
  startSpan(
    name: string,
    options: { startTime?: number; attributes?: TelemetryAttributes },
    context?: Context,
  ): TelemetrySpan;
}
/** What is used of a meter. */
export interface TelemetryMeter {
  /** Makes a sum. */
  createCounter(name: string, options: { unit: string; description: string }): TelemetryCounter;
  /** Makes a distribution. */
  createHistogram(name: string, options: { unit: string; description: string }): TelemetryHistogram;
}
/** A sum. */
export interface TelemetryCounter {
  /** Adds to it. */
  add(value: number, attributes?: TelemetryAttributes): void;
}
/** A distribution. */
export interface TelemetryHistogram {
  /** Adds a value. */
  record(value: number, attributes?: TelemetryAttributes): void;
}

/** What is used of `@opentelemetry/api`: give the package itself. */
export interface TelemetryApi<Context, Span extends TelemetrySpan> {
  /** Its `trace`. */
  readonly trace: {
    /** Returns the tracer of a scope. */
    getTracer(name: string, version?: string): { startSpan(name: string, options: object, context?: Context): Span };
    /** Returns a context in which the span is the active one. */
    setSpan(context: Context, span: Span): Context;
  };
  /** Its `metrics`. */
  readonly metrics: { getMeter(name: string, version?: string): TelemetryMeter };
  /** Its `context`. */
  readonly context: { active(): Context };
}

const SCOPE = 'enclasm';
/** What of a usage adds up over calls. */
const SUMS = USAGE_FIELDS.filter((field) => usageRow(field).together === 'sum');
const UNITS: Readonly<Record<string, string>> = { ms: 'ms', bytes: 'By', calls: '{call}', threads: '{thread}' };
/** The number of OpenTelemetry's status ERROR. */
const STATUS_ERROR = 2;

/**
 * Returns an observer for `InstantiateOptions.observe`: a span for each call into the guest, below the active one, and below it a span for each call of
 * a native or of WASI; sums of calls, fuel, bytes and refusals.
 * @param api `import * as api from '@opentelemetry/api'`
 * @param now milliseconds since 1970; default: Date.now
 */
export function openTelemetryObserver<Context, Span extends TelemetrySpan>(
  api: TelemetryApi<Context, Span>,
  now: () => number = () => Date.now(),
): Observer {
  const tracer = api.trace.getTracer(SCOPE);
  const sums = makeInstruments(api.metrics.getMeter(SCOPE));
  // Calls of one instance that overlap, which async ones do, end in any order: the last that began is above the host calls of all.
  const open = new Map<string, { readonly span: Span; readonly context: Context }[]>();
  const startSpan = (name: string, options: object, context: Context): Span => tracer.startSpan(name, options, context);
  return {
    callBegan(instance) {
      const parent = api.context.active();
      const span = startSpan(
        `call ${instance}`,
        { startTime: now(), attributes: { 'enclasm.instance': instance } },
        parent,
      );
      const calls = open.get(instance) ?? [];
      open.set(instance, calls);
      calls.push({ span, context: api.trace.setSpan(parent, span) });
    },
    callEnded({ instance, usage, thrown }) {
      const attributes = { 'enclasm.instance': instance };
      sums.calls.add(1, { ...attributes, 'enclasm.outcome': outcomeOf(thrown) });
      sums.duration.record(usage.wallMs, attributes);
      for (const { field, counter } of sums.used) if (usage[field] !== undefined) counter.add(usage[field], attributes);
      const calls = open.get(instance);
      const span = calls?.pop()?.span;
      if (calls?.length === 0) open.delete(instance);
      if (span === undefined) return;
      span.setAttributes({
        ...(usage.fuel !== undefined && { 'enclasm.fuel': usage.fuel }),
        'enclasm.host_calls': usage.hostCalls,
        'enclasm.memory_bytes': usage.memoryBytes,
      });
      markFailure(span, thrown);
      span.end(now());
    },
    hostCall(call) {
      const { module, name, thread, ms, thrown } = call;
      sums.imports.add(1, { 'enclasm.instance': thread.instance, 'enclasm.import': `${module}.${name}` });
      const context = open.get(thread.instance)?.at(-1)?.context ?? api.context.active();
      const end = now();
      const span = startSpan(`${module}.${name}`, { startTime: end - ms, attributes: attributesOf(call) }, context);
      markFailure(span, thrown);
      span.end(end);
    },
    grew({ instance, of, refusedBy }) {
      const attributes = { 'enclasm.instance': instance, 'enclasm.of': of };
      if (refusedBy === undefined) sums.growths.add(1, attributes);
      else sums.refusals.add(1, attributes);
    },
  };
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function makeInstruments(meter: TelemetryMeter) {
  const sum = (name: string, unit: string, description: string) =>
    meter.createCounter(`enclasm.${name}`, { unit, description });
  return {
    calls: sum('calls', '{call}', 'calls into guests'),
    duration: meter.createHistogram('enclasm.call.duration', {
      unit: 'ms',
      description: 'how long calls into guests took',
    }),
    used: SUMS.map((field) => ({
      field,
      counter: sum(snakeCase(field), UNITS[usageRow(field).unit] ?? '1', usageRow(field).label),
    })),
    imports: sum('imports', '{call}', 'calls of natives and WASI, by name'),
    growths: sum('growths', '{growth}', 'growths of memories and tables'),
    refusals: sum('refusals', '{growth}', 'growths that limits refused'),
  };
}

function attributesOf({ thread, args }: ObservedHostCall): TelemetryAttributes {
  return { 'enclasm.instance': thread.instance, 'enclasm.arguments': args.length };
}

/** A word for the way a call ended. */
function outcomeOf(thrown: { readonly error: unknown } | undefined): string {
  if (thrown === undefined || thrown.error instanceof ExitError) return 'returned';
  return thrown.error instanceof LimitError ? 'limit' : 'error';
}

/** proc_exit is no failure. */
function markFailure(span: TelemetrySpan, thrown: { readonly error: unknown } | undefined): void {
  if (outcomeOf(thrown) === 'returned') return;
  const { error } = thrown!;
  const message = error instanceof Error ? error.message : String(error);
  span.recordException(error instanceof Error ? error : message);
  span.setStatus({ code: STATUS_ERROR, message });
}
