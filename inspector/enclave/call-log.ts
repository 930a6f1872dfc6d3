// Calls of natives and WASI between two reports: the first and the last of them as rows, the others as a number. Refuses nothing.
import { callText } from '#src/debug/call-lines.js';
import { isWasiModuleName } from '#src/imports/wasi/module-names.js';
import type { ObservedHostCall } from '#src/runtime/observer.js';
import { ExitError } from '#src/wasm/errors.js';
import type { CallRow } from '../messages.js';

const MOST_FIRST = 200;
const MOST_LAST = 50;

export class CallLog {
  #first: CallRow[] = [];
  /** A ring, of which `#added` is the number of rows ever put in. */
  #last: CallRow[] = [];
  #added = 0;

  add(call: ObservedHostCall): void {
    const row = rowOf(call);
    if (this.#first.length < MOST_FIRST) this.#first.push(row);
    else this.#last[this.#added++ % MOST_LAST] = row;
  }
  /** Returns what was added since it was last taken. */
  take(): { readonly first: readonly CallRow[]; readonly skipped: number; readonly last: readonly CallRow[] } {
    const begin = this.#added % MOST_LAST;
    const isFull = this.#added > MOST_LAST;
    const last = isFull ? [...this.#last.slice(begin), ...this.#last.slice(0, begin)] : this.#last;
    const taken = { first: this.#first, skipped: isFull ? this.#added - MOST_LAST : 0, last };
    this.#first = [];
    this.#last = [];
    this.#added = 0;
    return taken;
  }
}

function rowOf(call: ObservedHostCall): CallRow {
  const { module, results, thrown, ms, thread } = call;
  const isErrno = isWasiModuleName(module) && typeof results[0] === 'number' && results[0] !== 0;
  const failed = isErrno || (thrown !== undefined && !(thrown.error instanceof ExitError));
  return { text: callText(call), fuel: thread.fuel, ms, failed };
}
