// Modules compiled ahead of time: written by one program, run by another. Re-exports only.
export { decode } from '../binary/decode.js';
export { type AotAbility, type AotOptions, compileToModule, functionsLeftOut } from '../engine/js/aot-compile.js';
export {
  AotError,
  type AotFault,
  type AotTarget,
  checkAotText,
  isAotText,
} from '../engine/js/aot-format.js';
export { type AotModule, aotEngine, loadAot } from '../engine/js/aot-load.js';
export { validate } from '../validate/validate.js';
