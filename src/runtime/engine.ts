// What the runtime knows of an engine. Whatever an engine does internally (lazy compilation, caches, fallbacks) stays behind this interface.
import type { Feature } from '../wasm/features.js';
import type { ValidatedModule } from '../wasm/module.js';
import type { FunctionInstance } from './function.js';
import type { Instance } from './instance.js';
import type { RunningMode } from './running-mode.js';
import type { Store } from './store.js';

/** One running mode of a runtime, as `interpEngine()` and `aotEngine()` make it. Embedders do not implement it: not all of its members are public. */
export interface Engine {
  /** The running mode that this engine implements. */
  readonly mode: RunningMode;
  /** Whether its calls can pause, which threads of a guest need. */
  readonly canPause?: boolean;
  /** Returns undefined, or the reason why this JavaScript engine cannot run this engine at all (no code generation, no WebAssembly). */
  unavailable(): string | undefined;
  /** Returns those of the module's features that this engine, or the JavaScript engine under it, lacks. */
  missingFeatures(module: Pick<ValidatedModule, 'usedFeatures'>): readonly Feature[];
  /** @internal */
  compile(module: ValidatedModule, store: Store): CompiledModule;
}

export interface CompiledModule {
  /**
   * Fills what the module defines itself (functions, tables, memories, globals, tags) after the imports that are there already, its exports and
   * segments, and runs the active segments. It does not run the start function. Most engines use initialize() of instantiate.ts; native mode leaves
   * it to native WebAssembly.
   */
  instantiate(instance: Instance): void;
  /** Frees what the compiled code holds; its instances have ended by then. */
  dispose(): void;
}

/** Runs the functions that another engine refuses, as `interpFallback()` makes it. */
export interface Fallback {
  /** The running mode whose engine runs those functions. */
  readonly mode: RunningMode;
  /** Returns a maker of those functions of the instance that the instance's own engine does not run. @internal */
  prepare(instance: Instance): (index: number) => FunctionInstance;
}
