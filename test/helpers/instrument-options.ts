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
