// Validation of control instructions: blocks, branches, calls, exceptions of both kinds. All others are in validation-rules.ts.
import { BLOCK_EMPTY, BLOCK_VALUE, CATCH_ALL, CATCH_ALL_REF, CATCH_REF } from '../binary/code-reader.js';
import { checkLimit } from '../binary/limit.js';
import { MalformedError } from '../wasm/errors.js';
import { MAX_BR_TABLE } from '../wasm/implementation-limits.js';
import { OPCODES, type StatefulOp } from '../wasm/opcodes.js';
import * as t from '../wasm/types.js';
import type { Signature } from './context.js';
import { type CodeValidator, NO_TYPES, type Rule } from './validate-code.js';

const BLOCK = OPCODES.block.code;
const LOOP = OPCODES.loop.code;
const IF = OPCODES.if.code;
const ELSE = OPCODES.else.code;
const TRY = OPCODES.try.code;
const CATCH_PART = OPCODES.catch.code;
const CATCH_ALL_PART = OPCODES.catch_all.code;

const EXN = t.refType(t.HEAP_EXN, false);

function openBlock(v: CodeValidator, kind: number): void {
  const { reader, context } = v;
  let params = NO_TYPES;
  let results = NO_TYPES;
  if (reader.blockKind === BLOCK_VALUE) {
    results = v.single(context.resolve(reader.blockValue, reader.start, v.functionIndex));
  } else if (reader.blockKind !== BLOCK_EMPTY) {
    context.require('multi-value', reader.start, v.functionIndex);
    ({ params, results } = v.signature(reader.index));
  }
  v.popAll(params);
  v.pushFrame(kind, params, results);
}

/** An `else` or `catch` outside of its block is an error of form, not of meaning. */
function misplaced(v: CodeValidator): never {
  throw new MalformedError(`END opcode expected, '${v.reader.name}' found`, v.reader.start);
}

function end(v: CodeValidator): void {
  v.finishBlock();
  const { kind, params, results } = v.frame;
  // Without an else part the operands are the results.
  if (kind === IF && params !== results) {
    if (params.length !== results.length || !params.every((type, i) => v.matches(type, results[i]!))) {
      v.fail('type mismatch: an if without else must give back its operands');
    }
  }
  v.popFrame();
  if (v.depth > 0) v.pushAll(results);
}

function closeTry(v: CodeValidator): void {
  if (v.frame.kind !== TRY && v.frame.kind !== CATCH_PART) misplaced(v);
  v.finishBlock();
}

function delegate(v: CodeValidator): void {
  if (v.frame.kind !== TRY) misplaced(v);
  v.finishBlock();
  const { results } = v.frame;
  v.popFrame();
  v.label(v.reader.index);
  v.pushAll(results);
}

function throwTag(v: CodeValidator): void {
  v.context.requireTags(v.reader.start, v.functionIndex);
  v.popAll(tagParams(v, v.reader.index));
  v.setUnreachable();
}

function tagParams(v: CodeValidator, index: number): Int32Array {
  return v.signature(v.context.tags[index] ?? v.fail(`unknown tag ${index}`)).params;
}

function tryTable(v: CodeValidator): void {
  const { catchKinds, catchTags, catchLabels } = v.reader;
  for (let i = 0; i < catchKinds.length; i++) {
    const kind = catchKinds[i]!;
    const thrown = kind === CATCH_ALL || kind === CATCH_ALL_REF ? NO_TYPES : tagParams(v, catchTags[i]!);
    const withRef = kind === CATCH_REF || kind === CATCH_ALL_REF;
    const label = v.labelTypes(catchLabels[i]!);
    if (label.length !== thrown.length + (withRef ? 1 : 0)) v.fail('type mismatch: the label of a catch clause');
    v.carry(label.length);
    for (let n = 0; n < label.length; n++) {
      if (!v.matches(n < thrown.length ? thrown[n]! : EXN, label[n]!))
        v.fail('type mismatch: the label of a catch clause');
    }
  }
  openBlock(v, BLOCK);
}

function branchTable(v: CodeValidator): void {
  const { reader } = v;
  const { labels, labelCount } = reader;
  checkLimit('br_table labels', MAX_BR_TABLE, labelCount, reader.start, v.functionIndex);
  v.pop(t.I32);
  const last = v.labelTypes(labels[labelCount]!);
  for (let i = 0; i < labelCount; i++) {
    const frame = v.label(labels[i]!);
    if (frame.checkedBy === reader.start) continue;
    frame.checkedBy = reader.start;
    const types = v.labelTypes(labels[i]!);
    if (types.length !== last.length) v.fail('type mismatch: labels of a br_table differ in the number of operands');
    if (types !== last) v.peekAll(types);
  }
  v.popAll(last);
  v.setUnreachable();
}

/** Returns the type of a function reference that call_ref takes. */
function functionReference(v: CodeValidator): t.ValType {
  const { reader, context } = v;
  v.signature(reader.index);
  return t.refType(context.types[reader.index]!.id, true);
}

function indirectCallee(v: CodeValidator): Signature {
  const { reader, context } = v;
  const table = context.tables[reader.index2] ?? v.fail(`unknown table ${reader.index2}`);
  if (!v.matches(table.element, t.FUNCREF)) v.fail('type mismatch: the table does not hold functions');
  const signature = v.signature(reader.index);
  v.pop(table.address);
  return signature;
}

function call(v: CodeValidator, { params, results }: Signature): void {
  v.popAll(params);
  v.pushAll(results);
}

function tailCall(v: CodeValidator, { params, results }: Signature): void {
  const own = v.frames[0]!.results;
  v.carry(own.length);
  const fits = results.length === own.length && results.every((type, i) => v.matches(type, own[i]!));
  if (!fits) v.fail('type mismatch: the results of a tail call are not those of its caller');
  v.popAll(params);
  v.setUnreachable();
}

/** For br_on_cast and br_on_cast_fail: returns the types of the operand, of the target, and of an operand that fails the cast. */
function castTypes(v: CodeValidator): { from: t.ValType; to: t.ValType; rest: t.ValType } {
  const { reader, context } = v;
  const from = t.refType(context.resolveHeap(reader.heap, reader.start, v.functionIndex), (reader.castFlags & 1) !== 0);
  const to = t.refType(context.resolveHeap(reader.heap2, reader.start, v.functionIndex), (reader.castFlags & 2) !== 0);
  if (!v.matches(to, from)) v.fail('type mismatch: the target of the cast is no subtype of its operand');
  return { from, to, rest: t.isNullable(to) ? from & ~1 : from };
}

/** Checks a branch that takes a reference of type `taken` as the label's last operand, and the operands below it. */
function branchWith(v: CodeValidator, taken: t.ValType): void {
  const types = v.labelTypes(v.reader.index);
  if (types.length === 0 || !v.matches(taken, types[types.length - 1]!)) {
    v.fail('type mismatch: the label does not take the reference');
  }
  const below = types.subarray(0, -1);
  v.popAll(below);
  v.pushAll(below);
}

function branchOnCast(v: CodeValidator, failing: boolean): void {
  const { from, to, rest } = castTypes(v);
  v.pop(from);
  branchWith(v, failing ? rest : to);
  v.push(failing ? to : rest);
}

export const CONTROL_RULES = {
  unreachable: (v) => v.setUnreachable(),
  block: (v) => openBlock(v, BLOCK),
  loop: (v) => openBlock(v, LOOP),
  if: (v) => {
    v.pop(t.I32);
    openBlock(v, IF);
  },
  else: (v) => {
    if (v.frame.kind !== IF) misplaced(v);
    v.finishBlock();
    v.restartBlock(ELSE, v.frame.params);
  },
  end,
  try: (v) => openBlock(v, TRY),
  catch: (v) => {
    closeTry(v);
    v.restartBlock(CATCH_PART, tagParams(v, v.reader.index));
  },
  catch_all: (v) => {
    closeTry(v);
    v.restartBlock(CATCH_ALL_PART, NO_TYPES);
  },
  delegate,
  rethrow: (v) => {
    const { kind } = v.label(v.reader.index);
    if (kind !== CATCH_PART && kind !== CATCH_ALL_PART) v.fail('invalid rethrow label');
    v.setUnreachable();
  },
  throw: throwTag,
  throw_ref: (v) => {
    v.pop(t.EXNREF);
    v.setUnreachable();
  },
  try_table: tryTable,
  br: (v) => {
    v.popAll(v.labelTypes(v.reader.index));
    v.setUnreachable();
  },
  br_if: (v) => {
    v.pop(t.I32);
    const types = v.labelTypes(v.reader.index);
    v.popAll(types);
    v.pushAll(types);
  },
  br_table: branchTable,
  return: (v) => {
    v.popAll(v.frames[0]!.results);
    v.setUnreachable();
  },
  call: (v) => call(v, v.callee(v.reader.index)),
  call_indirect: (v) => call(v, indirectCallee(v)),
  call_ref: (v) => {
    v.pop(functionReference(v));
    call(v, v.signature(v.reader.index));
  },
  return_call: (v) => tailCall(v, v.callee(v.reader.index)),
  return_call_indirect: (v) => tailCall(v, indirectCallee(v)),
  return_call_ref: (v) => {
    v.pop(functionReference(v));
    tailCall(v, v.signature(v.reader.index));
  },
  br_on_null: (v) => {
    const type = v.popRef();
    const types = v.labelTypes(v.reader.index);
    v.popAll(types);
    v.pushAll(types);
    v.push(type & ~1);
  },
  br_on_non_null: (v) => {
    branchWith(v, v.popRef() & ~1);
  },
  br_on_cast: (v) => branchOnCast(v, false),
  br_on_cast_fail: (v) => branchOnCast(v, true),
} satisfies Partial<Record<StatefulOp, Rule>>;
