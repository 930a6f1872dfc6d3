// Writes the register code of one function: the output words, the virtual operand stack, and the joining of neighbours into one operation. An operand
// is not copied to a register before that is necessary: it stays a constant or the name of a local. Control flow is not handled here but in
// compile-function.ts.
import * as t from '../../wasm/types.js';
import * as OP from './op.gen.js';
import { NUMBER_OF, WORDS } from './ops.gen.js';

const SLOT = 0;
const LOCAL = 1;
const CONST = 2;
/** A register plus a constant: an address that is not computed yet. */
const SUM = 3;

/** Returns how many registers a value takes. */
export function registersOf(type: t.ValType): number {
  return type === t.V128 ? 2 : 1;
}

const MOVES: Readonly<Record<number, number>> = {
  [t.I32]: OP.mov_32,
  [t.F32]: OP.mov_32,
  [t.I64]: OP.mov_64,
  [t.F64]: OP.mov_f,
  [t.V128]: OP.mov_v,
};

const INITIAL_WORDS = 4096;
const INITIAL_OPERANDS = 1024;
const INITIAL_LOCALS = 64;

export class Emitter {
  /** The code, with targets relative to its first word. */
  out: Int32Array = new Int32Array(INITIAL_WORDS);
  pos = 0;
  /** The words of `out` that hold targets. */
  readonly targets: number[] = [];
  /** Those of them that the cost of the target stands behind. */
  readonly charged: number[] = [];
  /** The starts of the operations since the last label; only these may be joined. */
  readonly #history: number[] = [];

  // The operand stack: what each operand is, its type, and the register it has when it must have one.
  #what: Uint8Array = new Uint8Array(INITIAL_OPERANDS);
  #low: Int32Array = new Int32Array(INITIAL_OPERANDS);
  #high: Int32Array = new Int32Array(INITIAL_OPERANDS);
  #types: Int32Array = new Int32Array(INITIAL_OPERANDS);
  #slots: Int32Array = new Int32Array(INITIAL_OPERANDS);
  // The operands that name each local, as linked lists, so that a change of the local finds them without a search: by the local's register its
  // topmost operand, and by operand the next above and below of the same local, or -1.
  #topmost: Int32Array = new Int32Array(INITIAL_LOCALS);
  #above: Int32Array = new Int32Array(INITIAL_OPERANDS);
  #below: Int32Array = new Int32Array(INITIAL_OPERANDS);
  height = 0;
  /** The register after the topmost operand's. */
  nextSlot = 0;
  frameSize = 0;
  usesReferences = false;

  /** The registers reserved for constants that loops use, behind the locals', and what they hold: type, low and high word each. */
  #constantSlots = 0;
  #firstConstant = 0;
  readonly constants: number[] = [];
  /** The number of loops around the current position: constants inside loops get registers of their own. */
  loopDepth = 0;

  /** The registers from here on are those of operands, each read once. */
  get firstTemporary(): number {
    return this.#firstConstant + this.#constantSlots;
  }
  /** @param constantSlots the number of registers to reserve before the operand stack */
  reset(firstFreeSlot: number, constantSlots: number): void {
    this.#firstConstant = firstFreeSlot;
    this.#constantSlots = constantSlots;
    this.constants.length = 0;
    this.loopDepth = 0;
    if (this.#topmost.length < firstFreeSlot) this.#topmost = new Int32Array(firstFreeSlot * 2);
    this.#topmost.fill(-1, 0, firstFreeSlot);
    firstFreeSlot += constantSlots;
    this.pos = 0;
    this.targets.length = this.charged.length = 0;
    this.#history.length = 0;
    this.height = 0;
    this.nextSlot = firstFreeSlot;
    this.frameSize = firstFreeSlot;
    this.usesReferences = false;
  }

  // ---- output ----

  /** Starts an operation; the caller appends its operands with word(). */
  begin(op: number): void {
    if (this.pos + 64 > this.out.length) this.#growOutput(64);
    this.#history.push(this.pos);
    this.out[this.pos++] = op;
  }
  word(value: number): void {
    this.out[this.pos++] = value;
  }
  /** Writes a whole operation. */
  emit(op: number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0): void {
    this.begin(op);
    const { out, pos } = this;
    out[pos] = a;
    out[pos + 1] = b;
    out[pos + 2] = c;
    out[pos + 3] = d;
    out[pos + 4] = e;
    out[pos + 5] = f;
    this.pos = pos + WORDS[op]! - 1;
  }
  reserve(words: number): void {
    if (this.pos + words > this.out.length) this.#growOutput(words);
  }
  #growOutput(words: number): void {
    const larger = new Int32Array(Math.max(this.out.length * 2, this.pos + words));
    larger.set(this.out);
    this.out = larger;
  }
  /** Marks a place where control may arrive from elsewhere: earlier operations must not be changed any more. */
  barrier(): void {
    this.#history.length = 0;
  }
  /** Returns the operation number of the last operation since the barrier, or -1. */
  lastOp(): number {
    const start = this.#history[this.#history.length - 1];
    return start === undefined ? -1 : this.out[start]!;
  }
  /** Returns operand word k (1 and up) of the last operation. */
  lastWord(k: number): number {
    return this.out[this.#history[this.#history.length - 1]! + k]!;
  }
  /** Removes the last operation. */
  undo(): void {
    this.pos = this.#history.pop()!;
  }
  /** Whether `slot`, once the result was pushed, was a temporary of the operands that nothing reads any more. */
  isFree(slot: number): boolean {
    return slot >= this.#slots[this.height - 1]!;
  }
  /** Whether the last operation is `op` and has computed the register `slot`. */
  lastComputes(slot: number, op: number): boolean {
    return this.lastOp() === op && this.lastWord(1) === slot;
  }

  // ---- operand stack ----

  /** Pushes an operand and returns its register. */
  push(type: t.ValType): number {
    return this.#push(type);
  }
  pushLocal(type: t.ValType, slot: number): void {
    this.#push(type);
    this.#what[this.height - 1] = LOCAL;
    this.#low[this.height - 1] = slot;
    this.#name(slot);
  }
  pushConst(type: t.ValType, low: number, high: number): void {
    this.#push(type);
    this.#what[this.height - 1] = CONST;
    this.#low[this.height - 1] = low;
    this.#high[this.height - 1] = high;
  }
  /** Pushes `base + k` as an i32 that is only computed when necessary: memory accesses take it as it is. */
  pushSum(base: number, k: number): void {
    this.#push(t.I32);
    this.#what[this.height - 1] = SUM;
    this.#low[this.height - 1] = base;
    this.#high[this.height - 1] = k;
    if (base < this.#firstConstant) this.#name(base);
  }
  isSum(below: number): boolean {
    return this.#what[this.height - 1 - below] === SUM;
  }
  #push(type: t.ValType): number {
    const at = this.height++;
    if (at === this.#what.length) this.#growStack();
    const slot = this.nextSlot;
    this.#what[at] = SLOT;
    this.#types[at] = type;
    this.#slots[at] = slot;
    this.nextSlot = slot + registersOf(type);
    if (this.nextSlot > this.frameSize) this.frameSize = this.nextSlot;
    if (type >= 0) this.usesReferences = true;
    return slot;
  }
  #growStack(): void {
    const bytes = new Uint8Array(this.#what.length * 2);
    bytes.set(this.#what);
    this.#what = bytes;
    const grow = (old: Int32Array): Int32Array => {
      const larger = new Int32Array(bytes.length);
      larger.set(old);
      return larger;
    };
    this.#low = grow(this.#low);
    this.#high = grow(this.#high);
    this.#types = grow(this.#types);
    this.#slots = grow(this.#slots);
    this.#above = grow(this.#above);
    this.#below = grow(this.#below);
  }
  /** Returns the type of the operand `below` places under the top. */
  typeAt(below: number): t.ValType {
    return this.#types[this.height - 1 - below]!;
  }
  isConst(below: number): boolean {
    return this.#what[this.height - 1 - below] === CONST;
  }
  /** Returns the low word of a constant operand or the base register of a sum; constHigh the high word or the constant. */
  constLow(below: number): number {
    return this.#low[this.height - 1 - below]!;
  }
  constHigh(below: number): number {
    return this.#high[this.height - 1 - below]!;
  }
  /** Whether the operand's register is a temporary, not a local or constant. */
  isTemporary(below: number): boolean {
    return this.#what[this.height - 1 - below] === SLOT;
  }
  /** Returns the operand's place on the stack, whether or not it has been stored there. */
  slotAt(below: number): number {
    return this.#slots[this.height - 1 - below]!;
  }
  drop(count = 1): void {
    for (let i = 0; i < count; i++) {
      const at = --this.height;
      if (this.#mayName(at)) this.#unname(at);
    }
    if (count > 0) this.nextSlot = this.#slots[this.height]!;
  }
  /** Returns the register that holds the operand; a constant is put into its place first. Does not pop. */
  operand(below: number): number {
    const at = this.height - 1 - below;
    switch (this.#what[at]) {
      case LOCAL:
        return this.#low[at]!;
      case CONST: {
        const slot = this.loopDepth > 0 ? this.#constantRegister(at) : -1;
        if (slot >= 0) return slot;
        this.#materializeAt(at);
        return this.#slots[at]!;
      }
      case SUM:
        this.#materializeAt(at);
        return this.#slots[at]!;
      default:
        return this.#slots[at]!;
    }
  }
  /** Returns the register that the function's entry fills with this constant, or -1 if all are taken. */
  #constantRegister(at: number): number {
    const { constants } = this;
    const type = this.#types[at]!;
    for (let i = 0; i < constants.length; i += 3) {
      if (constants[i] === type && constants[i + 1] === this.#low[at] && constants[i + 2] === this.#high[at]) {
        return this.#firstConstant + i / 3;
      }
    }
    if (constants.length / 3 >= this.#constantSlots || type === t.V128) return -1;
    constants.push(type, this.#low[at]!, this.#high[at]!);
    return this.#firstConstant + constants.length / 3 - 1;
  }
  /** Emits the code of the function's entry that fills the constants' registers. */
  emitConstants(): void {
    const { constants } = this;
    for (let i = 0; i < constants.length; i += 3) {
      this.reserve(64);
      this.#emitConstant(constants[i]!, this.#firstConstant + i / 3, constants[i + 1]!, constants[i + 2]!);
    }
  }
  #emitConstant(type: t.ValType, slot: number, low: number, high: number): void {
    if (type === t.I64) this.emit(OP.const_64, slot, low, high);
    else if (type === t.F64) this.emit(OP.const_f, slot, low, high);
    else this.emit(OP.const_32, slot, low);
  }
  /** Pops one operand and returns the register that holds it. */
  pop(): number {
    const slot = this.operand(0);
    this.drop();
    return slot;
  }
  /** Stores the operand in its own place. */
  materialize(below: number): void {
    const at = this.height - 1 - below;
    if (this.#what[at] !== SLOT) this.#materializeAt(at);
  }
  /** Stores the topmost `count` operands in their places. */
  materializeTop(count: number): void {
    for (let below = count - 1; below >= 0; below--) this.materialize(below);
  }
  #materializeAt(at: number): void {
    const slot = this.#slots[at]!;
    this.#writeTo(at, slot);
    if (this.#mayName(at)) this.#unname(at);
    this.#what[at] = SLOT;
  }
  #writeTo(at: number, slot: number): void {
    const type = this.#types[at]!;
    const low = this.#low[at]!;
    switch (this.#what[at]) {
      case CONST:
        this.#emitConstant(type, slot, low, this.#high[at]!);
        return;
      case LOCAL:
        this.move(type, slot, low);
        return;
      case SUM:
        this.emit(OP.i32_add_k, slot, low, this.#high[at]);
        return;
      default:
        this.move(type, slot, this.#slots[at]!);
    }
  }
  /** Copies the operand to a register; its place on the stack is unchanged. */
  copyTo(below: number, slot: number): void {
    this.#writeTo(this.height - 1 - below, slot);
  }
  move(type: t.ValType, to: number, from: number): void {
    if (to === from) return;
    const op = type >= 0 ? OP.mov_ref : MOVES[type]!;
    if (op !== this.lastOp() || (op !== OP.mov_32 && op !== OP.mov_64)) {
      this.emit(op, to, from);
      return;
    }
    const firstTo = this.lastWord(1);
    const firstFrom = this.lastWord(2);
    this.undo();
    this.emit(op === OP.mov_32 ? OP.mov_32_2 : OP.mov_64_2, firstTo, firstFrom, to, from);
  }
  /** Called before a local changes: operands that name it are stored with its present value, the lowest first. */
  materializeLocal(slot: number): void {
    let at = this.#topmost[slot]!;
    if (at < 0) return;
    while (this.#below[at]! >= 0) at = this.#below[at]!;
    while (at >= 0) {
      const next = this.#above[at]!;
      this.#materializeAt(at);
      at = next;
    }
  }
  /** Called before a block: operands below must not name locals, which the block may change on one of its paths only. */
  materializeLocals(): void {
    for (let at = 0; at < this.height; at++) {
      if (this.#mayName(at)) this.#materializeAt(at);
    }
  }
  /** Whether an operand below the top names the local. */
  localIsPending(slot: number): boolean {
    const topmost = this.#topmost[slot]!;
    return topmost >= 0 && (topmost < this.height - 1 || this.#below[topmost]! >= 0);
  }
  /** Whether the operand names a register, a local's or another's. */
  #mayName(at: number): boolean {
    const what = this.#what[at];
    return what === LOCAL || what === SUM;
  }
  /** Makes the top operand a name of the local. */
  #name(slot: number): void {
    const at = this.height - 1;
    const below = this.#topmost[slot]!;
    this.#above[at] = -1;
    this.#below[at] = below;
    if (below >= 0) this.#above[below] = at;
    this.#topmost[slot] = at;
  }
  #unname(at: number): void {
    const slot = this.#low[at]!;
    if (slot >= this.#firstConstant) return;
    const above = this.#above[at]!;
    const below = this.#below[at]!;
    if (below >= 0) this.#above[below] = above;
    if (above >= 0) this.#below[above] = below;
    else this.#topmost[slot] = below;
  }

  /** Pops the top operand into a local. If the last operation has just computed it, that operation writes the local itself. */
  popToLocal(type: t.ValType, local: number): void {
    const slot = this.slotAt(0);
    const temporary = this.isTemporary(0);
    if (this.localIsPending(local)) {
      if (!temporary) this.materialize(0);
      this.drop();
      this.materializeLocal(local);
      this.move(type, local, slot);
      return;
    }
    const last = this.lastOp();
    if (temporary && last >= 0 && WRITES_WORD_1[last] === 1 && this.lastWord(1) === slot) {
      this.out[this.#history[this.#history.length - 1]! + 1] = local;
    } else {
      this.copyTo(0, local);
    }
    this.drop();
  }
}

/** The operations whose first operand word is the register they write; all others must not be redirected. */
const WRITES_WORD_1: Uint8Array = /* @__PURE__ */ (() => {
  const writes = new Uint8Array(WORDS.length).fill(1);
  for (const [name, number] of NUMBER_OF) {
    if (
      /^(fuel|br|call|jump|ret|return|halt|mov_(32|64)_2|switch_back|lazy|unreachable|throw|refs_enter|checkpoint$|global_set|canonical|store|memory_(fill|copy|init)|data_drop|elem_drop|table_(set|fill|copy|init)|ref_as_non_null|ref_cast|struct_set|array_(set|fill|copy|init)|add_k_br)/.test(
        name,
      ) ||
      /store/.test(name) ||
      /^i64_(add128|sub128|mul_wide)/.test(name)
    ) {
      writes[number] = 0;
    }
  }
  return writes;
})();
