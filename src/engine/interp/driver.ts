// Runs activations: starts the step function, and handles what it returns to its caller for: calls out of the instance, traps, exceptions, lazy
// compilation, time. There is one driver per store. Calls between interpreted instances use the explicit frames too, so an activation can stop
// anywhere.
import { isStackOverflow } from '../../base/stack-overflow.js';
import { CATCH, CATCH_REF } from '../../binary/code-reader.js';
import { atomicWait, isOfThisThread, WAIT_TIMED_OUT, WAIT_WOKEN } from '../../runtime/atomics.js';
import { Block } from '../../runtime/block.js';
import { WasmException } from '../../runtime/exception.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import {
  CALL_AGAIN,
  type Execution,
  type FunctionInstance,
  NativeFunctionInstance,
  type ThreadStack,
  type Turn,
  type TurnEnd,
} from '../../runtime/function.js';
import { DEPTH } from '../../runtime/meter.js';
import type { Slots } from '../../runtime/slots.js';
import type { Store } from '../../runtime/store.js';
import { EnclasmError, type Frame, LimitError, noteFrames, Trap } from '../../wasm/errors.js';
import { isSubtypeOf } from '../../wasm/subtyping.js';
import { TRAP_BY_NUMBER } from '../../wasm/traps.js';
import type { FuncType } from '../../wasm/types.js';
import {
  BYTES_PER_REGISTER,
  CALLS,
  CODE,
  callSpans,
  F64_REGISTERS,
  growReferences,
  HALT_PC,
  HIGH_WORDS,
  REFERENCES,
  REGISTERS,
  registerSpans,
  STATE,
  SWITCH_BACK_PC,
} from './code-arena.js';
import { blockAt, framesAt } from './code-set.js';
import type { CatchClause } from './compile-function.js';
import { type Driver, InterpFunction, type InterpInstance } from './interp-instance.js';
import { step } from './loop.gen.js';
import { fieldsTo, registersToSlots, slotsToRegisters } from './objects.js';
import { waitOperands } from './ops/atomic.js';
import { address, setInt } from './ops/handler.js';
import { slice } from './ops/index.js';
import { CALL_SLOW, DONE, FUEL, LAZY, OP, OVERFLOW, RELOAD, SLICE, SWITCH, TRAP_STATUS, WORDS } from './ops.gen.js';

/**
 * The backward branches between two checkpoints. Leaving the step function this often also keeps V8 out of its slower on-stack-replacement code
 * (docs/rationale.md).
 */
const TICKS = 50_000;
/** The returns of the step function between two checkpoints: a loop that leaves it every time never uses up its ticks. */
const EXITS = 32;
/** The returns of the step function after which a slice of callAsync ends if the clock stands still. */
const EXITS_PER_SLICE = 1_024;
/** The returns between two readings of the clock in such a slice: native functions that take long are few. */
const EXITS_PER_CHECKPOINT = 8;
/** The milliseconds after which a slice of callAsync ends if native functions and bulk instructions take longer than backward branches. */
const MS_PER_SLICE = 4;
/** Registers and call words of a stack: 64 whole ones, or 1,024 of spawned threads, fit the arenas. */
const WHOLE = { registers: 1 << 17, callWords: 1 << 15 };
const SMALL = { registers: 1 << 13, callWords: 1 << 12 };
const MAX_TRACE = 100;
const NANOSECONDS_PER_MS = 1e6;

/** The turn of a call that nobody schedules. */
const ALONE: Turn = { timed: true, awaits: true, blocks: false };

/** The drivers that keep a stack although nothing runs on it. A driver that finds the arena full takes these stacks. */
const idleDrivers = new Set<InterpDriver>();

/** A span of the register and call arenas that the activations of one thread of execution share, nested ones above outer ones. */
class Stack {
  readonly registers: number;
  readonly registersEnd: number;
  readonly calls: number;
  readonly callsEnd: number;
  /** The first free register and call word. */
  top: number;
  callTop: number;
  /** The innermost of the activations on this stack, which call each other through native functions. */
  innermost: Activation | undefined = undefined;
  /** The end of the references in use. Each stack records its own end, since other stacks are paused above and below it. */
  referencesEnd: number;

  constructor(size = WHOLE) {
    let registers = registerSpans.take(size.registers);
    for (const driver of idleDrivers) {
      if (registers >= 0) break;
      driver.giveUpStack();
      registers = registerSpans.take(size.registers);
    }
    this.registers = registers;
    this.calls = callSpans.take(size.callWords);
    if (this.registers < 0 || this.calls < 0) {
      if (this.registers >= 0) registerSpans.give(this.registers, size.registers);
      if (this.calls >= 0) callSpans.give(this.calls, size.callWords);
      throw new LimitError('stackBytes', size.registers * BYTES_PER_REGISTER, 'too many runtimes or calls are alive');
    }
    this.registersEnd = this.registers + size.registers;
    this.callsEnd = this.calls + size.callWords;
    this.top = this.registers;
    this.callTop = this.calls;
    this.referencesEnd = this.registers;
  }
  /** Makes room for references up to `end`. */
  holdReferences(end: number): void {
    growReferences(end);
    if (this.referencesEnd < end) this.referencesEnd = end;
  }
  /** Clears references from `start` on, so that the garbage collector can free what they held. */
  dropReferences(start: number): void {
    for (let i = start; i < this.referencesEnd; i++) REFERENCES[i] = null;
    if (this.referencesEnd > start) this.referencesEnd = start;
  }
  /** A call on it has ended: those around it go on. */
  leave({ base, callBase, outer }: Activation): void {
    this.innermost = outer;
    this.top = base;
    this.callTop = callBase;
    this.dropReferences(base);
  }
  release(): void {
    this.dropReferences(this.registers);
    REGISTERS.fill(0, this.registers, this.registersEnd);
    HIGH_WORDS.fill(0, this.registers, this.registersEnd);
    F64_REGISTERS.fill(0, this.registers, this.registersEnd);
    CALLS.fill(0, this.calls, this.callsEnd);
    registerSpans.give(this.registers, this.registersEnd - this.registers);
    callSpans.give(this.calls, this.callsEnd - this.calls);
  }
}

/** One call from outside that is in progress. */
class Activation {
  readonly env: ExecEnv;
  readonly stack: Stack;
  readonly callee: InterpFunction;
  /** The first register: arguments, then results. */
  readonly base: number;
  readonly callBase: number;
  readonly registerLimit: number;
  /** The limit in bytes that registerLimit enforces: `limits.stackBytes`, or the exec env's. */
  readonly stackBytes: number | undefined;
  /** The activation whose native function made this call. */
  readonly outer: Activation | undefined;
  /** The register from which this instance's limit counts: the base of the outermost of its activations, since native functions may call back. */
  readonly stackBase: number;
  /** The register from which the limit of the exec env counts. */
  readonly envBase: number;
  /** Where the call words end for as many functions as may nest, not counting calls to other instances. */
  readonly #depthEnd: number;
  I: InterpInstance;
  pc: number;
  fp: number;
  sp: number;
  /** The instances of the callers, for calls that went to another instance. */
  readonly instances: InterpInstance[] = [];
  exits = 0;
  /** The promise of an async native function, and how to continue when it is settled. */
  pending: Promise<void> | undefined = undefined;
  afterPending: (() => void) | undefined = undefined;
  /** The native function must be called once more: its arguments and pc are unchanged. */
  again = false;
  /** What the call waits for, and what to do when that is over; without the latter the native that blocked is called again. */
  block: Block | undefined = undefined;
  afterBlock: ((block: Block) => void) | undefined = undefined;
  failure: { readonly error: unknown } | undefined = undefined;
  outOfFuel: LimitError | undefined = undefined;

  constructor(callee: InterpFunction, env: ExecEnv, stack: Stack, slots: Slots) {
    const { params } = callee.signature;
    this.callee = callee;
    this.env = env;
    this.stack = stack;
    this.base = stack.top;
    this.callBase = stack.callTop;
    this.outer = stack.innermost;
    this.stackBase = this.#outermostBase((a) => (a.callee.owner === callee.owner ? a.stackBase : undefined));
    this.envBase = this.#outermostBase((a) => (a.env === env ? a.envBase : undefined));
    const around = this.outer?.registerLimit ?? stack.registersEnd;
    const { end, bytes } = this.#ownLimit();
    this.registerLimit = Math.min(around, end);
    this.stackBytes = bytes !== undefined && end <= around ? bytes : (this.outer?.stackBytes ?? bytes);
    const depth = env.store.meter.registers[DEPTH]!;
    this.#depthEnd = this.callBase + 2 * Math.max(0, depth);
    if (this.callBase + 4 > stack.callsEnd || depth <= 0) throw env.store.meter.depthExhausted();
    if (params.length > 0) {
      if (this.base + 2 * params.length > stack.registersEnd) throw env.store.meter.depthExhausted();
      if (params.some((type) => type >= 0)) stack.holdReferences(this.base + 2 * params.length);
      slotsToRegisters(slots, params, this.base);
    }
    this.I = callee.owner;
    this.I.enter();
    this.sp = this.callBase;
    this.fp = this.base;
    this.pc = HALT_PC;
  }
  #outermostBase(baseOf: (a: Activation) => number | undefined): number {
    for (let a = this.outer; a; a = a.outer) {
      const base = baseOf(a);
      if (base !== undefined) return base;
    }
    return this.base;
  }
  /** Returns the nearer of the ends that `limits.stackBytes` and the exec env set; without bytes, the end of the stack. */
  #ownLimit(): { readonly end: number; readonly bytes: number | undefined } {
    const { stackBytes } = this.callee.owner.instance.limits;
    const { stackSize } = this.env;
    const endOf = (base: number, bytes: number | undefined): number =>
      bytes === undefined ? this.stack.registersEnd : base + Math.floor(bytes / BYTES_PER_REGISTER);
    const end = endOf(this.stackBase, stackBytes);
    const envEnd = endOf(this.envBase, stackSize || undefined);
    return envEnd < end ? { end: envEnd, bytes: stackSize } : { end, bytes: stackBytes };
  }
  /** No call may start here or above. The mark of a call to another instance is not a function and does not count. */
  get callLimit(): number {
    return Math.min(this.stack.callsEnd, this.#depthEnd + 2 * this.instances.length);
  }
  /** The number of functions that are running. */
  get depth(): number {
    return (this.sp - this.callBase) / 2 - this.instances.length;
  }
}

export class InterpDriver implements Driver {
  readonly #store: Store;
  #stack: Stack | undefined;
  #users = 0;
  /** A deadline also applies while a function is compiled. */
  readonly #checkpoint = (): void => this.#store.meter.checkpoint();

  constructor(store: Store) {
    this.#store = store;
  }
  /** Records that a compiled module uses this driver. */
  retain(): void {
    this.#users++;
  }
  /** Gives the stack back, zeroed, with the last compiled module. */
  release(): void {
    if (--this.#users === 0) this.giveUpStack();
  }
  /** Only called while nothing runs. */
  giveUpStack(): void {
    idleDrivers.delete(this);
    this.#stack?.release();
    this.#stack = undefined;
  }

  invoke(callee: InterpFunction, env: ExecEnv, slots: Slots): void {
    this.#stack ??= new Stack();
    const stack = this.#stack;
    const outermost = stack.callTop === stack.calls;
    if (outermost) idleDrivers.delete(this);
    const activation = new Activation(callee, env, stack, slots);
    const { instance } = env;
    const outerReferencesEnd = STATE[5]!;
    stack.innermost = activation;
    try {
      this.#enter(activation, callee, activation.base, HALT_PC);
      while (this.#advance(activation, undefined) !== 'done');
      registersToSlots(slots, callee.signature.results, activation.base);
    } catch (error) {
      throw this.#asGuestError(error, activation);
    } finally {
      stack.leave(activation);
      env.instance = instance;
      STATE[5] = outerReferencesEnd;
      if (outermost) idleDrivers.add(this);
    }
  }

  begin(callee: InterpFunction, env: ExecEnv, slots: Slots, where: ThreadStack): Execution {
    const own = where === 'same' && this.#stack ? undefined : new Stack(where === 'small' ? SMALL : WHOLE);
    const stack = own ?? this.#stack!;
    const activation = new Activation(callee, env, stack, slots);
    stack.innermost = activation;
    const { instance } = env;
    let alive = true;
    const finish = (): void => {
      if (!alive) return;
      alive = false;
      activation.block?.cancel();
      env.instance = instance;
      if (own) own.release();
      else stack.leave(activation);
    };
    let started = false;
    const run = (turn = ALONE): TurnEnd => {
      if (activation.block?.waits) return 'blocked';
      const outer = this.#stack;
      const outerReferencesEnd = STATE[5]!;
      this.#stack = stack;
      try {
        if (!started) {
          started = true;
          this.#enter(activation, callee, activation.base, HALT_PC);
        }
        this.#settle(activation);
        const outcome = this.#advance(activation, turn);
        if (outcome === 'done') {
          registersToSlots(slots, callee.signature.results, activation.base);
          finish();
        }
        return outcome;
      } catch (error) {
        finish();
        throw this.#asGuestError(error, activation);
      } finally {
        this.#stack = outer;
        STATE[5] = outerReferencesEnd;
      }
    };
    const frames = (): Frame[] => this.#frames(activation);
    return {
      run,
      get pending() {
        return activation.pending;
      },
      get block() {
        return activation.block;
      },
      get outOfFuel() {
        const error = activation.outOfFuel;
        if (error) noteFrames(error, frames);
        return error;
      },
      frames,
      cancel: finish,
      runsIn: (owner) => activation.I.instance === owner || activation.instances.some((one) => one.instance === owner),
    };
  }

  /** Resumes after what was waited for: puts the results into the frame, or passes the error of a native function to the guest's handlers. */
  #settle(a: Activation): void {
    if (a.block && a.afterBlock) {
      a.afterBlock(a.block);
      a.block = a.afterBlock = undefined;
    }
    if (a.pending === undefined) return;
    a.pending = undefined;
    const { failure, afterPending, again } = a;
    a.again = false;
    a.failure = undefined;
    a.afterPending = undefined;
    if (failure) this.#unwind(a, failure.error);
    else if (!again) afterPending!();
  }

  /** Runs until the activation ends or, if it is a turn of one that can be resumed, until that is over. */
  #advance(a: Activation, turn: Turn | undefined): TurnEnd {
    const timed = turn?.timed === true;
    const end = timed ? this.#store.platform.monotonicNow() + MS_PER_SLICE : Number.POSITIVE_INFINITY;
    for (;;) {
      slice.end = end;
      STATE[3] = a.registerLimit;
      STATE[4] = a.callLimit;
      STATE[5] = a.stack.referencesEnd;
      let status: number;
      try {
        status = step(a.I, a.pc, a.fp, a.sp, TICKS);
      } catch (error) {
        this.#takeState(a);
        // A bulk instruction charges before it has any effect, so it can run again.
        if (turn && isOutOfFuel(error)) return pauseForFuel(a, error);
        if (++a.exits % EXITS === 0) this.#store.meter.check();
        this.#unwind(a, error);
        if (timed && this.#isSliceOver(a, end)) return 'slice';
        continue;
      }
      this.#takeState(a);
      if (status === DONE) return 'done';
      try {
        if (++a.exits % EXITS === 0) this.#store.meter.check();
        const outcome = this.#leftStep(a, status, turn);
        if (outcome !== undefined) return outcome;
      } catch (error) {
        // This must not happen after a native function has run, since it would be called again.
        if (turn && status === FUEL && isOutOfFuel(error)) return pauseForFuel(a, error);
        this.#unwind(a, error);
      }
      if (timed && this.#isSliceOver(a, end)) return 'slice';
    }
  }
  #isSliceOver(a: Activation, end: number): boolean {
    if (a.exits % EXITS_PER_SLICE === 0) return true;
    return a.exits % EXITS_PER_CHECKPOINT === 0 && this.#store.platform.monotonicNow() >= end;
  }
  #takeState(a: Activation): void {
    a.pc = STATE[0]!;
    a.fp = STATE[1]!;
    a.sp = STATE[2]!;
    a.stack.referencesEnd = STATE[5]!;
  }

  #leftStep(a: Activation, status: number, turn: Turn | undefined): TurnEnd | undefined {
    const { meter } = this.#store;
    switch (status) {
      case SLICE:
        meter.check();
        return turn ? 'slice' : undefined;
      case FUEL:
        meter.slowPath(CODE[a.pc + 1]!);
        a.pc += WORDS[OP.fuel]!;
        return turn ? 'slice' : undefined;
      case RELOAD:
        a.pc += WORDS[CODE[a.pc]!]!;
        return undefined;
      case LAZY:
        this.#compileAndEnter(a);
        return undefined;
      case SWITCH:
        a.I = a.instances.pop()!;
        this.#return(a);
        return undefined;
      case CALL_SLOW:
        return this.#call(a, turn);
      case OVERFLOW:
        throw this.#overflow(a);
      default:
        throw new Trap(TRAP_BY_NUMBER.get(status - TRAP_STATUS)!);
    }
  }
  #overflow(a: Activation): Error {
    const { stackBytes } = a;
    if (stackBytes !== undefined && a.sp < a.callLimit) return new LimitError('stackBytes', stackBytes);
    return a.sp < a.callLimit ? new Trap('stack-exhausted') : this.#store.meter.depthExhausted();
  }

  /** Calls an interpreted function whose arguments are in registers from `base` on. */
  #enter(a: Activation, callee: InterpFunction, base: number, returnPc: number): void {
    const sameInstance = callee.owner === a.I;
    if (a.sp >= a.callLimit || (!sameInstance && a.sp + 4 > a.stack.callsEnd)) throw this.#store.meter.depthExhausted();
    CALLS[a.sp] = returnPc;
    CALLS[a.sp + 1] = a.fp;
    a.sp += 2;
    if (!sameInstance) {
      CALLS[a.sp] = SWITCH_BACK_PC;
      CALLS[a.sp + 1] = a.fp;
      a.sp += 2;
      a.instances.push(a.I);
      a.I = callee.owner;
      a.I.enter();
    }
    a.fp = base;
    this.#start(a, callee.entry);
  }
  /** Prepares the frame at fp for the function at `entry`, as the step function does for its own calls. */
  #start(a: Activation, entry: number): void {
    if (a.fp + CODE[entry - 1]! > a.registerLimit) throw this.#overflow(a);
    const to = a.fp + CODE[entry - 3]!;
    for (let slot = a.fp + CODE[entry - 2]!; slot < to; slot++) {
      REGISTERS[slot] = 0;
      HIGH_WORDS[slot] = 0;
      F64_REGISTERS[slot] = 0;
    }
    a.pc = entry;
  }
  #return(a: Activation): void {
    a.sp -= 2;
    a.pc = CALLS[a.sp]!;
    a.fp = CALLS[a.sp + 1]!;
  }
  /** Handles the stub of a function that was not called yet: compiles it, and links its caller to the code from now on. */
  #compileAndEnter(a: Activation): void {
    const index = CODE[a.pc + 1]!;
    const stub = a.pc;
    const entry = a.I.code.compile(index, this.#checkpoint);
    (a.I.functions[index] as InterpFunction).entry = entry;
    const call = CALLS[a.sp - 2]! - WORDS[OP.call]!;
    if (call > SWITCH_BACK_PC && CODE[call] === OP.call && CODE[call + 1] === stub) CODE[call + 1] = entry;
    this.#start(a, entry);
  }

  // ---- calls out of the step function ----

  #call(a: Activation, turn: Turn | undefined): TurnEnd | undefined {
    const { pc, fp } = a;
    switch (CODE[pc]) {
      case OP.call_import:
        return this.#callAny(a, a.I.functions[CODE[pc + 1]!]!, fp + CODE[pc + 2]!, pc + WORDS[OP.call_import]!, turn);
      case OP.call_indirect:
        return this.#callAny(a, this.#tableElement(a, 3), fp + CODE[pc + 4]!, pc + WORDS[OP.call_indirect]!, turn);
      case OP.call_ref:
        return this.#callAny(a, this.#callee(a, 1), fp + CODE[pc + 2]!, pc + WORDS[OP.call_ref]!, turn);
      case OP.return_call_import:
        return this.#tailCall(a, a.I.functions[CODE[pc + 1]!]!, turn);
      case OP.return_call_indirect:
        return this.#tailCall(a, this.#tableElement(a, 3), turn);
      case OP.atomic_wait:
        return this.#wait(a, turn);
      default:
        return this.#tailCall(a, this.#callee(a, 1), turn);
    }
  }
  /** memory.atomic.wait where the memory holds the expected value. */
  #wait(a: Activation, turn: Turn | undefined): 'blocked' | undefined {
    const { pc, fp } = a;
    const { memory, at, wide, expected, timeout } = waitOperands(a.I, pc, fp);
    if (turn && isOfThisThread(memory)) {
      const ms = timeout < 0n ? Number.POSITIVE_INFINITY : Number(timeout) / NANOSECONDS_PER_MS;
      a.block = new Block({ ms, memory, address: at });
      a.afterBlock = ({ wasNotified }) => {
        setInt(pc, 1, fp, wasNotified ? WAIT_WOKEN : WAIT_TIMED_OUT);
        a.pc = pc + WORDS[OP.atomic_wait]!;
      };
      return 'blocked';
    }
    setInt(pc, 1, fp, atomicWait(this.#store, memory, at, wide, expected, timeout));
    a.pc = pc + WORDS[OP.atomic_wait]!;
    return undefined;
  }
  #callee(a: Activation, k: number): FunctionInstance {
    const value = REFERENCES[a.fp + CODE[a.pc + k]!];
    if (value === null) throw new Trap('null-function-reference');
    return value as FunctionInstance;
  }
  #tableElement(a: Activation, k: number): FunctionInstance {
    const table = a.I.tables[CODE[a.pc + 1]!]!;
    const at = address(a.pc, k, a.fp, table.type.address === 'i64');
    const element = table.elements[at] as FunctionInstance | null | undefined;
    if (element === undefined) throw new Trap('undefined-element');
    if (element === null) throw new Trap('uninitialized-element');
    if (!isSubtypeOf(element.type, a.I.types[CODE[a.pc + 2]!]!)) throw new Trap('indirect-call-type-mismatch');
    return element;
  }
  #callAny(
    a: Activation,
    callee: FunctionInstance,
    base: number,
    returnPc: number,
    turn: Turn | undefined,
  ): TurnEnd | undefined {
    if (callee instanceof InterpFunction && runsWith(a, callee)) {
      this.#enter(a, callee, base, returnPc);
      return undefined;
    }
    return this.#callOut(a, callee, base, turn, () => {
      a.pc = returnPc;
    });
  }
  #tailCall(a: Activation, callee: FunctionInstance, turn: Turn | undefined): TurnEnd | undefined {
    if (!(callee instanceof InterpFunction && runsWith(a, callee))) {
      return this.#callOut(a, callee, a.fp, turn, () => this.#return(a));
    }
    if (callee.owner !== a.I) {
      const returnPc = CALLS[a.sp - 2];
      if (returnPc !== SWITCH_BACK_PC && returnPc !== HALT_PC) {
        if (a.sp + 2 > a.stack.callsEnd) throw this.#store.meter.depthExhausted();
        CALLS[a.sp] = SWITCH_BACK_PC;
        CALLS[a.sp + 1] = a.fp;
        a.sp += 2;
        a.instances.push(a.I);
      }
      a.I = callee.owner;
      a.I.enter();
    }
    this.#start(a, callee.entry);
    return undefined;
  }
  /** Calls a function outside the interpreter: a native function, or another engine's. */
  #callOut(
    a: Activation,
    callee: FunctionInstance,
    base: number,
    turn: Turn | undefined,
    proceed: () => void,
  ): TurnEnd | undefined {
    const { params, results } = callee.signature;
    const { slots, meter } = this.#store;
    const { env, stack } = a;
    registersToSlots(slots, params, base);
    stack.top = base;
    stack.callTop = a.sp;
    const frames = a.depth;
    meter.registers[DEPTH] = meter.registers[DEPTH]! - frames;
    const outer = env.instance;
    env.instance = a.I.instance;
    const finish = (): void => {
      this.#takeResults(a, results, base);
      proceed();
    };
    let pending: Promise<unknown> | Block | undefined;
    const { block } = a;
    a.block = undefined;
    env.resumption = block?.state;
    env.canAwait = turn?.awaits ?? false;
    env.canBlock = turn?.blocks ?? false;
    try {
      if (turn && callee instanceof NativeFunctionInstance && !(callee.isAsync && !turn.awaits)) {
        pending = callee.call(env, slots, block !== undefined);
      } else callee.invoke(env, slots);
    } finally {
      meter.registers[DEPTH] = meter.registers[DEPTH]! + frames;
      env.instance = outer;
    }
    if (pending === undefined) {
      finish();
      return undefined;
    }
    if (pending instanceof Block) {
      a.block = pending;
      return 'blocked';
    }
    a.afterPending = finish;
    a.pending = pending.then(
      (answer) => {
        a.again = answer === CALL_AGAIN;
      },
      (error: unknown) => {
        a.failure = { error };
      },
    );
    return 'await';
  }
  #takeResults({ stack }: Activation, results: FuncType['results'], base: number): void {
    if (results.some((type) => type >= 0)) stack.holdReferences(base + 2 * results.length);
    slotsToRegisters(this.#store.slots, results, base);
  }

  // ---- traps and exceptions ----

  /** Passes an error to the innermost handler of the guest, or throws it with the guest's frames. */
  #unwind(a: Activation, thrown: unknown): void {
    const error = this.#asGuestError(thrown, a);
    if (!(error instanceof WasmException)) {
      if (error instanceof EnclasmError && 'frames' in error) noteFrames(error as Trap, () => this.#frames(a));
      throw error;
    }
    // The frames stay unchanged until a handler is found: if there is none, the trace is made from them.
    let { pc, fp, sp, I } = a;
    let outer = a.instances.length;
    for (;;) {
      const clause = findClause(I, pc, error);
      if (clause) {
        if (this.#store.observations.size > 0) this.#tellUnwound(a, sp);
        a.fp = fp;
        a.sp = sp;
        a.I = I;
        a.instances.length = outer;
        this.#catch(a, clause, error);
        return;
      }
      sp -= 2;
      fp = CALLS[sp + 1]!;
      if (CALLS[sp] === HALT_PC) break;
      if (CALLS[sp] === SWITCH_BACK_PC) I = a.instances[--outer]!;
      // This pc is inside the call operation, since the one after it may already be outside the handler.
      pc = CALLS[sp]! - 1;
    }
    noteFrames(error, () => this.#frames(a));
    throw error;
  }
  /** Tells observers that the functions above a frame have ended. @param below the call words up to that frame */
  #tellUnwound(a: Activation, below: number): void {
    let outer = a.instances.length;
    let I = a.I;
    for (let { pc, sp } = a; sp > below; ) {
      const index = blockAt(pc)?.index;
      if (index !== undefined && I.code.options.observed?.functions) I.instance.observation!.leave(index);
      sp -= 2;
      if (CALLS[sp] === SWITCH_BACK_PC) I = a.instances[--outer]!;
      pc = CALLS[sp]! - 1;
    }
  }
  #catch(a: Activation, clause: CatchClause, error: WasmException): void {
    if (isTagged(clause)) fieldsTo(error.fields, error.tag.params, a.fp + clause.slot);
    if (clause.exceptionSlot >= 0) REFERENCES[a.fp + clause.exceptionSlot] = error;
    a.pc = clause.target;
  }
  /** A JavaScript stack overflow, reached through native functions that call back, counts as the guest's. */
  #asGuestError(error: unknown, a: Activation): unknown {
    if (isStackOverflow(error)) {
      const trap = new Trap('stack-exhausted');
      trap.frames = this.#frames(a);
      return trap;
    }
    return error;
  }
  #frames(a: Activation): Frame[] {
    const pcs: number[] = [];
    let { pc, sp } = a;
    while (pcs.length < MAX_TRACE) {
      if (blockAt(pc)) pcs.push(pc);
      if (sp <= a.callBase) break;
      sp -= 2;
      pc = CALLS[sp]! - 1;
    }
    return framesAt(pcs);
  }
}

/** Whether whoever runs the activation runs the threads of the callee's instance as well, if that has several. */
function runsWith(a: Activation, callee: InterpFunction): boolean {
  const { threads } = callee.owner.instance;
  return threads === undefined || threads === a.callee.owner.instance.threads;
}

const isOutOfFuel = (error: unknown): error is LimitError => error instanceof LimitError && error.limit === 'fuel';

function pauseForFuel(a: Activation, error: LimitError): 'fuel' {
  a.outOfFuel = error;
  return 'fuel';
}

const isTagged = ({ kind }: CatchClause): boolean => kind === CATCH || kind === CATCH_REF;

/** Returns the clause of the innermost handler around pc that catches the exception. */
function findClause(I: InterpInstance, pc: number, error: WasmException): CatchClause | undefined {
  let depthLimit = Number.POSITIVE_INFINITY;
  for (const handler of blockAt(pc)?.handlers ?? []) {
    if (pc < handler.start || pc >= handler.end || handler.depth > depthLimit) continue;
    if (handler.delegateDepth !== undefined) {
      depthLimit = handler.delegateDepth;
      continue;
    }
    for (const clause of handler.clauses) {
      if (!isTagged(clause) || I.instance.tags[clause.tag] === error.tag) return clause;
    }
  }
  return undefined;
}
