// Searches for one text in another, in time linear in both and without memory: the two-way search of Crochemore and Perrin (1991). Refuses to
// continue after the guest's deadline.
import type { ExecEnv } from '../../runtime/exec-env.js';
import { indexOfByte } from '../../runtime/guest-memory.js';
import { pace } from './guest.js';

/** Index of the first `part` in `text`, -1: none. Throws a LimitError (timeoutMs, signal), or a Trap when terminated. */
export function indexOf(env: ExecEnv, text: Uint8Array, part: Uint8Array): number {
  const last = text.length - part.length;
  if (last < 0) return -1;
  if (part.length < 2) return part.length === 0 ? 0 : indexOfByte(env.store.meter, text, part[0]!);
  const step = pace(env);
  const { cut, period, repeats } = factorize(part, step);
  /** Bytes of `part` that are known to match at `at`, because they matched one period earlier. */
  let known = 0;
  for (let at = 0; at <= last; step()) {
    if (known === 0) {
      // The byte after the cut must match: the JavaScript engine's own search finds it faster than a loop.
      const found = indexOfByte(env.store.meter, text, part[cut]!, at + cut);
      if (found < 0 || found - cut > last) return -1;
      at = found - cut;
    }
    let i = Math.max(cut, known);
    for (; i < part.length && part[i] === text[at + i]; i++) step();
    if (i < part.length) {
      at += i - cut + 1;
      known = 0;
      continue;
    }
    i = cut - 1;
    for (; i >= known && part[i] === text[at + i]; i--) step();
    if (i < known) return at;
    at += period;
    known = repeats ? part.length - period : 0;
  }
  return -1;
}

interface Factorization {
  /** The critical position: no shift below the period makes both sides of it match. */
  readonly cut: number;
  /** The shift after the right side matched and the left side did not. */
  readonly period: number;
  /** Whether `period` is a period of the whole part: then the bytes that matched before still match after the shift. */
  readonly repeats: boolean;
}

function factorize(part: Uint8Array, step: () => void): Factorization {
  const smaller = largestSuffix(part, 1, step);
  const larger = largestSuffix(part, -1, step);
  const { start: cut, period } = smaller.start > larger.start ? smaller : larger;
  let i = 0;
  for (; i < cut && part[i] === part[i + period]; i++) step();
  if (i === cut) return { cut, period, repeats: true };
  return { cut, period: Math.max(cut, part.length - cut) + 1, repeats: false };
}

/** The suffix that comes last in the order of bytes, or (order -1) in the opposite order, and the period of that suffix. */
function largestSuffix(part: Uint8Array, order: 1 | -1, step: () => void): { start: number; period: number } {
  let start = 0;
  let rival = 1;
  let same = 0;
  let period = 1;
  while (rival + same < part.length) {
    step();
    const difference = (part[rival + same]! - part[start + same]!) * order;
    if (difference === 0) {
      same++;
      if (same < period) continue;
      rival += period;
    } else if (difference < 0) {
      rival += same + 1;
      period = rival - start;
    } else {
      start = rival;
      rival = start + 1;
      period = 1;
    }
    same = 0;
  }
  return { start, period };
}
