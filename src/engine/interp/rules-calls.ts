// The rules of all kinds of calls.
import type { CallOp } from '../../wasm/opcodes.js';
import * as t from '../../wasm/types.js';
import { type FunctionCompiler, REFERENCE, type Rule } from './compile-function.js';
import * as OP from './op.gen.js';

/** Puts the arguments where the callee finds its locals; returns the register of the first. */
export function pushArguments(c: FunctionCompiler, count: number): number {
  c.materializeTop(count);
  const at = count > 0 ? c.slotAt(count - 1) : c.nextSlot;
  c.drop(count);
  return at;
}
function pushResults(c: FunctionCompiler, results: readonly t.ValType[]): void {
  for (const type of results) c.push(type);
  c.barrier();
}
/** Puts the arguments of a tail call into the first registers of the frame. */
function tailArguments(c: FunctionCompiler, params: readonly t.ValType[]): void {
  c.materializeTop(params.length);
  let to = 0;
  params.forEach((type, i) => {
    c.copyTo(params.length - 1 - i, to);
    to += type === t.V128 ? 2 : 1;
  });
  c.frameSize = Math.max(c.frameSize, to);
  c.drop(params.length);
}

function call(c: FunctionCompiler): void {
  const { index } = c.reader;
  const { params, results } = c.spaces.functions[index]!;
  const at = pushArguments(c, params.length);
  if (index < c.spaces.importedFunctions) c.emit(OP.call_import, index, at);
  else c.emit(OP.call, c.entries[index]!, at);
  pushResults(c, results);
}
function callIndirect(c: FunctionCompiler): void {
  const { index, index2 } = c.reader;
  const { params, results } = c.spaces.funcType(index);
  // The index is above the arguments. It is read before the callee's frame, which begins at the first argument, is entered.
  let element = c.operand(0);
  c.drop();
  if (c.spaces.tables[index2]!.address === 'i64') {
    // The step function reads 32 bits of the index.
    const narrow = c.push(t.I64);
    c.emit(OP.table_index, narrow, element);
    c.drop();
    element = narrow;
  }
  const at = pushArguments(c, params.length);
  c.emit(OP.call_indirect, index2, index, element, at);
  pushResults(c, results);
}
function callRef(c: FunctionCompiler): void {
  const { params, results } = c.spaces.funcType(c.reader.index);
  const callee = c.operand(0);
  c.drop();
  const at = pushArguments(c, params.length);
  c.emit(OP.call_ref, callee, at);
  pushResults(c, results);
}
function returnCall(c: FunctionCompiler): void {
  const { index } = c.reader;
  tailArguments(c, c.spaces.functions[index]!.params);
  c.observeLeave();
  if (index < c.spaces.importedFunctions) c.emit(OP.return_call_import, index);
  else c.emit(OP.jump_call, c.entries[index]!);
}
/** Moves the callee of a tail call above everything else, since moving the arguments may overwrite its register. */
function keepCallee(c: FunctionCompiler, type: t.ValType, callee: number): number {
  const at = c.frameSize;
  c.frameSize = at + 1;
  c.move(type, at, callee);
  return at;
}
function returnCallIndirect(c: FunctionCompiler): void {
  const { index, index2 } = c.reader;
  const { params } = c.spaces.funcType(index);
  const addressType = c.spaces.tables[index2]!.address === 'i64' ? t.I64 : t.I32;
  c.frameSize = Math.max(c.frameSize, c.nextSlot, params.length * 2);
  const element = keepCallee(c, addressType, c.operand(0));
  c.drop();
  tailArguments(c, params);
  c.observeLeave();
  c.emit(OP.return_call_indirect, index2, index, element);
}
function returnCallRef(c: FunctionCompiler): void {
  const { params } = c.spaces.funcType(c.reader.index);
  c.frameSize = Math.max(c.frameSize, c.nextSlot, params.length * 2);
  c.usesReferences = true;
  const callee = keepCallee(c, REFERENCE, c.operand(0));
  c.drop();
  tailArguments(c, params);
  c.observeLeave();
  c.emit(OP.return_call_ref, callee);
}

export const CALL_RULES = {
  call,
  call_indirect: callIndirect,
  call_ref: callRef,
  return_call: returnCall,
  return_call_indirect: returnCallIndirect,
  return_call_ref: returnCallRef,
} satisfies Record<CallOp, Rule>;
