// The steps of wasm_runtime_full_init in WAMR's order, and how a failed one is undone.
// Refuses nothing itself: what a step throws becomes an InitError that names the step.
import type { LeakReport } from '../../alloc/allocator.js';
import { EnclasmError } from '../../wasm/errors.js';

/** The steps in order; those from 'platform' to 'externref map' are WAMR's env_init. */
export const INIT_STEPS = [
  'memory',
  'platform',
  'built-in natives',
  'module registry',
  'shared memory',
  'thread manager',
  'trap translation',
  'externref map',
  'natives',
  'thread limit',
] as const;
/** A step of the initialisation. */
export type InitStep = (typeof INIT_STEPS)[number];

/** Initialisation failed at a step; the steps before it have been undone. The reason is `cause`. */
export class InitError extends EnclasmError {
  override readonly name = 'InitError';
  readonly kind = 'init';
  /** The step that failed. */
  readonly step: InitStep;
  /** An error of a step. @param cause what the step threw */
  constructor(step: InitStep, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`runtime initialisation failed at step '${step}': ${reason}`, { cause });
    this.step = step;
  }
}

/** Observes the steps. If it throws, the step fails, which tests use. */
export interface InitObserver {
  /** Called before a step runs. */
  beforeStep?(step: InitStep): void;
  /** Called after a step was undone. */
  afterUndo?(step: InitStep): void;
}

/** What still existed when a runtime was destroyed. */
export interface DestroyReport {
  /** The number of exec envs that the embedder had made and not destroyed. */
  readonly execEnvs: number;
  /** Threads of guests that had not ended. */
  readonly threads: number;
  /** Names, in order of creation. */
  readonly instances: readonly string[];
  /** The names of loaded modules, in the order of loading. */
  readonly modules: readonly string[];
  /** The number of JavaScript values that the externref map held. */
  readonly externrefs: number;
  /** The number of shared memories that instances held. */
  readonly sharedMemories: number;
  /** Blocks that were never freed; undefined where memory was never set up. */
  readonly leaks: LeakReport | undefined;
}

/** Runs steps, and keeps how each is undone when a later one fails or the runtime ends. */
export class UndoStack {
  readonly #undos: { readonly step: InitStep; readonly undo: () => void }[] = [];
  readonly #observer: InitObserver;

  constructor(observer: InitObserver) {
    this.#observer = observer;
  }

  /** Runs one step. @throws InitError where the action throws; the steps before have then been undone */
  step<T>(step: InitStep, action: () => T, undo: (made: T) => void): T {
    try {
      this.#observer.beforeStep?.(step);
      const made = action();
      this.#undos.push({ step, undo: () => undo(made) });
      return made;
    } catch (error) {
      try {
        this.unwind();
      } catch {
        // The error that caused the undoing is the one that is reported.
      }
      throw new InitError(step, error);
    }
  }

  /** Undoes the steps that succeeded, last first. An undo that throws does not keep the others from running. */
  unwind(): void {
    let failure: { readonly error: unknown } | undefined;
    for (let entry = this.#undos.pop(); entry !== undefined; entry = this.#undos.pop()) {
      try {
        entry.undo();
      } catch (error) {
        failure ??= { error };
      }
      this.#observer.afterUndo?.(entry.step);
    }
    if (failure) throw failure.error;
  }
}
