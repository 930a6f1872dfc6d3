// How a guest is instrumented that can be stopped, and for which nothing else is wanted: tests say what they want besides. Refuses nothing.
import type { InstrumentOptions } from '#src/instrument/instrument-options.js';

export const INTERRUPTIBLE: InstrumentOptions = {
  interruptible: true,
  countsCalls: false,
  metered: false,
  deterministic: false,
  linked: false,
  chargesObjects: false,
  countsStack: false,
  locatesTraps: true,
  tellsFunctions: false,
  tellsPlaces: false,
  waits: false,
};

/** Sets that differ in every option which changes code. */
export const VARIANTS: readonly InstrumentOptions[] = [
  INTERRUPTIBLE,
  { ...INTERRUPTIBLE, countsCalls: true },
  { ...INTERRUPTIBLE, metered: true },
  { ...INTERRUPTIBLE, metered: true, countsCalls: true },
  { ...INTERRUPTIBLE, metered: true, locatesTraps: false },
  { ...INTERRUPTIBLE, metered: true, linked: true, countsCalls: true },
  { ...INTERRUPTIBLE, metered: true, deterministic: true },
  { ...INTERRUPTIBLE, deterministic: true, linked: true, countsCalls: true },
  { ...INTERRUPTIBLE, countsStack: true, countsCalls: true },
  { ...INTERRUPTIBLE, metered: true, countsStack: true, countsCalls: true },
  { ...INTERRUPTIBLE, interruptible: false },
];
