// The handlers of references, whatever they refer to.
import { Trap } from '../../../wasm/errors.js';
import { REFERENCES, REGISTERS } from '../code-arena.js';
import { type Handler, ref, setInt, setRef, word } from './handler.js';

const refNull: Handler = (_, pc, fp) => {
  setRef(pc, 1, fp, null);
  return pc + 2;
};
const refIsNull: Handler = (_, pc, fp) => {
  setInt(pc, 1, fp, ref(pc, 2, fp) === null ? 1 : 0);
  return pc + 3;
};
const refFunc: Handler = (I, pc, fp) => {
  setRef(pc, 1, fp, I.functions[word(pc, 2)]);
  return pc + 3;
};
const refEq: Handler = (_, pc, fp) => {
  setInt(pc, 1, fp, ref(pc, 2, fp) === ref(pc, 3, fp) ? 1 : 0);
  return pc + 4;
};
const refAsNonNull: Handler = (_, pc, fp) => {
  if (ref(pc, 1, fp) === null) throw new Trap('null-reference');
  return pc + 2;
};
const brOnNull: Handler = (_, pc, fp) => (ref(pc, 1, fp) === null ? word(pc, 2) : pc + 3);
const brOnNonNull: Handler = (_, pc, fp) => (ref(pc, 1, fp) === null ? pc + 3 : word(pc, 2));

/** Both operands' registers hold references. */
const selectRef: Handler = (_, pc, fp) => {
  setRef(pc, 1, fp, REGISTERS[fp + word(pc, 4)] !== 0 ? REFERENCES[fp + word(pc, 2)] : REFERENCES[fp + word(pc, 3)]);
  return pc + 5;
};

export const REFERENCE_HANDLERS = {
  select_ref: selectRef,
  ref_null: refNull,
  ref_is_null: refIsNull,
  ref_func: refFunc,
  ref_eq: refEq,
  ref_as_non_null: refAsNonNull,
  br_on_null: brOnNull,
  br_on_non_null: brOnNonNull,
} as const satisfies Record<string, Handler>;
