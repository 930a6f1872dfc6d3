// Moves values between registers and other places that hold values: call slots, fields and elements of objects, exceptions.
import type { ArrayElements } from '../../runtime/gc.js';
import { fieldOffsets, newFields, width } from '../../runtime/gc.js';
import type { Slots } from '../../runtime/slots.js';
import * as t from '../../wasm/types.js';
import { F32_REGISTERS, F64_REGISTERS, F64_WORDS, HIGH_WORDS, REFERENCES, REGISTERS } from './code-arena.js';

/** Copies layout entries from `at` to a register; the extension is as in compile-rules.ts. */
export function elementAt(from: ArrayElements, at: number, type: t.StorageType, extension: number, slot: number): void {
  switch (type) {
    case t.I8:
    case t.I16: {
      const value = from[at] as number;
      const bits = type === t.I8 ? 24 : 16;
      REGISTERS[slot] = extension === 1 ? (value << bits) >> bits : (value << bits) >>> bits;
      return;
    }
    case t.I32:
    case t.F32:
      REGISTERS[slot] = from[at] as number;
      return;
    case t.I64:
      REGISTERS[slot] = from[at] as number;
      HIGH_WORDS[slot] = from[at + 1] as number;
      return;
    case t.F64:
      F64_REGISTERS[slot] = from[at] as number;
      return;
    case t.V128:
      for (let half = 0; half < 2; half++) {
        REGISTERS[slot + half] = from[at + half * 2] as number;
        HIGH_WORDS[slot + half] = from[at + half * 2 + 1] as number;
      }
      return;
    default:
      REFERENCES[slot] = from[at];
  }
}

/** Copies a register to layout entries from `at`. */
export function setElement(to: ArrayElements, at: number, type: t.StorageType, slot: number): void {
  switch (type) {
    case t.I64:
      to[at] = REGISTERS[slot]!;
      to[at + 1] = HIGH_WORDS[slot]!;
      return;
    case t.F64:
      to[at] = F64_REGISTERS[slot]!;
      return;
    case t.V128:
      for (let half = 0; half < 2; half++) {
        to[at + half * 2] = REGISTERS[slot + half]!;
        to[at + half * 2 + 1] = HIGH_WORDS[slot + half]!;
      }
      return;
    default:
      to[at] = (type >= 0 ? REFERENCES[slot] : REGISTERS[slot]) as never;
  }
}

/** Copies values of these types from registers starting at `slot` into an exception's or struct's layout. */
export function fieldsFrom(types: readonly t.ValType[], slot: number): unknown[] {
  const offsets = fieldOffsets(types);
  const fields = newFields(offsets[types.length]!);
  let at = slot;
  types.forEach((type, i) => {
    setElement(fields, offsets[i]!, type, at);
    at += type === t.V128 ? 2 : 1;
  });
  return fields;
}
/** Copies values of these types from such a layout into registers. */
export function fieldsTo(fields: readonly unknown[], types: readonly t.ValType[], slot: number): void {
  let from = 0;
  let at = slot;
  for (const type of types) {
    elementAt(fields as unknown[], from, type, 0, at);
    from += width(type);
    at += type === t.V128 ? 2 : 1;
  }
}

/** Copies call slots to registers from `slot` on. */
export function slotsToRegisters(slots: Slots, types: readonly t.ValType[], slot: number): void {
  const { i32 } = slots;
  let at = slot;
  for (let k = 0; k < types.length; k++, at++) {
    const type = types[k]!;
    if (type === t.F64) {
      F64_WORDS[at * 2] = i32[k * 4]!;
      F64_WORDS[at * 2 + 1] = i32[k * 4 + 1]!;
    } else if (type >= 0) {
      REFERENCES[at] = slots.refs[k];
    } else {
      REGISTERS[at] = i32[k * 4]!;
      HIGH_WORDS[at] = i32[k * 4 + 1]!;
      if (type === t.V128) {
        at++;
        REGISTERS[at] = i32[k * 4 + 2]!;
        HIGH_WORDS[at] = i32[k * 4 + 3]!;
      }
    }
  }
}
/** Puts numbers into the registers of parameters. */
export function numbersToRegisters(
  types: readonly t.ValType[],
  base: number,
  a: number,
  b: number,
  c: number,
  d: number,
): void {
  for (let k = 0; k < types.length; k++) {
    const value = k === 0 ? a : k === 1 ? b : k === 2 ? c : d;
    const type = types[k]!;
    if (type === t.I32) REGISTERS[base + k] = value;
    else if (type === t.F32) F32_REGISTERS[base + k] = value;
    else F64_REGISTERS[base + k] = value;
  }
}
/** Returns the number in a register of a type; undefined: there is none. */
export function registerToNumber(type: t.ValType | undefined, at: number): number | undefined {
  if (type === undefined) return undefined;
  if (type === t.I32) return REGISTERS[at];
  return type === t.F32 ? F32_REGISTERS[at] : F64_REGISTERS[at];
}
/** Copies registers from `slot` on to call slots. */
export function registersToSlots(slots: Slots, types: readonly t.ValType[], slot: number): void {
  const { i32 } = slots;
  let at = slot;
  for (let k = 0; k < types.length; k++, at++) {
    const type = types[k]!;
    if (type === t.F64) {
      i32[k * 4] = F64_WORDS[at * 2]!;
      i32[k * 4 + 1] = F64_WORDS[at * 2 + 1]!;
    } else if (type >= 0) {
      slots.refs[k] = REFERENCES[at];
    } else {
      i32[k * 4] = REGISTERS[at]!;
      if (type === t.I64 || type === t.V128) i32[k * 4 + 1] = HIGH_WORDS[at]!;
      if (type === t.V128) {
        at++;
        i32[k * 4 + 2] = REGISTERS[at]!;
        i32[k * 4 + 3] = HIGH_WORDS[at]!;
      }
    }
  }
}
