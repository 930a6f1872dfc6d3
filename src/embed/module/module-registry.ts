// WAMR's multi-module: modules that are registered by name, and loaded on demand by the embedder's reader.
// Refuses built-in names, a second module under a name, and modules that import each other in a circle.
import { quote } from '../../base/quote.js';
import type { NativeRegistry } from '../../imports/natives/registry.js';
import type { Engine } from '../../runtime/engine.js';
import type { Store } from '../../runtime/store.js';
import { LinkError, UsageError } from '../../wasm/errors.js';
import type { Feature } from '../../wasm/features.js';
import { type LoadDefaults, type LoadOptions, loadModule, type WasmModule } from './wasm-module.js';

/** Returns the bytes of a module by its name; undefined where there is none. */
export type ModuleReader = (name: string) => Uint8Array | ArrayBuffer | undefined | null;
/** Gets the bytes that the reader returned, when their module is unloaded. */
export type ModuleDestroyer = (name: string, bytes: Uint8Array | ArrayBuffer) => void;

/** A module of the reader's; it is unloaded with the last module that imports from it. */
interface Loaded {
  readonly module: WasmModule;
  readonly bytes: Uint8Array | ArrayBuffer;
  users: number;
}

export class ModuleRegistry {
  readonly #store: Store;
  readonly #natives: NativeRegistry;
  readonly #builtinNames: ReadonlySet<string>;
  readonly #defaults: LoadDefaults;
  readonly #engines: readonly Engine[];
  /** All modules that are loaded, registered or not, in order. */
  readonly modules = new Set<WasmModule>();
  readonly #byName = new Map<string, WasmModule>();
  readonly #loaded = new Map<string, Loaded>();
  readonly #loading: string[] = [];
  #reader: ModuleReader | undefined;
  #destroyer: ModuleDestroyer | undefined;

  /** @param builtinNames module names for which only the runtime's own natives are found */
  constructor(
    store: Store,
    natives: NativeRegistry,
    builtinNames: ReadonlySet<string>,
    defaults: LoadDefaults,
    engines: readonly Engine[],
  ) {
    this.#store = store;
    this.#natives = natives;
    this.#builtinNames = builtinNames;
    this.#defaults = defaults;
    this.#engines = engines;
  }

  setReader(reader: ModuleReader | undefined, destroyer?: ModuleDestroyer): void {
    this.#reader = reader;
    this.#destroyer = destroyer;
  }

  /** Loads a module, and by the reader the modules that it imports from and that are not loaded yet. */
  load(bytes: Uint8Array | ArrayBuffer, options: LoadOptions): WasmModule {
    const module = loadModule(this.#store, bytes, options, this.#defaults, (copy) => this.#keptFeatures(copy));
    const needed: string[] = [];
    try {
      for (const name of new Set(module.validated.imports.map((one) => one.module))) {
        if (this.#need(name)) needed.push(name);
      }
    } catch (error) {
      for (const name of needed) this.#drop(name);
      throw error;
    }
    this.modules.add(module);
    module.importer = () => this.#importerOf(module);
    module.onUnload.add(() => {
      this.modules.delete(module);
      for (const [name, registered] of this.#byName) if (registered === module) this.#byName.delete(name);
      for (const name of needed) this.#drop(name);
    });
    return module;
  }

  /**
   * Makes a module's exports available to others under a name. Repeating it for the same module and name is allowed.
   * @throws UsageError
   */
  register(name: string, module: WasmModule): void {
    if (!this.modules.has(module)) throw new UsageError('only a loaded module of this runtime can be registered');
    if (this.#isBuiltin(name)) throw new UsageError(`'${quote(name)}' is a built-in module name`);
    const there = this.#byName.get(name);
    if (there !== undefined && there !== module)
      throw new UsageError(`another module is registered as '${quote(name)}'`);
    this.#byName.set(name, module);
  }
  find(name: string): WasmModule | undefined {
    return this.#byName.get(name);
  }

  /** Unloads all modules, newest first; returns their names in the order of loading. */
  destroy(): string[] {
    const left: string[] = [];
    for (let module = last(this.modules); module !== undefined; module = last(this.modules)) {
      left.push(module.name);
      module.end();
    }
    this.#reader = undefined;
    return left.reverse();
  }

  #keptFeatures(bytes: Uint8Array): ReadonlySet<Feature> | undefined {
    for (const engine of this.#engines) {
      const features = engine.keptFeatures?.(bytes);
      if (features !== undefined) return features;
    }
    return undefined;
  }
  #isBuiltin(name: string): boolean {
    return name === '' || this.#builtinNames.has(name);
  }
  #importerOf(module: WasmModule): WasmModule | undefined {
    const names = new Set([...this.#byName].filter(([, registered]) => registered === module).map(([name]) => name));
    if (names.size === 0) return undefined;
    const importsIt = (other: WasmModule): boolean => other.validated.imports.some((one) => names.has(one.module));
    return [...this.modules].find((other) => other !== module && importsIt(other));
  }

  /** Returns whether the reader has the module, which then has one user more. */
  #need(name: string): boolean {
    const there = this.#loaded.get(name);
    if (there) {
      there.users++;
      return true;
    }
    if (!this.#reader || this.#isBuiltin(name) || this.#byName.has(name)) return false;
    if (this.#natives.hasModule(name)) return false;
    if (this.#loading.includes(name)) throw new LinkError(`found circular dependency on ${quote(name)}`);
    const bytes = this.#reader(name);
    if (!bytes) return false;
    this.#loading.push(name);
    try {
      const module = this.load(bytes, { name });
      this.#byName.set(name, module);
      this.#loaded.set(name, { module, bytes, users: 1 });
      module.onUnload.add(() => {
        this.#loaded.delete(name);
        this.#destroyer?.(name, bytes);
      });
      return true;
    } catch (error) {
      this.#destroyer?.(name, bytes);
      throw error;
    } finally {
      this.#loading.pop();
    }
  }

  #drop(name: string): void {
    const loaded = this.#loaded.get(name);
    if (loaded && --loaded.users === 0 && !loaded.module.unloaded && loaded.module.instanceCount === 0) {
      loaded.module.unload();
    }
  }
}

function last<T>(set: ReadonlySet<T>): T | undefined {
  let found: T | undefined;
  for (const one of set) found = one;
  return found;
}
