// The second pass over a function. It copies the instructions as spans of bytes and inserts the code that enforces the limits. It accepts validated
// code only and omits dead code. The class is longer than other files because it holds the state of the pass.
import { CATCH, CATCH_ALL_REF, CATCH_REF, type CodeReader } from '../binary/code-reader.js';
import { BLOCK, ControlFlow, type Label as FlowLabel, FUNCTION, IF, LOOP, TRY } from '../binary/control-flow.js';
import { FRAME_BYTES_PER_VALUE } from '../wasm/implementation-limits.js';
import type { FunctionBody, LocalRun, ValidatedModule } from '../wasm/module.js';
import { ARRAY_BYTES, arrayBytes, elementBytes, structBytes } from '../wasm/object-size.js';
import { type BulkOp, type GrowthOp, OPCODES, opcodeRow, type WaitOp } from '../wasm/opcodes.js';
import * as t from '../wasm/types.js';
import { Account, type MergePoint, type PendingAmount } from './account.js';
import type { AddedTypes } from './added-types.js';
import { nanType, writeCanonical } from './canonical-nans.js';
import type { Code } from './code-writer.js';
import { controlBySlot } from './control-rules.js';
import { type Conventions, extendedType } from './conventions.js';
import { writeDepth, writeDepthCheck, writeEntry } from './depth.js';
import { ALLOCATES, CALLS, CONTROL, HOOKED, MAKES_NAN, NAMES_LOCAL, OP_FLAGS, REWRITTEN } from './flags.js';
import { type AddedFunctions, type Places, RESERVE } from './hooks.js';
import type { InstrumentOptions } from './instrument-options.js';
import type { LongBulk, LongBulkOp } from './long-bulk.js';
import {
  type MeterPlaces,
  threshold,
  writeBranchIfNegative,
  writeCharge,
  writeLoopHeader,
  writePlainLoopEnd,
  writePlainLoopHeader,
  writePlainLoopStart,
  writeRefill,
  writeReload,
  writeTick,
} from './metering.js';
import { BLOCK_COST_SHIFT, BLOCK_LEAVES, EXACT, type FunctionPlan, HAS_ELSE, PLAIN_LOOP } from './plan.js';

/** What the pass over one function shares with the passes over the others. */
export interface Surroundings {
  readonly module: ValidatedModule;
  readonly options: InstrumentOptions;
  readonly places: Places;
  readonly types: AddedTypes;
  readonly added: AddedFunctions;
  readonly plans: readonly FunctionPlan[];
  readonly conventions: Conventions;
  readonly memories: readonly t.MemoryType[];
  readonly tables: readonly t.TableType[];
  readonly tags: readonly t.TagType[];
}

/** An open label of the original code. */
interface Label extends FlowLabel {
  /** The number of emitted blocks around the label's own. */
  readonly position: number;
  /** The cost of the first block of a plain loop; -1 for any other block. */
  readonly plainCost: number;
  /** The accounting state where the branches to the label merge. */
  readonly mergePoint: MergePoint;
  /** The accounting state at the beginning of an `if`. */
  readonly before: MergePoint | undefined;
}

/** The spaces that a bulk instruction works on, and where the type of its length comes from. */
interface BulkShape {
  readonly space: 'memories' | 'tables' | undefined;
  /** The length has the address type of the first index, the smaller of both, or i32. */
  readonly length: 'first' | 'both' | 'i32';
  /** A long operation is done in parts, with a checkpoint between them. */
  readonly inPieces: boolean;
}
const IN_ARRAYS: BulkShape = { space: undefined, length: 'i32', inPieces: false };
const BULK_SHAPES: Readonly<Record<BulkOp, BulkShape>> = {
  'memory.fill': { space: 'memories', length: 'first', inPieces: true },
  'memory.copy': { space: 'memories', length: 'both', inPieces: true },
  'memory.init': { space: 'memories', length: 'i32', inPieces: false },
  'table.grow': { space: 'tables', length: 'first', inPieces: false },
  'table.fill': { space: 'tables', length: 'first', inPieces: true },
  'table.copy': { space: 'tables', length: 'both', inPieces: true },
  'table.init': { space: 'tables', length: 'i32', inPieces: false },
  'array.new': IN_ARRAYS,
  'array.new_default': IN_ARRAYS,
  'array.new_data': IN_ARRAYS,
  'array.new_elem': IN_ARRAYS,
  'array.fill': IN_ARRAYS,
  'array.copy': IN_ARRAYS,
  'array.init_data': IN_ARRAYS,
  'array.init_elem': IN_ARRAYS,
};
const LOOP_CODE = OPCODES.loop.code;
const CALL = OPCODES.call.code;
const CALL_INDIRECT = OPCODES.call_indirect.code;
const RETURN_CALL = OPCODES.return_call.code;
const RETURN_CALL_INDIRECT = OPCODES.return_call_indirect.code;
const ARRAY_NEW_FIXED = OPCODES['array.new_fixed'].code;
const WITH_RULES = ALLOCATES | CALLS | CONTROL | HOOKED | MAKES_NAN | NAMES_LOCAL | REWRITTEN;

/** A function in the emitted module, next to its instructions. */
export interface WrittenFunction {
  readonly typeIndex: number;
  readonly locals: readonly LocalRun[];
}

export class FunctionRewriter {
  /** The largest threshold of any check so far. */
  maxThreshold = RESERVE;
  /** Pairs of emitted and original positions of the copied spans; they are recorded only when a trace is requested. */
  trace: number[] | undefined;
  readonly #env: Surroundings;
  readonly #flow: ControlFlow<Label>;
  readonly #reader: CodeReader;
  readonly #code: Code;
  readonly #metered: boolean;
  /** The code counts fuel, or at least time and depth. */
  readonly #counts: boolean;
  readonly #importedFunctions: number;

  /** The current function, and its plan. */
  #index = 0;
  #plan!: FunctionPlan;
  #locals: LocalRun[] = [];
  #localCount = 0;
  #scratch = new Map<t.ValType, number>();
  /** The current function takes its count and depth as parameters, in place of its first two locals, and returns the count. */
  #inRegisters = false;
  /** The index of the first of the two locals that were moved, and their new index. */
  #movedFrom = -1;
  #movedTo: readonly number[] = [];
  /** The number of open emitted blocks, including the function's own. */
  #open = 0;
  #from = 0;
  #nextBlock = 0;
  #nextLoop = 0;
  #nextCall = 0;
  #nextLabel = 0;
  /** The pending amount by group of labels. */
  #pendingByGroup: PendingAmount[] = [];
  #nests = false;
  #usesCount = false;
  #wrapped = false;
  /** The local with the bytes of stack left for callees (-1: not counted), and the bytes of this frame. */
  #stackLocal = -1;
  #frameBytes = 0;
  /** The emitted position of the block that a failed check leaves; -1: none. */
  #exhausted = -1;
  readonly #meter: { -readonly [Key in keyof MeterPlaces]: MeterPlaces[Key] };
  /** The accounting of metered code. */
  readonly account: Account;

  constructor(env: Surroundings, code: Code) {
    this.#env = env;
    this.#code = code;
    this.#flow = new ControlFlow(env.module);
    this.#reader = this.#flow.reader;
    this.#metered = env.options.metered;
    this.#counts = env.options.interruptible;
    this.#importedFunctions = env.module.spaces.importedFunctions;
    this.#meter = {
      metered: this.#metered,
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
    this.account = new Account(code, this.#meter);
  }

  /** Writes the instructions of a function, given by its position among the module's own. */
  write(position: number): WrittenFunction {
    const { module, types, plans, conventions } = this.#env;
    const body = module.functions[position]!;
    this.#plan = plans[position]!;
    this.#inRegisters = conventions.inRegisters[position]!;
    this.#start(body, position);
    this.#from = body.code.start;
    while (this.#flow.labels.length > 0) this.#instruction();
    this.#finish();
    const extended = extendedType(types.funcType(body.typeIndex));
    const typeIndex = this.#inRegisters ? types.index(extended.params, extended.results) : body.typeIndex;
    return { typeIndex, locals: this.#locals };
  }
  /** Writes the instructions of a function's wrapper, which moves the counts between globals and registers. */
  writeWrapper(position: number): WrittenFunction {
    const { module, types, places, conventions } = this.#env;
    const { typeIndex } = module.functions[position]!;
    const code = this.#code;
    types.funcType(typeIndex).params.forEach((_, i) => {
      code.getLocal(i);
    });
    code.getGlobal(places.left);
    code.getGlobal(places.depth);
    code.call(conventions.bodies[position]!);
    code.setGlobal(places.left);
    code.end();
    return { typeIndex, locals: [] };
  }

  // ---- the function's frame ----

  #start(body: FunctionBody, position: number): void {
    const plan = this.#plan;
    const { params, results } = this.#env.types.funcType(body.typeIndex);
    this.#scratch.clear();
    this.#open = 1;
    this.#nextBlock = this.#nextLoop = this.#nextCall = this.#nextLabel = 0;
    this.#nests = this.#counts && (plan.hasCalls || plan.hasCatches);
    this.#usesCount = this.#counts && (this.#metered || this.#nests || plan.loops.length > 0);
    const hasInner = this.#metered && plan.innerCost > 0;
    const storesAtEnd = this.#metered ? plan.hasHiddenBlocks || this.#nests : this.#usesCount;
    const counts = this.#env.options.countsStack;
    this.#wrapped =
      this.#env.options.tellsFunctions || this.#inRegisters || storesAtEnd || hasInner || (counts && this.#nests);
    this.#placeLocals(params.length, body.locals);
    this.#stackLocal = counts ? this.#local(t.I32) : -1;
    this.#frameBytes = counts ? this.#sizeOfFrame(params.length, position) : 0;
    this.#index = this.#importedFunctions + position;
    this.#writeStart(body.code.start);
    this.#exhausted = -1;
    if (hasInner) this.#exhausted = this.#openExtra([]);
    const outermost = this.#wrapped ? this.#openExtra(results) : 0;
    this.#pendingByGroup = [];
    this.#push(FUNCTION, this.#flow.begin(body), outermost);
  }
  /** Returns the bytes of a frame: a share for each local and operand, as in the other modes. */
  #sizeOfFrame(params: number, position: number): number {
    const { functions, functionInfos } = this.#env.module;
    const locals = functions[position]!.locals.reduce((sum, { count }) => sum + count, params);
    return FRAME_BYTES_PER_VALUE * (locals + functionInfos[position]!.maxStack);
  }
  /** Subtracts the frame's bytes from what is left of the stack. A function without calls only compares. */
  #takeFrame(): void {
    const code = this.#code;
    const { stack } = this.#env.places;
    code.getGlobal(stack);
    code.i32(this.#frameBytes);
    code.op('i32.sub');
    code.teeLocal(this.#stackLocal);
    code.i32(0);
    code.op('i32.lt_s');
    code.if();
    code.call(this.#env.added.stackFull());
    code.end();
    if (!this.#nests) return;
    code.getLocal(this.#stackLocal);
    code.setGlobal(stack);
  }
  #giveFrameBack(): void {
    if (this.#stackLocal < 0 || !this.#nests) return;
    this.#code.getLocal(this.#stackLocal);
    this.#code.i32(this.#frameBytes);
    this.#code.op('i32.add');
    this.#code.setGlobal(this.#env.places.stack);
  }
  #placeLocals(params: number, runs: readonly LocalRun[]): void {
    const { options } = this.#env;
    const plan = this.#plan;
    const meter = this.#meter;
    this.#locals = [...runs];
    this.#localCount = params;
    for (const { count } of runs) this.#localCount += count;
    this.#movedFrom = -1;
    if (this.#inRegisters) this.#moveLocals(params);
    else if (this.#counts) {
      meter.count = this.#usesCount ? this.#local(t.I32) : 0;
      meter.own = this.#local(t.I32);
    }
    meter.bound = options.metered && plan.hasPlainLoops ? this.#local(t.I32) : 0;
    meter.innerCost = options.metered ? plan.innerCost : 0;
    const largest = options.metered
      ? threshold(meter, Math.max(plan.maxLoopCost, plan.blocks[0]! >> BLOCK_COST_SHIFT))
      : Math.max(plan.weight, ...plan.loopWeights);
    if (largest > this.maxThreshold) this.maxThreshold = largest;
  }
  /** Renumbers two locals: the two added parameters take the indices of the first two locals, and no other index changes. */
  #moveLocals(params: number): void {
    const moved: t.ValType[] = [];
    while (moved.length < 2 && this.#locals.length > 0) {
      const { count, type } = this.#locals[0]!;
      moved.push(type);
      if (count > 1) this.#locals[0] = { count: count - 1, type };
      else this.#locals.shift();
    }
    this.#localCount += 2 - moved.length;
    this.#meter.count = params;
    this.#meter.own = params + 1;
    this.#movedFrom = params;
    this.#movedTo = moved.map((type) => this.#local(type));
  }
  #local(type: t.ValType): number {
    const last = this.#locals[this.#locals.length - 1];
    if (last?.type === type) this.#locals[this.#locals.length - 1] = { count: last.count + 1, type };
    else this.#locals.push({ count: 1, type });
    return this.#localCount++;
  }
  #scratchLocal(type: t.ValType): number {
    let local = this.#scratch.get(type);
    if (local === undefined) {
      local = this.#local(type);
      this.#scratch.set(type, local);
    }
    return local;
  }
  #writeStart(offset: number): void {
    const code = this.#code;
    const meter = this.#meter;
    const block = this.#plan.blocks[this.#nextBlock++]!;
    if (!this.#counts) return;
    if (!this.#inRegisters) {
      if (this.#usesCount) writeReload(code, meter);
      code.getGlobal(meter.depth);
      code.setLocal(meter.own);
    }
    if (this.#env.options.tellsFunctions) this.#tellEntered();
    if (this.#metered) {
      writeEntry(code, meter, block >> BLOCK_COST_SHIFT);
      this.account.renew(!this.#inRegisters);
      this.account.allowedBlock(this.#env.options.countsStack ? block | BLOCK_LEAVES : block);
      this.account.note(offset);
    } else if (this.#nests) {
      const weight = Math.max(1, this.#plan.weight);
      writeEntry(code, meter, weight);
      writeCharge(code, meter, weight);
    } else writeDepthCheck(code, meter, this.#usesCount);
    if (this.#env.options.countsStack) this.#takeFrame();
    this.#tellPlace(offset);
  }
  // ---- what observers are told ----

  /** Before anything is charged. Code of another instance may hold the counts, so they may change. */
  #tellEntered(): void {
    const code = this.#code;
    const { count, own } = this.#meter;
    if (this.#usesCount) code.getLocal(count);
    else code.getGlobal(this.#meter.left);
    code.getLocal(own);
    code.i32(this.#index);
    code.call(this.#env.added.entered());
    if (this.#usesCount) code.setLocal(count);
    else code.op('drop');
    code.getGlobal(this.#meter.depth);
    code.setLocal(own);
  }
  #tellLeft(): void {
    if (!this.#env.options.tellsFunctions) return;
    const code = this.#code;
    if (this.#metered) this.account.pushExact();
    else code.i32(0);
    code.i32(this.#index);
    code.call(this.#env.added.left());
  }
  #tellPlace(offset: number): void {
    if (!this.#env.options.tellsPlaces) return;
    this.#code.i32(offset);
    this.#code.call(this.#env.added.reached());
  }
  /** Opens an emitted block that the original does not have, and returns its position. */
  #openExtra(results: readonly t.ValType[]): number {
    this.#code.op('block');
    this.#code.blockType(results, () => this.#env.types.index([], results));
    return this.#open++;
  }
  #finish(): void {
    const code = this.#code;
    if (this.#wrapped) {
      code.end();
      this.#writeEpilogue();
    }
    if (this.#exhausted >= 0) {
      code.op('return');
      code.end();
      code.getLocal(this.#meter.count);
      code.call(this.#env.added.exhausted());
      code.op('unreachable');
    }
    code.end();
  }
  #writeEpilogue(): void {
    const plan = this.#plan;
    const code = this.#code;
    const account = this.account;
    if (this.#metered && (this.#nests || plan.hasHooks) && plan.innerCost > 0) {
      account.setPending(0);
      writeRefill(code, this.#meter, RESERVE, 0);
    } else if (this.#metered && plan.hasUnseenBlocks) {
      account.setPending(0);
      code.getLocal(this.#meter.count);
      writeBranchIfNegative(code, 0);
    }
    this.#giveFrameBack();
    this.#tellLeft();
    if (this.#metered) account.pushExact();
    else code.getLocal(this.#meter.count);
    if (!this.#inRegisters) code.setGlobal(this.#meter.left);
  }

  // ---- instructions ----

  #instruction(): void {
    const slot = this.#flow.next();
    const flags = OP_FLAGS[slot]!;
    if ((flags & WITH_RULES) !== 0) this.#rule(slot, flags);
    if (!this.#env.options.tellsPlaces || !this.#flow.beginsPlace) return;
    this.#flushAll();
    this.#tellPlace(this.#reader.pos);
  }
  #rule(slot: number, flags: number): void {
    if ((flags & CONTROL) !== 0) {
      FunctionRewriter.#CONTROL[slot]!(this);
      if (this.#flow.beginsBlock) this.#block();
    } else if ((flags & CALLS) !== 0) this.#call();
    else {
      if ((flags & HOOKED) !== 0) this.#hooked();
      else if ((flags & NAMES_LOCAL) !== 0) this.#localAccess();
      else if ((flags & REWRITTEN) !== 0) this.#truncation();
      if ((flags & ALLOCATES) !== 0 && this.#env.options.chargesObjects) this.#allocated();
      if ((flags & MAKES_NAN) !== 0 && this.#env.options.deterministic) this.#canonical();
    }
  }
  /** Copies the bytes that were not copied yet, up to a position. */
  #flush(to: number): void {
    const from = this.#from;
    if (to > from) {
      this.trace?.push(this.#code.length, from);
      this.#code.raw(this.#reader.bytes, from, to);
    }
    this.#from = this.#reader.pos;
  }
  /** Copies what precedes the instruction; the rule writes the instruction itself. */
  #flushBefore(): void {
    this.#flush(this.#reader.start);
    this.trace?.push(this.#code.length, this.#reader.start);
  }
  /** Copies the instruction, after flushBefore. */
  #copy(): void {
    this.trace?.push(this.#code.length, this.#reader.start);
    this.#code.raw(this.#reader.bytes, this.#reader.start, this.#reader.pos);
  }
  #flushAll(): void {
    this.#flush(this.#reader.pos);
  }

  /** Adjusts the index of a local that was moved; see #moveLocals. */
  #localAccess(): void {
    const { op, index } = this.#reader;
    const moved = index - this.#movedFrom;
    if (this.#movedFrom < 0 || moved < 0 || moved > 1) return;
    this.#flushBefore();
    this.#code.opcode(op);
    this.#code.u32(this.#movedTo[moved]!);
  }
  #call(): void {
    const { op, index } = this.#reader;
    const position = op === CALL ? index - this.#importedFunctions : -1;
    const storesAfter = position >= 0 && this.#plan.calls[this.#nextCall++] === 1;
    const inRegisters = position >= 0 && this.#env.conventions.inRegisters[position];
    if (inRegisters) this.#callInRegisters(position, storesAfter);
    else this.#callOut(position >= 0);
    // This includes the module's own functions, as they may end in a tail call to a function of another instance.
    const foreign = !inRegisters && this.#env.options.linked;
    if (this.#metered && (foreign || this.#plan.innerCost > RESERVE)) this.#ensure();
  }
  #callInRegisters(position: number, storesAfter: boolean): void {
    const code = this.#code;
    const { count, own, left } = this.#meter;
    this.#flushBefore();
    if (this.#metered) this.account.pushExact();
    else code.getLocal(count);
    code.getLocal(own);
    this.trace?.push(code.length, this.#reader.start);
    code.call(this.#env.conventions.bodies[position]!);
    const stores = storesAfter && this.#metered;
    if (stores) {
      code.teeLocal(count);
      code.setGlobal(left);
    } else code.setLocal(count);
    this.account.renew(stores);
    this.account.note(this.#reader.pos);
  }
  /** Calls with the counts in the globals. In metered code the count is already stored, unless the plan did not expect this call to need it. */
  #callOut(unexpected: boolean): void {
    if (this.#reader.op === CALL_INDIRECT) this.#keepIndex();
    if (!this.#counts) return;
    this.#flushBefore();
    if (!this.#metered || unexpected) this.#store();
    writeDepth(this.#code, this.#meter);
    this.#copy();
    this.#reload();
  }
  #store(): void {
    if (this.#metered) this.account.pushExact();
    else this.#code.getLocal(this.#meter.count);
    this.#code.setGlobal(this.#meter.left);
  }
  #reload(): void {
    writeReload(this.#code, this.#meter);
    this.account.renew(true);
    this.account.note(this.#reader.pos);
  }
  /** Keeps the table index of an indirect call, which is on the operand stack. */
  #keepIndex(): void {
    const { tables, places } = this.#env;
    const code = this.#code;
    const wide = tables[this.#reader.index2]!.address === 'i64';
    this.#flush(this.#reader.start);
    this.#from = this.#reader.start;
    const local = this.#scratchLocal(wide ? t.I64 : t.I32);
    code.teeLocal(local);
    if (wide) code.op('i32.wrap_i64');
    code.setGlobal(places.lastIndex);
    code.getLocal(local);
  }
  /** The JavaScript engine's trap does not distinguish NaNs from numbers out of range. */
  #truncation(): void {
    const code = this.#code;
    const single = opcodeRow(this.#reader.name).sig!.startsWith('f');
    this.#flush(this.#reader.start);
    this.#from = this.#reader.start;
    const local = this.#scratchLocal(single ? t.F32 : t.F64);
    code.teeLocal(local);
    code.getLocal(local);
    code.op(single ? 'f32.ne' : 'f64.ne');
    code.if();
    code.call(this.#env.added.invalidConversion());
    code.end();
    code.getLocal(local);
  }
  /** Refills after an operation that may leave less than the reserve. */
  #ensure(): void {
    writeRefill(this.#code, this.#meter, threshold(this.#meter, 0), 0);
  }
  #tailCall(): void {
    const code = this.#code;
    const { op } = this.#reader;
    const { own, depth } = this.#meter;
    if (op === RETURN_CALL_INDIRECT) this.#keepIndex();
    if (!this.#counts) {
      this.#flushAll();
      return;
    }
    this.#flushBefore();
    const position = op === RETURN_CALL ? this.#reader.index - this.#importedFunctions : -1;
    this.#giveFrameBack();
    this.#tellLeft();
    // A tail call replaces this call, so the callee gets this call's depth.
    const allowance = (): void => {
      code.getLocal(own);
      code.i32(1);
      code.op('i32.add');
    };
    if (this.#inRegisters) {
      if (this.#metered) this.account.pushExact();
      else code.getLocal(this.#meter.count);
      allowance();
      code.opcode(op);
      code.u32(this.#env.conventions.bodies[position]!);
    } else {
      this.#store();
      allowance();
      code.setGlobal(depth);
      this.#copy();
    }
  }
  #hooked(): void {
    const { name } = this.#reader;
    if (name in BULK_SHAPES) this.#bulk(name as BulkOp);
    else if (!this.#hookOf(name as WaitOp | GrowthOp)) return;
    if (!this.#metered) return;
    this.#reload();
    if (this.#plan.innerCost > RESERVE) this.#ensure();
  }
  /** @returns false if the instruction must stay as it is */
  #hookOf(name: WaitOp | GrowthOp): boolean {
    const { memories, added } = this.#env;
    const { index } = this.#reader;
    const { address } = memories[index]!;
    if (name === 'memory.grow') {
      this.#flushBefore();
      this.#code.call(added.growMemory(index, address));
      return true;
    }
    if (address !== 'i32') return false;
    this.#wait(name === 'memory.atomic.wait64');
    return true;
  }
  #bulk(name: BulkOp): void {
    const { added, tables } = this.#env;
    const { index, index2 } = this.#reader;
    const code = this.#code;
    const length = this.#lengthType(name);
    if (!this.#counts && name !== 'table.grow' && name !== 'array.init_elem') return;
    this.#flushBefore();
    if (this.#counts) {
      code.call(added.bulk(length, BULK_SHAPES[name].space !== 'memories'));
      if (BULK_SHAPES[name].inPieces) code.call(added.longBulk(this.#longBulk(name as LongBulkOp, length)));
    }
    if (name === 'table.grow') code.call(added.growTable(index, tables[index]!));
    else if (name === 'array.init_elem') {
      this.trace?.push(code.length, this.#reader.start);
      code.call(added.initElements(index, index2));
    } else this.#copy();
  }
  #wait(wide: boolean): void {
    const { offsetLow, offsetHigh, index } = this.#reader;
    this.#flushBefore();
    if (offsetHigh !== 0 || offsetLow < 0) {
      // The added function takes offsets that fit an i32; larger ones are out of bounds of any memory, or nearly.
      this.#copy();
      return;
    }
    this.#code.call(this.#env.added.wait(index, wide, offsetLow));
  }
  #longBulk(name: LongBulkOp, length: t.AddressType): LongBulk {
    const { tables } = this.#env;
    const { index, index2 } = this.#reader;
    const { space, length: from } = BULK_SHAPES[name];
    const spaceAt = (i: number): LongBulk['spaces'][number] => ({ index: i, address: this.#env[space!][i]!.address });
    return {
      name,
      spaces: from === 'both' ? [spaceAt(index), spaceAt(index2)] : [spaceAt(index)],
      length,
      ...(name === 'table.fill' ? { element: tables[index]!.element } : {}),
    };
  }
  /** Returns the type of a bulk instruction's length. */
  #lengthType(name: BulkOp): t.AddressType {
    const { space, length } = BULK_SHAPES[name];
    const { index, index2 } = this.#reader;
    if (space === undefined || length === 'i32') return 'i32';
    const { address } = this.#env[space][index]!;
    return length === 'first'
      ? address
      : address === 'i64' && this.#env[space][index2]!.address === 'i64'
        ? 'i64'
        : 'i32';
  }
  #canonical(): void {
    this.#flushAll();
    const shape = opcodeRow(this.#reader.name).nan!;
    writeCanonical(this.#code, shape, this.#scratchLocal(nanType(shape)));
  }
  /** Charges the new object on the operand stack. */
  #allocated(): void {
    const { op, index, index2 } = this.#reader;
    const { module, added } = this.#env;
    if (this.#from < this.#reader.pos) this.#flushAll();
    const code = this.#code;
    const type = t.refType(index, true);
    const local = this.#scratchLocal(type);
    code.setLocal(local);
    code.getLocal(local);
    const { composite } = module.types[index]!;
    if (composite.kind === 'struct') {
      code.i32(structBytes(composite));
    } else if (composite.kind === 'array') {
      const element = composite.element.type;
      if (op === ARRAY_NEW_FIXED) code.i32(arrayBytes(index2, element));
      else {
        code.getLocal(local);
        code.op('array.len');
        code.i32(elementBytes(element));
        code.op('i32.mul');
        code.i32(ARRAY_BYTES);
        code.op('i32.add');
      }
    }
    code.call(added.newObject());
    code.getLocal(local);
    code.op('ref.as_non_null');
  }

  // ---- control ----

  static readonly #CONTROL = controlBySlot<FunctionRewriter>({
    block: (rewriter) => rewriter.#openBlock(BLOCK),
    try: (rewriter) => rewriter.#openBlock(TRY),
    loop: (rewriter) => rewriter.#loop(),
    if: (rewriter) => rewriter.#if(),
    else: (rewriter) => rewriter.#else(),
    catch: (rewriter) => rewriter.#catch(),
    catch_all: (rewriter) => rewriter.#catch(),
    end: (rewriter) => rewriter.#end(),
    delegate: (rewriter) => rewriter.#delegate(),
    try_table: (rewriter) => rewriter.#tryTable(),
    br: (rewriter) => rewriter.#branch(),
    br_if: (rewriter) => rewriter.#branch(),
    br_on_null: (rewriter) => rewriter.#branch(),
    br_on_non_null: (rewriter) => rewriter.#branch(),
    br_on_cast: (rewriter) => rewriter.#branchOnCast(),
    br_on_cast_fail: (rewriter) => rewriter.#branchOnCast(),
    br_table: (rewriter) => rewriter.#branchTable(),
    return: (rewriter) => rewriter.#return(),
    return_call: (rewriter) => rewriter.#tailCall(),
    return_call_indirect: (rewriter) => rewriter.#tailCall(),
    return_call_ref: (rewriter) => rewriter.#tailCall(),
    unreachable: (rewriter) => rewriter.#flushAll(),
    throw: (rewriter) => rewriter.#flushAll(),
    throw_ref: (rewriter) => rewriter.#flushAll(),
    rethrow: (rewriter) => rewriter.#rethrow(),
  });

  #openBlock(kind: number): void {
    this.#flushAll();
    this.#push(kind, this.#flow.blockType());
  }
  #else(): void {
    this.#part();
    this.account.continueAt(this.#flow.label(0).before!);
  }
  #catch(): void {
    this.#part();
    this.#landed();
  }
  #return(): void {
    const outermost = this.#flow.labels[0]!;
    this.#flushBefore();
    this.#mergeAt(outermost);
    if (this.#wrapped) this.#code.br(this.#depthOf(outermost));
    else this.#code.op('return');
  }
  #if(): void {
    const bits = this.#plan.labels[this.#nextLabel]!;
    this.#flushBefore();
    // Without an `else` a false condition branches to the end, whose pending amount a br_table to the same group may have decided already.
    const amount = this.#pendingByGroup[this.#plan.groups[this.#nextLabel]!];
    if (this.#metered && (bits & HAS_ELSE) === 0) {
      if ((bits & EXACT) !== 0) this.account.setPending(0);
      else if (amount?.pending !== undefined) this.account.setPending(amount.pending);
    }
    this.#copy();
    this.#push(IF, this.#flow.blockType());
  }
  #push(kind: number, type: t.FuncType, position = this.#open++, plainCost = -1): void {
    const { labels, groups } = this.#plan;
    const isIf = kind === IF;
    const group = groups[this.#nextLabel]!;
    const bits = labels[this.#nextLabel++]!;
    const amount = (this.#pendingByGroup[group] ??= { pending: (bits & EXACT) !== 0 ? 0 : undefined });
    const mergePoint = { amount, stored: true };
    const before = isIf ? this.account.save() : undefined;
    const label: Label = { kind, type, targeted: false, hasElse: false, position, plainCost, mergePoint, before };
    this.#flow.open(label);
    if (isIf && (bits & HAS_ELSE) === 0) this.#mergeAt(label);
  }
  /** Adjusts the pending amount before a branch to what the label requires. */
  #mergeAt({ mergePoint }: Label): void {
    if (this.#metered) this.account.branchTo(mergePoint);
  }
  /** Returns the emitted depth of a label. */
  #depthOf({ position }: Label): number {
    return this.#open - 1 - position;
  }
  /** Copies `else` or `catch`, whether or not the code before it is dead. */
  #part(): void {
    if (this.#flow.reached) {
      this.#flush(this.#reader.start);
      this.#mergeAt(this.#flow.label(0));
    }
    this.#from = this.#reader.start;
    this.#flushAll();
  }
  /** Starts a block of fuel that does not begin the function. The check of a loop has covered its first block. */
  #block(): void {
    const block = this.#plan.blocks[this.#nextBlock++]!;
    if (!this.#metered) return;
    if (this.#reader.op === LOOP_CODE) {
      this.account.renew(false);
      this.account.allowedBlock(block);
    } else this.account.innerBlock(block, this.#open - 1 - this.#exhausted);
    this.account.note(this.#reader.pos);
  }
  #loop(): void {
    const code = this.#code;
    const reader = this.#reader;
    const blockType = this.#flow.blockType();
    const weight = Math.max(1, this.#plan.loopWeights[this.#nextLoop]!);
    const plain = this.#plan.loops[this.#nextLoop++] === PLAIN_LOOP;
    const cost = this.#metered ? this.#plan.blocks[this.#nextBlock]! >> BLOCK_COST_SHIFT : weight;
    if (!this.#counts) {
      this.#flushAll();
      this.#push(LOOP, blockType);
      return;
    }
    this.#flushBefore();
    if (this.#metered) this.account.setPending(0);
    if (!plain) {
      this.#copy();
      this.#push(LOOP, blockType);
      if (this.#metered) writeLoopHeader(code, this.#meter, cost);
      else writeTick(code, this.#meter, cost);
      return;
    }
    writePlainLoopStart(code, this.#meter, cost);
    const type = reader.bytes.subarray(reader.start + 1, reader.pos);
    code.op('block');
    code.raw(type);
    code.op('loop');
    code.raw(type);
    code.openEmpty('block');
    code.op('loop');
    code.raw(type);
    this.#open += 3;
    this.#push(LOOP, blockType, this.#open++, cost);
    writePlainLoopHeader(code, this.#meter, cost, 1);
  }
  #end(): void {
    const code = this.#code;
    const label = this.#flow.closed;
    if (this.#flow.reached) this.#flush(this.#reader.start);
    if (label.kind !== LOOP) {
      if (this.#flow.reached) this.#mergeAt(label);
      this.account.continueAt(label.mergePoint);
    }
    if (label.kind === FUNCTION) return;
    this.trace?.push(code.length, this.#reader.start);
    this.#from = this.#reader.pos;
    code.end();
    this.#open--;
    if (label.plainCost >= 0) {
      writePlainLoopEnd(code, this.#meter, label.plainCost);
      this.#open -= 3;
    }
    this.#closeLandings(label);
    this.#afterEnd();
  }
  #afterEnd(): void {
    // Dead code is omitted, but what follows the block must still be valid.
    if (!this.#flow.reachable) this.#code.op('unreachable');
  }
  #delegate(): void {
    const code = this.#code;
    const label = this.#flow.closed;
    if (this.#flow.reached) {
      this.#flush(this.#reader.start);
      this.#mergeAt(label);
    }
    const target = this.#depthOf(this.#flow.label(this.#reader.index)) - 1;
    this.account.continueAt(label.mergePoint);
    this.#from = this.#reader.pos;
    code.op('delegate');
    code.u32(target);
    this.#open--;
    this.#afterEnd();
  }
  /** Writes an instruction whose immediate is a label of the original, and adjusts the pending amount to what the label requires. */
  #branch(): void {
    const { op, index } = this.#reader;
    const label = this.#flow.label(index);
    this.#flushBefore();
    this.#mergeAt(label);
    this.#code.opcode(op);
    this.#code.u32(this.#depthOf(label));
  }
  #branchOnCast(): void {
    const code = this.#code;
    const { op, index, castFlags, heap, heap2 } = this.#reader;
    const label = this.#flow.label(index);
    this.#flushBefore();
    this.#mergeAt(label);
    code.opcode(op);
    code.u8(castFlags);
    code.u32(this.#depthOf(label));
    code.heapType(heap);
    code.heapType(heap2);
  }
  #branchTable(): void {
    const code = this.#code;
    const { labels, labelCount } = this.#reader;
    this.#flushBefore();
    for (const depth of new Set(labels.slice(0, labelCount + 1))) this.#mergeAt(this.#flow.label(depth));
    code.op('br_table');
    code.u32(labelCount);
    for (let i = 0; i <= labelCount; i++) code.u32(this.#depthOf(this.#flow.label(labels[i]!)));
  }
  #rethrow(): void {
    this.#flushBefore();
    this.#code.op('rethrow');
    this.#code.u32(this.#depthOf(this.#flow.label(this.#reader.index)));
  }

  // ---- exceptions ----

  /** Restores the counts in a landing pad: the depth is this function's again, and the fuel is what the callees left. */
  #landed(): void {
    const code = this.#code;
    if (this.#stackLocal >= 0) {
      code.getLocal(this.#stackLocal);
      code.setGlobal(this.#env.places.stack);
    }
    if (this.#counts) code.getLocal(this.#meter.own);
    else code.i32(0);
    code.call(this.#env.added.caught());
    if (this.#metered) code.setLocal(this.#meter.count);
    else code.op('drop');
    this.account.renew(true);
    this.account.note(this.#reader.pos);
  }
  /** By the label of each open try_table: where its clauses lead. */
  readonly #landings = new Map<Label, readonly Label[]>();

  /** Directs every clause to a landing pad of its own: a block around the try_table for each. */
  #tryTable(): void {
    const code = this.#code;
    const reader = this.#reader;
    const kinds = [...reader.catchKinds];
    const tags = [...reader.catchTags];
    const targets = reader.catchLabels.map((depth) => this.#flow.label(depth));
    if (kinds.length === 0) {
      this.#openBlock(BLOCK);
      return;
    }
    const type = this.#flow.blockType();
    this.#flushBefore();
    this.#openTyped(type.params, type.results);
    for (let i = kinds.length - 1; i >= 0; i--) this.#openTyped(type.params, this.#caughtTypes(kinds[i]!, tags[i]!));
    code.op('try_table');
    this.#blockType(type.params, type.results);
    code.u32(kinds.length);
    kinds.forEach((kind, i) => {
      code.u8(kind);
      if (kind === CATCH || kind === CATCH_REF) code.u32(tags[i]!);
      // The block of clause i is the i-th around the try_table.
      code.u32(i);
    });
    this.#push(BLOCK, type);
    this.#landings.set(this.#flow.label(0), targets);
  }
  #openTyped(params: readonly t.ValType[], results: readonly t.ValType[]): void {
    this.#code.op('block');
    this.#blockType(params, results);
    this.#open++;
  }
  #blockType(params: readonly t.ValType[], results: readonly t.ValType[]): void {
    const { types } = this.#env;
    if (params.length === 0) this.#code.blockType(results, () => types.index([], results));
    else this.#code.s64(BigInt(types.index(params, results)));
  }
  #caughtTypes(kind: number, tag: number): readonly t.ValType[] {
    const exception = t.refType(t.HEAP_EXN, false);
    const payload = (): readonly t.ValType[] => this.#env.module.spaces.tagParams(tag);
    if (kind === CATCH) return payload();
    if (kind === CATCH_REF) return [...payload(), exception];
    return kind === CATCH_ALL_REF ? [exception] : [];
  }
  /** Writes what follows the end of a try_table: the branch past the landing pads, and the pads. */
  #closeLandings(label: Label): void {
    const targets = this.#landings.get(label);
    if (targets === undefined) return;
    this.#landings.delete(label);
    const code = this.#code;
    code.br(targets.length);
    for (const target of targets) {
      code.end();
      this.#open--;
      this.#landed();
      code.br(this.#depthOf(target));
    }
    code.end();
    this.#open--;
    this.account.continueAt(label.mergePoint);
    this.account.note(this.#reader.pos);
  }
}
