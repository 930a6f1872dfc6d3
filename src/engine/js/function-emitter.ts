// What the rules of instructions write into: one wasm function on its way to JavaScript. It joins what they share: the operand stack, the open labels,
// the text, what the module and the options say. How a function is written from its beginning to its end is in translate-function.ts.
import type { CodeReader } from '../../binary/code-reader.js';
import { ControlFlow, type Label as FlowLabel, FUNCTION, LOOP } from '../../binary/control-flow.js';
import type { FuncType, ValType } from '../../wasm/types.js';
import type { EmitOptions } from './emit-options.js';
import { FunctionText } from './function-text.js';
import type { LoopEntry } from './loop-entry.js';
import type { ModuleInfo } from './module-info.js';
import { type Operand, Operands, type Used } from './operands.js';

export interface Label extends FlowLabel {
  readonly id: number;
  /** The number of operands below the block's parameters. */
  readonly height: number;
  /** The variables of the results, or of a loop's parameters. */
  readonly targets: readonly (readonly number[])[];
  /** The position in the output of the text that may become `L1:`. */
  readonly at: number;
  /** The parameters of an `if`, for its else part. */
  readonly operands: readonly Operand[];
  /** The text of a jump names the label. */
  named: boolean;
  /** The text that closes the block. */
  close: string;
  /** The name of the caught exception in a legacy catch part. */
  exception: string;
  /** The clauses of a try_table. */
  clauses: readonly Clause[] | undefined;
  /** The number of instructions of the function before it. */
  readonly start: number;
}
export interface Clause {
  readonly kind: number;
  readonly tag: number;
  /** The label, counted from outside the try_table. */
  readonly depth: number;
}

/** Writes the instruction that the reader has just read. */
export type Rule = (emitter: FunctionEmitter) => void;

export class FunctionEmitter extends Operands {
  readonly info: ModuleInfo;
  readonly options: EmitOptions;
  readonly flow: ControlFlow<Label>;
  readonly reader: CodeReader;
  /** The functions in the same text, which are called by name. */
  readonly local: ReadonlySet<number>;
  localTypes: ValType[] = [];
  index = 0;
  /** The loop at which the function begins, for a call in progress. */
  entry: LoopEntry | undefined;
  /** The text that is being written. */
  text: FunctionText;
  /** The position in the output of the charge of the open block of fuel, or -1, and the text that it is in. */
  fuelAt = -1;
  fuelText: FunctionText;
  /** The number of instructions read so far. */
  instructions = 0;
  /** The function contains a delegate. */
  delegates = false;
  tailCalls = false;
  selfTailCalls = false;
  /** A tail call of the function itself may jump to its beginning. */
  jumpsToStart = true;
  #labelCount = 0;

  constructor(info: ModuleInfo, options: EmitOptions, used: Used, local: ReadonlySet<number>) {
    super(used);
    this.info = info;
    this.options = options;
    this.local = local;
    this.text = this.fuelText = new FunctionText(options);
    this.flow = new ControlFlow(info.module);
    this.reader = this.flow.reader;
  }

  /** Begins to write the function with this index, anew if it was written before. */
  beginText(index: number, jumpsToStart: boolean): void {
    this.index = index;
    this.resetOperands();
    this.writeTo(new FunctionText(this.options));
    this.floatLocals.beginPass(this.entry ? this.localTypes : this.info.spaces.functions[index]!.params);
    this.#labelCount = 0;
    this.delegates = this.tailCalls = this.selfTailCalls = false;
    this.jumpsToStart = jumpsToStart;
    this.instructions = 0;
    this.fuelAt = -1;
  }
  writeTo(text: FunctionText): void {
    this.text = text;
    this.out = text.out;
  }

  // ---- labels ----

  newLabel(kind: number, type: FuncType, operands: readonly Operand[]): Label {
    const values = kind === LOOP ? type.params : kind === FUNCTION ? [] : type.results;
    return {
      kind,
      type,
      targeted: false,
      hasElse: false,
      id: this.#labelCount++,
      height: this.height - type.params.length,
      targets: values.map((one) => this.tempsFor(one)),
      at: this.out.length,
      operands,
      named: false,
      close: '',
      exception: '',
      clauses: undefined,
      start: this.instructions,
    };
  }
  /** Opens a block by a text. */
  open(kind: number, text: string, close: string): Label {
    this.entry?.beforeOpening(this);
    const label = this.newLabel(kind, this.flow.blockType(), []);
    label.close = close;
    this.emit('');
    this.emit(text);
    this.entry?.afterOpening(this);
    this.flow.open(label);
    return label;
  }
  /** Returns the types of the operands that a jump to the label `depth` blocks out takes. */
  labelTypes(depth: number): readonly ValType[] {
    return this.flow.branchTypes(this.flow.label(depth));
  }

  // ---- memories ----

  /** Returns the DataView of a memory. */
  view(memory: number): string {
    return this.text.views.view(memory);
  }
  /** Returns the variable that holds the memory's length, in checked code. */
  limit(memory: number): string {
    return this.text.views.limit(memory);
  }
  get isPlain(): boolean {
    return this.options.shape === 'plain';
  }
  /** Reads the views again after anything that may have grown a memory. */
  reloadViews(): void {
    this.text.mayMove = true;
    this.text.views.reload(this.out.length);
    this.emit('');
  }
}
