// The natives of one runtime, by module name: newest registration first. Signatures are parsed when they are registered.
// Refuses bad signatures and double names, by name; a signature that does not fit the import leaves it unlinked, with a warning.
import { quote } from '../../base/quote.js';
import {
  aBoolean,
  aFunction,
  anyValue,
  aString,
  aTable,
  type Checks,
  checkOptions,
} from '../../runtime/check-options.js';
import type { NativeFunctionBody } from '../../runtime/function.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { UsageError } from '../../wasm/errors.js';
import type { FuncType, ValType } from '../../wasm/types.js';
import { bindNative } from './bind.js';
import { matchesSignature, parseSignature, type Signature } from './signature.js';

const FIELDS: Checks<NativeSymbol> = {
  symbol: aString,
  func: aFunction,
  signature: aString,
  attachment: anyValue,
  async: aBoolean,
  raw: aBoolean,
};

interface Registered {
  readonly native: NativeSymbol;
  readonly signature: Signature | undefined;
}
interface Table {
  readonly moduleName: string;
  readonly symbols: readonly NativeSymbol[];
  readonly byName: ReadonlyMap<string, Registered>;
}

/** A native found for an import. */
export interface ResolvedNative {
  readonly native: NativeSymbol;
  readonly code: NativeFunctionBody;
}

export class NativeRegistry {
  /** The tables, newest first. */
  #tables: Table[] = [];
  readonly #warn: (text: string) => void;

  /** @param warn gets one line for each signature that does not fit an import */
  constructor(warn: (text: string) => void) {
    this.#warn = warn;
  }

  /** The number of tables that are registered. */
  get size(): number {
    return this.#tables.length;
  }

  /**
   * Adds a table; its symbols hide older ones of the same name. unregister() finds it by the identity of the array.
   * @throws UsageError for a bad signature or a name that stands twice
   */
  register(moduleName: string, symbols: readonly NativeSymbol[]): void {
    if (typeof moduleName !== 'string') throw new UsageError('natives: the module name is a string');
    if (aTable(symbols) !== undefined) throw new UsageError(`natives of '${quote(moduleName)}': an array is wanted`);
    const byName = new Map<string, Registered>();
    for (const given of Array.from(symbols)) {
      // A misspelt signature field would be ignored, and no argument would be checked.
      const native = checkOptions<object>(given, FIELDS, `a native of '${quote(moduleName)}'`) as NativeSymbol;
      const where = `native '${quote(moduleName)}.${quote(native.symbol ?? '')}'`;
      if (!native.symbol) throw new UsageError(`${where} has no name`);
      if (native.func === undefined) throw new UsageError(`${where} has no function`);
      if (byName.has(native.symbol)) throw new UsageError(`${where} stands twice in one table`);
      byName.set(native.symbol, { native, signature: parse(where, native.signature) });
    }
    this.#tables.unshift({ moduleName, symbols, byName });
  }

  /** Removes the newest table of this name that has this very array. Returns whether there was one. */
  unregister(moduleName: string, symbols: readonly NativeSymbol[]): boolean {
    const at = this.#tables.findIndex((table) => table.moduleName === moduleName && table.symbols === symbols);
    if (at < 0) return false;
    this.#tables.splice(at, 1);
    return true;
  }

  clear(): void {
    this.#tables = [];
  }

  /** Whether a native of this name is registered, whatever its type. */
  has(moduleName: string, name: string): boolean {
    return this.#find(moduleName, name) !== undefined;
  }

  /** Whether it returns a promise. */
  isAsync(moduleName: string, name: string): boolean {
    return this.#find(moduleName, name)?.native.async ?? false;
  }

  /** Whether any native is registered under this module name. */
  hasModule(moduleName: string): boolean {
    return this.#tables.some((table) => table.moduleName === moduleName);
  }

  /**
   * Returns the native for an import, bound to its type. Only the newest of that name counts: where its signature does not fit, the import is
   * unresolved.
   * @param address the type of addresses in the guest's memory 0 @param warn in place of the registry's own
   */
  resolve(
    moduleName: string,
    name: string,
    type: FuncType,
    address: ValType,
    warn: (text: string) => void = this.#warn,
  ): ResolvedNative | undefined {
    const found = this.#find(moduleName, name);
    if (found === undefined) return undefined;
    const { native, signature } = found;
    if (signature !== undefined && !matchesSignature(signature, type, address)) {
      warn(
        `signature '${signature.text}' does not fit import function (${quote(moduleName)}, ${quote(name)}): it stays unlinked`,
      );
      return undefined;
    }
    return { native, code: bindNative(native, signature, type) };
  }

  #find(moduleName: string, name: string): Registered | undefined {
    for (const table of this.#tables) {
      if (table.moduleName !== moduleName) continue;
      const found = table.byName.get(name) ?? (name.startsWith('_') ? table.byName.get(name.slice(1)) : undefined);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function parse(where: string, text: string | undefined): Signature | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    return parseSignature(text);
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${where}: ${error.message}`);
    throw error;
  }
}
