// The function types that added code needs, appended to a module's types. They follow every type that the module declares, so that no type index and
// no recursion group of the module changes.
import type { Module, RecGroup } from '../wasm/module.js';
import type { FuncType, SubType, ValType } from '../wasm/types.js';

export class AddedTypes {
  readonly #module: Pick<Module, 'types' | 'recGroups'>;
  readonly #added: SubType[] = [];
  readonly #known = new Map<string, number>();

  constructor(module: Pick<Module, 'types' | 'recGroups'>) {
    this.#module = module;
  }
  /** Returns the index of a function type, which is added if it is new. Type indices inside the signature are the module's. */
  index(params: readonly ValType[], results: readonly ValType[]): number {
    const key = `${params.join()}>${results.join()}`;
    let index = this.#known.get(key);
    if (index === undefined) {
      index = this.#module.types.length + this.#added.length;
      this.#known.set(key, index);
      this.#added.push({ final: true, supers: [], composite: { kind: 'func', params, results } });
    }
    return index;
  }
  funcType(index: number): FuncType {
    const own = this.#module.types.length;
    return (index < own ? this.#module.types[index]! : this.#added[index - own]!).composite as FuncType;
  }
  get types(): readonly SubType[] {
    return [...this.#module.types, ...this.#added];
  }
  get recGroups(): readonly RecGroup[] {
    const first = this.#module.types.length;
    const added = this.#added.map((_, i) => ({ start: first + i, length: 1, explicit: false, offset: 0 }));
    return [...this.#module.recGroups, ...added];
  }
}
