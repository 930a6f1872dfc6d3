// The scratch words in which an outlined function leaves what its caller reads: the variables that it changed, and the result of the wasm function.
import { F32, F64, isRef, type ValType } from '../../wasm/types.js';

/** The names of the scratch arrays: integers, floats, references. */
const SCRATCH = ['PI', 'PF', 'PR'] as const;

type TypeOf = (name: string) => ValType;

function scratchKind(type: ValType): 0 | 1 | 2 {
  return isRef(type) ? 2 : type === F32 || type === F64 ? 1 : 0;
}
/** Returns the array that values of a type are left in. */
export function scratchArray(type: ValType): string {
  return SCRATCH[scratchKind(type)];
}
/** Returns where the result of the wasm function is kept while outlined functions return: behind what they leave. */
export function resultPlace(type: ValType): string {
  return ['PI[8191]', 'PF[2047]', 'PR[2047]'][scratchKind(type)]!;
}

/** Assigns names their places in the scratch words, in one order for the code that stores and the code that loads. */
function scratchPlaces(names: readonly string[], typeOf: TypeOf): (readonly [name: string, place: string])[] {
  const used = [0, 0, 0];
  return names.map((name) => {
    const kind = scratchKind(typeOf(name));
    return [name, `${SCRATCH[kind]}[${used[kind]!++}]`] as const;
  });
}
/** Returns the text that stores variables. */
export function storesOf(names: readonly string[], typeOf: TypeOf): string {
  return scratchPlaces(names, typeOf)
    .map(([name, place]) => `${place}=${name};`)
    .join('');
}
/** Returns the text that loads them. */
export function loadsOf(names: readonly string[], typeOf: TypeOf): string {
  return scratchPlaces(names, typeOf)
    .map(([name, place]) => `${name}=${place};`)
    .join('');
}
