// What the two walks need to know of an instruction, as bits in a table by slot of the opcode.
import { OP_NAMES, SLOTS } from '../binary/code-reader.js';
import { BULK_CODES } from '../wasm/fuel.js';
import { type OpName, opcodeRow } from '../wasm/opcodes.js';

/** Costs one unit of fuel. */
export const COSTS = 1;
/** May trap in the host: what runs then is told the place, and from it what was not counted yet. */
export const TRAPS = 2;
/** Another guest function may run. */
export const CALLS = 4;
/** Opens, closes or leaves a block: both walks have a rule. */
export const CONTROL = 8;
/** The second walk puts code before or after it, or replaces it. */
export const REWRITTEN = 16;
/** Its replacement calls an added function. */
export const HOOKED = 32;
/** Makes a NaN that deterministic instances make canonical. */
export const MAKES_NAN = 64;
/** Makes a GC object. */
export const ALLOCATES = 128;
/** Names a local. */
export const NAMES_LOCAL = 256;
/** Changes what others can see. */
export const CHANGES = 512;
/** The count must be exact and in its global before it: it throws, leaves for other code, or traps at a place that nobody tells. */
export const LEAVES = 1024;

const CONTROL_OPS: readonly OpName[] = [
  'block',
  'loop',
  'if',
  'else',
  'end',
  'try',
  'catch',
  'catch_all',
  'delegate',
  'try_table',
  'throw',
  'throw_ref',
  'rethrow',
  'unreachable',
  'br',
  'br_if',
  'br_table',
  'br_on_null',
  'br_on_non_null',
  'br_on_cast',
  'br_on_cast_fail',
  'return',
  'return_call',
  'return_call_indirect',
  'return_call_ref',
];
const CALL_OPS: readonly OpName[] = [
  'call',
  'call_indirect',
  'call_ref',
  'return_call',
  'return_call_indirect',
  'return_call_ref',
];
const OTHER_HOOKS: readonly OpName[] = ['memory.grow', 'memory.atomic.wait32', 'memory.atomic.wait64'];
const THROWS: readonly OpName[] = ['throw', 'throw_ref', 'rethrow'];
const CHANGERS: readonly OpName[] = ['global.set', 'data.drop', 'elem.drop'];
/** Of the instructions that trap, those that read only and those that write: V8 11's optimised code tells no place of any other. */
const LOCATED_READERS = /^[if](32|64)\.load|^v128\.load$|\.(div|rem)_[su]$|^unreachable$/;
const LOCATED_WRITERS = /^[if](32|64)\.store|^v128\.store$/;
const NAN_MAKERS =
  /^f(32|64)\.(add|sub|mul|div|min|max|sqrt|ceil|floor|trunc|nearest|demote|promote)|^f(32x4|64x2)\.(ceil|floor|trunc|nearest|sqrt|add|sub|mul|div|min|max|demote|promote|relaxed)/;
const TRUNCATIONS = /^i(32|64)\.trunc_f/;
const ALLOCATORS = /^(struct\.new|array\.new)/;

function flagsOf(name: OpName): number {
  const row = opcodeRow(name);
  let flags = row.fuel === 0 ? 0 : COSTS;
  if (LOCATED_READERS.test(name)) flags |= TRAPS;
  else if (LOCATED_WRITERS.test(name)) flags |= TRAPS | CHANGES;
  else if (row.traps) flags |= LEAVES;
  if (CONTROL_OPS.includes(name)) flags |= CONTROL;
  if (CALL_OPS.includes(name)) flags |= CALLS | LEAVES | REWRITTEN;
  if (BULK_CODES.has(row.code) || OTHER_HOOKS.includes(name)) flags |= HOOKED | LEAVES | REWRITTEN;
  if (name.startsWith('local.')) flags |= NAMES_LOCAL;
  if (TRUNCATIONS.test(name)) flags |= LEAVES | REWRITTEN;
  if (THROWS.includes(name)) flags |= LEAVES;
  if (CHANGERS.includes(name)) flags |= CHANGES;
  if (NAN_MAKERS.test(name)) flags |= MAKES_NAN;
  if (ALLOCATORS.test(name)) flags |= ALLOCATES | LEAVES;
  return flags;
}

/** By slot; empty until the first module is instrumented. */
export const OP_FLAGS: Uint16Array = /* @__PURE__ */ new Uint16Array(SLOTS);

/** Fills the table, once: a start that finds its code made already does without. */
export function prepareFlags(): void {
  if (OP_FLAGS.some((flags) => flags !== 0)) return;
  OP_NAMES.forEach((name, slot) => {
    if (name !== undefined) OP_FLAGS[slot] = flagsOf(name);
  });
}
