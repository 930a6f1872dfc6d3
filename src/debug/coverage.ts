// Which source lines a guest has run, in the lcov format. A line counts as often as the first of its instructions that ran most. Refuses nothing: a
// module whose lines are not known gives an empty file.
import { BLOCK, ControlFlow, FUNCTION, IF, type Label, LOOP, TRY } from '../binary/control-flow.js';
import type { ObservedThread, Observer } from '../runtime/observer.js';
import type { ValidatedModule } from '../wasm/module.js';
import { OPCODES } from '../wasm/opcodes.js';
import type { Symbols } from './symbols.js';

/** Counts the places that the instances that it observes reach. */
export class PlaceCounter {
  readonly observer: Observer;
  readonly #modules = new Map<ValidatedModule, Map<number, number>>();

  constructor() {
    this.observer = { reached: (offset, thread) => this.#reach(offset, thread) };
  }
  #reach(offset: number, { module }: ObservedThread): void {
    let places = this.#modules.get(module);
    if (places === undefined) this.#modules.set(module, (places = new Map()));
    places.set(offset, (places.get(offset) ?? 0) + 1);
  }
  /** How often each place was reached, by module. */
  get modules(): ReadonlyMap<ValidatedModule, ReadonlyMap<number, number>> {
    return this.#modules;
  }
}

/** Code between two places that an observer is told of. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** Returns the ranges of a function: what is between a place and the next runs whole, unless it traps. Dead code is in none. */
function rangesOf(module: ValidatedModule, position: number): Range[] {
  const flow = new ControlFlow<Label>(module);
  const body = module.functions[position]!;
  const label = (kind: number, type: Label['type']): Label => ({ kind, type, targeted: false, hasElse: false });
  flow.open(label(FUNCTION, flow.begin(body)));
  const ranges: Range[] = [];
  let start = body.code.start;
  let alive = true;
  while (flow.labels.length > 0) {
    flow.next();
    const { reader } = flow;
    const kind = KINDS.get(reader.op);
    if (kind !== undefined && flow.reached) flow.open(label(kind, flow.blockType()));
    if (alive && (flow.beginsPlace || !flow.reachable)) {
      ranges.push({ start, end: reader.pos });
      alive = false;
    }
    if (flow.beginsPlace) {
      start = reader.pos;
      alive = true;
    }
  }
  if (alive) ranges.push({ start, end: body.code.end });
  return ranges;
}

const KINDS: ReadonlyMap<number, number> = new Map([
  [OPCODES.block.code, BLOCK],
  [OPCODES.loop.code, LOOP],
  [OPCODES.if.code, IF],
  [OPCODES.try.code, TRY],
  [OPCODES.try_table.code, BLOCK],
]);

interface FileLines {
  readonly lines: Map<number, number>;
  readonly functions: { readonly name: string; readonly line: number; readonly count: number }[];
}

/** @param places how often each was reached @returns the text of an lcov file */
export function lcovText(module: ValidatedModule, places: ReadonlyMap<number, number>, symbols: Symbols): string {
  const files = new Map<string, FileLines>();
  const fileOf = (name: string): FileLines => {
    let file = files.get(name);
    if (file === undefined) files.set(name, (file = { lines: new Map(), functions: [] }));
    return file;
  };
  const imported = module.spaces.importedFunctions;
  module.functions.forEach((body, position) => {
    const first = symbols.firstLine(imported + position);
    if (first) {
      const count = places.get(body.code.start) ?? 0;
      fileOf(first.file).functions.push({ name: symbols.name(imported + position), line: first.line, count });
    }
    for (const { start, end } of rangesOf(module, position)) {
      const count = places.get(start) ?? 0;
      const inherited = symbols.lines.at(start);
      const rows = symbols.lines.within(start, end).map(({ line }) => line);
      for (const { file, line } of inherited ? [inherited, ...rows] : rows) {
        const { lines } = fileOf(file);
        lines.set(line, Math.max(lines.get(line) ?? 0, count));
      }
    }
  });
  return [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, file]) => recordText(name, file))
    .join('');
}

function recordText(name: string, { lines, functions }: FileLines): string {
  const sorted = [...lines].sort(([a], [b]) => a - b);
  const hit = (list: readonly { readonly count: number }[]): number => list.filter(({ count }) => count > 0).length;
  return [
    'TN:',
    `SF:${name}`,
    ...functions.map((one) => `FN:${one.line},${one.name}`),
    ...functions.map((one) => `FNDA:${one.count},${one.name}`),
    `FNF:${functions.length}`,
    `FNH:${hit(functions)}`,
    ...sorted.map(([line, count]) => `DA:${line},${count}`),
    `LF:${sorted.length}`,
    `LH:${hit(sorted.map(([, count]) => ({ count })))}`,
    'end_of_record',
    '',
  ].join('\n');
}
