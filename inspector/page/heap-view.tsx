// The runtime's EMS pool, block by block: what is taken and what is free. Refuses runtimes without a pool, in words.
import { useMemo, useRef } from 'preact/hooks';
import { BLOCK_USES, type HeapMap } from '../messages.js';
import { fitted, useDrawing } from './canvas.js';
import { Empty } from './empty.js';
import { bytes, count, hex, percent } from './format.js';
import { heap as current, phase, pool } from './state.js';
import { VirtualList } from './virtual-list.js';

const USES: Readonly<Record<(typeof BLOCK_USES)[number], string>> = {
  free: 'Free',
  used: 'In use',
  charged: 'Charged: bytes that the browser keeps elsewhere',
};
const ROWS = 16;
const ROW = 14;

export function HeapView() {
  const { value: heap } = current;
  if (!heap) {
    if (phase.value === 'ended' && Number(pool.value) === 0) {
      return (
        <Empty title="No pool">
          This run took its memory from the browser. Give it an EMS pool under “Mode, environment, memory”.
        </Empty>
      );
    }
    return (
      <Empty title="No heap yet">
        Everything that the runtime allocates for a guest comes out of one pool, which the EMS allocator cuts into
        blocks. Run the module to see them.
      </Empty>
    );
  }
  return (
    <div class="listing heap">
      <Summary heap={heap} />
      <PoolMap heap={heap} />
      <Blocks heap={heap} />
    </div>
  );
}

function Summary({ heap }: { readonly heap: HeapMap }) {
  const { total, free, highmark, uses, left } = heap;
  const used = total - free;
  return (
    <div class="tools">
      <ul class="legend">
        {BLOCK_USES.map((use) => (
          <li key={use}>
            <span class={`swatch ${use}`} aria-hidden="true" /> {USES[use]}
          </li>
        ))}
      </ul>
      <span class="grow" />
      <small>
        {bytes(used)} of {bytes(total)} in use ({percent(used, total)}), at most {bytes(highmark)};{' '}
        {count(uses.length + left)} blocks
      </small>
    </div>
  );
}

/** The pool as lines of equal length, one below the other. */
function PoolMap({ heap }: { readonly heap: HeapMap }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useDrawing(canvas, (element) => drawMap(element, heap), [heap]);
  const label = `Map of the pool: ${percent(heap.total - heap.free, heap.total)} in use`;
  return (
    <div class="map">
      <canvas ref={canvas} role="img" aria-label={label} />
    </div>
  );
}

function drawMap(canvas: HTMLCanvasElement, { total, offsets, bytes: sizes, uses }: HeapMap): void {
  const [context, width] = fitted(canvas, ROWS * ROW);
  const style = getComputedStyle(canvas);
  const colours = BLOCK_USES.map((use) => style.getPropertyValue(`--block-${use}`));
  const perRow = total / ROWS;
  const fill = (from: number, to: number, colour: string): void => {
    for (let row = Math.floor(from / perRow); row < ROWS && row * perRow < to; row++) {
      const left = Math.max(0, (from - row * perRow) / perRow) * width;
      const right = Math.min(1, (to - row * perRow) / perRow) * width;
      context.fillStyle = colour;
      context.fillRect(left, row * ROW, Math.max(right - left, 0.5), ROW - 2);
    }
  };
  fill(0, total, colours[0]!);
  const start = offsets[0] ?? 0;
  uses.forEach((use, i) => {
    if (use !== 0) fill(offsets[i]! - start, offsets[i]! - start + sizes[i]!, colours[use]!);
  });
}

function Blocks({ heap }: { readonly heap: HeapMap }) {
  const { offsets, bytes: sizes, uses, left } = heap;
  const taken = useMemo(() => [...uses.keys()].sort((a, b) => sizes[b]! - sizes[a]! || a - b), [heap]);
  return (
    <div class="functions">
      <div class="heads blocks" aria-hidden="true">
        <span>Block at</span>
        <span>Bytes</span>
        <span>Use</span>
      </div>
      <VirtualList
        count={taken.length}
        rowHeight={26}
        label={left > 0 ? `Blocks, the largest first, without the last ${left}` : 'Blocks, the largest first'}
        row={(i) => {
          const block = taken[i]!;
          const use = BLOCK_USES[uses[block]!]!;
          return (
            <div class="blocks">
              <code>0x{hex(offsets[block]!)}</code>
              <span class="number">{count(sizes[block]!)}</span>
              <span>
                <span class={`swatch ${use}`} aria-hidden="true" /> {use}
              </span>
            </div>
          );
        }}
      />
    </div>
  );
}
