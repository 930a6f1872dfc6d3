// Spans and metrics of OpenTelemetry. Re-exports only.
export {
  openTelemetryObserver,
  type TelemetryApi,
  type TelemetryAttributes,
  type TelemetryCounter,
  type TelemetryHistogram,
  type TelemetryMeter,
  type TelemetrySpan,
} from '../debug/opentelemetry.js';
