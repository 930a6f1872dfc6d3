// Which locals a function may still read, at chosen places: a backward pass over its record, repeated until the sets of its loops no longer change.
// Refuses functions that would take too long: too many labels and locals, or loops that do not converge.
import {
  BLOCK,
  BRANCH,
  BRANCH_IF,
  BRANCH_TABLE,
  CATCH,
  type CodeRecord,
  ELSE,
  END,
  GET,
  IF,
  LEAVE,
  LOOP,
  SET,
  TRY,
  TRY_TABLE,
} from './code-record.js';

/** The most words of the sets of all labels. */
const MAX_WORDS = 4_000_000;
const MAX_PASSES = 16;

export type LocalSet = Uint32Array;
export const has = (set: LocalSet, local: number): boolean => ((set[local >>> 5]! >>> (local & 31)) & 1) !== 0;
export function addAll(to: LocalSet, from: LocalSet): void {
  for (let i = 0; i < to.length; i++) to[i]! |= from[i]!;
}

/** What is live at a requested place. */
export interface Place {
  live: LocalSet;
  /** The locals that exception handlers around the place read. */
  handlers: LocalSet;
}

interface Open {
  readonly id: number;
  readonly isLoop: boolean;
  /** The locals that are live after the block. */
  readonly after: LocalSet;
  elsePart: LocalSet | undefined;
  readonly outerHandlers: LocalSet;
  catches: LocalSet | undefined;
}

export class Liveness {
  readonly #record: CodeRecord;
  readonly #words: number;
  /** The number of the block of each end and beginning, in the order of beginnings; 0 is the function. */
  readonly #ids: Int32Array;
  readonly #isLoop: boolean[] = [false];
  /** The clauses directly after a try's body. */
  readonly #firstCatches = new Set<number>();
  /** The position of the clauses' labels, by the end of their try_table. */
  readonly #clauses = new Map<number, number>();
  /** What is live at the target of a jump to each label. */
  readonly labels: LocalSet[] = [];

  constructor(record: CodeRecord, locals: number) {
    this.#record = record;
    this.#words = (locals + 31) >>> 5;
    this.#ids = new Int32Array(record.kinds.length);
    this.#number();
  }
  #number(): void {
    const { kinds, args } = this.#record;
    const open: number[] = [-1];
    const caught = new Set<number>();
    kinds.forEach((kind, i) => {
      if (kind === BLOCK || kind === LOOP || kind === IF || kind === TRY || kind === TRY_TABLE) {
        this.#ids[i] = this.#isLoop.push(kind === LOOP) - 1;
        open.push(i);
      } else if (kind === END) {
        const opener = open.pop()!;
        this.#ids[i] = opener < 0 ? 0 : this.#ids[opener]!;
        if (kinds[opener] === TRY_TABLE) this.#clauses.set(i, args[opener]!);
      } else if (kind === CATCH) {
        const opener = open[open.length - 1]!;
        if (!caught.has(opener)) this.#firstCatches.add(i);
        caught.add(opener);
      }
    });
  }

  /** Repeats the pass until no loop changes. @returns false if it would take too long */
  solve(checkpoint: () => void): boolean {
    if (this.#isLoop.length * this.#words > MAX_WORDS) return false;
    for (let i = 0; i < this.#isLoop.length; i++) this.labels.push(new Uint32Array(this.#words));
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      checkpoint();
      if (!this.visit(() => {})) return true;
    }
    return false;
  }

  /**
   * Performs one pass. @param at is given what is live before each instruction; it must copy what it keeps
   * @returns whether a loop changed
   */
  visit(at: (ordinal: number, live: LocalSet, handlers: LocalSet) => void): boolean {
    const { kinds, args, lists } = this.#record;
    let live = new Uint32Array(this.#words);
    let handlers = new Uint32Array(this.#words);
    let changed = false;
    const open: Open[] = [];
    const target = (depth: number): LocalSet => this.labels[open[open.length - 1 - depth]!.id]!;
    for (let i = kinds.length - 1; i >= 0; i--) {
      const arg = args[i]!;
      switch (kinds[i]) {
        case GET:
          live[arg >>> 5]! |= 1 << (arg & 31);
          break;
        case SET:
          if (!has(handlers, arg)) live[arg >>> 5]! &= ~(1 << (arg & 31));
          break;
        case END: {
          const id = this.#ids[i]!;
          const after = live.slice();
          if (!this.#isLoop[id]) this.labels[id] = after;
          open.push({
            id,
            isLoop: this.#isLoop[id]!,
            after,
            elsePart: undefined,
            outerHandlers: handlers,
            catches: undefined,
          });
          const clauses = this.#clauses.get(i);
          if (clauses === undefined) break;
          // The labels of its clauses count from outside the try_table.
          handlers = handlers.slice();
          for (const depth of lists[clauses]!) addAll(handlers, target(depth + 1));
          addAll(live, handlers);
          break;
        }
        case ELSE: {
          const block = open[open.length - 1]!;
          block.elsePart = live;
          live = block.after.slice();
          break;
        }
        case CATCH: {
          const block = open[open.length - 1]!;
          addAll((block.catches ??= new Uint32Array(this.#words)), live);
          live = block.after.slice();
          if (!this.#firstCatches.has(i)) break;
          handlers = handlers.slice();
          addAll(handlers, block.catches);
          addAll(live, handlers);
          break;
        }
        case IF: {
          const block = open.pop()!;
          addAll(live, block.elsePart ?? block.after);
          break;
        }
        case LOOP: {
          const known = this.labels[open.pop()!.id]!;
          if (live.some((word, k) => (word & ~known[k]!) !== 0)) {
            changed = true;
            addAll(known, live);
          }
          break;
        }
        case BLOCK:
          open.pop();
          break;
        case TRY:
        case TRY_TABLE:
          handlers = open.pop()!.outerHandlers as Uint32Array<ArrayBuffer>;
          break;
        case BRANCH:
          live = target(arg).slice();
          addAll(live, handlers);
          break;
        case BRANCH_IF:
          addAll(live, target(arg));
          break;
        case BRANCH_TABLE:
          live = handlers.slice();
          for (const depth of lists[arg]!) addAll(live, target(depth));
          break;
        case LEAVE:
          live = handlers.slice();
          break;
      }
      at(i, live, handlers);
    }
    return changed;
  }
}
