// The C stacks of threads: the linker reserves one, and it is divided into as many parts as there may be threads, the first one included, as WAMR does.
// The first thread has the part at the top, where its stack is, and the others theirs from the bottom up, so that it has the most room below it.
// Refuses threads where a part would be too small, or where the module does not say where its stack lies.
import { CodeReader } from '../../binary/code-reader.js';
import { Slots } from '../../runtime/slots.js';
import type { ThreadBegin, ThreadSpace } from '../../runtime/thread-runner.js';
import { OPCODES } from '../../wasm/opcodes.js';
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
   * What makes a thread's C functions use its part: the value of the global that is their stack pointer, and nothing where there is none.
   * @returns undefined where the part is too small, or nobody says where the stack is
   */
  place(space: ThreadSpace, part: number): ThreadBegin['globals'] | undefined {
    const { globals } = space.module.spaces;
    const first = globals.length - space.module.globals.length;
    const candidates = [...globals.keys()].filter((k) => k >= first && globals[k]!.mutable && globals[k]!.type === I32);
    // Without any, there are no C functions that could need a stack.
    if (candidates.length === 0) return [];
    const dataEnd = exportedValue(space, '__data_end');
    const heapBase = exportedValue(space, '__heap_base') ?? -1;
    const isPointer = (value: number | undefined): boolean => value !== undefined && value > 0 && value <= heapBase;
    const pointer = exportedGlobal(space, '__stack_pointer') ?? candidates.find((k) => isPointer(firstValue(space, k)));
    const top = pointer === undefined ? undefined : firstValue(space, pointer);
    if (pointer === undefined || top === undefined || dataEnd === undefined) return undefined;
    // The linker puts it above the data, or below it, from address 0 on.
    const bottom = dataEnd < top ? Math.ceil(dataEnd / ALIGNMENT) * ALIGNMENT : 0;
    const bytes = Math.floor((top - bottom) / this.#parts / ALIGNMENT) * ALIGNMENT;
    return bytes < SMALLEST_BYTES ? undefined : [[pointer, bottom + (part + 1) * bytes]];
  }
}

/** What a global of type i32 has before anything runs; undefined where that is more than a constant. */
function firstValue(space: ThreadSpace, index: number): number | undefined {
  const { module, globals } = space;
  const own = module.globals[index - (module.spaces.globals.length - module.globals.length)];
  if (own === undefined) {
    const slots = new Slots(1);
    globals[index]!.toSlot(slots, 0);
    return slots.i32[0]! >>> 0;
  }
  const reader = new CodeReader(module.bytes, own.init.start, own.init.end);
  let value: number | undefined;
  for (let count = 0; reader.next() !== OPCODES.end.code; count++) {
    if (count > 0) return undefined;
    if (reader.name === 'i32.const') value = reader.low >>> 0;
    else if (reader.name === 'global.get') value = firstValue(space, reader.index);
  }
  return value;
}
function exportedGlobal({ module }: ThreadSpace, name: string): number | undefined {
  const found = module.exports.find((one) => one.kind === 'global' && one.name === name);
  return found && module.spaces.globals[found.index]!.type === I32 ? found.index : undefined;
}
function exportedValue(space: ThreadSpace, name: string): number | undefined {
  const index = exportedGlobal(space, name);
  return index === undefined ? undefined : firstValue(space, index);
}
