// Spans from request to guest, by whatever OpenTelemetry SDK the process has; without one they cost next to nothing. Refuses nothing.
import { type Attributes, context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

const tracer = trace.getTracer('enclasm-serve');

/** Runs work in a span, as a child of the one that runs or that `headers` name. The span has the error's text. */
export function inSpan<T>(
  name: string,
  kind: 'server' | 'internal' | 'client' | 'consumer',
  attributes: Attributes,
  work: (span: Span) => Promise<T>,
  headers?: Readonly<Record<string, string | undefined>>,
): Promise<T> {
  const parent = headers === undefined ? context.active() : propagation.extract(context.active(), headers);
  const kinds = {
    server: SpanKind.SERVER,
    internal: SpanKind.INTERNAL,
    client: SpanKind.CLIENT,
    consumer: SpanKind.CONSUMER,
  };
  return tracer.startActiveSpan(name, { kind: kinds[kind], attributes }, parent, async (span) => {
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
