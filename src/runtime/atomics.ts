// Atomic accesses, wait and notify on guest memories, the same in every engine that executes instructions itself. They use JavaScript's
// Atomics, or are plain reads and writes where the host has none. Refuses unaligned addresses and those out of bounds.
import { Trap } from '../wasm/errors.js';
import type { AtomicOperator } from '../wasm/opcodes.js';
import type { MemoryInstance } from './memory.js';
import type { Store } from './store.js';

type Words = { [at: number]: number };
/** Each returns what was there. */
type Operators = Readonly<Record<AtomicOperator, (words: Words, at: number, value: number, other: number) => number>>;

function plain(change: (was: number, value: number) => number): Operators['add'] {
  return (words, at, value) => {
    const was = words[at]!;
    words[at] = change(was, value);
    return was;
  };
}
/** For hosts without Atomics: there nothing is shared by JavaScript threads. */
const PLAIN: Operators = {
  load: plain((was) => was),
  store: plain((_, value) => value),
  add: plain((was, value) => was + value),
  sub: plain((was, value) => was - value),
  and: plain((was, value) => was & value),
  or: plain((was, value) => was | value),
  xor: plain((was, value) => was ^ value),
  exchange: plain((_, value) => value),
  compareExchange(words, at, expected, value) {
    const was = words[at]!;
    // What was expected is wrapped as the words are.
    words[at] = expected;
    words[at] = words[at] === was ? value : was;
    return was;
  },
};
const HAS_ATOMICS = typeof Atomics !== 'undefined';
const operators = (HAS_ATOMICS ? Atomics : PLAIN) as Operators;
/** The same for 64 bits: JavaScript's operators take either kind of numbers. */
const wideOperators = operators as unknown as Readonly<
  Record<AtomicOperator, (words: BigInt64Array, at: number, value: bigint, other: bigint) => bigint>
>;

/**
 * Checks alignment first (as far as numbers are exact), then bounds.
 * @throws Trap for an address that is not a multiple of the width, or that is out of bounds
 */
export function checkAligned(memory: MemoryInstance, at: number, bytes: number): void {
  if (at <= Number.MAX_SAFE_INTEGER && at % bytes !== 0) throw new Trap('unaligned-atomic');
  if (!memory.reaches(at + bytes)) throw new Trap('memory-out-of-bounds');
}

function wideView({ views: { f64 } }: MemoryInstance): BigInt64Array {
  return new BigInt64Array(f64.buffer, f64.byteOffset, f64.length);
}

/** An access of 8 bytes. @param other what compareExchange writes */
export function atomic64(
  memory: MemoryInstance,
  operator: AtomicOperator,
  at: number,
  value: bigint,
  other: bigint,
): bigint {
  const was = wideOperators[operator](wideView(memory), at / 8, value, other);
  memory.renew();
  return was;
}
/** An access of up to 4 bytes. JavaScript wraps the values, including the expected one, to the width of the access. */
export function atomic32(
  memory: MemoryInstance,
  operator: AtomicOperator,
  at: number,
  bytes: number,
  value: number,
  other: number,
): number {
  const { views } = memory;
  const array = bytes === 1 ? views.u8 : bytes === 2 ? views.u16 : views.i32;
  const was = operators[operator](array, at / bytes, value, other);
  memory.renew();
  return was;
}

/** @param count as an unsigned number @returns how many waiters were woken */
export function atomicNotify(memory: MemoryInstance, at: number, count: number): number {
  if (!memory.type.shared) return 0;
  if (memory.port) return memory.port.notify(memory, at, count);
  const woken = memory.waiters.notify(at, count);
  return isOfThisThread(memory) ? woken : woken + Atomics.notify(memory.views.i32, at / 4, count - woken);
}

/** Whether no other JavaScript thread can reach the memory, so that only calls on this one can wake one that waits there. */
export function isOfThisThread({ views }: MemoryInstance): boolean {
  // Pages that are not isolated have the one without the other.
  const canBeShared = HAS_ATOMICS && typeof SharedArrayBuffer !== 'undefined';
  return !canBeShared || !(views.i32.buffer instanceof SharedArrayBuffer);
}

/** Waits in a memory that other JavaScript threads have, without interruption. @param ms Infinity: for ever */
export function waitShared(memory: MemoryInstance, at: number, wide: boolean, expected: bigint, ms: number): number {
  const { i32 } = memory.views;
  const result = wide
    ? Atomics.wait(wideView(memory), at / 8, BigInt.asIntN(64, expected), ms)
    : Atomics.wait(i32, at / 4, Number(BigInt.asIntN(32, expected)), ms);
  return RESULTS[result]!;
}

/** Whether the memory holds the expected value; the address is aligned and in bounds. */
export function holdsExpected(
  { views: { i32 } }: MemoryInstance,
  at: number,
  wide: boolean,
  expected: bigint,
): boolean {
  if (i32[at / 4] !== Number(BigInt.asIntN(32, expected))) return false;
  return !wide || i32[at / 4 + 1] === Number(BigInt.asIntN(32, expected >> 32n));
}

const NANOSECONDS_PER_MS = 1_000_000n;
/** The results of a wait: notified, another value was there, the time has passed. */
export const WAIT_WOKEN = 0;
export const WAIT_NOT_EQUAL = 1;
export const WAIT_TIMED_OUT = 2;
/** The wait is done in slices, so that a deadline or an abort is noticed. */
const WAIT_SLICE_MS = 10;
const RESULTS: Readonly<Record<string, number>> = {
  ok: WAIT_WOKEN,
  'not-equal': WAIT_NOT_EQUAL,
  'timed-out': WAIT_TIMED_OUT,
};

/**
 * @param wide whether 8 bytes are expected instead of 4 @param timeout in nanoseconds; negative: no timeout
 * @returns 0: woken, 1: the memory holds another value, 2: the timeout has passed
 * @throws Trap if the memory is not shared, LimitError if a limit ends the wait
 */
export function atomicWait(
  { platform, meter }: Store,
  memory: MemoryInstance,
  at: number,
  wide: boolean,
  expected: bigint,
  timeout: bigint,
): number {
  if (!memory.type.shared) throw new Trap('expected-shared-memory');
  if (memory.port) return memory.port.wait(memory, at, wide, expected, timeout);
  const end =
    timeout < 0n ? Number.POSITIVE_INFINITY : platform.monotonicNow() + Number(timeout / NANOSECONDS_PER_MS) + 1;
  for (;;) {
    const slice = Math.max(0, Math.min(WAIT_SLICE_MS, timeout === 0n ? 0 : end - platform.monotonicNow()));
    const result = waitSlice(memory, at, wide, expected, slice, platform);
    if (result === 'not-equal' || timeout === 0n) return RESULTS[result]!;
    meter.checkpoint();
    if (result !== 'timed-out' || platform.monotonicNow() >= end) return RESULTS[result]!;
  }
}
function waitSlice(
  memory: MemoryInstance,
  at: number,
  wide: boolean,
  expected: bigint,
  ms: number,
  platform: Store['platform'],
): 'ok' | 'not-equal' | 'timed-out' {
  const { i32 } = memory.views;
  if (!isOfThisThread(memory)) {
    const low = Number(BigInt.asIntN(32, expected));
    return wide ? Atomics.wait(wideView(memory), at / 8, expected, ms) : Atomics.wait(i32, at / 4, low, ms);
  }
  // Only this thread can access the memory, so nothing can wake it before the timeout.
  if (!holdsExpected(memory, at, wide, expected)) return 'not-equal';
  platform.sleep(ms);
  return 'timed-out';
}
