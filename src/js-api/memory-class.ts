// The class WebAssembly.Memory. Refuses sizes that no memory has (TypeError, RangeError) and memory that cannot be had (RangeError).
import { mostPages, noRoom } from '../runtime/allocate.js';
import type { MemoryInstance } from '../runtime/memory.js';
import { MemoryAccount } from '../runtime/memory-account.js';
import type { MemoryType } from '../wasm/types.js';
import type { Agent } from './agent.js';
import { checkLimits, readAddressType, readLimits } from './descriptors.js';
import { addressToJs, addressValue, dictionary } from './web-idl.js';

const WHAT = 'WebAssembly.Memory()';
const PAGE_SIZE_LOG2 = 16;

export function memoryClass(agent: Agent) {
  const { memories } = agent;
  class Memory {
    constructor(descriptor: unknown) {
      memories.mark(this, makeMemory(agent, readType(descriptor)));
    }
    get buffer(): ArrayBufferLike {
      return memories.of(this, 'WebAssembly.Memory.buffer').ownBuffer!;
    }
    grow(delta: unknown): number | bigint {
      const what = 'WebAssembly.Memory.grow()';
      const memory = memories.of(this, what);
      const { address } = memory.type;
      const pages = addressValue(delta, address, `${what}: the number of pages`);
      const before = memory.grow(Number(pages));
      if (before < 0) throw new RangeError(`${what}: a memory of ${memory.pages} pages cannot grow by ${pages}`);
      return addressToJs(before, address);
    }
  }
  return memories.define(Memory);
}

function readType(given: unknown): MemoryType {
  const descriptor = dictionary(given, WHAT);
  const address = readAddressType(descriptor, WHAT);
  const limits = readLimits(descriptor, address, WHAT);
  const shared = Boolean(descriptor['shared']);
  checkLimits(limits, WHAT);
  if (shared && limits.max === undefined) throw new TypeError(`${WHAT}: a shared memory needs a maximum`);
  return { limits, shared, address, pageSizeLog2: PAGE_SIZE_LOG2 };
}

/** @throws RangeError, TypeError where the mode cannot */
function makeMemory(agent: Agent, type: MemoryType): MemoryInstance {
  const { store, objects } = agent;
  if (type.address === 'i64') agent.demand('memory64', WHAT);
  const { min, max: declared } = type.limits;
  const max = mostPages(type);
  if (min > max || (type.address === 'i32' && declared !== undefined && declared > max)) {
    throw new RangeError(`${WHAT}: a memory has at most ${max} pages`);
  }
  const size = { min: Number(min), max };
  const memory = objects.memory(type, size, new MemoryAccount(store.allocator, store.budget));
  if (memory !== undefined) {
    agent.reclaim(memory, memory.charge);
    return memory;
  }
  const cause = noRoom(store.allocator, store.budget, `a memory of ${min} pages`);
  throw new RangeError(`${WHAT}: ${cause.message}`, { cause });
}
