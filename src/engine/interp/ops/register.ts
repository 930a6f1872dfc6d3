// Moves, constants, globals, wide arithmetic, canonical NaNs, throwing, and the operations that end the step function.
import {
  canonicalF32,
  canonicalizeF64,
  i64_add128,
  i64_mul_wide_s,
  i64_mul_wide_u,
  i64_sub128,
  WIDE,
} from '../../../numeric/index.js';
import { WasmException } from '../../../runtime/exception.js';
import { checkpointBeforeMaking, makeChargedException } from '../../../runtime/object-charge.js';
import { Trap } from '../../../wasm/errors.js';
import { CODE, ensureReferences, F64_WORDS, HIGH_WORDS, REFERENCES, REGISTERS } from '../code-arena.js';
import { fieldsFrom } from '../objects.js';
import { CALL_SLOW, DONE, LAZY, SWITCH } from '../ops.gen.js';
import { type Handler, ref, setRef, word } from './handler.js';

const leave = (status: number): Handler => {
  const result = ~status;
  return () => result;
};

const refsEnter: Handler = (_, pc, fp) => {
  ensureReferences(fp + word(pc, 3));
  REFERENCES.fill(null, fp + word(pc, 1), fp + word(pc, 2));
  return pc + 4;
};
/** A checkpoint before a frame of many locals, which the step function clears without a charge. */
const checkpoint: Handler = (I, pc) => {
  I.store.meter.checkpoint();
  return pc + 1;
};
const movRef: Handler = (_, pc, fp) => {
  setRef(pc, 1, fp, ref(pc, 2, fp));
  return pc + 3;
};

const globalGet64: Handler = (I, pc, fp) => {
  const { i32 } = I.globals[word(pc, 2)]!;
  const d = fp + word(pc, 1);
  REGISTERS[d] = i32[0]!;
  HIGH_WORDS[d] = i32[1]!;
  return pc + 3;
};
const globalGetF: Handler = (I, pc, fp) => {
  const { i32 } = I.globals[word(pc, 2)]!;
  const d = (fp + word(pc, 1)) << 1;
  F64_WORDS[d] = i32[0]!;
  F64_WORDS[d + 1] = i32[1]!;
  return pc + 3;
};
const globalGetRef: Handler = (I, pc, fp) => {
  setRef(pc, 1, fp, I.globals[word(pc, 2)]!.ref);
  return pc + 3;
};
const globalSet64: Handler = (I, pc, fp) => {
  const { i32 } = I.globals[word(pc, 2)]!;
  const s = fp + word(pc, 1);
  i32[0] = REGISTERS[s]!;
  i32[1] = HIGH_WORDS[s]!;
  return pc + 3;
};
const globalSetF: Handler = (I, pc, fp) => {
  const { i32 } = I.globals[word(pc, 2)]!;
  const s = (fp + word(pc, 1)) << 1;
  i32[0] = F64_WORDS[s]!;
  i32[1] = F64_WORDS[s + 1]!;
  return pc + 3;
};
const globalSetRef: Handler = (I, pc, fp) => {
  I.globals[word(pc, 2)]!.ref = ref(pc, 1, fp);
  return pc + 3;
};

const canonicalF32Handler: Handler = (_, pc, fp) => {
  const d = fp + word(pc, 1);
  REGISTERS[d] = canonicalF32(REGISTERS[d]!);
  return pc + 2;
};
const canonicalF64Handler: Handler = (_, pc, fp) => {
  canonicalizeF64(F64_WORDS, (fp + word(pc, 1)) * 2);
  return pc + 2;
};
function wideResult(d: number): void {
  REGISTERS[d] = WIDE[0]!;
  HIGH_WORDS[d] = WIDE[1]!;
  REGISTERS[d + 1] = WIDE[2]!;
  HIGH_WORDS[d + 1] = WIDE[3]!;
}
const low = (fp: number, pc: number, k: number): number => REGISTERS[fp + CODE[pc + k]!]!;
const high = (fp: number, pc: number, k: number): number => HIGH_WORDS[fp + CODE[pc + k]!]!;
const wide128 =
  (run: typeof i64_add128): Handler =>
  (_, pc, fp) => {
    run(
      low(fp, pc, 2),
      high(fp, pc, 2),
      low(fp, pc, 3),
      high(fp, pc, 3),
      low(fp, pc, 4),
      high(fp, pc, 4),
      low(fp, pc, 5),
      high(fp, pc, 5),
    );
    wideResult(fp + word(pc, 1));
    return pc + 6;
  };
const mulWide =
  (run: typeof i64_mul_wide_s): Handler =>
  (_, pc, fp) => {
    run(low(fp, pc, 2), high(fp, pc, 2), low(fp, pc, 3), high(fp, pc, 3));
    wideResult(fp + word(pc, 1));
    return pc + 4;
  };

const throwTag: Handler = (I, pc, fp) => {
  const tag = I.instance.tags[word(pc, 1)]!;
  const fields = fieldsFrom(tag.params, fp + word(pc, 2));
  checkpointBeforeMaking(I.store.meter, fields.length);
  throw makeChargedException(I.instance, fields.length, () => new WasmException(tag, fields));
};
const throwRef: Handler = (_, pc, fp) => {
  const exception = ref(pc, 1, fp);
  if (exception === null) throw new Trap('null-exception-reference');
  throw exception as Error;
};
const unreachable: Handler = () => {
  throw new Trap('unreachable');
};

export const REGISTER_HANDLERS = {
  halt: leave(DONE),
  switch_back: leave(SWITCH),
  lazy: leave(LAZY),
  call_import: leave(CALL_SLOW),
  call_ref: leave(CALL_SLOW),
  return_call_import: leave(CALL_SLOW),
  return_call_indirect: leave(CALL_SLOW),
  return_call_ref: leave(CALL_SLOW),
  unreachable,
  throw: throwTag,
  throw_ref: throwRef,
  refs_enter: refsEnter,
  checkpoint,
  mov_ref: movRef,
  global_get_64: globalGet64,
  global_get_f: globalGetF,
  global_get_ref: globalGetRef,
  global_set_64: globalSet64,
  global_set_f: globalSetF,
  global_set_ref: globalSetRef,
  canonical_f32: canonicalF32Handler,
  canonical_f64: canonicalF64Handler,
  i64_add128: wide128(i64_add128),
  i64_sub128: wide128(i64_sub128),
  i64_mul_wide_s: mulWide(i64_mul_wide_s),
  i64_mul_wide_u: mulWide(i64_mul_wide_u),
} as const satisfies Record<string, Handler>;
