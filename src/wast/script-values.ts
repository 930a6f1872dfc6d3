// The values and result patterns of test scripts as exact bits, and the comparison of a value with a pattern.

export type NumberValue =
  | { readonly type: 'i32'; readonly value: number }
  | { readonly type: 'i64'; readonly value: bigint }
  | { readonly type: 'f32'; readonly bits: number }
  | { readonly type: 'f64'; readonly bits: bigint }
  | { readonly type: 'v128'; readonly bytes: Uint8Array };

/** The four type hierarchies of references. */
export type Hierarchy = 'any' | 'func' | 'extern' | 'exn';

/** An argument that a script passes to a function. `extern` and `host` are opaque references with a number, of types extern and any. */
export type Value =
  | NumberValue
  | { readonly type: 'null'; readonly heap: Hierarchy }
  | { readonly type: 'extern'; readonly id: number }
  | { readonly type: 'host'; readonly id: number };

/** A result of a function. `ref` is a reference of which only the class can be seen from outside. */
export type Result =
  | Value
  | { readonly type: 'ref'; readonly kind: 'i31' | 'struct' | 'array' | 'func' | 'exn' | 'extern' };

export type Nan = 'canonical' | 'arithmetic';

export type FloatPattern = { readonly lane: 'f32' | 'f64'; readonly bits: bigint | Nan };

export type Pattern =
  | Value
  | { readonly type: 'nan'; readonly lane: 'f32' | 'f64'; readonly nan: Nan }
  | { readonly type: 'lanes'; readonly lanes: readonly FloatPattern[] }
  | { readonly type: 'anyNull' }
  | { readonly type: 'refClass'; readonly of: 'any' | 'eq' | 'i31' | 'struct' | 'array' | 'func' | 'exn' | 'extern' }
  | { readonly type: 'either'; readonly of: readonly Pattern[] };

const REF_CLASSES: Record<string, readonly string[]> = {
  any: ['i31', 'struct', 'array', 'host'],
  eq: ['i31', 'struct', 'array'],
};

const NAN_SHAPE = {
  f32: { infinity: 0x7f800000n, quiet: 0x00400000n, fraction: 0x007fffffn },
  f64: { infinity: 0x7ff0000000000000n, quiet: 0x0008000000000000n, fraction: 0x000fffffffffffffn },
};

/** Returns whether float bits are a NaN of the class: a canonical NaN has the quiet bit alone, an arithmetic one at least the quiet bit. */
export function isNan(bits: bigint, lane: 'f32' | 'f64', nan: Nan): boolean {
  const { infinity, quiet, fraction } = NAN_SHAPE[lane];
  if ((bits & infinity) !== infinity) return false;
  return nan === 'canonical' ? (bits & fraction) === quiet : (bits & quiet) !== 0n;
}

function matchesLanes(bytes: Uint8Array, lanes: readonly FloatPattern[]): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  return lanes.every(({ lane, bits }, index) => {
    const got = lane === 'f32' ? BigInt(view.getUint32(index * 4, true)) : view.getBigUint64(index * 8, true);
    return typeof bits === 'bigint' ? bits === got : isNan(got, lane, bits);
  });
}

function matchesClass(got: Result, of: string): boolean {
  const kind = got.type === 'ref' ? got.kind : got.type;
  return (REF_CLASSES[of] ?? [of]).includes(kind);
}

/** Returns whether the pattern allows a result. */
export function matches(got: Result, pattern: Pattern): boolean {
  switch (pattern.type) {
    case 'either':
      return pattern.of.some((one) => matches(got, one));
    case 'anyNull':
      return got.type === 'null';
    case 'refClass':
      return matchesClass(got, pattern.of);
    case 'nan':
      return got.type === pattern.lane && isNan(BigInt((got as { bits: number | bigint }).bits), got.type, pattern.nan);
    case 'lanes':
      return got.type === 'v128' && matchesLanes(got.bytes, pattern.lanes);
    case 'v128':
      return got.type === 'v128' && got.bytes.every((byte, index) => byte === pattern.bytes[index]);
    case 'i32':
    case 'i64':
      return got.type === pattern.type && got.value === pattern.value;
    case 'f32':
    case 'f64':
      return got.type === pattern.type && got.bits === pattern.bits;
    case 'null':
      return got.type === 'null' && got.heap === pattern.heap;
    case 'extern':
    case 'host':
      return got.type === pattern.type && got.id === pattern.id;
  }
}

function hex(bits: number | bigint, digits: number): string {
  return `0x${bits.toString(16).padStart(digits, '0')}`;
}

/** Writes a value or a pattern for a failure message. */
export function show(value: Result | Pattern): string {
  switch (value.type) {
    case 'i32':
    case 'i64':
      return `${value.type}:${value.value}`;
    case 'f32':
      return `f32:${hex(value.bits, 8)}`;
    case 'f64':
      return `f64:${hex(value.bits, 16)}`;
    case 'v128':
      return `v128:${[...value.bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
    case 'nan':
      return `${value.lane}:nan:${value.nan}`;
    case 'lanes':
      return `v128:[${value.lanes.map((lane) => (typeof lane.bits === 'bigint' ? hex(lane.bits, 8) : `nan:${lane.bits}`)).join(' ')}]`;
    case 'anyNull':
      return 'ref.null';
    case 'null':
      return `ref.null ${value.heap}`;
    case 'extern':
    case 'host':
      return `ref.${value.type} ${value.id}`;
    case 'ref':
      return `ref.${value.kind}`;
    case 'refClass':
      return `ref.${value.of}`;
    case 'either':
      return `either(${value.of.map(show).join(', ')})`;
  }
}
