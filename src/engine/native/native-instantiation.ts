// Makes the native part of an instance: imports, its own memories and their budgets, exports. Refuses, with an OtherModeError, tables, shared
// memories and globals of references that another engine keeps.

import { functionName } from '../../binary/name-section.js';
import { hooksModule, NAMES } from '../../instrument/hooks.js';
import type { InstrumentOptions } from '../../instrument/instrument-options.js';
import { accountFor, addExports, makeOwnImports, memorySize, noRoomIn, tableSize } from '../../runtime/allocate.js';
import type { FunctionInstance } from '../../runtime/function.js';
import type { GlobalInstance } from '../../runtime/global.js';
import type { Instance } from '../../runtime/instance.js';
import type { MemoryInstance } from '../../runtime/memory.js';
import { observedCode } from '../../runtime/observer.js';
import { paced } from '../../runtime/pace.js';
import { sharesFunctions, sharesThroughImports } from '../../runtime/shares-functions.js';
import { Slots } from '../../runtime/slots.js';
import { readSlot } from '../../runtime/value.js';
import { LimitError, LinkError, OtherModeError, Trap } from '../../wasm/errors.js';
import type { Import, ValidatedModule } from '../../wasm/module.js';
import { resolveType } from '../../wasm/subtyping.js';
import * as t from '../../wasm/types.js';
import { constantObjectBytes } from './constant-objects.js';
import type { NativeCode } from './native-code.js';
import { importable, NativeGuestFunction } from './native-functions.js';
import { NativeInstance } from './native-instance.js';
import { type GlobalAccessor, NativeGlobal, NativeMemory, NativeTable, NativeTag } from './native-objects.js';
import type { NativeStore } from './native-store.js';
import { leaveGuest, locatesTraps } from './native-traps.js';
import { type Hierarchy, hierarchiesOf, hierarchyOf } from './passage.js';
import type {
  ImportObject,
  JsCallable,
  JsValue,
  WebAssemblyGlobal,
  WebAssemblyInstance,
  WebAssemblyMemory,
  WebAssemblyModule,
  WebAssemblyNamespace,
  WebAssemblyTable,
  WebAssemblyTag,
} from './webassembly.js';

/** Determines what the code of an instance must do, given the instances it is linked with. */
export function optionsFor(instance: Instance, webAssembly: WebAssemblyNamespace): InstrumentOptions {
  const { module } = instance;
  const linked = instance.functions.some((one) => one instanceof NativeGuestFunction) || sharesFunctions(module);
  const observed = observedCode(instance.observation);
  // What others call directly must ask for its counts when it is entered; who is told of functions is told how deep they are.
  const countsCalls =
    instance.limits.callDepth !== undefined || instance.countsStack || linked || observed !== undefined;
  return {
    metered: instance.metered,
    // Code that other instances reach without passing through the runtime must notice that its instance has ended.
    interruptible: instance.interruptible || countsCalls,
    countsCalls,
    deterministic: instance.deterministic,
    linked,
    chargesObjects: instance.limits.memoryBytes !== undefined && module.usedFeatures.has('gc'),
    waits: module.usedFeatures.has('threads'),
    countsStack: instance.countsStack,
    locatesTraps: instance.metered && locatesTraps(webAssembly),
    tellsFunctions: observed?.functions ?? false,
    tellsPlaces: observed?.places ?? false,
  };
}
/** Whether exceptions can be held where nothing bounds their number: in objects, tables, globals, other exceptions. Frames are bounded. */
function keepsExceptions(module: ValidatedModule): boolean {
  const keeps = (type: t.StorageType): boolean => type >= 0 && hierarchyOf(type as t.ValType, module) === 'exn';
  const { tables, globals, tags } = module.spaces;
  return (
    tables.some(({ element }) => keeps(element)) ||
    globals.some(({ type }) => keeps(type)) ||
    tags.some(({ typeIndex }) => (module.types[typeIndex]!.composite as t.FuncType).params.some(keeps)) ||
    module.types.some(({ composite }) => {
      if (composite.kind === 'struct') return composite.fields.some(({ type }) => keeps(type));
      return composite.kind === 'array' && keeps(composite.element.type);
    })
  );
}

/** The hook modules of one engine, by the hooks that are not always there. */
export type HookModules = Map<string, WebAssemblyModule>;

/** Fills an instance. If this throws before any function of the instance can have been published, everything is undone. */
export function instantiateNative(
  instance: Instance,
  shared: NativeStore,
  options: InstrumentOptions,
  code: () => NativeCode,
  hookModules: HookModules,
): void {
  const before = instance.disposers.length;
  try {
    new NativeInstantiation(instance, shared, options).run(code, hookModules);
  } catch (error) {
    if (!instance.isPublished) instance.disposeFrom(before);
    throw error;
  }
}

class NativeInstantiation {
  readonly #instance: Instance;
  readonly #shared: NativeStore;
  readonly #options: InstrumentOptions;
  readonly #module: ValidatedModule;
  readonly #native: NativeInstance;
  readonly #tables: NativeTable[] = [];
  readonly #step: () => void;

  constructor(instance: Instance, shared: NativeStore, options: InstrumentOptions) {
    this.#instance = instance;
    this.#shared = shared;
    this.#options = options;
    this.#module = instance.module;
    this.#native = new NativeInstance(instance, options, shared.counters, shared.call);
    this.#step = paced(() => shared.store.meter.checkpoint());
    // Other instances may run and count before a call that it makes returns; counts of its own would be outdated by then.
    if (options.linked) this.#native.counters.expose();
  }

  /** @param code makes the code after memories and tables: what is too large for them may be too large for the JavaScript engine */
  run(code: () => NativeCode, hookModules: HookModules): void {
    const instance = this.#instance;
    if (instance.limits.memoryBytes !== undefined && keepsExceptions(this.#module)) {
      throw new OtherModeError(
        'the module keeps references to exceptions, which mode host cannot count as memoryBytes',
      );
    }
    if (this.#options.chargesObjects) this.#chargeConstants();
    makeOwnImports(instance, {
      memory: (type, index) => this.#makeMemory(type, index === 0),
      table: (type) => this.#importedTable(type),
    });
    const imports = this.#imports();
    this.#addMemories(imports);
    this.#addTables();
    const exports = this.#makeNative(code(), imports, hookModules);
    this.#addFunctions(exports);
    this.#attachTables(exports);
    this.#addGlobals(exports);
    this.#addTags(exports);
    addExports(instance, this.#step);
    instance.isPublished ||= sharesThroughImports(this.#module, instance.ownImports);
    this.#guarded(() => (exports[NAMES.initialize] as (() => void) | undefined)?.());
  }

  /** Has the JavaScript engine make its instance, and connects the hooks. */
  #makeNative(code: NativeCode, imports: ImportObject, hookModules: HookModules): WebAssemblyInstance['exports'] {
    const { webAssembly, instances, stacks, suspension } = this.#shared;
    const { disposers } = this.#instance;
    const native = this.#native;
    native.code = code;
    const { exports } = this.#guarded(() => new webAssembly.Instance(code.compiled, imports));
    if (exports[NAMES.hooks] !== undefined) {
      const pauses = suspension && {
        ...suspension.imports,
        goOn: (number: number) => suspension.enter(number).pauseEnded(),
      };
      const hooks = this.#hooksModule(hookModules);
      new webAssembly.Instance(hooks, { h: { ...native.hooks(), ...pauses }, t: { t: exports[NAMES.hooks] } });
    }
    native.attach(exports);
    instances.add(native);
    disposers.push(() => {
      instances.delete(native);
      native.end();
    });
    const { stack } = native;
    if (stack) {
      stacks.add(stack);
      disposers.push(() => void stacks.delete(stack));
    }
    return exports;
  }
  #hooksModule(known: HookModules): WebAssemblyModule {
    const { webAssembly, suspension } = this.#shared;
    const { chargesObjects, waits, tellsFunctions, tellsPlaces } = this.#options;
    const key = `${chargesObjects} ${waits} ${tellsFunctions} ${tellsPlaces}`;
    let hooks = known.get(key);
    if (hooks === undefined) {
      known.set(key, (hooks = new webAssembly.Module(hooksModule(this.#options, suspension !== undefined))));
    }
    return hooks;
  }
  /** Charges the objects of constant expressions for the life of the instance, as other modes do. */
  #chargeConstants(): void {
    const { constantCharge, disposers } = this.#instance;
    const bytes = constantObjectBytes(this.#module);
    if (bytes === undefined) {
      throw new OtherModeError(
        'a constant expression makes an array of a length that is known too late for mode host to count it as memoryBytes',
      );
    }
    constantCharge.take(bytes, `constant expressions make objects of ${bytes} bytes`);
    disposers.push(() => constantCharge.release());
  }
  /** Runs the filling of tables and memories, and converts what the JavaScript engine throws to an error of the runtime. */
  #guarded<T>(body: () => T): T {
    const { webAssembly } = this.#shared;
    try {
      return body();
    } catch (error) {
      if (error instanceof webAssembly.LinkError) throw new LinkError(`incompatible import type: ${error.message}`);
      if (error instanceof webAssembly.RuntimeError && /(table|element).*out of bounds/.test(error.message)) {
        throw new Trap('table-out-of-bounds');
      }
      if (error instanceof RangeError && !/call stack/.test(error.message)) {
        throw new LimitError('memoryBytes', this.#instance.budget.limit, error.message);
      }
      throw leaveGuest(this.#shared, error);
    }
  }

  // ---- imports ----

  #imports(): ImportObject {
    const { functions, tables, memories, globals, tags } = this.#instance;
    const next = { func: 0, table: 0, memory: 0, global: 0, tag: 0 };
    const values: Record<string, JsValue> = {};
    this.#module.imports.forEach((wanted, i) => {
      this.#step();
      const { description } = wanted;
      const index = next[description.kind]++;
      switch (description.kind) {
        case 'func':
          values[i] = this.#functionFor(functions[index]!, description.typeIndex);
          break;
        case 'table':
          values[i] = this.#tableFor(tables[index]!, wanted);
          break;
        case 'memory':
          values[i] = this.#memoryFor(memories[index]!, wanted);
          break;
        case 'global':
          values[i] = this.#globalFor(globals[index]!, wanted, description.type);
          break;
        case 'tag':
          values[i] = this.#from(tags[index], NativeTag, wanted).object;
      }
    });
    return { [NAMES.module]: values };
  }
  #otherModeError({ module, name, description }: Import): LinkError {
    return new OtherModeError(`import "${module}"."${name}": a ${description.kind} that does not run in mode host`);
  }
  #from<T>(value: unknown, kind: abstract new (...args: never[]) => T, wanted: Import): T {
    if (value instanceof kind) return value;
    throw this.#otherModeError(wanted);
  }
  #functionFor(func: FunctionInstance, typeIndex: number): JsCallable {
    if (func instanceof NativeGuestFunction) {
      func.expose();
      this.#shared.references.pair(func.exportedFunction, func);
      return func.exportedFunction;
    }
    return importable(this.#shared, func, this.#module, typeIndex, this.#native.counters);
  }
  #tableFor(value: unknown, wanted: Import): WebAssemblyTable {
    const table = this.#from(value, NativeTable, wanted);
    table.owner.expose();
    this.#native.counters.expose();
    return table.object;
  }
  #memoryFor(memory: MemoryInstance, wanted: Import): WebAssemblyMemory {
    const object = this.#shared.adopted.memory(memory, this.#shared.webAssembly);
    if (object === undefined) throw this.#otherModeError(wanted);
    return object;
  }
  #globalFor(global: GlobalInstance, wanted: Import, type: t.GlobalType): JsValue {
    if (global instanceof NativeGlobal) {
      if (type.type >= 0) {
        global.owner.expose();
        this.#native.counters.expose();
      }
      return global.object;
    }
    if (type.type === t.V128) throw this.#otherModeError(wanted);
    if (type.mutable) return this.#mutableGlobal(global, wanted, type);
    const slots = new Slots(1);
    global.toSlot(slots, 0);
    const value = readSlot(slots, 0, type.type);
    if (type.type < 0)
      return new this.#shared.webAssembly.Global({ value: NUMBER_NAMES[type.type]!, mutable: false }, value);
    const hierarchy = hierarchyOf(type.type, this.#module);
    if (hierarchy === 'exn') throw this.#otherModeError(wanted);
    return this.#shared.references.toJs(value, hierarchy);
  }

  #mutableGlobal(global: GlobalInstance, wanted: Import, type: t.GlobalType): WebAssemblyGlobal {
    const { webAssembly, adopted, adapters } = this.#shared;
    const { object, release } = adopted.global(global, () => {
      // A global of references would have to hold native references wherever the embedder sets it.
      if (type.type >= 0) throw this.#otherModeError(wanted);
      const made = new webAssembly.Global({ value: NUMBER_NAMES[type.type]!, mutable: true });
      return { object: made, accessor: adapters.forGlobal(this.#module, type, made) };
    });
    this.#instance.disposers.push(release);
    return object;
  }

  // ---- what the module defines ----

  #addMemories(imports: ImportObject): void {
    const { memories, sharedMemories } = this.#instance;
    const imported = memories.length;
    this.#module.memories.forEach((type, i) => {
      const shared = sharedMemories?.[imported + i] as NativeMemory | undefined;
      const memory = shared ?? this.#makeMemory(type, imported + i === 0);
      memories.push(memory);
      imports[NAMES.module]![`${NAMES.memory}${i}`] = memory.object;
    });
  }
  #makeMemory(type: t.MemoryType, planned: boolean): NativeMemory {
    const instance = this.#instance;
    const { min, max } = memorySize(instance, type, planned);
    const memory = new NativeMemory(type, max, accountFor(instance));
    if (!memory.allocate(min, this.#shared.webAssembly)) {
      throw noRoomIn(instance, `a memory of ${min * memory.pageSize} bytes`);
    }
    instance.own(memory);
    return memory;
  }
  #addTables(): void {
    const { tables, types } = this.#instance;
    for (const { type } of this.#module.tables) {
      this.#step();
      const table = this.#makeTable(
        { ...type, element: resolveType(type.element, types) },
        hierarchyOf(type.element, this.#module),
      );
      this.#tables.push(table);
      tables.push(table);
    }
  }
  /** Makes a table that has no native counterpart yet. */
  #makeTable(type: t.TableType, hierarchy: Hierarchy): NativeTable {
    const instance = this.#instance;
    const { min, max } = tableSize(instance, type);
    const elements = { references: this.#shared.references, hierarchy };
    const table = new NativeTable(type, max, this.#native.counters, elements, {
      bytes: accountFor(instance),
      count: instance.tableBudget,
    });
    if (!table.mayGrow(min, 0)) throw noRoomIn(instance, `a table of ${min} elements`);
    instance.own(table);
    return table;
  }
  /** Makes a table for an import that was not provided, of functions or of JavaScript values. */
  #importedTable(type: t.TableType): NativeTable {
    const isFunctions = type.element === t.FUNCREF;
    const table = this.#makeTable(type, isFunctions ? 'func' : 'extern');
    const element = isFunctions ? 'anyfunc' : 'externref';
    const { min, max } = type.limits;
    const most = max === undefined ? {} : { maximum: Number(max) };
    table.attach(new this.#shared.webAssembly.Table({ element, initial: Number(min), ...most }, null));
    return table;
  }
  #attachTables(exports: WebAssemblyInstance['exports']): void {
    const first = this.#instance.tables.length - this.#tables.length;
    this.#tables.forEach((table, i) => {
      table.attach(exports[NAMES.table + (first + i)] as WebAssemblyTable);
    });
  }
  #addGlobals(exports: WebAssemblyInstance['exports']): void {
    const { globals, types } = this.#instance;
    const { adapters } = this.#shared;
    const module = this.#module;
    for (const { type } of module.globals) {
      this.#step();
      const object = exports[NAMES.global + globals.length] as WebAssemblyGlobal;
      const resolved = { type: resolveType(type.type, types), mutable: type.mutable };
      const makeAccessor = (): GlobalAccessor => adapters.forGlobal(module, type, object);
      globals.push(new NativeGlobal(resolved, object, this.#native.counters, makeAccessor));
    }
  }
  #addTags(exports: WebAssemblyInstance['exports']): void {
    const { tags, types, disposers } = this.#instance;
    const { exceptions } = this.#shared;
    for (const { typeIndex } of this.#module.tags) {
      this.#step();
      const { params } = this.#module.types[typeIndex]!.composite as t.FuncType;
      const object = exports[NAMES.tag + tags.length] as WebAssemblyTag;
      const tag = new NativeTag(types[typeIndex]!, object, hierarchiesOf(params, this.#module));
      tags.push(tag);
      exceptions.tags.add(tag);
      disposers.push(() => void exceptions.tags.delete(tag));
    }
  }
  #addFunctions(exports: WebAssemblyInstance['exports']): void {
    const { functions, types } = this.#instance;
    const { references } = this.#shared;
    for (const { typeIndex } of this.#module.functions) {
      this.#step();
      const index = functions.length;
      const name = functionName(this.#module, index);
      functions.push(new NativeGuestFunction(types[typeIndex]!, name, this.#native, index, typeIndex, this.#shared));
    }
    const all = [...functions];
    const native = this.#native;
    native.register = () => {
      all.forEach((func, index) => {
        const exported = exports[NAMES.function + index] as JsCallable | undefined;
        if (exported) references.pair(exported, func);
      });
    };
    references.registerLater(native);
    this.#instance.disposers.push(() => references.instanceEnded(native, native.counters.exposed));
  }
}

const NUMBER_NAMES: Readonly<Record<number, string>> = {
  [t.I32]: 'i32',
  [t.I64]: 'i64',
  [t.F32]: 'f32',
  [t.F64]: 'f64',
};
