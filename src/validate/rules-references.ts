// Validation of instructions on references, whatever they refer to. Branches on references are in rules-control.ts.
import type { StatefulOp } from '../wasm/opcodes.js';
import * as t from '../wasm/types.js';
import type { CodeValidator, Rule } from './validate-code.js';

const EQREF = t.refType(t.HEAP_EQ, true);

function refFunc(v: CodeValidator): void {
  const { context, reader } = v;
  v.callee(reader.index);
  if (v.visibleGlobals >= 0) context.declared[reader.index] = 1;
  else if (context.declared[reader.index] === 0) v.fail('undeclared function reference');
  v.push(t.refType(context.types[context.functions[reader.index]!]!.id, false));
}

export const REFERENCE_RULES = {
  'ref.null': (v) => {
    const { reader } = v;
    v.push(v.context.resolve(t.refType(reader.heap, true), reader.start, v.functionIndex));
  },
  'ref.is_null': (v) => {
    v.popRef();
    v.push(t.I32);
  },
  'ref.func': refFunc,
  'ref.eq': (v) => {
    v.pop(EQREF);
    v.pop(EQREF);
    v.push(t.I32);
  },
  'ref.as_non_null': (v) => {
    v.push(v.popRef() & ~1);
  },
} satisfies Partial<Record<StatefulOp, Rule>>;
