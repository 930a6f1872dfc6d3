// The control flow of one function, followed while its instructions are read: which labels are open and what leads to them, which code is reachable,
// and where blocks of fuel begin and what they cost. The interpreter, the JavaScript compiler and the instrumenter read it here, so that they count
// the same fuel. Takes validated code only, and says nothing about dead code, which it skips.
import { frameFuel, fuelCost } from '../wasm/fuel.js';
import type { FunctionBody, IndexSpaces, ValidatedModule } from '../wasm/module.js';
import {
  BRANCH,
  bytesBySlot,
  CLOSE,
  CONTROL_OF_SLOT,
  LEAVE,
  NEXT,
  NO_CONTROL,
  OPEN,
  slotOf,
  THROW,
} from '../wasm/opcode-slots.js';
import { OPCODES } from '../wasm/opcodes.js';
import type { FuncType, ValType } from '../wasm/types.js';
import { BLOCK_EMPTY, BLOCK_TYPE, CodeReader } from './code-reader.js';

// Kinds of blocks. A try_table is a BLOCK: nothing but its clauses leads to its end in another way.
export const BLOCK = 0;
export const LOOP = 1;
export const IF = 2;
/** A legacy try. */
export const TRY = 3;
/** The function itself. */
export const FUNCTION = 4;

/** An open block as a label. Each reader of the code adds fields of its own. */
export interface Label {
  readonly kind: number;
  /** The block's parameters and results. */
  readonly type: FuncType;
  /** Something else than the end of the block's last part leads to the label: a branch, a catch clause, the end of an earlier part. */
  targeted: boolean;
  hasElse: boolean;
}

const LOOP_CODE = OPCODES.loop.code;
const IF_CODE = OPCODES.if.code;
const ELSE_CODE = OPCODES.else.code;
const BR = OPCODES.br.code;
const BR_TABLE = OPCODES.br_table.code;
const TRY_TABLE = OPCODES.try_table.code;

const CALLS_BY_SLOT: Uint8Array = /* @__PURE__ */ bytesBySlot(({ calls }) => (calls ? 1 : 0));

const NO_VALUES: FuncType = { kind: 'func', params: [], results: [] };

export class ControlFlow<L extends Label> {
  readonly reader: CodeReader;
  /** The open labels, the function's own first. */
  readonly labels: L[] = [];
  /** The label that the current instruction has closed, an `end` or `delegate`. */
  closed!: L;
  /** The code after the current instruction is reachable. */
  reachable = true;
  /** The current instruction is reachable. It is false for an `else`, `catch` or `end` after dead code. */
  reached = true;
  /** The current instruction is a call. */
  #calls = false;
  /** A block of fuel begins after the current instruction. The one before it has ended, and also where code is no longer reachable. */
  beginsBlock = true;
  /** The cost of the block of fuel that is open, the current instruction included. */
  #cost = 0;
  readonly #module: ValidatedModule;
  readonly #spaces: IndexSpaces;

  constructor(module: ValidatedModule) {
    this.#module = module;
    this.#spaces = module.spaces;
    this.reader = new CodeReader(module.bytes, 0, 0);
  }

  /** Begins a function of the module, whose own label the caller must open(). Returns the type of that label. */
  begin(body: FunctionBody): FuncType {
    const type = this.#spaces.funcType(body.typeIndex);
    this.labels.length = 0;
    this.reachable = this.beginsBlock = true;
    this.#cost = frameFuel(type, body.locals);
    this.#calls = false;
    this.reader.seek(body.code.start, body.code.end);
    return { kind: 'func', params: [], results: type.results };
  }

  /**
   * Reads the next instruction that matters: the next one, or after dead code the one that ends it. Returns its opcode slot.
   * A label that it closes is no longer open then. The caller must open() the label of a block that it opens.
   */
  next(): number {
    const { reader } = this;
    const reached = this.reachable;
    const op = reached ? reader.next() : reader.skipToBlockEnd();
    if (reached) this.#cost += fuelCost(op, reader.index, this.#module.types);
    const slot = slotOf(op);
    const control = CONTROL_OF_SLOT[slot]!;
    this.reached = reached;
    this.beginsBlock = false;
    this.#calls = CALLS_BY_SLOT[slot] === 1;
    if (control !== NO_CONTROL) this.#follow(op, control);
    return slot;
  }
  /**
   * An observer is told of the place after the current instruction: what is between two such places runs whole, unless it traps. Calls end a place,
   * since they may not return.
   */
  get beginsPlace(): boolean {
    return this.reachable && (this.beginsBlock || this.#calls);
  }
  #follow(op: number, control: number): void {
    const { reader } = this;
    switch (control) {
      case BRANCH:
        this.label(reader.index).targeted = true;
        this.beginsBlock = true;
        break;
      case OPEN:
        if (op === TRY_TABLE) for (const depth of reader.catchLabels) this.label(depth).targeted = true;
        this.beginsBlock = op === LOOP_CODE || op === IF_CODE;
        break;
      case NEXT:
        this.#nextPart(op === ELSE_CODE);
        break;
      case CLOSE:
        this.#close();
        break;
      case LEAVE:
        if (op === BR) this.label(reader.index).targeted = true;
        else if (op === BR_TABLE) {
          for (let i = 0; i <= reader.labelCount; i++) this.label(reader.labels[i]!).targeted = true;
        }
        this.reachable = false;
        break;
      case THROW:
        this.reachable = false;
        break;
    }
  }
  #nextPart(isElse: boolean): void {
    const label = this.label(0);
    if (isElse) label.hasElse = true;
    if (this.reached || !isElse) label.targeted = true;
    this.reachable = this.beginsBlock = true;
  }
  #close(): void {
    this.closed = this.labels.pop()!;
    const { kind, targeted, hasElse } = this.closed;
    if (kind === LOOP || kind === FUNCTION) return;
    this.beginsBlock = targeted || (kind === IF && (this.reached || !hasElse));
    this.reachable = this.reached || this.beginsBlock;
  }
  /** Opens the label of the instruction that was read. */
  open(label: L): void {
    this.labels.push(label);
  }
  /** Returns the label `depth` blocks out. */
  label(depth: number): L {
    return this.labels[this.labels.length - 1 - depth]!;
  }
  /** Returns the types of the operands that a branch to a label takes along. */
  branchTypes({ kind, type }: Label): readonly ValType[] {
    return kind === LOOP ? type.params : type.results;
  }
  /** Returns the type of the block that the instruction opens. */
  blockType(): FuncType {
    const { reader } = this;
    if (reader.blockKind === BLOCK_TYPE) return this.#spaces.funcType(reader.index);
    return reader.blockKind === BLOCK_EMPTY ? NO_VALUES : { kind: 'func', params: [], results: [reader.blockValue] };
  }
  /** Returns the cost of the block of fuel that has ended, or is ended here, and begins to count anew. */
  takeCost(): number {
    const cost = this.#cost;
    this.#cost = 0;
    return cost;
  }
}
