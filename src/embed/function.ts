// A guest's function as embedders call it: typed values in and out, sync or in slices.
// Refuses wrong numbers and types of arguments by name, and calls into ended instances.
import type { ExecEnv } from '../runtime/exec-env.js';
import { FunctionInstance, HostFunction } from '../runtime/function.js';
import { checkReference } from '../runtime/refs.js';
import type { Slots } from '../runtime/slots.js';
import { readSlot, type WasmValue, writeSlot } from '../runtime/value.js';
import { UsageError } from '../wasm/errors.js';
import { type FuncType, isRef, type ValType } from '../wasm/types.js';
import { type CallOptions, enterGuest, leaveGuest } from './call.js';
import { type AsyncCallOptions, runAsync } from './call-async.js';
import type { InstanceContext } from './context.js';

export class WasmFunction {
  /** @internal */
  readonly context: InstanceContext;
  /** @internal */
  readonly func: FunctionInstance;
  /** The name it was looked up by, or its own. */
  readonly name: string;

  /** @internal Use functionOf. */
  constructor(context: InstanceContext, func: FunctionInstance, name: string) {
    this.context = context;
    this.func = func;
    this.name = name;
  }

  /** Parameters and results; reference types hold ids of the runtime's types. */
  get type(): FuncType {
    return this.func.signature;
  }

  /**
   * Calls it on the instance's own exec env.
   * @param args numbers for i32, f32, f64; bigints for i64; 16 bytes for v128; null or values for references
   * @returns one value per result
   * @throws UsageError for wrong arguments; Trap, WasmException, LimitError, ExitError; what a native throws
   */
  call(...args: WasmValue[]): WasmValue[] {
    return this.callOn(this.context.execEnv, args);
  }

  /**
   * The same on an exec env of one's own, with limits for this call.
   * @throws what call throws; UsageError for an exec env that has ended, options that there are not, and fuel where it is not counted
   */
  callOn(env: ExecEnv, args: readonly WasmValue[], options?: CallOptions): WasmValue[] {
    const { context } = this;
    const account = enterGuest(context, options);
    try {
      account?.check();
      if (!context.core.parts.threads.clusterOf(env)) throw new UsageError('this exec env has been destroyed');
      const { slots } = env.store;
      const { params, results } = this.func.signature;
      writeArguments(this, params, args, slots);
      env.instance = context.instance;
      this.func.invoke(env, slots);
      const values = readResults(context, results, slots);
      account?.close();
      return values;
    } catch (error) {
      account?.close();
      throw account ? account.failed(error) : error;
    } finally {
      leaveGuest(context);
    }
  }

  /**
   * Calls it in slices: other tasks of the event loop run between them, an AbortSignal and the deadline end it at once, async natives
   * are awaited. Several such calls may be on their way.
   * @throws what call throws; UsageError in a mode that cannot pause
   */
  async callAsync(args: readonly WasmValue[] = [], options: AsyncCallOptions = {}): Promise<WasmValue[]> {
    const { context, func } = this;
    return runAsync(context, func, options, {
      prepare: (slots) => writeArguments(this, this.type.params, args, slots),
      finish: (slots) => readResults(context, this.type.results, slots),
    });
  }
}

/** The embedder's object for a function, one per instance that shows it. */
export function functionOf(context: InstanceContext, func: FunctionInstance, name?: string): WasmFunction {
  let wrapper = context.wrappers.get(func) as WasmFunction | undefined;
  if (wrapper === undefined) {
    wrapper = new WasmFunction(context, func, name ?? func.name);
    context.wrappers.set(func, wrapper);
  }
  return wrapper;
}

function writeArguments(
  { name, context }: WasmFunction,
  params: readonly ValType[],
  args: readonly WasmValue[],
  slots: Slots,
): void {
  if (args.length !== params.length) {
    throw new UsageError(
      `${name}: ${params.length} argument${params.length === 1 ? '' : 's'} wanted, ${args.length} given`,
    );
  }
  for (let k = 0; k < params.length; k++) writeValue(context, slots, k, params[k]!, args[k], name, k);
}

/** Checks and writes a value of the embedder's. Throws a UsageError that starts with `what`, and which argument it is. */
export function writeValue(
  context: InstanceContext,
  slots: Slots,
  k: number,
  type: ValType,
  value: WasmValue,
  what: string,
  argument?: number,
): void {
  if (value instanceof WasmFunction) checkCounts(context, value, what);
  try {
    const given = value instanceof WasmFunction ? value.func : value;
    if (isRef(type)) checkReference(given, type, context.core.store.types);
    writeSlot(slots, k, type, given);
  } catch (error) {
    if (error instanceof TypeError) {
      throw new UsageError(`${what}: ${argument === undefined ? '' : `argument ${argument}: `}${error.message}`);
    }
    throw error;
  }
}

/** A guest that counts fuel could call it, and it would run for nothing. */
function checkCounts({ instance }: InstanceContext, given: WasmFunction, what: string): void {
  if (!instance.metered || given.context.instance.metered || given.func instanceof HostFunction) return;
  throw new UsageError(
    `${what}: the instance of the function given counts no fuel, but this one does: instantiate it with metered: true`,
  );
}

function readResults(context: InstanceContext, types: readonly ValType[], slots: Slots): WasmValue[] {
  const values: WasmValue[] = [];
  for (let k = 0; k < types.length; k++) values.push(fromGuest(context, readSlot(slots, k, types[k]!)));
  return values;
}

/** A value of the guest's as embedders see it: functions become callable. */
export function fromGuest(context: InstanceContext, value: WasmValue): WasmValue {
  return value instanceof FunctionInstance ? functionOf(context, value) : value;
}
