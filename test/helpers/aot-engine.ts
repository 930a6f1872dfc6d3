// The ahead-of-time mode for tests: each module is compiled to its file's text, and the text is checked and read back as a file's is.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileFunction } from 'node:vm';
import { interpFallback } from '#src/engine/interp/interp-engine.js';
import { type AotAbility, type AotOptions, compileToModule } from '#src/engine/js/aot-compile.js';
import { checkAotText } from '#src/engine/js/aot-format.js';
import { type AotModule, aotEngine, loadAot } from '#src/engine/js/aot-load.js';
import type { CompiledModule, Engine } from '#src/runtime/engine.js';
import type { Store } from '#src/runtime/store.js';
import type { ValidatedModule } from '#src/wasm/module.js';

const ALL_ABILITIES: readonly AotAbility[] = ['plain', 'deadline', 'fuel', 'observed'];

/** For Hermes: in the shape for hosts that only interpret, as jit has the other. */
function compileFor(module: ValidatedModule, store: Store, options: Omit<AotOptions, 'target'>): CompiledModule {
  const text = compileToModule(module, { target: 'hermes', ...options });
  checkAotText(text);
  const exports = {};
  // The CommonJS form: an import would have to be awaited.
  (compileFunction(text, ['exports']) as (exports: object) => void)(exports);
  return aotEngine([loadAot(exports)]).compile(module, store);
}

/** Whether NaNs are canonical is decided when the text is made: it is made when the first instance of each kind is. */
export function aotTextEngine(abilities = ALL_ABILITIES): Engine {
  return {
    mode: 'aot',
    unavailable: () => undefined,
    missingFeatures: () => [],
    compile(module, store) {
      const made = new Map<boolean, CompiledModule>();
      return {
        instantiate(instance) {
          const { deterministic } = instance;
          const compiled = made.get(deterministic) ?? compileFor(module, store, { abilities, deterministic });
          made.set(deterministic, compiled);
          compiled.instantiate(instance);
        },
        dispose() {
          for (const compiled of made.values()) compiled.dispose();
        },
      };
    },
  };
}

let folder: string | undefined;
let files = 0;

/** Compiles a module to a file. @param says where it lies, so that workers can import it as well */
export function aotFile(module: ValidatedModule, { says = true } = {}): AotModule {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'enclasm-aot-'));
    process.once('exit', () => rmSync(made, { recursive: true }));
    folder = made;
  }
  const path = join(folder, `${files++}.cjs`);
  writeFileSync(path, compileToModule(module, { target: 'hermes', abilities: ['deadline', 'fuel'] }));
  return loadAot(createRequire(path)(path), true, says ? pathToFileURL(path).href : undefined);
}
/** Runs each module from a file that it is compiled to. */
export function aotFileEngine(): Engine {
  return {
    ...aotEngine([]),
    unavailable: () => undefined,
    compile: (module, store) => aotEngine([aotFile(module)], interpFallback()).compile(module, store),
  };
}
