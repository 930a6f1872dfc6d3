// The one error for a module beyond a limit of wasm/implementation-limits.ts. Refuses the embedder's limits, which are LimitErrors.
import { InvalidError } from '../wasm/errors.js';

/** @throws InvalidError that names the limit if `count` is beyond `most` */
export function checkLimit(what: string, most: number, count: number, at: number, functionIndex = -1): void {
  if (count > most) {
    throw new InvalidError(`implementation limit of ${most} ${what} exceeded: ${count}`, at, functionIndex);
  }
}
