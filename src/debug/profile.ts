// Profiles as files: the formats of speedscope and of the Firefox profiler. The same recording gives the same bytes. Refuses nothing.
import type { CallNode, CallRecorder, CallTree, ProfileUnit } from './call-tree.js';
import type { SourceLine } from './line-table.js';
import type { Symbols } from './symbols.js';

/** The programs that profiles are written for. */
export const PROFILE_FORMATS = ['speedscope', 'firefox'] as const;
/** The program that a profile is written for. */
export type ProfileFormat = (typeof PROFILE_FORMATS)[number];

/** Finds the symbols of a thread's module. */
export type SymbolsOf = (tree: CallTree) => Symbols;

/** One frame of a profile: a function. */
interface Frame {
  readonly name: string;
  readonly place: SourceLine | undefined;
}

/** One function on one path of callers, in the order in which it was first called. */
interface Row {
  readonly frame: number;
  /** The row of the caller; -1 for the outermost. */
  readonly caller: number;
  readonly weight: number;
}

interface Rows {
  readonly name: string;
  readonly rows: readonly Row[];
}

/** Returns the text of a profile. */
export function profileText(
  recorder: CallRecorder,
  format: ProfileFormat,
  symbolsOf: SymbolsOf,
  program: string,
): string {
  const frames: Frame[] = [];
  const threads = recorder.trees.map((tree): Rows => {
    const { thread } = tree;
    const name = thread.number === 0 ? thread.instance : `${thread.instance}, thread ${thread.number}`;
    return { name, rows: rowsOf(tree, frames, symbolsOf(tree)) };
  });
  const given = { frames, threads, unit: recorder.unit, program };
  return `${JSON.stringify(format === 'firefox' ? firefox(given) : speedscope(given))}\n`;
}

interface Given {
  readonly frames: readonly Frame[];
  readonly threads: readonly Rows[];
  readonly unit: ProfileUnit;
  readonly program: string;
}

function rowsOf({ root }: CallTree, frames: Frame[], symbols: Symbols): Row[] {
  const numbers = new Map<number, number>();
  const frameOf = (index: number): number => {
    let number = numbers.get(index);
    if (number === undefined) {
      number = frames.push({ name: symbols.name(index), place: symbols.firstLine(index) }) - 1;
      numbers.set(index, number);
    }
    return number;
  };
  const rows: Row[] = [];
  const open: { readonly node: CallNode; readonly caller: number }[] = [];
  const add = (node: CallNode, caller: number): void => {
    for (const child of [...node.children.values()].reverse()) open.push({ node: child, caller });
  };
  add(root, -1);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, caller } = next;
    add(node, rows.push({ frame: frameOf(node.index), caller, weight: node.self }) - 1);
  }
  return rows;
}

function speedscope({ frames, threads, unit, program }: Given): object {
  return {
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    exporter: 'enclasm',
    name: program,
    activeProfileIndex: 0,
    shared: {
      frames: frames.map(({ name, place }) => ({ name, ...(place && { file: place.file, line: place.line }) })),
    },
    profiles: threads.map(({ name, rows }) => ({
      type: 'evented',
      name,
      unit: unit === 'ms' ? 'milliseconds' : 'none',
      startValue: 0,
      endValue: rows.reduce((sum, { weight }) => sum + weight, 0),
      events: eventsOf(rows),
    })),
  };
}

/** Lays the functions one after the other: each begins with what it spent itself, then those that it called. */
function eventsOf(rows: readonly Row[]): object[] {
  const events: object[] = [];
  const open: number[] = [];
  let at = 0;
  const closeDownTo = (caller: number): void => {
    while (open.length > 0 && open.at(-1) !== caller) events.push({ type: 'C', frame: rows[open.pop()!]!.frame, at });
  };
  rows.forEach(({ frame, caller, weight }, i) => {
    closeDownTo(caller);
    events.push({ type: 'O', frame, at });
    open.push(i);
    at += weight;
  });
  closeDownTo(-1);
  return events;
}

/** The format version that is written; the profiler's own upgraders read it. */
const FIREFOX_VERSION = 24;
const PREPROCESSED_VERSION = 44;

function firefox({ frames, threads, unit, program }: Given): object {
  return {
    meta: {
      version: FIREFOX_VERSION,
      preprocessedProfileVersion: PREPROCESSED_VERSION,
      interval: 1,
      startTime: 0,
      processType: 0,
      product: program,
      stackwalk: 1,
      debug: false,
      symbolicated: true,
      importedFrom: 'enclasm',
      categories: [{ name: 'Other', color: 'grey', subcategories: ['Other'] }],
      sampleUnits: { time: 'ms', eventDelay: 'ms', threadCPUDelta: 'ns' },
      markerSchema: [],
      extensions: { id: [], name: [], baseURL: [], length: 0 },
      usesOnlyOneStackType: true,
      doesNotUseFrameImplementation: true,
      sourceCodeIsNotOnSearchfox: true,
    },
    libs: [],
    pages: [],
    counters: [],
    profilerOverhead: [],
    threads: threads.map((one, i) => firefoxThread(one, i, frames, unit)),
  };
}

const all = <T>(count: number, value: T): T[] => new Array<T>(count).fill(value);

/** Each function has one frame. */
function functionTables(frames: readonly Frame[], stringOf: (text: string) => number): object {
  const { length } = frames;
  return {
    frameTable: {
      address: all(length, -1),
      inlineDepth: all(length, 0),
      category: all(length, 0),
      subcategory: all(length, 0),
      func: frames.map((_, i) => i),
      nativeSymbol: all(length, null),
      innerWindowID: all(length, 0),
      implementation: all(length, null),
      line: frames.map(({ place }) => place?.line ?? null),
      column: all(length, null),
      length,
    },
    funcTable: {
      name: frames.map((one) => stringOf(one.name)),
      isJS: all(length, false),
      relevantForJS: all(length, false),
      resource: all(length, -1),
      fileName: frames.map(({ place }) => (place ? stringOf(place.file) : null)),
      lineNumber: frames.map(({ place }) => place?.line ?? null),
      columnNumber: all(length, null),
      length,
    },
  };
}

function firefoxThread({ name, rows }: Rows, number: number, frames: readonly Frame[], unit: ProfileUnit): object {
  const strings: string[] = [];
  const numbers = new Map<string, number>();
  const stringOf = (text: string): number => {
    let at = numbers.get(text);
    if (at === undefined) numbers.set(text, (at = strings.push(text) - 1));
    return at;
  };
  const stacks = {
    frame: rows.map(({ frame }) => frame),
    prefix: rows.map(({ caller }) => (caller < 0 ? null : caller)),
  };
  const samples = rows.flatMap(({ weight }, stack) => (weight > 0 ? [{ stack, weight }] : []));
  // Samples lie one after the other, each as long as what was spent.
  let time = 0;
  const times = samples.map(({ weight }) => (time += weight) - weight);
  return {
    name,
    isMainThread: number === 0,
    processType: 'default',
    processName: name,
    processStartupTime: 0,
    processShutdownTime: null,
    registerTime: 0,
    unregisterTime: null,
    pausedRanges: [],
    pid: '0',
    tid: String(number),
    samples: {
      stack: samples.map(({ stack }) => stack),
      time: times,
      weight: samples.map(({ weight }) => weight),
      weightType: unit === 'ms' ? 'tracing-ms' : 'samples',
      length: samples.length,
    },
    stackTable: {
      frame: stacks.frame,
      prefix: stacks.prefix,
      category: all(stacks.frame.length, 0),
      subcategory: all(stacks.frame.length, 0),
      length: stacks.frame.length,
    },
    ...functionTables(frames, stringOf),
    resourceTable: { lib: [], name: [], host: [], type: [], length: 0 },
    nativeSymbols: { libIndex: [], address: [], name: [], functionSize: [], length: 0 },
    markers: { data: [], name: [], startTime: [], endTime: [], phase: [], category: [], length: 0 },
    stringArray: strings,
  };
}
