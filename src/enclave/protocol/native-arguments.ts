// Checks the arguments that the trusted side sends to a native of the embedder's, by its signature. Refuses, by name, other types,
// more or fewer arguments, numbers outside their type.
import { type Letter, parseSignature } from '../../imports/natives/signature.js';
import { UsageError } from '../../wasm/errors.js';
import { GuestAddress, GuestBuffer, type WireArgument } from './fields.js';

/** Checks the arguments of one call. Throws a UsageError. */
export type ArgumentCheck = (values: readonly WireArgument[]) => void;

/** @param signature WAMR's; undefined: any values, but nothing that only a signature makes. @throws UsageError for one that is none */
export function argumentCheck(symbol: string, signature: string | undefined): ArgumentCheck {
  if (signature === undefined) {
    return (values) => {
      for (const [k, value] of values.entries()) if (!isValue(value)) throw wrong(symbol, k, 'a value');
    };
  }
  const { params } = parseSignature(signature);
  const wanted = params.flatMap((letter, k) => (letter === 'length' ? [] : [formOf(letter, params[k + 1])]));
  return (values) => {
    if (values.length !== wanted.length) {
      throw new UsageError(`native '${symbol}': called with ${values.length} arguments, and it takes ${wanted.length}`);
    }
    for (const [k, form] of wanted.entries()) if (!FORMS[form](values[k]!)) throw wrong(symbol, k, form);
  };
}

function wrong(symbol: string, k: number, form: string): UsageError {
  return new UsageError(`native '${symbol}': argument ${k} is no ${form}`);
}

type Form = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'reference' | 'address' | 'buffer' | 'text';
const FORM_OF: Readonly<Record<Exclude<Letter, 'length'>, Form>> = {
  i: 'i32',
  I: 'i64',
  f: 'f32',
  F: 'f64',
  V: 'v128',
  r: 'reference',
  pointer: 'address',
  string: 'text',
};
function formOf(letter: Exclude<Letter, 'length'>, next: Letter | undefined): Form {
  return letter === 'pointer' && next === 'length' ? 'buffer' : FORM_OF[letter];
}

const FORMS: Readonly<Record<Form, (value: WireArgument) => boolean>> = {
  i32: (value) => typeof value === 'number' && (value | 0) === value,
  i64: (value) => typeof value === 'bigint',
  f32: (value) => typeof value === 'number' && Object.is(Math.fround(value), value),
  f64: (value) => typeof value === 'number',
  v128: (value) => value instanceof Uint8Array,
  reference: isValue,
  // Address 0 is null, of texts too.
  address: (value) => value === null || value instanceof GuestAddress,
  buffer: (value) => value instanceof GuestBuffer,
  text: (value) => value === null || typeof value === 'string',
};

function isValue(value: WireArgument): boolean {
  return typeof value !== 'string' && !(value instanceof GuestBuffer) && !(value instanceof GuestAddress);
}
