// The functions of this engine as the runtime calls them, and the conversion of errors that leave emitted code.
import { isStackOverflow } from '../../base/stack-overflow.js';
import type { FirstTier, TieredFunction } from '../../runtime/engine.js';
import { WasmException } from '../../runtime/exception.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import { FunctionInstance } from '../../runtime/function.js';
import type { Instance } from '../../runtime/instance.js';
import { DEPTH } from '../../runtime/meter.js';
import { callThroughSlots, toParameter } from '../../runtime/numbers.js';
import type { Slots } from '../../runtime/slots.js';
import { type Frame, LimitError, noteFrames, Trap } from '../../wasm/errors.js';
import type { Module } from '../../wasm/module.js';
import type { DefinedType } from '../../wasm/subtyping.js';
import { I32 } from '../../wasm/types.js';
import type { Callable, Library, RawFunction } from './library.js';
import { framesOf } from './trace-names.js';

/** Calls a function of one signature with arguments and results in slots. */
export type Enter = (run: RawFunction, slots: Slots) => void;

/** The owner of the functions of one instance. */
export interface Owner {
  /** The modules of all instances whose functions may be in a trace. */
  readonly modules: ReadonlySet<Module>;
  readonly library: Library;
  enter(type: DefinedType): Enter;
  /** Called before a call from outside: provides code that can do what the call needs. */
  prepare(env: ExecEnv): void;
  /** Called before a call that a native function of another call makes. */
  prepareNested(env: ExecEnv): void;
  /** Whether a memory of any instance is lost (memory.ts): accesses throw a TypeError then. */
  readonly hasLostMemory: boolean;
  /** Called when an access was out of bounds: V8 makes such code slow, so it is compiled again with explicit comparisons. */
  afterMemoryTrap(): void;
}

export class JsFunction extends FunctionInstance implements Callable, TieredFunction {
  /** The type, under a name that only functions of this engine have, since emitted code compares it. */
  readonly jsType: DefinedType;
  run: RawFunction;
  body: RawFunction;
  override readonly index: number;
  /** Where the function runs until it is hot; undefined: it is code of this engine. */
  firstTier: FirstTier | undefined = undefined;
  owner: object | undefined = undefined;
  entry = 0;
  readonly #owner: Owner;
  #enter: Enter | undefined;
  #takesIntegers: boolean | undefined;

  constructor(type: DefinedType, name: string, owner: Owner, index: number, stub: RawFunction) {
    super(type, name);
    this.jsType = type;
    this.run = stub;
    this.body = stub;
    this.#owner = owner;
    this.index = index;
  }
  override get definingInstance(): Instance {
    return this.#owner.library.instance;
  }
  override publish(): void {
    this.#owner.library.instance.isPublished = true;
  }
  override invoke(env: ExecEnv, slots: Slots): void {
    if (this.firstTier !== undefined) {
      this.firstTier.invoke(this, env, slots);
      return;
    }
    this.#call(env, slots, 0, 0, 0, 0);
  }
  override invokeNumbers(env: ExecEnv, a: number, b: number, c: number, d: number): number | undefined {
    return this.firstTier === undefined
      ? this.#call(env, undefined, a, b, c, d)
      : callThroughSlots(this, env, a, b, c, d);
  }
  /** @param slots where the arguments are and the results go; undefined: the arguments are these numbers, and the result is returned */
  #call(env: ExecEnv, slots: Slots | undefined, a: number, b: number, c: number, d: number): number | undefined {
    const { library } = this.#owner;
    const { context, registers } = library;
    const outer = context.env;
    const depth = registers[DEPTH]!;
    const room = context.stack[0]!;
    const { stackLimit } = context;
    const { store } = env;
    const { runsGuest } = store;
    context.env = env;
    store.runsGuest = true;
    try {
      if (depth <= 0) throw store.meter.depthExhausted();
      if (outer === undefined) this.#owner.prepare(env);
      else this.#owner.prepareNested(env);
      if (slots === undefined) return this.#callWithNumbers(a, b, c, d);
      this.#enter ??= this.#owner.enter(this.type);
      this.#enter(this.run, slots);
      return undefined;
    } catch (error) {
      registers[DEPTH] = depth;
      throw this.#translate(error);
    } finally {
      context.env = outer;
      context.stack[0] = room;
      context.stackLimit = stackLimit;
      store.runsGuest = runsGuest;
    }
  }

  #callWithNumbers(a: number, b: number, c: number, d: number): number | undefined {
    const run = this.run as (...words: number[]) => number | undefined;
    const { params } = this.signature;
    this.#takesIntegers ??= params.every((type) => type === I32);
    // Looking at each type takes as long as the call (bench/calls.ts).
    if (this.#takesIntegers) return run(a | 0, b | 0, c | 0, d | 0);
    return run(
      toParameter(params[0], a),
      toParameter(params[1], b),
      toParameter(params[2], c),
      toParameter(params[3], d),
    );
  }

  /** Returns the error with the guest's frames; a RangeError of JavaScript becomes the trap that it means. */
  #translate(error: unknown): unknown {
    if (isStackOverflow(error)) return new Trap('stack-exhausted', this.#frames(error));
    if (error instanceof RangeError) {
      if (this.#owner.library.context.foreign.has(error)) return error;
      this.#owner.afterMemoryTrap();
      return new Trap('memory-out-of-bounds', this.#frames(error));
    }
    if (error instanceof TypeError && !this.#owner.library.context.foreign.has(error) && this.#owner.hasLostMemory) {
      return new Trap('memory-out-of-bounds', this.#frames(error));
    }
    if (error instanceof Trap || error instanceof WasmException || error instanceof LimitError) {
      noteFrames(error, () => this.#frames(error));
    }
    return error;
  }
  #frames({ stack = '' }: Error): Frame[] {
    try {
      return framesOf(stack, this.#owner.modules);
    } catch {
      // The JavaScript stack is full, and the error matters more than its frames.
      return [];
    }
  }
}
