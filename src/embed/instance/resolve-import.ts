// Finds what an import gets, in this order: the embedder's imports and natives of this instance, registered natives, WASI, built-in globals, tables and memories,
// registered modules, and for memories and tables of "env" one of the instance's own. An unknown function becomes one that traps when it is called.
// Refuses unknown functions only where linking is strict.
import { quote } from '../../base/quote.js';
import { bindFunction } from '../../imports/natives/bind.js';
import type { NativeRegistry } from '../../imports/natives/registry.js';
import type { WasiImport } from '../../imports/wasi/index.js';
import { isWasiModuleName, type WasiModuleName } from '../../imports/wasi/module-names.js';
import { refuseUninterruptible } from '../../runtime/foreign-functions.js';
import { type NativeFunctionBody, NativeFunctionInstance } from '../../runtime/function.js';
import type { ExternInstance, Instance } from '../../runtime/instance.js';
import { OF_ITS_OWN, unknownImport } from '../../runtime/link.js';
import type { NativeFunction } from '../../runtime/native-symbol.js';
import { observedNative } from '../../runtime/observed-native.js';
import { plainValue } from '../../runtime/refs.js';
import { carriesFunctions, takesReferences } from '../../runtime/shares-functions.js';
import { LinkError, Trap, UsageError } from '../../wasm/errors.js';
import type { Import, ValidatedModule } from '../../wasm/module.js';
import { resolveType } from '../../wasm/subtyping.js';
import { EXTERNREF, FUNCREF, type FuncType, I32, I64, type ValType } from '../../wasm/types.js';
import { constantGlobal } from '../init/builtin-externs.js';
import type { RuntimeState } from '../init/runtime-state.js';
import { checkOwner, externInstanceOf, instanceOfExtern } from './externs.js';
import { WasmInstance } from './wasm-instance.js';

/**
 * What an embedder gives for the imports from one module name: functions `(env, ...values) => value`, exports of other instances, and
 * values for immutable globals.
 */
export type ImportObject = Readonly<Record<string, unknown>>;
/** What an embedder gives for the imports, by module name. */
export type Imports = Readonly<Record<string, ImportObject | WasmInstance>>;

export interface ImportSources {
  readonly imports: Imports;
  /** Of this instance alone. */
  readonly natives: NativeRegistry | undefined;
  readonly wasi: ((module: WasiModuleName, name: string) => WasiImport | undefined) | undefined;
  readonly strict: boolean;
  /** Returns the instance of a registered module, which is made at its first import. */
  subInstance(moduleName: string): WasmInstance | undefined;
}

/** The most warnings that one instantiation writes: a module may have a million imports. */
const MOST_WARNINGS = 10;

export class ImportLinker {
  /** The instances that this one has imported from. */
  readonly dependencies = new Set<Instance>();
  /** Whether it has imported a table that belongs to no instance and lives as long as the runtime. */
  sharesTableOfRuntime = false;
  readonly #instance: Instance;
  readonly #runtime: RuntimeState;
  readonly #sources: ImportSources;
  readonly #address: ValType;
  #warnings = 0;

  constructor(instance: Instance, runtime: RuntimeState, sources: ImportSources) {
    this.#instance = instance;
    this.#runtime = runtime;
    this.#sources = sources;
    this.#address = addressType(instance);
  }

  /** @throws LinkError, UsageError */
  resolve(wanted: Import): ExternInstance | typeof OF_ITS_OWN {
    const { observation } = this.#instance;
    const found = this.#find(wanted);
    return observation && found instanceof NativeFunctionInstance
      ? observedNative(found, wanted.module, wanted.name, observation)
      : found;
  }
  #find(wanted: Import): ExternInstance | typeof OF_ITS_OWN {
    return (
      this.#fromEmbedder(wanted) ??
      this.#fromNatives(this.#sources.natives, wanted) ??
      this.#fromNatives(this.#runtime.natives, wanted) ??
      this.#fromWasi(wanted) ??
      this.#fromBuiltins(wanted) ??
      this.#fromModules(wanted) ??
      ofItsOwn(wanted, this.#instance.module) ??
      this.#unlinked(wanted)
    );
  }

  #fromBuiltins({ module, name, description }: Import): ExternInstance | undefined {
    const found = this.#runtime.builtins.find(module, name);
    if (found && description.kind === 'table') this.sharesTableOfRuntime = true;
    return found;
  }
  #fromEmbedder(wanted: Import): ExternInstance | undefined {
    const { imports } = this.#sources;
    const given = Object.hasOwn(imports, wanted.module) ? imports[wanted.module] : undefined;
    if (given === undefined) return undefined;
    if (given === null)
      throw new UsageError(`imports['${quote(wanted.module)}']: an object or an instance is wanted, not null`);
    if (given instanceof WasmInstance) return this.#fromInstance(given, wanted);
    const value = Object.hasOwn(given, wanted.name) ? given[wanted.name] : undefined;
    if (value === undefined) return undefined;
    const instance = instanceOfExtern(value);
    if (instance) this.#depend(instance, wanted);
    else checkOwner(value, this.#instance.store);
    return externInstanceOf(value) ?? this.#fromValue(wanted, value);
  }

  #fromInstance(given: WasmInstance, wanted: Import): ExternInstance | undefined {
    const found = given.instance.exports.get(wanted.name)?.value;
    if (found) this.#depend(given.instance, wanted);
    return found;
  }

  #depend(exporter: Instance, { module, name, description }: Import): void {
    const importer = this.#instance;
    if (exporter.store !== importer.store) throw new LinkError('an import belongs to another runtime');
    const where = `${quote(module)}.${quote(name)}`;
    const handsBack = takesReferences(importer.module, description);
    if (description.kind === 'func' || handsBack) refuseUninterruptible(exporter, where);
    if (importer.metered && !exporter.metered && (description.kind === 'func' || handsBack)) {
      throw new UsageError(
        `${where}: its instance counts no fuel, but the one that imports it does: instantiate it with metered: true`,
      );
    }
    if (!importer.metered && exporter.metered && handsBack) {
      throw new UsageError(
        `${where}: its instance counts fuel and would get functions from one that counts none: import it with metered: true`,
      );
    }
    exporter.checkAlive();
    if (carriesFunctions(importer.module, description)) exporter.isPublished = true;
    this.dependencies.add(exporter);
  }

  /** Makes an extern of a plain function, or of a value for an immutable global. */
  #fromValue(wanted: Import, value: unknown): ExternInstance {
    const { description } = wanted;
    const where = `${quote(wanted.module)}.${quote(wanted.name)}`;
    if (description.kind === 'func' && typeof value === 'function') {
      const type = this.#functionType(description.typeIndex);
      return this.#nativeFunction(wanted, bindFunction(where, value as NativeFunction, type), true);
    }
    if (description.kind === 'global' && !description.type.mutable) {
      const { types, store } = this.#instance;
      const type = resolveType(description.type.type, types);
      try {
        return constantGlobal(type, plainValue(value, type, store.types));
      } catch (error) {
        if (error instanceof TypeError) throw new LinkError(`incompatible import type: ${where}: ${error.message}`);
        throw error;
      }
    }
    throw new LinkError(`incompatible import type: ${where}: a ${description.kind} is wanted`);
  }

  /** Warns how many more imports failed to link than earlier warnings have named. */
  warnOfRest(): void {
    const rest = this.#warnings - MOST_WARNINGS;
    if (rest > 0) this.#runtime.log.warn(`warning: ${rest} more import functions failed to link`);
  }
  readonly #warn = (text: string): void => {
    if (this.#warnings++ < MOST_WARNINGS) this.#runtime.log.warn(`warning: ${text}`);
  };

  #fromNatives(natives: NativeRegistry | undefined, { module, name, description }: Import): ExternInstance | undefined {
    if (natives === undefined || description.kind !== 'func') return undefined;
    const type = this.#instance.types[description.typeIndex]!;
    const found = natives.resolve(module, name, type.composite as FuncType, this.#address, this.#warn);
    if (!found) return undefined;
    const { native, code } = found;
    const { attachment, async: isAsync = false } = native;
    return new NativeFunctionInstance(type, `${module}.${name}`, code, { attachment, isAsync });
  }

  #fromWasi({ module, name }: Import): ExternInstance | undefined {
    const { wasi } = this.#sources;
    const found = wasi && isWasiModuleName(module) ? wasi(module, name) : undefined;
    if (found === undefined) return undefined;
    const { params, results, code, mayWait } = found;
    const type = this.#instance.store.types.funcType(params, results);
    return new NativeFunctionInstance(type, `${module}.${name}`, code, { mayWait });
  }

  #fromModules(wanted: Import): ExternInstance | undefined {
    const sub = this.#sources.subInstance(wanted.module);
    return sub && this.#fromInstance(sub, wanted);
  }

  #unlinked(wanted: Import): ExternInstance {
    const { module, name, description } = wanted;
    if (description.kind !== 'func' || this.#sources.strict) throw unknownImport(wanted);
    const text = `import function (${quote(module)}, ${quote(name)})`;
    this.#warn(`failed to link ${text}`);
    return this.#nativeFunction(wanted, () => {
      throw new Trap('unlinked-import', [], `failed to call unlinked ${text}`);
    });
  }

  #nativeFunction(
    { module, name, description }: Import,
    code: NativeFunctionBody,
    mayWait = false,
  ): NativeFunctionInstance {
    if (description.kind !== 'func') throw new UsageError('a function is wanted');
    const type = this.#instance.types[description.typeIndex]!;
    return new NativeFunctionInstance(type, `${module}.${name}`, code, { mayWait });
  }
  #functionType(typeIndex: number): FuncType {
    return this.#instance.types[typeIndex]!.composite as FuncType;
  }
}

/**
 * WAMR's rule: memories and tables of "env" without a provider, as compilers import them by default (`env.memory`, `env.__indirect_function_table`),
 * are the instance's own. So are shared memories that a program imports, wherever from: wasi-threads wants them imported, for the threads to share.
 */
function ofItsOwn({ module, description }: Import, { exports }: ValidatedModule): typeof OF_ITS_OWN | undefined {
  if (description.kind === 'memory' && description.type.shared && exports.some(({ name }) => name === '_start')) {
    return OF_ITS_OWN;
  }
  if (module !== 'env') return undefined;
  if (description.kind === 'memory') return OF_ITS_OWN;
  if (description.kind !== 'table') return undefined;
  const { address, element } = description.type;
  return address === 'i32' && (element === FUNCREF || element === EXTERNREF) ? OF_ITS_OWN : undefined;
}

/** Returns the type of addresses in memory 0, imported or not; i32 where there is none. */
function addressType({ module }: Instance): ValType {
  for (const { description } of module.imports) {
    if (description.kind === 'memory') return description.type.address === 'i64' ? I64 : I32;
  }
  return module.memories[0]?.address === 'i64' ? I64 : I32;
}
