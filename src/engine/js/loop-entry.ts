// Code that begins at the head of a loop, for a call that the first tier began: the text of the whole function, whose statements before the loop are passed
// over once. Refuses loops around which operands wait, those in a catch or delegated part, and those inside of what is outlined.
import { CodeReader } from '../../binary/code-reader.js';
import { CLOSE, CONTROL_OF_SLOT, NEXT, OPEN, slotOf } from '../../wasm/opcode-slots.js';
import { OPCODES } from '../../wasm/opcodes.js';
import type { OutlinePlan } from './outline-plan.js';

const ELSE = OPCODES.else.code;
const LOOP = OPCODES.loop.code;

/** The variable that is 0 until the loop is reached. */
const ENTERED = 'go';
const UNLESS_ENTERING = `if(${ENTERED}===1){`;
export const ENTRY_VARIABLE = `${ENTERED}=0`;

/** What writes the function. */
interface Writer {
  readonly reader: { readonly start: number };
  /** The operands on the stack, and the instructions read so far. */
  readonly height: number;
  readonly instructions: number;
  emit(statement: string): void;
}
interface BlockLabel {
  readonly id: number;
}

export class LoopEntry {
  /** Where the loop's instruction starts, in the module. */
  readonly #offset: number;
  /** The blocks around the loop by where their instructions start, and whether it is in their `else` part. */
  readonly #around: ReadonlyMap<number, boolean>;
  readonly #labels = new Set<number>();
  #instruction = -1;
  #refused: boolean;

  private constructor(offset: number, around: ReadonlyMap<number, boolean> | undefined) {
    this.#offset = offset;
    this.#around = around ?? new Map();
    this.#refused = around === undefined;
  }
  /** @param code the function's instructions @param offset where the loop's instruction starts */
  static at(bytes: Uint8Array, code: { readonly start: number; readonly end: number }, offset: number): LoopEntry {
    const reader = new CodeReader(bytes, code.start, code.end);
    const open: [start: number, part: number][] = [];
    for (let op = reader.next(); op >= 0; op = reader.next()) {
      if (reader.start === offset) {
        const isPlain = op === LOOP && open.every(([, part]) => part === 0 || part === ELSE);
        return new LoopEntry(
          offset,
          isPlain ? new Map(open.map(([start, part]) => [start, part === ELSE])) : undefined,
        );
      }
      const control = CONTROL_OF_SLOT[slotOf(op)];
      if (control === OPEN) open.push([reader.start, 0]);
      else if (control === NEXT) open[open.length - 1]![1] = op;
      else if (control === CLOSE) open.pop();
    }
    return new LoopEntry(offset, undefined);
  }

  /** Begins a pass. */
  begin(c: Writer): void {
    this.#instruction = -1;
    this.#labels.clear();
    c.emit(UNLESS_ENTERING);
  }
  /** Called before the text that opens the block of the present instruction, when its operands are written. */
  beforeOpening(c: Writer): void {
    if (!this.#leadsTo(c.reader.start)) return;
    if (c.height > 0) this.#refused = true;
    c.emit('}');
  }
  /** Called after that text. */
  afterOpening(c: Writer): void {
    const { start } = c.reader;
    if (start === this.#offset) {
      this.#instruction = c.instructions - 1;
      c.emit(`${ENTERED}=1;`);
    } else if (this.#around.get(start) === false) c.emit(UNLESS_ENTERING);
  }
  /** The condition of an `if`, which takes the part that the loop is in. */
  condition(c: Writer, label: BlockLabel, condition: string): string {
    const isElse = this.#around.get(c.reader.start);
    if (isElse === undefined) return condition;
    if (!isElse) return `${ENTERED}===0||(${condition})`;
    this.#labels.add(label.id);
    return `${ENTERED}===1&&(${condition})`;
  }
  /** Called after the text that begins an `else` part. */
  afterElse(c: Writer, label: BlockLabel): void {
    if (this.#labels.has(label.id)) c.emit(UNLESS_ENTERING);
  }
  /** Whether the text can be used. @param plan what was outlined */
  isPossible(plan: OutlinePlan | undefined): boolean {
    const at = this.#instruction;
    if (this.#refused || at < 0) return false;
    return plan === undefined || !plan.regions.some(({ start, end }) => start <= at && at < end);
  }
  #leadsTo(start: number): boolean {
    return start === this.#offset || this.#around.has(start);
  }
}
