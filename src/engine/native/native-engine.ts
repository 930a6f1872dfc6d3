// The engine of mode 'host': guests run on the JavaScript engine's native WebAssembly, with their limits in the bytecode. It reports what native
// WebAssembly cannot run.
import { WeakList } from '../../base/weak-list.js';
import { type InstrumentOptions, optionsKey } from '../../instrument/instrument-options.js';
import type { CompiledModule, Engine } from '../../runtime/engine.js';
import type { Instance } from '../../runtime/instance.js';
import type { Store } from '../../runtime/store.js';
import type { Feature } from '../../wasm/features.js';
import type { ValidatedModule } from '../../wasm/module.js';
import { AdapterCache } from './adapter-cache.js';
import { AdoptedImports } from './adopted-imports.js';
import { CodeCache, type CodeStore } from './code-cache.js';
import { StoreCounters } from './counters.js';
import { CurrentCall } from './current-call.js';
import { Exceptions } from './exceptions.js';
import { makeCode, NativeCode } from './native-code.js';
import { exportFunction } from './native-functions.js';
import { type HookModules, instantiateNative, optionsFor } from './native-instantiation.js';
import { nativeObjects } from './native-object-maker.js';
import type { NativeStore } from './native-store.js';
import { threadSupport } from './native-threads.js';
import { lackingFeatures, NEEDED } from './probe-features.js';
import { References } from './references.js';
import { canSuspend, Suspension } from './suspension.js';
import { findWebAssembly, type WebAssemblyModule, type WebAssemblyNamespace } from './webassembly.js';

export type { CodeStore } from './code-cache.js';

export interface HostEngineOptions {
  /** Keeps instrumented code for later processes. Anyone who can write to the store can remove the limits from guests. */
  readonly codeStore?: CodeStore | undefined;
}

/** Instrumented code as it goes to another thread. */
interface CodeData {
  readonly key: string;
  readonly options: InstrumentOptions;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly compiled: WebAssemblyModule;
}

class NativeModule implements CompiledModule {
  readonly #module: ValidatedModule;
  readonly #shared: NativeStore;
  readonly #caches: EngineCaches;
  readonly #codes = new Map<string, NativeCode>();

  /** @param given code of the module from another thread */
  constructor(module: ValidatedModule, shared: NativeStore, caches: EngineCaches, given: CodeData | undefined) {
    this.#module = module;
    this.#shared = shared;
    this.#caches = caches;
    if (given === undefined) return;
    const { key, options, name, bytes, compiled } = given;
    const code = new NativeCode(module, options, name, bytes, compiled);
    this.#codes.set(key, code);
    shared.codes.add(code);
  }
  codeData(instance: Instance): CodeData {
    const options = optionsFor(instance, this.#shared.webAssembly);
    const { name, bytes, compiled } = this.#code(options);
    return { key: optionsKey(options), options, name, bytes, compiled };
  }
  instantiate(instance: Instance): void {
    const options = optionsFor(instance, this.#shared.webAssembly);
    instantiateNative(instance, this.#shared, options, () => this.#code(options), this.#caches.hookModules);
  }
  #code(options: InstrumentOptions): NativeCode {
    const key = optionsKey(options);
    let code = this.#codes.get(key);
    if (code === undefined) {
      code = makeCode(this.#shared.webAssembly, this.#caches.code, this.#module, options);
      this.#codes.set(key, code);
      this.#shared.codes.add(code);
    }
    return code;
  }
  dispose(): void {
    for (const code of this.#codes.values()) this.#shared.codes.delete(code);
    this.#codes.clear();
  }
}

/** What one engine keeps for all stores: code, but nothing that belongs to a guest. */
interface EngineCaches {
  readonly code: CodeCache;
  readonly hookModules: HookModules;
}

/** Makes what the native instances of one store share, each part from those that it needs. */
function nativeStore(store: Store, webAssembly: WebAssemblyNamespace): NativeStore {
  const references = new References(webAssembly, store.types, (func, types, typeIndex) =>
    exportFunction(shared, func, types, typeIndex),
  );
  const exceptions = new Exceptions(webAssembly, references);
  const call = new CurrentCall(store.slots);
  const suspension = Suspension.of(webAssembly, call);
  const shared: NativeStore = {
    store,
    webAssembly,
    call,
    suspension,
    counters: new StoreCounters(store.meter, () => store.platform.monotonicNow()),
    references,
    exceptions,
    adapters: new AdapterCache(webAssembly, references, exceptions, suspension),
    adopted: new AdoptedImports(),
    codes: new WeakList(),
    instances: new WeakList(),
    stacks: new WeakList(),
  };
  return shared;
}

const NO_HOST = 'this host has no WebAssembly';

/** The smallest valid module. */
const EMPTY_MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/**
 * A memory cannot be made if the address space is limited: V8 reserves gigabytes for each. A module cannot be compiled if a content security policy
 * forbids it, though it can be validated.
 */
function whyUnavailable(webAssembly: WebAssemblyNamespace | undefined): string | undefined {
  if (webAssembly === undefined) return NO_HOST;
  try {
    new webAssembly.Memory({ initial: 1, maximum: 1 });
  } catch (error) {
    return `this host cannot make a WebAssembly.Memory: ${error instanceof Error ? error.message : String(error)}`;
  }
  try {
    new webAssembly.Instance(new webAssembly.Module(EMPTY_MODULE));
  } catch (error) {
    return `this host compiles no WebAssembly: ${error instanceof Error ? error.message : String(error)}`;
  }
  const needed = lackingFeatures(webAssembly, NEEDED);
  return needed.length === 0 ? undefined : `this host's WebAssembly lacks ${needed.join(', ')}`;
}

/** Makes the engine of one runtime. */
export function hostEngine({ codeStore }: HostEngineOptions = {}): Engine {
  const webAssembly = findWebAssembly();
  const caches: EngineCaches = { code: new CodeCache(codeStore), hookModules: new Map() };
  const stores = new WeakMap<Store, NativeStore>();
  const known = new Map<Feature, boolean>();
  let reason: { readonly text: string | undefined } | undefined;
  const sharedOf = (store: Store): NativeStore => {
    let shared = stores.get(store);
    if (shared === undefined) stores.set(store, (shared = nativeStore(store, webAssembly!)));
    return shared;
  };
  return {
    mode: 'host',
    canSuspend: canSuspend(webAssembly),
    unavailable: () => (reason ??= { text: whyUnavailable(webAssembly) }).text,
    missingFeatures({ usedFeatures }) {
      return webAssembly === undefined ? [] : lackingFeatures(webAssembly, usedFeatures, known);
    },
    vouchesFor: (bytes) => webAssembly?.validate(bytes) === true,
    keptFeatures: (bytes) => caches.code.featuresOf(bytes),
    threads: threadSupport((store) => sharedOf(store)),
    compile: (module, store, code) => new NativeModule(module, sharedOf(store), caches, code as CodeData | undefined),
    objectMaker: (store) => nativeObjects(sharedOf(store)),
  };
}
