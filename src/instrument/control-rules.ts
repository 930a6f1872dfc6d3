// The rules of both passes for the instructions that open, divide, close and leave blocks, by opcode slot. Their types guarantee that no rule is
// missing.

import { bySlot } from '../wasm/opcode-slots.js';
import type { ControlOp, OpName } from '../wasm/opcodes.js';

/** Builds a table for the instructions whose flags contain CONTROL; the other slots stay empty. */
export function controlBySlot<Walk>(
  rules: Readonly<Record<ControlOp, (walk: Walk) => void>>,
): readonly ((walk: Walk) => void)[] {
  const none = (): void => {};
  return bySlot((name) => (rules as Readonly<Partial<Record<OpName, (walk: Walk) => void>>>)[name] ?? none, none);
}
