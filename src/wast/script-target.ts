// What runs a test script: the interface every running mode implements. The target decides how; the runner compares.
import type { FeatureSet } from '../wasm/features.js';
import type { Result, Value } from './script-values.js';

export type ErrorKind =
  | 'malformed'
  | 'invalid'
  | 'unlinkable'
  | 'trap'
  | 'exhaustion'
  | 'exception'
  | 'limit'
  | 'unknown';

export interface ClassifiedError {
  readonly kind: ErrorKind;
  /** The target's own words, for the report. */
  readonly text: string;
  /** The specification's texts this error may stand for; a host that does not tell two traps apart gives both. */
  readonly specTexts: readonly string[];
}

/** A call that lets others run before it has ended. */
export interface ScriptCall {
  /** Goes on for a while. Throws what the call throws. @returns its results, once it has ended */
  step(): readonly Result[] | undefined;
  /** Only another call can let it go on. */
  readonly waits: boolean;
  /** Gives the call up, unless it has ended. */
  end(): void;
}

export interface TargetInstance {
  /** Calls an exported function with exact bits. Throws what the call throws. */
  invoke(field: string, args: readonly Value[]): readonly Result[];
  /** The same for a script with threads; undefined where a call cannot pause, and is made as a whole. */
  begin?(field: string, args: readonly Value[]): ScriptCall | undefined;
  /** Value of an exported global. */
  get(field: string): Result;
}

/** Registered instances by module name. */
export type ImportLookup = ReadonlyMap<string, TargetInstance>;

export interface SpecTarget {
  readonly name: string;
  /** False when modules are only decoded and validated; the runner then skips what needs an instance. */
  readonly executes: boolean;
  /** False when malformed and invalid modules cannot be told apart by their error. */
  readonly tellsMalformedFromInvalid: boolean;
  /** True when link errors carry the specification's text. */
  readonly hasLinkTexts: boolean;
  /** Features for which the `spectest` module gets an export. */
  readonly spectest: { readonly table64: boolean; readonly sharedMemory: boolean };

  /** Decodes and validates. Throws kinds `malformed`, `invalid`, `limit`. */
  compile(bytes: Uint8Array, features: FeatureSet): unknown;
  /** Throws what the module's custom sections deserve; absent where the target does not read them. */
  checkCustomSections?(module: unknown): void;
  /** Links, allocates and runs the start function. Throws kinds `unlinkable`, `trap`, `exhaustion`, `exception`, `limit`. */
  instantiate(module: unknown, imports: ImportLookup): TargetInstance;
  classify(error: unknown): ClassifiedError;
  /** Why a good module was refused for a cause outside the target, such as a host without the feature. */
  excuse(error: unknown, bytes: Uint8Array): string | undefined;
}
