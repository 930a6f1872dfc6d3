// The first walk over a function: which blocks of fuel it has and what each costs, by the rules of wasm/fuel.ts, and what kind of
// loops it has. The second walk meets blocks, loops and ends in the same order and takes their facts from here, one by one.
import { CodeReader } from '../binary/code-reader.js';
import { endsFuelBlock } from '../wasm/fuel.js';
import type { FunctionBody, Module } from '../wasm/module.js';
import type { FuncType } from '../wasm/types.js';
import { ALLOCATES, CALLS, CONTROL, COSTS, EXPOSED, HOOKED, OP_FLAGS } from './flags.js';

/** What follows the end of a block. */
export const SAME_BLOCK = 0;
export const NEW_BLOCK = 1;
export const DEAD = 2;

/** A loop without calls, hooks and loops inside, and without parameters: its slow path can be moved out of it. */
export const PLAIN_LOOP = 1;

const KIND_BLOCK = 0;
const KIND_LOOP = 1;
const KIND_IF = 2;
const KIND_TRY = 3;

/** Facts of one function, used again for the next. */
export class FunctionPlan {
  readonly reader: CodeReader;
  readonly #module: Module;
  /** Per block of fuel: its cost times two, plus one where the count must be in its global while the block runs. */
  blocks = new Int32Array(256);
  blockCount = 0;
  /** Per loop: PLAIN_LOOP or 0. */
  loops = new Uint8Array(32);
  loopCount = 0;
  /** Per end of a block that is reached by the walk: SAME_BLOCK, NEW_BLOCK or DEAD. */
  ends = new Uint8Array(128);
  endCount = 0;
  /** Fuel of all blocks but the first and those that loops begin with: the most that runs between two refills. */
  innerCost = 0;
  /** The largest cost of a block that a loop begins with. */
  maxLoopCost = 0;
  hasCalls = false;
  hasHooks = false;
  /** Some exception may be caught here. */
  hasCatches = false;
  /** A block that does not keep its count in the global. */
  hasHiddenBlocks = false;
  hasPlainLoops = false;

  // One entry per open label.
  #kinds: number[] = [];
  #branched: boolean[] = [];
  #hasElse: boolean[] = [];
  #loopOf: number[] = [];
  #openLoops: number[] = [];
  #current = -1;
  #cost = 0;
  #flags = 0;
  #reachable = true;

  constructor(module: Module) {
    this.#module = module;
    this.reader = new CodeReader(module.bytes, 0, 0);
  }

  /** Walks over a function of the module. */
  make(body: FunctionBody): void {
    this.blockCount = this.loopCount = this.endCount = 0;
    this.innerCost = this.maxLoopCost = 0;
    this.hasCalls = this.hasHooks = this.hasCatches = this.hasHiddenBlocks = this.hasPlainLoops = false;
    this.#kinds = [KIND_BLOCK];
    this.#branched = [false];
    this.#hasElse = [false];
    this.#loopOf = [-1];
    this.#openLoops = [];
    this.#current = -1;
    this.#reachable = true;
    this.#openBlock(true);
    this.reader.seek(body.code.start, body.code.end);
    this.#walk();
    this.#closeBlock();
    for (let i = 0; i < this.loopCount; i++) if (this.loops[i] === PLAIN_LOOP) this.hasPlainLoops = true;
  }

  #walk(): void {
    const { reader } = this;
    while (this.#kinds.length > 0) {
      const op = this.#reachable ? reader.next() : reader.skipToBlockEnd();
      const flags = OP_FLAGS[op < 0x100 ? op : ((op >>> 16) - 0xfa) * 512 + (op & 0xffff)]!;
      if (this.#reachable) {
        this.#cost += flags & COSTS;
        this.#flags |= flags;
        if ((flags & (CALLS | HOOKED | ALLOCATES)) !== 0) this.#leaves(flags);
      }
      if ((flags & CONTROL) !== 0) this.#control(op);
    }
  }
  #leaves(flags: number): void {
    if ((flags & CALLS) !== 0) this.hasCalls = true;
    if ((flags & HOOKED) !== 0) this.hasHooks = true;
    for (const loop of this.#openLoops) this.loops[loop] = 0;
  }

  // ---- blocks of fuel ----

  #openBlock(isCheckPoint: boolean): void {
    this.#closeBlock();
    if (this.blockCount === this.blocks.length) {
      const larger = new Int32Array(this.blocks.length * 2);
      larger.set(this.blocks);
      this.blocks = larger;
    }
    this.#current = this.blockCount++;
    this.#cost = 0;
    this.#flags = 0;
    // While the block is open its entry says whether it begins at a check.
    this.blocks[this.#current] = isCheckPoint ? 1 : 0;
  }
  #closeBlock(): void {
    if (this.#current < 0) return;
    const isCheckPoint = this.blocks[this.#current] === 1;
    const exposed = (this.#flags & EXPOSED) !== 0;
    if (!isCheckPoint) this.innerCost += this.#cost;
    else if (this.#current > 0 && this.#cost > this.maxLoopCost) this.maxLoopCost = this.#cost;
    if (!exposed && this.#cost > 0) this.hasHiddenBlocks = true;
    this.blocks[this.#current] = this.#cost * 2 + (exposed ? 1 : 0);
    this.#current = -1;
  }
  #dead(): void {
    this.#closeBlock();
    this.#reachable = false;
  }

  // ---- control ----

  #control(op: number): void {
    switch (op) {
      case 0x02: // block
        this.#open(KIND_BLOCK);
        return;
      case 0x03: // loop
        this.#loop();
        return;
      case 0x04: // if
        this.#open(KIND_IF);
        this.#openBlock(false);
        return;
      case 0x05: // else
        this.#hasElse[this.#hasElse.length - 1] = true;
        if (this.#reachable) this.#mark(0);
        this.#openPart();
        return;
      case 0x06: // try
        this.#open(KIND_TRY);
        return;
      case 0x07: // catch
      case 0x19: // catch_all
        this.hasCatches = true;
        for (const loop of this.#openLoops) this.loops[loop] = 0;
        this.#branched[this.#branched.length - 1] = true;
        this.#openPart();
        return;
      case 0x0b: // end
      case 0x18: // delegate
        this.#end();
        return;
      case 0x1f: // try_table
        this.#tryTable();
        return;
      default:
        this.#branch(op);
    }
  }
  #open(kind: number): void {
    this.#kinds.push(kind);
    this.#branched.push(false);
    this.#hasElse.push(false);
    this.#loopOf.push(-1);
  }
  #openPart(): void {
    this.#reachable = true;
    this.#openBlock(false);
  }
  #loop(): void {
    const { reader } = this;
    const params = reader.blockKind === 2 ? (this.#module.types[reader.index]!.composite as FuncType).params.length : 0;
    for (const outer of this.#openLoops) this.loops[outer] = 0;
    if (this.loopCount === this.loops.length) {
      const larger = new Uint8Array(this.loops.length * 2);
      larger.set(this.loops);
      this.loops = larger;
    }
    this.#open(KIND_LOOP);
    this.#loopOf[this.#loopOf.length - 1] = this.loopCount;
    this.#openLoops.push(this.loopCount);
    this.loops[this.loopCount++] = params === 0 ? PLAIN_LOOP : 0;
    this.#openBlock(true);
  }
  #tryTable(): void {
    const { catchKinds, catchLabels } = this.reader;
    if (catchKinds.length > 0) this.hasCatches = true;
    for (const depth of catchLabels) this.#mark(depth);
    // Landing pads call an added function.
    for (const loop of this.#openLoops) if (catchKinds.length > 0) this.loops[loop] = 0;
    this.#open(KIND_BLOCK);
  }
  #mark(depth: number): void {
    this.#branched[this.#branched.length - 1 - depth] = true;
  }
  #end(): void {
    const kind = this.#kinds.pop()!;
    const branched = this.#branched.pop()!;
    const hasElse = this.#hasElse.pop()!;
    if (this.#loopOf.pop()! >= 0) this.#openLoops.pop();
    if (this.#kinds.length === 0) return;
    const merges = kind === KIND_IF || (kind !== KIND_LOOP && branched);
    let what = this.#reachable ? SAME_BLOCK : DEAD;
    if (merges && (this.#reachable || branched || (kind === KIND_IF && !hasElse))) {
      what = NEW_BLOCK;
      this.#openPart();
    }
    if (this.endCount === this.ends.length) {
      const larger = new Uint8Array(this.ends.length * 2);
      larger.set(this.ends);
      this.ends = larger;
    }
    this.ends[this.endCount++] = what;
  }
  #branch(op: number): void {
    const { reader } = this;
    if (endsFuelBlock(op)) {
      this.#mark(reader.index);
      this.#openBlock(false);
      return;
    }
    if (op === 0x0c) this.#mark(reader.index);
    else if (op === 0x0e) for (let i = 0; i <= reader.labelCount; i++) this.#mark(reader.labels[i]!);
    this.#dead();
  }
}
