// The files and functions that may be longer than sizes.ts allows, and why.
import type { Reasons } from './sizes.js';

export const SIZE_REASONS: Reasons = {
  'src/binary/code-reader.ts': 'one method per form of immediates, and they share the cursor',
  'src/binary/code-reader.ts#next': 'one case per form of immediates',
  'src/binary/encode.ts#encode': 'one call per section, in the order of the sections',
  'src/embed/instance/wasm-instance.ts': 'all that an embedder does with an instance, a comment for each',
  'src/embed/init/full-init.ts#fullInit': 'the steps of the initialisation, one after the other',
  'src/embed/lifecycle.test.ts': 'one story per life-cycle rule; they share their modules',
  'src/debug/dwarf-lines.ts##statements': 'one case per opcode of a line program, and they share its registers',
  'src/engine/js/liveness.ts#visit': 'one case per kind of instruction, and they share what is live',
  'test/fuzz/plan.ts': 'one generator per kind of type: a table',
  'src/engine/interp/compile-function.ts': 'one pass over the code, whose state all of it shares',
  'src/platform/node/net-worker.ts#netWorker': 'it is sent to its thread as text, so it may use nothing outside itself',
  'scripts/gen-interp.ts#generateInterpreter': 'the text of the generated files, top to bottom',
  'scripts/gen-interp.ts#loop': 'the text of the generated step function, top to bottom',
  'scripts/interp/hot-ops.ts#controlOperations': 'one entry per internal operation: a table',
  'test/fuzz/boundary.ts#argsOf': 'one entry per command: a table',
  'test/fuzz/boundary.ts': 'both directions of one boundary under fire, with arguments for every command',
  'bench/decode.ts#writeStatement': 'one case per kind of statement of the generated module',
};
