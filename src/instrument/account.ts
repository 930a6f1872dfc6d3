// The fuel accounting of a metered function. The count is kept in a local, and the fuel of several blocks is subtracted from it together, as late as
// possible. For every code position the accounting knows statically how much is pending there; the exact count is the local less the pending amount.
// Paths that merge must have the same amount pending. A trap discards the local, so the count is also written to its global wherever an instruction
// may trap; the pending amount is then looked up by the position of the trap (SourceMap.pendingAt).
import type { Code } from './code-writer.js';
import { type MeterPlaces, writeBranchIfNegative } from './metering.js';
import { BLOCK_COST_SHIFT, BLOCK_LEAVES, BLOCK_SEEN, BLOCK_TRAPS } from './plan.js';

/** The amount that must be pending on every branch to a group of labels. It is undefined until the first branch decides it. */
export interface PendingAmount {
  pending: number | undefined;
}
/** A label: the place where the control flow of several branches merges. */
export interface MergePoint {
  readonly amount: PendingAmount;
  /** Every path that reaches this place has stored the count in its global. */
  stored: boolean;
}

export class Account {
  /** Pairs of an emitted offset and the amount pending from there on; they are recorded only when a trace is requested. */
  trace: number[] | undefined;
  readonly #code: Code;
  readonly #places: MeterPlaces;
  #pending = 0;
  /** The global holds the same value as the local. */
  #stored = false;

  constructor(code: Code, places: MeterPlaces) {
    this.#code = code;
    this.#places = places;
  }
  /** Saves the state of the accounting, for continueAt(). */
  save(): MergePoint {
    return { amount: { pending: this.#pending }, stored: this.#stored };
  }
  /** Continues with the state of a label, after the label's block has ended. */
  continueAt({ amount, stored }: MergePoint): void {
    this.#pending = amount.pending ?? 0;
    this.#stored = stored;
  }
  get pending(): number {
    return this.#pending;
  }
  /** Begins a loop: every path back to it has the same amount pending, and may have changed the local. */
  beginLoop(pending = this.#pending): void {
    this.#pending = pending;
    this.#stored = false;
  }
  /** Records that the local has received the exact count. */
  renew(stored: boolean): void {
    this.#pending = 0;
    this.#stored = stored;
  }

  /** Adds a block whose fuel the preceding check has already covered. */
  allowedBlock(block: number): void {
    this.#pending += block >> BLOCK_COST_SHIFT;
    if ((block & BLOCK_LEAVES) !== 0) this.store();
    else if ((block & BLOCK_TRAPS) !== 0) this.keep();
  }
  /** Adds a block that no check covers. The code leaves the function for good if the block does not fit and its effects would be visible. */
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
      this.keep();
      return;
    }
    if ((block & BLOCK_SEEN) !== 0) {
      code.getLocal(this.#places.count);
      code.i32(this.#pending);
      code.op('i32.lt_s');
      code.brIf(exhausted);
    }
    if ((block & BLOCK_TRAPS) !== 0) this.keep();
  }
  /** Adjusts the pending amount before a branch to a merge point. */
  branchTo(mergePoint: MergePoint): void {
    mergePoint.amount.pending ??= this.#pending;
    this.setPending(mergePoint.amount.pending);
    mergePoint.stored &&= this.#stored;
  }
  /** Subtracts from the local whatever makes the pending amount equal to the one that is asked for. */
  setPending(pending: number): void {
    if (this.#pending === pending) return;
    const code = this.#code;
    code.getLocal(this.#places.count);
    code.i32(this.#pending - pending);
    code.op('i32.sub');
    code.setLocal(this.#places.count);
    this.#pending = pending;
    this.#stored = false;
  }
  /** Pushes the exact count onto the operand stack; the local keeps its value. */
  pushExact(): void {
    const code = this.#code;
    code.getLocal(this.#places.count);
    if (this.#pending === 0) return;
    code.i32(this.#pending);
    code.op('i32.sub');
  }
  /** Stores the exact count in both its local and its global. */
  store(): void {
    const code = this.#code;
    if (this.#pending === 0) {
      this.keep();
      return;
    }
    this.pushExact();
    code.teeLocal(this.#places.count);
    code.setGlobal(this.#places.left);
    this.renew(true);
  }
  /** Stores the local in its global, unless that has the same value. */
  keep(): void {
    if (this.#stored) return;
    this.#code.getLocal(this.#places.count);
    this.#code.setGlobal(this.#places.left);
    this.#stored = true;
  }
  /** Records the amount pending in what is written next. */
  note(): void {
    this.trace?.push(this.#code.length, this.#pending);
  }
  /** A branch to a merge point would have to pay. */
  owes({ amount }: MergePoint): boolean {
    return amount.pending !== undefined && amount.pending !== this.#pending;
  }
}
