// Plugins in C and Rust without a framework: the host allocates with the guest's allocator, passes address and length, and frees both input and output.
// A function takes (address, length) and gives its output as a C structure { address, length }, as an i64 with the address above, or as two results.
// Refuses guests without an allocator, functions of other types, addresses outside.
import type { WasmFunction } from '../../embed/call/wasm-function.js';
import type { WasmInstance } from '../../embed/instance/wasm-instance.js';
import { PluginError } from '../../runtime/plugin-error.js';
import { I32, I64 } from '../../wasm/types.js';
import { bytesIn, outputFrom } from './guest-bytes.js';
import { calling, functionNamed, isOfType, type Steps, wrongType } from './steps.js';

interface Place {
  readonly address: number;
  readonly length: number;
}
interface Allocator {
  readonly allocate: WasmFunction;
  readonly free: WasmFunction;
  /** Freeing takes the length too, as Rust's allocators want it. */
  readonly freesByLength: boolean;
}
/** The pairs of names that compilers' users give them. */
const ALLOCATORS = [
  ['malloc', 'free'],
  ['alloc', 'dealloc'],
  ['alloc', 'free'],
] as const;
/** Of the structure { address, length }. */
const STRUCTURE_BYTES = 8;
const NOWHERE: Place = { address: 0, length: 0 };

export function* callPointerLength(
  instance: WasmInstance,
  name: string,
  input: Uint8Array,
  most: number,
): Steps<Uint8Array> {
  const func = functionNamed(instance, name);
  const call = formOf(func);
  const allocator = allocatorOf(instance);
  // A pointer that is no null, also where there is nothing: Rust makes slices of it.
  const given = yield* allocate(allocator, Math.max(1, input.length));
  bytesIn(instance, given.address, given.length, 'the allocator').set(input);
  const output = yield* call(instance, allocator, func, given.address, input.length);
  const bytes = outputFrom(instance, output.address, output.length, most);
  // An output that lies in the input is freed with it.
  const isWithin = output.address >= given.address && output.address < given.address + given.length;
  if (output.address !== 0 && !isWithin) yield* free(allocator, output);
  yield* free(allocator, given);
  return bytes;
}

type Form = (
  instance: WasmInstance,
  allocator: Allocator,
  func: WasmFunction,
  address: number,
  length: number,
) => Steps<Place>;

/** How a function gives its output, by its type. */
function formOf(func: WasmFunction): Form {
  if (isOfType(func, [I32, I32], [])) {
    return function* (_instance, _allocator, _func, ...input) {
      yield* calling(func, ...input);
      return NOWHERE;
    };
  }
  if (isOfType(func, [I32, I32], [I32, I32])) {
    return function* (_instance, _allocator, _func, ...input) {
      const [address, length] = (yield* calling(func, ...input)) as readonly [number, number];
      return { address: address >>> 0, length: length >>> 0 };
    };
  }
  if (isOfType(func, [I32, I32], [I64])) {
    return function* (_instance, _allocator, _func, ...input) {
      const [both] = (yield* calling(func, ...input)) as readonly [bigint];
      return { address: Number(BigInt.asUintN(32, both >> 32n)), length: Number(BigInt.asUintN(32, both)) };
    };
  }
  if (isOfType(func, [I32, I32, I32], [])) return inStructure;
  throw wrongType(func, '(i32 i32) -> (i64), (i32 i32) -> (i32 i32), (i32 i32) -> () or (i32 i32 i32) -> ()');
}

/** As C returns a structure: to an address that comes before the other arguments. */
function* inStructure(
  instance: WasmInstance,
  allocator: Allocator,
  func: WasmFunction,
  address: number,
  length: number,
): Steps<Place> {
  const structure = yield* allocate(allocator, STRUCTURE_BYTES);
  const read = (): DataView => {
    const bytes = bytesIn(instance, structure.address, STRUCTURE_BYTES, 'the allocator');
    return new DataView(bytes.buffer, bytes.byteOffset, STRUCTURE_BYTES);
  };
  read();
  yield* calling(func, structure.address, address, length);
  const data = read();
  const output = { address: data.getUint32(0, true), length: data.getUint32(4, true) };
  yield* free(allocator, structure);
  return output;
}

/** @throws PluginError 'no-allocator', 'wrong-type' */
function allocatorOf(instance: WasmInstance): Allocator {
  for (const [allocating, freeing] of ALLOCATORS) {
    const allocate = instance.lookupFunction(allocating);
    const free = instance.lookupFunction(freeing);
    if (allocate === null || free === null) continue;
    if (!isOfType(allocate, [I32], [I32])) throw wrongType(allocate, '(i32) -> (i32)');
    const freesByLength = isOfType(free, [I32, I32], []);
    if (!freesByLength && !isOfType(free, [I32], [])) throw wrongType(free, '(i32) -> () or (i32 i32) -> ()');
    return { allocate, free, freesByLength };
  }
  const names = ALLOCATORS.map((pair) => pair.join(' and ')).join(', or ');
  throw new PluginError('no-allocator', `the plugin cannot be given its input: it exports neither ${names}`);
}

/** @throws PluginError 'out-of-memory' */
function* allocate({ allocate: allocating }: Allocator, length: number): Steps<Place> {
  const [address] = (yield* calling(allocating, length | 0)) as readonly [number];
  if (address !== 0) return { address: address >>> 0, length };
  throw new PluginError('out-of-memory', `the plugin's ${allocating.name} has no room for ${length} bytes`);
}
function* free({ free: freeing, freesByLength }: Allocator, { address, length }: Place): Steps<void> {
  yield* calling(freeing, address | 0, ...(freesByLength ? [length | 0] : []));
}
