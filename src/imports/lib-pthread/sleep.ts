// A wait of a guest that has no threads: nobody can end it early. Refuses to outlast the meter.
import type { ExecEnv } from '../../runtime/exec-env.js';

/** The longest sleep at once, so that a deadline and an aborted signal are noticed. */
const LONGEST_NAP_MS = 20;

/** @throws LimitError when the deadline has passed, Trap when terminated */
export function sleep({ store: { platform, meter } }: ExecEnv, ms: number): void {
  const end = platform.monotonicNow() + ms;
  for (let left = ms; left > 0; left = end - platform.monotonicNow()) {
    platform.sleep(Math.min(left, LONGEST_NAP_MS, Math.max(0, meter.remainingMs)));
    meter.check();
  }
}
