// What JavaScript engines say when native WebAssembly traps, where it has exactly one meaning: V8's texts and JavaScriptCore's. Refuses nothing: a text
// that is not here is for native-traps.ts to make out, by the instruction at which it happened.
import type { TrapId } from '../../wasm/traps.js';

const V8: readonly (readonly [RegExp, TrapId])[] = [
  [/^unreachable/, 'unreachable'],
  [/memory access out of bounds|data segment.*out of bounds/, 'memory-out-of-bounds'],
  [/(divide|remainder) by zero/, 'integer-divide-by-zero'],
  [/divide result unrepresentable|float unrepresentable/, 'integer-overflow'],
  [/array (element )?access out of bounds/, 'array-out-of-bounds'],
  [/element segment.*out of bounds/, 'table-out-of-bounds'],
  [/new array is too large/, 'out-of-memory'],
  [/illegal cast/, 'cast-failure'],
  [/unaligned access/, 'unaligned-atomic'],
  [/Atomics\.wait cannot be called/, 'expected-shared-memory'],
];
/** It has one text for an array and for the segment that initialises it: the segment is the likelier fault. */
const JAVASCRIPTCORE: readonly (readonly [RegExp, TrapId])[] = [
  [/^Unreachable code/, 'unreachable'],
  [/^Out of bounds memory access|^Invalid data segment/, 'memory-out-of-bounds'],
  [/^Out of bounds .*(new|init)_data/, 'memory-out-of-bounds'],
  [/^Out of bounds table access|^Element is trying to set an out of bounds/, 'table-out-of-bounds'],
  [/^Out of bounds .*(new|init)_elem/, 'table-out-of-bounds'],
  [/^Out of bounds call_indirect/, 'undefined-element'],
  [/^call_indirect to a null/, 'uninitialized-element'],
  [/^Out of bounds Trunc|^Integer overflow/, 'integer-overflow'],
  [/^Division by zero/, 'integer-divide-by-zero'],
  [/^Out of bounds array\./, 'array-out-of-bounds'],
  [/^Failed to allocate new (array|struct)/, 'out-of-memory'],
  [/^ref\.cast failed/, 'cast-failure'],
  [/^Unaligned memory access/, 'unaligned-atomic'],
];
const MESSAGES = [...V8, ...JAVASCRIPTCORE];

/** The trap that a message of the JavaScript engine means; undefined where it may mean several. */
export function trapOfMessage(message: string): TrapId | undefined {
  return MESSAGES.find(([pattern]) => pattern.test(message))?.[1];
}

/** Whether a message says that a function of a table had another type than the call, or was none. */
export function isSignatureMismatch(message: string): boolean {
  return /signature (mismatch|that does not match)/.test(message);
}
