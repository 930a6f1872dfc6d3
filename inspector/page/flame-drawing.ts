// Draws a flame chart on a canvas, and finds boxes by place and by neighbourhood. It looks at the boxes in view alone. Refuses nothing.
import type { Flame } from '../messages.js';
import { fitted } from './canvas.js';

const ROW = 22;
const GAP = 1;
const TEXT_INSET = 5;
/** Boxes with less room have no name. */
const LEAST_FOR_TEXT = 28;
const MOST_ROWS = 400;

export interface Range {
  readonly from: number;
  readonly to: number;
}

export class FlameDrawing {
  readonly #flame: Flame;
  /** The boxes of each depth, in the order of their places. */
  readonly #rows: number[][] = [];
  readonly #hues: readonly number[];

  constructor(flame: Flame) {
    this.#flame = flame;
    flame.depths.forEach((depth, box) => {
      if (depth < MOST_ROWS) (this.#rows[depth] ??= []).push(box);
    });
    // A function has its colour in every chart.
    this.#hues = flame.names.map((name) => hueOf(name));
  }

  draw(canvas: HTMLCanvasElement, zoom: Range, chosen: number): void {
    const [context, width] = fitted(canvas, Math.max(1, this.#rows.length) * ROW);
    const style = getComputedStyle(canvas);
    context.font = `12px ${style.fontFamily}`;
    context.textBaseline = 'middle';
    const dark = matchMedia('(prefers-color-scheme: dark)').matches;
    const { starts, ends, frames, names } = this.#flame;
    const perUnit = width / Math.max(1, zoom.to - zoom.from);
    for (const [depth, row] of this.#rows.entries()) {
      for (let i = this.#firstEnding(row, zoom.from); i < row.length && starts[row[i]!]! < zoom.to; i++) {
        const box = row[i]!;
        const left = Math.max(0, (starts[box]! - zoom.from) * perUnit);
        const right = Math.min(width, (ends[box]! - zoom.from) * perUnit);
        if (right - left < 0.5) continue;
        const hue = this.#hues[frames[box]!]!;
        context.fillStyle = dark ? `hsl(${hue} 45% 32%)` : `hsl(${hue} 70% 84%)`;
        context.fillRect(left, depth * ROW, Math.max(0.5, right - left - GAP), ROW - GAP);
        if (box === chosen) {
          context.strokeStyle = style.getPropertyValue('--text');
          context.lineWidth = 2;
          context.strokeRect(left + 1, depth * ROW + 1, Math.max(1, right - left - GAP - 2), ROW - GAP - 2);
        }
        if (right - left < LEAST_FOR_TEXT) continue;
        context.fillStyle = dark ? '#f2f4f8' : '#1b1f27';
        context.fillText(
          cut(context, names[frames[box]!]!, right - left - 2 * TEXT_INSET),
          left + TEXT_INSET,
          depth * ROW + ROW / 2,
        );
      }
    }
  }

  /** The place in a row of the first box that ends behind a place. */
  #firstEnding(row: readonly number[], at: number): number {
    const { ends } = this.#flame;
    let [low, high] = [0, row.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[row[middle]!]! <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The box at a place of the canvas; -1 where there is none. */
  boxAt(x: number, y: number, width: number, zoom: Range): number {
    const row = this.#rows[Math.floor(y / ROW)];
    if (!row) return -1;
    const at = zoom.from + (x / width) * (zoom.to - zoom.from);
    const box = row[this.#firstEnding(row, at)];
    return box !== undefined && this.#flame.starts[box]! <= at ? box : -1;
  }

  /** The box that an arrow key leads to; undefined for other keys. */
  neighbour(box: number, key: string): number | undefined {
    if (!/^Arrow(Up|Down|Left|Right)$/.test(key)) return undefined;
    if (box < 0) return 0;
    const { callers, depths, starts, ends } = this.#flame;
    if (key === 'ArrowUp') return callers[box]! < 0 ? box : callers[box]!;
    const row = this.#rows[depths[box]! + (key === 'ArrowDown' ? 1 : 0)] ?? [];
    if (key === 'ArrowDown') {
      // The widest of those that it called.
      const called = row.filter((one) => callers[one] === box);
      return called.reduce(
        (best, one) => (ends[one]! - starts[one]! > ends[best]! - starts[best]! ? one : best),
        called[0] ?? box,
      );
    }
    return row[row.indexOf(box) + (key === 'ArrowRight' ? 1 : -1)] ?? box;
  }
}

function hueOf(name: string): number {
  let hash = 7;
  for (let i = 0; i < name.length; i++) hash = (hash * 31 + name.charCodeAt(i)) >>> 0;
  return hash % 360;
}

function cut(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let [low, high] = [0, Math.min(text.length, 200)];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${text.slice(0, low)}…`;
}
