// What an instrumented module must do in addition to what the original does. Code is made once per module and set of options.

export interface InstrumentOptions {
  /** Every instruction is counted exactly. If false, the code only notices that time passes. */
  readonly metered: boolean;
  /** The code notices that time passes; metered code always does. If false, the guest runs unchanged and nothing can stop it. */
  readonly interruptible: boolean;
  /** The code notices how deep calls nest. If false, calls nest as deep as the JavaScript engine lets them. */
  readonly countsCalls: boolean;
  /** NaNs are made canonical. */
  readonly deterministic: boolean;
  /** Calls may reach another instrumented instance without passing through the runtime: by imports, shared tables or references. */
  readonly linked: boolean;
  /** GC objects are charged to the instance's budget. */
  readonly chargesObjects: boolean;
  /** The module waits and notifies: no wait is left to native WebAssembly, where nothing could end it. */
  readonly waits: boolean;
  /** The bytes of the functions' frames are counted. */
  readonly countsStack: boolean;
  /** The JavaScript engine's errors report the position of a trap, from which the pending fuel is known. */
  readonly locatesTraps: boolean;
  /** Functions say when they are entered and left. */
  readonly tellsFunctions: boolean;
  /** Code says which places it reaches. */
  readonly tellsPlaces: boolean;
}

/** Returns a text that two sets of options share exactly when they produce the same code. */
export function optionsKey(options: InstrumentOptions): string {
  const { metered, interruptible, countsCalls, deterministic, linked, chargesObjects, countsStack, locatesTraps } =
    options;
  const { waits, tellsFunctions, tellsPlaces } = options;
  const tells = `${tellsFunctions ? 'f' : ''}${tellsPlaces ? 'p' : ''}`;
  return `${metered ? 'm' : ''}${interruptible ? '' : 'u'}${countsCalls ? 'c' : ''}${deterministic ? 'd' : ''}${linked ? 'l' : ''}${chargesObjects ? 'o' : ''}${waits ? 'w' : ''}${countsStack ? 's' : ''}${locatesTraps ? 't' : ''}${tells}`;
}
