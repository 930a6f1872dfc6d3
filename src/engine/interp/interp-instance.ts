// An instance as the interpreter sees it: what the step function and the handlers read, in one object of one shape.

import type { ExecEnv } from '../../runtime/exec-env.js';
import { type Execution, endedFunctionError, FunctionInstance, type ThreadStack } from '../../runtime/function.js';
import type { GlobalInstance } from '../../runtime/global.js';
import type { Instance } from '../../runtime/instance.js';
import type { MemoryInstance } from '../../runtime/memory.js';
import { callThroughSlots } from '../../runtime/numbers.js';
import type { Slots } from '../../runtime/slots.js';
import type { Store } from '../../runtime/store.js';
import type { TableInstance } from '../../runtime/table.js';
import type { DefinedType } from '../../wasm/subtyping.js';
import type { CodeSet } from './code-set.js';

/** What counts how much the functions of an instance run, where another engine takes the hot ones; tier.ts implements it. */
export interface TierCounts {
  /** Whether the other engine runs the function by now. */
  isPromoted(index: number): boolean;
  /** Counts the function that runs for what has run since the last sample. */
  sample(index: number): void;
  /** Whether calls of the function that are in progress may go on in the other engine. */
  leavesAtLoop(index: number): boolean;
  /** Returns what goes on with a call at the head of a loop, by where its instruction starts; undefined if the call stays. */
  enterLoop(index: number, offset: number): FunctionInstance | undefined;
  /** There is no room for the function here. */
  refuse(index: number): void;
}

export class InterpInstance {
  readonly instance: Instance;
  readonly store: Store;
  readonly code: CodeSet;
  /** Keeps the code alive. */
  readonly holder: object;
  /** Memory 0: the step function reads its views each time it begins. */
  memory: Pick<MemoryInstance, 'views'>;
  /** The meter's registers: word 0 is the fuel left in the slice. */
  readonly registers: Int32Array;
  readonly globals: readonly GlobalInstance[];
  readonly tables: readonly TableInstance[];
  readonly types: readonly DefinedType[];
  readonly functions: readonly FunctionInstance[];
  readonly tier: TierCounts | undefined;
  /** The instance has ended, and its code may have been freed. */
  ended = false;
  /** Where other JavaScript threads have memory 0, too: it has grown since the step function began, which reads its views only then. */
  hasGrown = false;

  /** @param holder keeps the code alive @param noMemory stands for memory 0 until useMemory(), and where there is none */
  constructor(
    instance: Instance,
    code: CodeSet,
    holder: object,
    noMemory: Pick<MemoryInstance, 'views'>,
    tier: TierCounts | undefined,
  ) {
    this.tier = tier;
    this.instance = instance;
    this.store = instance.store;
    this.code = code;
    this.holder = holder;
    this.memory = noMemory;
    this.registers = instance.store.meter.registers;
    this.globals = instance.globals;
    this.tables = instance.tables;
    this.types = instance.types;
    this.functions = instance.functions;
  }
  /** Called once the instance has its memories. */
  useMemory(): void {
    const { memories, disposers } = this.instance;
    const [memory] = memories;
    if (memory === undefined) return;
    this.memory = memory;
    if (memory.port === undefined) return;
    const leave = memory.follow(() => {
      this.hasGrown = true;
    });
    disposers.push(leave);
  }
  /** Called before its code runs: a table of another instance may hold a function of one that has ended. Throws a UsageError. */
  enter(): void {
    if (this.ended) throw endedFunctionError(this.instance);
  }
}

/** Runs a call of an interpreted function; driver.ts implements it. */
export interface Driver {
  invoke(callee: Interpreted, env: ExecEnv, slots: Slots): void;
  invokeNumbers(callee: Interpreted, env: ExecEnv, a: number, b: number, c: number, d: number): number | undefined;
  begin(callee: Interpreted, env: ExecEnv, slots: Slots, stack: ThreadStack): Execution;
}

/** A function with code in an instance here: one of this engine, or of another whose first tier this is. */
export interface Interpreted extends FunctionInstance {
  readonly owner: InterpInstance;
  entry: number;
}
export function isInterpreted(func: FunctionInstance): func is Interpreted {
  return 'owner' in func && func.owner instanceof InterpInstance;
}

export class InterpFunction extends FunctionInstance implements Interpreted {
  readonly owner: InterpInstance;
  override readonly index: number;
  /** The start of its code, or of a stub until it is compiled. */
  entry: number;
  readonly #driver: Driver;

  constructor(type: DefinedType, name: string, owner: InterpInstance, index: number, driver: Driver) {
    super(type, name);
    this.owner = owner;
    this.index = index;
    this.entry = owner.code.entries[index]!;
    this.#driver = driver;
  }
  override get definingInstance(): Instance {
    return this.owner.instance;
  }
  override publish(): void {
    this.owner.instance.isPublished = true;
  }
  override invoke(env: ExecEnv, slots: Slots): void {
    const { threads } = this.owner.instance;
    if (threads === undefined) this.#driver.invoke(this, env, slots);
    else threads.invoke(this, env, slots);
  }
  override invokeNumbers(env: ExecEnv, a: number, b: number, c: number, d: number): number | undefined {
    return this.owner.instance.threads === undefined
      ? this.#driver.invokeNumbers(this, env, a, b, c, d)
      : callThroughSlots(this, env, a, b, c, d);
  }
  override begin(env: ExecEnv, slots: Slots): Execution {
    const { threads } = this.owner.instance;
    return threads === undefined ? this.#driver.begin(this, env, slots, 'whole') : threads.begin(this, env, slots);
  }
  override beginThread(env: ExecEnv, slots: Slots, stack: ThreadStack): Execution {
    return this.#driver.begin(this, env, slots, stack);
  }
}
