// A tiny module that calls one exported function with exact bits where the host's JavaScript boundary would lose them:
// floats travel as integers, vectors as two i64, references come with a mask that tells their class.
// Holds no values: the caller passes them as arguments, so one adapter serves every call of an export.

import type { Hierarchy, Result, Value } from '#src/wast/script-values.js';
import type { ExportedType, ModuleTypes, ValueKind, ValueType } from './module-reader.js';

/** What JavaScript passes to and gets from the adapter; references go through untouched. */
export type HostValue = unknown;

/** How the target turns opaque references of a script into host values and back. */
export interface ReferenceMapper {
  toHost(id: number): HostValue;
  /** The number of a value made by `toHost`, otherwise undefined. */
  toId(value: HostValue): number | undefined;
}

const CODE = { i32: 0x7f, i64: 0x7e, v128: 0x7b, func: 0x70, extern: 0x6f, any: 0x6e, exn: 0x69 };
const LOCAL_TYPE: Record<ValueKind, number> = { ...CODE, f32: 0x7d, f64: 0x7c };

/** Types that stand for a value at the adapter's own boundary. */
const BOUNDARY: Record<ValueKind, { readonly params: readonly number[]; readonly results: readonly number[] }> = {
  i32: { params: [CODE.i32], results: [CODE.i32] },
  i64: { params: [CODE.i64], results: [CODE.i64] },
  f32: { params: [CODE.i32], results: [CODE.i32] },
  f64: { params: [CODE.i64], results: [CODE.i64] },
  v128: { params: [CODE.i64, CODE.i64], results: [CODE.i64, CODE.i64] },
  any: { params: [CODE.any], results: [CODE.i32, CODE.any] },
  func: { params: [CODE.func], results: [CODE.func] },
  extern: { params: [CODE.extern], results: [CODE.extern] },
  // No exception reference may cross to JavaScript: only null goes in, only its nullness comes out.
  exn: { params: [], results: [CODE.i32] },
};

/** Bits of the mask that comes before a reference of the any hierarchy. */
const MASK = { null: 1, i31: 2, struct: 4, array: 8 };
const TESTED_HEAPS = [
  [0x6c, MASK.i31],
  [0x6b, MASK.struct],
  [0x6a, MASK.array],
] as const;

const OP = {
  end: 0x0b,
  call: 0x10,
  localGet: 0x20,
  localSet: 0x21,
  globalGet: 0x23,
  i32Const: 0x41,
  i32Shl: 0x74,
  i32Or: 0x72,
  refNull: 0xd0,
  refIsNull: 0xd1,
};
const REINTERPRET = { f32FromI32: 0xbe, f64FromI64: 0xbf, i32FromF32: 0xbc, i64FromF64: 0xbd };

function leb(value: number): number[] {
  const out: number[] = [];
  for (let rest = value; ; ) {
    const byte = rest % 128;
    rest = Math.floor(rest / 128);
    out.push(rest === 0 ? byte : byte + 128);
    if (rest === 0) return out;
  }
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...leb(content.length), ...content];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...leb(items.length), ...items.flat()];
}

// "m" "f": where the function or global is imported from, and the name of the adapter's own function.
const IMPORT_NAMES = [1, 0x6d, 1, 0x66];
const RUN_NAME = [1, 0x66];
/** Field names of the encoded module. */
export const ADAPTER_NAMES = { module: 'm', field: 'f', run: 'f' } as const;

/** The reference type with its null: the heap type of `(ref T)` or of an abbreviation. */
function heapOf(type: ValueType): readonly number[] {
  return type.encoding.length > 1 ? type.encoding.slice(1) : type.encoding;
}

function pushArgument(type: ValueType, local: number): number[] {
  const get = [OP.localGet, ...leb(local)];
  switch (type.kind) {
    case 'f32':
      return [...get, REINTERPRET.f32FromI32];
    case 'f64':
      return [...get, REINTERPRET.f64FromI64];
    case 'v128':
      // i64x2.splat of the low half, then i64x2.replace_lane 1 with the high half.
      return [...get, 0xfd, 0x12, OP.localGet, ...leb(local + 1), 0xfd, 0x1e, 1];
    case 'exn':
      return [OP.refNull, ...heapOf(type)];
    case 'any':
    case 'func':
    case 'extern': {
      if (type.encoding.length === 1 && type.encoding[0] === CODE[type.kind]) return get;
      const castCode = type.encoding[0] === 0x64 ? 0x16 : 0x17;
      return [...get, 0xfb, castCode, ...heapOf(type)];
    }
    default:
      return get;
  }
}

function pushResult(type: ValueType, local: number): number[] {
  const get = [OP.localGet, ...leb(local)];
  switch (type.kind) {
    case 'f32':
      return [...get, REINTERPRET.i32FromF32];
    case 'f64':
      return [...get, REINTERPRET.i64FromF64];
    case 'v128':
      return [...get, 0xfd, 0x1d, 0, ...get, 0xfd, 0x1d, 1];
    case 'exn':
      return [...get, OP.refIsNull];
    case 'any': {
      const tests = TESTED_HEAPS.flatMap(([heap, bit]) => [
        ...[...get, 0xfb, 0x14, heap],
        ...[OP.i32Const, Math.log2(bit), OP.i32Shl, OP.i32Or],
      ]);
      return [...get, OP.refIsNull, ...tests, ...get];
    }
    default:
      return get;
  }
}

/**
 * Bytes of the adapter for one export. It copies the exporting module's type section, so that the imported type is the
 * exported one even inside recursion groups.
 */
export function encodeAdapter(types: ModuleTypes, exported: ExportedType): Uint8Array {
  const params = exported.kind === 'func' ? exported.params : [];
  const results = exported.kind === 'func' ? exported.results : [exported.type];
  const runParams = params.flatMap((type) => BOUNDARY[type.kind].params);
  const runResults = results.flatMap((type) => BOUNDARY[type.kind].results);
  const runType = [0x60, ...leb(runParams.length), ...runParams, ...leb(runResults.length), ...runResults];

  const imported =
    exported.kind === 'func'
      ? [0, ...leb(exported.typeIndex)]
      : [3, ...exported.type.encoding, exported.mutable ? 1 : 0];

  const code: number[] = [];
  let local = 0;
  for (const type of params) {
    code.push(...pushArgument(type, local));
    local += BOUNDARY[type.kind].params.length;
  }
  code.push(exported.kind === 'func' ? OP.call : OP.globalGet, 0);
  for (let index = results.length - 1; index >= 0; index--) code.push(OP.localSet, ...leb(local + index));
  results.forEach((type, index) => {
    code.push(...pushResult(type, local + index));
  });
  const locals = vector(results.map((type) => [1, LOCAL_TYPE[type.kind]]));
  const body = [...locals, ...code, OP.end];

  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [...leb(types.typeEntryCount + 1), ...types.typeEntries, ...runType]),
    ...section(2, vector([[...IMPORT_NAMES, ...imported]])),
    ...section(3, vector([leb(types.typeIndexCount)])),
    ...section(7, vector([[...RUN_NAME, 0, ...leb(exported.kind === 'func' ? 1 : 0)]])),
    ...section(10, vector([[...leb(body.length), ...body]])),
  ]);
}

/** Host arguments for the adapter's function. */
export function toAdapterArguments(args: readonly Value[], references: ReferenceMapper): HostValue[] {
  return args.flatMap((arg) => toHostValues(arg, references));
}

function toHostValues(arg: Value, references: ReferenceMapper): HostValue[] {
  switch (arg.type) {
    case 'i32':
    case 'i64':
      return [arg.value];
    case 'f32':
    case 'f64':
      return [arg.bits];
    case 'v128': {
      const view = new DataView(arg.bytes.buffer, arg.bytes.byteOffset, 16);
      return [view.getBigInt64(0, true), view.getBigInt64(8, true)];
    }
    case 'null':
      return arg.heap === 'exn' ? [] : [null];
    case 'extern':
    case 'host':
      return [references.toHost(arg.id)];
  }
}

/** The function's results from what the adapter's function returned. */
export function fromAdapterResults(exported: ExportedType, returned: HostValue, references: ReferenceMapper): Result[] {
  const results = exported.kind === 'func' ? exported.results : [exported.type];
  const count = results.reduce((sum, type) => sum + BOUNDARY[type.kind].results.length, 0);
  const values = count === 0 ? [] : count === 1 ? [returned] : [...(returned as Iterable<HostValue>)];
  let at = 0;
  return results.map((type) => {
    const own = values.slice(at, (at += BOUNDARY[type.kind].results.length));
    return toResult(type.kind, own, references);
  });
}

function toResult(kind: ValueKind, own: readonly HostValue[], references: ReferenceMapper): Result {
  switch (kind) {
    case 'i32':
      return { type: 'i32', value: own[0] as number };
    case 'i64':
      return { type: 'i64', value: own[0] as bigint };
    case 'f32':
      return { type: 'f32', bits: (own[0] as number) >>> 0 };
    case 'f64':
      return { type: 'f64', bits: BigInt.asUintN(64, own[0] as bigint) };
    case 'v128': {
      const bytes = new Uint8Array(16);
      new BigInt64Array(bytes.buffer).set(own as bigint[]);
      return { type: 'v128', bytes };
    }
    case 'exn':
      return own[0] === 1 ? { type: 'null', heap: 'exn' } : { type: 'ref', kind: 'exn' };
    default:
      return toReference(kind, own, references);
  }
}

function toReference(kind: Hierarchy, own: readonly HostValue[], references: ReferenceMapper): Result {
  const value = own.at(-1);
  if (value === null) return { type: 'null', heap: kind };
  if (kind === 'func') return { type: 'ref', kind };
  if (kind === 'any') {
    const mask = own[0] as number;
    if (mask & MASK.i31) return { type: 'ref', kind: 'i31' };
    if (mask & MASK.struct) return { type: 'ref', kind: 'struct' };
    if (mask & MASK.array) return { type: 'ref', kind: 'array' };
  }
  const id = references.toId(value);
  if (id !== undefined) return { type: kind === 'extern' ? 'extern' : 'host', id };
  return { type: 'ref', kind: 'extern' };
}
