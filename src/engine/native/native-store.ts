// What the native instances of one store share: a record, which native-engine.ts makes. Each entry knows of the others only what its constructor was
// given.
import type { WeakList } from '../../base/weak-list.js';
import type { Store } from '../../runtime/store.js';
import type { AdapterCache } from './adapter-cache.js';
import type { AdoptedImports } from './adopted-imports.js';
import type { StackCounter, StoreCounters } from './counters.js';
import type { CurrentCall } from './current-call.js';
import type { Exceptions } from './exceptions.js';
import type { NativeCode } from './native-code.js';
import type { NativeInstance } from './native-instance.js';
import type { References } from './references.js';
import type { Suspension } from './suspension.js';
import type { WebAssemblyNamespace } from './webassembly.js';

export interface NativeStore {
  readonly store: Store;
  readonly webAssembly: WebAssemblyNamespace;
  readonly call: CurrentCall;
  readonly counters: StoreCounters;
  /** How calls wait; undefined where the JavaScript engine cannot set frames aside. */
  readonly suspension: Suspension | undefined;
  readonly references: References;
  readonly exceptions: Exceptions;
  readonly adapters: AdapterCache;
  readonly adopted: AdoptedImports;
  /** The code that it has compiled; live instances keep theirs. */
  readonly codes: WeakList<NativeCode>;
  /** All live native instances. */
  readonly instances: WeakList<NativeInstance>;
  /** The stack counters of the instances that count the bytes of their frames. */
  readonly stacks: WeakList<StackCounter>;
}
