// The translation of waiting, waking and fences. A build may leave them out; the rule of atomic accesses follows from their rows.
import type { RuledOp } from '../../wasm/opcodes.js';
import * as t from '../../wasm/types.js';
import type { FunctionCompiler, Rule } from './compile-function.js';
import * as OP from './op.gen.js';

function atomicWait(c: FunctionCompiler, wide: number): void {
  const { index, offsetLow, offsetHigh } = c.reader;
  const timeout = c.operand(0);
  const expected = c.operand(1);
  const address = c.operand(2);
  c.drop(3);
  c.begin(OP.atomic_wait);
  for (const word of [c.push(t.I32), wide, address, expected, timeout, index, offsetLow, offsetHigh]) c.word(word);
}

export const THREAD_RULES = {
  'memory.atomic.notify': (c) => {
    const { index, offsetLow, offsetHigh } = c.reader;
    const count = c.operand(0);
    const address = c.operand(1);
    c.drop(2);
    c.emit(OP.atomic_notify, c.push(t.I32), address, count, index, offsetLow, offsetHigh);
  },
  'memory.atomic.wait32': (c) => atomicWait(c, 0),
  'memory.atomic.wait64': (c) => atomicWait(c, 1),
  'atomic.fence': () => {},
} as const satisfies Partial<Record<RuledOp, Rule>>;
