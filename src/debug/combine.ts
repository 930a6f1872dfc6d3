// Several observers as one. An event reaches those that ask for it, in their order; what none asks for, the result does not ask for either.
import type { Observer } from '../runtime/observer.js';

/** Returns an observer whose events all of these see. */
export function combineObservers(...observers: readonly Observer[]): Observer {
  const names = new Set(observers.flatMap((one) => Object.keys(one) as (keyof Observer)[]));
  const combined: Record<string, unknown> = {};
  for (const name of names) {
    const all = observers.flatMap((one) => (one[name] === undefined ? [] : [one[name]]));
    if (all.length === 0) continue;
    combined[name] = (...event: never[]) => {
      for (const one of all) (one as (...event: never[]) => void)(...event);
    };
  }
  return combined;
}
