// Instantiating: imports are read and converted in their order, then the instance is made in the specification's steps. Refuses imports of other kinds and
// types with a LinkError, import objects that are none with a TypeError, memories and tables that cannot be had with a RangeError.
import { show } from '../base/show.js';
import type { Budget } from '../runtime/budget.js';
import type { ConstantCharge } from '../runtime/constant-charge.js';
import type { FunctionInstance } from '../runtime/function.js';
import { type ExternInstance, Instance } from '../runtime/instance.js';
import { instantiate } from '../runtime/instantiate.js';
import { chargeParts } from '../runtime/parts-charge.js';
import { LimitError } from '../wasm/errors.js';
import type { Import } from '../wasm/module.js';
import { resolveType } from '../wasm/subtyping.js';
import { type GlobalType, I64, isRef, V128 } from '../wasm/types.js';
import type { Agent } from './agent.js';
import type { JsFunction } from './function-cache.js';
import { KIND_NAMES, type LoadedModule } from './loaded-module.js';
import { isObject, shown } from './web-idl.js';

/**
 * Reads the imports, and returns what makes the instance of them: the standard does both at different times.
 * @throws TypeError, LinkError, LimitError, and what getters and conversions throw
 */
export function prepareInstance(agent: Agent, loaded: LoadedModule, importObject: unknown): () => Instance {
  const { account, thrown } = agent;
  const under = <T>(work: () => T): T => {
    account.enter();
    try {
      return work();
    } catch (error) {
      throw thrown.ofInstantiating(error);
    } finally {
      account.leave();
    }
  };
  const { instance, charge } = under(() => emptyInstance(agent, loaded));
  let imports: readonly ExternInstance[];
  try {
    imports = new ImportReader(agent, loaded, instance).read(importObject);
  } catch (error) {
    charge.release();
    throw error;
  }
  return () => {
    under(() => fill(agent, loaded, instance, imports));
    return instance;
  };
}

/** An instance that is paid for, but empty. */
function emptyInstance(
  agent: Agent,
  { module, types }: LoadedModule,
): { readonly instance: Instance; readonly charge: InstanceCharge } {
  const { store, instanceLimits, account, engine, tableBudget, objects } = agent;
  const charge = new InstanceCharge(agent.instanceBudget, chargeParts(module.validated, store.budget));
  const instance = new Instance({
    store,
    module: module.validated,
    name: '',
    types,
    limits: instanceLimits,
    metered: account.metered,
    interruptible: account.interruptible,
    deterministic: false,
    budget: store.budget,
    tableBudget,
    makeMemory: objects.memory,
    onOwn: (object) => agent.reclaim(object, object.charge),
    mode: engine.mode,
    modeReason: agent.modeReason,
  });
  charge.constants = instance.constantCharge;
  agent.reclaim(instance, charge);
  return { instance, charge };
}

/** What an instance is charged for its life, apart from memories and tables, which may outlive it. */
class InstanceCharge {
  readonly #instances: Budget;
  readonly #giveBackParts: () => void;
  constants: ConstantCharge | undefined;
  #isReleased = false;

  /** @param giveBackParts what chargeParts() gave @throws LimitError instances */
  constructor(instances: Budget, giveBackParts: () => void) {
    this.#instances = instances;
    this.#giveBackParts = giveBackParts;
    if (instances.take(1)) return;
    giveBackParts();
    throw new LimitError('instances', instances.limit);
  }
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#instances.release(1);
    this.#giveBackParts();
    this.constants?.release();
  }
}

function fill(agent: Agent, { module }: LoadedModule, instance: Instance, imports: readonly ExternInstance[]): void {
  const { store, engine, calls } = agent;
  instantiate(instance, module.compiledFor(engine), {
    resolve: (_, position) => imports[position],
    step: () => store.meter.checkpoint(),
    linked: () => {},
    underLimits: (work) => work(),
    filled: () => {},
    call: (start: FunctionInstance) => calls.run(start),
  });
}

/** Reads what a module imports from an import object. */
class ImportReader {
  readonly #agent: Agent;
  readonly #loaded: LoadedModule;
  readonly #instance: Instance;
  #functions = 0;

  constructor(agent: Agent, loaded: LoadedModule, instance: Instance) {
    this.#agent = agent;
    this.#loaded = loaded;
    this.#instance = instance;
  }
  read(importObject: unknown): ExternInstance[] {
    const { module, provided } = this.#loaded;
    const { imports } = module.validated;
    if (importObject !== undefined && !isObject(importObject)) {
      throw new TypeError(`the import object: an object is wanted, not ${show(importObject)}`);
    }
    if (importObject === undefined && imports.some((_, position) => provided[position] === undefined)) {
      throw new TypeError('the module has imports: an import object is wanted');
    }
    return imports.map((wanted, position) => {
      const own = provided[position]?.(this.#instance, this.#functions);
      const found = own ?? this.#convert(wanted, get(importObject as object, wanted));
      if (wanted.description.kind === 'func') this.#functions++;
      return found;
    });
  }

  #convert(wanted: Import, value: unknown): ExternInstance {
    const { memories, tables, tags } = this.#agent;
    const { description } = wanted;
    switch (description.kind) {
      case 'func':
        return this.#function(wanted, description.typeIndex, value);
      case 'global':
        return this.#global(wanted, description.type, value);
      case 'memory':
        return memories.find(value) ?? this.#refuse(wanted, 'a WebAssembly.Memory', value);
      case 'table':
        return tables.find(value) ?? this.#refuse(wanted, 'a WebAssembly.Table', value);
      case 'tag':
        return tags.find(value) ?? this.#refuse(wanted, 'a WebAssembly.Tag', value);
    }
  }
  #function(wanted: Import, typeIndex: number, value: unknown): ExternInstance {
    const { functions, calls, suspendings } = this.#agent;
    const type = this.#instance.types[typeIndex]!;
    if (typeof value !== 'function') {
      const waiting = suspendings.find(value);
      if (waiting === undefined) return this.#refuse(wanted, this.#functionFor(value), value);
      return calls.suspended(waiting.callable, type, this.#functions, this.#instance);
    }
    return functions.find(value) ?? calls.imported(value as JsFunction, type, this.#functions, this.#instance);
  }
  /** What is wanted in place of a value; an object of another namespace may be what the mode cannot run. */
  #functionFor(value: unknown): string {
    const { canPause, engine } = this.#agent;
    const isForeign = Object.prototype.toString.call(value) === '[object WebAssembly.Suspending]';
    if (!isForeign || canPause) return 'a function';
    return `a function (mode '${engine.mode}' cannot pause a guest; mode 'interp' can)`;
  }
  #global(wanted: Import, declared: GlobalType, value: unknown): ExternInstance {
    const { globals, values, objects } = this.#agent;
    const known = globals.find(value);
    if (known !== undefined) return known;
    const type = resolveType(declared.type, this.#instance.types);
    if (declared.mutable) return this.#refuse(wanted, 'a mutable WebAssembly.Global', value);
    if (type === V128) return this.#refuse(wanted, 'a WebAssembly.Global', value);
    if (!isRef(type) && typeof value !== (type === I64 ? 'bigint' : 'number')) {
      return this.#refuse(wanted, type === I64 ? 'a bigint' : 'a number', value);
    }
    let given: unknown;
    try {
      given = values.toWebAssembly(value, type);
    } catch (error) {
      return this.#refuse(wanted, error instanceof Error ? error.message : 'a value of its type', value);
    }
    return objects.global({ type, mutable: false }, given);
  }
  #refuse({ module, name, description }: Import, wanted: string, value: unknown): never {
    throw new this.#agent.thrown.LinkError(
      `import ${KIND_NAMES[description.kind]} ${show(module)} ${show(name)}: ${wanted} is wanted, not ${shown(value)}`,
    );
  }
}

/** @throws TypeError, and what a getter throws */
function get(importObject: object, { module, name }: Import): unknown {
  const from: unknown = (importObject as Readonly<Record<string, unknown>>)[module];
  if (!isObject(from))
    throw new TypeError(`import ${show(module)} ${show(name)}: ${show(module)} is ${show(from)}, not an object`);
  return (from as Readonly<Record<string, unknown>>)[name];
}
