// A compiled module of a namespace, and which of its imports the namespace itself provides. Refuses bytes that are no valid module, or too many, with a
// CompileError.
import { loadModule, type WasmModule } from '../embed/module/wasm-module.js';
import type { ExternKind } from '../wasm/module.js';
import type { Agent } from './agent.js';
import { type CompileOptions, type ProvidedImport, providedImports } from './builtins.js';

/** A module of the class Module. */
export interface LoadedModule {
  readonly module: WasmModule;
  /** By position: what the namespace provides for an import; undefined for those that the import object must have. */
  readonly provided: readonly (ProvidedImport | undefined)[];
}

/** @throws CompileError, LimitError */
export function compileModule(agent: Agent, bytes: Uint8Array, options: CompileOptions): LoadedModule {
  const { account, runtime, store, thrown } = agent;
  account.enter();
  try {
    const module = loadModule(store, bytes, {}, runtime.args);
    agent.atEnd(() => module.end());
    const missing = agent.engine.missingFeatures(module.validated);
    if (missing.length > 0) {
      throw new thrown.CompileError(`mode '${agent.engine.mode}' of this host lacks ${missing.join(', ')}`);
    }
    const provided = providedImports(agent, module, options);
    store.meter.check();
    return { module, provided };
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
