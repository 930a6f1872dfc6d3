// The functions of a world's modules. Not evenly random: most statements stand in the orders that are dangerous, such as a memory that
// grows somewhere else between two accesses, and a call of what was never called between two growths.
import type { Random } from '../random.js';
import { type Level, PAGE, type Statement, TABLE_LENGTH, type Width } from './world.js';

export interface CodeContext {
  readonly random: Random;
  readonly level: Level;
  /** Of the module. */
  readonly memories: number;
  /** Imported ones and own ones. */
  readonly functions: number;
  readonly hooks: number;
  /** Mode jit compiles and links each function when it is called first. */
  readonly large: boolean;
}

const WIDTHS: readonly Width[] = ['i8', 'i32', 'i32', 'i64', 'f64', 'v128'];
/** Every access that is not at the edge lies in the first page: it must not depend on what has grown. */
const MOST_BASE = PAGE - 512;

export class CodeGenerator {
  readonly #c: CodeContext;
  readonly #random: Random;
  /** Calls still allowed: each may make as many again. */
  #calls = 3;

  constructor(context: CodeContext) {
    this.#c = context;
    this.#random = context.random;
  }

  get #modern(): boolean {
    return this.#c.level === 'modern';
  }

  body(): Statement[] {
    const patterns = 1 + this.#random.below(3);
    return Array.from({ length: patterns }, () => this.#pattern()).flat();
  }

  /** Memory 0 is the one that is shared most, and most functions of mode jit know only it. */
  #memory(): number {
    return this.#random.oneIn(3) ? this.#random.below(this.#c.memories) : 0;
  }

  // ---- orders that are dangerous ----

  #pattern(): Statement[] {
    const random = this.#random;
    const memory = this.#memory();
    if (this.#c.large && random.oneIn(2)) return this.#late();
    switch (random.below(12)) {
      case 0:
      case 1:
        return [this.#access('store', memory), ...this.#mover(memory), ...this.#touches(memory)];
      case 2:
      case 3:
        // What is called first after a move is linked then.
        return [this.#grow(memory), this.#call(), ...this.#touches(memory)];
      case 4:
        return [
          { do: 'loop', times: 2, body: [...this.#touches(memory), ...this.#mover(memory)] },
          ...this.#touches(memory),
        ];
      case 5:
        if (this.#c.level === 'plain') return [this.#indirect(), ...this.#touches(memory)];
        return [
          { do: 'try', body: [...this.#mover(memory), this.#call(), { do: 'throw' }], handler: this.#touches(memory) },
          ...this.#touches(memory),
        ];
      case 6:
        return [{ do: 'hold' }, this.#leave(), { do: 'held' }, { do: 'mark' }];
      case 7:
        return [this.#access('store', memory), { do: 'pause' }, ...this.#touches(memory)];
      case 8:
        return [this.#tableWork(), this.#indirect(), ...this.#touches(memory)];
      case 9:
        return this.#touches(memory);
      case 10:
        return [this.#plain(), this.#plain()];
      default:
        return [this.#ending()];
    }
  }

  /** The shortest ways to link after a move, and to touch the memory from what was linked before. */
  #late(): Statement[] {
    const random = this.#random;
    if (random.oneIn(3)) return [this.#access(random.oneIn(2) ? 'load' : 'store', 0)];
    return [this.#grow(0), this.#call(), ...(random.oneIn(2) ? this.#touches(0) : [])];
  }

  /** Something after which the memory may lie elsewhere. */
  #mover(memory: number): Statement[] {
    const random = this.#random;
    switch (random.below(6)) {
      case 0:
        return [this.#grow(memory)];
      case 1:
        return [this.#grow(memory), this.#call()];
      case 2:
        return [this.#hook()];
      case 3:
        return [this.#indirect()];
      default:
        return [this.#call()];
    }
  }
  #touches(memory: number): Statement[] {
    const random = this.#random;
    const list: Statement[] = [this.#access(random.oneIn(2) ? 'load' : 'store', memory)];
    if (random.oneIn(2)) list.push(this.#access('store', memory));
    if (random.oneIn(4)) list.push({ do: 'look', memory, base: random.below(4) * 8 });
    if (random.oneIn(8)) list.push({ do: 'size', memory });
    if (random.oneIn(8)) list.push(this.#bulk(memory));
    return list;
  }
  /** Leaves the function's code in a way that others may use. */
  #leave(): Statement {
    return this.#random.pick([{ do: 'pause' }, { do: 'pause' }, this.#call(), this.#hook()]);
  }
  #ending(): Statement {
    const random = this.#random;
    switch (random.below(8)) {
      case 0:
        return { do: 'trap' };
      case 1:
      case 2:
        return { do: 'throw' };
      case 3:
        return { do: 'edge', memory: this.#memory(), width: random.pick(WIDTHS), by: random.below(20) - 18 };
      case 4:
        return { do: 'tableTail', index: random.below(TABLE_LENGTH) };
      default:
        return { do: 'tail', function: random.below(this.#c.functions) };
    }
  }

  // ---- single statements ----

  #access(what: 'load' | 'store', memory: number): Statement {
    const random = this.#random;
    const low = random.oneIn(2);
    const base = low ? random.below(4) * 8 : random.below(MOST_BASE);
    const offset = random.oneIn(3) ? random.below(256) : 0;
    return { do: what, memory, width: random.pick(WIDTHS), base, offset, varied: random.oneIn(3) };
  }
  #grow(memory: number): Statement {
    // Past the most there may be: refused everywhere.
    const by = this.#random.oneIn(8) ? 100 : this.#random.below(8) === 0 ? 0 : 1;
    return { do: 'grow', memory, by };
  }
  #call(): Statement {
    if (this.#calls === 0) return { do: 'size', memory: 0 };
    this.#calls--;
    return { do: 'call', function: this.#random.below(this.#c.functions) };
  }
  #indirect(): Statement {
    if (this.#calls === 0) return { do: 'getGlobal' };
    this.#calls--;
    if (this.#modern && this.#random.oneIn(4)) return { do: 'reference' };
    return { do: 'table', index: this.#random.below(TABLE_LENGTH) };
  }
  #hook(): Statement {
    return { do: 'hook', hook: this.#random.below(Math.max(1, this.#c.hooks)) };
  }
  #tableWork(): Statement {
    const random = this.#random;
    const index = random.below(TABLE_LENGTH);
    const own = random.below(this.#c.functions);
    switch (random.below(8)) {
      case 0:
        return { do: 'clearTable', index, length: 1 };
      case 1:
        return { do: 'copyTable', to: index, from: random.below(TABLE_LENGTH), length: random.below(3) };
      case 2:
        return this.#modern ? { do: 'setReference', function: own } : { do: 'setTable', index, function: own };
      case 3:
        return { do: 'setTable', index, function: own };
      default:
        return { do: 'getGlobal' };
    }
  }
  #bulk(memory: number): Statement {
    const random = this.#random;
    const to = random.below(MOST_BASE);
    const length = random.below(64);
    switch (random.below(3)) {
      case 0:
        return { do: 'fill', memory, to, length };
      case 1:
        return { do: 'init', memory, to, length };
      default:
        return { do: 'copy', memory, source: this.#memory(), to, from: random.below(MOST_BASE), length };
    }
  }
  #plain(): Statement {
    const objects: readonly Statement[] = [{ do: 'shareObject' }, { do: 'sharedObject' }];
    const values: readonly Statement[] = [{ do: 'getGlobal' }, { do: 'setGlobal' }, { do: 'mark' }];
    return this.#random.pick([...values, ...(this.#modern ? objects : []), this.#hook()]);
  }
}
