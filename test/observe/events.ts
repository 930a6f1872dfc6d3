// Guests and recorders for the tests of observers.
import type { ObservedThread, Observer } from '#src/runtime/observer.js';

/** Writes down the functions that are entered and left, with the fuel at that time. */
export function recorder(): { readonly observer: Observer; readonly events: string[] } {
  const events: string[] = [];
  const at = ({ number, fuel }: ObservedThread): string => `${number === 0 ? '' : `thread ${number}: `}${fuel}`;
  return {
    events,
    observer: {
      entered: (index, thread) => void events.push(`>${index} ${at(thread)}`),
      left: (index, thread) => void events.push(`<${index} ${at(thread)}`),
    },
  };
}

/** Checks that what is entered is left in the opposite order, and that fuel never goes back. */
export function isBalanced(events: readonly string[]): boolean {
  const open: string[] = [];
  let last = 0;
  for (const event of events) {
    const [what, fuel] = [event.slice(0, event.indexOf(' ')), Number(event.slice(event.lastIndexOf(' ') + 1))];
    if (fuel < last) return false;
    last = fuel;
    if (what[0] === '>') open.push(what.slice(1));
    else if (open.pop() !== what.slice(1)) return false;
  }
  return open.length === 0;
}
