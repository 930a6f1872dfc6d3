// The first pass over a function. It determines the blocks of fuel and their costs by the rules of wasm/fuel.ts, and the kind of each loop. The
// second pass meets blocks, loops and ends in the same order and reads these facts one by one.
import { BLOCK, ControlFlow, FUNCTION, IF, type Label, LOOP, TRY } from '../binary/control-flow.js';
import type { FunctionBody, ValidatedModule } from '../wasm/module.js';
import { type BlockOp, OPCODES } from '../wasm/opcodes.js';
import type { FuncType } from '../wasm/types.js';
import { controlBySlot } from './control-rules.js';
import { DisjointSets } from './disjoint-sets.js';
import { ALLOCATES, addedFlags, CALLS, CHANGES, CONTROL, HOOKED, LEAVES, OP_FLAGS, TRAPS } from './flags.js';
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
/** A catch clause branches to the label: the count must be exact. */
export const EXACT = 2;

const CALL = OPCODES.call.code;
const RETURN_CALL = OPCODES.return_call.code;
const LOOP_CODE = OPCODES.loop.code;

/** The facts about one function. */
export interface FunctionPlan {
  /** Per block of fuel: its cost, shifted, and the BLOCK_ flags. */
  readonly blocks: Int32Array;
  /** Per loop: PLAIN_LOOP or 0. */
  readonly loops: Uint8Array;
  /** Per loop: the bytes of its body if it can be unrolled (unrolling.ts), otherwise 0. */
  readonly loopSizes: Int32Array;
  /** Per loop: the fuel of all blocks inside that belong to no inner loop; this is at least what an iteration uses. */
  readonly loopWeights: Int32Array;
  /** The fuel of all blocks outside loops. To both weights that of silent functions is added (silent-functions.ts). */
  weight: number;
  /** Per label, the function's own first, in the order of their blocks: HAS_ELSE and EXACT. */
  readonly labels: Uint8Array;
  /**
   * Per label: the representative of all labels that the same br_tables lead to. No code can be put before a br_table for one of its targets alone.
   */
  readonly groups: Int32Array;
  /** Per call of a function that the module defines: 1 if the same block of fuel may trap or leave after the call. */
  readonly calls: Uint8Array;
  /** The fuel of all blocks except the first and those at the start of loops: the most that can run between two refills. */
  readonly innerCost: number;
  readonly hasCalls: boolean;
  readonly hasHooks: boolean;
  /** The function may catch an exception. */
  readonly hasCatches: boolean;
  /** The count may differ from its global when the function ends. */
  readonly hasHiddenBlocks: boolean;
  /** Some blocks that do not start a loop or the function are left to the next check. */
  readonly hasUnseenBlocks: boolean;
  /** Per call of a function that the module defines: its index, and the innermost loop around it, or -1. */
  readonly callSites: Int32Array;
  /** It calls others than functions that the module defines. */
  readonly callsOut: boolean;
  /** The functions of the module that it calls, those that it tail-calls, and whether it tail-calls a callee that is not known. */
  readonly callees: readonly number[];
  readonly tailCallees: readonly number[];
  readonly tailCallsOut: boolean;
}

interface PlannedLabel extends Label {
  /** Its position in FunctionPlan.labels. */
  readonly position: number;
}

/** Makes the plans of a module's functions, one after another. */
export class Planner {
  readonly #flow: ControlFlow<PlannedLabel>;
  readonly #importedFunctions: number;
  /** The flags that make a block one that leaves. */
  readonly #leaving: number;
  readonly #blocks: number[] = [];
  readonly #loops: number[] = [];
  readonly #loopWeights: number[] = [];
  readonly #loopSizes: number[] = [];
  #weight = 0;
  readonly #calls: number[] = [];
  readonly #callSites: number[] = [];
  #callsOut = false;
  readonly #labels: number[] = [];
  #groups = new DisjointSets();
  #callees = new Set<number>();
  #tailCallees = new Set<number>();
  #tailCallsOut = false;
  #innerCost = 0;
  #hasCalls = false;
  #hasHooks = false;
  #hasCatches = false;
  #hasHiddenBlocks = false;
  #hasUnseenBlocks = false;
  /** The last call of a function of the module in the current block, or -1. */
  #lastCall = -1;

  /** The positions of the open loops in #loops. */
  #openLoops: number[] = [];
  /** Of the innermost plain loop: the position of its label, where its body starts, and whether a br_table leads to its label or out of it. */
  #plainLabel = 0;
  #plainStart = 0;
  #plainEscapes = false;
  /** The position of the open block of fuel in #blocks, or -1; and what its instructions do. */
  #current = -1;
  #flags = 0;

  readonly #added: (slot: number) => number;

  constructor(module: ValidatedModule, { locatesTraps }: InstrumentOptions) {
    this.#added = addedFlags(module);
    this.#flow = new ControlFlow(module);
    this.#leaving = locatesTraps ? LEAVES : LEAVES | TRAPS;
    this.#importedFunctions = module.spaces.importedFunctions;
  }

  /** Plans a function of the module. */
  plan(body: FunctionBody): FunctionPlan {
    this.#blocks.length = this.#loops.length = this.#calls.length = 0;
    this.#labels.length = this.#callSites.length = 0;
    this.#groups = new DisjointSets();
    this.#loopWeights.length = this.#loopSizes.length = this.#weight = 0;
    this.#callees = new Set();
    this.#tailCallees = new Set();
    this.#innerCost = 0;
    this.#callsOut = this.#tailCallsOut = this.#hasCalls = this.#hasHooks = this.#hasCatches = false;
    this.#hasHiddenBlocks = this.#hasUnseenBlocks = false;
    this.#openLoops = [];
    this.#current = -1;
    this.#open(FUNCTION, this.#flow.begin(body));
    this.#openBlock(true);
    while (this.#flow.labels.length > 0) this.#instruction();
    this.#closeBlock();
    return {
      blocks: Int32Array.from(this.#blocks),
      loops: Uint8Array.from(this.#loops),
      loopSizes: Int32Array.from(this.#loopSizes),
      loopWeights: Int32Array.from(this.#loopWeights),
      weight: this.#weight,
      calls: Uint8Array.from(this.#calls),
      callSites: Int32Array.from(this.#callSites),
      callsOut: this.#callsOut,
      labels: this.#labelsByGroup(),
      groups: Int32Array.from(this.#labels, (_, i) => this.#groups.find(i)),
      innerCost: this.#innerCost,
      hasCalls: this.#hasCalls,
      hasHooks: this.#hasHooks,
      hasCatches: this.#hasCatches,
      hasHiddenBlocks: this.#hasHiddenBlocks,
      hasUnseenBlocks: this.#hasUnseenBlocks,
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

  #instruction(): void {
    const flow = this.#flow;
    const slot = flow.next();
    const flags = OP_FLAGS[slot]! | this.#added(slot);
    this.#flags |= flags & CHANGES;
    if ((flags & (LEAVES | TRAPS)) !== 0) this.#leaves(flags);
    if ((flags & CONTROL) === 0) return;
    Planner.#RULES[slot]!(this);
    if (flow.beginsBlock) this.#openBlock(flow.reader.op === LOOP_CODE);
    else if (!flow.reachable) this.#closeBlock();
  }
  #leaves(flags: number): void {
    const { op, index } = this.#flow.reader;
    const isCall = op === CALL && index >= this.#importedFunctions;
    if (isCall) {
      this.#callees.add(index);
      this.#callSites.push(index, this.#openLoops.length === 0 ? -1 : this.#openLoops[this.#openLoops.length - 1]!);
      this.#lastCall = this.#calls.push(0) - 1;
    } else if (op === RETURN_CALL && index >= this.#importedFunctions) this.#tailCallees.add(index);
    else {
      // Functions of the module take the count as an argument; all other callees read the global.
      if (this.#lastCall >= 0) this.#calls[this.#lastCall] = 1;
      else this.#flags |= flags & (LEAVES | TRAPS);
      if ((flags & LEAVES) !== 0) this.#flags |= CHANGES;
      if ((flags & CALLS) !== 0) this.#callsOut = true;
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
    this.#flags = 0;
    this.#lastCall = -1;
    // While the block is open, its entry says whether it begins at a check.
    this.#blocks.push(isCheckPoint ? 1 : 0);
  }
  #closeBlock(): void {
    if (this.#current < 0) return;
    const cost = this.#flow.takeCost();
    const isCheckPoint = this.#blocks[this.#current] === 1;
    const leaves = (this.#flags & this.#leaving) !== 0;
    const seen = leaves || (this.#flags & CHANGES) !== 0;
    const loop = this.#openLoops[this.#openLoops.length - 1];
    if (loop === undefined) this.#weight += cost;
    else this.#loopWeights[loop]! += cost;
    if (!isCheckPoint) this.#innerCost += cost;
    if (this.#lastCall >= 0 || (!leaves && cost > 0)) this.#hasHiddenBlocks = true;
    if (!seen && !isCheckPoint && cost > 0) this.#hasUnseenBlocks = true;
    const bits =
      (leaves ? BLOCK_LEAVES : 0) | ((this.#flags & TRAPS) !== 0 ? BLOCK_TRAPS : 0) | (seen ? BLOCK_SEEN : 0);
    this.#blocks[this.#current] = (cost << BLOCK_COST_SHIFT) | bits;
    this.#current = -1;
  }

  // ---- control ----

  static readonly #RULES = controlBySlot<Planner, BlockOp | 'br_table'>({
    block: (planner) => planner.#open(BLOCK),
    loop: (planner) => planner.#loop(),
    if: (planner) => planner.#open(IF),
    else: (planner) => planner.#else(),
    try: (planner) => planner.#open(TRY),
    catch: (planner) => planner.#catch(),
    catch_all: (planner) => planner.#catch(),
    try_table: (planner) => planner.#tryTable(),
    end: (planner) => planner.#end(),
    delegate: (planner) => planner.#end(),
    br_table: (planner) => planner.#branchTable(),
  });

  #open(kind: number, type: FuncType = this.#flow.blockType(), bits = 0): void {
    const position = this.#labels.push(bits) - 1;
    this.#flow.open({ kind, type, targeted: false, hasElse: false, position });
  }
  #else(): void {
    this.#labels[this.#flow.label(0).position]! |= HAS_ELSE;
  }
  #catch(): void {
    this.#hasCatches = true;
    this.#notPlain();
  }
  #loop(): void {
    // What precedes the loop is not among its blocks.
    this.#closeBlock();
    this.#notPlain();
    const type = this.#flow.blockType();
    this.#open(LOOP, type);
    this.#openLoops.push(this.#loops.length);
    this.#loops.push(type.params.length === 0 ? PLAIN_LOOP : 0);
    this.#loopWeights.push(0);
    this.#loopSizes.push(0);
    this.#plainLabel = this.#labels.length - 1;
    this.#plainStart = this.#flow.reader.pos;
    this.#plainEscapes = false;
  }
  #tryTable(): void {
    const { catchLabels } = this.#flow.reader;
    if (catchLabels.length > 0) {
      this.#hasCatches = true;
      // Landing pads call an added function.
      this.#notPlain();
    }
    for (const depth of catchLabels) this.#labels[this.#flow.label(depth).position]! |= EXACT;
    this.#open(BLOCK);
  }
  #end(): void {
    const { closed, reader } = this.#flow;
    if (closed.kind !== LOOP) return;
    const loop = this.#openLoops.pop()!;
    if (this.#loops[loop] !== PLAIN_LOOP || !closed.targeted || this.#plainEscapes) return;
    this.#loopSizes[loop] = reader.pos - this.#plainStart;
  }
  #branchTable(): void {
    const { labels, labelCount } = this.#flow.reader;
    const first = this.#flow.label(labels[0]!).position;
    for (let i = 0; i <= labelCount; i++) {
      const { position } = this.#flow.label(labels[i]!);
      this.#groups.join(first, position);
      // After an inner loop has ended this says too much of the outer one, which is not plain.
      if (position <= this.#plainLabel) this.#plainEscapes = true;
    }
  }
}
