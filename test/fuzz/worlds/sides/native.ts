// A world in the WebAssembly of the host that runs this file. Instances do not end there and nothing runs in slices: plans are compared up
// to the first step that needs it. Part of the child process: loads nothing but what it needs.
import { TRAPS } from '../../../spec/targets/v8.js';
import { type Birth, type Natives, OBJECTS, type Side } from '../side.js';
import { PAGE, type World } from '../world.js';

interface Exception {
  is(tag: unknown): boolean;
  getArg(tag: unknown, index: number): unknown;
}
const ExceptionClass = (WebAssembly as unknown as { Exception: new () => Exception }).Exception;

type Exports = Record<string, unknown>;

export class NativeSide implements Side {
  readonly pauses = false;
  readonly #world: World;
  readonly #modules: readonly Uint8Array[];
  readonly #tags = new Set<unknown>();
  readonly #wide = new WeakSet<object>();
  #imports: Record<string, unknown> = {};

  constructor(world: World, modules: readonly Uint8Array[]) {
    this.#world = world;
    this.#modules = modules;
  }

  begin(natives: Natives): void {
    this.#imports = {
      hook: (id: number, x: number) => natives.hook(id, x),
      pause: () => natives.pause(undefined),
      look: (value: bigint) => natives.look(value),
      mark: (object: unknown) => natives.mark(object),
    };
  }
  instantiate({ module, imports }: Birth): Exports {
    // What is exported is not seen before the end, and then perhaps never: tags are told by those that are imported.
    if (imports.tag) this.#tags.add(imports.tag);
    const compiled = new WebAssembly.Module(this.#modules[module]! as BufferSource);
    const given = { env: this.#imports, guest: imports } as unknown as WebAssembly.Imports;
    const { exports } = new WebAssembly.Instance(compiled, given);
    this.#tags.add(exports.tag);
    this.#world.modules[module]!.memories.forEach(({ wide }, i) => {
      if (wide) this.#wide.add(exports[`memory${i}`] as WebAssembly.Memory);
    });
    return exports;
  }
  exported(instance: unknown, name: string): unknown {
    return (instance as Exports)[name];
  }
  call(function_: unknown, x: number, depth: number): bigint {
    return (function_ as (...args: unknown[]) => bigint)(x, depth, OBJECTS[x & 3]);
  }
  callAsync(): Promise<bigint> {
    throw new Error('the host does not pause');
  }
  turn(): Promise<void> {
    throw new Error('the host does not pause');
  }
  grow(memory: unknown, by: number): number {
    const pages = this.bytes(memory).length / PAGE;
    try {
      (memory as { grow(by: unknown): unknown }).grow(this.#wide.has(memory as object) ? BigInt(by) : by);
    } catch {
      return -1;
    }
    return pages;
  }
  bytes(memory: unknown): Uint8Array {
    return new Uint8Array((memory as WebAssembly.Memory).buffer);
  }
  element(table: unknown, index: number): unknown {
    return (table as WebAssembly.Table).get(index);
  }
  global(global: unknown): unknown {
    return (global as WebAssembly.Global).value;
  }
  identity(function_: unknown): unknown {
    return function_;
  }
  end(): void {}
  block(): void {}
  unblock(): void {}
  bystanders(): void {}
  elsewhere(): void {}
  isSecret(): boolean {
    return false;
  }
  damage(): string[] {
    return [];
  }
  finish(): string[] {
    return [];
  }

  classify(error: unknown): string {
    if (error instanceof ExceptionClass) {
      for (const tag of this.#tags) if (tag && error.is(tag)) return `exception ${error.getArg(tag, 0)}`;
      return 'exception';
    }
    if (!(error instanceof Error)) return `BUG ${error}`;
    const texts = TRAPS.filter(([pattern]) => pattern.test(error.message)).flatMap(([, list]) => list);
    return texts.length > 0 ? `trap ${texts.join('|')}` : `${error.name}: ${error.message}`;
  }
}
