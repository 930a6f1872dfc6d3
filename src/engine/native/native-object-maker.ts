// Makes native memories, tables, globals and tags that belong to no instance, for an embedder to construct and for instances to import. Refuses
// reference types that name types of a module.
import type { ObjectMaker } from '../../runtime/engine.js';
import { typeName } from '../../wasm/type-names.js';
import { type FuncType, isRef, type TableType, type ValType } from '../../wasm/types.js';
import { declaredTypes } from './adapters.js';
import { NativeGlobal, NativeMemory, NativeTable, NativeTag, type Owner } from './native-objects.js';
import type { NativeStore } from './native-store.js';
import { hierarchiesOf, hierarchyOf } from './passage.js';

const NO_OWNER: Owner = { expose: () => {} };
const NO_TYPES = declaredTypes([]);

/** The name of a value type in the JavaScript interface. */
function valueTypeName(type: ValType): string {
  const name = typeName(type);
  return name === 'funcref' ? 'anyfunc' : name;
}

/** Makes the objects of one store. */
export function nativeObjects(shared: NativeStore): ObjectMaker {
  const { webAssembly, references, adapters, exceptions } = shared;
  return {
    memory(type, { min, max }, account) {
      const memory = new NativeMemory(type, max, account);
      return memory.allocate(min, webAssembly) ? memory : undefined;
    },
    table(type, maxElements, bytes, count) {
      const elements = { references, hierarchy: hierarchyOf(type.element, NO_TYPES) };
      const table = new NativeTable(type, maxElements, NO_OWNER, elements, { bytes, count });
      table.attach(new webAssembly.Table(tableDescriptor(type), null));
      return table;
    },
    global(type, value) {
      const descriptor = { value: valueTypeName(type.type), mutable: type.mutable };
      const given = isRef(type.type) ? references.toJs(value, hierarchyOf(type.type, NO_TYPES)) : value;
      const object = new webAssembly.Global(descriptor, given);
      return new NativeGlobal(type, object, NO_OWNER, () => adapters.forGlobal(NO_TYPES, type, object));
    },
    tag(type) {
      const { params } = type.composite as FuncType;
      const object = new webAssembly.Tag!({ parameters: params.map(valueTypeName) });
      const tag = new NativeTag(type, object, hierarchiesOf(params, NO_TYPES));
      exceptions.tags.add(tag);
      return tag;
    },
  };
}

function tableDescriptor({ element, address, limits: { max } }: TableType): Record<string, unknown> {
  const wide = address === 'i64';
  const size = (count: bigint): number | bigint => (wide ? count : Number(count));
  return {
    element: valueTypeName(element),
    initial: size(0n),
    ...(max !== undefined && { maximum: size(max) }),
    ...(wide && { address }),
  };
}
