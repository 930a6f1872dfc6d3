// What an instrumented module must do beside what it did before. Code is made once per module and set of options.

export interface InstrumentOptions {
  /** Count every instruction exactly; false: only notice that time passes. */
  readonly metered: boolean;
  /** Notice that time passes, and how deep calls nest; false: the guest runs as it is, and nothing stops it. Metered code always does. */
  readonly interruptible: boolean;
  /** Make NaNs canonical. */
  readonly deterministic: boolean;
  /** Calls may leave for another instrumented instance without passing through the runtime: by imports, shared tables, references. */
  readonly linked: boolean;
  /** Charge GC objects to the instance's budget. */
  readonly chargesObjects: boolean;
  /** Count the bytes of the functions' frames. */
  readonly countsStack: boolean;
  /** The host's errors say where a trap happened: what was not counted until then is known from the place. */
  readonly locatesTraps: boolean;
}

/** A text that two sets of options share exactly when they make the same code. */
export function optionsKey(options: InstrumentOptions): string {
  const { metered, interruptible, deterministic, linked, chargesObjects, countsStack, locatesTraps } = options;
  return `${metered ? 'm' : ''}${interruptible ? '' : 'u'}${deterministic ? 'd' : ''}${linked ? 'l' : ''}${chargesObjects ? 'o' : ''}${countsStack ? 's' : ''}${locatesTraps ? 't' : ''}`;
}
