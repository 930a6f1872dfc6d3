// Modules compiled ahead of time: written by one program, run by another. Re-exports only.
export { type AotAbility, type AotOptions, compileToModule, functionsLeftOut } from '../engine/js/aot-compile.js';
export {
  AotError,
  type AotFault,
  type AotHeader,
  type AotTarget,
  checkAotText,
  isAotText,
} from '../engine/js/aot-format.js';
export { type AotModule, aotEngine, loadAot } from '../engine/js/aot-load.js';
