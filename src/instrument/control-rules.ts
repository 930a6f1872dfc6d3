// The rules of the two passes for instructions that open, divide, close and leave blocks, by opcode slot. Their types guarantee that no rule is missing.

import { bySlot } from '../wasm/opcode-slots.js';
import type { ControlOp, OpName } from '../wasm/opcodes.js';

/** Builds a table for the instructions of type Op, whose flags contain CONTROL; the other slots do nothing. */
export function controlBySlot<Pass, Op extends ControlOp = ControlOp>(
  rules: Readonly<Record<Op, (pass: Pass) => void>>,
): readonly ((pass: Pass) => void)[] {
  const none = (): void => {};
  return bySlot((name) => (rules as Readonly<Partial<Record<OpName, (pass: Pass) => void>>>)[name] ?? none, none);
}
