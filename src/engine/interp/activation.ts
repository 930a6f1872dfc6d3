// One call from outside that is in progress in the interpreter, and the stack that it runs on: where it stands, and what its limits are.
import type { Releasable } from '../../base/when-collected.js';
import type { Block } from '../../runtime/block.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import type { NativeFunctionInstance } from '../../runtime/function.js';
import { DEPTH } from '../../runtime/meter.js';
import { Slots } from '../../runtime/slots.js';
import { LimitError, Trap } from '../../wasm/errors.js';
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
} from './code-arena.js';
import type { InterpInstance, Interpreted } from './interp-instance.js';
import { slotsToRegisters } from './objects.js';
import * as OP from './op.gen.js';
import { WORDS } from './ops.gen.js';

/** Registers and call words of a stack: 64 whole ones, or 1,024 of spawned threads, fit the arenas. */
export const WHOLE = { registers: 1 << 17, callWords: 1 << 15 };
export const SMALL = { registers: 1 << 13, callWords: 1 << 12 };

/** What keeps a stack between calls. Where the arena is full, the stacks on which nothing runs are taken. */
export interface StackKeeper {
  /** Whether nothing runs on its stack. */
  readonly isIdle: boolean;
  giveUpStack(): void;
}
export const stackKeepers = new Set<StackKeeper>();

/** What a stack takes of the arenas. It does not lead to the calls on the stack, and can be given back after they have gone. */
class StackSpan implements Releasable {
  readonly registers: number;
  readonly registersEnd: number;
  readonly calls: number;
  readonly callsEnd: number;
  #isReleased = false;

  constructor(size: typeof WHOLE) {
    let registers = registerSpans.take(size.registers);
    for (const keeper of stackKeepers) {
      if (registers >= 0) break;
      if (!keeper.isIdle) continue;
      keeper.giveUpStack();
      registers = registerSpans.take(size.registers);
    }
    const calls = callSpans.take(size.callWords);
    if (registers < 0 || calls < 0) {
      if (registers >= 0) registerSpans.give(registers, size.registers);
      if (calls >= 0) callSpans.give(calls, size.callWords);
      throw new LimitError('stackBytes', size.registers * BYTES_PER_REGISTER, 'too many runtimes or calls are alive');
    }
    this.registers = registers;
    this.registersEnd = registers + size.registers;
    this.calls = calls;
    this.callsEnd = calls + size.callWords;
  }
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    const { registers, registersEnd, calls, callsEnd } = this;
    const referencesEnd = Math.min(registersEnd, REFERENCES.length);
    for (let i = registers; i < referencesEnd; i++) REFERENCES[i] = null;
    REGISTERS.fill(0, registers, registersEnd);
    HIGH_WORDS.fill(0, registers, registersEnd);
    F64_REGISTERS.fill(0, registers, registersEnd);
    CALLS.fill(0, calls, callsEnd);
    registerSpans.give(registers, registersEnd - registers);
    callSpans.give(calls, callsEnd - calls);
  }
}

/** A span of the register and call arenas that the activations of one thread of execution share, nested ones above outer ones. */
export class Stack {
  readonly span: StackSpan;
  readonly registers: number;
  readonly registersEnd: number;
  readonly calls: number;
  readonly callsEnd: number;
  /** The first free register and call word. */
  top: number;
  callTop: number;
  /** The innermost of the activations on this stack, which call each other through native functions. */
  innermost: Activation | undefined = undefined;
  /** One whose call has returned. */
  idle: Activation | undefined = undefined;
  /** The end of the references in use. Each stack records its own end, since other stacks are paused above and below it. */
  referencesEnd: number;

  constructor(size = WHOLE) {
    this.span = new StackSpan(size);
    this.registers = this.span.registers;
    this.registersEnd = this.span.registersEnd;
    this.calls = this.span.calls;
    this.callsEnd = this.span.callsEnd;
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
  /** Returns what keeps a call that begins now. Making a new one takes a third of a short call (bench/calls.ts). */
  activate(callee: Interpreted, env: ExecEnv): Activation {
    const { idle } = this;
    if (idle === undefined) return new Activation(callee, env, this);
    this.idle = undefined;
    idle.begin(callee, env);
    return idle;
  }
  /** A call on it has ended: those around it go on. */
  leave({ base, callBase, outer }: Activation): void {
    this.innermost = outer;
    this.top = base;
    this.callTop = callBase;
    this.dropReferences(base);
  }
  release(): void {
    this.span.release();
  }
}

/** Most natives need no more. */
const FEW_SLOTS = 16;

/** One call from outside that is in progress. */
export class Activation {
  env: ExecEnv;
  readonly stack: Stack;
  callee: Interpreted;
  /** The first register: arguments, then results. */
  base = 0;
  callBase = 0;
  registerLimit = 0;
  /** The limit in bytes that registerLimit enforces: `limits.stackBytes`, or the exec env's. */
  stackBytes: number | undefined = undefined;
  /** The activation whose native function made this call. */
  outer: Activation | undefined = undefined;
  /** The register from which this instance's limit counts: the base of the outermost of its activations, since native functions may call back. */
  stackBase = 0;
  /** The register from which the limit of the exec env counts. */
  envBase = 0;
  /** Where the call words end for as many functions as may nest, not counting calls to other instances. */
  #depthEnd = 0;
  I: InterpInstance;
  pc = 0;
  fp = 0;
  sp = 0;
  /** The instances of the callers, for calls that went to another instance. */
  readonly instances: InterpInstance[] = [];
  exits = 0;
  /** The function that runs has been promoted: the step function returns at the next head of a loop, where the other engine may go on. */
  leavesAtLoop = false;
  /** The promise of an async native function, and how to continue when it is settled. */
  pending: Promise<void> | undefined = undefined;
  afterPending: (() => void) | undefined = undefined;
  /** The native function must be called once more: its arguments and pc are unchanged. */
  again = false;
  /** It is being called once more: that is one call. */
  repeats = false;
  /** What the call waits for, and what to do when that is over; without the latter the native that blocked is called again. */
  block: Block | undefined = undefined;
  afterBlock: ((block: Block) => void) | undefined = undefined;
  failure: { readonly error: unknown } | undefined = undefined;
  outOfFuel: LimitError | undefined = undefined;
  #nativeSlots: Slots | undefined;

  constructor(callee: Interpreted, env: ExecEnv, stack: Stack) {
    this.callee = callee;
    this.env = env;
    this.stack = stack;
    this.I = callee.owner;
    this.begin(callee, env);
  }
  /** Begins a call, whose arguments go to the registers from `base` on: the first, or another one after one that has returned. */
  begin(callee: Interpreted, env: ExecEnv): void {
    const { stack } = this;
    const { params } = callee.signature;
    this.callee = callee;
    this.env = env;
    this.exits = 0;
    this.leavesAtLoop = false;
    this.repeats = false;
    this.base = stack.top;
    this.callBase = stack.callTop;
    this.outer = stack.innermost;
    if (this.outer === undefined && callee.owner.instance.limits.stackBytes === undefined && env.stackSize === 0) {
      // Most calls from outside: nothing limits them but the stack itself.
      this.stackBase = this.envBase = this.base;
      this.registerLimit = stack.registersEnd;
      this.stackBytes = undefined;
    } else {
      this.stackBase = this.#outermostBase((a) => (a.callee.owner === callee.owner ? a.stackBase : undefined));
      this.envBase = this.#outermostBase((a) => (a.env === env ? a.envBase : undefined));
      const around = this.outer?.registerLimit ?? stack.registersEnd;
      const { end, bytes } = this.#ownLimit();
      this.registerLimit = Math.min(around, end);
      this.stackBytes = bytes !== undefined && end <= around ? bytes : (this.outer?.stackBytes ?? bytes);
    }
    const depth = env.store.meter.registers[DEPTH]!;
    this.#depthEnd = this.callBase + 2 * Math.max(0, depth);
    if (this.callBase + 4 > stack.callsEnd || depth <= 0) throw env.store.meter.depthExhausted();
    if (params.length > 0) {
      if (this.base + 2 * params.length > stack.registersEnd) throw env.store.meter.depthExhausted();
      if (params.some((type) => type >= 0)) stack.holdReferences(this.base + 2 * params.length);
    }
    this.I = callee.owner;
    this.I.enter();
    this.sp = this.callBase;
    this.fp = this.base;
    this.pc = HALT_PC;
  }
  /** Prepares the frame at fp for the function at `entry`, as the step function does for its own calls. @throws Trap, LimitError */
  start(entry: number): void {
    const { fp } = this;
    if (fp + CODE[entry - 3]! > this.registerLimit) throw this.overflow();
    const to = fp + CODE[entry - 5]!;
    for (let slot = fp + CODE[entry - 4]!; slot < to; slot++) {
      REGISTERS[slot] = 0;
      HIGH_WORDS[slot] = 0;
      F64_REGISTERS[slot] = 0;
    }
    this.pc = entry - WORDS[OP.fuel]!;
  }
  /** Returns to the frame that called the one at fp. */
  leaveFrame(): void {
    this.sp -= 2;
    this.pc = CALLS[this.sp]!;
    this.fp = CALLS[this.sp + 1]!;
  }
  /** Where natives that are waited for find arguments and leave results: those of this call alone. */
  slotsOfNative({ signature: { params, results } }: NativeFunctionInstance): Slots {
    const count = Math.max(params.length, results.length);
    const known = this.#nativeSlots;
    return known && known.refs.length >= count ? known : (this.#nativeSlots = new Slots(Math.max(count, FEW_SLOTS)));
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
  /** Returns the error of a call for which no room is left. */
  overflow(): Error {
    const { stackBytes } = this;
    if (this.sp >= this.callLimit) return this.env.store.meter.depthExhausted();
    return stackBytes === undefined ? new Trap('stack-exhausted') : new LimitError('stackBytes', stackBytes);
  }
  /** The number of functions that are running. */
  get depth(): number {
    return (this.sp - this.callBase) / 2 - this.instances.length;
  }
}

/** Whether the callee's instance has no threads, or those that the activation belongs to: one scheduler runs both then. */
export function runsWith(a: Activation, callee: Interpreted): boolean {
  const { threads } = callee.owner.instance;
  return threads === undefined || threads === a.callee.owner.instance.threads;
}

/** Puts what a function outside the stack has returned into the registers from `base` on. */
export function takeResults({ stack }: Activation, slots: Slots, results: FuncType['results'], base: number): void {
  if (results.some((type) => type >= 0)) stack.holdReferences(base + 2 * results.length);
  slotsToRegisters(slots, results, base);
}
