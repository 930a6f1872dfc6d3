// What a module may ask the namespace itself to provide, by its compile options: functions on JavaScript's strings, and constant strings. Refuses, with
// a CompileError, imports of these that have another type.
import type { WasmModule } from '../embed/module/wasm-module.js';
import { GlobalInstance } from '../runtime/global.js';
import type { ExternInstance, Instance } from '../runtime/instance.js';
import { Slots } from '../runtime/slots.js';
import type { Import } from '../wasm/module.js';
import type { DefinedType } from '../wasm/subtyping.js';
import {
  EXTERNREF,
  type FuncType,
  HEAP_EXTERN,
  heapOf,
  I16,
  isNullable,
  refType,
  type ValType,
} from '../wasm/types.js';
import type { Agent } from './agent.js';
import { ImportedFunction } from './imported-function.js';
import { CODE_UNITS, STRING_BUILTINS, type StringBuiltin } from './string-builtins.js';
import { dictionary, sequence } from './web-idl.js';

/** The third argument of instantiate, and the second of what compiles. */
export interface CompileOptions {
  /** Sets of functions, by their names without "wasm:"; those that there are not are ignored. */
  readonly builtins: ReadonlySet<string>;
  /** The module name whose imports are strings: their own names. */
  readonly importedStringConstants: string | undefined;
}

/** Makes what stands for an import in an instance. @param index the place of a function in the instance's index space */
export type ProvidedImport = (importer: Instance, index: number) => ExternInstance;

const NOTHING: CompileOptions = { builtins: new Set(), importedStringConstants: undefined };
const STRING_SET = 'js-string';
const STRING = refType(HEAP_EXTERN, false);

/** @throws TypeError, and what members and conversions of the options throw */
export function readCompileOptions(given: unknown, what: string): CompileOptions {
  if (given === undefined || given === null) return NOTHING;
  const { builtins, importedStringConstants } = dictionary(given, `${what}: the options`);
  const names = builtins === undefined ? [] : sequence(builtins, `${what}: builtins`).map((one) => `${one as string}`);
  const hasConstants = importedStringConstants !== undefined && importedStringConstants !== null;
  return {
    builtins: new Set(names),
    importedStringConstants: hasConstants ? `${importedStringConstants as string}` : undefined,
  };
}

/** By position of the imports; undefined for those that the import object must have. @throws CompileError */
export function providedImports(
  agent: Agent,
  module: WasmModule,
  options: CompileOptions,
): readonly (ProvidedImport | undefined)[] {
  if (options === NOTHING) return [];
  const hasStrings = options.builtins.has(STRING_SET);
  return module.validated.imports.map((wanted) => {
    if (wanted.module === options.importedStringConstants) return stringConstant(agent, wanted);
    const isString =
      hasStrings && wanted.module === `wasm:${STRING_SET}` && Object.hasOwn(STRING_BUILTINS, wanted.name);
    return isString ? stringFunction(agent, module, wanted) : undefined;
  });
}

function stringConstant({ thrown }: Agent, { name, description }: Import): ProvidedImport {
  const isConstant = description.kind === 'global' && !description.type.mutable;
  if (!isConstant || (description.type.type !== EXTERNREF && description.type.type !== STRING)) {
    throw new thrown.CompileError(
      `the string constant '${name}' is imported as something else than an immutable externref`,
    );
  }
  return () => {
    const global = new GlobalInstance({ type: STRING, mutable: false });
    const slots = new Slots(1);
    slots.refs[0] = name;
    global.fromSlot(slots, 0);
    return global;
  };
}

function stringFunction({ thrown }: Agent, module: WasmModule, { name, description }: Import): ProvidedImport {
  const builtin = STRING_BUILTINS[name]!;
  const types = module.typesFor(() => {});
  const type = description.kind === 'func' ? types[description.typeIndex] : undefined;
  if (type === undefined || !standsAlone(type) || !hasSignature(type.composite as FuncType, builtin, module)) {
    throw new thrown.CompileError(`the builtin 'wasm:${STRING_SET}' '${name}' is imported with another type`);
  }
  return (importer, index) => new ImportedFunction(type, index, importer, (_, slots) => void builtin.run(slots));
}

function hasSignature({ params, results }: FuncType, builtin: StringBuiltin, { store }: WasmModule): boolean {
  const same = (given: readonly ValType[], wanted: StringBuiltin['params']): boolean =>
    given.length === wanted.length &&
    given.every((type, i) =>
      wanted[i] === CODE_UNITS ? isCodeUnits(type, (id) => store.types.get(id)) : type === wanted[i],
    );
  return same(params, builtin.params) && same(results, builtin.results);
}
/** Whether nothing is declared beside, above or below it. */
function standsAlone({ final, supertype, group }: DefinedType): boolean {
  return final && supertype === null && group.members.length === 1;
}
/** Whether a type is a nullable reference to the array type of 16-bit code units. */
function isCodeUnits(type: ValType, typeOf: (id: number) => DefinedType): boolean {
  if (!isNullable(type) || heapOf(type) < 0) return false;
  const array = typeOf(heapOf(type));
  const { composite } = array;
  if (composite.kind !== 'array' || !standsAlone(array)) return false;
  return composite.element.type === I16 && composite.element.mutable;
}
