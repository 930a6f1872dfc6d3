// Scripts of the official suite on an engine of this runtime, for the command line. Re-exports only.
export { AssembleError, runScript, textsOf } from '../wast/run-script.js';
export { createEngineTarget } from '../wast/runtime-target.js';
export { ScriptError } from '../wast/script-cursor.js';
export type { ScriptReport } from '../wast/script-report.js';
