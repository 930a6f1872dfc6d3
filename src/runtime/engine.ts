// What the runtime knows of an engine. Everything an engine does on its own account (lazy compilation, caches, fallbacks) stays behind it.
import type { Feature } from '../wasm/features.js';
import type { ValidatedModule } from '../wasm/module.js';
import type { FunctionInstance } from './function.js';
import type { Instance } from './instance.js';
import type { RunningMode } from './running-mode.js';
import type { Store } from './store.js';

/** One running mode of a runtime, as `interpEngine()` and `aotEngine()` make it. Do not implement it: what is public here is not all. */
export interface Engine {
  /** The mode that it is. */
  readonly mode: RunningMode;
  /** Undefined, or why this host cannot run this engine at all (no code generation, no WebAssembly). */
  unavailable(): string | undefined;
  /** Of the features the module uses, those this engine or its host lacks. */
  missingFeatures(module: Pick<ValidatedModule, 'usedFeatures'>): readonly Feature[];
  /** @internal */
  compile(module: ValidatedModule, store: Store): CompiledModule;
}

export interface CompiledModule {
  /**
   * Fills what the module defines itself (functions, tables, memories, globals, tags) after the imports that are there already, its
   * exports and segments, and runs the active segments. Does not run the start function. Ordinary engines do it with
   * instantiate.ts's initialize(); the host engine lets the host do it.
   */
  instantiate(instance: Instance): void;
  /** Frees what the compiled code holds; instances are gone by then. */
  dispose(): void;
}

/** Runs functions that another engine refuses, as `interpFallback()` makes it. */
export interface Fallback {
  /** What it is made of. */
  readonly mode: RunningMode;
  /** A maker of functions of the instance that somebody else runs. @internal */
  prepare(instance: Instance): (index: number) => FunctionInstance;
}
