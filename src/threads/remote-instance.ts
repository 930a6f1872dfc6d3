// The instance of a guest whose threads run in workers, as the embedder's thread has it: functions that are called there, and the memories. Tables, globals
// and tags lie in the workers. Refuses modules and options with which a guest's parts would have to be in two threads.

import { functionName } from '../binary/name-section.js';
import { accountFor, makeOwnImports, memorySize, noRoomIn } from '../runtime/allocate.js';
import { TagInstance } from '../runtime/exception.js';
import type { ExecEnv } from '../runtime/exec-env.js';
import { type DefiningInstance, type Execution, FunctionInstance } from '../runtime/function.js';
import type { Instance } from '../runtime/instance.js';
import type { MemoryInstance, MemoryMaker } from '../runtime/memory.js';
import type { Observer } from '../runtime/observer.js';
import type { Slots } from '../runtime/slots.js';
import type { ValidatedModule } from '../wasm/module.js';
import type { FuncType, MemoryType, ValType } from '../wasm/types.js';

/** A function of the guest: calls of it run in a worker. */
export class RemoteFunction extends FunctionInstance {
  readonly index: number;
  readonly #owner: Instance;

  constructor(owner: Instance, index: number, typeIndex: number) {
    super(owner.types[typeIndex]!, functionName(owner.module, index));
    this.index = index;
    this.#owner = owner;
  }
  override get definingInstance(): DefiningInstance {
    return this.#owner;
  }
  override invoke(env: ExecEnv, slots: Slots): void {
    this.#owner.threads!.invoke(this, env, slots);
  }
  override begin(env: ExecEnv, slots: Slots): Execution {
    return this.#owner.threads!.begin(this, env, slots);
  }
}

/** Why threads of the module cannot run in workers; undefined: they can. */
export function whyNotInWorkers(module: ValidatedModule, observer: Observer | undefined): string | undefined {
  const { imports, types, spaces } = module;
  if (observer?.entered || observer?.left || observer?.reached) return 'an observer of its code sees one thread alone';
  if (spaces.memories.some(({ shared }) => !shared)) return 'it has a memory that is not shared';
  for (const { module: from, name, description } of imports) {
    const where = `import "${from}"."${name}"`;
    if (description.kind === 'tag') return `${where}: a tag belongs to one thread`;
    if (description.kind === 'global' && (description.type.mutable || description.type.type >= 0)) {
      return `${where}: a global of this type belongs to one thread`;
    }
    if (description.kind === 'func' && passesReferences(types[description.typeIndex]!.composite as FuncType)) {
      return `${where}: references cannot be passed between threads`;
    }
  }
  return undefined;
}
export function passesReferences({ params, results }: FuncType): boolean {
  const isReference = (type: ValType): boolean => type >= 0;
  return params.some(isReference) || results.some(isReference);
}

/** Fills the instance with what this thread has of it. */
export function fillRemoteInstance(instance: Instance, make: MemoryMaker): void {
  const { module, functions, memories, tags, types, exports } = instance;
  makeOwnImports(instance, {
    memory: (type, index) => makeMemory(instance, make, type, index === 0),
    // Each thread has its own.
    table: () => undefined as never,
  });
  const imported = memories.length;
  for (const [i, type] of module.memories.entries())
    memories.push(makeMemory(instance, make, type, imported + i === 0));
  for (const { typeIndex } of module.functions)
    functions.push(new RemoteFunction(instance, functions.length, typeIndex));
  for (const { typeIndex } of module.tags) tags.push(new TagInstance(types[typeIndex]!));
  for (const { name, kind, index } of module.exports) {
    if (kind === 'func') exports.set(name, { kind, value: functions[index]! });
    else if (kind === 'memory') exports.set(name, { kind, value: memories[index]! });
  }
}

/** At its initial size; it can grow as far as limits allow, and takes addresses for no more. */
function makeMemory(instance: Instance, make: MemoryMaker, type: MemoryType, planned: boolean): MemoryInstance {
  const { min, max } = memorySize(instance, type, planned);
  const bytes = 2 ** type.pageSizeLog2;
  const account = accountFor(instance);
  const most = Math.max(min, Math.min(max, Math.floor(account.mostBytes / bytes)));
  const memory = make(type, { min, max: most }, account);
  if (memory === undefined)
    throw noRoomIn(instance, `a shared memory of ${min * bytes} bytes that grows to ${most * bytes} (maxMemoryPages)`);
  instance.own(memory);
  return memory;
}
