// Memory and speed over the time of the run. Refuses to draw fewer than two moments: the gauges have what there is.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { Empty } from './empty.js';
import { short } from './format.js';
import { type Moment, moments, runs } from './state.js';

const MOST_POINTS = 2_000;
const MIB = 1 << 20;

export function TimelineView() {
  moments.changes.value;
  if (moments.rows.length < 2) {
    return (
      <Empty title={moments.rows.length === 0 ? 'No timeline yet' : 'Too short for a timeline'}>
        {moments.rows.length === 0
          ? 'While a module runs, its memory and its speed are drawn here ten times a second.'
          : 'The run ended before a second moment could be measured. Longer runs are drawn here ten times a second.'}
      </Empty>
    );
  }
  return (
    <div class="listing timeline">
      <h2>Memory, MiB</h2>
      <Plot
        label="Memory over time"
        values={(all) => all.map(({ memoryBytes }) => memoryBytes / MIB)}
        colour="--accent"
      />
      <h2>Speed, instructions each millisecond</h2>
      <Plot label="Speed over time" values={speeds} colour="--ok" />
    </div>
  );
}

function speeds(all: readonly Moment[]): number[] {
  return all.map(({ ms, fuel }, i) => {
    const before = all[i - 1] ?? { ms: 0, fuel: 0 };
    return ms > before.ms ? Math.max(0, fuel - before.fuel) / (ms - before.ms) : 0;
  });
}

interface PlotProps {
  readonly label: string;
  readonly colour: string;
  readonly values: (all: readonly Moment[]) => number[];
}
function Plot({ label, values, colour }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const data = (): uPlot.AlignedData => {
    const every = Math.ceil(moments.rows.length / MOST_POINTS);
    const all = moments.rows.filter((_, i) => i % every === 0);
    return [all.map(({ ms }) => ms / 1_000), values(all)];
  };
  useEffect(() => {
    const element = place.current!;
    const make = (): void => {
      chart.current?.destroy();
      chart.current = new uPlot(optionsOf(element, colour), data(), element);
    };
    const observer = new ResizeObserver(() =>
      chart.current?.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', make);
    make();
    observer.observe(element);
    return () => {
      observer.disconnect();
      scheme.removeEventListener('change', make);
      chart.current?.destroy();
    };
  }, []);
  const { value: changes } = moments.changes;
  useEffect(() => chart.current?.setData(data()), [changes, runs.value]);
  return <div class="plot" ref={place} role="img" aria-label={label} />;
}

function optionsOf(element: HTMLElement, colour: string): uPlot.Options {
  const style = getComputedStyle(element);
  const [text, line, own] = ['--muted', '--border', colour].map((name) => style.getPropertyValue(name).trim());
  const axis = {
    stroke: text!,
    grid: { stroke: line!, width: 1 },
    ticks: { stroke: line!, width: 1 },
    font: `12px ${style.fontFamily}`,
  };
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: false }, y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map((tick) => `${tick} s`) },
      { ...axis, size: 64, values: (_, ticks) => ticks.map((tick) => short(tick)) },
    ],
    series: [
      {},
      { stroke: own!, width: 2, fill: `color-mix(in srgb, ${own} 14%, transparent)`, points: { show: false } },
    ],
  };
}
