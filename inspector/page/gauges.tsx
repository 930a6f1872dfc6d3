// What the guest has used of each of its limits, while it runs. Refuses nothing.
import { bytes, count, milliseconds } from './format.js';
import type { LimitField } from './limit-fields.js';
import * as state from './state.js';

interface GaugeRow {
  readonly label: string;
  readonly limit: LimitField;
  readonly used: () => number;
  readonly show: (value: number) => string;
  readonly note?: () => string;
}

const GAUGES: readonly GaugeRow[] = [
  { label: 'Fuel', limit: 'fuel', used: () => state.usage.value?.fuel ?? 0, show: count },
  { label: 'Time', limit: 'timeoutMs', used: () => state.elapsed.value, show: milliseconds },
  {
    label: 'Memory',
    limit: 'memoryBytes',
    used: () => state.usage.value?.memoryBytes ?? 0,
    show: bytes,
    note: () => `peak ${bytes(state.usage.value?.peakMemoryBytes ?? 0)}`,
  },
  { label: 'Output', limit: 'outputBytes', used: () => state.usage.value?.bytesWritten ?? 0, show: bytes },
  { label: 'Host calls', limit: 'hostCalls', used: () => state.usage.value?.hostCalls ?? 0, show: count },
];

export function Gauges() {
  return (
    <dl class="gauges">
      {GAUGES.map((row) => (
        <Gauge key={row.label} {...row} />
      ))}
    </dl>
  );
}

function Gauge({ label, limit, used, show, note }: GaugeRow) {
  const value = used();
  const most = state.runLimits.value[limit];
  const share = most === undefined ? 0 : most === 0 ? 1 : Math.min(1, value / most);
  const words = most === undefined ? (note?.() ?? 'no limit') : `of ${show(most)}`;
  return (
    <div class={`gauge ${share >= 1 ? 'full' : share > 0.8 ? 'high' : ''}`}>
      <dt>{label}</dt>
      <dd>
        <span class="value">{show(value)}</span>
        <small>{words}</small>
        {most === undefined ? (
          <span class="track open" />
        ) : (
          // biome-ignore lint/a11y/useSemanticElements: browsers draw the element as they like
          <span
            class="track"
            role="meter"
            aria-label={label}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.round(100 * share)}
            aria-valuetext={`${show(value)} of ${show(most)}`}
          >
            <span style={{ transform: `scaleX(${share})` }} />
          </span>
        )}
      </dd>
    </div>
  );
}
