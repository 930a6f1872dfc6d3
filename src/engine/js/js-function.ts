// The functions of this engine as the runtime calls them, and the conversion of errors that leave emitted code.
import { isStackOverflow } from '../../base/stack-overflow.js';
import type { FirstTier, TieredFunction } from '../../runtime/engine.js';
import { WasmException } from '../../runtime/exception.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import { FunctionInstance } from '../../runtime/function.js';
import type { Instance } from '../../runtime/instance.js';
import { DEPTH } from '../../runtime/meter.js';
import type { Slots } from '../../runtime/slots.js';
import { type Frame, LimitError, noteFrames, Trap } from '../../wasm/errors.js';
import type { Module } from '../../wasm/module.js';
import type { DefinedType } from '../../wasm/subtyping.js';
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
    const { library } = this.#owner;
    const { context, registers } = library;
    const outer = context.env;
    const depth = registers[DEPTH]!;
    const room = context.stack[0]!;
    const { stackLimit } = context;
    this.#enter ??= this.#owner.enter(this.type);
    context.env = env;
    try {
      if (depth <= 0) throw env.store.meter.depthExhausted();
      if (outer === undefined) this.#owner.prepare(env);
      else this.#owner.prepareNested(env);
      this.#enter(this.run, slots);
    } catch (error) {
      registers[DEPTH] = depth;
      throw this.#translate(error);
    } finally {
      context.env = outer;
      context.stack[0] = room;
      context.stackLimit = stackLimit;
    }
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
