// The guest's own malloc and free, as the heap from which the embedder and native functions allocate guest memory. If there is no room, the address is 0.
import { I32, I64, type ValType } from '../wasm/types.js';
import type { ExecEnv, ModuleHeap } from './exec-env.js';
import { FunctionInstance, NativeFunctionInstance } from './function.js';
import type { Instance } from './instance.js';
import { readSlot, writeSlot } from './value.js';

/** The allocator that the guest exports. */
class GuestHeap implements ModuleHeap {
  readonly kind = 'guest';
  readonly #malloc: FunctionInstance;
  readonly #free: FunctionInstance;
  readonly #pin: FunctionInstance | undefined;

  constructor(malloc: FunctionInstance, free: FunctionInstance, pin: FunctionInstance | undefined) {
    this.#malloc = malloc;
    this.#free = free;
    this.#pin = pin;
  }
  malloc(env: ExecEnv, bytes: number): number {
    const address = call(env, this.#malloc, [bytes, 0]);
    return address !== 0 && this.#pin ? call(env, this.#pin, [address]) : address;
  }
  /** The guest's own realloc is not used, as in WAMR. */
  realloc(): number {
    return 0;
  }
  /** The guest's malloc aligns as it likes. */
  alignedAlloc(env: ExecEnv, bytes: number, alignment: number): number {
    const address = this.malloc(env, bytes);
    if (address % alignment === 0) return address;
    this.free(env, address);
    return 0;
  }
  free(env: ExecEnv, address: number): void {
    if (address !== 0) call(env, this.#free, [address]);
  }
  dispose(): void {}
}

/** Calls with as many numbers as there are parameters. Returns the result as an unsigned number, or 0 if there is none. */
function call(env: ExecEnv, func: FunctionInstance, args: readonly number[]): number {
  const { slots } = env.store;
  const { params, results } = func.signature;
  params.forEach((type, k) => {
    writeSlot(slots, k, type, type === I64 ? BigInt(args[k]!) : args[k]!);
  });
  func.invoke(env, slots);
  const [result] = results;
  if (result === undefined) return 0;
  const value = readSlot(slots, 0, result);
  return typeof value === 'bigint' ? Number(BigInt.asUintN(64, value)) : (value as number) >>> 0;
}

/**
 * Returns a heap that uses the guest's malloc and free, or AssemblyScript's __new with __unpin or __release; undefined if it exports none that are
 * usable.
 */
export function guestHeapOf(instance: Instance): ModuleHeap | undefined {
  const address = instance.memories[0]?.type.address === 'i64' ? I64 : I32;
  const find = (
    name: string,
    params: readonly ValType[],
    results: readonly ValType[],
  ): FunctionInstance | undefined => {
    const value = instance.exports.get(name)?.value;
    // A native function that the guest exports again may itself be asking for this heap.
    if (!(value instanceof FunctionInstance) || value instanceof NativeFunctionInstance) return undefined;
    const { signature } = value;
    return same(signature.params, params) && same(signature.results, results) ? value : undefined;
  };
  const malloc = find('malloc', [address], [address]);
  const free = find('free', [address], []);
  if (malloc && free) return new GuestHeap(malloc, free, undefined);
  const make = find('__new', [address, I32], [address]);
  const pin = find('__pin', [address], [address]) ?? find('__retain', [address], [address]);
  const unpin = find('__unpin', [address], []) ?? find('__release', [address], []);
  return make && unpin ? new GuestHeap(make, unpin, pin) : undefined;
}

function same(a: readonly ValType[], b: readonly ValType[]): boolean {
  return a.length === b.length && a.every((type, i) => type === b[i]);
}
