// How values cross between a module under test and the fuzzer: as integers and references alone, so that no host rounds a NaN.
// Shared by both sides of every comparison; knows neither.
import type { Module } from '#src/wasm/module.js';
import * as t from '#src/wasm/types.js';

/** A number type, or the hierarchy of a reference. */
export type Kind = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'any' | 'func' | 'extern' | 'exn';
/** What the host's JavaScript holds: numbers, bigints, references. */
export type HostValue = unknown;

const KINDS: Readonly<Record<number, Kind>> = {
  [t.I32]: 'i32',
  [t.I64]: 'i64',
  [t.F32]: 'f32',
  [t.F64]: 'f64',
  [t.V128]: 'v128',
};
const HEAPS: Readonly<Record<number, Kind>> = {
  [t.HEAP_FUNC]: 'func',
  [t.HEAP_NOFUNC]: 'func',
  [t.HEAP_EXTERN]: 'extern',
  [t.HEAP_NOEXTERN]: 'extern',
  [t.HEAP_EXN]: 'exn',
  [t.HEAP_NOEXN]: 'exn',
};

export function kindOf(module: Pick<Module, 'types'>, type: t.ValType): Kind {
  if (type < 0) return KINDS[type]!;
  const heap = t.heapOf(type);
  if (heap >= 0) return module.types[heap]!.composite.kind === 'func' ? 'func' : 'any';
  return HEAPS[heap] ?? 'any';
}

/** The types that stand for a value of each kind where it leaves a module. No exception reference may: only its nullness does. */
export const OUTWARD: Readonly<Record<Kind, readonly t.ValType[]>> = {
  i32: [t.I32],
  i64: [t.I64],
  f32: [t.I32],
  f64: [t.I64],
  v128: [t.I64, t.I64],
  any: [t.I32, t.ANYREF],
  func: [t.FUNCREF],
  extern: [t.EXTERNREF],
  exn: [t.I32],
};

/** Bits of the integer before a reference of the any hierarchy: hosts cannot tell a struct from an array. */
export const MASK = { null: 1, i31: 2, struct: 4, array: 8 } as const;

/** Names references: `functionName` knows exported functions, `opaqueId` the fuzzer's own values. */
export interface ReferenceNames {
  functionName(value: unknown): string;
  opaqueId(value: unknown): number | undefined;
}

/** The text of one value that came out, from the host values that stand for it; NaNs with all their bits. */
function textOf(kind: Kind, own: readonly HostValue[], names: ReferenceNames): string {
  switch (kind) {
    case 'i32':
      return `i32:${(own[0] as number) | 0}`;
    case 'i64':
      return `i64:${BigInt.asIntN(64, own[0] as bigint)}`;
    case 'f32':
      return `f32:${hex((own[0] as number) >>> 0, 8)}`;
    case 'f64':
      return `f64:${hex(BigInt.asUintN(64, own[0] as bigint), 16)}`;
    case 'v128':
      return `v128:${own.map((half) => hex(BigInt.asUintN(64, half as bigint), 16)).join('_')}`;
    case 'exn':
      return own[0] === 1 ? 'null' : 'exn';
    case 'func':
      return own[0] === null ? 'null' : names.functionName(own[0]);
    case 'extern':
      return referenceText(own[0], names);
    case 'any': {
      const mask = own[0] as number;
      if (mask & MASK.null) return 'null';
      if (mask & MASK.struct) return 'struct';
      if (mask & MASK.array) return 'array';
      return referenceText(own[1], names);
    }
  }
}

/** A reference of unknown class: i31 references are numbers on every side. */
export function referenceText(value: unknown, names: ReferenceNames): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return `i31:${value}`;
  const id = names.opaqueId(value);
  return id === undefined ? 'object' : `extern:${id}`;
}

/** One value that an uncaught exception carries: JavaScript rounds NaNs, so they are all one here. */
export function payloadText(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'number' && typeof value !== 'bigint') return 'ref';
  return Object.is(value, -0) ? '-0' : `${value}`;
}

/** The texts of several values. */
export function textsOf(kinds: readonly Kind[], values: readonly HostValue[], names: ReferenceNames): string {
  let at = 0;
  return kinds.map((kind) => textOf(kind, values.slice(at, (at += OUTWARD[kind].length)), names)).join(' ');
}

function hex(bits: number | bigint, digits: number): string {
  return bits.toString(16).padStart(digits, '0');
}
