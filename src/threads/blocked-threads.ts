// The threads that wait, and when each goes on by itself. Refuses nothing: the scheduler decides what becomes of them then.
import type { Block } from '../runtime/block.js';
import type { GuestThread } from './guest-thread.js';
import type { GuestTime } from './guest-time.js';

export class BlockedThreads {
  readonly #time: GuestTime;
  readonly #threads = new Set<GuestThread>();
  /** When the first of them goes on by itself. */
  #nextWake = Number.POSITIVE_INFINITY;

  constructor(time: GuestTime) {
    this.#time = time;
  }
  get all(): readonly GuestThread[] {
    return [...this.#threads];
  }
  /** Those that try again now and then, as nothing tells when their file is ready. */
  get ofFiles(): readonly GuestThread[] {
    return this.all.filter(({ block }) => block!.retryMs !== undefined);
  }
  /** None of them goes on without a notification. */
  get waitForEver(): boolean {
    return this.#nextWake === Number.POSITIVE_INFINITY && this.ofFiles.length === 0;
  }
  /** @param onEnd called when it waits no more */
  add(thread: GuestThread, block: Block, onEnd: () => void): void {
    // Counted time does not pass while a file is waited for.
    const ms = this.#time.skipTo ? block.ms : Math.min(block.ms, block.retryMs ?? Number.POSITIVE_INFINITY);
    thread.block = block;
    thread.wakeAt = this.#time.now() + ms;
    this.#nextWake = Math.min(this.#nextWake, thread.wakeAt);
    this.#threads.add(thread);
    block.onEnd = () => {
      thread.block = undefined;
      this.#threads.delete(thread);
      onEnd();
    };
  }
  delete(thread: GuestThread): void {
    this.#threads.delete(thread);
  }
  wakeDue(): void {
    if (this.#nextWake === Number.POSITIVE_INFINITY) return;
    const now = this.#time.now();
    if (now >= this.#nextWake) this.#expire((thread) => thread.wakeAt <= now);
  }
  /** Those that wait for files look at them. */
  lookAtFiles(): void {
    this.#expire(({ block }) => block!.retryMs !== undefined);
  }
  #expire(isOver: (thread: GuestThread) => boolean): void {
    for (const { block } of this.all.filter(isOver)) block!.expire();
    this.#nextWake = this.all.reduce((first, { wakeAt }) => Math.min(first, wakeAt), Number.POSITIVE_INFINITY);
  }
  /** Where time is counted and everybody sleeps, it is at once when the first one wakes. Files are looked at on this occasion. */
  skipTime(): boolean {
    const time = this.#time;
    if (!time.skipTo || this.#nextWake === Number.POSITIVE_INFINITY) return false;
    const to = this.#nextWake;
    time.skipTo(to);
    this.#expire(({ wakeAt, block }) => wakeAt <= to || block!.retryMs !== undefined);
    return true;
  }
  /** Milliseconds of the platform's time until one can go on without a notification. */
  get msToGo(): number {
    if (!this.#time.skipTo) return this.#nextWake - this.#time.now();
    return this.all.reduce((least, { block }) => Math.min(least, block!.retryMs ?? least), Number.POSITIVE_INFINITY);
  }
}
