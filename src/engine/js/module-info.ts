// What the emitter looks up about a module: the types of its index spaces, imports first, and which memories can move.
import { countImports, type ValidatedModule } from '../../wasm/module.js';
import type { FuncType, GlobalType, MemoryType, TableType, TagType, ValType } from '../../wasm/types.js';

export class ModuleInfo {
  readonly module: ValidatedModule;
  readonly functions: FuncType[] = [];
  /** Type index of each function. */
  readonly functionTypes: number[] = [];
  readonly globals: GlobalType[] = [];
  readonly memories: MemoryType[] = [];
  readonly tables: TableType[] = [];
  readonly tags: TagType[] = [];
  readonly importedFunctions: number;

  constructor(module: ValidatedModule) {
    this.module = module;
    this.importedFunctions = countImports(module, 'func');
    for (const { description } of module.imports) {
      if (description.kind === 'func') this.#addFunction(description.typeIndex);
      else if (description.kind === 'global') this.globals.push(description.type);
      else if (description.kind === 'memory') this.memories.push(description.type);
      else if (description.kind === 'table') this.tables.push(description.type);
      else this.tags.push(description.type);
    }
    for (const { typeIndex } of module.functions) this.#addFunction(typeIndex);
    for (const { type } of module.globals) this.globals.push(type);
    for (const type of module.memories) this.memories.push(type);
    for (const { type } of module.tables) this.tables.push(type);
    for (const type of module.tags) this.tags.push(type);
  }
  #addFunction(typeIndex: number): void {
    this.functions.push(this.funcType(typeIndex));
    this.functionTypes.push(typeIndex);
  }
  funcType(typeIndex: number): FuncType {
    return this.module.types[typeIndex]!.composite as FuncType;
  }
  tagParams(tag: number): readonly ValType[] {
    return this.funcType(this.tags[tag]!.typeIndex).params;
  }
}
