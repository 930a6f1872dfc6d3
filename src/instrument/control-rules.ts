// The rules of both passes for the instructions that open, divide, close and leave blocks, by opcode slot. Their types guarantee that no rule is
// missing.

import { bySlot } from '../wasm/opcode-slots.js';
import type { ControlOp, OpName } from '../wasm/opcodes.js';

/** Builds a table for the instructions whose flags contain CONTROL; the other slots stay empty. */
export function controlBySlot<Pass>(
  rules: Readonly<Record<ControlOp, (pass: Pass) => void>>,
): readonly ((pass: Pass) => void)[] {
  const none = (): void => {};
  return bySlot((name) => (rules as Readonly<Partial<Record<OpName, (pass: Pass) => void>>>)[name] ?? none, none);
}
