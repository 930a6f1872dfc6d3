// The C stacks of threads: the linker reserves one, and it is divided into as many parts as there may be threads, the first one included, as WAMR does.
// The first thread has the part at the top, where its stack is, and the others theirs from the bottom up, so that it has the most room below it.
// Refuses threads where a part would be too small, or where the module does not say where its stack lies.
import { GlobalInstance } from '../../runtime/global.js';
import type { ThreadSpace } from '../../runtime/thread-runner.js';
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
  /**
   * Makes a thread's C functions use its part.
   * @param space of its own instance, in which nothing has run @returns false where the part is too small, or nobody says where the stack is
   */
  place(space: ThreadSpace, part: number): boolean {
    const { module, globals } = space;
    const own = globals.slice(globals.length - module.globals.length);
    const candidates = own.filter(({ type }) => type.mutable && type.type === I32);
    // Without any, there are no C functions that could need a stack.
    if (candidates.length === 0) return true;
    const dataEnd = exportedValue(space, '__data_end');
    const heapBase = exportedValue(space, '__heap_base') ?? -1;
    const named = space.exports.get('__stack_pointer')?.value;
    const pointer =
      named instanceof GlobalInstance ? named : candidates.find((one) => topOf(one) > 0 && topOf(one) <= heapBase);
    if (pointer === undefined || dataEnd === undefined) return false;
    const top = topOf(pointer);
    // The linker puts it above the data, or below it, from address 0 on.
    const bottom = dataEnd < top ? Math.ceil(dataEnd / ALIGNMENT) * ALIGNMENT : 0;
    const bytes = Math.floor((top - bottom) / this.#parts / ALIGNMENT) * ALIGNMENT;
    if (bytes < SMALLEST_BYTES) return false;
    pointer.i32[0] = bottom + (part + 1) * bytes;
    return true;
  }
}

function topOf({ i32 }: GlobalInstance): number {
  return i32[0]! >>> 0;
}
function exportedValue({ exports }: ThreadSpace, name: string): number | undefined {
  const value = exports.get(name)?.value;
  return value instanceof GlobalInstance && value.type.type === I32 ? topOf(value) : undefined;
}
