// Whether all threads in workers wait for what no thread can give: for notifications at addresses, or for what natives of a library wake them from. Refuses
// to call it so as long as one may only be about to wait.
import { holdsExpected } from '../runtime/atomics.js';
import type { Instance } from '../runtime/instance.js';
import type { Trap } from '../wasm/errors.js';
import type { ControlBlock } from './control-block.js';
import { deadlockOf } from './join.js';
import type { WaitPlace } from './mailbox.js';
import type { RemoteThread } from './remote-thread.js';

/** How long threads must seem to wait, before one is woken to find out whether it slept. */
const SUSPICION_MS = 200;

/** A thread that waits, and where: in words, empty or after a space. */
export interface ThreadAt {
  readonly thread: RemoteThread;
  readonly address: number | undefined;
  readonly place: string;
}

/** @param threads when they have ended: each brings its frames */
export function trapOf(threads: readonly ThreadAt[]): Trap {
  return deadlockOf(
    threads.map(({ thread: { id, frames }, address, place }) => ({ wait: { thread: id, address, frames }, place })),
  );
}

export class DeadlockWatch {
  readonly #main: Instance;
  readonly #control: ControlBlock;
  /** Since when all threads seem to wait, but the memory of some has changed. */
  #suspectedAt: number | undefined;

  constructor(main: Instance, control: ControlBlock) {
    this.#main = main;
    this.#control = control;
  }

  /**
   * Where all threads wait for ever; undefined: they do not.
   * @param threads that run @param mayBeNotified whether somebody else may notify in a memory, by its index
   */
  find(threads: readonly RemoteThread[], mayBeNotified: (memory: number) => boolean): readonly ThreadAt[] | undefined {
    if (threads.length === 0 || threads.some((one) => one.calls !== undefined && !one.waitsForWake)) return undefined;
    const inMemory = threads.filter(({ calls }) => calls === undefined);
    const places = inMemory.map(({ box }) => box.waitsAt);
    const sleeps = this.#control.allWait(inMemory) && this.#allSleep(places);
    if (!sleeps) return undefined;
    // Whoever only was about to wait may have gone on meanwhile.
    const stillWaits = ({ box }: RemoteThread, k: number): boolean => box.waitsAt?.count === places[k]?.count;
    if (sleeps !== 'were woken' && !inMemory.every(stillWaits)) return undefined;
    if (places.some((place) => mayBeNotified(place!.memory))) return undefined;
    return threads.map((thread) => {
      const what = thread.block?.what;
      const address = places[inMemory.indexOf(thread)]?.address;
      return { thread, address, place: what ? ` for ${what()}` : address === undefined ? '' : ` at ${address}` };
    });
  }
  /**
   * Whether none is only about to wait. One that finds what it expects will, and as nobody runs it will find that; of one whose word has changed only a
   * notification tells. It is given after a while, as it may find none that sleeps.
   */
  #allSleep(places: readonly (WaitPlace | undefined)[]): boolean | 'were woken' {
    const { memories, store } = this.#main;
    const changed = places.filter(
      (place) =>
        place === undefined || !holdsExpected(memories[place.memory]!, place.address, place.wide, place.expected),
    );
    if (changed.length === 0) return true;
    const now = store.platform.monotonicNow();
    if (this.#suspectedAt === undefined || now - this.#suspectedAt < SUSPICION_MS) {
      this.#suspectedAt ??= now;
      return false;
    }
    this.#suspectedAt = undefined;
    let woken = 0;
    for (const place of changed) {
      if (place) woken += Atomics.notify(memories[place.memory]!.views.i32, place.address / 4, 1);
    }
    this.#control.countNotified(woken);
    return woken === changed.length && 'were woken';
  }
}
