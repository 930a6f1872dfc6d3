// The interface of what runs the modules of a test script; every running mode implements it. The target decides how; the runner compares.
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
  /** The target's own message, for the report. */
  readonly text: string;
  /** The specification's texts that this error may stand for; a target that does not tell two traps apart gives both. */
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
  /** Returns the value of an exported global. */
  get(field: string): Result;
}

/** The registered instances, by module name. */
export type ImportLookup = ReadonlyMap<string, TargetInstance>;

/** How threads of a script in different JavaScript threads share memories. */
export interface Passing {
  /** Returns the shared memories of an instance, as data that can be posted. */
  pass(instance: TargetInstance): unknown;
  /** Returns an instance that has them in another thread. */
  receive(passed: unknown): TargetInstance;
}

export interface SpecTarget {
  readonly name: string;
  /** Whether modules can be instantiated; if they are only decoded and validated, the runner skips what needs an instance. */
  readonly executes: boolean;
  /** Whether malformed and invalid modules can be told apart by their errors. */
  readonly tellsMalformedFromInvalid: boolean;
  /** Whether link errors have the specification's text. */
  readonly hasLinkTexts: boolean;
  /** The features for which the `spectest` module gets an export. */
  readonly spectest: { readonly table64: boolean; readonly sharedMemory: boolean };

  /** Decodes and validates. Throws kinds `malformed`, `invalid`, `limit`. */
  compile(bytes: Uint8Array, features: FeatureSet): unknown;
  /** Throws what malformed custom sections of the module call for; absent if the target does not read them. */
  checkCustomSections?(module: unknown): void;
  /** Links, allocates and runs the start function. Throws kinds `unlinkable`, `trap`, `exhaustion`, `exception`, `limit`. */
  instantiate(module: unknown, imports: ImportLookup): TargetInstance;
  /** Absent where threads of a script take turns. */
  readonly passing?: Passing | undefined;
  classify(error: unknown): ClassifiedError;
  /** Returns why a valid module was refused for a cause outside the target, such as a host without the feature. */
  excuse(error: unknown, bytes: Uint8Array): string | undefined;
}
