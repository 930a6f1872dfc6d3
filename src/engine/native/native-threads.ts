// What mode host does for guests whose threads run in workers: shared native memories, which can be posted. Refuses memories that are not native.
import type { ThreadSupport } from '../../runtime/engine.js';
import type { Store } from '../../runtime/store.js';
import { OtherModeError } from '../../wasm/errors.js';
import { nativeObjects } from './native-object-maker.js';
import { NativeMemory } from './native-objects.js';
import type { NativeStore } from './native-store.js';
import type { WebAssemblyMemory } from './webassembly.js';

export function threadSupport(sharedOf: (store: Store) => NativeStore): ThreadSupport {
  return {
    makeMemory: (store) => nativeObjects(sharedOf(store)).memory,
    memoryData(memory, store) {
      const { adopted, webAssembly } = sharedOf(store);
      const object = adopted.memory(memory, webAssembly);
      if (object !== undefined) return object;
      throw new OtherModeError('a shared memory that does not run in mode host was given to a guest whose threads do');
    },
    attachMemory(data, type, maxPages, account, port) {
      const memory = new NativeMemory(type, maxPages, account);
      memory.attach(data as WebAssemblyMemory, port);
      return memory;
    },
  };
}
