// The C stacks of threads: the linker reserves one, and it is divided into as many parts as there may be threads, the first one included, as WAMR does.
// The first thread has the part at the top, where its stack is, and the others theirs from the bottom up, so that it has the most room below it.
// Refuses threads where a part would be too small, or where the module does not say where its stack lies.
import { GlobalInstance } from '../../runtime/global.js';
import type { ThreadSpace } from '../../runtime/thread-runner.js';
import { LimitError } from '../../wasm/errors.js';
import { I32 } from '../../wasm/types.js';

const ALIGNMENT = 16;
/** WAMR's least. */
const SMALLEST_BYTES = 256;

export class AuxStacks {
  readonly #parts: number;
  readonly #taken = new Set<number>();

  /** @param parts how many threads there may be, the first one included */
  constructor(parts: number) {
    this.#parts = parts;
  }
  /** The lowest part that is free; undefined where all are taken. */
  take(): number | undefined {
    for (let part = 0; part < this.#parts - 1; part++) {
      if (this.#taken.has(part)) continue;
      this.#taken.add(part);
      return part;
    }
    return undefined;
  }
  give(part: number): void {
    this.#taken.delete(part);
  }
  /** Makes a thread's C functions use its part. @param space of its own instance, in which nothing has run @throws LimitError stackBytes */
  place(space: ThreadSpace, part: number): void {
    const { module, globals } = space;
    const own = globals.slice(globals.length - module.globals.length);
    const candidates = own.filter(({ type }) => type.mutable && type.type === I32);
    // Without any, there are no C functions that could need a stack.
    if (candidates.length === 0) return;
    const end = exportedValue(space, '__data_end');
    const heap = exportedValue(space, '__heap_base');
    const named = space.exports.get('__stack_pointer')?.value;
    const pointer =
      named instanceof GlobalInstance ? named : candidates.find((one) => topOf(one) > 0 && topOf(one) <= (heap ?? -1));
    if (pointer === undefined || end === undefined) {
      throw new LimitError('stackBytes', 0, 'the module does not export __data_end and __heap_base');
    }
    const top = topOf(pointer);
    // The linker puts it above the data, or below it, from address 0 on.
    const bottom = end < top ? Math.ceil(end / ALIGNMENT) * ALIGNMENT : 0;
    const bytes = Math.floor((top - bottom) / this.#parts / ALIGNMENT) * ALIGNMENT;
    if (bytes < SMALLEST_BYTES) {
      throw new LimitError('stackBytes', top - bottom, `the C stack is too small for ${this.#parts} threads`);
    }
    pointer.i32[0] = bottom + (part + 1) * bytes;
  }
}

function topOf({ i32 }: GlobalInstance): number {
  return i32[0]! >>> 0;
}
function exportedValue({ exports }: ThreadSpace, name: string): number | undefined {
  const value = exports.get(name)?.value;
  return value instanceof GlobalInstance && value.type.type === I32 ? topOf(value) : undefined;
}
