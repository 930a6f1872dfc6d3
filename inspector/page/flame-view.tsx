// The flame chart: which functions used the fuel, by the paths that led to them. What it draws can be had as a file for speedscope, and the same numbers stand in
// a table beside it. Refuses to draw boxes narrower than half a pixel.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Flame } from '../messages.js';
import { useDrawing } from './canvas.js';
import { Empty } from './empty.js';
import { FlameDrawing, type Range } from './flame-drawing.js';
import { count, percent } from './format.js';
import { saveAs } from './saving.js';
import { flame as current, file, records, runs } from './state.js';
import { VirtualList } from './virtual-list.js';

export function FlameView() {
  const { value: flame } = current;
  if (!flame || flame.frames.length === 0) {
    if (!records.value)
      return (
        <Empty title="No profile">Tick “Record a profile” under “Mode, environment, memory”, and run again.</Empty>
      );
    return (
      <Empty title="No profile yet">
        Run the module: each function that was called will be a box here, as wide as the fuel that it used. Fuel counts
        instructions, so the same input gives the same chart each time.
      </Empty>
    );
  }
  return <Chart flame={flame} />;
}

function Chart({ flame }: { readonly flame: Flame }) {
  const [chosen, setChosen] = useState(-1);
  const [zoom, setZoom] = useState<Range>({ from: 0, to: flame.fuel });
  useEffect(() => {
    setChosen(-1);
    setZoom({ from: 0, to: flame.fuel });
  }, [flame]);
  const zoomTo = (box: number): void => {
    setChosen(box);
    setZoom(box < 0 ? { from: 0, to: flame.fuel } : { from: flame.starts[box]!, to: flame.ends[box]! });
  };
  return (
    <div class="listing flame">
      <div class="tools">
        <p class="chosen" aria-live="polite">
          {chosen < 0 ? `${count(flame.fuel)} instructions in all` : describe(flame, chosen)}
        </p>
        <span class="grow" />
        <button
          type="button"
          class="small"
          disabled={zoom.from === 0 && zoom.to === flame.fuel}
          onClick={() => zoomTo(-1)}
        >
          Whole run
        </button>
        <button type="button" class="small" onClick={() => save(flame)}>
          Save for speedscope
        </button>
      </div>
      <Canvas flame={flame} zoom={zoom} chosen={chosen} choose={setChosen} zoomTo={zoomTo} />
      <Functions flame={flame} />
      {runs.value && <small class="note">While it runs, the chart is drawn anew now and then.</small>}
    </div>
  );
}

function describe(flame: Flame, box: number): string {
  const frame = flame.frames[box]!;
  const used = flame.ends[box]! - flame.starts[box]!;
  const place = flame.places[frame]!;
  return `${flame.names[frame]}: ${count(used)} instructions, ${percent(used, flame.fuel)}${place && `, ${place}`}`;
}

interface CanvasProps {
  readonly flame: Flame;
  readonly zoom: Range;
  readonly chosen: number;
  readonly choose: (box: number) => void;
  readonly zoomTo: (box: number) => void;
}

function Canvas({ flame, zoom, chosen, choose, zoomTo }: CanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawing = useMemo(() => new FlameDrawing(flame), [flame]);
  useDrawing(canvas, (element) => drawing.draw(element, zoom, chosen), [drawing, zoom, chosen]);
  const boxOf = (event: MouseEvent): number =>
    drawing.boxAt(event.offsetX, event.offsetY, canvas.current!.clientWidth, zoom);
  return (
    <div class="canvas">
      {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: its keys are its own */}
      <canvas
        ref={canvas}
        role="application"
        aria-roledescription="flame chart"
        aria-label="Flame chart. Arrow keys move between functions, Enter zooms in, Backspace shows the whole run."
        tabIndex={0}
        onMouseMove={(event) => choose(boxOf(event))}
        onClick={(event) => {
          const box = boxOf(event);
          if (box >= 0) zoomTo(box);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && chosen >= 0) zoomTo(chosen);
          else if (event.key === 'Backspace') zoomTo(-1);
          else {
            const next = drawing.neighbour(chosen, event.key);
            if (next === undefined) return;
            choose(next);
          }
          event.preventDefault();
        }}
      />
    </div>
  );
}

function Functions({ flame }: { readonly flame: Flame }) {
  const order = useMemo(() => [...flame.self.keys()].sort((a, b) => flame.self[b]! - flame.self[a]! || a - b), [flame]);
  return (
    <div class="functions">
      <div class="heads functions-row" aria-hidden="true">
        <span>Function</span>
        <span>Own</span>
        <span />
        <span>With callees</span>
      </div>
      <VirtualList
        count={order.length}
        rowHeight={26}
        label="Functions by their own fuel"
        row={(i) => {
          const frame = order[i]!;
          return (
            <div class="functions-row" title={flame.places[frame]}>
              <code>{flame.names[frame]}</code>
              <span class="number">{count(flame.self[frame]!)}</span>
              <span class="number">{percent(flame.self[frame]!, flame.fuel)}</span>
              <span class="number">{count(flame.total[frame]!)}</span>
            </div>
          );
        }}
      />
    </div>
  );
}

function save(flame: Flame): void {
  saveAs(`${file.value?.name.replace(/\.wasm$/, '') ?? 'profile'}.speedscope.json`, flame.file);
}
