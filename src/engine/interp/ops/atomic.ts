// Atomic accesses, wait and notify: runtime/atomics.ts on registers. A build may leave them out.
import {
  atomic32,
  atomic64,
  atomicNotify,
  holdsExpected,
  WAIT_NOT_EQUAL,
  WAIT_TIMED_OUT,
} from '../../../runtime/atomics.js';
import { Trap } from '../../../wasm/errors.js';
import { slotOf } from '../../../wasm/opcode-slots.js';
import { type AtomicOperator, opcodeRow, opNames } from '../../../wasm/opcodes.js';
import { HIGH_WORDS, REGISTERS } from '../code-arena.js';
import type { InterpInstance } from '../interp-instance.js';
import { CALL_SLOW } from '../ops.gen.js';
import { alignedAccessAt, memoryAt } from './access.js';
import { afterNews, type Handler, int, setInt, word } from './handler.js';

/** What wait() is asked for, read again by the driver where it has to wait. */
export function waitOperands(I: InterpInstance, pc: number, fp: number) {
  const wide = word(pc, 2) === 1;
  const memory = memoryAt(I, word(pc, 6));
  return {
    wide,
    memory,
    at: alignedAccessAt(memory, pc, 3, 7, fp, wide ? 8 : 4),
    expected: long(fp + word(pc, 4)),
    /** Nanoseconds; negative: no timeout. */
    timeout: long(fp + word(pc, 5)),
  };
}

interface AtomicEntry {
  readonly bytes: number;
  readonly operator: AtomicOperator;
  readonly wide: boolean;
}

const ENTRIES: ReadonlyMap<number, AtomicEntry> = /* @__PURE__ */ new Map(
  opNames(({ atomic }) => atomic !== undefined).map((name) => {
    const { code, bytes, atomic, sig } = opcodeRow(name);
    return [slotOf(code), { bytes: bytes!, operator: atomic!, wide: sig!.includes('I') }];
  }),
);

function long(slot: number): bigint {
  return (BigInt(HIGH_WORDS[slot]!) << 32n) | BigInt(REGISTERS[slot]! >>> 0);
}

const atomicAccess: Handler = (I, pc, fp) => {
  const entry = ENTRIES.get(word(pc, 2))!;
  const memory = memoryAt(I, word(pc, 6));
  const at = alignedAccessAt(memory, pc, 3, 7, fp, entry.bytes);
  const d = fp + word(pc, 1);
  const value = fp + word(pc, 4);
  const other = fp + word(pc, 5);
  if (entry.bytes === 8) {
    const result = atomic64(memory, entry.operator, at, long(value), long(other));
    REGISTERS[d] = Number(BigInt.asIntN(32, result));
    HIGH_WORDS[d] = Number(BigInt.asIntN(32, result >> 32n));
    return afterNews(I, pc + 9);
  }
  REGISTERS[d] = atomic32(memory, entry.operator, at, entry.bytes, REGISTERS[value]!, REGISTERS[other]!);
  if (entry.wide) HIGH_WORDS[d] = 0;
  return afterNews(I, pc + 9);
};

const notify: Handler = (I, pc, fp) => {
  const memory = memoryAt(I, word(pc, 4));
  const at = alignedAccessAt(memory, pc, 2, 5, fp, 4);
  setInt(pc, 1, fp, atomicNotify(memory, at, int(pc, 3, fp) >>> 0));
  return pc + 7;
};

const wait: Handler = (I, pc, fp) => {
  const { memory, at, wide, expected, timeout } = waitOperands(I, pc, fp);
  if (!memory.type.shared) throw new Trap('expected-shared-memory');
  const isThere = holdsExpected(memory, at, wide, expected);
  // The driver waits, not this operation.
  if (isThere && timeout !== 0n) return ~CALL_SLOW;
  setInt(pc, 1, fp, isThere ? WAIT_TIMED_OUT : WAIT_NOT_EQUAL);
  return pc + 9;
};

export const ATOMIC_HANDLERS = {
  atomic_access: atomicAccess,
  atomic_notify: notify,
  atomic_wait: wait,
} as const satisfies Record<string, Handler>;
