// Runs activations: starts the step function, and handles what it returns to its caller for: calls out of the instance, traps, exceptions, lazy
// compilation, time. There is one driver per store. Calls between interpreted instances use the explicit frames too, so an activation can stop
// anywhere.
import { whenCollected } from '../../base/when-collected.js';
import { Block } from '../../runtime/block.js';
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
import { DEPTH, SLICE as FUEL_LEFT } from '../../runtime/meter.js';
import type { Slots } from '../../runtime/slots.js';
import type { Store } from '../../runtime/store.js';
import { LimitError, Trap } from '../../wasm/errors.js';
import { isSubtypeOf } from '../../wasm/subtyping.js';
import { TRAP_BY_NUMBER } from '../../wasm/traps.js';
import {
  Activation,
  runsWith,
  SMALL,
  Stack,
  type StackKeeper,
  stackKeepers,
  takeResults,
  WHOLE,
} from './activation.js';
import { CALLS, CODE, HALT_PC, NO_FUEL, REFERENCES, STATE, SWITCH_BACK_PC } from './code-arena.js';
import { blockAt } from './code-set.js';
import { executionOf, isOutOfFuel, pauseForFuel, waitForWord } from './execution.js';
import { type Driver, type InterpInstance, type Interpreted, isInterpreted } from './interp-instance.js';
import { numbersToRegisters, registersToSlots, registerToNumber, slotsToRegisters } from './objects.js';
import * as OP from './op.gen.js';
import { address } from './ops/handler.js';
import { slice } from './ops/index.js';
import { CALL_SLOW, DONE, FUEL, LAZY, OVERFLOW, RELOAD, SLICE, SWITCH, TRAP_STATUS, WORDS } from './ops.gen.js';
import { Slices, sample } from './slices.js';
import type { ChooseStep, Step } from './step.js';
import { asGuestError, unwind } from './unwinding.js';

/** The returns of the step function between two checkpoints: a loop that leaves it every time never uses up its ticks. */
const EXITS = 32;
/** What a block costs, about: in metered code slices are counted in fuel. */
const UNITS_PER_TICK = 8;

/** The turn of a call that no scheduler runs. */
const ALONE: Turn = { timed: true, awaits: true, blocks: false };

export class InterpDriver implements Driver, StackKeeper {
  readonly #store: Store;
  readonly #registers: Int32Array;
  readonly #step: Step;
  #stack: Stack | undefined;
  #users = 0;
  readonly #slices: Slices;
  /** A deadline also applies while a function is compiled. */
  readonly #checkpoint = (): void => this.#store.meter.checkpoint();

  constructor(store: Store, chooseStep: ChooseStep) {
    this.#store = store;
    this.#registers = store.meter.registers;
    this.#step = chooseStep(store.platform);
    this.#slices = new Slices(store.platform);
  }
  /** Records that a compiled module uses this driver. */
  retain(): void {
    this.#users++;
  }
  /** Gives the stack back, zeroed, with the last compiled module. */
  release(): void {
    if (--this.#users === 0) this.giveUpStack();
  }
  /** An instance ends: nothing here keeps it for the next call. */
  end(instance: InterpInstance): void {
    instance.ended = true;
    if (this.#stack !== undefined) this.#stack.idle = undefined;
  }
  /** Whether nothing runs on its stack. */
  get isIdle(): boolean {
    return this.#stack !== undefined && this.#stack.callTop === this.#stack.calls;
  }
  /** Only called while nothing runs. */
  giveUpStack(): void {
    stackKeepers.delete(this);
    this.#stack?.release();
    this.#stack = undefined;
  }

  invoke(callee: Interpreted, env: ExecEnv, slots: Slots): void {
    this.#callFromOutside(callee, env, slots, 0, 0, 0, 0);
  }
  invokeNumbers(callee: Interpreted, env: ExecEnv, a: number, b: number, c: number, d: number): number | undefined {
    return this.#callFromOutside(callee, env, undefined, a, b, c, d);
  }
  /** @param slots where the arguments are and the results go; undefined: the arguments are these numbers, and the result is returned */
  #callFromOutside(
    callee: Interpreted,
    env: ExecEnv,
    slots: Slots | undefined,
    a: number,
    b: number,
    c: number,
    d: number,
  ): number | undefined {
    const stack = this.#stack ?? this.#newStack();
    const activation = stack.activate(callee, env);
    const { instance } = env;
    const outerReferencesEnd = STATE[5]!;
    const { runsGuest } = env.store;
    stack.innermost = activation;
    env.store.runsGuest = true;
    try {
      if (slots === undefined) numbersToRegisters(callee.signature.params, activation.base, a, b, c, d);
      else slotsToRegisters(slots, callee.signature.params, activation.base);
      this.#enter(activation, callee, activation.base, HALT_PC);
      while (this.#advance(activation, undefined) !== 'done');
      stack.idle = activation;
      const { results } = callee.signature;
      if (slots === undefined) return registerToNumber(results[0], activation.base);
      registersToSlots(slots, results, activation.base);
      return undefined;
    } catch (error) {
      throw asGuestError(error, activation);
    } finally {
      stack.leave(activation);
      env.instance = instance;
      env.store.runsGuest = runsGuest;
      STATE[5] = outerReferencesEnd;
    }
  }
  #newStack(): Stack {
    this.#stack = new Stack();
    stackKeepers.add(this);
    return this.#stack;
  }

  begin(callee: Interpreted, env: ExecEnv, slots: Slots, where: ThreadStack): Execution {
    const own = where === 'same' && this.#stack ? undefined : new Stack(where === 'small' ? SMALL : WHOLE);
    const stack = own ?? this.#stack!;
    const activation = new Activation(callee, env, stack);
    slotsToRegisters(slots, callee.signature.params, activation.base);
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
      const { runsGuest } = env.store;
      this.#stack = stack;
      env.store.runsGuest = true;
      try {
        if (!started) {
          started = true;
          this.#enter(activation, callee, activation.base, HALT_PC);
        }
        this.#resume(activation);
        const outcome = this.#advance(activation, turn);
        if (outcome === 'done') {
          registersToSlots(slots, callee.signature.results, activation.base);
          finish();
        }
        return outcome;
      } catch (error) {
        finish();
        throw asGuestError(error, activation);
      } finally {
        this.#stack = outer;
        env.store.runsGuest = runsGuest;
        STATE[5] = outerReferencesEnd;
      }
    };
    const execution = executionOf(activation, run, finish);
    // A call that waits for what never comes goes when nobody can reach it any more.
    if (own) whenCollected(execution, own.span);
    return execution;
  }

  /** Resumes after what was waited for: puts the results into the frame, or passes the error of a native function to the guest's handlers. */
  #resume(a: Activation): void {
    if (a.block && a.afterBlock) {
      a.afterBlock(a.block);
      a.block = a.afterBlock = undefined;
    }
    if (a.pending === undefined) return;
    a.pending = undefined;
    const { failure, afterPending, again } = a;
    a.again = false;
    a.repeats = again;
    a.failure = undefined;
    a.afterPending = undefined;
    if (failure) unwind(a, failure.error);
    else if (!again) afterPending!();
  }

  /** Runs until the activation ends or, if it is a turn of one that can be resumed, until that is over. */
  #advance(a: Activation, turn: Turn | undefined): TurnEnd {
    const timed = turn?.timed === true;
    const end = this.#slices.end(timed);
    const registers = this.#registers;
    for (;;) {
      slice.end = end;
      STATE[3] = a.registerLimit;
      STATE[4] = a.callLimit;
      STATE[5] = a.stack.referencesEnd;
      a.I.hasGrown = false;
      const ticks = this.#slices.ticks(a);
      const left = registers[FUEL_LEFT]!;
      const { metered } = a.I.instance;
      const units = metered ? Math.min(left, ticks * UNITS_PER_TICK) : ticks;
      const held = metered ? left - units : NO_FUEL;
      STATE[6] = held;
      let status: number;
      try {
        status = this.#step(a.I, a.pc, a.fp, a.sp, units);
        if (metered) registers[FUEL_LEFT] = held + STATE[7]!;
      } catch (error) {
        this.#takeState(a);
        // A bulk instruction charges before it has any effect, so it can run again.
        if (turn && isOutOfFuel(error)) return pauseForFuel(a, error);
        if (++a.exits % EXITS === 0) this.#store.meter.check();
        unwind(a, error);
        if (timed && this.#slices.isOver(a, end)) return 'slice';
        continue;
      }
      this.#takeState(a);
      if (status === DONE) return 'done';
      try {
        if (++a.exits % EXITS === 0) {
          this.#store.meter.check();
          sample(a);
        }
        const outcome = this.#leftStep(a, status, turn);
        if (outcome !== undefined) return outcome;
      } catch (error) {
        // This must not happen after a native function has run, since it would be called again.
        if (turn && status === FUEL && isOutOfFuel(error)) return pauseForFuel(a, error);
        unwind(a, error);
      }
      if (timed && this.#slices.isOver(a, end)) return 'slice';
    }
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
        return this.#endSlice(a, turn, 0);
      case FUEL:
        if (!a.I.instance.metered) return this.#endSlice(a, turn, 0);
        // The block at pc is charged and has not begun: its operation `fuel` is in front of it.
        if (this.#registers[FUEL_LEFT]! >= 0) return this.#endSlice(a, turn, WORDS[OP.fuel]!);
        a.pc -= WORDS[OP.fuel]!;
        meter.slowPath(CODE[a.pc + 1]!);
        a.pc += WORDS[OP.fuel]!;
        return turn ? 'slice' : undefined;
      case RELOAD:
        a.pc += WORDS[CODE[a.pc]!]!;
        return undefined;
      case LAZY:
        return this.#enterOrLeave(a, turn);
      case SWITCH:
        a.I = a.instances.pop()!;
        a.leaveFrame();
        return undefined;
      case CALL_SLOW:
        return this.#call(a, turn);
      case OVERFLOW:
        throw a.overflow();
      default:
        throw new Trap(TRAP_BY_NUMBER.get(status - TRAP_STATUS)!);
    }
  }

  /** Calls an interpreted function whose arguments are in registers from `base` on. */
  #enter(a: Activation, callee: Interpreted, base: number, returnPc: number): void {
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
    a.start(callee.entry);
  }
  /** Handles the beginning of a function that was not called yet, or that another engine runs by now. */
  #enterOrLeave(a: Activation, turn: Turn | undefined): TurnEnd | undefined {
    const index = CODE[a.pc + 1]!;
    const { tier } = a.I;
    if (!tier?.isPromoted(index)) {
      try {
        this.#compileAndEnter(a, index);
        return undefined;
      } catch (error) {
        if (!(error instanceof LimitError && error.limit === 'memoryBytes')) throw error;
        tier?.refuse(index);
        if (!tier?.isPromoted(index)) throw error;
      }
    }
    return this.#callOut(a, a.I.functions[index]!, a.fp, turn, () => a.leaveFrame());
  }
  /** @param charged the length of the operation before pc, if the block at pc is charged instead of it */
  #endSlice(a: Activation, turn: Turn | undefined, charged: number): TurnEnd | undefined {
    this.#store.meter.check();
    if (this.#slices.wasShort(a)) return undefined;
    if (!a.leavesAtLoop) sample(a);
    return this.#leaveAtLoop(a, turn, charged) ?? (turn ? 'slice' : undefined);
  }
  /** A call of a function that the other engine runs by now goes on there, if it is at the head of a loop. */
  #leaveAtLoop(a: Activation, turn: Turn | undefined, charged: number): TurnEnd | undefined {
    if (!a.leavesAtLoop) return undefined;
    const { tier } = a.I;
    const block = tier && blockAt(a.pc);
    const loop = block?.loops.get(a.pc - charged - block.start);
    a.leavesAtLoop = loop === undefined && block !== undefined && tier!.leavesAtLoop(block.index);
    const rest = loop === undefined ? undefined : tier!.enterLoop(block!.index, loop);
    // The rest of the function has handlers of its own: what it throws is the caller's, so the frame stands where no handler is.
    // The other engine charges the block itself.
    if (rest && charged > 0) this.#registers[FUEL_LEFT] = this.#registers[FUEL_LEFT]! + CODE[a.pc - 1]!;
    if (rest) a.pc = block!.set.entries[block!.index]!;
    return rest && this.#callOut(a, rest, a.fp, turn, () => a.leaveFrame());
  }
  /** Compiles the function whose stub was reached, and links its caller to the code from now on. */
  #compileAndEnter(a: Activation, index: number): void {
    const stub = a.pc;
    const entry = a.I.code.compile(index, this.#checkpoint);
    (a.I.functions[index] as Interpreted).entry = entry;
    const call = CALLS[a.sp - 2]! - WORDS[OP.call]!;
    if (call > SWITCH_BACK_PC && CODE[call] === OP.call && CODE[call + 1] === stub) CODE[call + 1] = entry;
    a.start(entry);
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
        return waitForWord(a, turn);
      default:
        return this.#tailCall(a, this.#callee(a, 1), turn);
    }
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
    if (isInterpreted(callee) && runsWith(a, callee)) {
      this.#enter(a, callee, base, returnPc);
      return undefined;
    }
    return this.#callOut(a, callee, base, turn, () => {
      a.pc = returnPc;
    });
  }
  #tailCall(a: Activation, callee: FunctionInstance, turn: Turn | undefined): TurnEnd | undefined {
    if (!(isInterpreted(callee) && runsWith(a, callee))) {
      return this.#callOut(a, callee, a.fp, turn, () => a.leaveFrame());
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
    a.start(callee.entry);
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
    const { meter } = this.#store;
    const { env, stack } = a;
    // Natives that are waited for leave their results while other calls may be using the store's.
    const slots =
      turn?.awaits && callee instanceof NativeFunctionInstance ? a.slotsOfNative(callee) : this.#store.slots;
    registersToSlots(slots, params, base);
    stack.top = base;
    stack.callTop = a.sp;
    const frames = a.depth;
    meter.registers[DEPTH] = meter.registers[DEPTH]! - frames;
    const outer = env.instance;
    env.instance = a.I.instance;
    const finish = (): void => {
      takeResults(a, slots, results, base);
      proceed();
    };
    let pending: Promise<unknown> | Block | undefined;
    const { block, repeats } = a;
    a.block = undefined;
    a.repeats = false;
    env.resumption = block?.state;
    env.canAwait = turn?.awaits ?? false;
    env.canBlock = turn?.blocks ?? false;
    try {
      if (turn && callee instanceof NativeFunctionInstance && !(callee.isAsync && !turn.awaits)) {
        pending = callee.call(env, slots, repeats || block !== undefined);
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
}
