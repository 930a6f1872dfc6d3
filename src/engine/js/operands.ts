// The operand stack while a function is translated to JavaScript. Operands are expressions not yet written, so that they fold into each other. They
// become variables ("materialized") where order, a change of a local, or a second use requires it. Rule of order: an operand with effects (it reads memory
// or may trap) is written before anything that is written after it in wasm.
import { F32, F64, I32, I64, isRef, V128, type ValType } from '../../wasm/types.js';
import { FloatLocals } from './float-locals.js';

export interface Operand {
  readonly type: ValType;
  /** One expression; two (low, high) of an i64, four of a v128. Each can stand as an operand of any operator. */
  readonly words: readonly string[];
  /** The locals that the expressions read. */
  readonly reads: readonly number[];
  /** The temporaries that the expressions read: held until the operand is written. */
  readonly temps: readonly number[];
  /** The operand reads what statements change (memory, globals, tables), or may trap. Only single-word operands can have effects. */
  readonly effects: boolean;
  /** Every word is a variable or a constant, so using it twice costs nothing. */
  readonly simple: boolean;
  /** The operand is an integer constant, with these halves. */
  readonly constant: boolean;
  readonly low: number;
  readonly high: number;
  /** For a comparison: the same as a boolean expression. */
  readonly condition: string | undefined;
  /** The operand is a float that is not a signalling NaN. */
  readonly quiet: boolean;
  /** For an f32: an expression for its bits, if there is one. */
  readonly bits: string | undefined;
  /** The local that the operand is, or -1. */
  readonly local: number;
  /** For a v128 that was just computed as floats: its lanes, as variables. */
  readonly lanes?: Lanes | undefined;
  /** For an i32 of plain code: a whole number below 2^53 with the same low 32 bits, which takes fewer operators. */
  readonly loose?: string | undefined;
}
export interface Lanes {
  readonly type: typeof F32 | typeof F64;
  readonly names: readonly string[];
}

/** The outside names that a text uses, which the chunk must declare. */
export type Used = Set<string>;

const NONE: readonly number[] = [];
const CLASSES = ['i', 'd', 'r'] as const;
/** Expressions longer than this are written, which bounds the nesting of the text. */
const MAX_TEXT = 400;
/** The most operands that may stay unwritten. */
const MAX_PENDING = 48;

/** Returns the number of variables that a value of a type takes. */
export function wordCount(type: ValType): 1 | 2 | 4 {
  return type === I64 ? 2 : type === V128 ? 4 : 1;
}
function classOf(type: ValType): 0 | 1 | 2 {
  return isRef(type) ? 2 : type === F32 || type === F64 ? 1 : 0;
}
export function tempName(temp: number): string {
  return CLASSES[temp % 3]! + Math.floor(temp / 3);
}
/** Returns an integer as an operand. */
export function intText(value: number): string {
  return value < 0 ? `(${value})` : String(value);
}
/** Returns the text of an i32 for an operator that takes the low 32 bits of a number. */
export function intOf({ loose, words }: Operand): string {
  return loose ?? words[0]!;
}
/** Returns the variables of a local. */
export function localNames(index: number, type: ValType): string[] {
  if (type === I64) return [`l${index}`, `h${index}`];
  if (type === V128) return [`l${index}`, `h${index}`, `v${index}`, `w${index}`];
  return [`l${index}`];
}

export class Operands {
  readonly used: Used;
  readonly floatLocals = new FloatLocals();
  readonly stack: Operand[] = [];
  /** The number of references to each temporary, by class. */
  #references: number[][] = [[], [], []];
  /** No operand below this height is unwritten. */
  #pendingFrom = 0;
  out: string[] = [];

  constructor(used: Used) {
    this.used = used;
  }
  protected resetOperands(): void {
    this.stack.length = 0;
    this.#references = [[], [], []];
    this.#pendingFrom = 0;
  }
  /** Returns how many temporaries of a class (0 integers, 1 floats, 2 references) the function needs. */
  tempCount(kind: 0 | 1 | 2): number {
    return this.#references[kind]!.length;
  }
  emit(statement: string): void {
    this.out.push(statement);
  }
  get height(): number {
    return this.stack.length;
  }
  /** Returns the operand `below` places under the top. */
  at(below: number): Operand {
    return this.stack[this.stack.length - 1 - below]!;
  }

  // ---- temporaries ----

  temp(kind: 0 | 1 | 2): number {
    const references = this.#references[kind]!;
    let index = references.indexOf(0);
    if (index < 0) index = references.length;
    references[index] = 1;
    return index * 3 + kind;
  }
  tempsFor(type: ValType): number[] {
    const temps: number[] = [];
    const kind = classOf(type);
    for (let i = wordCount(type); i > 0; i--) temps.push(this.temp(kind));
    return temps;
  }
  retain(temps: readonly number[]): void {
    for (const temp of temps) this.#references[temp % 3]![Math.floor(temp / 3)]!++;
  }
  releaseTemps(temps: readonly number[]): void {
    for (const temp of temps) this.#references[temp % 3]![Math.floor(temp / 3)]!--;
  }
  /** Called when the operand is written or discarded. */
  release(...operands: readonly Operand[]): void {
    for (const { temps } of operands) if (temps.length > 0) this.releaseTemps(temps);
  }

  // ---- pushing ----

  push(operand: Operand): void {
    this.stack.push(operand);
    if (this.stack.length - this.#pendingFrom > MAX_PENDING)
      this.materializeUpTo(this.stack.length - (MAX_PENDING >> 1));
  }
  /** Pushes an expression over operands that were popped; it takes over the temporaries that they hold. */
  pushText(type: ValType, words: readonly string[], from: readonly Operand[], extra: Partial<Operand> = {}): void {
    let reads = NONE;
    let temps = NONE;
    let effects = false;
    let length = 0;
    for (const word of words) length += word.length;
    for (const one of from) {
      if (one.reads.length > 0) reads = reads.length > 0 ? [...reads, ...one.reads] : one.reads;
      if (one.temps.length > 0) temps = temps.length > 0 ? [...temps, ...one.temps] : one.temps;
      if (one.effects) effects = true;
    }
    this.push({
      type,
      words,
      reads,
      temps,
      effects,
      simple: false,
      constant: false,
      low: 0,
      high: 0,
      condition: undefined,
      quiet: true,
      bits: undefined,
      local: -1,
      ...extra,
    });
    if (length > MAX_TEXT || (words.length > 1 && this.at(0).effects)) this.materialize(0);
  }
  pushTemps(type: ValType, temps: readonly number[], quiet = false): void {
    this.push({
      type,
      words: temps.map(tempName),
      reads: NONE,
      temps,
      effects: false,
      simple: true,
      constant: false,
      low: 0,
      high: 0,
      condition: undefined,
      quiet,
      bits: undefined,
      local: -1,
    });
  }
  pushConstant(type: ValType, low: number, high: number): void {
    this.push({
      type,
      words: type === I64 ? [intText(low), intText(high)] : [intText(low)],
      reads: NONE,
      temps: NONE,
      effects: false,
      simple: true,
      constant: true,
      low,
      high,
      condition: undefined,
      quiet: true,
      bits: undefined,
      local: -1,
    });
  }
  /** Pushes constants that are not integers: texts that never change. */
  pushFixed(type: ValType, words: readonly string[], quiet = true, bits?: string): void {
    this.pushText(type, words, [], { simple: true, quiet, bits });
  }
  pushLocal(index: number, type: ValType, quiet: boolean): void {
    this.push({
      type,
      words: localNames(index, type),
      reads: [index],
      temps: NONE,
      effects: false,
      simple: true,
      constant: false,
      low: 0,
      high: 0,
      condition: undefined,
      quiet,
      bits: undefined,
      local: index,
    });
  }
  /** Pushes a condition, given as a boolean expression. */
  pushCondition(condition: string, from: readonly Operand[]): void {
    // Operators in the text around it bind more tightly than these.
    const text = /&&|\|\||\?/.test(condition) ? `(${condition})` : condition;
    this.pushText(I32, [`(${text}|0)`], from, { condition: text });
  }

  // ---- popping ----

  pop(): Operand {
    const operand = this.stack.pop()!;
    if (this.#pendingFrom > this.stack.length) this.#pendingFrom = this.stack.length;
    return operand;
  }
  /** Pops `count` operands, the lowest first. */
  popMany(count: number): Operand[] {
    const at = this.stack.length - count;
    const operands = this.stack.splice(at, count);
    if (this.#pendingFrom > at) this.#pendingFrom = at;
    return operands;
  }

  /** Pops an i32 as a boolean expression, after writing everything that must be evaluated before it. */
  popCondition(): string {
    const operand = this.pop();
    this.flush();
    // The caller writes the text at once, so nothing can take its variables in between.
    this.release(operand);
    return operand.condition ?? operand.words[0]!;
  }
  /** Discards the operands above a height. */
  cutTo(height: number): void {
    while (this.height > height) this.release(this.pop());
  }

  // ---- exact bits of f32, see float-locals.ts ----

  /** Returns an f32 whose bits are significant: a signalling NaN becomes the f64 NaN with the same payload. */
  exactly(operand: Operand): Operand {
    if (operand.type !== F32) return operand;
    this.markExact(operand);
    if (operand.bits === undefined || operand.quiet) return operand;
    this.used.add('f32FromBits');
    return { ...operand, words: [`f32FromBits(${operand.bits})`] };
  }
  /** Records that the bits of an f32 operand are significant. */
  markExact(operand: Operand): void {
    if (operand.local >= 0 && !operand.quiet) this.floatLocals.readExactly(operand.local);
  }
  argumentTexts(args: readonly Operand[]): string[] {
    return args.flatMap((arg) => this.exactly(arg).words);
  }
  /** Writes an operand into variables. */
  assign(temps: readonly number[], value: Operand): void {
    const { words } = this.exactly(value);
    if (temps.length === 1) {
      const name = tempName(temps[0]!);
      if (name !== words[0]) this.emit(`${name}=${words[0]};`);
      return;
    }
    for (let i = 0; i < temps.length; i++) this.emit(`${tempName(temps[i]!)}=${words[i]};`);
  }

  // ---- materializing ----

  /** Makes the operand `below` the top a variable or constant, and likewise what must be evaluated before it. */
  materialize(below: number): void {
    this.#materializeAt(this.stack.length - 1 - below);
  }
  #materializeAt(index: number): void {
    const operand = this.stack[index]!;
    if (operand.simple) return;
    if (operand.effects) this.#materializeEffects(index);
    this.#write(index);
  }
  /** Writes an operand into a variable of its own. */
  #write(index: number): void {
    const operand = this.stack[index]!;
    const temps = this.tempsFor(operand.type);
    const { words } = this.exactly(operand);
    for (let i = 0; i < temps.length; i++) this.emit(`${tempName(temps[i]!)}=${words[i]};`);
    this.release(operand);
    this.stack[index] = {
      ...operand,
      words: temps.map(tempName),
      reads: NONE,
      temps,
      effects: false,
      simple: true,
      condition: undefined,
      bits: undefined,
      local: -1,
      lanes: undefined,
      loose: undefined,
    };
  }
  #materializeEffects(before: number): void {
    for (let i = this.#pendingFrom; i < before; i++) if (this.stack[i]!.effects) this.#write(i);
  }
  /** Called before a statement with effects: writes every operand that must be evaluated before it. */
  flush(): void {
    this.#materializeEffects(this.stack.length);
  }
  /** Called before a statement with effects that itself evaluates the topmost `count` operands in order: writes those below them. */
  flushBelow(count: number): void {
    this.#materializeEffects(this.stack.length - count);
  }
  /** Writes every operand that reads a local, before the local changes. */
  materializeReaders(local: number): void {
    const { stack } = this;
    for (let i = this.#pendingFrom; i < stack.length; i++) if (stack[i]!.reads.includes(local)) this.#force(i);
  }
  #force(index: number): void {
    if (this.stack[index]!.effects) this.#materializeEffects(index);
    this.#write(index);
  }
  /** Makes every operand a variable of its own or a constant, before control flow branches. */
  materializeAll(): void {
    this.materializeUpTo(this.stack.length);
  }
  /** Makes the lowest `count` operands variables of their own or constants. */
  materializeUpTo(count: number): void {
    for (let i = this.#pendingFrom; i < count; i++) {
      const operand = this.stack[i]!;
      if (!operand.simple || operand.reads.length > 0) this.#force(i);
    }
    this.#pendingFrom = Math.max(this.#pendingFrom, Math.min(count, this.stack.length));
  }
}
