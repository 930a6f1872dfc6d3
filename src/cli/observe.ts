// What the user wants to see of a guest in this process, as one observer, and the files that are made of it when the guest has ended. Refuses nothing
// itself; files that cannot be written are a CliError.
import { callLine, type Observer } from '../entry/debug.js';
import type { Io } from './io.js';
import type { RunRequest } from './request.js';

/** Returns undefined where nothing is to be seen: then the guest runs as fast as it can. */
export function observerFor({ observe, program }: RunRequest, io: Io): Observer | undefined {
  if (!observe.calls) return undefined;
  return { hostCall: (call) => io.err(`${program}: ${callLine(call)}\n`) };
}
