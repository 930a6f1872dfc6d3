// What tools read of a guest: calls as lines, profiles, coverage, core dumps, names and lines of the source. Re-exports and wiring only.
import { coreDump as dump } from '../debug/core-dump.js';
import type { WasmInstance } from '../embed/instance/wasm-instance.js';
import type { Frame } from '../wasm/errors.js';

export { callLine } from '../debug/call-lines.js';
export type { ProfileUnit } from '../debug/call-tree.js';
export { combineObservers } from '../debug/combine.js';
export { demangled } from '../debug/demangle.js';
export type { SourceLine } from '../debug/line-table.js';
export { PROFILE_FORMATS, type ProfileFormat } from '../debug/profile.js';
export { CoverageRecorder, Profiler, type SourceMapReader } from '../debug/recordings.js';
export { type SourceFrame, sourceFrames } from '../debug/source-frames.js';
export type {
  ObservedCall,
  ObservedGrowth,
  ObservedHostCall,
  ObservedThread,
  Observer,
} from '../runtime/observer.js';

/**
 * Returns a core dump of an instance as the tool conventions of WebAssembly say: frames, memories, globals.
 * @param frames of the trap that ended its call: `trap.frames`
 * @param program the name of the program
 * @throws UsageError for an instance that has ended
 */
export function coreDump(
  instance: WasmInstance,
  frames: readonly Frame[],
  program: string = instance.name,
): Uint8Array {
  instance.instance.checkAlive();
  return dump(instance.instance, program, frames);
}
