// Places the app heap in whole pages after the initial ones of memory 0. WAMR places it at `__heap_base` where a module exports that, but the
// program's own allocator uses the bytes from there on, so this runtime never does. Refuses a heap in a memory that has no addresses left.

import { appHeapBytes } from '../../runtime/app-heap.js';
import type { MemoryPlan } from '../../runtime/instance.js';
import { UsageError } from '../../wasm/errors.js';
import { MAX_MEMORY32_PAGES } from '../../wasm/implementation-limits.js';
import type { ValidatedModule } from '../../wasm/module.js';
import { I32, I64 } from '../../wasm/types.js';
import { hasType } from '../call/application.js';
import { ownFunctionType } from '../module/introspection.js';

export interface HeapPlan {
  readonly memoryPlan: MemoryPlan;
  /** Where the app heap starts in memory 0; without a heap, `bytes` is 0. */
  readonly start: number;
  readonly bytes: number;
}

/**
 * @param heapSize bytes wanted for the app heap; dropped where the module exports its own malloc and free, or imports memory 0
 * @param maxMemoryPages the largest size of memory 0, kept within what the module declares
 */
export function planHeap(module: ValidatedModule, heapSize: number, maxMemoryPages: number | undefined): HeapPlan {
  const [memory] = module.memories;
  const imported = module.imports.some(({ description }) => description.kind === 'memory');
  const bytes = memory === undefined || imported || exportsAllocator(module) ? 0 : appHeapBytes(heapSize);
  if (memory === undefined || bytes === 0) {
    return { memoryPlan: { extraPages: 0, maxPages: maxMemoryPages }, start: 0, bytes: 0 };
  }
  const pageSize = 2 ** memory.pageSizeLog2;
  const initialPages = Number(memory.limits.min);
  const extraPages = Math.ceil(bytes / pageSize);
  if (memory.address === 'i32' && (initialPages + extraPages) * pageSize > MAX_MEMORY32_PAGES * 65_536) {
    throw new UsageError(
      `memory 0 has no addresses left for an app heap of ${bytes} bytes: instantiate with heapSize 0`,
    );
  }
  return { memoryPlan: { extraPages, maxPages: maxMemoryPages }, start: initialPages * pageSize, bytes };
}

function exportsAllocator(module: ValidatedModule): boolean {
  const malloc = ownFunctionType(module, 'malloc');
  const free = ownFunctionType(module, 'free');
  if (malloc === undefined || free === undefined) return false;
  return [I32, I64].some((address) => hasType(malloc, [address], [address]) && hasType(free, [address], []));
}
