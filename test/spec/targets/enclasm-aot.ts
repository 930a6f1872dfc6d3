// The ahead-of-time mode for the suite: each module is compiled to its file's text, and the text is read back and checked as a file's is.
import { compileFunction } from 'node:vm';
import { compileToModule } from '#src/engine/js/aot-compile.js';
import { checkAotText } from '#src/engine/js/aot-format.js';
import { aotEngine, loadAot } from '#src/engine/js/aot-load.js';
import type { Engine } from '#src/runtime/engine.js';

/** The CommonJS form: the suite runs modules without waiting, and an import would have to be awaited. */
function load(text: string): unknown {
  const exports = {};
  (compileFunction(text, ['exports']) as (exports: object) => void)(exports);
  return exports;
}

export function aotSuiteEngine(): Engine {
  return {
    mode: 'aot',
    unavailable: () => undefined,
    missingFeatures: () => [],
    compile(module, store) {
      const text = compileToModule(module, { target: 'hermes', abilities: ['plain'] });
      checkAotText(text);
      return aotEngine([loadAot(load(text))]).compile(module, store);
    },
  };
}
