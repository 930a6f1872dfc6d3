// The members that descriptors of memories, tables, globals and tags share. Each is read once and converted as it is read, in the standard's order.
// Refuses what is no type, and a least size beyond the largest.
import { show } from '../base/show.js';
import {
  type AddressType,
  EXTERNREF,
  F32,
  F64,
  FUNCREF,
  I32,
  I64,
  type Limits,
  V128,
  type ValType,
} from '../wasm/types.js';
import { addressValue, required } from './web-idl.js';

type Descriptor = Readonly<Record<string, unknown>>;

const REFERENCE_TYPES: ReadonlyMap<string, ValType> = /* @__PURE__ */ new Map([
  ['anyfunc', FUNCREF],
  ['externref', EXTERNREF],
]);
const VALUE_TYPES: ReadonlyMap<string, ValType> = /* @__PURE__ */ new Map([
  ['i32', I32],
  ['i64', I64],
  ['f32', F32],
  ['f64', F64],
  ['v128', V128],
  ...REFERENCE_TYPES,
]);

function typeFrom(types: ReadonlyMap<string, ValType>, value: unknown, what: string): ValType {
  const name = `${value as string}`;
  const type = types.get(name);
  if (type === undefined)
    throw new TypeError(`${what}: one of ${[...types.keys()].join(', ')} is wanted, not ${show(name)}`);
  return type;
}
/** The type of a global's value, or of a parameter. @throws TypeError */
export function valueType(value: unknown, what: string): ValType {
  return typeFrom(VALUE_TYPES, value, what);
}
/** The type of a table's elements. @throws TypeError */
export function referenceType(value: unknown, what: string): ValType {
  return typeFrom(REFERENCE_TYPES, value, what);
}

/** @throws TypeError */
export function readAddressType({ address }: Descriptor, what: string): AddressType {
  if (address === undefined) return 'i32';
  const name = `${address as string}`;
  if (name === 'i32' || name === 'i64') return name;
  throw new TypeError(`${what}: address: i32 or i64 is wanted, not ${show(name)}`);
}

/** The members `initial` and `maximum`. @throws TypeError */
export function readLimits(descriptor: Descriptor, address: AddressType, what: string): Limits {
  const given = (name: 'initial' | 'maximum'): bigint | undefined => {
    const value = descriptor[name];
    return value === undefined ? undefined : addressValue(value, address, `${what}: ${name}`);
  };
  const min = required(given('initial'), `${what}: initial`);
  return { min, max: given('maximum') };
}
/** @throws RangeError */
export function checkLimits({ min, max }: Limits, what: string): void {
  if (max !== undefined && max < min) throw new RangeError(`${what}: initial ${min} is more than maximum ${max}`);
}
