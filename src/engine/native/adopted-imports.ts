// Memories and mutable globals that were made outside native WebAssembly, so that guests of mode host can import them. The bytes of a memory move
// into a native memory for good, and its old object becomes a view of that. A global is copied at each crossing: into the native global before its
// guests run, and back. Refuses shared memories whose bytes other threads hold: all but the runtime's own.
import type { GlobalInstance } from '../../runtime/global.js';
import { AllocatedMemory, type MemoryInstance } from '../../runtime/memory.js';
import { RuntimeMemory } from '../../runtime/runtime-memory.js';
import { LimitError } from '../../wasm/errors.js';
import { type GlobalAccessor, NativeMemory } from './native-objects.js';
import type { WebAssemblyGlobal, WebAssemblyMemory, WebAssemblyNamespace } from './webassembly.js';

interface NativeCopy {
  readonly object: WebAssemblyGlobal;
  readonly accessor: GlobalAccessor;
}
interface AdoptedGlobal extends NativeCopy {
  users: number;
}

/** The adopted imports of one store. */
export class AdoptedImports {
  readonly #globals = new Map<GlobalInstance, AdoptedGlobal>();

  /**
   * Returns the native counterpart of a memory; undefined if it cannot move.
   * @throws LimitError if there is no room for it
   */
  memory(memory: MemoryInstance, webAssembly: WebAssemblyNamespace): WebAssemblyMemory | undefined {
    if (memory instanceof NativeMemory) return memory.object;
    if (!(memory instanceof AllocatedMemory)) return undefined;
    let moved = memory.elsewhere;
    if (moved === undefined) {
      const canMove = memory instanceof RuntimeMemory ? memory.canMove : !memory.type.shared;
      if (!canMove) return undefined;
      moved = memory.moveInto((pages, account) => {
        const made = new NativeMemory(memory.type, memory.maxPages, account);
        return made.allocate(pages, webAssembly) ? made : undefined;
      });
      if (moved === undefined) {
        throw new LimitError(
          'memoryBytes',
          memory.byteLength,
          `no room in the host for a memory of ${memory.byteLength} bytes`,
        );
      }
    }
    return moved instanceof NativeMemory ? moved.object : undefined;
  }

  /** Makes the native copy of a mutable global. @returns also `release`, which the caller calls when it no longer needs the copy */
  global(
    global: GlobalInstance,
    make: () => NativeCopy,
  ): { readonly object: WebAssemblyGlobal; readonly release: () => void } {
    let adopted = this.#globals.get(global);
    if (adopted === undefined) {
      adopted = { ...make(), users: 0 };
      this.#globals.set(global, adopted);
    }
    const one = adopted;
    one.users++;
    return {
      object: one.object,
      release: () => {
        if (--one.users === 0) this.#globals.delete(global);
      },
    };
  }
  /** Copies the globals before native code runs. */
  copyIn(): void {
    if (this.#globals.size > 0) this.#copyAllIn();
  }
  #copyAllIn(): void {
    for (const [global, { accessor }] of this.#globals) {
      global.toSlot(accessor.slots, 0);
      accessor.write();
    }
  }
  /** Copies the globals back after native code ran, or before other code runs. */
  copyOut(): void {
    if (this.#globals.size > 0) this.#copyAllOut();
  }
  #copyAllOut(): void {
    for (const [global, { accessor }] of this.#globals) {
      accessor.read();
      global.fromSlot(accessor.slots, 0);
    }
  }
}
