// What the threads of one cluster and the thread that serves them have in common: whether they run, stand still or end, what fuel is left, who waits.
// It lies outside the guest's memory, in a buffer that no guest reaches. Refuses nothing.

const DOORBELL = 0;
/** How the server waits: 0, or one of the two below. */
const SERVER_WAITS = 1;
const ASLEEP = 1;
const EVENT_LOOP = 2;
const STOP = 2;
const FROZEN = 3;
export const FUEL_LOCK = 4;
/** How many meters have fuel that they took and may give back. */
export const HOLDERS = 5;
/** Changes whenever fuel was given back. */
export const FUEL_CHANGED = 6;
/** How many waits were notified, and how many of these have gone on. */
const NOTIFIED = 7;
const WOKEN = 8;
/** The threads that are alive. */
export const ALIVE = 9;
const FUEL_AT = 64;
const CONTROL_BYTES = 128;

/** Why all threads end. */
export const FAILED = 1;
export const STOPPED_BY_SERVER = -1;
/** All of them wait for ever: each says where. */
export const DEADLOCKED = -2;

/** As many polls as take about 20 us: longer than waking a thread, which is what they may save. */
const SPIN_POLLS = 5_000;

export class ControlBlock {
  readonly memory: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly fuel: BigInt64Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(CONTROL_BYTES)) {
    this.memory = memory;
    this.words = new Int32Array(memory);
    this.fuel = new BigInt64Array(memory, FUEL_AT, 1);
  }

  // ---- the doorbell ----

  /** A thread has something to say. @returns whether the server wants a message for it */
  ring(): boolean {
    const { words } = this;
    Atomics.add(words, DOORBELL, 1);
    const waits = Atomics.load(words, SERVER_WAITS);
    if (waits === ASLEEP) Atomics.notify(words, DOORBELL);
    return waits === EVENT_LOOP;
  }
  get rung(): number {
    return Atomics.load(this.words, DOORBELL);
  }
  /** Looks for a while, without sleep, whether the doorbell is rung again. @param seen what `rung` was */
  rings(seen: number): boolean {
    const { words } = this;
    for (let k = 0; k < SPIN_POLLS; k++) if (Atomics.load(words, DOORBELL) !== seen) return true;
    return false;
  }
  /** Waits until the doorbell is rung again. @param ms the longest sleep */
  await(seen: number, ms: number): void {
    if (!this.rings(seen)) this.sleep(seen, ms);
  }
  sleep(seen: number, ms: number): void {
    const { words } = this;
    Atomics.store(words, SERVER_WAITS, ASLEEP);
    Atomics.wait(words, DOORBELL, seen, ms);
    Atomics.store(words, SERVER_WAITS, 0);
  }
  /** The server goes back to its event loop, and is woken by messages. @returns false: the doorbell was rung meanwhile */
  leaveToEventLoop(seen: number): boolean {
    Atomics.store(this.words, SERVER_WAITS, EVENT_LOOP);
    return this.rung === seen;
  }
  backFromEventLoop(): void {
    Atomics.store(this.words, SERVER_WAITS, 0);
  }

  // ---- ending and standing still ----

  /** Which comes first decides. @returns whether this one did */
  stop(reason: number): boolean {
    return Atomics.compareExchange(this.words, STOP, 0, reason) === 0;
  }
  get stopped(): boolean {
    return Atomics.load(this.words, STOP) !== 0;
  }
  get deadlocked(): boolean {
    return Atomics.load(this.words, STOP) === DEADLOCKED;
  }
  /** No thread runs any more: others may. */
  clear(): void {
    const { words } = this;
    for (const word of [STOP, NOTIFIED, WOKEN, FUEL_LOCK, HOLDERS]) Atomics.store(words, word, 0);
  }
  get frozen(): boolean {
    return Atomics.load(this.words, FROZEN) !== 0;
  }
  freeze(): void {
    Atomics.store(this.words, FROZEN, 1);
  }
  thaw(): void {
    Atomics.store(this.words, FROZEN, 0);
    this.wakeParked();
  }
  /** Waits, as long as the cluster stands still. @param isOver looked at whenever parked threads are woken */
  park(isOver: () => boolean): void {
    while (this.frozen && !isOver()) Atomics.wait(this.words, FROZEN, 1);
  }
  wakeParked(): void {
    Atomics.notify(this.words, FROZEN);
  }
  /** Wakes those that wait for fuel. */
  fuelChanged(): void {
    Atomics.add(this.words, FUEL_CHANGED, 1);
    Atomics.notify(this.words, FUEL_CHANGED);
  }
  /** Waits until fuel was given back. @param seen what the word was @param ms the longest sleep */
  awaitFuel(seen: number, ms?: number): void {
    Atomics.wait(this.words, FUEL_CHANGED, seen, ms);
  }
  set alive(threads: number) {
    Atomics.store(this.words, ALIVE, threads);
  }

  // ---- waits of the guest ----

  countNotified(waits: number): void {
    if (waits > 0) Atomics.add(this.words, NOTIFIED, waits);
  }
  countWoken(): void {
    Atomics.add(this.words, WOKEN, 1);
  }
  /**
   * Whether all of them wait, and none was notified that has not gone on yet. Both counts only grow, and a notifier runs until it has counted: where the
   * first, read before, is the second, read after, nobody has gone on in between.
   */
  allWait(threads: Iterable<{ readonly waitsForEver: boolean }>): boolean {
    const woken = Atomics.load(this.words, WOKEN);
    for (const { waitsForEver } of threads) if (!waitsForEver) return false;
    return Atomics.load(this.words, NOTIFIED) === woken;
  }
}
