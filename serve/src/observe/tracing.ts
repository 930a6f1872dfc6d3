// Spans from request to guest, by whatever OpenTelemetry SDK the process has; without one they cost next to nothing. Refuses nothing.
import {
  type Attributes,
  context,
  INVALID_SPAN_CONTEXT,
  type ProxyTracerProvider,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

const NAME = 'enclasm-serve';
const tracer = trace.getTracer(NAME);
const NO_SPAN = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
/** Whether the process has an SDK, which it may get at any time. */
function isTraced(): boolean {
  const provider = trace.getTracerProvider() as Partial<ProxyTracerProvider>;
  return provider.getDelegateTracer === undefined || provider.getDelegateTracer(NAME) !== undefined;
}
const KINDS = {
  server: SpanKind.SERVER,
  internal: SpanKind.INTERNAL,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/** Runs work in a span, as a child of the one that runs or that `headers` name. The span has the error's text. */
export function inSpan<T>(
  name: string,
  kind: keyof typeof KINDS,
  attributes: Attributes,
  work: (span: Span) => Promise<T>,
  headers?: Readonly<Record<string, string | undefined>>,
): Promise<T> {
  if (!isTraced()) return work(NO_SPAN);
  const parent = headers === undefined ? context.active() : propagation.extract(context.active(), headers);
  return tracer.startActiveSpan(name, { kind: KINDS[kind], attributes }, parent, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The fields that tell another node, or a later one, of the span that runs: W3C Trace Context, where the SDK has that. */
export function carried(): Record<string, string> {
  const fields: Record<string, string> = {};
  propagation.inject(context.active(), fields);
  return fields;
}
/** Names of those fields. */
export function carriedNames(): readonly string[] {
  return propagation.fields();
}
