// One pass over the instructions of a body or a constant expression: form and types at once. Rows with a signature need nothing but the tables; the
// others have a rule each (validation-rules.ts). Refuses everything outside of expressions.
import { CodeReader } from '../binary/code-reader.js';
import { checkLimit } from '../binary/limit.js';
import { InvalidError, MalformedError } from '../wasm/errors.js';
import { CARRIED_PER_BYTE, MAX_CARRIED, MAX_LOCALS, MAX_NESTING, MAX_OPERANDS } from '../wasm/implementation-limits.js';
import type { ConstExpr, FunctionBody, FunctionInfo } from '../wasm/module.js';
import { slotOf } from '../wasm/opcode-slots.js';
import { OPCODES } from '../wasm/opcodes.js';
import { typeName } from '../wasm/type-names.js';
import * as t from '../wasm/types.js';
import { FEATURE_NUMBERS, type ModuleContext, type Signature } from './context.js';
import * as s from './signatures.js';

/** The type of an operand that unreachable code may take for any type. */
export const BOTTOM = -0x40;
/** The heap type of a reference about which nothing more is known: (ref bottom) is BOTTOM_REF. */
export const BOTTOM_HEAP = -0x40;
export const BOTTOM_REF: t.ValType = t.refType(BOTTOM_HEAP, false);

export const NO_TYPES: Int32Array = new Int32Array(0);
const MANY = 16;

const BLOCK = OPCODES.block.code;
const LOOP = OPCODES.loop.code;
const END = OPCODES.end.code;
const LOCAL_GET = OPCODES['local.get'].code;

/** An open block. Frames are reused: one object per depth. */
export interface Frame {
  /** The opcode that opened it, or that began its else or catch part. */
  kind: number;
  /** The height of the operand stack below its operands. */
  height: number;
  unreachable: boolean;
  params: Int32Array;
  results: Int32Array;
  /** The number of locals that were initialised when it was opened. */
  initialised: number;
  /** The br_table that checked this frame last, so that it does not check it twice. */
  checkedBy: number;
}

export type Rule = (v: CodeValidator) => void;
/** The rules by slot. */
export type RuleTable = readonly Rule[];

export class CodeValidator {
  readonly context: ModuleContext;
  readonly reader: CodeReader;
  readonly #rules: RuleTable;
  functionIndex = -1;
  /** In a constant expression: the number of globals that it may read; otherwise -1. */
  visibleGlobals = -1;

  stack: Int32Array = new Int32Array(128);
  sp = 0;
  /** The height of the innermost frame. */
  floor = 0;
  frames: Frame[] = [];
  frame!: Frame;
  /** The number of open frames. */
  depth = 0;
  #maxStack = 0;
  #maxDepth = 0;
  #carried = 0;
  #mostCarried = 0;

  // The types of locals are a table only as long as the body, so that a declaration of many costs nothing; the others are found by search.
  #locals: Int32Array = new Int32Array(64);
  #expanded = 0;
  #body: FunctionBody | undefined;
  #params: Int32Array = NO_TYPES;
  #runEnds: number[] = [];
  /** The non-nullable locals set so far, in order, and as a set. */
  readonly initialisedLocals: number[] = [];
  readonly isInitialised = new Set<number>();

  readonly #single = new Map<t.ValType, Int32Array>();

  constructor(context: ModuleContext, rules: RuleTable) {
    this.context = context;
    this.reader = new CodeReader(context.module.bytes);
    this.#rules = rules;
  }

  /** @throws InvalidError, or MalformedError for bytes that are not instructions */
  body(functionIndex: number, body: FunctionBody): FunctionInfo {
    const { start, end } = body.code;
    this.functionIndex = functionIndex;
    this.visibleGlobals = -1;
    const { params, results } = this.context.signature(body.typeIndex, start, functionIndex);
    this.#declareLocals(body, params);
    this.reader.seek(start, end);
    this.#mostCarried = MAX_CARRIED + (end - start) * CARRIED_PER_BYTE;
    this.#begin(results);
    this.#instructions();
    if (this.reader.pos !== end) throw new MalformedError('section size mismatch: code after the end', this.reader.pos);
    const { memoryNamedAt } = this.reader;
    if (memoryNamedAt >= 0) this.context.require('multi-memory', memoryNamedAt, functionIndex);
    return { maxStack: this.#maxStack, maxLabels: this.#maxDepth, carried: this.#carried };
  }

  /** Checks a constant expression that must give one `type`; it may read the first `globals` globals. */
  constant(span: ConstExpr, type: t.ValType, globals: number): void {
    this.functionIndex = -1;
    this.visibleGlobals = globals;
    this.reader.seek(span.start, span.end);
    this.#mostCarried = MAX_CARRIED;
    this.#begin(this.single(type));
    this.#constantInstructions();
  }

  #begin(results: Int32Array): void {
    this.sp = this.depth = this.#maxStack = this.#maxDepth = this.#carried = 0;
    this.initialisedLocals.length = 0;
    this.isInitialised.clear();
    this.pushFrame(BLOCK, NO_TYPES, results);
  }

  #instructions(): void {
    const { reader } = this;
    const { used } = this.context;
    const rules = this.#rules;
    do {
      const op = reader.next();
      if (op < 0) throw new MalformedError('unexpected end of section or function: END opcode expected', reader.pos);
      const slot = op < 0x100 ? op : slotOf(op);
      if (used[s.FEATURE_OF_SLOT[slot]!] === 0) this.#require(slot);
      const signature = s.SIGNATURE_AT[slot]!;
      if (signature !== 0) this.#simple(slot, signature);
      else if (op === LOCAL_GET) this.push(this.localType(reader.index));
      else rules[slot]!(this);
    } while (this.depth > 0);
  }

  #constantInstructions(): void {
    const { reader } = this;
    do {
      const op = reader.next();
      const slot = slotOf(op);
      const constant = s.CONSTANT_OF_SLOT[slot]!;
      if (constant === 0 && op !== END) this.fail('constant expression required');
      if (constant > 1) this.context.require(FEATURE_NUMBERS[constant - 2]!, reader.start);
      this.#require(slot);
      const signature = s.SIGNATURE_AT[slot]!;
      if (signature !== 0) this.#simple(slot, signature);
      else this.#rules[slot]!(this);
    } while (this.depth > 0);
  }

  #require(slot: number): void {
    const feature = s.FEATURE_OF_SLOT[slot]!;
    if (feature !== 0) this.context.require(FEATURE_NUMBERS[feature - 1]!, this.reader.start, this.functionIndex);
  }

  #simple(slot: number, signature: number): void {
    const check = s.CHECK_OF_SLOT[slot]!;
    if (check !== 0) this.#checkImmediates(check, slot);
    const table = s.SIGNATURES;
    let at = signature;
    for (let count = table[at++]!; count > 0; count--) {
      const type = table[at++]!;
      this.pop(type === s.ADDRESS ? this.context.memories[this.reader.index]! : type);
    }
    for (let count = table[at++]!; count > 0; count--) {
      const type = table[at++]!;
      this.push(type === s.ADDRESS ? this.context.memories[this.reader.index]! : type);
    }
  }

  #checkImmediates(check: number, slot: number): void {
    const { reader } = this;
    switch (check) {
      case s.CHECK_MEMARG:
        this.#checkMemarg(slot);
        break;
      case s.CHECK_MEMORY:
        this.memory(reader.index);
        break;
      case s.CHECK_LANE:
        this.#checkLane(reader.lane, s.LANES_OF_SLOT[slot]!);
        break;
      case s.CHECK_LANES16:
        for (let i = 0; i < 16; i++) this.#checkLane(reader.bytes[reader.vectorAt + i]!, 32);
        break;
      case s.CHECK_DATA:
        this.dataSegment(reader.index);
        break;
      default:
        this.elementSegment(reader.index);
    }
  }

  #checkMemarg(slot: number): void {
    const { reader } = this;
    const address = this.memory(reader.index);
    const natural = s.ALIGNMENT_OF_SLOT[slot]!;
    if (reader.align > natural) this.fail('alignment must not be larger than natural');
    if (reader.align !== natural && s.EXACT_ALIGNMENT[slot] === 1) {
      this.fail('alignment must be natural for an atomic access');
    }
    if (reader.offsetHigh !== 0 && address === t.I32) this.fail('offset out of range');
    const lanes = s.LANES_OF_SLOT[slot]!;
    if (lanes !== 0) this.#checkLane(reader.lane, lanes);
  }

  #checkLane(lane: number, lanes: number): void {
    if (lane >= lanes) this.fail('invalid lane index');
  }

  // ---- operands ----

  push(type: t.ValType): void {
    const { sp } = this;
    if (sp >= this.#maxStack) {
      this.#maxStack = sp + 1;
      if (sp >= this.stack.length) this.#grow(sp + 1);
    }
    this.stack[sp] = type;
    this.sp = sp + 1;
  }

  #grow(needed: number): void {
    checkLimit('operands', MAX_OPERANDS, needed, this.reader.start, this.functionIndex);
    const bigger = new Int32Array(Math.min(MAX_OPERANDS, Math.max(needed, this.stack.length * 2)));
    bigger.set(this.stack);
    this.stack = bigger;
  }

  /** Counts operands that take more work than their bytes. */
  carry(operands: number): void {
    this.#carried += operands;
    if (this.#carried <= this.#mostCarried) return;
    const { start } = this.reader;
    checkLimit('operands at blocks, branches and calls', this.#mostCarried, this.#carried, start, this.functionIndex);
  }

  pushAll(types: Int32Array): void {
    if (types.length < MANY) {
      for (let i = 0; i < types.length; i++) this.push(types[i]!);
      return;
    }
    this.carry(types.length);
    const sp = this.sp + types.length;
    if (sp > this.#maxStack) {
      this.#maxStack = sp;
      if (sp > this.stack.length) this.#grow(sp);
    }
    this.stack.set(types, this.sp);
    this.sp = sp;
  }

  pop(expected: t.ValType): void {
    const sp = this.sp - 1;
    if (sp >= this.floor) {
      this.sp = sp;
      const found = this.stack[sp]!;
      if (found !== expected) this.#mustMatch(found, expected);
    } else if (!this.frame.unreachable) this.mismatch(this.#nameOf(expected), '');
  }

  /** Pops any operand: BOTTOM if nothing is known about it. */
  popAny(): t.ValType {
    if (this.sp > this.floor) return this.stack[--this.sp]!;
    if (!this.frame.unreachable) this.mismatch('a value', '');
    return BOTTOM;
  }

  /** Pops any reference: BOTTOM_REF if nothing is known about it. */
  popRef(): t.ValType {
    const type = this.popAny();
    if (type === BOTTOM) return BOTTOM_REF;
    if (type < 0) this.mismatch('a reference', this.#nameOf(type));
    return type;
  }

  popAll(types: Int32Array): void {
    if (types.length >= MANY) this.carry(types.length);
    for (let i = types.length; i > 0; ) {
      if (this.sp === this.floor && this.frame.unreachable) return;
      this.pop(types[--i]!);
    }
  }

  /** Checks the topmost operands without popping them. */
  peekAll(types: Int32Array): void {
    const { sp } = this;
    this.popAll(types);
    this.sp = sp;
  }

  #mustMatch(found: t.ValType, expected: t.ValType): void {
    if (!this.matches(found, expected)) this.mismatch(this.#nameOf(expected), this.#nameOf(found));
  }

  matches(sub: t.ValType, sup: t.ValType): boolean {
    if (sub === BOTTOM || sub === sup) return true;
    if (sub >= 0 && sub <= (BOTTOM_REF | 1)) return sup >= 0 && (sub === BOTTOM_REF || t.isNullable(sup));
    return this.context.registry.matches(sub, sup);
  }

  #nameOf(type: t.ValType): string {
    return typeName(type, (id) => String(this.context.types.findIndex((one) => one.id === id)));
  }

  // ---- blocks ----

  pushFrame(kind: number, params: Int32Array, results: Int32Array): void {
    const { depth } = this;
    if (depth >= this.#maxDepth) {
      checkLimit('nested blocks', MAX_NESTING, depth, this.reader.start, this.functionIndex);
      this.#maxDepth = depth + 1;
    }
    let frame = this.frames[depth];
    if (frame === undefined) {
      frame = { kind, height: 0, unreachable: false, params, results, initialised: 0, checkedBy: 0 };
      this.frames[depth] = frame;
    }
    frame.kind = kind;
    frame.height = this.floor = this.sp;
    this.carry(this.sp);
    frame.unreachable = false;
    frame.params = params;
    frame.results = results;
    frame.initialised = this.initialisedLocals.length;
    frame.checkedBy = -1;
    this.depth = depth + 1;
    this.frame = frame;
    this.pushAll(params);
  }

  /** Checks that the block leaves its results and nothing else, and resets the locals that it initialised. The frame stays. */
  finishBlock(): void {
    const { frame } = this;
    this.popAll(frame.results);
    if (this.sp !== this.floor) this.fail(`type mismatch: block requires [] but stack has [${this.#leftOver()}]`);
    const { initialisedLocals, isInitialised } = this;
    while (initialisedLocals.length > frame.initialised) isInitialised.delete(initialisedLocals.pop()!);
  }

  /** Pops the frame of a block; the caller pushes its results. */
  popFrame(): void {
    this.depth--;
    if (this.depth > 0) {
      this.frame = this.frames[this.depth - 1]!;
      this.floor = this.frame.height;
    }
  }

  /** Starts another part of the block: else, catch, catch_all. */
  restartBlock(kind: number, operands: Int32Array): void {
    const { frame } = this;
    frame.kind = kind;
    frame.unreachable = false;
    this.pushAll(operands);
  }

  setUnreachable(): void {
    this.sp = this.floor;
    this.frame.unreachable = true;
  }

  label(index: number): Frame {
    if (index >= this.depth) this.fail(`unknown label ${index}`);
    return this.frames[this.depth - 1 - index]!;
  }

  /** Returns the types of the operands that a branch to a label takes. */
  labelTypes(index: number): Int32Array {
    const frame = this.label(index);
    return frame.kind === LOOP ? frame.params : frame.results;
  }

  single(type: t.ValType): Int32Array {
    let types = this.#single.get(type);
    if (types === undefined) {
      types = Int32Array.of(type);
      this.#single.set(type, types);
    }
    return types;
  }

  // ---- locals ----

  #declareLocals(body: FunctionBody, params: Int32Array): void {
    this.#body = body;
    this.#params = params;
    const room = body.code.end - body.code.start;
    if (room > this.#locals.length) this.#locals = new Int32Array(room * 2);
    const table = this.#locals;
    let count = Math.min(room, params.length);
    for (let i = 0; i < count; i++) table[i] = params[i]!;
    let total = params.length;
    const ends = this.#runEnds;
    ends.length = 0;
    for (const { count: length, type } of body.locals) {
      const resolved = this.context.resolve(type, body.code.start, this.functionIndex);
      total += length;
      ends.push(total);
      if (total > room && count < room) table.fill(resolved, count, room);
      else if (count < room) table.fill(resolved, count, total);
      count = Math.min(total, room);
    }
    this.#expanded = count;
    checkLimit('parameters and locals', MAX_LOCALS, total, body.code.start, this.functionIndex);
  }

  localType(index: number): t.ValType {
    const type = index < this.#expanded ? this.#locals[index]! : this.#findLocal(index);
    if (type >= 0 && (type & 1) === 0 && index >= this.#params.length && !this.isInitialised.has(index)) {
      this.fail(`uninitialized local ${index}`);
    }
    return type;
  }

  /** Returns the type of a local that is about to be set. */
  setLocal(index: number): t.ValType {
    const type = index < this.#expanded ? this.#locals[index]! : this.#findLocal(index);
    if (type >= 0 && (type & 1) === 0 && index >= this.#params.length && !this.isInitialised.has(index)) {
      this.isInitialised.add(index);
      this.initialisedLocals.push(index);
    }
    return type;
  }

  #findLocal(index: number): t.ValType {
    if (index < this.#params.length) return this.#params[index]!;
    const ends = this.#runEnds;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle]! > index) high = middle;
      else low = middle + 1;
    }
    if (low >= ends.length) this.fail(`unknown local ${index}`);
    return this.context.resolve(this.#body!.locals[low]!.type, this.reader.start, this.functionIndex);
  }

  // ---- index spaces ----

  /** Returns the address type of a memory. */
  memory(index: number): t.ValType {
    return this.context.memories[index] ?? this.fail(`unknown memory ${index}`);
  }
  signature(typeIndex: number): Signature {
    return this.context.signature(typeIndex, this.reader.start, this.functionIndex);
  }
  /** Returns the signature of a function of the module. */
  callee(index: number): Signature {
    return this.signature(this.context.functions[index] ?? this.fail(`unknown function ${index}`));
  }
  dataSegment(index: number): void {
    if (index >= this.requireDataCount()) this.fail(`unknown data segment ${index}`);
  }
  /** Code that names data segments comes before them, so without a data count it is not even well-formed. */
  requireDataCount(): number {
    const { dataCount } = this.context.module;
    if (dataCount === undefined) throw new MalformedError('data count section required', this.reader.start);
    return dataCount;
  }
  elementSegment(index: number): t.ValType {
    return this.context.elementTypes[index] ?? this.fail(`unknown elem segment ${index}`);
  }

  // ---- errors ----

  fail(text: string): never {
    throw new InvalidError(text, this.reader.start, this.functionIndex);
  }
  mismatch(expected: string, found: string): never {
    this.fail(`type mismatch: instruction requires [${expected}] but stack has [${found}]`);
  }
  /** Returns the topmost operands that a block leaves besides its results. */
  #leftOver(): string {
    const types = this.stack.subarray(this.floor, this.sp);
    return Array.from(types.subarray(-3), (type) => this.#nameOf(type)).join(' ');
  }
}
