// The bytes of a world's modules. All of them have one form: natives, then what they import from each other, and everything is exported.
// Refuses nothing: a shape that fits no module gives one that is not valid.
import { ByteWriter } from '#src/binary/writer.js';
import { FunctionBuilder } from './build-function.js';
import { type Level, type ModuleShape, PAGES, TABLE_LENGTH } from './world.js';

const I32 = 0x7f;
const I64 = 0x7e;
const EXTERNREF = 0x6f;
const FUNCREF = 0x70;
/** The types that all modules have, by their place. */
export const TYPE = { guest: 0, hook: 1, pause: 2, look: 3, mark: 4, tag: 5, object: 6 } as const;
export const NATIVES = ['hook', 'pause', 'look', 'mark'] as const;
/** A function of instructions that do nothing, as many as make a module too large for one text of mode jit. */
const FILLER = new Uint8Array(131_080).fill(0x01);
FILLER[0] = 0;
FILLER[FILLER.length - 1] = 0x0b;

type Kind = 0 | 1 | 2 | 3 | 4;
const [FUNC, TABLE, MEMORY, GLOBAL, TAG] = [0, 1, 2, 3, 4] as const;

class ModuleBuilder {
  readonly #writer = new ByteWriter(4096);
  readonly #shape: ModuleShape;
  readonly #level: Level;
  readonly #globals: readonly (readonly number[])[];

  constructor(shape: ModuleShape, level: Level) {
    this.#shape = shape;
    this.#level = level;
    const nullable = 0x63;
    this.#globals =
      level === 'modern' ? [[I64], [FUNCREF], [nullable, TYPE.guest], [nullable, TYPE.object]] : [[I64], [FUNCREF]];
  }

  get #firstOwn(): number {
    return NATIVES.length + this.#shape.importedFunctions;
  }

  build(): Uint8Array {
    const writer = this.#writer;
    writer.raw(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    writer.section(1, () => this.#types());
    this.#vector(2, this.#imports());
    writer.section(3, () => this.#functions());
    if (!this.#shape.importsTable) this.#vector(4, [() => this.#table()]);
    this.#vector(
      5,
      this.#shape.memories
        .filter((one) => !one.imported)
        .map(
          ({ wide }) =>
            () =>
              this.#memory(wide),
        ),
    );
    if (!this.#shape.importsTag && this.#level !== 'plain')
      this.#vector(13, [() => writer.raw(Uint8Array.of(0, TYPE.tag))]);
    if (!this.#shape.importsGlobals)
      this.#vector(
        6,
        this.#globals.map((type) => () => this.#global(type)),
      );
    this.#vector(7, this.#exports());
    if (this.#shape.start !== undefined) writer.section(8, () => writer.u32(this.#starter));
    this.#vector(9, this.#elements());
    writer.section(12, () => writer.u32(this.#shape.data.length + 1));
    this.#code();
    this.#vector(11, this.#data());
    return writer.finish();
  }

  #vector(id: number, writes: readonly (() => void)[]): void {
    this.#writer.vectorSection(id, writes, (write) => write());
  }

  #types(): void {
    const function_ = (params: readonly number[], results: readonly number[]): number[] => [
      0x60,
      params.length,
      ...params,
      results.length,
      ...results,
    ];
    const types = [
      function_([I32, I32, EXTERNREF], [I64]),
      function_([I32, I32], [I32]),
      function_([], []),
      function_([I64], []),
      function_([EXTERNREF], [I32]),
      function_([I64], []),
      ...(this.#level === 'modern' ? [[0x5f, 1, I64, 1]] : []),
    ];
    this.#writer.vector(types, (type) => this.#writer.raw(Uint8Array.from(type)));
  }

  #imports(): (() => void)[] {
    const { importedFunctions, importsTable, importsGlobals, importsTag, memories } = this.#shape;
    const writer = this.#writer;
    const list: (() => void)[] = [];
    const add = (module: string, name: string, kind: Kind, describe: () => void): void => {
      list.push(() => {
        writer.name(module);
        writer.name(name);
        writer.u8(kind);
        describe();
      });
    };
    for (const [type, name] of NATIVES.entries()) add('env', name, FUNC, () => writer.u32(type + TYPE.hook));
    for (let i = 0; i < importedFunctions; i++) add('guest', `f${i}`, FUNC, () => writer.u32(TYPE.guest));
    if (importsTable) add('guest', 'table', TABLE, () => this.#table());
    memories.forEach(({ imported, wide }, i) => {
      if (imported) add('guest', `memory${i}`, MEMORY, () => this.#memory(wide));
    });
    if (importsGlobals)
      for (const [i, type] of this.#globals.entries()) add('guest', `global${i}`, GLOBAL, () => this.#globalType(type));
    if (importsTag && this.#level !== 'plain') add('guest', 'tag', TAG, () => writer.raw(Uint8Array.of(0, TYPE.tag)));
    return list;
  }

  /** The start function has a type of its own, and the filler is never called. */
  get #starter(): number {
    return this.#firstOwn + this.#shape.functions.length;
  }

  #functions(): void {
    const { functions, start, large } = this.#shape;
    const types = functions.map((): number => TYPE.guest);
    if (start !== undefined) types.push(TYPE.pause);
    if (large) types.push(TYPE.pause);
    this.#writer.vector(types, (type) => this.#writer.u32(type));
  }

  #table(): void {
    this.#writer.raw(Uint8Array.of(FUNCREF, 1, TABLE_LENGTH, TABLE_LENGTH));
  }
  #memory(wide: boolean): void {
    this.#writer.raw(Uint8Array.of(wide ? 5 : 1, PAGES.least, PAGES.most));
  }
  #globalType(type: readonly number[]): void {
    this.#writer.raw(Uint8Array.of(...type, 1));
  }
  #global(type: readonly number[]): void {
    this.#globalType(type);
    const heap = type.length > 1 ? type[1]! : FUNCREF;
    this.#writer.raw(Uint8Array.from(type[0] === I64 ? [0x42, 0, 0x0b] : [0xd0, heap, 0x0b]));
  }

  #exports(): (() => void)[] {
    const { functions } = this.#shape;
    const list: [string, Kind, number][] = functions.map((_, i) => [`f${i}`, FUNC, this.#firstOwn + i]);
    list.push(['table', TABLE, 0]);
    if (this.#level !== 'plain') list.push(['tag', TAG, 0]);
    // Imported memories come first in the index space.
    for (const [i, index] of this.memoryIndices.entries()) list.push([`memory${i}`, MEMORY, index]);
    for (const i of this.#globals.keys()) list.push([`global${i}`, GLOBAL, i]);
    return list.map(([name, kind, index]) => () => {
      this.#writer.name(name);
      this.#writer.u8(kind);
      this.#writer.u32(index);
    });
  }

  /** The index of each memory in the module, in the order of the shape. */
  get memoryIndices(): number[] {
    const { memories } = this.#shape;
    const imported = memories.filter((one) => one.imported).length;
    let [nextImported, nextOwn] = [0, imported];
    return memories.map((one) => (one.imported ? nextImported++ : nextOwn++));
  }

  #elements(): (() => void)[] {
    const writer = this.#writer;
    const { elements, functions } = this.#shape;
    const list = elements.map(({ at, functions: own }) => () => {
      writer.raw(Uint8Array.of(0, 0x41));
      writer.s32(at);
      writer.u8(0x0b);
      writer.vector(own, (index) => writer.u32(this.#firstOwn + index));
    });
    // So that references to every function may be taken.
    list.push(() => {
      writer.raw(Uint8Array.of(3, 0));
      writer.u32(this.#firstOwn - NATIVES.length + functions.length);
      for (let i = NATIVES.length; i < this.#starter; i++) writer.u32(i);
    });
    return list;
  }

  #data(): (() => void)[] {
    const writer = this.#writer;
    const { data, memories } = this.#shape;
    const list = data.map(({ memory, at, bytes }) => () => {
      writer.raw(Uint8Array.of(2, this.memoryIndices[memory]!));
      if (memories[memory]!.wide) {
        writer.u8(0x42);
        writer.s64(BigInt(at));
      } else {
        writer.u8(0x41);
        writer.s32(at);
      }
      writer.u8(0x0b);
      writer.u32(bytes.length);
      writer.raw(Uint8Array.from(bytes));
    });
    list.push(() => {
      writer.raw(Uint8Array.of(1, 64));
      writer.raw(Uint8Array.from({ length: 64 }, (_, i) => 0xc0 + i));
    });
    return list;
  }

  #code(): void {
    const { functions, start, large } = this.#shape;
    const bodies: Uint8Array[] = functions.map((body) =>
      new FunctionBuilder(this.#shape, this.#level, this.memoryIndices).build(body),
    );
    if (start !== undefined) {
      const call = this.#firstOwn + start;
      bodies.push(Uint8Array.of(0, 0x41, 1, 0x41, 2, 0xd0, EXTERNREF, 0x10, call, 0x1a, 0x0b));
    }
    if (large) bodies.push(FILLER);
    this.#writer.vectorSection(10, bodies, (body) => this.#writer.sized(() => this.#writer.raw(body)));
  }
}

export function buildModule(shape: ModuleShape, level: Level): Uint8Array {
  return new ModuleBuilder(shape, level).build();
}
