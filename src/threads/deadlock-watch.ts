// Whether all threads in workers wait for what no thread can give: for notifications at addresses, or for what natives of a library wake them from. Refuses
// to call it so as long as one may only be about to wait.
import { holdsExpected } from '../runtime/atomics.js';
import type { Instance } from '../runtime/instance.js';
import type { Trap } from '../wasm/errors.js';
import type { ControlBlock } from './control-block.js';
import { deadlockOf } from './join.js';
import type { WaitPlace } from './mailbox.js';
import type { RemoteThread } from './remote-thread.js';

/** How long threads must seem to be in the same waits, before those whose words have changed are woken to find out whether they slept. */
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
  /** The waits that all threads seem to be in, though the words of some have changed; and since when. */
  #suspected: { readonly waits: string; readonly since: number } | undefined;

  constructor(main: Instance, control: ControlBlock) {
    this.#main = main;
    this.#control = control;
  }

  /**
   * Where all threads wait for ever; undefined: they do not. If they do the cluster may stand still, as some may have been woken.
   * @param threads that run @param mayBeNotified whether somebody else may notify in a memory, by its index
   */
  find(threads: readonly RemoteThread[], mayBeNotified: (memory: number) => boolean): readonly ThreadAt[] | undefined {
    if (threads.length === 0 || threads.some((one) => one.calls !== undefined && !one.waitsForWake)) return undefined;
    const inMemory = threads.filter(({ calls }) => calls === undefined);
    const places = this.#placesOf(inMemory);
    if (places?.some(({ memory }) => mayBeNotified(memory)) !== false) return undefined;
    const changed = places.filter((place) => !this.#willSleep(place));
    const waits = countsOf(places);
    // Whoever only was about to wait may have gone on meanwhile.
    if (countsOf(this.#placesOf(inMemory)) !== waits) return undefined;
    if (changed.length > 0 && !this.#sleep(inMemory, changed, waits)) return undefined;
    return threads.map((thread) => {
      const what = thread.block?.what;
      const address = places[inMemory.indexOf(thread)]?.address;
      return { thread, address, place: what ? ` for ${what()}` : address === undefined ? '' : ` at ${address}` };
    });
  }
  /** @returns undefined: one of them runs */
  #placesOf(threads: readonly RemoteThread[]): readonly WaitPlace[] | undefined {
    if (!this.#control.allWait(threads)) return undefined;
    const places = threads.map(({ box }) => box.waitsAt).filter((place) => place !== undefined);
    return places.length === threads.length ? places : undefined;
  }
  /** One that is only about to wait, and finds what it expects, will: as nobody runs it will find that. */
  #willSleep({ memory, address, wide, expected }: WaitPlace): boolean {
    return holdsExpected(this.#main.memories[memory]!, address, wide, expected);
  }
  /**
   * Whether those sleep whose words have changed: of such a one only a notification tells. It is given after a while, as one that slept has been woken for
   * nothing where others did not; and while the cluster stands still, so that nobody goes on in between.
   */
  #sleep(threads: readonly RemoteThread[], changed: readonly WaitPlace[], waits: string | undefined): boolean {
    const now = this.#main.store.platform.monotonicNow();
    if (this.#suspected?.waits !== waits) this.#suspected = { waits: waits!, since: now };
    if (now - this.#suspected!.since < SUSPICION_MS) return false;
    this.#suspected = undefined;
    this.#control.freeze();
    const places = this.#placesOf(threads);
    if (places && countsOf(places) === waits && this.#wakeAllAt(places, changed)) return true;
    this.#control.thaw();
    return false;
  }
  /** Wakes all that wait where one of `changed` does. @returns whether each of them slept */
  #wakeAllAt(places: readonly WaitPlace[], changed: readonly WaitPlace[]): boolean {
    const { memories } = this.#main;
    // One memory may be imported as several.
    const isIn = (some: readonly WaitPlace[], { memory, address }: WaitPlace): boolean =>
      some.some((one) => memories[one.memory] === memories[memory] && one.address === address);
    let woken = 0;
    for (const [k, place] of changed.entries()) {
      if (isIn(changed.slice(0, k), place)) continue;
      woken += Atomics.notify(memories[place.memory]!.views.i32, place.address / 4);
    }
    this.#control.countNotified(woken);
    return woken === places.filter((place) => isIn(changed, place)).length;
  }
}

/** Which waits they are. A thread's next one has another number. */
function countsOf(places: readonly WaitPlace[] | undefined): string | undefined {
  return places?.map(({ count }) => count).join();
}
