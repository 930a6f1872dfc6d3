// The accounts of an allocator that keeps no heap: which blocks and charges are alive, and how many bytes they have.
// Refuses blocks that are not in the accounts; that harms nothing here, so nothing is frozen.
import { type Block, type Charge, LEAKS_LISTED, type LeakReport, type VerifyReport } from './allocator.js';
import { AllocatorError } from './allocator-errors.js';
import { checkSize, shownBlock } from './argument.js';

/** Live blocks of one class, and charges. */
export class Ledger<B extends Block> {
  private readonly blocks = new Set<B>();
  private readonly charges = new Set<LedgerCharge>();
  private readonly owner: string;
  private destroyed = false;
  /** The bytes of blocks and charges now. */
  bytes = 0;
  /** The most that `bytes` ever was. */
  highmark = 0;

  constructor(owner: string) {
    this.owner = owner;
  }

  add(block: B): void {
    this.blocks.add(block);
    this.count(block.size);
  }

  remove(block: B): void {
    this.blocks.delete(block);
    this.bytes -= block.size;
  }

  /** @throws AllocatorError 'not-a-live-block', 'destroyed' */
  own(block: Block): B {
    this.check();
    if (this.blocks.has(block as B)) return block as B;
    const message = `${this.owner} has no such live block (${shownBlock(block)}): freed before, or not its own`;
    throw new AllocatorError('not-a-live-block', message);
  }

  /** Returns null if more than `limit` bytes would be in use. */
  charge(bytes: number, limit: number): Charge | null {
    if (bytes > limit - this.bytes) return null;
    const charge = new LedgerCharge(bytes, (charged, wanted) => this.recharge(charged, wanted, limit));
    this.charges.add(charge);
    this.count(bytes);
    return charge;
  }

  /** If `wanted` is null, the block is released. */
  private recharge(charge: LedgerCharge, wanted: number | null, limit: number): boolean {
    this.check();
    if (!this.charges.has(charge)) throw new AllocatorError('not-a-live-block', 'this charge was released before');
    if (wanted !== null) checkSize(wanted, 'charge');
    const more = (wanted ?? 0) - charge.bytes;
    if (more > limit - this.bytes) return false;
    this.count(more);
    if (wanted === null) this.charges.delete(charge);
    return true;
  }

  private count(bytes: number): void {
    this.bytes += bytes;
    this.highmark = Math.max(this.highmark, this.bytes);
  }

  /** Recomputes the totals. */
  verify(): VerifyReport {
    this.check();
    let bytes = 0;
    for (const { size } of this.blocks) bytes += size;
    for (const charge of this.charges) bytes += charge.bytes;
    const problems = bytes === this.bytes ? [] : [`${bytes} bytes are in use, the books say ${this.bytes}`];
    return { ok: problems.length === 0, problems, usedBlocks: this.blocks.size, corruption: null };
  }

  /** Closes the ledger. `wipe` is called with every block that was still alive. */
  destroy(wipe: (block: B) => void): LeakReport {
    this.check();
    this.destroyed = true;
    const first: { offset: number; size: number }[] = [];
    let bytes = 0;
    for (const block of this.blocks) {
      bytes += block.size;
      if (first.length < LEAKS_LISTED) first.push({ offset: block.offset, size: block.size });
      wipe(block);
    }
    const blocks = this.blocks.size;
    const chargedBytes = this.bytes - bytes;
    return { blocks, bytes, charges: this.charges.size, chargedBytes, first, corruption: null };
  }

  /** @throws AllocatorError 'destroyed' */
  check(): void {
    if (this.destroyed) throw new AllocatorError('destroyed', `${this.owner} was destroyed`);
  }
}

class LedgerCharge implements Charge {
  bytes: number;
  private readonly change: (charge: LedgerCharge, bytes: number | null) => boolean;

  constructor(bytes: number, change: (charge: LedgerCharge, bytes: number | null) => boolean) {
    this.bytes = bytes;
    this.change = change;
  }

  resize(bytes: number): boolean {
    const done = this.change(this, bytes);
    if (done) this.bytes = bytes;
    return done;
  }

  release(): void {
    this.change(this, null);
  }
}
