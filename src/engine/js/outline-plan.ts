// Decides what is outlined from a large function: which runs of its instructions become functions of their own, so that what remains is small enough
// for V8's optimizer. Such a region begins and ends in one block at places where none of the block's operands is unwritten. Its function receives the
// locals that it reads, and returns those that are read afterwards. The largest runs are chosen first, those outside of inner loops before others,
// until the rest is small; regions may contain regions. Refuses functions that cannot be cut this way.
import { BLOCK, CATCH, type CodeRecord, ELSE, END, IF, LOOP, SET, TRY, TRY_TABLE } from './code-record.js';
import { has, Liveness, type LocalSet } from './liveness.js';

/**
 * The most characters of a text from which nothing is outlined. V8 never optimises a function of more than 60 KB of bytecode; a character becomes 0.8 to 1.15
 * bytes.
 */
export const MAX_WHOLE = 52_000;
/**
 * The size that should remain of a function from which regions are outlined. It is less for a very large function, since V8 compiles each version again when it sees a
 * new type.
 */
const REST = 44_000;
const REST_OF_LARGE = 24_000;
const LARGE = 120_000;
const MAX_OUTLINED = 24_000;
/** A smaller region is not worth a call. */
const MIN_OUTLINED = 300;
/** The approximate size of a call of an outlined function. */
const CALL = 100;
const MAX_ROUNDS = 6;
/** The most values that an outlined function receives or returns. */
const MAX_LOCALS = 100;

export interface Region {
  /** The first instruction of the region, and the first after it, as counted by the emitter. */
  readonly start: number;
  readonly end: number;
  /** The locals that may be read after its beginning, and after its end. */
  readonly live: LocalSet;
  readonly liveAfter: LocalSet;
  /** The locals that it sets. */
  readonly written: LocalSet;
}
export interface OutlinePlan {
  /** The regions in the order of their beginnings, outer ones first. */
  readonly regions: readonly Region[];
  /** The locals that may be read after a jump to a block, by the block's number. */
  readonly labels: readonly LocalSet[];
}

interface Candidate {
  readonly start: number;
  readonly end: number;
  readonly loops: number;
  readonly size: number;
}

class Cutter {
  readonly #record: CodeRecord;
  /** The characters before each instruction, without what was taken out. */
  #before: Float64Array;
  readonly #match: Int32Array;
  readonly chosen: Candidate[] = [];
  /** The ends of the outermost of them, by their beginnings. */
  readonly #ends = new Map<number, number>();

  constructor(record: CodeRecord, before: Float64Array) {
    this.#record = record;
    this.#before = before;
    this.#match = new Int32Array(record.kinds.length);
    const open: number[] = [];
    record.kinds.forEach((kind, i) => {
      if (kind === BLOCK || kind === LOOP || kind === IF || kind === TRY || kind === TRY_TABLE) open.push(i);
      else if (kind === END) {
        const opener = open.pop();
        if (opener !== undefined) this.#match[opener] = i;
      }
    });
  }
  get rest(): number {
    return this.#before[this.#before.length - 1]!;
  }
  size(start: number, end: number): number {
    return this.#before[end]! - this.#before[start]!;
  }

  /** @returns whether anything more was cut out */
  round(wanted: number): boolean {
    const found: Candidate[] = [];
    this.#search(0, this.#record.kinds.length - 1, 0, found);
    found.sort((a, b) => a.loops - b.loops || b.size - a.size);
    let { rest } = this;
    const taken: Candidate[] = [];
    for (const one of found) {
      if (rest <= wanted) break;
      taken.push(one);
      rest -= one.size - CALL;
    }
    this.chosen.push(...taken);
    for (const { start, end } of taken) this.#ends.set(start, end);
    this.#remove(taken);
    return taken.length > 0;
  }
  #remove(taken: readonly Candidate[]): void {
    const old = this.#before;
    const before = new Float64Array(old.length);
    const ends = new Map(taken.map(({ start, end }) => [start, end]));
    let until = -1;
    for (let i = 0; i + 1 < old.length; i++) {
      const isStart = i >= until && ends.has(i);
      if (isStart) until = ends.get(i)!;
      before[i + 1] = before[i]! + (isStart ? CALL : i < until ? 0 : old[i + 1]! - old[i]!);
    }
    this.#before = before;
  }

  /** Finds runs in the body that begins at one instruction and ends before another, and in its parts that are too large. */
  #search(start: number, end: number, loops: number, found: Candidate[]): void {
    const { kinds, cuts } = this.#record;
    let from = -1;
    let last = -1;
    const close = (): void => {
      if (from >= 0 && last > from && this.size(from, last) >= MIN_OUTLINED) {
        found.push({ start: from, end: last, loops, size: this.size(from, last) });
      }
      from = -1;
    };
    for (let i = start; i <= end; ) {
      if (cuts[i] === 1) {
        // The text before this place consists of complete statements.
        if (from >= 0 && this.size(from, i) > MAX_OUTLINED && last > from) {
          close();
          from = last;
        }
        if (from >= 0 && this.size(from, i) > MAX_OUTLINED) from = -1;
        last = i;
        if (from < 0) from = i;
      }
      if (i === end) break;
      const kind = kinds[i]!;
      if (kind === ELSE || kind === CATCH) {
        close();
        if (kind === CATCH) return;
        i++;
        continue;
      }
      const chosen = this.#ends.get(i);
      if (chosen !== undefined) {
        i = chosen;
        continue;
      }
      if (kind !== BLOCK && kind !== LOOP && kind !== IF && kind !== TRY && kind !== TRY_TABLE) {
        i++;
        continue;
      }
      const match = this.#match[i]!;
      if (this.size(i, match) > MAX_OUTLINED) {
        close();
        this.#search(i + 1, match, kind === LOOP ? loops + 1 : loops, found);
        last = -1;
      }
      i = match + 1;
    }
    close();
  }
}

function writtenIn(record: CodeRecord, start: number, end: number, words: number): LocalSet {
  const written = new Uint32Array(words);
  for (let i = start; i < end; i++) {
    const local = record.args[i]!;
    if (record.kinds[i] === SET) written[local >>> 5]! |= 1 << (local & 31);
  }
  return written;
}
function count(set: LocalSet): number {
  let sum = 0;
  for (let i = 0; i < set.length * 32; i++) if (has(set, i)) sum++;
  return sum;
}

/**
 * @param lines lengths of the lines of the function's text, written whole
 * @param locals the number of locals, parameters included
 * @param checkpoint is called regularly; an error that it throws ends the work
 */
export function planOutlining(
  record: CodeRecord,
  lines: readonly number[],
  locals: number,
  checkpoint: () => void,
): OutlinePlan | undefined {
  if (record.uncuttable) return undefined;
  const total = record.kinds.length;
  const before = new Float64Array(total + 1);
  let at = 0;
  let sum = 0;
  for (let i = 0; i < total; i++) {
    for (; at < record.lines[i]!; at++) sum += lines[at]! + 1;
    before[i] = sum;
  }
  for (; at < lines.length; at++) sum += lines[at]! + 1;
  before[total] = sum;
  const cutter = new Cutter(record, before);
  // Regions in regions are slower, so they are used only if nothing else makes the rest small enough.
  const wanted = sum > LARGE ? REST_OF_LARGE : REST;
  for (let round = 0; round < MAX_ROUNDS && cutter.rest > (round === 0 ? wanted : MAX_WHOLE); round++) {
    checkpoint();
    if (!cutter.round(wanted)) break;
  }
  if (cutter.chosen.length === 0) return undefined;
  const liveness = new Liveness(record, locals);
  if (!liveness.solve(checkpoint)) return undefined;
  return { regions: regionsOf(record, cutter.chosen, liveness, (locals + 31) >>> 5), labels: liveness.labels };
}

function regionsOf(record: CodeRecord, chosen: readonly Candidate[], liveness: Liveness, words: number): Region[] {
  const places = new Set(chosen.flatMap(({ start, end }) => [start, end]));
  const live = new Map<number, LocalSet>();
  const handlers = new Map<number, LocalSet>();
  liveness.visit((ordinal, set, around) => {
    if (!places.has(ordinal)) return;
    live.set(ordinal, set.slice());
    handlers.set(ordinal, around.slice());
  });
  const regions: Region[] = [];
  for (const { start, end } of [...chosen].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const written = writtenIn(record, start, end, words);
    const around = handlers.get(start)!;
    // A handler outside reads the caller's variables, which an outlined function that throws has not set.
    if (
      written.some((word, i) => (word & around[i]!) !== 0) ||
      count(written) > MAX_LOCALS ||
      count(live.get(start)!) > 4 * MAX_LOCALS
    )
      continue;
    regions.push({ start, end, live: live.get(start)!, liveAfter: live.get(end)!, written });
  }
  return regions;
}
