// A speedscope file laid out as boxes, so that the page draws exactly what the file says. Takes files of this package alone: their events nest.
import type { Flame } from '../messages.js';

interface File {
  readonly shared: {
    readonly frames: readonly { readonly name: string; readonly file?: string; readonly line?: number }[];
  };
  readonly profiles: readonly {
    readonly endValue: number;
    readonly events: readonly { readonly type: 'O' | 'C'; readonly frame: number; readonly at: number }[];
  }[];
}

/** Names are shown, never parsed: so much of one is enough. */
const MOST_NAME_CHARS = 500;

/** @param text of a speedscope file; threads stand one after the other */
export function flameOf(text: string): Flame {
  const { shared, profiles } = JSON.parse(text) as File;
  const count = profiles.reduce((sum, { events }) => sum + events.length / 2, 0);
  const boxes = {
    frames: new Uint32Array(count),
    depths: new Uint16Array(count),
    starts: new Float64Array(count),
    ends: new Float64Array(count),
    callers: new Int32Array(count),
  };
  const self = new Float64Array(shared.frames.length);
  const total = new Float64Array(shared.frames.length);
  /** How often each function is among the open boxes: the total of a recursive one counts once. */
  const nested = new Uint32Array(shared.frames.length);
  const open: number[] = [];
  let next = 0;
  let origin = 0;
  for (const { events, endValue } of profiles) {
    let last = 0;
    for (const { type, frame, at } of events) {
      const top = open.at(-1);
      if (top !== undefined) self[boxes.frames[top]!]! += at - last;
      last = at;
      if (type === 'O') {
        boxes.frames[next] = frame;
        boxes.depths[next] = open.length;
        boxes.starts[next] = origin + at;
        boxes.callers[next] = top ?? -1;
        nested[frame]!++;
        open.push(next++);
      } else {
        const box = open.pop()!;
        boxes.ends[box] = origin + at;
        if (--nested[frame]! === 0) total[frame]! += origin + at - boxes.starts[box]!;
      }
    }
    origin += endValue;
  }
  return {
    names: shared.frames.map(({ name }) => name.slice(0, MOST_NAME_CHARS)),
    places: shared.frames.map(({ file, line }) =>
      file === undefined ? '' : `${file}:${line}`.slice(0, MOST_NAME_CHARS),
    ),
    ...boxes,
    self,
    total,
    fuel: origin,
    file: new TextEncoder().encode(text),
  };
}
