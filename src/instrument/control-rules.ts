// The rules of both walks for the instructions that open, divide, close and leave blocks, by slot. Their types make them complete.

import { bySlot } from '../wasm/opcode-slots.js';
import type { ControlOp, OpName } from '../wasm/opcodes.js';

/** A table for instructions whose flags say CONTROL; the others are not looked up. */
export function controlBySlot<Walk>(
  rules: Readonly<Record<ControlOp, (walk: Walk) => void>>,
): readonly ((walk: Walk) => void)[] {
  const none = (): void => {};
  return bySlot((name) => (rules as Readonly<Partial<Record<OpName, (walk: Walk) => void>>>)[name] ?? none, none);
}
