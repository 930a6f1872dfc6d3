// The code of one function of a world, from its statements. Every function takes a number, how deep calls may still go, and an object of
// the host's, and returns a sum of all it saw: what one mode reads otherwise than another changes it.
// Refuses nothing: numbers of functions are taken modulo what there is.
import { ByteWriter } from '#src/binary/writer.js';
import { NATIVES, TYPE } from './build.js';
import { type Level, type ModuleShape, type Statement, TABLE_LENGTH, type Width } from './world.js';

type Of<Kind extends Statement['do']> = Extract<Statement, { readonly do: Kind }>;
type Control = Of<'loop'> | Of<'try'> | Of<'throw' | 'trap'>;

/** Parameters and variables. */
const LOCAL = { x: 0, depth: 1, object: 2, sum: 3, loop: 4, vector: 8, held: 9, own: 10 } as const;
const MOST_LOOPS = 4;
const NATIVE = { hook: 0, pause: 1, look: 2, mark: 3 } as const;
const MEMORY = { i8: 0x2d, i32: 0x28, i64: 0x29, f64: 0x2b } as const;
const STORE = { i8: 0x3a, i32: 0x36, i64: 0x37, f64: 0x39 } as const;

export class FunctionBuilder {
  readonly #writer = new ByteWriter(512);
  readonly #shape: ModuleShape;
  readonly #level: Level;
  readonly #memories: readonly number[];
  #loops = 0;

  /** @param memories index of each memory of the shape */
  constructor(shape: ModuleShape, level: Level, memories: readonly number[]) {
    this.#shape = shape;
    this.#level = level;
    this.#memories = memories;
  }

  get #modern(): boolean {
    return this.#level === 'modern';
  }

  /** Locals and instructions. */
  build(body: readonly Statement[]): Uint8Array {
    const locals: readonly (readonly number[])[] = [
      [1, 0x7e],
      [MOST_LOOPS, 0x7f],
      [1, 0x7b],
      [1, 0x6f],
      ...(this.#modern ? [[1, 0x63, TYPE.object]] : []),
    ];
    this.#writer.vector(locals, (local) => this.#raw(...local));
    // Enough of calls: a sum that no other way gives.
    this.#raw(0x20, LOCAL.depth, 0x45, 0x04, 0x40, 0x42, 0x11, 0x0f, 0x0b);
    this.#all(body);
    this.#raw(0x20, LOCAL.sum, 0x0b);
    return this.#writer.finish();
  }

  #raw(...bytes: readonly number[]): void {
    this.#writer.raw(Uint8Array.from(bytes));
  }
  #i32(value: number): void {
    this.#writer.u8(0x41);
    this.#writer.s32(value);
  }
  /** The i64 on the stack goes into the sum. */
  #add(): void {
    this.#raw(0x20, LOCAL.sum, 0x42, 7, 0x89, 0x85, 0x21, LOCAL.sum);
  }
  /** The same for an i32. */
  #addWord(): void {
    this.#raw(0xad);
    this.#add();
  }
  #all(body: readonly Statement[]): void {
    for (const one of body) this.#one(one);
  }

  #one(one: Statement): void {
    switch (one.do) {
      case 'load':
      case 'store':
        this.#address(one.memory, one.base, one.varied);
        if (one.do === 'load') this.#load(one.memory, one.width, one.offset);
        else this.#store(one);
        return;
      case 'edge':
        this.#edge(one);
        return;
      case 'grow':
        this.#number(one.memory, one.by);
        this.#raw(0x40, this.#memory(one.memory));
        this.#addNumber(one.memory);
        return;
      case 'size':
        this.#raw(0x3f, this.#memory(one.memory));
        this.#addNumber(one.memory);
        return;
      case 'look':
        this.#address(one.memory, one.base, false);
        this.#raw(0x29);
        this.#place(one.memory, 0);
        this.#raw(0x10, NATIVE.look);
        return;
      case 'spin':
        this.#spin(one);
        return;
      case 'fill':
      case 'copy':
      case 'init':
        this.#bulk(one);
        return;
      case 'loop':
      case 'try':
      case 'throw':
      case 'trap':
        this.#control(one);
        return;
      default:
        this.#other(one);
        return;
    }
  }

  // ---- memories ----

  #memory(index: number): number {
    return this.#memories[index % this.#memories.length]!;
  }
  #wide(memory: number): boolean {
    return this.#shape.memories[memory % this.#memories.length]!.wide;
  }
  /** A constant of the memory's address type. */
  #number(memory: number, value: number): void {
    if (!this.#wide(memory)) {
      this.#i32(value);
      return;
    }
    this.#writer.u8(0x42);
    this.#writer.s64(BigInt(value));
  }
  #addNumber(memory: number): void {
    if (this.#wide(memory)) this.#add();
    else this.#addWord();
  }
  #address(memory: number, base: number, varied: boolean): void {
    this.#number(memory, base);
    if (!varied) return;
    this.#raw(0x20, LOCAL.x);
    if (this.#wide(memory)) this.#raw(0xad, 0x7c);
    else this.#raw(0x6a);
  }
  /** Alignment, memory and offset of an access. */
  #place(memory: number, offset: number): void {
    const index = this.#memory(memory);
    if (index === 0) this.#raw(0);
    else this.#raw(0x40, index);
    this.#writer.u32(offset);
  }
  #load(memory: number, width: Width, offset: number): void {
    if (width === 'v128') this.#raw(0xfd, 0);
    else this.#raw(MEMORY[width]);
    this.#place(memory, offset);
    if (width === 'v128') {
      this.#raw(0x22, LOCAL.vector, 0xfd, 0x1d, 0);
      this.#add();
      this.#raw(0x20, LOCAL.vector, 0xfd, 0x1d, 1);
    } else if (width === 'f64') this.#raw(0xbd);
    if (width === 'i8' || width === 'i32') this.#addWord();
    else this.#add();
  }
  #store({ memory, width, offset }: Of<'load' | 'store'>): void {
    this.#raw(0x20, LOCAL.sum, 0x42, 1, 0x84);
    if (width === 'v128') this.#raw(0xfd, 0x12);
    else if (width === 'f64') this.#raw(0xbf);
    else if (width !== 'i64') this.#raw(0xa7);
    if (width === 'v128') this.#raw(0xfd, 11);
    else this.#raw(STORE[width]);
    this.#place(memory, offset);
  }
  #edge({ memory, width, by }: Of<'edge'>): void {
    this.#raw(0x3f, this.#memory(memory));
    this.#number(memory, 16);
    this.#raw(this.#wide(memory) ? 0x86 : 0x74);
    this.#number(memory, by);
    this.#raw(this.#wide(memory) ? 0x7c : 0x6a);
    this.#load(memory, width, 0);
  }
  #bulk(one: Of<'fill' | 'copy' | 'init'>): void {
    this.#number(one.memory, one.to);
    if (one.do === 'fill') {
      this.#raw(0x20, LOCAL.x);
      this.#number(one.memory, one.length);
      this.#raw(0xfc, 11, this.#memory(one.memory));
      return;
    }
    if (one.do === 'init') {
      this.#i32(0);
      this.#i32(one.length);
      this.#raw(0xfc, 8, this.#shape.data.length, this.#memory(one.memory));
      return;
    }
    this.#number(one.source, one.from);
    this.#number(this.#wide(one.memory) ? one.source : one.memory, one.length);
    this.#raw(0xfc, 10, this.#memory(one.memory), this.#memory(one.source));
  }
  #spin({ memory, times }: Of<'spin'>): void {
    this.#loop(times, () => {
      this.#address(memory, 8, false);
      this.#raw(0x20, LOCAL.loop + this.#loops - 1, 0xad, 0x37);
      this.#place(memory, 0);
    });
    this.#address(memory, 8, false);
    this.#load(memory, 'i64', 0);
  }

  // ---- control ----

  #control(one: Control): void {
    if (one.do === 'loop') {
      this.#loop(one.times, () => this.#all(one.body));
      return;
    }
    if (one.do !== 'try') {
      if (one.do === 'trap' || this.#level === 'plain') this.#raw(0x00);
      else this.#raw(0x20, LOCAL.sum, 0x08, 0);
      return;
    }
    if (this.#level === 'plain') {
      this.#all(one.body);
      return;
    }
    if (!this.#modern) {
      this.#raw(0x06, 0x40);
      this.#all(one.body);
      this.#raw(0x07, 0);
    } else {
      this.#raw(0x02, 0x40, 0x02, 0x7e, 0x1f, 0x40, 1, 0, 0, 0);
      this.#all(one.body);
      this.#raw(0x0b, 0x0c, 1, 0x0b);
    }
    this.#add();
    this.#all(one.handler);
    this.#raw(0x0b);
  }
  #loop(times: number, body: () => void): void {
    if (this.#loops === MOST_LOOPS) {
      body();
      return;
    }
    const counter = LOCAL.loop + this.#loops++;
    this.#i32(times);
    this.#raw(0x21, counter, 0x03, 0x40);
    body();
    this.#raw(0x20, counter, 0x41, 1, 0x6b, 0x22, counter, 0x0d, 0, 0x0b);
    this.#loops--;
  }

  // ---- calls, tables, references ----

  #function(index: number): number {
    return NATIVES.length + (index % (this.#shape.importedFunctions + this.#shape.functions.length));
  }
  #arguments(): void {
    this.#raw(0x20, LOCAL.x, 0x41, 1, 0x6a, 0x20, LOCAL.depth, 0x41, 1, 0x6b, 0x20, LOCAL.object);
  }

  #other(one: Statement): void {
    switch (one.do) {
      case 'call':
      case 'tail':
        this.#arguments();
        this.#raw(one.do === 'call' ? 0x10 : 0x12, this.#function(one.function));
        if (one.do === 'call') this.#add();
        return;
      case 'table':
      case 'tableTail':
        this.#arguments();
        this.#i32(one.index % TABLE_LENGTH);
        this.#raw(one.do === 'table' ? 0x11 : 0x13, TYPE.guest, 0);
        if (one.do === 'table') this.#add();
        return;
      case 'setTable':
        this.#i32(one.index % TABLE_LENGTH);
        this.#raw(0xd2, this.#function(one.function), 0x26, 0);
        return;
      case 'clearTable':
        this.#i32(one.index);
        this.#raw(0xd0, 0x70);
        this.#i32(one.length);
        this.#raw(0xfc, 17, 0);
        return;
      case 'copyTable':
        for (const value of [one.to, one.from, one.length]) this.#i32(value);
        this.#raw(0xfc, 14, 0, 0);
        return;
      case 'hook':
        this.#i32(one.hook);
        this.#raw(0x20, LOCAL.x, 0x10, NATIVE.hook);
        this.#addWord();
        return;
      case 'pause':
        this.#raw(0x10, NATIVE.pause);
        return;
      case 'mark':
        this.#raw(0x20, LOCAL.object, 0x10, NATIVE.mark);
        this.#addWord();
        return;
      default:
        this.#values(one);
        return;
    }
  }

  #values(one: Statement): void {
    switch (one.do) {
      case 'getGlobal':
        this.#raw(0x23, 0);
        this.#add();
        return;
      case 'setGlobal':
        this.#raw(0x20, LOCAL.sum, 0x24, 0);
        return;
      case 'hold':
        if (this.#modern) {
          this.#raw(0x20, LOCAL.sum, 0xfb, 0, TYPE.object, 0x21, LOCAL.own);
          return;
        }
        this.#raw(0x20, LOCAL.object, 0x21, LOCAL.held);
        return;
      case 'held':
        if (this.#modern) {
          this.#raw(0x20, LOCAL.own, 0xfb, 2, TYPE.object, 0);
          this.#add();
          return;
        }
        this.#raw(0x20, LOCAL.held, 0x10, NATIVE.mark);
        this.#addWord();
        return;
      default:
        if (this.#modern) this.#modernValues(one);
    }
  }

  #modernValues(one: Statement): void {
    switch (one.do) {
      case 'shareObject':
        this.#raw(0x20, LOCAL.sum, 0xfb, 0, TYPE.object, 0x24, 3);
        return;
      case 'sharedObject':
        this.#raw(0x23, 3, 0xfb, 2, TYPE.object, 0);
        this.#add();
        return;
      case 'setReference':
        this.#raw(0xd2, this.#function(one.function), 0x24, 2);
        return;
      case 'reference':
        this.#arguments();
        this.#raw(0x23, 2, 0x14, TYPE.guest);
        this.#add();
        return;
    }
  }
}
