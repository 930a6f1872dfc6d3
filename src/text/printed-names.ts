// What the printer calls each definition of a module: its identifier if it has one, else its index. Refuses to make up names.

import { moduleNames, type NameMap } from '../binary/name-section.js';
import type { Module } from '../wasm/module.js';
import { typeName } from '../wasm/type-names.js';
import type { StorageType } from '../wasm/types.js';
import { identifiers } from './literals.js';

export type Space = 'functions' | 'types' | 'tables' | 'memories' | 'globals' | 'elements' | 'data' | 'tags';

export class PrintNames {
  readonly #module: Module;
  readonly #spaces = new Map<Space, NameMap>();

  constructor(module: Module) {
    this.#module = module;
  }

  #space(space: Space): NameMap {
    let names = this.#spaces.get(space);
    if (names === undefined) {
      names = identifiers(moduleNames(this.#module)[space]);
      this.#spaces.set(space, names);
    }
    return names;
  }

  /** Returns how to refer to a definition. */
  use(space: Space, index: number): string {
    return this.#space(space).get(index) ?? String(index);
  }

  /** Returns how to begin a definition: the identifier, if any, and the index as a comment. */
  define(space: Space, index: number): string {
    const name = this.#space(space).get(index);
    return `${name === undefined ? '' : `${name} `}(;${index};)`;
  }

  /** Returns the identifiers of the parameters and locals of a function. */
  locals(functionIndex: number): NameMap {
    return identifiers(moduleNames(this.#module).locals.get(functionIndex));
  }

  get module(): string {
    const { module } = moduleNames(this.#module);
    const name = module === undefined ? undefined : identifiers(new Map([[0, module]])).get(0);
    return name === undefined ? '' : ` ${name}`;
  }

  type(type: StorageType): string {
    return typeName(type, (index) => this.use('types', index));
  }
}
