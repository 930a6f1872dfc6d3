// The first pass over a function. It determines the blocks of fuel and their costs by the rules of wasm/fuel.ts, and the kind of each loop. The
// second pass meets blocks, loops and ends in the same order and reads these facts one by one.
import { CodeReader } from '../binary/code-reader.js';
import { afterEnd, BLOCK, IF, LOOP, NEW_BLOCK, TRY } from '../wasm/blocks.js';
import { fieldsFuel, frameFuel, STRUCT_NEW_DEFAULT } from '../wasm/fuel.js';
import type { FunctionBody, ValidatedModule } from '../wasm/module.js';
import { slotOf } from '../wasm/opcode-slots.js';
import { OPCODES } from '../wasm/opcodes.js';
import type { FuncType } from '../wasm/types.js';
import { controlBySlot } from './control-rules.js';
import { DisjointSets } from './disjoint-sets.js';
import { ALLOCATES, CALLS, CHANGES, CONTROL, COSTS, HOOKED, LEAVES, OP_FLAGS, TRAPS } from './flags.js';
import type { InstrumentOptions } from './instrument-options.js';

/** A loop without parameters that contains no calls, hooks or loops: its slow path can be moved out of it. */
export const PLAIN_LOOP = 1;

// Flags below a block's cost.
/** The exact count must be in its global before the block's first call of a function of the module. */
export const BLOCK_LEAVES = 1;
/** The block may trap after that call. */
export const BLOCK_TRAPS = 2;
/** Effects of the block are visible outside, so it must not run if it does not fit. Blocks without this flag are left to the next check. */
export const BLOCK_SEEN = 4;
export const BLOCK_COST_SHIFT = 3;

// Flags of a label.
export const HAS_ELSE = 1;
/** A catch clause branches to the label, or it belongs to a loop: the count must be exact. */
export const EXACT = 2;

const CALL = OPCODES.call.code;
const RETURN_CALL = OPCODES.return_call.code;

/** The facts about one function. */
export interface FunctionPlan {
  /** Per block of fuel: its cost, shifted, and the BLOCK_ flags. */
  readonly blocks: Int32Array;
  /** Per loop: PLAIN_LOOP or 0. */
  readonly loops: Uint8Array;
  /** Per loop: the fuel of all blocks inside that belong to no inner loop; this is at least what an iteration uses. */
  readonly loopWeights: Int32Array;
  /** The fuel of all blocks outside loops. */
  readonly weight: number;
  /** Per label, the function's own first, in the order of their blocks: HAS_ELSE and EXACT. */
  readonly labels: Uint8Array;
  /**
   * Per label: the representative of all labels that the same br_tables lead to. No code can be put before a br_table for one of its targets alone.
   */
  readonly groups: Int32Array;
  /** Per end of a block that the pass reaches: SAME_BLOCK, NEW_BLOCK or DEAD. */
  readonly ends: Uint8Array;
  /** Per call of a function that the module defines: 1 if the same block of fuel may trap or leave after the call. */
  readonly calls: Uint8Array;
  /** The fuel of all blocks except the first and those at the start of loops: the most that can run between two refills. */
  readonly innerCost: number;
  /** The largest cost of a block at the start of a loop. */
  readonly maxLoopCost: number;
  readonly hasCalls: boolean;
  readonly hasHooks: boolean;
  /** The function may catch an exception. */
  readonly hasCatches: boolean;
  /** The count may differ from its global when the function ends. */
  readonly hasHiddenBlocks: boolean;
  /** Some blocks that do not start a loop or the function are left to the next check. */
  readonly hasUnseenBlocks: boolean;
  readonly hasPlainLoops: boolean;
  /** The functions of the module that it calls, those that it tail-calls, and whether it tail-calls a callee that is not known. */
  readonly callees: readonly number[];
  readonly tailCallees: readonly number[];
  readonly tailCallsOut: boolean;
}

/** Makes the plans of a module's functions, one after another. */
export class Planner {
  readonly #reader: CodeReader;
  readonly #module: ValidatedModule;
  readonly #importedFunctions: number;
  /** The flags that make a block one that leaves. */
  readonly #leaving: number;
  readonly #blocks: number[] = [];
  readonly #loops: number[] = [];
  readonly #loopWeights: number[] = [];
  #weight = 0;
  readonly #ends: number[] = [];
  readonly #calls: number[] = [];
  readonly #labels: number[] = [];
  #groups = new DisjointSets();
  #callees = new Set<number>();
  #tailCallees = new Set<number>();
  #tailCallsOut = false;
  #innerCost = 0;
  #maxLoopCost = 0;
  #hasCalls = false;
  #hasHooks = false;
  #hasCatches = false;
  #hasHiddenBlocks = false;
  #hasUnseenBlocks = false;
  /** The last call of a function of the module in the current block, or -1. */
  #lastCall = -1;

  // These arrays have one entry per open label.
  #kinds: number[] = [];
  #branched: boolean[] = [];
  /** The position of each open label in #labels. */
  #labelOf: number[] = [];
  #loopOf: number[] = [];
  #openLoops: number[] = [];
  #current = -1;
  #cost = 0;
  #flags = 0;
  #reachable = true;

  constructor(module: ValidatedModule, { locatesTraps }: InstrumentOptions) {
    this.#module = module;
    this.#leaving = locatesTraps ? LEAVES : LEAVES | TRAPS;
    this.#reader = new CodeReader(module.bytes, 0, 0);
    this.#importedFunctions = module.spaces.importedFunctions;
  }

  /** Plans a function of the module. */
  plan(body: FunctionBody): FunctionPlan {
    this.#blocks.length = this.#loops.length = this.#ends.length = this.#calls.length = 0;
    this.#labels.length = 0;
    this.#groups = new DisjointSets();
    this.#loopWeights.length = this.#weight = 0;
    this.#callees = new Set();
    this.#tailCallees = new Set();
    this.#innerCost = this.#maxLoopCost = 0;
    this.#tailCallsOut = this.#hasCalls = this.#hasHooks = this.#hasCatches = false;
    this.#hasHiddenBlocks = this.#hasUnseenBlocks = false;
    this.#kinds = [BLOCK];
    this.#branched = [false];
    this.#labelOf = [0];
    this.#labels.push(0);
    this.#loopOf = [-1];
    this.#openLoops = [];
    this.#current = -1;
    this.#reachable = true;
    this.#openBlock(true);
    this.#cost = frameFuel(this.#module.types[body.typeIndex]!.composite as FuncType, body.locals);
    this.#reader.seek(body.code.start, body.code.end);
    this.#walk();
    this.#closeBlock();
    return {
      blocks: Int32Array.from(this.#blocks),
      loops: Uint8Array.from(this.#loops),
      loopWeights: Int32Array.from(this.#loopWeights),
      weight: this.#weight,
      ends: Uint8Array.from(this.#ends),
      calls: Uint8Array.from(this.#calls),
      labels: this.#labelsByGroup(),
      groups: Int32Array.from(this.#labels, (_, i) => this.#groups.find(i)),
      innerCost: this.#innerCost,
      maxLoopCost: this.#maxLoopCost,
      hasCalls: this.#hasCalls,
      hasHooks: this.#hasHooks,
      hasCatches: this.#hasCatches,
      hasHiddenBlocks: this.#hasHiddenBlocks,
      hasUnseenBlocks: this.#hasUnseenBlocks,
      hasPlainLoops: this.#loops.includes(PLAIN_LOOP),
      callees: [...this.#callees],
      tailCallees: [...this.#tailCallees],
      tailCallsOut: this.#tailCallsOut,
    };
  }

  /** A label that must be exact makes its whole group exact. */
  #labelsByGroup(): Uint8Array {
    const labels = Uint8Array.from(this.#labels);
    labels.forEach((bits, i) => {
      labels[this.#groups.find(i)]! |= bits & EXACT;
    });
    return labels.map((bits, i) => bits | (labels[this.#groups.find(i)]! & EXACT));
  }

  #walk(): void {
    const reader = this.#reader;
    while (this.#kinds.length > 0) {
      const op = this.#reachable ? reader.next() : reader.skipToBlockEnd();
      const slot = slotOf(op);
      const flags = OP_FLAGS[slot]!;
      if (this.#reachable) {
        this.#cost += flags & COSTS;
        if (op === STRUCT_NEW_DEFAULT) this.#cost += fieldsFuel(this.#module.types[reader.index]!);
        this.#flags |= flags & CHANGES;
        if ((flags & (LEAVES | TRAPS)) !== 0) this.#leaves(op, flags);
      }
      if ((flags & CONTROL) !== 0) Planner.#RULES[slot]!(this);
    }
  }
  #leaves(op: number, flags: number): void {
    const { index } = this.#reader;
    const isCall = op === CALL && index >= this.#importedFunctions;
    if (isCall) {
      this.#callees.add(index);
      this.#lastCall = this.#calls.push(0) - 1;
    } else if (op === RETURN_CALL && index >= this.#importedFunctions) this.#tailCallees.add(index);
    else {
      // Functions of the module take the count as an argument; all other callees read the global.
      if (this.#lastCall >= 0) this.#calls[this.#lastCall] = 1;
      else this.#flags |= flags & (LEAVES | TRAPS);
      if ((flags & LEAVES) !== 0) this.#flags |= CHANGES;
      if ((flags & CALLS) !== 0 && (flags & CONTROL) !== 0) this.#tailCallsOut = true;
    }
    if ((flags & (CALLS | HOOKED | ALLOCATES)) === 0) return;
    if ((flags & CALLS) !== 0) this.#hasCalls = true;
    if ((flags & HOOKED) !== 0) this.#hasHooks = true;
    this.#notPlain();
  }
  /** Marks the innermost open loop as not plain. The loops around it lost that property when it began. */
  #notPlain(): void {
    const loop = this.#openLoops[this.#openLoops.length - 1];
    if (loop !== undefined) this.#loops[loop] = 0;
  }

  // ---- blocks of fuel ----

  #openBlock(isCheckPoint: boolean): void {
    this.#closeBlock();
    this.#current = this.#blocks.length;
    this.#cost = 0;
    this.#flags = 0;
    this.#lastCall = -1;
    // While the block is open, its entry says whether it begins at a check.
    this.#blocks.push(isCheckPoint ? 1 : 0);
  }
  #closeBlock(): void {
    if (this.#current < 0) return;
    const isCheckPoint = this.#blocks[this.#current] === 1;
    const leaves = (this.#flags & this.#leaving) !== 0;
    const seen = leaves || (this.#flags & CHANGES) !== 0;
    const loop = this.#openLoops[this.#openLoops.length - 1];
    if (loop === undefined) this.#weight += this.#cost;
    else this.#loopWeights[loop]! += this.#cost;
    if (!isCheckPoint) this.#innerCost += this.#cost;
    else if (this.#current > 0 && this.#cost > this.#maxLoopCost) this.#maxLoopCost = this.#cost;
    if (this.#lastCall >= 0 || (!leaves && this.#cost > 0)) this.#hasHiddenBlocks = true;
    if (!seen && !isCheckPoint && this.#cost > 0) this.#hasUnseenBlocks = true;
    const bits =
      (leaves ? BLOCK_LEAVES : 0) | ((this.#flags & TRAPS) !== 0 ? BLOCK_TRAPS : 0) | (seen ? BLOCK_SEEN : 0);
    this.#blocks[this.#current] = (this.#cost << BLOCK_COST_SHIFT) | bits;
    this.#current = -1;
  }
  #dead(): void {
    this.#closeBlock();
    this.#reachable = false;
  }

  // ---- control ----

  static readonly #RULES = controlBySlot<Planner>({
    block: (planner) => planner.#open(BLOCK),
    loop: (planner) => planner.#loop(),
    if: (planner) => planner.#if(),
    else: (planner) => planner.#else(),
    try: (planner) => planner.#open(TRY),
    catch: (planner) => planner.#catch(),
    catch_all: (planner) => planner.#catch(),
    delegate: (planner) => planner.#end(),
    try_table: (planner) => planner.#tryTable(),
    end: (planner) => planner.#end(),
    br: (planner) => planner.#branch(),
    br_if: (planner) => planner.#branchIf(),
    br_on_null: (planner) => planner.#branchIf(),
    br_on_non_null: (planner) => planner.#branchIf(),
    br_on_cast: (planner) => planner.#branchIf(),
    br_on_cast_fail: (planner) => planner.#branchIf(),
    br_table: (planner) => planner.#branchTable(),
    unreachable: (planner) => planner.#dead(),
    return: (planner) => planner.#dead(),
    return_call: (planner) => planner.#dead(),
    return_call_indirect: (planner) => planner.#dead(),
    return_call_ref: (planner) => planner.#dead(),
    throw: (planner) => planner.#dead(),
    throw_ref: (planner) => planner.#dead(),
    rethrow: (planner) => planner.#dead(),
  });

  #if(): void {
    this.#open(IF);
    this.#openBlock(false);
  }
  #else(): void {
    this.#labels[this.#labelOf[this.#labelOf.length - 1]!]! |= HAS_ELSE;
    if (this.#reachable) this.#mark(0);
    this.#openPart();
  }
  #catch(): void {
    this.#hasCatches = true;
    this.#notPlain();
    this.#branched[this.#branched.length - 1] = true;
    this.#openPart();
  }
  #open(kind: number, bits = 0): void {
    this.#kinds.push(kind);
    this.#branched.push(false);
    this.#labelOf.push(this.#labels.push(bits) - 1);
    this.#loopOf.push(-1);
  }
  #openPart(): void {
    this.#reachable = true;
    this.#openBlock(false);
  }
  #loop(): void {
    const reader = this.#reader;
    const params = reader.blockKind === 2 ? (this.#module.types[reader.index]!.composite as FuncType).params.length : 0;
    this.#notPlain();
    this.#open(LOOP, EXACT);
    this.#loopOf[this.#loopOf.length - 1] = this.#loops.length;
    this.#openLoops.push(this.#loops.length);
    this.#loops.push(params === 0 ? PLAIN_LOOP : 0);
    this.#loopWeights.push(0);
    this.#openBlock(true);
  }
  #tryTable(): void {
    const { catchKinds, catchLabels } = this.#reader;
    if (catchKinds.length > 0) this.#hasCatches = true;
    for (const depth of catchLabels) this.#mark(depth, EXACT);
    // Landing pads call an added function.
    if (catchKinds.length > 0) this.#notPlain();
    this.#open(BLOCK);
  }
  #mark(depth: number, bits = 0): void {
    const position = this.#branched.length - 1 - depth;
    this.#branched[position] = true;
    this.#labels[this.#labelOf[position]!]! |= bits;
  }
  #end(): void {
    const kind = this.#kinds.pop()!;
    const branched = this.#branched.pop()!;
    const hasElse = (this.#labels[this.#labelOf.pop()!]! & HAS_ELSE) !== 0;
    if (this.#loopOf.pop()! >= 0) this.#openLoops.pop();
    if (this.#kinds.length === 0) return;
    const what = afterEnd(kind, branched, hasElse, this.#reachable);
    if (what === NEW_BLOCK) this.#openPart();
    this.#ends.push(what);
  }
  #branch(): void {
    this.#mark(this.#reader.index);
    this.#dead();
  }
  #branchIf(): void {
    this.#mark(this.#reader.index);
    this.#openBlock(false);
  }
  #branchTable(): void {
    const reader = this.#reader;
    const first = this.#labelAt(reader.labels[0]!);
    for (let i = 0; i <= reader.labelCount; i++) {
      this.#mark(reader.labels[i]!);
      this.#groups.join(first, this.#labelAt(reader.labels[i]!));
    }
    this.#dead();
  }
  #labelAt(depth: number): number {
    return this.#labelOf[this.#labelOf.length - 1 - depth]!;
  }
}
