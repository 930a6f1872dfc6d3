// Fills an instance of ours from an instance of the host: imports, own memories and their budgets, exports.
// Refuses, with an OtherModeError, tables, shared memories and globals of references that live outside the host.
import { hooksModule, NAMES } from '../../instrument/hooks.js';
import { indexSpaces } from '../../instrument/instrument.js';
import type { InstrumentOptions } from '../../instrument/options.js';
import type { FunctionInstance } from '../../runtime/function.js';
import type { GlobalInstance } from '../../runtime/global.js';
import type { Instance } from '../../runtime/instance.js';
import { addExports, disposeFrom, makeOwnImports, memorySize, noRoom } from '../../runtime/instantiate.js';
import type { MemoryInstance } from '../../runtime/memory.js';
import { MemoryAccount } from '../../runtime/memory-account.js';
import { paced } from '../../runtime/pace.js';
import { sharesFunctions, sharesThroughImports } from '../../runtime/shares-functions.js';
import { readSlot } from '../../runtime/value.js';
import { LimitError, LinkError, OtherModeError, Trap } from '../../wasm/errors.js';
import { MAX_TABLE_ELEMENTS } from '../../wasm/limits.js';
import type { Import, ValidatedModule } from '../../wasm/module.js';
import { functionName } from '../../wasm/names.js';
import { resolveType } from '../../wasm/subtyping.js';
import * as t from '../../wasm/types.js';
import { ADAPTER, crossesPlainly, globalAdapter, hierarchyOf, outwardAdapter } from './adapters.js';
import type { HostCode } from './code.js';
import { constantObjectBytes } from './constant-objects.js';
import { HostGuestFunction, outwardCall } from './functions.js';
import { Island } from './island.js';
import type { Courier } from './mirrors.js';
import { HostGlobal, HostMemory, HostTable, HostTag } from './objects.js';
import type { HostState } from './state.js';
import { isHostTag } from './tags.js';
import { leaveGuest, locatesTraps } from './traps.js';
import type {
  HostCallable,
  HostGlobalObject,
  HostImports,
  HostInstanceObject,
  HostMemoryObject,
  HostModuleObject,
  HostTableObject,
  HostTagObject,
  HostValue,
  HostWebAssembly,
} from './webassembly.js';

/** What the code of an instance must be able to do, seen from what it is linked with. */
export function optionsFor(instance: Instance, host: HostWebAssembly): InstrumentOptions {
  const { module } = instance;
  const linked = instance.functions.some((one) => one instanceof HostGuestFunction) || sharesFunctions(module);
  return {
    metered: instance.metered,
    // What others reach without passing through the runtime must notice that its instance has ended.
    interruptible: instance.interruptible || instance.countsStack || linked,
    deterministic: instance.deterministic,
    linked,
    chargesObjects: instance.limits.memoryBytes !== undefined && module.usedFeatures.has('gc'),
    countsStack: instance.countsStack,
    locatesTraps: instance.metered && locatesTraps(host),
  };
}
/** Whether exceptions can be held where nothing bounds them: in objects, tables, globals, other exceptions. Frames are bounded. */
function keepsExceptions(module: ValidatedModule): boolean {
  const keeps = (type: t.StorageType): boolean => type >= 0 && hierarchyOf(type as t.ValType, module) === 'exn';
  const { tables, globals, tags } = indexSpaces(module);
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

/** Hook modules by whether they have the hook for GC objects; of one engine. */
export type HookModules = Map<boolean, HostModuleObject>;

export function instantiateInHost(
  instance: Instance,
  state: HostState,
  options: InstrumentOptions,
  code: () => HostCode,
  hookModules: HookModules,
): void {
  const before = instance.disposers.length;
  try {
    new Filling(instance, state, options).run(code, hookModules);
  } catch (error) {
    if (!instance.isPublished) disposeFrom(instance, before);
    throw error;
  }
}

class Filling {
  readonly #instance: Instance;
  readonly #state: HostState;
  readonly #options: InstrumentOptions;
  readonly #module: ValidatedModule;
  readonly #island: Island;
  readonly #tables: HostTable[] = [];
  readonly #step: () => void;

  constructor(instance: Instance, state: HostState, options: InstrumentOptions) {
    this.#instance = instance;
    this.#state = state;
    this.#options = options;
    this.#module = instance.module;
    this.#island = new Island(instance, state, options.interruptible);
    this.#step = paced(() => state.store.meter.look());
    // Others may run, and count, before a call that it makes comes back: counts of its own would be old by then.
    if (options.linked) this.#island.expose();
  }

  /** @param code made when memories and tables are there: what is too large for them may be too large for the host */
  run(code: () => HostCode, hookModules: HookModules): void {
    const { host } = this.#state;
    if (this.#instance.limits.memoryBytes !== undefined && keepsExceptions(this.#module)) {
      throw new OtherModeError(
        'the module keeps references to exceptions, which mode host cannot count as memoryBytes',
      );
    }
    if (this.#options.chargesObjects) this.#chargeConstants();
    makeOwnImports(this.#instance, {
      memory: (type, index) => this.#makeMemory(type, index === 0),
      table: (type) => this.#importedTable(type),
    });
    const imports = this.#imports();
    this.#addMemories(imports);
    this.#addTables();
    const ours = code();
    this.#island.codeName = ours.name;
    const made = this.#instantiate(ours, imports);
    const { exports } = made;
    const { chargesObjects } = this.#options;
    let hooks = hookModules.get(chargesObjects);
    if (hooks === undefined)
      hookModules.set(chargesObjects, (hooks = new host.Module(hooksModule({ chargesObjects }))));
    new host.Instance(hooks, { h: this.#island.hooks(), t: { t: exports[NAMES.hooks] } });
    this.#island.attach(exports);
    const { islands, stacks } = this.#state;
    islands.add(this.#island);
    this.#instance.disposers.push(() => {
      islands.delete(this.#island);
      this.#island.end();
    });
    if (this.#island.getStack) {
      stacks.add(this.#island);
      this.#instance.disposers.push(() => stacks.delete(this.#island));
    }
    this.#fill(exports);
    addExports(this.#instance, this.#step);
    this.#instance.isPublished ||= sharesThroughImports(this.#module, this.#instance.ownImports);
    this.#guarded(() => (exports[NAMES.initialize] as (() => void) | undefined)?.());
  }

  /** For the life of the instance, as in other modes. */
  #chargeConstants(): void {
    const { budget, disposers } = this.#instance;
    const bytes = constantObjectBytes(this.#module);
    if (bytes === undefined) {
      throw new OtherModeError(
        'a constant expression makes an array of a length that is known too late for mode host to count it as memoryBytes',
      );
    }
    if (!budget.take(bytes)) {
      throw new LimitError('memoryBytes', budget.limit, `constant expressions make objects of ${bytes} bytes`);
    }
    disposers.push(() => budget.release(bytes));
  }
  #instantiate({ compiled }: HostCode, imports: HostImports): HostInstanceObject {
    const { host } = this.#state;
    return this.#guarded(() => new host.Instance(compiled, imports));
  }
  /** Runs what fills tables and memories; what the host throws then is an error of ours. */
  #guarded<T>(body: () => T): T {
    const { host } = this.#state;
    try {
      return body();
    } catch (error) {
      if (error instanceof host.LinkError) throw new LinkError(`incompatible import type: ${error.message}`);
      if (error instanceof host.RuntimeError && /(table|element).*out of bounds/.test(error.message)) {
        throw new Trap('table-out-of-bounds');
      }
      if (error instanceof RangeError && !/call stack/.test(error.message)) {
        throw new LimitError('memoryBytes', this.#instance.budget.limit, error.message);
      }
      throw leaveGuest(this.#state, error);
    }
  }

  // ---- imports ----

  #imports(): HostImports {
    const { functions, tables, memories, globals, tags } = this.#instance;
    const next = { func: 0, table: 0, memory: 0, global: 0, tag: 0 };
    const values: Record<string, HostValue> = {};
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
        case 'tag': {
          const tag = tags[index]!;
          if (!isHostTag(tag)) throw this.#elsewhere(wanted);
          values[i] = tag.object;
        }
      }
    });
    return { [NAMES.module]: values };
  }
  #elsewhere({ module, name, description }: Import): LinkError {
    return new OtherModeError(`import "${module}"."${name}": a ${description.kind} that does not run in mode host`);
  }
  #from<T>(value: unknown, kind: abstract new (...args: never[]) => T, wanted: Import): T {
    if (value instanceof kind) return value;
    throw this.#elsewhere(wanted);
  }
  #functionFor(ours: FunctionInstance, typeIndex: number): HostCallable {
    if (ours instanceof HostGuestFunction) {
      ours.expose();
      this.#state.references.know(ours.hostFunction, ours);
      return ours.hostFunction;
    }
    const type = this.#module.types[typeIndex]!.composite as t.FuncType;
    if (crossesPlainly(type, this.#module)) {
      return outwardCall(this.#state, ours, this.#island, type, this.#module, () => {});
    }
    return this.#state.wrapper(ours, this.#module, typeIndex, outwardAdapter, this.#island);
  }
  #tableFor(ours: unknown, wanted: Import): HostTableObject {
    const table = this.#from(ours, HostTable, wanted);
    table.owner.expose();
    this.#island.expose();
    return table.object;
  }
  #memoryFor(ours: MemoryInstance, wanted: Import): HostMemoryObject {
    const object = this.#state.mirrors.memory(ours, this.#state.host);
    if (object === undefined) throw this.#elsewhere(wanted);
    return object;
  }
  #globalFor(ours: GlobalInstance, wanted: Import, type: t.GlobalType): HostValue {
    if (ours instanceof HostGlobal) {
      if (type.type >= 0) {
        ours.owner.expose();
        this.#island.expose();
      }
      return ours.object;
    }
    if (type.type === t.V128) throw this.#elsewhere(wanted);
    if (type.mutable) return this.#mutableGlobal(ours, wanted, type);
    const { scratch } = this.#state;
    ours.toSlot(scratch, 0);
    const value = readSlot(scratch, 0, type.type);
    if (type.type < 0) return new this.#state.host.Global({ value: NUMBER_NAMES[type.type]!, mutable: false }, value);
    const hierarchy = hierarchyOf(type.type, this.#module);
    if (hierarchy === 'exn') throw this.#elsewhere(wanted);
    return this.#state.references.toHost(value, hierarchy);
  }

  #mutableGlobal(ours: GlobalInstance, wanted: Import, type: t.GlobalType): HostGlobalObject {
    const { host, mirrors } = this.#state;
    const { object, release } = mirrors.global(ours, () => {
      // References would have to be the host's wherever the embedder sets them.
      if (type.type >= 0) throw this.#elsewhere(wanted);
      const made = new host.Global({ value: NUMBER_NAMES[type.type]!, mutable: true });
      return { object: made, courier: this.#courier(made, type) };
    });
    this.#instance.disposers.push(release);
    return object;
  }

  // ---- what the module defines ----

  #addMemories(imports: HostImports): void {
    const { memories } = this.#instance;
    const imported = memories.length;
    this.#module.memories.forEach((type, i) => {
      const memory = this.#makeMemory(type, imported + i === 0);
      memories.push(memory);
      imports[NAMES.module]![`${NAMES.memory}${i}`] = memory.object;
    });
  }
  #makeMemory(type: t.MemoryType, planned: boolean): HostMemory {
    const { store, budget, disposers } = this.#instance;
    const { min, max } = memorySize(this.#instance, type, planned);
    const pageSize = 2 ** type.pageSizeLog2;
    if (min > max) throw new LimitError('memoryBytes', max * pageSize, `a memory starts with ${min} pages`);
    const memory = new HostMemory(type, max, new MemoryAccount(store.allocator, budget));
    if (!memory.allocate(min, this.#state.host)) throw noRoom(this.#instance, `a memory of ${min * pageSize} bytes`);
    disposers.push(() => memory.release());
    return memory;
  }
  #addTables(): void {
    const { tables, types } = this.#instance;
    for (const { type } of this.#module.tables) {
      this.#step();
      const table = this.#makeTable({ ...type, element: resolveType(type.element, types) });
      this.#tables.push(table);
      tables.push(table);
    }
  }
  /** Without the host's object. */
  #makeTable(type: t.TableType): HostTable {
    const { store, budget, tableBudget, disposers } = this.#instance;
    const max = Math.min(Number(type.limits.max ?? MAX_TABLE_ELEMENTS), MAX_TABLE_ELEMENTS);
    const accounts = { allocator: store.allocator, bytes: budget, count: tableBudget };
    const table = new HostTable(type, max, this.#island, accounts);
    const wanted = Number(type.limits.min);
    if (!table.mayGrow(wanted, 0)) {
      const isCount = wanted > max || tableBudget.used + wanted > tableBudget.limit;
      const limit = isCount ? Math.min(max, tableBudget.limit) : budget.limit;
      throw new LimitError(isCount ? 'tableElements' : 'memoryBytes', limit, `a table starts with ${wanted} elements`);
    }
    disposers.push(() => table.release());
    return table;
  }
  /** One that the module imports, of functions or of host values. */
  #importedTable(type: t.TableType): HostTable {
    const table = this.#makeTable(type);
    const element = type.element === t.FUNCREF ? 'anyfunc' : 'externref';
    const { min, max } = type.limits;
    const most = max === undefined ? {} : { maximum: Number(max) };
    table.attach(new this.#state.host.Table({ element, initial: Number(min), ...most }, null));
    return table;
  }
  #fill(exports: HostInstanceObject['exports']): void {
    this.#addFunctions(exports);
    const { tables, globals, tags, types } = this.#instance;
    const firstTable = tables.length - this.#tables.length;
    this.#tables.forEach((table, i) => {
      table.attach(exports[NAMES.table + (firstTable + i)] as HostTableObject);
    });
    this.#module.globals.forEach(({ type }) => {
      this.#step();
      const object = exports[NAMES.global + globals.length] as HostGlobalObject;
      const resolved = { type: resolveType(type.type, types), mutable: type.mutable };
      globals.push(new HostGlobal(resolved, object, this.#island, () => this.#courier(object, type)));
    });
    for (const { typeIndex } of this.#module.tags) {
      this.#step();
      const tag = new HostTag(types[typeIndex]!, exports[NAMES.tag + tags.length] as HostTagObject);
      tags.push(tag);
      this.#state.exceptions.tags.add(tag);
      this.#instance.disposers.push(() => this.#state.exceptions.tags.delete(tag));
    }
  }
  #addFunctions(exports: HostInstanceObject['exports']): void {
    const { functions, types } = this.#instance;
    const { references } = this.#state;
    for (const { typeIndex } of this.#module.functions) {
      this.#step();
      const index = functions.length;
      const name = functionName(this.#module, index);
      functions.push(new HostGuestFunction(types[typeIndex]!, name, this.#island, index, typeIndex));
    }
    const all = [...functions];
    const register = (): void => {
      all.forEach((ours, index) => {
        const host = exports[NAMES.function + index] as HostCallable | undefined;
        if (host) references.know(host, ours);
      });
    };
    references.later(register);
    this.#instance.disposers.push(() => references.ended(register, this.#island.exposed));
  }
  /** Reads and sets a global without losing bits. */
  #courier(object: HostGlobalObject, type: t.GlobalType): Courier {
    const state = this.#state;
    const compiled = new state.host.Module(globalAdapter(this.#module, type));
    const { exports } = state.instantiateAdapter(compiled, object, () => state.scratch);
    const raise = exports[ADAPTER.raise] as ((k: number) => void) | undefined;
    return {
      read: (slots) => {
        (exports[ADAPTER.run] as () => void)();
        if (raise === undefined) return;
        slots.refs[0] = slots.refs[0] === true ? null : state.exceptions.raised(raise, 0);
      },
      write: () => {
        (exports[ADAPTER.set] as () => void)();
      },
    };
  }
}

const NUMBER_NAMES: Readonly<Record<number, string>> = {
  [t.I32]: 'i32',
  [t.I64]: 'i64',
  [t.F32]: 'f32',
  [t.F64]: 'f64',
};
