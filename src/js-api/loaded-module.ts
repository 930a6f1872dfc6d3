// A compiled module of a namespace, and which of its imports the namespace itself provides. Refuses bytes that are no valid module, or too many, with a
// CompileError.
import type { Releasable } from '../base/when-collected.js';
import { loadModule, type WasmModule } from '../embed/module/wasm-module.js';
import type { Feature } from '../wasm/features.js';
import type { ExternKind, ValidatedModule } from '../wasm/module.js';
import type { DefinedType, TypeRegistry } from '../wasm/subtyping.js';
import type { Agent } from './agent.js';
import { type CompileOptions, type ProvidedImport, providedImports } from './builtins.js';

/** A module of the class Module. */
export interface LoadedModule {
  readonly module: WasmModule;
  /** Its types in the registry. */
  readonly types: readonly DefinedType[];
  /** By position: what the namespace provides for an import; undefined for those that the import object must have. */
  readonly provided: readonly (ProvidedImport | undefined)[];
}

/** What the types of a module hold: their places in the registry. Whatever names one of them has the array that is watched. */
class HeldTypes implements Releasable {
  readonly #registry: TypeRegistry;
  readonly #module: ValidatedModule;
  readonly #types: readonly DefinedType[];

  /** @param types a copy of that array */
  constructor(registry: TypeRegistry, module: ValidatedModule, types: readonly DefinedType[]) {
    this.#registry = registry;
    this.#module = module;
    this.#types = types;
  }
  release(): void {
    this.#registry.releaseModuleTypes(this.#module, this.#types, true);
  }
}

/** Nobody has said which features the bodies use. */
const UNKNOWN: ReadonlySet<Feature> = new Set();
/** Modules below this are validated here as fast as elsewhere. */
const FEW_BYTES = 1 << 14;

/**
 * Whether the host's own WebAssembly finds a module valid: then each body is validated here when it is first called, and most of a package's never are. The
 * host does not stop for a limit of time, and does not know which features are off: where there is one, all is validated here, now.
 */
function hasHostsWord({ engine, runtime, limits, totals }: Agent, bytes: Uint8Array): boolean {
  const { engines, args } = runtime;
  if (bytes.length < FEW_BYTES || engine.readsBodiesLate !== true) return false;
  if (Number.isFinite(limits.timeoutMs ?? totals.timeoutMs ?? Number.POSITIVE_INFINITY)) return false;
  if (Object.values(args.features).includes(false)) return false;
  return engines.some((one) => one.vouchesFor?.(bytes) === true);
}

/** @throws CompileError, LimitError */
export function compileModule(agent: Agent, bytes: Uint8Array, options: CompileOptions): LoadedModule {
  const { account, runtime, store, thrown } = agent;
  account.enter();
  try {
    const known = (): ReadonlySet<Feature> | undefined => (hasHostsWord(agent, bytes) ? UNKNOWN : undefined);
    const module = loadModule(store, bytes, undefined, runtime.args, known);
    agent.modules.add(module);
    const missing = agent.engine.missingFeatures(module.validated);
    if (missing.length > 0) {
      throw new thrown.CompileError(`mode '${agent.engine.mode}' of this host lacks ${missing.join(', ')}`);
    }
    const types = module.typesFor(() => store.meter.checkpoint());
    agent.reclaim(types, new HeldTypes(store.types, module.validated, [...types]));
    const provided = providedImports(agent, module, options);
    store.meter.check();
    return { module, types, provided };
  } catch (error) {
    throw thrown.ofCompiling(error);
  } finally {
    account.leave();
  }
}

/** How the JavaScript interface calls what can be imported and exported. */
export const KIND_NAMES: Readonly<Record<ExternKind, string>> = {
  func: 'function',
  table: 'table',
  memory: 'memory',
  global: 'global',
  tag: 'tag',
};
