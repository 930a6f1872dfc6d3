// The locals of a function that is rewritten: its own, those that the added code needs, and those that may get other indices.
import type { LocalRun } from '../wasm/module.js';
import type { ValType } from '../wasm/types.js';

export class FunctionLocals {
  /** All locals but the parameters, as the code section lists them. */
  runs: LocalRun[] = [];
  #count = 0;
  readonly #scratch = new Map<ValType, number>();
  /** The index of the first of the locals that were moved, or -1, and their new indices. */
  #movedFrom = -1;
  #movedTo: readonly number[] = [];

  begin(params: number, runs: readonly LocalRun[]): void {
    this.runs = [...runs];
    this.#count = params;
    for (const { count } of runs) this.#count += count;
    this.#scratch.clear();
    this.#movedFrom = -1;
  }
  /** Adds a local and returns its index. */
  add(type: ValType): number {
    const last = this.runs[this.runs.length - 1];
    if (last?.type === type) this.runs[this.runs.length - 1] = { count: last.count + 1, type };
    else this.runs.push({ count: 1, type });
    return this.#count++;
  }
  /** Returns a local that each piece of added code may use for itself. */
  scratch(type: ValType): number {
    let local = this.#scratch.get(type);
    if (local === undefined) {
      local = this.add(type);
      this.#scratch.set(type, local);
    }
    return local;
  }
  /** Makes room for one or two parameters more: they take the indices of the first locals, and no other index changes. */
  addParams(params: number, added: number): void {
    const moved: ValType[] = [];
    while (moved.length < added && this.runs.length > 0) {
      const { count, type } = this.runs[0]!;
      moved.push(type);
      if (count > 1) this.runs[0] = { count: count - 1, type };
      else this.runs.shift();
    }
    this.#count += added - moved.length;
    this.#movedFrom = params;
    this.#movedTo = moved.map((type) => this.add(type));
  }
  /** Returns the new index of a local that was moved, or -1. */
  movedTo(index: number): number {
    const moved = index - this.#movedFrom;
    return this.#movedFrom < 0 || moved < 0 ? -1 : (this.#movedTo[moved] ?? -1);
  }
}
