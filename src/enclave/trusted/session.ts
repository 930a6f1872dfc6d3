// The objects of the trusted side: one runtime at most, and the objects that handles name. Only handlers use it. Refuses commands out of order:
// before init, destroy from inside a call, and ending what still runs or is still used.
import { HandleTable } from '../../base/handle-table.js';
import type { WasmFunction } from '../../embed/call/wasm-function.js';
import type { WasmInstance } from '../../embed/instance/wasm-instance.js';
import type { WasmThread } from '../../embed/instance/wasm-thread.js';
import type { WasmModule } from '../../embed/module/wasm-module.js';
import type { LogLevel } from '../../platform/platform.js';
import type { PluginGuest } from '../../plugin/guest/plugin-guest.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import { LimitError, UsageError } from '../../wasm/errors.js';
import type { Args, Needs } from '../protocol/commands.js';
import { GuestReference, type Handle, HostReference, type WireValue } from '../protocol/fields.js';
import type { InitArgs, WasiArgs } from '../protocol/structures.js';
import type { EnclaveRuntime, InitRuntime } from './init-runtime.js';
import type { TrustedPlatform } from './trusted-platform.js';
import { untrustedNatives } from './untrusted-natives.js';

export interface ModuleEntry {
  readonly module: WasmModule;
  /** The arguments of the last SET_WASI_ARGS. */
  wasi: WasiArgs | undefined;
  instances: number;
  /** Whether other modules can import it: then it stays until the runtime is destroyed. */
  registered: boolean;
}
export interface InstanceEntry {
  readonly instance: WasmInstance;
  readonly module: ModuleEntry;
  /** What callPlugin calls. */
  readonly plugin?: PluginGuest | undefined;
  /** The number of calls that are running in the instance. */
  active: number;
}
interface Owned {
  /** The instance that the exec env belongs to, and with which it ends. */
  readonly owner: InstanceEntry;
}
export interface FunctionEntry extends Owned {
  readonly func: WasmFunction;
  /** The names of the types of its parameters. */
  readonly params: readonly string[];
}
export interface ExecEnvEntry extends Owned {
  readonly env: ExecEnv;
}
export interface ThreadEntry extends Owned {
  readonly thread: WasmThread;
}
export interface ReferenceEntry {
  readonly object: unknown;
}

type Objects = {
  readonly module: ModuleEntry;
  readonly instance: InstanceEntry;
  readonly function: FunctionEntry;
  readonly execEnv: ExecEnvEntry;
  readonly reference: ReferenceEntry;
  readonly thread: ThreadEntry;
};

/** The order never changes: handles carry the index of their kind. */
const KINDS = ['module', 'instance', 'function', 'execEnv', 'reference', 'thread'] as const;
/** The most objects of all kinds at once. */
const HANDLE_CAPACITY = 65_536;
/** The deepest nesting of calls, by natives that call back. */
const MAX_DEPTH = 64;

function tooDeep(): LimitError {
  return new LimitError('callDepth', MAX_DEPTH, 'calls from natives into the enclave');
}

export class Session {
  readonly platform: TrustedPlatform;
  readonly version: readonly [number, number, number];
  readonly #init: InitRuntime;
  #runtime: EnclaveRuntime | undefined;
  #handles: HandleTable<Objects> | undefined;
  /** Objects of the embedder by their number, so that the same externref is the same object for the guest. */
  readonly #untrustedReferences = new Map<number, HostReference>();
  readonly #instanceHandles = new Map<WasmInstance, Handle<'instance'>>();
  #logLevel: LogLevel | undefined;
  #maxPacketBytes = Number.POSITIVE_INFINITY;
  /** The most bytes of text and memory that the untrusted side takes as the arguments of one native. */
  maxNativeBytes = Number.POSITIVE_INFINITY;
  #initialising = false;
  #depth = 0;

  constructor(init: InitRuntime, platform: TrustedPlatform, version: readonly [number, number, number]) {
    this.#init = init;
    this.platform = platform;
    this.version = version;
  }

  /** Records the handshake: from now on handles are of this epoch, and the untrusted side's limits are known. */
  open({ epoch, maxPacketBytes, maxNativeBytes }: Args<'handshake'>): void {
    if (this.#handles) throw new UsageError('HANDSHAKE: this enclave has had one');
    if (epoch > 65_535) throw new UsageError('HANDSHAKE: epoch is 0 to 65535');
    this.#handles = new HandleTable<Objects>(KINDS, HANDLE_CAPACITY, epoch);
    this.#maxPacketBytes = maxPacketBytes;
    this.platform.ocalls.maxPacketBytes = maxPacketBytes;
    this.maxNativeBytes = maxNativeBytes;
  }
  /** Throws where an answer is larger than the untrusted side takes, which would treat it as an attack and end the enclave. */
  checkTaken(length: number, command: string): void {
    if (length > this.#maxPacketBytes) {
      throw new UsageError(
        `${command}: an answer of ${length} bytes, and the untrusted side takes ${this.#maxPacketBytes} at once`,
      );
    }
  }

  /** Throws where a command comes too early. */
  require(needs: Needs, command: string): void {
    if (needs === 'nothing') return;
    if (!this.#handles) throw new UsageError(`${command}: HANDSHAKE comes first`);
    if (needs === 'runtime' && !this.#runtime) throw new UsageError(`${command}: the runtime is not initialised`);
  }

  get handles(): HandleTable<Objects> {
    if (!this.#handles) throw new UsageError('HANDSHAKE comes first');
    return this.#handles;
  }
  get runtime(): EnclaveRuntime {
    if (!this.#runtime) throw new UsageError('the runtime is not initialised');
    return this.#runtime;
  }
  /** The runtime, if there is one. */
  get liveRuntime(): EnclaveRuntime | undefined {
    return this.#runtime;
  }

  /** Runs wasm_runtime_full_init, with what the trusted side was built with. */
  fullInit(args: InitArgs): void {
    if (this.#runtime) throw new UsageError('INIT_RUNTIME: the runtime is initialised already; destroy it first');
    // The untrusted side may send a second INIT_RUNTIME while it receives the warnings of the first.
    if (this.#initialising) throw new UsageError('INIT_RUNTIME: the runtime is being initialised');
    const natives = (args.natives ?? []).map((table) => untrustedNatives(this, table));
    const logLevel = args.logLevel ?? this.#logLevel;
    this.#initialising = true;
    try {
      this.#runtime = this.#init(logLevel ? { ...args, logLevel } : args, natives, this.platform);
    } finally {
      this.#initialising = false;
    }
  }
  /** Sets the log level; without a runtime, the level is kept for the next one. */
  setLogLevel(level: LogLevel): void {
    this.#logLevel = level;
    this.#runtime?.setLogLevel(level);
  }
  /** Ends the runtime and everything in it. Every handle becomes invalid first: no object can be used half-destroyed. */
  destroy(): { threads: number; leakedBytes: number } {
    const runtime = this.runtime;
    this.refuseInsideCall('DESTROY_RUNTIME');
    this.handles.clear();
    this.#untrustedReferences.clear();
    this.#instanceHandles.clear();
    this.#runtime = undefined;
    const { threads, leaks } = runtime.destroy();
    return { threads, leakedBytes: (leaks?.bytes ?? 0) + (leaks?.chargedBytes ?? 0) };
  }
  refuseInsideCall(command: string): void {
    if (this.#depth > 0) throw new UsageError(`${command}: refused from inside a call`);
  }

  /**
   * Runs what may run the guest or make ocalls: until it ends, the runtime cannot be destroyed. It nests, up to a depth, because natives call
   * back and the untrusted side may send commands before it answers.
   */
  inside<T>(call: () => T, ended: () => void = () => {}): T {
    if (this.#depth >= MAX_DEPTH) throw tooDeep();
    this.#depth++;
    const leave = () => {
      this.#depth--;
      ended();
    };
    let result: T;
    try {
      result = call();
    } catch (error) {
      leave();
      throw error;
    }
    if (result instanceof Promise) return result.finally(leave) as T;
    leave();
    return result;
  }
  /** Runs a call into the guest: until it ends, its instance cannot be ended either. */
  enter<T>(entry: InstanceEntry, call: () => T): T {
    return this.inside(
      () => {
        entry.active++;
        return call();
      },
      () => entry.active--,
    );
  }
  /** Begins a call that is not async, on the path that must be fastest; `leave` must follow even if the call throws. */
  begin(entry: InstanceEntry): void {
    if (this.#depth >= MAX_DEPTH) throw tooDeep();
    this.#depth++;
    entry.active++;
  }
  leave(entry: InstanceEntry): void {
    this.#depth--;
    entry.active--;
  }

  /** Gives a new instance its handle; where there is no room for one, the instance ends again. */
  adopt(instance: WasmInstance, module: ModuleEntry, plugin?: PluginGuest): Handle<'instance'> {
    try {
      const handle = this.handles.add('instance', { instance, module, plugin, active: 0 }) as Handle<'instance'>;
      this.#instanceHandles.set(instance, handle);
      return handle;
    } catch (error) {
      instance.deinstantiate();
      throw error;
    }
  }
  /** Returns the handle of an instance that calls a native; 0 while its start function runs. */
  handleOf(instance: WasmInstance): Handle<'instance'> {
    return this.#instanceHandles.get(instance) ?? (0 as Handle<'instance'>);
  }

  /** Ends what belongs to an instance, then the instance. */
  deinstantiate(handle: Handle<'instance'>): void {
    const entry = this.handles.get('instance', handle);
    if (entry.active > 0) throw new UsageError('DEINSTANTIATE_MODULE: refused while the instance runs');
    this.inside(() => {
      this.handles.remove('instance', handle);
      this.#instanceHandles.delete(entry.instance);
      entry.module.instances--;
      for (const kind of ['function', 'execEnv', 'thread'] as const) {
        for (const [owned, object] of [...this.handles.entries(kind)]) {
          if (object.owner === entry) this.handles.remove(kind, owned);
        }
      }
      entry.instance.deinstantiate();
    });
  }

  /** Converts a value of the wire to one for the guest. */
  toGuest(value: WireValue): unknown {
    if (typeof value === 'number') return value;
    if (value instanceof HostReference) {
      const known = this.#untrustedReferences.get(value.id) ?? value;
      this.#untrustedReferences.set(value.id, known);
      return known;
    }
    return value instanceof GuestReference ? this.handles.get('reference', value.handle).object : value;
  }
  /** Converts a value of the guest to one for the wire. */
  toWire(value: unknown): WireValue {
    if (typeof value === 'number' || typeof value === 'bigint') return value;
    if (value === null || value === undefined) return null;
    if (value instanceof HostReference) return value;
    if (value instanceof Uint8Array && value.length === 16) return value;
    return new GuestReference(this.handles.add('reference', { object: value }));
  }
}
