// What a metered function owes: its count is a local, and blocks of fuel are taken from it late, several at once. At every place it is
// known how much is pending there; the count less that is exact. Where paths meet they must owe the same. A trap loses the local: so the
// count is in its global too where something may trap, and what was pending is known from the place (SourceMap.pendingAt).
import type { Code } from './code-writer.js';
import { type MeterPlaces, writeBranchIfNegative } from './metering.js';
import { BLOCK_COST_SHIFT, BLOCK_LEAVES, BLOCK_SEEN, BLOCK_TRAPS } from './plan.js';

/** What whoever branches to some labels must owe there; undefined: the first who comes decides. */
export interface Debt {
  pending: number | undefined;
}
/** A label, where branches meet. */
export interface Meeting {
  readonly debt: Debt;
  /** All who came had the count in its global. */
  stored: boolean;
}

export class Account {
  /** Original offsets and what is pending from there on, when asked for: pairs. */
  trace: number[] | undefined;
  readonly #code: Code;
  readonly #places: MeterPlaces;
  #pending = 0;
  /** The local is in its global as it is. */
  #stored = false;

  constructor(code: Code, places: MeterPlaces) {
    this.#code = code;
    this.#places = places;
  }
  /** How things stand, for goOn(). */
  save(): Meeting {
    return { debt: { pending: this.#pending }, stored: this.#stored };
  }
  /** After a label. */
  goOn({ debt, stored }: Meeting): void {
    this.#pending = debt.pending ?? 0;
    this.#stored = stored;
  }
  /** The local has got the exact count. */
  renew(stored: boolean): void {
    this.#pending = 0;
    this.#stored = stored;
  }

  /** A block that the check before it allowed. */
  allowedBlock(block: number): void {
    this.#pending += block >> BLOCK_COST_SHIFT;
    if ((block & BLOCK_LEAVES) !== 0) this.store();
    else if ((block & BLOCK_TRAPS) !== 0) this.#keep();
  }
  /** Any other block: leaves, for good, where it does not fit and somebody would see that it ran. */
  innerBlock(block: number, exhausted: number): void {
    const code = this.#code;
    const cost = block >> BLOCK_COST_SHIFT;
    if (cost === 0) return;
    this.#pending += cost;
    if ((block & BLOCK_LEAVES) !== 0) {
      this.pushExact();
      code.teeLocal(this.#places.count);
      writeBranchIfNegative(code, exhausted);
      this.renew(false);
      this.#keep();
      return;
    }
    if ((block & BLOCK_SEEN) !== 0) {
      code.getLocal(this.#places.count);
      code.i32(this.#pending);
      code.op('i32.lt_s');
      code.brIf(exhausted);
    }
    if ((block & BLOCK_TRAPS) !== 0) this.#keep();
  }
  /** Before a branch to a place where several ways meet. */
  goTo(meeting: Meeting): void {
    meeting.debt.pending ??= this.#pending;
    this.owe(meeting.debt.pending);
    meeting.stored &&= this.#stored;
  }
  /** Takes the difference. */
  owe(pending: number): void {
    if (this.#pending === pending) return;
    const code = this.#code;
    code.getLocal(this.#places.count);
    code.i32(this.#pending - pending);
    code.op('i32.sub');
    code.setLocal(this.#places.count);
    this.#pending = pending;
    this.#stored = false;
  }
  /** Puts the exact count on the stack; the local stays as it is. */
  pushExact(): void {
    const code = this.#code;
    code.getLocal(this.#places.count);
    if (this.#pending === 0) return;
    code.i32(this.#pending);
    code.op('i32.sub');
  }
  /** The exact count to both its local and its global. */
  store(): void {
    const code = this.#code;
    if (this.#pending === 0) {
      this.#keep();
      return;
    }
    this.pushExact();
    code.teeLocal(this.#places.count);
    code.setGlobal(this.#places.left);
    this.renew(true);
  }
  #keep(): void {
    if (this.#stored) return;
    this.#code.getLocal(this.#places.count);
    this.#code.setGlobal(this.#places.left);
    this.#stored = true;
  }
  /** What is pending from an original offset on. */
  note(offset: number): void {
    this.trace?.push(offset, this.#pending);
  }
}
