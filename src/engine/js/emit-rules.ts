// The rules of all instructions by opcode slot: those of control instructions, and those of the rules-*.ts.
import { rulesBySlot } from '../../wasm/opcode-slots.js';
import type { RuledOp } from '../../wasm/opcodes.js';
import { TRAPS } from '../../wasm/traps.js';
import { beginElse, delegate, end, openBlock, openIf, openLoop, openTry } from './emit-blocks.js';
import { branch, branchIf, branchTable } from './emit-branches.js';
import { emitReturn } from './emit-calls.js';
import { beginCatch, openTryTable } from './emit-exceptions.js';
import type { Rule } from './function-emitter.js';
import { CALL_RULES } from './rules-calls.js';
import { accessRule, MEMORY_RULES } from './rules-memory.js';
import { CONSTANT_RULES, scalarRule } from './rules-numeric.js';
import { OBJECT_RULES } from './rules-objects.js';
import { VARIABLE_RULES } from './rules-variables.js';
import { VECTOR_CONSTANT_RULES, vectorRule } from './rules-vector.js';

/** This table is complete by type: an instruction whose row does not define its translation has a rule here. */
const RULES: Readonly<Record<RuledOp, Rule>> = {
  ...CALL_RULES,
  ...CONSTANT_RULES,
  ...MEMORY_RULES,
  ...OBJECT_RULES,
  ...VARIABLE_RULES,
  ...VECTOR_CONSTANT_RULES,
  block: openBlock,
  loop: openLoop,
  if: openIf,
  else: beginElse,
  end,
  try: openTry,
  catch: (c) => beginCatch(c, true),
  catch_all: (c) => beginCatch(c, false),
  delegate,
  try_table: openTryTable,
  unreachable: (c) => {
    c.flush();
    c.used.add('E');
    c.emit(`E.trap(${TRAPS.unreachable.number});`);
  },
  nop: () => {},
  br: (c) => branch(c, c.reader.index),
  br_if: (c) => branchIf(c, c.reader.index),
  br_table: (c) => branchTable(c, c.reader.labels, c.reader.labelCount),
  return: emitReturn,
};

export const RULES_BY_SLOT: readonly Rule[] = /* @__PURE__ */ rulesBySlot<Rule>(
  RULES,
  { access: accessRule, scalar: scalarRule, vector: vectorRule },
  () => {},
);
