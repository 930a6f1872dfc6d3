// A world in this project's runtime, each instance in the mode that is asked for, and bystanders who share nothing: their memories are
// full of what nobody else can know, and must stay as they are.

import type { Block } from '#src/alloc/allocator.js';
import type { WasmFunction } from '#src/embed/call/wasm-function.js';
import type { WasmGlobal, WasmMemory, WasmTable } from '#src/embed/instance/externs.js';
import type { WasmInstance } from '#src/embed/instance/wasm-instance.js';
import { Runtime } from '#src/embed/runtime.js';
import { ALL_LIBRARIES } from '#src/entry/libraries.js';
import type { Engine } from '#src/runtime/engine.js';
import { WasmException } from '#src/runtime/exception.js';
import type { ExecEnv } from '#src/runtime/exec-env.js';
import type { RunningMode } from '#src/runtime/running-mode.js';
import { EnclasmError, LimitError, Trap, UsageError } from '#src/wasm/errors.js';
import { testPlatform } from '../../../helpers/test-platform.js';
import { buildModule } from '../build.js';
import { type Birth, type Natives, OBJECTS, type Side } from '../side.js';
import { type ModuleShape, PAGE, type World } from '../world.js';
import { allocatorArguments } from './allocators.js';

/** The mode of each slot; bystanders have numbers below zero. */
export type ModeOf = (slot: number) => RunningMode;

const LONELY: ModuleShape = {
  memories: [{ imported: false, wide: false }],
  importsTable: false,
  importsGlobals: false,
  importsTag: false,
  importedFunctions: 0,
  functions: [[{ do: 'load', memory: 0, width: 'i64', base: 0, offset: 0, varied: false }, { do: 'mark' }]],
  elements: [],
  data: [],
  large: false,
};
const LONELY_BYTES = buildModule(LONELY, 'plain');
/** The upper half of every secret word. */
const SECRET = 0x5ec3_e7a1;

interface Bystander {
  readonly instance: WasmInstance;
  readonly id: number;
  reported: boolean;
}

const ZEROS = new Uint8Array(PAGE);
const secrets = new Map<number, Uint8Array>();

/** More of them would fill the pool, and then it is a matter of luck which memory may still grow. */
const MOST_BYSTANDERS = 24;
const MOST_BLOCKS = 16;

/** What a bystander's memory is full of: who it is, and where. */
function secretOf(id: number): Uint8Array {
  const known = secrets.get(id);
  if (known) return known;
  const words = new Int32Array(PAGE >> 2);
  for (let i = 0; i < words.length; i += 2) {
    words[i] = (id << 16) | i;
    words[i + 1] = SECRET;
  }
  const bytes = new Uint8Array(words.buffer);
  secrets.set(id, bytes);
  return bytes;
}

export class EnclasmSide implements Side {
  readonly pauses: boolean;
  readonly #world: World;
  readonly #modules: (mode: RunningMode) => readonly Uint8Array[];
  readonly #modeOf: ModeOf;
  readonly #runtime: Runtime;
  readonly #engines: readonly Engine[];
  readonly #blocks: Block[] = [];
  readonly #bystanders: Bystander[] = [];
  readonly #keys = new WeakMap<ExecEnv, number>();
  #orphans = false;
  #elsewhere: WasmInstance | undefined;
  #otherRuntime: Runtime | undefined;
  #imports: Record<string, unknown> = {};

  constructor(
    world: World,
    modules: (mode: RunningMode) => readonly Uint8Array[],
    engines: readonly Engine[],
    modeOf: ModeOf,
    pauses: boolean,
  ) {
    this.#world = world;
    this.#modules = modules;
    this.#modeOf = modeOf;
    this.#engines = engines;
    this.pauses = pauses;
    this.#runtime = this.#makeRuntime();
  }

  #makeRuntime(): Runtime {
    return Runtime.init(
      { ...allocatorArguments(this.#world.allocator), logLevel: 'fatal' },
      { platform: testPlatform(), engines: this.#engines, libraries: ALL_LIBRARIES },
    );
  }

  begin(natives: Natives): void {
    this.#imports = {
      hook: (_env: ExecEnv, id: number, x: number) => natives.hook(id, x),
      pause: (env: ExecEnv) => natives.pause(this.#keys.get(env)),
      look: (_env: ExecEnv, value: bigint) => natives.look(value),
      mark: (_env: ExecEnv, object: unknown) => natives.mark(object),
    };
  }

  instantiate({ name, slot, module, imports }: Birth): WasmInstance {
    const mode = this.#modeOf(slot);
    try {
      return this.#runtime.instantiate(this.#runtime.load(this.#modules(mode)[module]!), {
        name,
        mode,
        metered: this.#world.metered,
        imports: { env: this.#imports, guest: imports },
      });
    } catch (error) {
      // It stays for those who hold its functions, until those end that it imports from: of one that imports nothing nobody says when.
      if (Object.keys(imports).length === 0) this.#orphans = true;
      throw error;
    }
  }
  exported(instance: unknown, name: string): unknown {
    return (instance as WasmInstance).exports[name];
  }
  call(function_: unknown, x: number, depth: number): bigint {
    return (function_ as WasmFunction).call(x, depth, OBJECTS[x & 3])[0] as bigint;
  }
  async callAsync(instance: unknown, function_: unknown, x: number, depth: number, key: number): Promise<bigint> {
    // The exec env of the call is its own: by it natives know whom they serve.
    const { instance: made } = instance as { instance: { createExecEnv?: (stackSize: number) => ExecEnv } };
    const create = made.createExecEnv!;
    made.createExecEnv = (stackSize) => {
      Reflect.deleteProperty(made, 'createExecEnv');
      const env = create.call(made, stackSize);
      this.#keys.set(env, key);
      return env;
    };
    const called = (function_ as WasmFunction).callAsync([x, depth, OBJECTS[x & 3]]);
    return (await called)[0] as bigint;
  }
  turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
  grow(memory: unknown, by: number): number {
    return (memory as WasmMemory).grow(by);
  }
  bytes(memory: unknown): Uint8Array {
    return (memory as WasmMemory).bytes;
  }
  element(table: unknown, index: number): unknown {
    return (table as WasmTable).get(index);
  }
  global(global: unknown): unknown {
    return (global as WasmGlobal).get();
  }
  identity(function_: unknown): unknown {
    return (function_ as { readonly func: object }).func;
  }
  end(instance: unknown): void {
    (instance as WasmInstance).deinstantiate();
  }

  block(bytes: number): void {
    if (this.#blocks.length === MOST_BLOCKS) return;
    const block = this.#runtime.malloc(bytes);
    if (block) this.#blocks.push(block);
  }
  unblock(): void {
    const block = this.#blocks.shift();
    if (block) this.#runtime.free(block);
  }
  bystanders(count: number): void {
    for (let i = 0; i < count && this.#bystanders.length < MOST_BYSTANDERS; i++) {
      const id = this.#bystanders.length;
      const mode = this.#modeOf(-1 - id);
      const imports = { env: this.#imports };
      let instance: WasmInstance;
      try {
        instance = this.#runtime.instantiate(this.#runtime.load(LONELY_BYTES), { name: `b${id}`, mode, imports });
      } catch (error) {
        // The pool is full, which is none of the plan's business.
        if (error instanceof LimitError) return;
        throw error;
      }
      const { bytes } = instance.getMemory()!;
      if (Buffer.compare(ZEROS, bytes) !== 0) throw new Error('a new memory is not zero');
      bytes.set(secretOf(id));
      this.#bystanders.push({ instance, id, reported: false });
    }
  }
  isSecret(value: bigint): boolean {
    return value >> 32n === BigInt(SECRET);
  }
  damage(): string[] {
    const lines: string[] = [];
    for (const one of this.#bystanders) {
      if (one.reported) continue;
      const { bytes } = one.instance.getMemory()!;
      const wanted = secretOf(one.id);
      if (Buffer.compare(wanted, bytes) === 0) continue;
      one.reported = true;
      lines.push(`the memory of bystander ${one.id} changed at ${wanted.findIndex((byte, i) => byte !== bytes[i])}`);
    }
    return lines;
  }

  elsewhere(): void {
    if (this.#elsewhere === undefined) {
      this.#otherRuntime = this.#makeRuntime();
      const imports = { env: { ...this.#imports, mark: () => 0 } };
      this.#elsewhere = this.#otherRuntime.instantiate(this.#otherRuntime.load(LONELY_BYTES), {
        mode: this.#modeOf(-1),
        imports,
      });
    }
    this.#elsewhere.lookupFunction('f0')!.call(1, 1, OBJECTS[0]);
  }

  classify(error: unknown): string {
    if (error instanceof Trap) return `trap ${error.message}`;
    if (error instanceof WasmException) return `exception ${error.payload.join()}`;
    if (error instanceof UsageError) return `UsageError: ${error.message}`;
    // How much of a pool is free depends on how each mode lays out what is its own.
    if (error instanceof EnclasmError) return `${error.name}: ${error.message.replace(/: \d+ of the pool's.*/, '')}`;
    return `BUG ${error instanceof Error ? (error.stack ?? error.message) : error}`;
  }

  finish(): string[] {
    for (const { instance } of [...this.#bystanders].reverse()) instance.deinstantiate();
    for (const block of this.#blocks) this.#runtime.free(block);
    const problems: string[] = [];
    const { memoryBytes } = this.#runtime.usage;
    if (memoryBytes !== 0 && !this.#orphans)
      problems.push(`${memoryBytes} bytes are in use after the end of all instances`);
    problems.push(...this.#runtime.verifyMemory().problems);
    for (const runtime of [this.#runtime, this.#otherRuntime]) {
      const leaks = runtime?.destroy().leaks;
      if (leaks && leaks.blocks + leaks.charges > 0)
        problems.push(`leaked ${leaks.blocks} blocks, ${leaks.charges} charges`);
    }
    return problems;
  }
}
