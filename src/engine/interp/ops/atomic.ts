// Atomic accesses, wait and notify. On a shared memory they are the host's Atomics; on another they are plain reads and writes.
import type { MemoryInstance } from '../../../runtime/memory.js';
import { Trap } from '../../../wasm/errors.js';
import { type AtomicOperator, opcodeRow, opNames } from '../../../wasm/opcodes.js';
import { slotOf } from '../../../wasm/slots.js';
import { HIGH_WORDS, REGISTERS } from '../code-arena.js';
import type { InterpInstance } from '../interp-instance.js';
import { type Handler, int, setInt, word } from './handler.js';
import { alignedAccessAt, memoryAt } from './memory.js';

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

function act<N extends number | bigint>(
  array: AtomicsArray<N>,
  operator: AtomicOperator,
  at: number,
  value: N,
  other: N,
): N {
  const host = Atomics as unknown as Readonly<Record<AtomicOperator, (...args: unknown[]) => N>>;
  if (operator === 'compareExchange') return host.compareExchange(array, at, value, other);
  return operator === 'load' ? host.load(array, at) : host[operator](array, at, value);
}
type AtomicsArray<N> = N extends bigint ? BigInt64Array : Uint8Array | Uint16Array | Int32Array;

function viewOf(memory: MemoryInstance, bytes: number): Uint8Array | Uint16Array | Int32Array {
  const { views } = memory;
  return bytes === 1 ? views.u8 : bytes === 2 ? views.u16 : views.i32;
}
function wideView(memory: MemoryInstance): BigInt64Array {
  const { f64 } = memory.views;
  return new BigInt64Array(f64.buffer, f64.byteOffset, f64.length);
}
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
    const result = act<bigint>(wideView(memory), entry.operator, at / 8, long(value), long(other));
    REGISTERS[d] = Number(BigInt.asIntN(32, result));
    HIGH_WORDS[d] = Number(BigInt.asIntN(32, result >> 32n));
    return pc + 9;
  }
  // The host wraps the values to the width of the access, the expected one too.
  const array = viewOf(memory, entry.bytes);
  const result = act<number>(array, entry.operator, at / entry.bytes, REGISTERS[value]!, REGISTERS[other]!);
  REGISTERS[d] = result;
  if (entry.wide) HIGH_WORDS[d] = 0;
  return pc + 9;
};

const atomicNotify: Handler = (I, pc, fp) => {
  const memory = memoryAt(I, word(pc, 4));
  const at = alignedAccessAt(memory, pc, 2, 5, fp, 4);
  const woken = memory.type.shared ? Atomics.notify(memory.views.i32, at / 4, int(pc, 3, fp) >>> 0) : 0;
  setInt(pc, 1, fp, woken);
  return pc + 7;
};

const NANOSECONDS_PER_MS = 1_000_000n;
/** Waits in slices, so that a deadline or an abort is noticed. */
const WAIT_SLICE_MS = 10;
const RESULTS: Readonly<Record<string, number>> = { ok: 0, 'not-equal': 1, 'timed-out': 2 };

function waitSlice(
  I: InterpInstance,
  memory: MemoryInstance,
  at: number,
  slot: number,
  wide: boolean,
  ms: number,
): string {
  const { i32 } = memory.views;
  if (i32.buffer instanceof SharedArrayBuffer) {
    return wide
      ? Atomics.wait(wideView(memory), at / 8, long(slot), ms)
      : Atomics.wait(i32, at / 4, REGISTERS[slot]!, ms);
  }
  // A memory of this thread alone: nobody can wake us, only the time can pass.
  if (i32[at / 4] !== REGISTERS[slot] || (wide && i32[at / 4 + 1] !== HIGH_WORDS[slot])) return 'not-equal';
  I.store.platform.sleep(ms);
  return 'timed-out';
}

const atomicWait: Handler = (I, pc, fp) => {
  const wide = word(pc, 2) === 1;
  const memory = memoryAt(I, word(pc, 6));
  const bytes = wide ? 8 : 4;
  const at = alignedAccessAt(memory, pc, 3, 7, fp, bytes);
  if (!memory.type.shared) throw new Trap('expected-shared-memory');
  const expected = fp + word(pc, 4);
  const timeout = long(fp + word(pc, 5));
  const start = I.store.platform.monotonicNow();
  const end = timeout < 0n ? Number.POSITIVE_INFINITY : start + Number(timeout / NANOSECONDS_PER_MS) + 1;
  for (;;) {
    const slice = Math.max(0, Math.min(WAIT_SLICE_MS, timeout === 0n ? 0 : end - I.store.platform.monotonicNow()));
    const result = waitSlice(I, memory, at, expected, wide, slice);
    const sleeps = result !== 'not-equal' && timeout !== 0n;
    if (sleeps) I.store.meter.checkpoint();
    if (!sleeps || result !== 'timed-out' || I.store.platform.monotonicNow() >= end) {
      setInt(pc, 1, fp, RESULTS[result]!);
      return pc + 9;
    }
  }
};

export const ATOMIC_HANDLERS = {
  atomic_access: atomicAccess,
  atomic_notify: atomicNotify,
  atomic_wait: atomicWait,
} as const satisfies Record<string, Handler>;
