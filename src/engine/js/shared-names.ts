// The object N: what the emitted code of every instance uses, by the names that the emitter writes.
import * as numeric from '../../numeric/index.js';
import { VECTOR_OPS } from '../../numeric/v128.js';
import { V } from '../../numeric/v128-registers.js';
import { WasmException } from '../../runtime/exception.js';
import { fieldsOf } from '../../runtime/gc.js';
import { copysign, negateNan, quiet, quietF32 } from './float-bits.js';
import { FD, FF, FI, PF, PI, PR, TC, W, W_F64, W_REFS } from './result-registers.js';

export const SHARED_NAMES = {
  ...numeric,
  VECTOR_OPS,
  V,
  /** The exceptions that guests can catch. */
  X: WasmException,
  copysign,
  negateNan,
  quiet,
  quietF32,
  W,
  W_F64,
  W_REFS,
  FI,
  FD,
  FF,
  PI,
  PF,
  PR,
  TC,
  fieldsOf,
};
export type SharedNames = typeof SHARED_NAMES;
