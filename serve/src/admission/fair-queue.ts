// Who runs next: start-time fair queueing over tenants, by the time that their calls hold an enclave, divided by their weights. Bounds for each
// tenant and for all; a call that would wait too long is refused at once. Refuses nothing to a call that was admitted.
import { Problem } from '../problems/problem.js';
import type { Leaving } from './leaving.js';

/** What the queue knows of a tenant. */
export interface Share {
  readonly name: string;
  readonly weight: number;
  /** Calls that may wait. */
  readonly queue: number;
  /** Calls that may run at once. */
  readonly concurrency: number;
}
export interface FairQueueOptions {
  /** Calls that run at once. */
  readonly slots: number;
  /** Calls that wait, of all tenants. */
  readonly limit: number;
  /** Milliseconds that a call waits at most, by what is known when it comes. */
  readonly maxWaitMs: number;
}
/** A call's place. `leave` gives it to the next. */
export interface Place {
  /** @param spentMs for which it held the place */
  leave(spentMs: number): void;
}
interface Waiting {
  admit(place: Place): void;
}
interface Line {
  share: Share;
  readonly waiting: Waiting[];
  running: number;
  /** Milliseconds served over weight: the line with the least goes next. */
  served: number;
  /** What its calls take, smoothed. */
  typicalMs: number;
}

const SMOOTHING = 0.2;
/** Of a tenant's first call, where nothing is known. */
const FIRST_GUESS_MS = 1;
/** A pause of the machine must not cost a tenant many turns. */
const OUTLIER = 4;

export class FairQueue {
  readonly #options: FairQueueOptions;
  readonly #lines = new Map<string, Line>();
  #waiting = 0;
  #running = 0;
  #isClosed = false;

  constructor(options: FairQueueOptions) {
    this.#options = options;
  }
  get waiting(): number {
    return this.#waiting;
  }
  get running(): number {
    return this.#running;
  }
  /** Calls that would begin at once. */
  get places(): number {
    return this.#waiting > 0 || this.#isClosed ? 0 : this.#options.slots - this.#running;
  }
  /** How many calls of a tenant wait and run. */
  statusOf(name: string): { readonly waiting: number; readonly running: number } {
    const line = this.#lines.get(name);
    return { waiting: line?.waiting.length ?? 0, running: line?.running ?? 0 };
  }

  /**
   * Waits for a place.
   * @throws Problem 'queue-full', 'overloaded', 'draining'; 'gone-away' where the signal is aborted
   */
  async enter(share: Share, signal: Leaving): Promise<Place> {
    if (this.#isClosed) throw new Problem('draining', 'the server takes no more calls', { retryAfter: 1 });
    if (signal.aborted) throw gone();
    const line = this.#lineOf(share);
    // Where a place is free, whoever waits has all the places of its own.
    if (line.waiting.length === 0 && this.#hasRoom(line)) return this.#start(line);
    this.#checkRoom(line);
    return this.#wait(line, signal);
  }
  /** Takes no more calls; those that wait are served. */
  close(): void {
    this.#isClosed = true;
  }

  #lineOf(share: Share): Line {
    let line = this.#lines.get(share.name);
    if (line === undefined) {
      line = { share, waiting: [], running: 0, served: 0, typicalMs: this.#usualMs };
      this.#lines.set(share.name, line);
    }
    line.share = share;
    // A tenant that was idle does not get back the time that it missed.
    if (line.waiting.length === 0 && line.running === 0) line.served = Math.max(line.served, this.#least());
    return line;
  }
  get #usualMs(): number {
    const known = [...this.#lines.values()].map(({ typicalMs }) => typicalMs);
    return known.length === 0 ? FIRST_GUESS_MS : known.reduce((sum, one) => sum + one, 0) / known.length;
  }
  #isBusy({ waiting, running }: Line): boolean {
    return waiting.length > 0 || running > 0;
  }
  #least(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const line of this.#lines.values()) if (this.#isBusy(line)) least = Math.min(least, line.served);
    return least === Number.POSITIVE_INFINITY ? 0 : least;
  }

  #checkRoom(line: Line): void {
    const { limit, maxWaitMs } = this.#options;
    const { share, waiting } = line;
    const waitMs = this.#expectedWaitMs(line);
    const retryAfter = Math.max(1, Math.ceil(waitMs / 1_000));
    if (waiting.length >= share.queue) {
      throw new Problem('queue-full', `${waiting.length} calls of tenant '${share.name}' wait already`, { retryAfter });
    }
    if (this.#waiting >= limit) throw new Problem('overloaded', `${this.#waiting} calls wait already`, { retryAfter });
    if (waitMs > maxWaitMs) {
      throw new Problem('overloaded', `the call would wait about ${Math.ceil(waitMs)} ms`, { retryAfter });
    }
  }
  /** By what its calls take, and by its part of the places among the tenants that are busy now. */
  #expectedWaitMs(line: Line): number {
    let weights = 0;
    for (const one of this.#lines.values()) if (one === line || this.#isBusy(one)) weights += one.share.weight;
    const places = Math.min(line.share.concurrency, (this.#options.slots * line.share.weight) / weights);
    return ((line.waiting.length + 1) * line.typicalMs) / places;
  }

  #wait(line: Line, signal: Leaving): Promise<Place> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        signal.removeEventListener('abort', onAbort);
        line.waiting.splice(line.waiting.indexOf(waiting), 1);
        this.#waiting--;
        reject(gone());
      };
      const waiting: Waiting = {
        admit: (place) => {
          signal.removeEventListener('abort', onAbort);
          resolve(place);
        },
      };
      signal.addEventListener('abort', onAbort);
      line.waiting.push(waiting);
      this.#waiting++;
    });
  }

  #hasRoom({ running, share }: Line): boolean {
    return this.#running < this.#options.slots && running < share.concurrency;
  }
  #start(line: Line): Place {
    line.running++;
    this.#running++;
    const { weight } = line.share;
    // Counted ahead, so that a tenant whose calls are long does not take every place before the first has ended.
    const expectedMs = line.typicalMs;
    line.served += expectedMs / weight;
    return {
      leave: (spentMs) => {
        const countedMs = Math.min(spentMs, OUTLIER * expectedMs);
        line.served += (countedMs - expectedMs) / weight;
        line.typicalMs += SMOOTHING * (countedMs - line.typicalMs);
        line.running--;
        this.#running--;
        this.#dispatch();
      },
    };
  }
  #dispatch(): void {
    for (;;) {
      let next: Line | undefined;
      for (const line of this.#lines.values()) {
        if (line.waiting.length > 0 && this.#hasRoom(line) && !(next && next.served <= line.served)) next = line;
      }
      const waiting = next?.waiting.shift();
      if (next === undefined || waiting === undefined) return;
      this.#waiting--;
      waiting.admit(this.#start(next));
    }
  }
}

function gone(): Problem {
  return new Problem('gone-away', 'the client left before its call began');
}
