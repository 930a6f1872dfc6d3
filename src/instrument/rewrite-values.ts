// Instructions whose operand or result needs care: moved locals, truncated numbers, NaNs, new objects.
import { ARRAY_BYTES, arrayBytes, elementBytes, structBytes } from '../wasm/object-size.js';
import { OPCODES, opcodeRow } from '../wasm/opcodes.js';
import * as t from '../wasm/types.js';
import { nanType, writeCanonical } from './canonical-nans.js';
import type { RewrittenFunction } from './rewritten-function.js';

const ARRAY_NEW_FIXED = OPCODES['array.new_fixed'].code;

/** Adjusts the index of a local that was moved; see function-locals.ts. */
export function renumberLocal(f: RewrittenFunction): void {
  const { op, index } = f.reader;
  const moved = f.locals.movedTo(index);
  if (moved < 0) return;
  f.spans.flushBefore();
  f.code.opcode(op);
  f.code.u32(moved);
}
/** The JavaScript engine's trap does not distinguish NaNs from numbers out of range. */
export function checkTruncation(f: RewrittenFunction): void {
  const code = f.code;
  const single = opcodeRow(f.reader.name).sig!.startsWith('f');
  f.spans.flushUpTo();
  const local = f.locals.scratch(single ? t.F32 : t.F64);
  code.teeLocal(local);
  code.getLocal(local);
  code.op(single ? 'f32.ne' : 'f64.ne');
  code.if();
  code.call(f.env.added.invalidConversion());
  code.end();
  code.getLocal(local);
}
export function makeCanonical(f: RewrittenFunction): void {
  f.spans.flushAll();
  const shape = opcodeRow(f.reader.name).nan!;
  writeCanonical(f.code, shape, f.locals.scratch(nanType(shape)));
}
/** Charges the new object on the operand stack. */
export function chargeObject(f: RewrittenFunction): void {
  const { op, index, index2 } = f.reader;
  const { module, added } = f.env;
  if (f.spans.from < f.reader.pos) f.spans.flushAll();
  const code = f.code;
  const type = t.refType(index, true);
  const local = f.locals.scratch(type);
  code.setLocal(local);
  code.getLocal(local);
  const { composite } = module.types[index]!;
  if (composite.kind === 'struct') {
    code.i32(structBytes(composite));
  } else if (composite.kind === 'array') {
    const element = composite.element.type;
    if (op === ARRAY_NEW_FIXED) code.i32(arrayBytes(index2, element));
    else {
      code.getLocal(local);
      code.op('array.len');
      code.i32(elementBytes(element));
      code.op('i32.mul');
      code.i32(ARRAY_BYTES);
      code.op('i32.add');
    }
  }
  code.call(added.newObject());
  code.getLocal(local);
  code.op('ref.as_non_null');
}
