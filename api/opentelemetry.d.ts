// Generated from the declarations that the build makes: npm run gen. A change here is a change of the public API.
import { Observer } from './embed.js';

/** What is used of `@opentelemetry/api`: give the package itself. */
export interface TelemetryApi<Context, Span extends TelemetrySpan> {
    /** Its `trace`. */
    readonly trace: {
        /** Returns the tracer of a scope. */
        getTracer(name: string, version?: string): {
            startSpan(name: string, options: object, context?: Context): Span;
        };
        /** Returns a context in which the span is the active one. */
        setSpan(context: Context, span: Span): Context;
    };
    /** Its `metrics`. */
    readonly metrics: {
        getMeter(name: string, version?: string): TelemetryMeter;
    };
    /** Its `context`. */
    readonly context: {
        active(): Context;
    };
}

/** TelemetryAttributes of spans and sums, by name. */
export type TelemetryAttributes = Record<string, string | number | boolean>;

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

/** What is used of a meter. */
export interface TelemetryMeter {
    /** Makes a sum. */
    createCounter(name: string, options: {
        unit: string;
        description: string;
    }): TelemetryCounter;
    /** Makes a distribution. */
    createHistogram(name: string, options: {
        unit: string;
        description: string;
    }): TelemetryHistogram;
}

/** What is used of a span. */
export interface TelemetrySpan {
    /** Adds attributes. */
    setAttributes(attributes: TelemetryAttributes): unknown;
    /** Sets how it ended. */
    setStatus(status: {
        code: number;
        message?: string;
    }): unknown;
    /** Adds an error. */
    recordException(error: Error | string): void;
    /** Ends it. @param time milliseconds since 1970 */
    end(time?: number): void;
}

/**
 * Returns an observer for `InstantiateOptions.observe`: a span for each call into the guest, below the active one, and below it a span for each call of
 * a native or of WASI; sums of calls, fuel, bytes and refusals.
 * @param api `import * as api from '@opentelemetry/api'`
 * @param now milliseconds since 1970; default: Date.now
 */
export declare function openTelemetryObserver<Context, Span extends TelemetrySpan>(api: TelemetryApi<Context, Span>, now?: () => number): Observer;

export {};
