// The shape of a hand-written operation, and how handlers read operands.
import { CODE, HIGH_WORDS, REFERENCES, REGISTERS } from '../code-arena.js';
import type { InterpInstance } from '../interp-instance.js';
import { RELOAD } from '../ops.gen.js';

/** Runs the operation at pc in the frame at fp. Returns the next pc, or the complement of a status. Traps by throwing. */
export type Handler = (I: InterpInstance, pc: number, fp: number) => number;

/** Returns where to go on after an operation by which the thread may have noticed that another one has let memory 0 grow. */
export function afterNews({ hasGrown }: InterpInstance, next: number): number {
  return hasGrown ? ~RELOAD : next;
}

/** Returns operand word k. */
export function word(pc: number, k: number): number {
  return CODE[pc + k]!;
}
/** Returns the i32 in the register that word k names. */
export function int(pc: number, k: number, fp: number): number {
  return REGISTERS[fp + CODE[pc + k]!]!;
}
export function setInt(pc: number, k: number, fp: number, value: number): void {
  REGISTERS[fp + CODE[pc + k]!] = value;
}
export function ref(pc: number, k: number, fp: number): unknown {
  return REFERENCES[fp + CODE[pc + k]!];
}
export function setRef(pc: number, k: number, fp: number, value: unknown): void {
  REFERENCES[fp + CODE[pc + k]!] = value;
}
/** Reads an address, index or length of a 32- or 64-bit memory or table: a whole number, rounded from 2^53 on, which is beyond all of them. */
export function address(pc: number, k: number, fp: number, wide: boolean): number {
  const at = fp + CODE[pc + k]!;
  const low = REGISTERS[at]! >>> 0;
  if (!wide) return low;
  return (HIGH_WORDS[at]! >>> 0) * 0x1_0000_0000 + low;
}
/** Writes a size or -1 as an address of that width. */
export function setAddress(pc: number, k: number, fp: number, value: number): void {
  const at = fp + CODE[pc + k]!;
  REGISTERS[at] = value;
  HIGH_WORDS[at] = Math.floor(value / 0x1_0000_0000);
}
