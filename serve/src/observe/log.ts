// The log of the command: JSON, a line each, written some at a time, as a write for each call costs more than the rest of a short one. Refuses to keep a
// line for long; what is left is written when the process ends.
import { type Logger, pino } from 'pino';

/** Bytes after which lines are written, and milliseconds. */
const KEPT_BYTES = 4_096;
const KEPT_MS = 100;

export function createLog(level: string): Logger {
  const destination = pino.destination({ sync: false, minLength: KEPT_BYTES });
  setInterval(() => destination.flush(), KEPT_MS).unref();
  return pino({ level }, destination);
}
