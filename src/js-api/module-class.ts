// The class WebAssembly.Module. Refuses bytes that are no valid module with a CompileError, and what is no Module with a TypeError.
import type { Agent } from './agent.js';
import { readCompileOptions } from './builtins.js';
import { compileModule, KIND_NAMES, type LoadedModule } from './loaded-module.js';
import { type Brand, bytesOf } from './web-idl.js';

export function moduleClass(agent: Agent, modules: Brand<LoadedModule>) {
  class Module {
    constructor(bytes: unknown, ...options: unknown[]) {
      const what = 'WebAssembly.Module()';
      const copy = bytesOf(bytes, what);
      modules.mark(this, compileModule(agent, copy, readCompileOptions(options[0], what)));
    }
    static exports(module: unknown): object[] {
      const { validated } = modules.of(module, 'WebAssembly.Module.exports()').module;
      return validated.exports.map(({ name, kind }) => ({ name, kind: KIND_NAMES[kind] }));
    }
    static imports(module: unknown): object[] {
      const { module: loaded, provided } = modules.of(module, 'WebAssembly.Module.imports()');
      return loaded.validated.imports
        .filter((_, position) => provided[position] === undefined)
        .map(({ module: from, name, description }) => ({ module: from, name, kind: KIND_NAMES[description.kind] }));
    }
    static customSections(module: unknown, sectionName: unknown): ArrayBuffer[] {
      const what = 'WebAssembly.Module.customSections()';
      const { module: loaded } = modules.of(module, what);
      if (sectionName === undefined) throw new TypeError(`${what}: the name of the sections is missing`);
      return loaded.customSections(`${sectionName as string}`).map(({ buffer }) => buffer as ArrayBuffer);
    }
  }
  return modules.define(Module);
}
