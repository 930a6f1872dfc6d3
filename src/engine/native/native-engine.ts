// The engine of mode 'host': guests run on the host's own WebAssembly, their limits in the bytecode. Says what the host cannot do.
import { type InstrumentOptions, optionsKey } from '../../instrument/options.js';
import type { CompiledModule, Engine } from '../../runtime/engine.js';
import type { Instance } from '../../runtime/instance.js';
import type { Store } from '../../runtime/store.js';
import type { Feature } from '../../wasm/features.js';
import type { ValidatedModule } from '../../wasm/module.js';
import { CodeCache, type CodeStore } from './code-cache.js';
import { type HostCode, makeCode } from './native-code.js';
import { lackingFeatures, NEEDED } from './probe-features.js';
import { type HookModules, instantiateInHost, optionsFor } from './native-instantiation.js';
import { HostState } from './state.js';
import { type HostWebAssembly, hostWebAssembly } from './webassembly.js';

export type { CodeStore } from './code-cache.js';

export interface HostEngineOptions {
  /** Keeps instrumented code for later processes. Whoever can write there can take limits out of guests. */
  readonly codeStore?: CodeStore | undefined;
}

class HostModule implements CompiledModule {
  readonly #module: ValidatedModule;
  readonly #state: HostState;
  readonly #shop: Shop;
  readonly #codes = new Map<string, HostCode>();

  constructor(module: ValidatedModule, state: HostState, shop: Shop) {
    this.#module = module;
    this.#state = state;
    this.#shop = shop;
  }
  instantiate(instance: Instance): void {
    const options = optionsFor(instance, this.#state.host);
    instantiateInHost(instance, this.#state, options, () => this.#code(options), this.#shop.hookModules);
  }
  #code(options: InstrumentOptions): HostCode {
    const key = optionsKey(options);
    let code = this.#codes.get(key);
    if (code === undefined) {
      code = makeCode(this.#state.host, this.#shop.cache, this.#module, options);
      this.#codes.set(key, code);
      this.#state.addCode(code);
    }
    return code;
  }
  dispose(): void {
    for (const code of this.#codes.values()) this.#state.removeCode(code);
    this.#codes.clear();
  }
}

/** What one engine keeps for all stores: code, nothing of a guest. */
interface Shop {
  readonly cache: CodeCache;
  readonly hookModules: HookModules;
}

const NO_HOST = 'this host has no WebAssembly';

/** The smallest module there is. */
const EMPTY_MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/**
 * A memory cannot be made where the address space is limited: V8 reserves gigabytes for each. A module cannot be where a content security
 * policy forbids it, though it can be validated.
 */
function whyUnavailable(host: HostWebAssembly | undefined): string | undefined {
  if (host === undefined) return NO_HOST;
  try {
    new host.Memory({ initial: 1, maximum: 1 });
  } catch (error) {
    return `this host cannot make a WebAssembly.Memory: ${error instanceof Error ? error.message : String(error)}`;
  }
  try {
    new host.Instance(new host.Module(EMPTY_MODULE));
  } catch (error) {
    return `this host compiles no WebAssembly: ${error instanceof Error ? error.message : String(error)}`;
  }
  const needed = lackingFeatures(host, NEEDED);
  return needed.length === 0 ? undefined : `this host's WebAssembly lacks ${needed.join(', ')}`;
}

/** Makes the engine of one runtime. */
export function hostEngine({ codeStore }: HostEngineOptions = {}): Engine {
  const host = hostWebAssembly();
  const shop: Shop = { cache: new CodeCache(codeStore), hookModules: new Map() };
  const states = new WeakMap<Store, HostState>();
  const known = new Map<Feature, boolean>();
  let reason: { readonly text: string | undefined } | undefined;
  return {
    mode: 'host',
    unavailable: () => (reason ??= { text: whyUnavailable(host) }).text,
    missingFeatures({ usedFeatures }) {
      return host === undefined ? [] : lackingFeatures(host, usedFeatures, known);
    },
    compile(module, store) {
      let state = states.get(store);
      if (state === undefined) states.set(store, (state = new HostState(store, host!)));
      return new HostModule(module, state, shop);
    },
  };
}
