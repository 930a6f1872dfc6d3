// What the runtime knows of an engine. Everything an engine does on its own account (lazy compilation, caches, fallbacks) stays behind it.
import type { Feature } from '../wasm/features.js';
import type { ValidatedModule } from '../wasm/module.js';
import type { Instance } from './instance.js';
import type { Store } from './store.js';

export const RUNNING_MODES = ['interp', 'jit', 'aot', 'host'] as const;
export type RunningMode = (typeof RUNNING_MODES)[number];
/** What may be asked for: `auto` takes the fastest mode that can run the module. In the order of their numbers on the wire: append only. */
export const MODE_CHOICES = ['auto', ...RUNNING_MODES] as const;
export type ModeChoice = (typeof MODE_CHOICES)[number];

export interface Engine {
  readonly mode: RunningMode;
  /** Undefined, or why this host cannot run this engine at all (no code generation, no WebAssembly). */
  unavailable(): string | undefined;
  /** Of the features the module uses, those this engine or its host lacks. */
  missingFeatures(module: Pick<ValidatedModule, 'usedFeatures'>): readonly Feature[];
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
