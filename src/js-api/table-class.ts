// The class WebAssembly.Table. Refuses indices out of bounds and sizes that cannot be had (RangeError), and values of another type (TypeError).
import { noRoom } from '../runtime/allocate.js';
import { MemoryAccount } from '../runtime/memory-account.js';
import type { TableInstance } from '../runtime/table.js';
import { MAX_TABLE_ELEMENTS } from '../wasm/implementation-limits.js';
import type { TableType } from '../wasm/types.js';
import type { Agent } from './agent.js';
import { checkLimits, readAddressType, readLimits, referenceType } from './descriptors.js';
import { defaultValue } from './values.js';
import { addressToJs, addressValue, dictionary, required } from './web-idl.js';

const WHAT = 'WebAssembly.Table()';

export function tableClass(agent: Agent) {
  const { tables, values } = agent;
  const elementOf = ({ type }: TableInstance, given: readonly unknown[]): unknown =>
    given.length === 0 ? defaultValue(type.element) : values.toWebAssembly(given[0], type.element);
  const indexIn = (table: TableInstance, index: unknown, what: string): number => {
    const at = addressValue(index, table.type.address, `${what}: the index`);
    if (at < table.length) return Number(at);
    throw new RangeError(`${what}: index ${at} is out of bounds: the table has ${table.length} elements`);
  };

  class Table {
    constructor(descriptor: unknown, ...init: unknown[]) {
      const type = readType(descriptor);
      const value = init[0] === undefined ? defaultValue(type.element) : values.toWebAssembly(init[0], type.element);
      tables.mark(this, makeTable(agent, type, value));
    }
    get length(): number | bigint {
      const table = tables.of(this, 'WebAssembly.Table.length');
      return addressToJs(table.length, table.type.address);
    }
    get(index: unknown): unknown {
      const what = 'WebAssembly.Table.get()';
      const table = tables.of(this, what);
      return values.toJs(table.get(indexIn(table, index, what)), table.type.element);
    }
    set(index: unknown, ...value: unknown[]): void {
      const what = 'WebAssembly.Table.set()';
      const table = tables.of(this, what);
      const { address } = table.type;
      const at = addressValue(index, address, `${what}: the index`);
      const element = elementOf(table, value);
      table.set(indexIn(table, addressToJs(Number(at), address), what), element);
    }
    grow(delta: unknown, ...value: unknown[]): number | bigint {
      const what = 'WebAssembly.Table.grow()';
      const table = tables.of(this, what);
      const { address } = table.type;
      const count = addressValue(delta, address, `${what}: the number of elements`);
      const before = table.grow(Number(count), elementOf(table, value));
      if (before < 0) throw new RangeError(`${what}: a table of ${table.length} elements cannot grow by ${count}`);
      return addressToJs(before, address);
    }
  }
  return tables.define(Table);
}

function readType(given: unknown): TableType {
  const descriptor = dictionary(given, WHAT);
  const name = required(descriptor['element'], `${WHAT}: element`);
  const element = referenceType(name, `${WHAT}: element`);
  const address = readAddressType(descriptor, WHAT);
  const limits = readLimits(descriptor, address, WHAT);
  checkLimits(limits, WHAT);
  return { limits, element, address, shared: false };
}

/** @throws RangeError, TypeError where the mode cannot */
function makeTable(agent: Agent, type: TableType, value: unknown): TableInstance {
  const { store, objects, tableBudget } = agent;
  if (type.address === 'i64') agent.demand('memory64', WHAT);
  const { min, max } = type.limits;
  const most = Math.min(Number(max ?? MAX_TABLE_ELEMENTS), MAX_TABLE_ELEMENTS);
  const account = new MemoryAccount(store.allocator, store.budget);
  if (min <= most) {
    const table = objects.table(type, most, account, tableBudget);
    agent.reclaim(table, table.charge);
    if (table.grow(Number(min), value) >= 0) return table;
  }
  const cause = noRoom(store.allocator, store.budget, `a table of ${min} elements`);
  throw new RangeError(`${WHAT}: ${cause.message}`, { cause });
}
