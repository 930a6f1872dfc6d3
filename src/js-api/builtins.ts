// What a module may ask the namespace itself to provide, by its compile options: functions on JavaScript's strings, and constant strings. Refuses, with
// a CompileError, imports of these that have another type.
import type { WasmModule } from '../embed/module/wasm-module.js';
import { GlobalInstance } from '../runtime/global.js';
import type { ExternInstance } from '../runtime/instance.js';
import { Slots } from '../runtime/slots.js';
import type { Import } from '../wasm/module.js';
import { EXTERNREF, HEAP_EXTERN, refType } from '../wasm/types.js';
import type { Agent } from './agent.js';
import { dictionary, sequence } from './web-idl.js';

/** The third argument of instantiate, and the second of what compiles. */
export interface CompileOptions {
  /** Sets of functions, by their names without "wasm:"; those that there are not are ignored. */
  readonly builtins: ReadonlySet<string>;
  /** The module name whose imports are strings: their own names. */
  readonly importedStringConstants: string | undefined;
}

const NOTHING: CompileOptions = { builtins: new Set(), importedStringConstants: undefined };

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
  { validated }: WasmModule,
  options: CompileOptions,
): (ExternInstance | undefined)[] {
  if (options === NOTHING) return [];
  return validated.imports.map((wanted) => {
    if (wanted.module === options.importedStringConstants) return stringConstant(agent, wanted);
    return undefined;
  });
}

const STRING = refType(HEAP_EXTERN, false);

function stringConstant({ thrown }: Agent, { name, description }: Import): GlobalInstance {
  const fits =
    description.kind === 'global' &&
    !description.type.mutable &&
    (description.type.type === EXTERNREF || description.type.type === STRING);
  if (!fits)
    throw new thrown.CompileError(
      `the string constant '${name}' is imported as something else than an immutable externref`,
    );
  const global = new GlobalInstance({ type: STRING, mutable: false });
  const slots = new Slots(1);
  slots.refs[0] = name;
  global.fromSlot(slots, 0);
  return global;
}
