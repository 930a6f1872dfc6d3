// One function while the second pass rewrites it: what the rewrite-*.ts share. It joins the copied bytes, the locals, the open labels, the plan of the
// first pass, and the accounting of fuel.
import type { CodeReader } from '../binary/code-reader.js';
import { ControlFlow, type Label as FlowLabel, IF } from '../binary/control-flow.js';
import type { ValidatedModule } from '../wasm/module.js';
import type * as t from '../wasm/types.js';
import { Account, type MergePoint, type PendingAmount } from './account.js';
import type { AddedFunctions } from './added-functions.js';
import type { AddedTypes } from './added-types.js';
import type { Code } from './code-writer.js';
import type { Conventions } from './conventions.js';
import { CopiedSpans } from './copied-spans.js';
import { FunctionLocals } from './function-locals.js';
import { type Places, RESERVE } from './hooks.js';
import type { InstrumentOptions } from './instrument-options.js';
import type { MeterPlaces } from './metering.js';
import { EXACT, type FunctionPlan, HAS_ELSE } from './plan.js';
import type { Unrolling } from './unrolling.js';

/** What the pass over one function shares with the passes over the others. */
export interface Surroundings {
  readonly module: ValidatedModule;
  readonly options: InstrumentOptions;
  readonly places: Places;
  readonly types: AddedTypes;
  readonly added: AddedFunctions;
  readonly plans: readonly FunctionPlan[];
  /** By position, then by loop: how many copies there are of its body. */
  readonly copies: readonly Uint8Array[];
  readonly conventions: Conventions;
  /** Whether a branch of the guest is likely, by its offset, where the guest's compiler has said so. */
  readonly branchHints: ReadonlyMap<number, boolean>;
  readonly memories: readonly t.MemoryType[];
  readonly tables: readonly t.TableType[];
  readonly tags: readonly t.TagType[];
}

/** An open label of the original code. */
export interface Label extends FlowLabel {
  /** The number of emitted blocks around the label's own. */
  readonly position: number;
  /** The cost of the first block of a plain loop that is not unrolled; -1 for any other block. */
  readonly plainCost: number;
  /** The accounting state where the branches to the label merge. */
  readonly mergePoint: MergePoint;
  /** The accounting state at the beginning of an `if`. */
  readonly before: MergePoint | undefined;
}

export class RewrittenFunction {
  /** The largest threshold of any check so far. */
  maxThreshold = RESERVE;
  readonly env: Surroundings;
  readonly flow: ControlFlow<Label>;
  readonly reader: CodeReader;
  readonly code: Code;
  readonly spans: CopiedSpans;
  readonly locals = new FunctionLocals();
  readonly metered: boolean;
  /** The code counts fuel, or at least time. */
  readonly counts: boolean;
  /** It counts how deep calls nest. */
  readonly countsCalls: boolean;
  readonly meter: { -readonly [Key in keyof MeterPlaces]: MeterPlaces[Key] };
  /** The accounting of metered code. */
  readonly account: Account;

  /** Its number in the whole function index space of the original. */
  index = 0;
  plan!: FunctionPlan;
  copies!: Uint8Array;
  /** The loop of which a copy is being written. */
  unrolling: Unrolling | undefined;
  /** The function takes its count, and its depth if that is counted, as parameters, in place of its first locals, and returns the count. */
  inRegisters = false;
  /** The number of open emitted blocks, including the function's own. */
  open = 0;
  nextBlock = 0;
  nextLoop = 0;
  nextCall = 0;
  nextLabel = 0;
  /** The pending amount by group of labels. */
  pendingByGroup: (PendingAmount | undefined)[] = [];
  /** Where the clauses of each open try_table lead, by its label. */
  readonly landings = new Map<Label, readonly Label[]>();
  nests = false;
  usesCount = false;
  wrapped = false;
  /** The local with the bytes of stack left for callees (-1: not counted), and the bytes of this frame. */
  stackLocal = -1;
  frameBytes = 0;
  /** The emitted position of the block that a failed check leaves; -1: none. */
  exhausted = -1;

  constructor(env: Surroundings, code: Code) {
    this.env = env;
    this.code = code;
    this.flow = new ControlFlow(env.module);
    this.reader = this.flow.reader;
    this.spans = new CopiedSpans(this.reader, code);
    this.metered = env.options.metered;
    this.counts = env.options.interruptible;
    this.countsCalls = env.options.countsCalls;
    this.meter = {
      metered: this.metered,
      left: env.places.left,
      depth: env.places.depth,
      count: 0,
      own: 0,
      bound: 0,
      innerCost: 0,
      refill: () => env.added.refill(),
      refillLoop: () => env.added.refillLoop(),
      giveBackAndRefill: () => env.added.giveBackAndRefill(),
      enter: () => env.added.enter(),
    };
    this.account = new Account(code, this.meter);
  }

  /** Records what a check requires. */
  requires(count: number): void {
    this.maxThreshold = Math.max(this.maxThreshold, count);
  }

  /** Passes on what the guest's compiler has said about the current branch, which is written next. */
  keepHint(): void {
    const likely = this.env.branchHints.get(this.reader.start);
    if (likely !== undefined) this.code.hint(likely);
  }

  // ---- labels ----

  /** Opens a label of the original code. @param own what is pending on branches to it, where that is not for its group to say */
  push(kind: number, type: t.FuncType, position = this.open++, plainCost = -1, own?: PendingAmount): void {
    const isIf = kind === IF;
    const amount = own ?? this.nextAmount();
    const bits = this.plan.labels[this.nextLabel++]!;
    const mergePoint = { amount, stored: true };
    const before = isIf ? this.account.save() : undefined;
    const label: Label = { kind, type, targeted: false, hasElse: false, position, plainCost, mergePoint, before };
    this.flow.open(label);
    if (isIf && (bits & HAS_ELSE) === 0) this.mergeAt(label);
  }
  /** The amount that must be pending on branches to the label that is opened next. */
  nextAmount(): PendingAmount {
    const { labels, groups } = this.plan;
    const isExact = (labels[this.nextLabel]! & EXACT) !== 0;
    return (this.pendingByGroup[groups[this.nextLabel]!] ??= { pending: isExact ? 0 : undefined });
  }
  /** Adjusts the pending amount before a branch to what the label requires. */
  mergeAt({ mergePoint }: Label): void {
    if (this.metered) this.account.branchTo(mergePoint);
  }
  /** Returns the emitted depth of a label. */
  depthOf({ position }: Label): number {
    return this.open - 1 - position;
  }
  /** Opens an emitted block that the original does not have, and returns its position. */
  openExtra(params: readonly t.ValType[], results: readonly t.ValType[]): number {
    this.code.op('block');
    this.blockType(params, results);
    return this.open++;
  }
  blockType(params: readonly t.ValType[], results: readonly t.ValType[]): void {
    const { types } = this.env;
    if (params.length === 0) this.code.blockType(results, () => types.index([], results));
    else this.code.s64(BigInt(types.index(params, results)));
  }
}
