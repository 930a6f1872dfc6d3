// The last step of compiling a function: two neighbouring operations that the step function has as one get its number. This happens in place: the
// words of the second stay where they are, so targets, handlers and traces remain valid, and branches to it still work. Refuses nothing.
import * as OP from './op.gen.js';
import { FIRST_PAIR, PAIRS, WORDS } from './ops.gen.js';

/** The first of the joined operations, or 0, at first times FIRST_PAIR plus second. */
const JOINED: Uint16Array = /* @__PURE__ */ (() => {
  const numbers = new Uint16Array(FIRST_PAIR * FIRST_PAIR);
  for (let i = PAIRS.length - 3; i >= 0; i -= 3) numbers[PAIRS[i]! * FIRST_PAIR + PAIRS[i + 1]!] = FIRST_PAIR + i / 3;
  return numbers;
})();

/**
 * The number of the operations at two places as one; 0 if there is none.
 * @param temporaries the first register that is read once only
 */
export function joined(words: ArrayLike<number>, at: number, next: number, temporaries: number): number {
  const first = words[at]!;
  const second = words[next]!;
  if (first >= FIRST_PAIR || second >= FIRST_PAIR) return 0;
  let number = JOINED[first * FIRST_PAIR + second]!;
  if (number === 0) return 0;
  for (let i = (number - FIRST_PAIR) * 3; PAIRS[i] === first && PAIRS[i + 1] === second; i += 3, number++) {
    const flow = PAIRS[i + 2]!;
    if (flow === 0) return number;
    if (words[next + Math.abs(flow)] === words[at + 1] && (flow > 0 || words[at + 1]! >= temporaries)) return number;
  }
  return 0;
}

/** What a pair saves, roughly: a dispatch, the reading of a register where the value stays in a local, and the writing. */
function gainOf(pair: number): number {
  const flow = PAIRS[(pair - FIRST_PAIR) * 3 + 2]!;
  return flow < 0 ? 4 : flow > 0 ? 3 : 2;
}

/** Joins such neighbours that most is saved. @param words register code, which from `start` on consists of whole operations */
export function joinPairs(words: Int32Array, start: number, end: number, temporaries: number): void {
  const starts: number[] = [];
  for (let at = start; at < end; ) {
    const op = words[at]!;
    starts.push(at);
    at += WORDS[op]! + (op === OP.br_table ? 2 * (words[at + 2]! + 1) : 0);
  }
  // The pair that each operation begins in the best choice from it on, or 0, and what those choices from the next two operations on save.
  const pairs = new Uint16Array(starts.length);
  let fromNext = 0;
  let fromSecond = 0;
  for (let i = starts.length - 2; i >= 0; i--) {
    const pair = joined(words, starts[i]!, starts[i + 1]!, temporaries);
    const gain = pair === 0 ? 0 : gainOf(pair) + fromSecond;
    fromSecond = fromNext;
    if (gain <= fromNext) continue;
    pairs[i] = pair;
    fromNext = gain;
  }
  for (let i = 0; i < pairs.length; i++) {
    if (pairs[i] === 0) continue;
    words[starts[i]!] = pairs[i]!;
    i++;
  }
}
