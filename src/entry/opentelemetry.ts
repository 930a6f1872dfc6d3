// Spans and metrics of OpenTelemetry. Re-exports only.
export {
  openTelemetryObserver,
  type TelemetryApi,
  type TelemetryCounter,
  type TelemetryHistogram,
  type TelemetryMeter,
  type TelemetrySpan,
} from '../debug/opentelemetry.js';
