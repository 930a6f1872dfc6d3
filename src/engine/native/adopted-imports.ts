// Memories and mutable globals that began outside the host, so that guests of mode host can import them. A memory moves into the host, for
// good: its old object goes on as a view of it. A global is copied at the border: into the host before its guests run, and back.
// Refuses shared memories, whose bytes other threads hold.
import type { GlobalInstance } from '../../runtime/global.js';
import { AllocatedMemory, type MemoryInstance } from '../../runtime/memory.js';
import type { Slots } from '../../runtime/slots.js';
import { LimitError } from '../../wasm/errors.js';
import { HostMemory } from './native-objects.js';
import type { HostGlobalObject, HostMemoryObject, HostWebAssembly } from './webassembly.js';

/** Carries a host global's value to and from slot 0, every bit of it. */
export interface Courier {
  read(slots: Slots): void;
  write(slots: Slots): void;
}

interface Mirror {
  readonly ours: GlobalInstance;
  readonly object: HostGlobalObject;
  readonly courier: Courier;
  users: number;
}

/** Of one store. */
export class Mirrors {
  readonly #moved = new WeakMap<MemoryInstance, HostMemory>();
  readonly #globals = new Map<GlobalInstance, Mirror>();
  readonly #scratch: Slots;

  constructor(scratch: Slots) {
    this.#scratch = scratch;
  }

  /**
   * The host's object of a memory; undefined where it cannot be in the host.
   * @throws LimitError where there is no room for it there
   */
  memory(ours: MemoryInstance, host: HostWebAssembly): HostMemoryObject | undefined {
    if (ours instanceof HostMemory) return ours.object;
    if (!(ours instanceof AllocatedMemory) || ours.type.shared) return undefined;
    let moved = this.#moved.get(ours);
    if (moved === undefined) {
      moved = ours.moveInto((pages, account) => {
        const made = new HostMemory(ours.type, ours.maxPages, account);
        return made.allocate(pages, host) ? made : undefined;
      });
      if (moved === undefined) {
        throw new LimitError(
          'memoryBytes',
          ours.byteLength,
          `no room in the host for a memory of ${ours.byteLength} bytes`,
        );
      }
      this.#moved.set(ours, moved);
    }
    return moved.object;
  }

  /** The host's object of a mutable global. `release` ends what the caller had of it. */
  global(
    ours: GlobalInstance,
    make: () => { readonly object: HostGlobalObject; readonly courier: Courier },
  ): { readonly object: HostGlobalObject; readonly release: () => void } {
    let mirror = this.#globals.get(ours);
    if (mirror === undefined) {
      mirror = { ours, ...make(), users: 0 };
      this.#globals.set(ours, mirror);
    }
    const { object } = mirror;
    mirror.users++;
    return {
      object,
      release: () => {
        if (--mirror.users === 0) this.#globals.delete(ours);
      },
    };
  }
  /** Before guests of the host run. */
  enter(): void {
    if (this.#globals.size === 0) return;
    for (const { ours, courier } of this.#globals.values()) {
      ours.toSlot(this.#scratch, 0);
      courier.write(this.#scratch);
    }
  }
  /** After they ran, or before anybody else runs. */
  leave(): void {
    if (this.#globals.size === 0) return;
    for (const { ours, courier } of this.#globals.values()) {
      courier.read(this.#scratch);
      ours.fromSlot(this.#scratch, 0);
    }
  }
}
