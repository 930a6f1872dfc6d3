// Which thread runs next, and for how many units of fuel: in turn, or as a seed says. Refuses nothing.
import type { GuestThread } from './guest-thread.js';

export interface Schedule {
  /** Takes one of the ready threads, of which there is at least one, out of the list. */
  take(ready: GuestThread[]): GuestThread;
  /** The units of its turn. */
  quantum(): number;
  /** A turn has ended. @param units what it used */
  note(thread: GuestThread, units: number): void;
  /** Tells apart what ran after what, for how long; undefined where that cannot be repeated. */
  readonly hash: number | undefined;
}

/** A millisecond or so: long against the price of a switch. */
const QUANTUM = 100_000;

export class InTurn implements Schedule {
  readonly hash = undefined;
  take(ready: GuestThread[]): GuestThread {
    return ready.shift()!;
  }
  quantum(): number {
    return QUANTUM;
  }
  note(): void {}
}

/** Short, so that more of what can happen does; between half of it and one and a half. */
const SEEDED_QUANTUM = 10_000;
const FNV_BASIS = 0x811c_9dc5;
const FNV_PRIME = 0x0100_0193;

export class Seeded implements Schedule {
  #state: number;
  #hash = FNV_BASIS;

  /** @param seed a whole number */
  constructor(seed: number) {
    // Seeds that differ in few bits begin far apart, and none begins at zero, where the generator would stay.
    this.#state =
      Math.imul(seed | 0, 0x9e37_79b1) ^ Math.imul(Math.floor(seed / 2 ** 32), 0x85eb_ca6b) ^ 0x5bd1_e995 || 1;
    for (let i = 0; i < 4; i++) this.#next();
  }
  get hash(): number {
    return this.#hash >>> 0;
  }
  take(ready: GuestThread[]): GuestThread {
    const at = ready.length === 1 ? 0 : this.#next() % ready.length;
    return ready.splice(at, 1)[0]!;
  }
  quantum(): number {
    return SEEDED_QUANTUM / 2 + (this.#next() % SEEDED_QUANTUM);
  }
  note({ id }: GuestThread, units: number): void {
    this.#hash = Math.imul(this.#hash ^ id, FNV_PRIME);
    this.#hash = Math.imul(this.#hash ^ units, FNV_PRIME);
  }
  /** Xorshift. */
  #next(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return state >>> 0;
  }
}
