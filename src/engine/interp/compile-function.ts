// Compiles one wasm function to register code: control flow, locals, frames. The rules of all other instructions are in compile-rules.ts. It takes
// validated code only and checks nothing.
import { CATCH, CATCH_ALL, CATCH_ALL_REF, CATCH_REF, type CodeReader } from '../../binary/code-reader.js';
import { BLOCK, ControlFlow, type Label as FlowLabel, FUNCTION, IF, LOOP, TRY } from '../../binary/control-flow.js';
import type { ObservedCode } from '../../runtime/observer.js';
import type { IndexSpaces, ValidatedModule } from '../../wasm/module.js';
import { CLOSE, CONTROL_OF_SLOT, OPEN } from '../../wasm/opcode-slots.js';
import { ANYREF, type FuncType, type ValType } from '../../wasm/types.js';
import { HEADER_WORDS } from './code-arena.js';
import { joinCondition } from './conditions.js';
import { Emitter, registersOf } from './emitter.js';
import { joinPairs } from './join-pairs.js';
import * as OP from './op.gen.js';
import { WORDS } from './ops.gen.js';

/** A clause of a handler: the target of control, and where the payload is stored. */
export interface CatchClause {
  readonly kind: number;
  readonly tag: number;
  /** The register of the first payload value; -1 for the copy that a rethrowing region keeps. */
  slot: number;
  /** The register that receives the exception itself, or -1. */
  exceptionSlot: number;
  /** The target is relative to the function's code until the code is placed. */
  target: number;
}
/** A region of code with exception handlers. Inner regions come before outer ones. */
export interface Handler {
  start: number;
  end: number;
  /** The nesting depth of its block. */
  readonly depth: number;
  clauses: CatchClause[];
  /** Legacy delegate: only handlers of this nesting depth or less may catch; -1: none in this function. */
  delegateDepth: number | undefined;
}

export interface FunctionCode {
  /** The header words, then the code; targets are relative to word 0. This is a view of a buffer that is reused. */
  readonly words: Int32Array;
  /** The word at which execution starts. */
  readonly entry: number;
  readonly targets: readonly number[];
  readonly handlers: readonly Handler[];
  /** Tiered: the heads of its loops, by word, and where their instructions start. */
  readonly loops: ReadonlyMap<number, number>;
}

export interface CompileOptions {
  readonly metered: boolean;
  readonly deterministic: boolean;
  /** What the code tells observers; undefined: nothing. */
  readonly observed: ObservedCode | undefined;
  /** Functions can be promoted to another engine: no jump goes to the first operation of any. */
  readonly tiered: boolean;
}

/** The number of registers for constants used in loops. A function too small to gain from them gets none, which keeps its frame small. */
const CONSTANT_REGISTERS = 8;
const SMALL_FUNCTION_BYTES = 48;

/**
 * Unmetered code counts backward branches and calls, and also this many instructions without any: otherwise a deadline would not be noticed for
 * seconds if a loop is large.
 */
const STRAIGHT = 256;
/** What they count; in tiered code, where slices are short and heat is counted, as much as one branch. */
const UNITS_OF_STRAIGHT = 32;
/** Clearing this many registers of parameters and locals in a call takes as long as a checkpoint. */
const MANY_LOCALS = 256;
/** The number of instructions compiled between two checkpoints: usually well below a millisecond. */
const INSTRUCTIONS_PER_CHECKPOINT = 1024;

interface Label extends FlowLabel {
  /** The number of operands below the block's parameters. */
  readonly height: number;
  /** The register of its first parameter or result. */
  readonly slot: number;
  /** Loop: where it starts. Block: the head of the chain of words that wait for its end, or -1. */
  target: number;
  /** If: the word that holds the start of its else part, or -1. */
  elseWord: number;
  handler: Handler | undefined;
  /** The clauses that target this label. */
  waiting: CatchClause[] | undefined;
  /** Legacy catch part: the register of the caught exception. */
  exceptionSlot: number;
}

const noCheckpoint = (): void => {};

/** Stands for any reference type: the engine keeps all references in the same kind of register. */
export const REFERENCE: ValType = ANYREF;

/** Compiles the instruction that the reader has just read. */
export type Rule = (compiler: FunctionCompiler) => void;

export class FunctionCompiler extends Emitter {
  readonly module: ValidatedModule;
  readonly spaces: IndexSpaces;
  readonly options: CompileOptions;
  readonly flow: ControlFlow<Label>;
  readonly reader: CodeReader;
  localSlots: number[] = [];
  localTypes: ValType[] = [];
  /** The entry points of the module's functions, by index; those of imports are unused. */
  readonly entries: Int32Array;
  /** Pairs of the position in register code and the wasm offset of each instruction; recorded only on request. */
  trace: number[] | undefined;
  #handlers: Handler[] = [];
  #loops = new Map<number, number>();
  #straight = 0;
  /** The word that will hold the cost of the open block of fuel, or -1. */
  #fuelWord = -1;
  #results: readonly ValType[] = [];

  readonly #rules: readonly Rule[];

  constructor(module: ValidatedModule, entries: Int32Array, options: CompileOptions, rules: readonly Rule[]) {
    super();
    this.#rules = rules;
    this.module = module;
    this.spaces = module.spaces;
    this.entries = entries;
    this.options = options;
    this.flow = new ControlFlow(module);
    this.reader = this.flow.reader;
  }

  /**
   * @param index in the whole function index space, not of an import
   * @param checkpoint is called regularly; what it throws ends the compilation, and this compiler with it
   */
  compile(index: number, checkpoint: () => void = noCheckpoint, trace = false): FunctionCode {
    const body = this.module.functions[index - this.spaces.importedFunctions]!;
    const type = this.spaces.funcType(body.typeIndex);
    this.trace = trace ? [] : undefined;
    const paramSlots = this.#layOutLocals(type, body.locals, body.code.end - body.code.start);
    const localEnd = this.#localEnd;
    this.#results = type.results;
    this.#handlers = [];
    this.#loops = new Map();
    this.#header(0, this.options.metered ? 0 : 1);
    this.#openLabel(FUNCTION, this.flow.begin(body));
    this.#straight = 0;
    if (localEnd >= MANY_LOCALS) this.emit(OP.checkpoint);
    this.#index = index;
    if (this.options.observed?.functions) this.emit(OP.observe_enter, index);
    this.#openFuelBlock();
    this.#observePlace(body.code.start);
    for (let count = 1; this.flow.labels.length > 0; count++) {
      this.#instruction();
      if (count % INSTRUCTIONS_PER_CHECKPOINT === 0) checkpoint();
    }
    return this.#finish(paramSlots, localEnd);
  }

  #index = 0;
  #localEnd = 0;
  #layOutLocals(
    type: FuncType,
    runs: readonly { readonly count: number; readonly type: ValType }[],
    codeBytes: number,
  ): number {
    this.localSlots = [];
    this.localTypes = [];
    let slot = 0;
    let references = false;
    const add = (one: ValType): void => {
      this.localSlots.push(slot);
      this.localTypes.push(one);
      slot += registersOf(one);
      if (one >= 0) references = true;
    };
    type.params.forEach(add);
    const paramSlots = slot;
    for (const run of runs) for (let i = 0; i < run.count; i++) add(run.type);
    this.#localEnd = slot;
    this.reset(slot, codeBytes < SMALL_FUNCTION_BYTES ? 0 : CONSTANT_REGISTERS);
    this.usesReferences = references;
    // Results are left in the first registers, which must be inside the frame.
    let resultSlots = 0;
    for (const one of type.results) {
      resultSlots += registersOf(one);
      if (one >= 0) this.usesReferences = true;
    }
    this.frameSize = Math.max(this.frameSize, resultSlots);
    return paramSlots;
  }

  /** Leaves room for the header, which ends in what a call is charged. */
  #header(at: number, cost: number): void {
    this.out[at + HEADER_WORDS - 2] = OP.fuel;
    this.out[at + HEADER_WORDS - 1] = cost;
    this.pos = at + HEADER_WORDS;
  }
  #finish(paramSlots: number, localEnd: number): FunctionCode {
    const end = this.pos;
    let entry = HEADER_WORDS;
    if (this.usesReferences || this.constants.length > 0 || this.options.tiered) {
      this.reserve(64);
      this.#header(this.pos, 0);
      entry = this.pos;
      if (this.usesReferences) this.emit(OP.refs_enter, paramSlots, localEnd, this.frameSize);
      this.emitConstants();
      this.targets.push(this.pos + 1);
      this.emit(OP.br, HEADER_WORDS, this.out[HEADER_WORDS - 1]);
    }
    this.out[entry - 5] = localEnd;
    this.out[entry - 4] = paramSlots;
    this.out[entry - 3] = this.frameSize;
    this.#chargeBranches();
    joinPairs(this.out, HEADER_WORDS, end, this.firstTemporary);
    return {
      words: this.out.subarray(0, this.pos),
      entry,
      targets: this.targets,
      handlers: this.#handlers,
      loops: this.#loops,
    };
  }

  // ---- fuel ----

  #openFuelBlock(): void {
    if (!this.options.metered) return;
    // The first one's operation is in the header.
    const isFirst = this.#fuelWord < 0 && this.pos === HEADER_WORDS;
    this.#closeFuelBlock();
    if (!isFirst) this.emit(OP.fuel, 0);
    this.#fuelWord = this.pos - 1;
    this.barrier();
  }
  /**
   * Who branches to a block is charged for it and skips its `fuel`: that is for those who fall into it. Unmetered code counts backward branches, so that
   * deadlines are noticed.
   */
  #chargeBranches(): void {
    const { out } = this;
    for (const word of this.charged) {
      const target = out[word]!;
      if (!this.options.metered) out[word + 1] = target <= word ? 1 : 0;
      else if (out[target] === OP.fuel) {
        out[word] = target + WORDS[OP.fuel]!;
        out[word + 1] = out[target + 1]!;
      }
    }
  }
  #closeFuelBlock(): void {
    if (this.#fuelWord >= 0) this.out[this.#fuelWord] = this.flow.takeCost();
    this.#fuelWord = -1;
  }

  // ---- what observers are told ----

  #observePlace(offset: number): void {
    if (!this.options.observed?.places) return;
    this.emit(OP.observe_place, offset);
    this.barrier();
  }
  /** Emitted where the function ends: before it returns, and before a tail call. */
  observeLeave(): void {
    if (!this.options.observed?.functions) return;
    this.emit(OP.observe_leave, this.#index);
    this.barrier();
  }

  // ---- instructions ----

  #instruction(): void {
    const { flow } = this;
    const slot = flow.next();
    this.trace?.push(this.pos, this.reader.start);
    this.#rules[slot]!(this);
    if (flow.beginsBlock) this.#openFuelBlock();
    else if (!flow.reachable) this.barrier();
    if (flow.beginsPlace) this.#observePlace(this.reader.pos);
    const control = CONTROL_OF_SLOT[slot]!;
    if (this.options.metered || !flow.reachable || (control >= OPEN && control <= CLOSE)) return;
    if (++this.#straight % STRAIGHT !== 0) return;
    this.emit(OP.fuel, this.options.tiered ? 1 : UNITS_OF_STRAIGHT);
    this.barrier();
  }

  #openLabel(kind: number, type: FuncType): Label {
    const label = this.#newLabel(kind, type);
    this.flow.open(label);
    return label;
  }
  #newLabel(kind: number, type: FuncType): Label {
    let slot = this.nextSlot;
    for (const param of type.params) slot -= registersOf(param);
    return {
      kind,
      type,
      targeted: false,
      hasElse: false,
      height: this.height - type.params.length,
      slot,
      target: -1,
      elseWord: -1,
      handler: undefined,
      waiting: undefined,
      exceptionSlot: -1,
    };
  }

  openBlock(): void {
    this.materializeLocals();
    this.#openLabel(BLOCK, this.flow.blockType());
  }
  openLoop(): void {
    this.materializeLocals();
    const type = this.flow.blockType();
    this.materializeTop(type.params.length);
    const label = this.#openLabel(LOOP, type);
    this.barrier();
    this.loopDepth++;
    label.target = this.pos;
    if (this.options.tiered) this.#loops.set(this.pos, this.reader.start);
  }
  openIf(): void {
    const type = this.flow.blockType();
    for (let below = this.height - 1; below >= 1; below--)
      if (below <= type.params.length || !this.isConst(below)) this.materialize(below);
    const word = this.branchOnCondition(false);
    this.#openLabel(IF, type).elseWord = word;
  }
  beginElse(): void {
    const label = this.flow.label(0);
    this.#endPart(label);
    this.out[label.elseWord] = this.pos;
    label.elseWord = -1;
    this.#restore(label, label.type.params);
  }
  /** Ends a part of a block that another follows. */
  #endPart(label: Label): void {
    if (!this.flow.reached) return;
    this.#moveResults(label.type.results, label.slot);
    this.#jumpToLabel(label);
  }
  end(): void {
    const { closed: label, reached, beginsBlock } = this.flow;
    if (label.kind === LOOP) this.loopDepth--;
    if (label.handler && label.handler.end < 0) label.handler.end = this.pos;
    if (label.kind === FUNCTION) {
      this.#endOfFunction(label);
      return;
    }
    if (beginsBlock && reached) this.#moveResults(label.type.results, label.slot);
    if (label.handler) this.#handlers.push(label.handler);
    if (!beginsBlock) {
      if (label.handler) this.barrier();
      return;
    }
    // For an `if` without `else`, the parameters are the results and already in place.
    if (label.elseWord >= 0) this.out[label.elseWord] = this.pos;
    this.#resolve(label);
    this.#restore(label, label.type.results);
  }
  #endOfFunction(label: Label): void {
    if (this.flow.reached) this.emitReturn();
    this.#closeFuelBlock();
    // All branches to the function's label are returns, except those of catch clauses.
    if (label.waiting) {
      this.#resolve(label);
      this.#restore(label, label.type.results);
      this.emitReturn();
    }
  }
  /** Restores the operand stack as it is at the label, with these operands in their places. */
  #restore(label: Label, operands: readonly ValType[]): void {
    this.barrier();
    this.drop(this.height - label.height);
    this.nextSlot = label.slot;
    for (const type of operands) this.push(type);
  }
  #resolve(label: Label): void {
    let word = label.target;
    if (label.kind === LOOP) return;
    while (word >= 0) {
      const next = this.out[word]!;
      this.out[word] = this.pos;
      word = next;
    }
    for (const clause of label.waiting ?? []) clause.target = this.pos;
  }

  // ---- jumps ----

  /** Emits a jump, and returns the word of its target. */
  jumpTo(target: number): number {
    this.emit(OP.br, target);
    return this.#charge(this.pos - 2);
  }
  /** Makes a word the target of a branch that is charged in the word behind it. */
  #charge(word: number): number {
    this.targets.push(word);
    this.charged.push(word);
    this.out[word + 1] = 0;
    return word;
  }
  #jumpToLabel(label: Label): void {
    this.#chain(label, this.jumpTo(0));
  }
  /** Moves the topmost operands into the registers from `slot` on; their current registers may be higher. Does not pop. */
  #moveResults(types: readonly ValType[], slot: number): void {
    let to = slot;
    for (let i = 0; i < types.length; i++) {
      const below = types.length - 1 - i;
      if (this.slotAt(below) === to) this.materialize(below);
      else this.copyTo(below, to);
      to += registersOf(types[i]!);
    }
  }
  #needsMoves(types: readonly ValType[], slot: number): boolean {
    if (types.length === 0) return false;
    for (let below = 0; below < types.length; below++) if (!this.isTemporary(below)) return true;
    return this.slotAt(types.length - 1) !== slot;
  }

  /** Returns how many operands a jump to the label `depth` blocks out takes. */
  arity(depth: number): number {
    return this.flow.branchTypes(this.flow.label(depth)).length;
  }

  branch(depth: number): void {
    this.#leave(this.flow.label(depth));
  }
  /** Compiles br_if; the condition is on top. */
  branchIf(depth: number): void {
    const label = this.flow.label(depth);
    const types = this.flow.branchTypes(label);
    const toFunction = label.kind === FUNCTION;
    // Operands that both paths need are put in place before the branch.
    for (let below = types.length; below >= 1; below--) this.materialize(below);
    if (!toFunction && (types.length === 0 || this.slotAt(types.length) === label.slot)) {
      const word = this.branchOnCondition(true);
      this.#chain(label, word);
      return;
    }
    const skip = this.branchOnCondition(false);
    // Behind a branch stands what the code there costs.
    if (this.options.metered) this.emit(OP.fuel, 0);
    this.barrier();
    this.#leave(label);
    this.out[skip] = this.pos;
    this.barrier();
  }
  /** Moves the operands of the label and jumps there (or returns), leaving the operand stack as it is. */
  #leave(label: Label): void {
    if (label.kind === FUNCTION) {
      this.emitReturn();
    } else {
      this.#moveResults(this.flow.branchTypes(label), label.slot);
      this.#jumpToLabel(label);
    }
  }
  /**
   * Compiles br_on_*: the last word of the operation is the target; if moves are needed, it jumps to a stub. Operands of the label are in their
   * places.
   */
  branchWith(depth: number, write: () => void): void {
    const label = this.flow.label(depth);
    const types = this.flow.branchTypes(label);
    const toFunction = label.kind === FUNCTION;
    if (!toFunction && !this.#needsMoves(types, label.slot)) {
      write();
      this.word(0);
      this.targets.push(this.pos - 1);
      this.#chain(label, this.pos - 1);
      return;
    }
    write();
    this.word(this.pos + 1 + WORDS[OP.br]!);
    this.targets.push(this.pos - 1);
    const over = this.jumpTo(0);
    this.barrier();
    this.#leave(label);
    this.out[over] = this.pos;
    this.barrier();
  }
  /** Makes a word that was already written the target of a jump to a label. */
  #chain(label: Label, word: number): void {
    this.out[word] = label.target;
    if (label.kind !== LOOP) label.target = word;
  }
  /** Compiles br_table; the index is on top. */
  branchTable(labels: Uint32Array, count: number): void {
    const arity = this.arity(labels[count]!);
    const index = this.pop();
    this.materializeTop(arity);
    this.reserve(2 * count + 64);
    this.emit(OP.br_table, index, count);
    const first = this.pos;
    this.pos += 2 * (count + 1);
    // The stub that moves the operands of each label, by depth, or -1 if none is needed. So a label that occurs many times is processed once.
    const stubs = new Map<number, number>();
    for (let i = 0; i <= count; i++) {
      const depth = labels[i]!;
      const label = this.flow.label(depth);
      let stub = stubs.get(depth);
      if (stub === undefined) {
        const toFunction = label.kind === FUNCTION;
        const moves = toFunction || this.#needsMoves(this.flow.branchTypes(label), label.slot);
        stub = moves ? this.pos : -1;
        stubs.set(depth, stub);
        if (moves) {
          this.barrier();
          this.#leave(label);
        }
      }
      const word = this.#charge(first + 2 * i);
      if (stub < 0) this.#chain(label, word);
      else this.out[word] = stub;
    }
  }

  /** Leaves the results in the first registers and returns. Does not pop. */
  emitReturn(): void {
    const results = this.#results;
    if (results.length === 1) {
      const [type] = results as [ValType];
      const from = this.operand(0);
      this.observeLeave();
      if (type === -1 || type === -3) this.emit(OP.ret_32, from);
      else if (type === -2) this.emit(OP.ret_64, from);
      else if (type === -4) this.emit(OP.ret_f, from);
      else {
        this.move(type, 0, from);
        this.emit(OP.ret);
      }
      return;
    }
    if (results.length > 1) {
      // The operands may name locals whose registers the results overwrite, so all are put in their places first.
      this.materializeTop(results.length);
      this.#moveResults(results, 0);
    }
    this.observeLeave();
    this.emit(OP.ret);
  }

  // ---- conditions ----

  /**
   * Pops the condition and emits the jump that is taken if it is true (`when`) or false. Returns the word of the target, to be filled.
   * A comparison that was just computed becomes the jump itself.
   */
  branchOnCondition(when: boolean): number {
    const slot = this.slotAt(0);
    const temporary = this.isTemporary(0);
    const condition = this.operand(0);
    this.drop();
    if (!temporary || !joinCondition(this, slot, when)) this.emit(when ? OP.br_nz : OP.br_z, condition, 0);
    return this.#charge(this.pos - 2);
  }

  // ---- exceptions ----

  #newHandler(): Handler {
    return { start: this.pos, end: -1, depth: this.flow.labels.length - 1, clauses: [], delegateDepth: undefined };
  }
  openTryTable(): void {
    const { catchKinds, catchTags, catchLabels } = this.reader;
    const kinds = [...catchKinds];
    const tags = [...catchTags];
    const depths = [...catchLabels];
    const type = this.flow.blockType();
    this.materializeLocals();
    this.materializeTop(type.params.length);
    const clauses = kinds.map((kind, i): CatchClause => this.#clauseTo(this.flow.label(depths[i]!), kind, tags[i]!));
    const label = this.#openLabel(BLOCK, type);
    label.handler = this.#newHandler();
    label.handler.clauses = clauses;
    this.barrier();
  }
  #clauseTo(label: Label, kind: number, tag: number): CatchClause {
    const payload = kind === CATCH || kind === CATCH_REF ? this.spaces.tagParams(tag) : [];
    let slot = label.slot;
    for (const type of payload) slot += registersOf(type);
    const withReference = kind === CATCH_REF || kind === CATCH_ALL_REF;
    const clause: CatchClause = {
      kind,
      tag,
      slot: label.slot,
      exceptionSlot: withReference ? slot : -1,
      target: label.target,
    };
    if (label.kind !== LOOP) (label.waiting ??= []).push(clause);
    this.frameSize = Math.max(this.frameSize, slot + 1);
    if (withReference) this.usesReferences = true;
    return clause;
  }
  openTry(): void {
    const type = this.flow.blockType();
    this.materializeLocals();
    this.materializeTop(type.params.length);
    const label = this.#openLabel(TRY, type);
    label.handler = this.#newHandler();
    this.barrier();
  }
  beginCatch(withTag: boolean): void {
    const label = this.flow.label(0);
    const handler = label.handler!;
    const { index } = this.reader;
    this.#endPart(label);
    if (handler.end < 0) handler.end = this.pos;
    label.exceptionSlot = label.slot;
    this.usesReferences = true;
    this.#restore(label, []);
    // The exception stays below the operands of the catch part, for rethrow.
    this.nextSlot = label.slot + 1;
    this.frameSize = Math.max(this.frameSize, this.nextSlot);
    const payload = withTag ? this.spaces.tagParams(index) : [];
    handler.clauses.push({
      kind: withTag ? CATCH : CATCH_ALL,
      tag: index,
      slot: this.nextSlot,
      exceptionSlot: label.slot,
      target: this.pos,
    });
    for (const type of payload) this.push(type);
  }
  delegate(): void {
    const handler = this.flow.closed.handler!;
    handler.end = this.pos;
    // The label index counts from outside this try.
    handler.delegateDepth = this.flow.labels.length - 1 - this.reader.index;
    this.end();
  }
  /** Returns the register of the exception that the catch part `depth` blocks out has caught. */
  caughtAt(depth: number): number {
    return this.flow.label(depth).exceptionSlot;
  }
}
