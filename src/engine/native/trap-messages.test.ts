import { describe, expect, it } from 'vitest';
import { isSignatureMismatch, trapOfMessage } from './trap-messages.js';

describe('messages of V8', () => {
  it.each([
    ['unreachable', 'unreachable'],
    ['memory access out of bounds', 'memory-out-of-bounds'],
    ['data segment 0 is out of bounds (offset 65536 + size 1 > memory_size 65536 bytes)', 'memory-out-of-bounds'],
    ['remainder by zero', 'integer-divide-by-zero'],
    ['float unrepresentable in integer range', 'integer-overflow'],
    ['array element access out of bounds', 'array-out-of-bounds'],
    ['element segment out of bounds', 'table-out-of-bounds'],
    ['illegal cast', 'cast-failure'],
    ['table index is out of bounds', undefined],
    ['dereferencing a null pointer', undefined],
  ])('%s', (message, trap) => {
    expect(trapOfMessage(message)).toBe(trap);
  });
});
describe('messages of JavaScriptCore', () => {
  it.each([
    ["Unreachable code should not be executed (evaluating 'call()')", 'unreachable'],
    ["Out of bounds memory access (evaluating 'call(slots.i32[a])')", 'memory-out-of-bounds'],
    ['Invalid data segment initialization: segment of 1 bytes memory of 0 bytes, at offset 0', 'memory-out-of-bounds'],
    ['Out of bounds or failed to allocate in array.new_data', 'memory-out-of-bounds'],
    ['Out of bounds table access', 'table-out-of-bounds'],
    ['Element is trying to set an out of bounds table index', 'table-out-of-bounds'],
    ['Out of bounds or failed to allocate in array.new_elem', 'table-out-of-bounds'],
    ['Out of bounds call_indirect', 'undefined-element'],
    ['call_indirect to a null table entry', 'uninitialized-element'],
    ['Out of bounds Trunc operation', 'integer-overflow'],
    ['Integer overflow', 'integer-overflow'],
    ['Division by zero', 'integer-divide-by-zero'],
    ['Out of bounds array.copy', 'array-out-of-bounds'],
    ['ref.cast failed to cast reference to target heap type', 'cast-failure'],
    ['Unaligned memory access', 'unaligned-atomic'],
    ['null reference', undefined],
  ])('%s', (message, trap) => {
    expect(trapOfMessage(message)).toBe(trap);
  });
});
it('calls through a table with another type', () => {
  const said = ['null function or function signature mismatch', 'call_indirect to a signature that does not match'];
  expect([...said, 'unreachable'].map(isSignatureMismatch)).toEqual([true, true, false]);
});
