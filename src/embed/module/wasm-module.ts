// A loaded module: decoded and validated, and compiled once for each running mode when it is first instantiated there.
// Refuses unload while it has instances, and use afterwards.
import { INSPECT } from '../../base/inspect.js';
import { quote } from '../../base/quote.js';
import { show } from '../../base/show.js';
import { decode } from '../../binary/decode.js';
import { labelModule } from '../../binary/name-section.js';
import {
  aBoolean,
  aString,
  type Check,
  type Checks,
  checkArgument,
  checkOptions,
  type Nested,
} from '../../runtime/check-options.js';
import type { CompiledModule, Engine } from '../../runtime/engine.js';
import { sharesFunctions } from '../../runtime/shares-functions.js';
import type { Store } from '../../runtime/store.js';
import { validate } from '../../validate/validate.js';
import { MalformedError, UsageError } from '../../wasm/errors.js';
import { FEATURES, type Feature, featureSet, LEFT_OUT } from '../../wasm/features.js';
import { leftOut } from '../../wasm/left-out.js';
import type { RuntimeLimitOptions } from '../../wasm/limit-table.js';
import { countImports, type ValidatedModule } from '../../wasm/module.js';
import type { DefinedType } from '../../wasm/subtyping.js';
import { type ExportInfo, exportsOf, type ImportInfo, importsOf } from './introspection.js';

/** The options of loading one module. */
export interface LoadOptions {
  /** A label for errors and logs. */
  readonly name?: string | undefined;
  /** Features that are switched on or off for this module, in the runtime's set. */
  readonly features?: Partial<Record<Feature, boolean>> | undefined;
}
/** The check of a feature that the build left out: it cannot be switched on. */
function notInBuild(feature: Feature): Check {
  return (given) => (given === true ? leftOut(`feature '${feature}'`, LEFT_OUT.get(feature)!) : aBoolean(given));
}

/** The checks of a choice of features. */
export const FEATURE_CHOICE: Nested = {
  checks: Object.fromEntries(
    Object.keys(FEATURES).map((name) => [name, LEFT_OUT.has(name as Feature) ? notInBuild(name as Feature) : aBoolean]),
  ),
  noun: 'feature',
};

const LOAD_CHECKS: Checks<LoadOptions> = { name: aString, features: FEATURE_CHOICE };

/** A runtime's settings for every module. */
export interface LoadDefaults {
  /** Features that are switched on or off in the default set. */
  readonly features: Partial<Record<Feature, boolean>>;
  readonly limits: RuntimeLimitOptions;
}

/** WAMR's package types. */
export type PackageType = 'bytecode' | 'aot' | 'unknown';

/** Returns the kind of file that the first four bytes indicate. */
export function packageType(bytes: Uint8Array): PackageType {
  const magic = bytes.length < 4 ? '' : String.fromCharCode(...bytes.subarray(0, 4));
  return magic === '\0asm' ? 'bytecode' : magic === '\0aot' ? 'aot' : 'unknown';
}

/** A loaded module: WAMR's `wasm_module_t`. It can be instantiated as often as one likes, until `unload()`. */
export class WasmModule {
  /** @internal */
  readonly store: Store;
  readonly #module: ValidatedModule;
  #name: string;
  readonly #compiled = new Map<Engine, CompiledModule>();
  /** @internal The number of live instances. */
  instanceCount = 0;
  /** The number of failed instances that others hold functions of: they need the code, and the embedder cannot end them. */
  #failedCount = 0;
  /** @internal Returns a loaded module that imports from it by a name that it is registered under. */
  importer: () => WasmModule | undefined = () => undefined;
  /** @internal Functions that are called when the module is unloaded. */
  readonly onUnload = new Set<() => void>();
  #unloaded = false;
  #types: readonly DefinedType[] | undefined;

  /** @internal Use loadModule. */
  constructor(store: Store, module: ValidatedModule, name: string) {
    this.store = store;
    this.#module = module;
    this.#name = name;
    labelModule(module, name);
  }

  /** @internal */
  [INSPECT](): string {
    return `[Module '${quote(this.name)}'${this.#unloaded ? ', unloaded' : ''}]`;
  }
  /** A label for errors and logs; '' unless given. Frames of traps contain it. */
  get name(): string {
    return this.#name;
  }
  set name(name: string) {
    checkArgument(name, aString, "a module's name");
    this.#name = name;
    labelModule(this.#module, name);
  }
  /** Whether it was unloaded and cannot be used any more. */
  get unloaded(): boolean {
    return this.#unloaded;
  }
  /** @internal @throws UsageError after unload */
  get validated(): ValidatedModule {
    this.store.checkAlive();
    if (this.#unloaded) throw new UsageError(`module '${this.name}' has been unloaded`);
    return this.#module;
  }
  /** Its imports, in the order of the file. @throws UsageError after unload */
  get imports(): ImportInfo[] {
    return importsOf(this.validated);
  }
  /** Its exports, in the order of the file. @throws UsageError after unload */
  get exports(): ExportInfo[] {
    return exportsOf(this.validated);
  }
  /** The features that it really uses, beyond the first version of WebAssembly. */
  get usedFeatures(): ReadonlySet<Feature> {
    return this.validated.usedFeatures;
  }
  /** Returns copies of the contents of all custom sections of a name. */
  customSections(name: string): Uint8Array[] {
    const { bytes, customSections } = this.validated;
    return customSections.filter((one) => one.name === name).map((one) => bytes.slice(one.bytes.start, one.bytes.end));
  }

  /** @internal Returns the code for an engine, which is compiled at the first call. */
  compiledFor(engine: Engine): CompiledModule {
    const module = this.validated;
    let compiled = this.#compiled.get(engine);
    if (compiled === undefined) {
      compiled = engine.compile(module, this.store);
      this.#compiled.set(engine, compiled);
    }
    return compiled;
  }

  /** @internal Returns its types in the runtime's registry, which holds them until the unload. @param step called for each recursive group */
  typesFor(step: () => void): readonly DefinedType[] {
    return (this.#types ??= this.store.types.addModuleTypes(this.validated, step));
  }

  /**
   * Forgets the module and frees its code.
   * @throws UsageError while instances of it are alive, while loaded modules import from it, or when it has been unloaded
   */
  unload(): void {
    this.store.checkAlive();
    if (this.#unloaded) throw new UsageError(`module '${this.name}' has been unloaded already`);
    if (this.instanceCount > 0) {
      throw new UsageError(`module '${this.name}' has ${this.instanceCount} live instances: deinstantiate them first`);
    }
    const importer = this.importer();
    if (importer !== undefined) {
      throw new UsageError(`module '${this.name}' is imported by module '${importer.name}': unload that first`);
    }
    this.end();
  }
  /** @internal Unloads the module without checks. */
  end(): void {
    this.#unloaded = true;
    if (this.#failedCount === 0) this.#dispose();
    for (const listener of [...this.onUnload]) listener();
    this.onUnload.clear();
  }
  /** @internal Keeps the code of a failed instance until the returned function is called. */
  holdCode(): () => void {
    this.#failedCount++;
    return () => {
      if (--this.#failedCount === 0 && this.#unloaded) this.#dispose();
    };
  }
  #dispose(): void {
    for (const compiled of this.#compiled.values()) compiled.dispose();
    this.#compiled.clear();
    if (this.#types === undefined) return;
    this.store.types.releaseModuleTypes(this.#module, this.#types, handsOut(this.#module));
    this.#types = undefined;
  }
}

/**
 * Decodes and validates a module. The bytes are copied.
 * @param knownFeatures asked once the bytes are decoded: the features that bodies are known to use, where somebody else has found the module valid; then
 * bodies are validated when an engine reads them
 * @throws MalformedError, InvalidError, LimitError (moduleBytes), UsageError
 */
export function loadModule(
  store: Store,
  bytes: Uint8Array | ArrayBuffer,
  options: LoadOptions | undefined,
  defaults: LoadDefaults,
  knownFeatures: (bytes: Uint8Array) => ReadonlySet<Feature> | undefined = () => undefined,
): WasmModule {
  const { name = '', features: changes } = checkOptions<LoadOptions>(options, LOAD_CHECKS, 'load options');
  const given = bytesOf(bytes);
  if (packageType(given) === 'aot') throw new MalformedError("this is a file of WAMR's AOT compiler, not a module", 0);
  const features = featureSet({ ...defaults.features, ...changes });
  const module = decode(given, { features, limits: defaults.limits });
  const known = knownFeatures(module.bytes);
  const late = known !== undefined && [...known].every((one) => features.has(one)) ? known : undefined;
  return new WasmModule(store, validate(module, { features, late }), name);
}

/** Whether objects of the module's types can outlive its instances in other instances; functions of its own cannot. */
function handsOut(module: ValidatedModule): boolean {
  const imported = countImports(module, 'func');
  return sharesFunctions(module) || module.exports.some(({ kind, index }) => kind === 'func' && index < imported);
}

function bytesOf(given: unknown): Uint8Array {
  try {
    if (given instanceof ArrayBuffer) return new Uint8Array(given);
    // Making a view of the whole buffer fails where the buffer was transferred.
    if (given instanceof Uint8Array && new Uint8Array(given.buffer)) return given;
  } catch {
    throw new UsageError('load: the bytes are gone: their buffer was transferred');
  }
  throw new UsageError(`load: the module is a Uint8Array or an ArrayBuffer, not ${show(given)}`);
}
