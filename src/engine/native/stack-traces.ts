// The stack traces that tell where a guest trapped. An application may have turned them off, or formats those of its own errors: guests run with
// traces all the same, and the settings are the application's again outside of them. Refuses nothing: where a host has no traces, there are none.

/** Settings of V8. Other JavaScript engines ignore them, or do not have them. */
const TRACES = Error as { stackTraceLimit?: number; prepareStackTrace?: unknown };
/** Frames of a trace where the application wants none. */
const FRAMES = 10;

/** Turns traces on. @returns the application's limit, if it had turned them off */
export function beginTraces(): number | undefined {
  const limit = TRACES.stackTraceLimit;
  if (limit === undefined || limit >= 1) return undefined;
  // What cannot be written stays as it is.
  Reflect.set(TRACES, 'stackTraceLimit', FRAMES);
  return limit;
}
/** @param limit what `beginTraces` returned */
export function endTraces(limit: number | undefined): void {
  if (limit !== undefined) Reflect.set(TRACES, 'stackTraceLimit', limit);
}

/** The trace as the engine writes it: it is written when it is read first. */
export function traceOf(error: Error): string | undefined {
  const { prepareStackTrace } = TRACES;
  if (prepareStackTrace === undefined) return error.stack;
  Reflect.set(TRACES, 'prepareStackTrace', undefined);
  try {
    return error.stack;
  } finally {
    Reflect.set(TRACES, 'prepareStackTrace', prepareStackTrace);
  }
}
