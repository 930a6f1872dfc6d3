// What JavaScript code is asked to do besides running the guest. Code of one function under two sets of options is two texts.
import type { ObservedCode } from '../../runtime/observer.js';

/**
 * For what kind of JavaScript engine the code is written. 'optimizing': it compiles what is hot, so the text tells it types and lets it see constants.
 * 'plain': it only interprets, so each operator, call and property that the text does without is time saved.
 */
export type Shape = 'optimizing' | 'plain';

export interface EmitOptions {
  readonly shape: Shape;
  /** Fuel is charged per block. */
  readonly metered: boolean;
  /** Backward branches and calls are counted, so that a deadline or an abort is noticed. Metered code needs no ticks. */
  readonly ticks: boolean;
  /** NaNs are made canonical. */
  readonly deterministic: boolean;
  /** The depth of calls is counted in the meter, and so are the bytes of their frames; otherwise the JavaScript engine's stack is the limit. */
  readonly depth: boolean;
  /** Addresses are compared with the memory's length: for code that traps again and again. */
  readonly checked: boolean;
  /** What the code tells observers; undefined: nothing. */
  readonly observed?: ObservedCode | undefined;
}
