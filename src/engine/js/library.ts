// What emitted code calls: the instance as a JavaScript function sees it. It has the memory, table and GC instructions that are not plain JavaScript,
// calls out of the engine, and traps. Addresses and lengths are whole numbers.

import { HIGH } from '../../numeric/high.js';
import { atomic32, atomic64, atomicNotify, atomicWait, checkAligned } from '../../runtime/atomics.js';
import { copyBytes, copyEntries, fillBytes, fillReferences, repeatEntries } from '../../runtime/bulk.js';
import { type TagInstance, WasmException } from '../../runtime/exception.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import type { FunctionInstance } from '../../runtime/function.js';
import { defaultFields, type GcArray, type GcStruct, width } from '../../runtime/gc.js';
import type { GlobalInstance } from '../../runtime/global.js';
import type { Instance } from '../../runtime/instance.js';
import { checkData, copyData, copyItems, elementType, makeArray, makeStruct } from '../../runtime/make-objects.js';
import type { MemoryInstance, MemoryViews } from '../../runtime/memory.js';
import type { Meter } from '../../runtime/meter.js';
import { checkpointBeforeMaking, makeChargedException } from '../../runtime/object-charge.js';
import { refMatches } from '../../runtime/refs.js';
import type { Slots } from '../../runtime/slots.js';
import type { Store } from '../../runtime/store.js';
import type { TableInstance } from '../../runtime/table.js';
import { LimitError, Trap } from '../../wasm/errors.js';
import { BULK_LENGTH_PER_FUEL, growthFuel } from '../../wasm/fuel.js';
import type { AtomicOperator } from '../../wasm/opcodes.js';
import { type DefinedType, isSubtypeOf } from '../../wasm/subtyping.js';
import { TRAP_BY_NUMBER } from '../../wasm/traps.js';
import type * as t from '../../wasm/types.js';
import { W } from './result-registers.js';

/** A function as emitted: it takes the words of its arguments and returns the first word of its result. */
export type RawFunction = (...args: unknown[]) => unknown;
/** What can be called directly: `body` may leave a pending tail call, `run` does not. */
export interface Callable {
  run: RawFunction;
  body: RawFunction;
}

/** What plain code reads besides the view: the arrays, and how many elements they have. */
type PlainFields = ReturnType<typeof plainFields>;
function plainFields(views: MemoryViews) {
  const { u8, i8, i16, u16, i32, f32, f64, byteLength } = views;
  const counts = { bytes: byteLength, halves: i16.length, words: i32.length, doubles: f64.length };
  return { u8, i8, i16, u16, i32, f32, f64, ...counts };
}
/**
 * Where emitted code finds the present view of a memory, which the memory itself writes. Each holder has a hidden class of its own, so that V8 treats
 * a field that was written once as a constant, and with it the memory's place and length.
 */
export interface Holder extends PlainFields {
  readonly memory: MemoryInstance;
  view: DataView;
  /** The field was written again, so V8 treats it as a variable from now on. */
  moved: boolean;
  /** Stops following the memory. */
  leave: () => void;
}
function makeHolder(memory: MemoryInstance, context: Context): Holder {
  const made = new (class {
    readonly memory = memory;
    view = memory.views.data;
    moved = false;
    leave = (): void => {};
  })();
  const holder: Holder = Object.assign(made, plainFields(memory.views));
  holder.leave = memory.follow((views) => {
    if (holder.view === views.data) return;
    holder.view = views.data;
    Object.assign(holder, plainFields(views));
    holder.moved = true;
    context.moved = true;
  });
  return holder;
}

/** The state of one store: the exec env that runs, and where its memories are. */
export interface Context {
  env: ExecEnv | undefined;
  /** Word 0: the bytes left of the stack limit, if it is counted. */
  readonly stack: Int32Array;
  stackLimit: number;
  /** The holders of all linked code, by memory. */
  readonly holders: WeakMap<MemoryInstance, Set<Holder>>;
  /** The view of a holder has changed since the last call from outside. */
  moved: boolean;
  /** Errors of native functions that emitted code might mistake for its own. */
  readonly foreign: WeakSet<object>;
}

/** The source of an instance's code: jit.ts, aot-load.ts. */
export interface CodeSource {
  adapter(type: t.FuncType): (library: Library, callee: FunctionInstance) => RawFunction;
}

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);

const LANES = /* @__PURE__ */ new Uint8Array(16);
const LANE_WORDS = /* @__PURE__ */ new Int32Array(LANES.buffer);

const outOfBounds = (): Trap => new Trap('memory-out-of-bounds');
const tableBounds = (): Trap => new Trap('table-out-of-bounds');

export class Library {
  readonly instance: Instance;
  readonly store: Store;
  readonly registers: Int32Array;
  readonly slots: Slots;
  /** The holders by memory index, for the code that is linked next. */
  holders: Holder[] = [];
  /** The holders of all linked code of the instance. */
  readonly usedHolders = new Set<Holder>();
  readonly memories: readonly MemoryInstance[];
  readonly tables: readonly TableInstance[];
  readonly globals: readonly GlobalInstance[];
  readonly types: readonly DefinedType[];
  readonly tags: readonly TagInstance[];
  readonly functions: readonly FunctionInstance[];
  /** The functions of the module that are not in the same text, by index; and their bodies. */
  readonly F: RawFunction[] = [];
  readonly B: RawFunction[] = [];
  readonly context: Context;
  readonly #source: CodeSource;
  readonly #adapters = new WeakMap<FunctionInstance, Callable>();

  constructor(instance: Instance, context: Context, source: CodeSource) {
    this.instance = instance;
    this.store = instance.store;
    this.registers = instance.store.meter.registers;
    this.slots = instance.store.slots;
    this.memories = instance.memories;
    this.tables = instance.tables;
    this.globals = instance.globals;
    this.types = instance.types;
    this.tags = instance.tags;
    this.functions = instance.functions;
    this.context = context;
    this.#source = source;
  }

  // ---- traps, time ----

  trap(number: number): never {
    throw new Trap(TRAP_BY_NUMBER.get(number)!);
  }
  tick(): void {
    this.store.meter.slowPath(1);
  }
  /** Called when a block does not fit into the remaining fuel, which is a local then. @returns the new count */
  fuel(left: number, cost: number): number {
    this.registers[0] = left;
    this.store.meter.slowPath(cost);
    return this.registers[0]!;
  }
  /** Called when an exception was caught: that takes the JavaScript engine so long that a slice of a loop that throws would last half a second. */
  caught(): void {
    this.store.meter.checkpoint();
  }
  tooDeep(): never {
    this.registers[1] = this.registers[1]! + 1;
    throw this.store.meter.depthExhausted();
  }
  stackFull(): never {
    throw new LimitError('stackBytes', this.context.stackLimit);
  }
  #chargeBulk(length: number): void {
    if (length < BULK_LENGTH_PER_FUEL) return;
    const { meter } = this.store;
    if (!this.instance.metered) meter.check();
    else meter.charge(Math.floor(length / BULK_LENGTH_PER_FUEL));
  }

  // ---- calls ----

  imported(index: number): Callable {
    return this.callable(this.functions[index]!);
  }
  /** Returns what call_ref calls. */
  callable(callee: FunctionInstance | null): Callable {
    if (callee === null) throw new Trap('null-function-reference');
    if ('jsType' in callee) return callee as unknown as Callable;
    let adapter = this.#adapters.get(callee);
    if (!adapter) {
      const run = this.#source.adapter(callee.signature)(this, callee);
      adapter = { run, body: run };
      this.#adapters.set(callee, adapter);
    }
    return adapter;
  }
  /** Returns what call_indirect calls if the fast check did not find it. */
  indirect(callee: unknown, type: number): Callable {
    if (callee === undefined) throw new Trap('undefined-element');
    if (callee === null) throw new Trap('uninitialized-element');
    const found = callee as FunctionInstance;
    if (!isSubtypeOf(found.type, this.types[type]!)) throw new Trap('indirect-call-type-mismatch');
    return this.callable(found);
  }
  /** Calls a function outside this engine; its arguments are in the slots. */
  callOut(callee: FunctionInstance): void {
    const { env } = this.context;
    const outer = env!.instance;
    env!.instance = this.instance;
    try {
      callee.invoke(env!, this.slots);
      // A native function may have asked to end the guest.
      this.store.meter.check();
    } catch (error) {
      if (error instanceof RangeError || error instanceof TypeError) this.context.foreign.add(error);
      throw error;
    } finally {
      env!.instance = outer;
    }
  }
  exception(tag: number, fields: unknown[]): WasmException {
    checkpointBeforeMaking(this.store.meter, fields.length);
    return makeChargedException(this.instance, fields.length, () => new WasmException(this.tags[tag]!, fields));
  }

  // ---- memories ----

  memorySize(memory: number): number {
    return this.memories[memory]!.pages;
  }
  memoryGrow(delta: number, memory: number): number {
    // Zeroing and moving take so long that a slice of a loop that grows a memory would last seconds.
    const { meter } = this.store;
    meter.checkpoint();
    if (this.instance.metered) meter.charge(growthFuel(this.memories[memory]!, delta));
    const before = this.memories[memory]!.grow(delta, meter);
    meter.checkpoint();
    return before;
  }
  /** Called before code is linked: provides what the code treats as constant. */
  takeHolders(): void {
    const { context } = this;
    this.holders = this.memories.map((memory) => {
      let holders = context.holders.get(memory);
      if (!holders) context.holders.set(memory, (holders = new Set()));
      let holder = [...holders].find((one) => !one.moved);
      if (!holder) holders.add((holder = makeHolder(memory, context)));
      this.usedHolders.add(holder);
      return holder;
    });
  }
  memoryFill(at: number, value: number, length: number, index: number): void {
    const memory = this.memories[index]!;
    this.#chargeBulk(length);
    if (at + length > memory.byteLength) throw outOfBounds();
    fillBytes(this.store.meter, memory.views.u8, value, at, at + length);
  }
  memoryCopy(to: number, from: number, length: number, target: number, source: number): void {
    const targetMemory = this.memories[target]!;
    const sourceMemory = this.memories[source]!;
    this.#chargeBulk(length);
    if (to + length > targetMemory.byteLength || from + length > sourceMemory.byteLength) throw outOfBounds();
    copyBytes(this.store.meter, targetMemory.views.u8, to, sourceMemory.views.u8, from, length);
  }
  memoryInit(to: number, from: number, length: number, segment: number, index: number): void {
    const memory = this.memories[index]!;
    const data = this.instance.data[segment]!;
    this.#chargeBulk(length);
    if (to + length > memory.byteLength || from + length > data.length) throw outOfBounds();
    copyBytes(this.store.meter, memory.views.u8, to, data, from, length);
  }
  dataDrop(segment: number): void {
    this.instance.data[segment] = NO_BYTES;
  }
  loadLane(
    at: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    bytes: number,
    lane: number,
    index: number,
  ): number {
    const memory = this.memories[index]!;
    if (at + bytes > memory.byteLength) throw outOfBounds();
    this.#setLanes(w0, w1, w2, w3);
    LANES.set(memory.views.u8.subarray(at, at + bytes), lane * bytes);
    W.set(LANE_WORDS);
    return W[0]!;
  }
  storeLane(
    at: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    bytes: number,
    lane: number,
    index: number,
  ): void {
    const memory = this.memories[index]!;
    if (at + bytes > memory.byteLength) throw outOfBounds();
    this.#setLanes(w0, w1, w2, w3);
    memory.views.u8.set(LANES.subarray(lane * bytes, (lane + 1) * bytes), at);
  }
  #setLanes(w0: number, w1: number, w2: number, w3: number): void {
    LANE_WORDS[0] = w0;
    LANE_WORDS[1] = w1;
    LANE_WORDS[2] = w2;
    LANE_WORDS[3] = w3;
  }

  // ---- tables ----

  tableGet(at: number, index: number): unknown {
    const { elements } = this.tables[index]!;
    if (at >= elements.length) throw tableBounds();
    return elements[at];
  }
  tableSet(at: number, value: unknown, index: number): void {
    const { elements } = this.tables[index]!;
    if (at >= elements.length) throw tableBounds();
    elements[at] = value;
  }
  tableSize(index: number): number {
    return this.tables[index]!.length;
  }
  tableGrow(value: unknown, delta: number, index: number): number {
    this.#chargeBulk(delta);
    return this.tables[index]!.grow(delta, value, this.store.meter);
  }
  tableFill(at: number, value: unknown, length: number, index: number): void {
    const { elements } = this.tables[index]!;
    this.#chargeBulk(length);
    if (at + length > elements.length) throw tableBounds();
    fillReferences(this.store.meter, elements, value, at, at + length);
  }
  tableCopy(to: number, from: number, length: number, target: number, source: number): void {
    const targetElements = this.tables[target]!.elements;
    const sourceElements = this.tables[source]!.elements;
    this.#chargeBulk(length);
    if (to + length > targetElements.length || from + length > sourceElements.length) throw tableBounds();
    copyEntries(this.store.meter, targetElements, to, sourceElements, from, length);
  }
  tableInit(to: number, from: number, length: number, segment: number, index: number): void {
    const { elements } = this.tables[index]!;
    const items = this.instance.elements[segment] ?? [];
    this.#chargeBulk(length);
    if (to + length > elements.length || from + length > items.length) throw tableBounds();
    copyEntries(this.store.meter, elements, to, items, from, length);
  }
  elemDrop(segment: number): void {
    this.instance.elements[segment] = null;
  }

  // ---- objects ----

  refTest(value: unknown, heap: number, nullable: boolean): boolean {
    return refMatches(value, heap >= 0 ? this.types[heap]!.id : heap, nullable, this.store.types);
  }
  structNew(type: DefinedType, fields: unknown[]): GcStruct {
    return makeStruct(this.instance, type, fields);
  }
  structNewDefault(index: number): GcStruct {
    const type = this.types[index]!;
    const types = (type.composite as t.StructType).fields.map((field) => field.type);
    return this.structNew(type, defaultFields(types));
  }
  #array(index: number, length: number): GcArray {
    return makeArray(this.instance, this.types[index]!, length);
  }
  arrayNew(index: number, entries: readonly unknown[], length: number): GcArray {
    this.#chargeBulk(length);
    const array = this.#array(index, length);
    fillElements(this.store.meter, array, entries, 0, length);
    return array;
  }
  arrayNewDefault(index: number, length: number): GcArray {
    this.#chargeBulk(length);
    return this.#array(index, length);
  }
  arrayNewFixed(index: number, length: number, entries: readonly unknown[]): GcArray {
    const array = this.#array(index, length);
    for (let i = 0; i < entries.length; i++) array.elements[i] = entries[i] as never;
    return array;
  }
  arrayNewData(from: number, length: number, index: number, segment: number): GcArray {
    const data = this.instance.data[segment]!;
    this.#chargeBulk(length);
    checkData(this.types[index]!, data, from, length);
    const array = this.#array(index, length);
    copyData(array, 0, data, from, length);
    return array;
  }
  arrayNewElem(from: number, length: number, index: number, segment: number): GcArray {
    const items = this.instance.elements[segment] ?? [];
    this.#chargeBulk(length);
    if (from + length > items.length) throw tableBounds();
    const array = this.#array(index, length);
    copyItems(array, 0, items, from, length);
    return array;
  }
  arrayFill(array: GcArray | null, at: number, entries: readonly unknown[], length: number): void {
    this.#chargeBulk(length);
    fillElements(this.store.meter, inRange(array, at, length), entries, at, length);
  }
  arrayCopy(target: GcArray | null, to: number, source: GcArray | null, from: number, length: number): void {
    this.#chargeBulk(length);
    if (target === null || source === null) throw new Trap('null-array-reference');
    inRange(target, to, length);
    inRange(source, from, length);
    const step = width(elementType(target.type));
    copyEntries(this.store.meter, target.elements, to * step, source.elements, from * step, length * step);
  }
  arrayInitData(array: GcArray | null, at: number, from: number, length: number, _type: number, segment: number): void {
    this.#chargeBulk(length);
    copyData(inRange(array, at, length), at, this.instance.data[segment]!, from, length);
  }
  arrayInitElem(array: GcArray | null, at: number, from: number, length: number, _type: number, segment: number): void {
    this.#chargeBulk(length);
    copyItems(inRange(array, at, length), at, this.instance.elements[segment] ?? [], from, length);
  }

  // ---- atomics ----

  atomic(
    index: number,
    at: number,
    bytes: number,
    operator: AtomicOperator,
    low: number,
    high: number,
    low2: number,
    high2: number,
  ): number {
    const memory = this.memories[index]!;
    checkAligned(memory, at, bytes);
    if (bytes < 8) {
      // The call sets the high word of a 64-bit result.
      HIGH[0] = 0;
      return atomic32(memory, operator, at, bytes, low, low2);
    }
    const result = atomic64(memory, operator, at, bigint(low, high), bigint(low2, high2));
    HIGH[0] = Number(BigInt.asIntN(32, result >> 32n));
    return Number(BigInt.asIntN(32, result));
  }
  atomicNotify(index: number, at: number, count: number): number {
    const memory = this.memories[index]!;
    checkAligned(memory, at, 4);
    return atomicNotify(memory, at, count);
  }
  atomicWait(
    index: number,
    at: number,
    wide: boolean,
    low: number,
    high: number,
    timeLow: number,
    timeHigh: number,
  ): number {
    const memory = this.memories[index]!;
    checkAligned(memory, at, wide ? 8 : 4);
    return atomicWait(this.store, memory, at, wide, bigint(low, high), bigint(timeLow, timeHigh));
  }
}

function inRange(array: GcArray | null, at: number, length: number): GcArray {
  if (array === null) throw new Trap('null-array-reference');
  if (at + length > array.length) throw new Trap('array-out-of-bounds');
  return array;
}
function fillElements(
  meter: Meter,
  { elements }: GcArray,
  entries: readonly unknown[],
  at: number,
  length: number,
): void {
  if (length === 0) return;
  const step = entries.length;
  for (let i = 0; i < step; i++) elements[at * step + i] = entries[i] as never;
  repeatEntries(meter, elements, at * step, step, length * step);
}

function bigint(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}
