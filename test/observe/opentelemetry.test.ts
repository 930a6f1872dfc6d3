// Spans and metrics by the official packages, in every mode.
import * as api from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { expect } from 'vitest';
import { openTelemetryObserver } from '#src/entry/opentelemetry.js';
import { modeCases } from '../modes/mode-cases.js';

const GUEST = `(module (import "host" "log" (func $log (param i32)))
  (memory 1 2)
  (func (export "run") (call $log (i32.const 1)) (drop (memory.grow (i32.const 1))))
  (func (export "bad") (call $log (i32.const 2)) unreachable))`;

/** The official package, with providers of this test alone. */
function telemetry() {
  const spans = new InMemorySpanExporter();
  const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 1_000_000 });
  const meters = new MeterProvider({ readers: [reader] });
  const given = {
    trace: { getTracer: (name: string) => tracers.getTracer(name), setSpan: api.trace.setSpan },
    metrics: { getMeter: (name: string) => meters.getMeter(name) },
    context: api.context,
  };
  return { given, spans, metrics, reader, meters };
}

modeCases('OpenTelemetry', [
  {
    name: 'a span for each call, and below it one for each call of a native; sums of what was used',
    async run({ start }) {
      const { given, spans, metrics, reader, meters } = telemetry();
      const guest = start(GUEST, {
        name: 'guest',
        metered: true,
        observe: openTelemetryObserver(given),
        imports: { host: { log: () => {} } },
      });
      guest.lookupFunction('run')!.call();
      expect(() => guest.lookupFunction('bad')!.call()).toThrow('unreachable');
      const finished = spans.getFinishedSpans();
      expect(finished.map(({ name, status }) => [name, status.code])).toEqual([
        ['host.log', api.SpanStatusCode.UNSET],
        ['call guest', api.SpanStatusCode.UNSET],
        ['host.log', api.SpanStatusCode.UNSET],
        ['call guest', api.SpanStatusCode.ERROR],
      ]);
      for (const at of [0, 2]) {
        expect(finished[at]!.parentSpanContext?.spanId).toBe(finished[at + 1]!.spanContext().spanId);
      }
      expect(finished[3]!.events.map(({ name }) => name)).toEqual(['exception']);
      expect(finished[1]!.attributes['enclasm.fuel']).toBe(5 + 65_536 / 64);
      await reader.forceFlush();
      const points = new Map(
        metrics
          .getMetrics()
          .flatMap(({ scopeMetrics }) => scopeMetrics)
          .flatMap((scope) => scope.metrics)
          .map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints.map(({ value }) => value)]),
      );
      expect(points.get('enclasm.calls')).toEqual([1, 1]);
      expect(points.get('enclasm.host_calls')).toEqual([2]);
      expect(points.get('enclasm.growths')).toEqual([1]);
      expect(points.get('enclasm.fuel')).toEqual([guest.usage.fuel]);
      await meters.shutdown();
    },
  },
  {
    name: 'the package itself fits, and costs nothing where no provider is registered',
    run({ start }) {
      const guest = start(GUEST, { observe: openTelemetryObserver(api), imports: { host: { log: () => {} } } });
      expect(guest.lookupFunction('run')!.call()).toEqual([]);
    },
  },
]);
