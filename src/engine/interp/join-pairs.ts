// The last step of compiling a function: two neighbouring operations that the step function has as one get its number. This happens in place: the
// words of the second stay where they are, so targets, handlers and traces remain valid, and branches to it still work. Refuses nothing.
import * as OP from './op.gen.js';
import { FIRST_PAIR, PAIRS, WORDS } from './ops.gen.js';

/** The joined operation, or 0, at first times FIRST_PAIR plus second. */
const JOINED: Uint16Array = /* @__PURE__ */ (() => {
  const numbers = new Uint16Array(FIRST_PAIR * FIRST_PAIR);
  for (let i = 0; i < PAIRS.length; i += 2) numbers[PAIRS[i]! * FIRST_PAIR + PAIRS[i + 1]!] = FIRST_PAIR + i / 2;
  return numbers;
})();

/** The number of two operations as one; 0 if there is none. */
export function joined(first: number, second: number): number {
  return first < FIRST_PAIR && second < FIRST_PAIR ? JOINED[first * FIRST_PAIR + second]! : 0;
}

/** @param words register code, which from `start` on consists of whole operations */
export function joinPairs(words: Int32Array, start: number, end: number): void {
  for (let at = start; at < end; ) {
    const first = words[at]!;
    const next = at + WORDS[first]! + (first === OP.br_table ? 2 * (words[at + 2]! + 1) : 0);
    const second = next < end ? words[next]! : FIRST_PAIR;
    const pair = joined(first, second);
    if (pair === 0) {
      at = next;
      continue;
    }
    words[at] = pair;
    at = next + WORDS[second]! + (second === OP.br_table ? 2 * (words[next + 2]! + 1) : 0);
  }
}
