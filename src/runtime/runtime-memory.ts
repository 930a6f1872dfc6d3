// A shared memory that belongs to the runtime, for several instances to import. It is an ordinary buffer, in which threads in turn can wait. The first guest
// of mode host that imports it has its bytes move into a native memory, the first one of another mode whose threads run in workers into a shared buffer.
// Refuses that as long as threads in turn hold it.
import { AllocatedMemory } from './memory.js';

export class RuntimeMemory extends AllocatedMemory {
  /** The instances whose threads run in turn that hold it. */
  turns = 0;

  /** Whether its bytes may move elsewhere for good. */
  get canMove(): boolean {
    return this.turns === 0 && this.elsewhere === undefined;
  }
}
