// What the accesses of memories that the step function leaves out have in common: checked addresses, and reading and writing registers.
import { checkAligned } from '../../../runtime/atomics.js';
import type { MemoryInstance } from '../../../runtime/memory.js';
import { Trap } from '../../../wasm/errors.js';
import { CODE, HIGH_WORDS, REGISTERS } from '../code-arena.js';
import type { InterpInstance } from '../interp-instance.js';
import { address } from './handler.js';

export const outOfBounds = (): Trap => new Trap('memory-out-of-bounds');

export function memoryAt(I: InterpInstance, index: number): MemoryInstance {
  return I.instance.memories[index]!;
}
export function isWide(memory: MemoryInstance): boolean {
  return memory.type.address === 'i64';
}
/** Returns the checked address of an access of `bytes`. Words: the register of the base, and the offset's two halves. */
export function accessAt(
  memory: MemoryInstance,
  pc: number,
  base: number,
  offset: number,
  fp: number,
  bytes: number,
): number {
  const at = effectiveAddress(memory, pc, base, offset, fp);
  if (at + bytes > memory.byteLength) throw outOfBounds();
  return at;
}
/** Returns the checked address of an atomic access, from the same words. */
export function alignedAccessAt(
  memory: MemoryInstance,
  pc: number,
  base: number,
  offset: number,
  fp: number,
  bytes: number,
): number {
  const at = effectiveAddress(memory, pc, base, offset, fp);
  checkAligned(memory, at, bytes);
  return at;
}
function effectiveAddress(memory: MemoryInstance, pc: number, base: number, offset: number, fp: number): number {
  const low = address(pc, base, fp, isWide(memory)) + (CODE[pc + offset]! >>> 0);
  return low + (CODE[pc + offset + 1]! >>> 0) * 0x1_0000_0000;
}

export type Access = (data: DataView, at: number, slot: number) => void;

export function setLong(slot: number, low: number, high: number): void {
  REGISTERS[slot] = low;
  HIGH_WORDS[slot] = high;
}

export const s8 = (data: DataView, at: number): number => data.getInt8(at);
export const u8 = (data: DataView, at: number): number => data.getUint8(at);
export const s16 = (data: DataView, at: number): number => data.getInt16(at, true);
export const u16 = (data: DataView, at: number): number => data.getUint16(at, true);
export const s32 = (data: DataView, at: number): number => data.getInt32(at, true);
export const store64: Access = (data, at, slot) => {
  data.setInt32(at, REGISTERS[slot]!, true);
  data.setInt32(at + 4, HIGH_WORDS[slot]!, true);
};
