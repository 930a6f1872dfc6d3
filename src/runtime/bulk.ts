// Fills, copies and makes what may be long, in parts with a checkpoint between them, so that a deadline holds in the middle of one instruction.
// Bounds are not checked here: the callers have checked them.
import { BYTES_PER_CHECKPOINT, ENTRIES_PER_CHECKPOINT } from '../wasm/fuel.js';
import { F64, type StorageType } from '../wasm/types.js';
import { type ArrayElements, width } from './gc.js';
import type { Meter } from './meter.js';

/** V8 ends the process when an array of references grows beyond 2^27 entries, and arrays grow by half. */
const MAX_REFERENCES = 1 << 26;

export function fillBytes(meter: Meter, bytes: Uint8Array, value: number, from: number, to: number): void {
  for (let at = from; at < to; at += BYTES_PER_CHECKPOINT) {
    if (at > from) meter.checkpoint();
    bytes.fill(value, at, Math.min(at + BYTES_PER_CHECKPOINT, to));
  }
}

/** Copies bytes; the two ranges may overlap. */
export function copyBytes(
  meter: Meter,
  target: Uint8Array,
  to: number,
  source: Uint8Array,
  from: number,
  length: number,
): void {
  if (length <= BYTES_PER_CHECKPOINT) moveNumbers(target, to, source, from, length);
  else
    inParts(meter, BYTES_PER_CHECKPOINT, length, target === source && to > from, (at, count) =>
      moveNumbers(target, to + at, source, from + at, count),
    );
}

/** Copies entries of tables or arrays, which have the same layout. The two ranges may overlap. */
export function copyEntries(
  meter: Meter,
  target: ArrayElements,
  to: number,
  source: ArrayElements | readonly unknown[],
  from: number,
  length: number,
): void {
  const backward = target === source && to > from;
  const move = (at: number, count: number): void => {
    if (!Array.isArray(target)) moveNumbers(target, to + at, source as typeof target, from + at, count);
    else moveReferences(target, to + at, source as readonly unknown[], from + at, count, backward);
  };
  if (length <= ENTRIES_PER_CHECKPOINT) move(0, length);
  else inParts(meter, ENTRIES_PER_CHECKPOINT, length, backward, move);
}

export function fillReferences(meter: Meter, list: unknown[], value: unknown, from: number, to: number): void {
  for (let at = from; at < to; at += ENTRIES_PER_CHECKPOINT) {
    if (at > from) meter.checkpoint();
    list.fill(value, at, Math.min(at + ENTRIES_PER_CHECKPOINT, to));
  }
}

/**
 * Repeats the `width` entries at `from` until there are `length` (of references, one). Copies keep the bits of NaNs, which JavaScript values lose.
 */
export function repeatEntries(meter: Meter, list: ArrayElements, from: number, width: number, length: number): void {
  if (Array.isArray(list)) {
    fillReferences(meter, list, list[from], from + width, from + length);
    return;
  }
  for (let done = width; done < length; ) {
    if (done >= ENTRIES_PER_CHECKPOINT) meter.checkpoint();
    const count = Math.min(done, length - done, ENTRIES_PER_CHECKPOINT);
    moveNumbers(list, from + done, list, from, count);
    done += count;
  }
}

/**
 * Appends references to an array. If the deadline ends this, the array is as before.
 * @param meter of the guest that does this
 * @throws RangeError where V8 would end the process
 */
export function appendReferences(meter: Meter | undefined, list: unknown[], value: unknown, count: number): void {
  const before = list.length;
  if (before + count > MAX_REFERENCES) throw new RangeError(`a list of ${before + count} references`);
  try {
    for (let done = 0; done < count; ) {
      if (done > 0) meter?.checkpoint();
      for (const stop = Math.min(done + ENTRIES_PER_CHECKPOINT, count); done < stop; done++) list.push(value);
    }
  } catch (error) {
    list.length = before;
    throw error;
  }
}

/**
 * Makes the storage of an array with every element zero or null.
 * @throws RangeError if the JavaScript engine has no room; also as Meter.check()
 */
export function newElements(meter: Meter, type: StorageType, length: number): ArrayElements {
  if (type >= 0) {
    const list: unknown[] = [];
    appendReferences(meter, list, null, length);
    return list;
  }
  if (type === F64) return new Float64Array(length);
  if (type === -0x08) return new Int8Array(length);
  if (type === -0x09) return new Int16Array(length);
  return new Int32Array(length * width(type));
}

/** Calls `move` for the parts of [0, length), from last to first if `backward`, with a checkpoint between them. Throws as Meter.check(). */
export function inParts(
  meter: Meter,
  partLength: number,
  length: number,
  backward: boolean,
  move: (at: number, count: number) => void,
): void {
  for (let done = 0; done < length; done += partLength) {
    if (done > 0) meter.checkpoint();
    const count = Math.min(partLength, length - done);
    move(backward ? length - done - count : done, count);
  }
}

type Numbers = Exclude<ArrayElements, unknown[]> | Uint8Array;
function moveNumbers<T extends Numbers>(target: T, to: number, source: T, from: number, count: number): void {
  if (target === source) target.copyWithin(to, from, from + count);
  else target.set(source.subarray(from, from + count), to);
}
/** This is a loop because Array.prototype.copyWithin takes ten times as long. */
function moveReferences(
  target: unknown[],
  to: number,
  source: readonly unknown[],
  from: number,
  count: number,
  backward: boolean,
): void {
  if (backward) for (let i = count - 1; i >= 0; i--) target[to + i] = source[from + i];
  else for (let i = 0; i < count; i++) target[to + i] = source[from + i];
}
