// The functions that are added behind a module's own, so that no index of the module changes: what added code calls, most of it to reach a hook, and
// what the runtime calls to read and set the added globals.
import { BULK_LENGTH_PER_FUEL } from '../wasm/fuel.js';
import type { Module, Span } from '../wasm/module.js';
import type { AddressType } from '../wasm/types.js';
import * as t from '../wasm/types.js';
import type { AddedTypes } from './added-types.js';
import type { Code } from './code-writer.js';
import { HOOKS, type HookName, hookNames, type Places, RESERVE, type Signature } from './hooks.js';
import type { InstrumentOptions } from './instrument-options.js';
import { type LongBulk, operandTypes, writeLongBulk } from './long-bulk.js';
import { writeTableGrowth } from './table-growth.js';

/** The number of bytes that an unmetered bulk instruction may move without a checkpoint. */
const UNTIMED_LENGTH = 65_536;
/** The same for the elements of tables and arrays, metered or not: JavaScript engines take long for each reference. */
const UNTIMED_ELEMENTS = 16;

const { I32, I64 } = t;

interface AddedFunction {
  readonly signature: Signature;
  readonly locals: readonly t.ValType[];
  readonly write: (code: Code) => void;
}

/** The functions that added code calls. Each is written on first use. */
export class AddedFunctions {
  readonly list: AddedFunction[] = [];
  /** Some function that was written calls a hook. */
  usesHooks = false;
  readonly #known = new Map<string, number>();
  readonly #places: Places;
  readonly #types: AddedTypes;
  readonly #options: InstrumentOptions;

  constructor(places: Places, types: AddedTypes, options: InstrumentOptions) {
    this.#places = places;
    this.#types = types;
    this.#options = options;
  }
  #add(name: string, make: () => AddedFunction): number {
    let index = this.#known.get(name);
    if (index === undefined) {
      index = this.#places.firstAdded + this.list.length;
      this.#known.set(name, index);
      this.list.push(make());
      const { signature } = this.list[this.list.length - 1]!;
      this.#types.index(signature.params, signature.results);
    }
    return index;
  }
  /** Calls a hook whose arguments are on the operand stack. */
  #hook(code: Code, name: HookName): void {
    const { params, results } = HOOKS[name] as Signature;
    this.usesHooks = true;
    code.i32(hookNames(this.#options).indexOf(name));
    code.op('call_indirect');
    code.u32(this.#types.index(params, results));
    code.u32(this.#places.hookTable);
  }
  /** Stores the hook's result, which is the new count, in its global and returns it. */
  #newCount(code: Code): void {
    code.setGlobal(this.#places.left);
    code.getGlobal(this.#places.left);
  }

  /** (left, depth, cost) -> left; the function also stores the depth in its global. */
  enter(): number {
    return this.#add('enter', () => ({
      signature: HOOKS.enter,
      locals: [],
      write: (code) => {
        code.getLocal(1);
        code.setGlobal(this.#places.depth);
        for (const local of [0, 1, 2]) code.getLocal(local);
        this.#hook(code, 'enter');
        this.#newCount(code);
      },
    }));
  }
  /** (left, cost) -> left */
  refill(): number {
    return this.#add('refill', () => ({
      signature: HOOKS.refill,
      locals: [],
      write: (code) => {
        code.getLocal(0);
        code.getLocal(1);
        this.#hook(code, 'refill');
        this.#newCount(code);
      },
    }));
  }
  /** (left after the cost, cost) -> left before the cost: called when the check of a plain loop has failed. */
  giveBackAndRefill(): number {
    return this.#add('give back', () => ({
      signature: HOOKS.refill,
      locals: [],
      write: (code) => {
        code.getLocal(0);
        code.getLocal(1);
        code.op('i32.add');
        code.getLocal(1);
        this.#hook(code, 'refill');
        this.#newCount(code);
      },
    }));
  }
  /** (left, cost, bound) -> (left, bound): when the reserve is empty, every iteration that still fits must run. */
  refillLoop(): number {
    return this.#add('refill loop', () => ({
      signature: { params: [I32, I32, I32], results: [I32, I32] },
      locals: [],
      write: (code) => {
        code.getLocal(0);
        code.getLocal(1);
        this.#hook(code, 'refill');
        this.#newCount(code);
        code.getLocal(1);
        code.getLocal(2);
        code.getGlobal(this.#places.left);
        code.getLocal(2);
        code.op('i32.lt_s');
        code.op('select');
      },
    }));
  }
  /** (left): does not return. */
  exhausted(): number {
    return this.#add('exhausted', () => ({
      signature: HOOKS.exhausted,
      locals: [],
      write: (code) => {
        code.getLocal(0);
        code.setGlobal(this.#places.left);
        code.getLocal(0);
        this.#hook(code, 'exhausted');
      },
    }));
  }
  /** (depth) -> left */
  caught(): number {
    return this.#add('caught', () => ({
      signature: HOOKS.caught,
      locals: [],
      write: (code) => {
        code.getLocal(0);
        code.setGlobal(this.#places.depth);
        code.getLocal(0);
        this.#hook(code, 'caught');
        this.#newCount(code);
      },
    }));
  }
  /** (length) -> length: charges a bulk instruction. @param elements whether the length counts elements of a table or an array instead of bytes */
  bulk(address: AddressType, elements: boolean): number {
    const type = address === 'i64' ? I64 : I32;
    return this.#add(`bulk ${address} ${elements}`, () => ({
      signature: { params: [type], results: [type] },
      locals: [type],
      write: (code) => {
        if (elements) this.#checkpoint(code, type, UNTIMED_ELEMENTS);
        else if (!this.#options.metered) this.#checkpoint(code, type, UNTIMED_LENGTH);
        if (this.#options.metered) this.#meteredBulk(code, type);
        else code.getLocal(0);
      },
    }));
  }
  /** (target, source or value, length) -> the operands of the remaining part: does the first parts of a long operation. */
  longBulk(bulk: LongBulk): number {
    const types = operandTypes(bulk);
    const { name, spaces, length } = bulk;
    return this.#add(`longBulk ${name} ${spaces.map(({ index }) => index)} ${length}`, () => ({
      signature: { params: types, results: types },
      locals: [],
      write: (code) => writeLongBulk(code, bulk, () => this.#hook(code, 'check')),
    }));
  }
  #meteredBulk(code: Code, type: t.ValType): void {
    const wide = type === I64;
    const { left } = this.#places;
    const units = (): void => code.getLocal(1);
    code.getLocal(0);
    code.integer(wide, Math.log2(BULK_LENGTH_PER_FUEL));
    code.op(wide ? 'i64.shr_u' : 'i32.shr_u');
    code.teeLocal(1);
    code.op(wide ? 'i64.eqz' : 'i32.eqz');
    code.if();
    code.getLocal(0);
    code.op('return');
    code.end();
    // Units stay below 2^58, so signed comparisons are correct.
    units();
    code.getGlobal(left);
    code.i32(RESERVE);
    code.op('i32.sub');
    if (wide) code.op('i64.extend_i32_s');
    code.op(wide ? 'i64.lt_s' : 'i32.lt_s');
    code.if();
    code.getGlobal(left);
    units();
    if (wide) code.op('i32.wrap_i64');
    code.op('i32.sub');
    code.setGlobal(left);
    code.op('else');
    code.getGlobal(left);
    units();
    code.op(wide ? 'f64.convert_i64_u' : 'f64.convert_i32_u');
    this.#hook(code, 'bulk');
    code.setGlobal(left);
    code.end();
    code.getLocal(0);
  }
  /** Writes a checkpoint for operations that are longer than `untimed`. */
  #checkpoint(code: Code, type: t.ValType, untimed: number): void {
    const wide = type === I64;
    code.getLocal(0);
    code.integer(wide, untimed);
    code.op(wide ? 'i64.lt_u' : 'i32.lt_u');
    code.op('i32.eqz');
    code.if();
    this.#hook(code, 'check');
    code.end();
  }
  /** Replaces memory.grow. */
  growMemory(memory: number, address: AddressType): number {
    const type = address === 'i64' ? I64 : I32;
    return this.#add(`memory ${memory}`, () => ({
      signature: { params: [type], results: [type] },
      locals: [],
      write: (code) => {
        code.i32(memory);
        code.getLocal(0);
        code.op(type === I64 ? 'f64.convert_i64_u' : 'f64.convert_i32_u');
        this.#hook(code, 'growMemory');
        code.op(type === I64 ? 'i64.trunc_sat_f64_s' : 'i32.trunc_sat_f64_s');
      },
    }));
  }
  /** Replaces memory.size of a shared memory. */
  memorySize(memory: number, address: AddressType): number {
    return this.#add(`size ${memory}`, () => ({
      signature: { params: [], results: [address === 'i64' ? I64 : I32] },
      locals: [],
      write: (code) => {
        code.i32(memory);
        this.#hook(code, 'memorySize');
        code.op(address === 'i64' ? 'i64.trunc_sat_f64_u' : 'i32.trunc_sat_f64_u');
      },
    }));
  }
  /** Replaces table.grow. */
  growTable(table: number, type: t.TableType): number {
    const { element, address } = type;
    const wide = address === 'i64';
    const integer = wide ? I64 : I32;
    return this.#add(`table ${table}`, () => ({
      signature: { params: [element, integer], results: [integer] },
      locals: [integer],
      write: (code) => {
        const hook = (name: HookName): void => this.#hook(code, name);
        writeTableGrowth(code, table, wide, { self: () => this.growTable(table, type), hook });
      },
    }));
  }
  /** (address, expected, timeout) -> result: memory.atomic.wait at an offset. */
  wait(memory: number, address: AddressType, wide: boolean, offset: number): number {
    const type = address === 'i64' ? I64 : I32;
    return this.#add(`wait ${memory} ${wide} ${offset}`, () => ({
      signature: { params: [type, wide ? I64 : I32, I64], results: [I32] },
      locals: [],
      write: (code) => {
        this.#place(code, memory, type, offset);
        code.i32(wide ? 1 : 0);
        code.getLocal(1);
        if (!wide) code.op('i64.extend_i32_s');
        code.getLocal(2);
        this.#hook(code, 'wait');
      },
    }));
  }
  /** (address, count) -> how many: memory.atomic.notify at an offset. */
  notify(memory: number, address: AddressType, offset: number): number {
    const type = address === 'i64' ? I64 : I32;
    return this.#add(`notify ${memory} ${offset}`, () => ({
      signature: { params: [type, I32], results: [I32] },
      locals: [],
      write: (code) => {
        this.#place(code, memory, type, offset);
        code.getLocal(1);
        this.#hook(code, 'notify');
      },
    }));
  }
  /** The memory, and the address in the first local with an offset. */
  #place(code: Code, memory: number, type: t.ValType, offset: number): void {
    code.i32(memory);
    code.getLocal(0);
    code.op(type === I64 ? 'f64.convert_i64_u' : 'f64.convert_i32_u');
    if (offset === 0) return;
    code.f64(offset);
    code.op('f64.add');
  }
  /** Throws the trap "invalid conversion to integer". */
  invalidConversion(): number {
    return this.#add('conversion', () => ({
      signature: HOOKS.invalidConversion,
      locals: [],
      write: (code) => this.#hook(code, 'invalidConversion'),
    }));
  }
  /** Throws the LimitError of the stack limit. */
  stackFull(): number {
    return this.#add('stack', () => ({
      signature: HOOKS.stackFull,
      locals: [],
      write: (code) => this.#hook(code, 'stackFull'),
    }));
  }
  /** (left, depth, function) -> left */
  entered(): number {
    return this.#tell('entered');
  }
  /** (left, function) */
  left(): number {
    return this.#tell('left');
  }
  /** (offset) */
  reached(): number {
    return this.#tell('reached');
  }
  #tell(name: 'entered' | 'left' | 'reached'): number {
    return this.#add(name, () => ({
      signature: HOOKS[name],
      locals: [],
      write: (code) => {
        HOOKS[name].params.forEach((_, i) => {
          code.getLocal(i);
        });
        this.#hook(code, name);
      },
    }));
  }
  /** (object, bytes of its contents): charges a GC object. */
  newObject(): number {
    return this.#add('object', () => ({
      signature: HOOKS.newObject,
      locals: [],
      write: (code) => {
        code.getLocal(0);
        code.getLocal(1);
        this.#hook(code, 'newObject');
      },
    }));
  }
  /** Replaces array.init_elem: JavaScript engines check the bounds of the segment before those of the array. */
  initElements(type: number, segment: number): number {
    return this.#add(`elements ${type} ${segment}`, () => ({
      signature: { params: [t.refType(type, true), I32, I32, I32], results: [] },
      locals: [],
      write: (code) => {
        // Copying the range onto itself traps if the array is too short.
        for (const local of [0, 1, 0, 1, 3]) code.getLocal(local);
        code.op('array.copy');
        code.u32(type);
        code.u32(type);
        for (const local of [0, 1, 2, 3]) code.getLocal(local);
        code.op('array.init_elem');
        code.u32(type);
        code.u32(segment);
      },
    }));
  }
  /** (): copies the module's active segments in order, then drops them. */
  initializer(module: Module): number {
    const copy = (code: Code, at: Span, count: number, space: 'table' | 'memory', i: number, target: number) => {
      code.raw(module.bytes, at.start, at.end - 1);
      code.i32(0);
      code.i32(count);
      code.op(space === 'table' ? 'table.init' : 'memory.init');
      code.u32(i);
      code.u32(target);
      code.op(space === 'table' ? 'elem.drop' : 'data.drop');
      code.u32(i);
    };
    return this.#add('initialize', () => ({
      signature: { params: [], results: [] },
      locals: [],
      write: (code) => {
        module.elements.forEach(({ mode, items }, i) => {
          const count = items.kind === 'functions' ? items.indices.length : items.expressions.length;
          if (mode.kind === 'active') copy(code, mode.at, count, 'table', i, mode.index);
        });
        module.dataSegments.forEach(({ mode, bytes }, i) => {
          if (mode.kind === 'active') copy(code, mode.at, bytes.end - bytes.start, 'memory', i, mode.index);
        });
      },
    }));
  }
  /** An exported function that reads or sets one of the added globals for the runtime, or that returns a constant. */
  getter(global: number): number {
    return this.#add(`get ${global}`, () => ({
      signature: { params: [], results: [I32] },
      locals: [],
      write: (code) => code.getGlobal(global),
    }));
  }
  setter(global: number): number {
    return this.#add(`set ${global}`, () => ({
      signature: { params: [I32], results: [] },
      locals: [],
      write: (code) => {
        code.getLocal(0);
        code.setGlobal(global);
      },
    }));
  }
  constant(value: number): number {
    return this.#add('constant', () => ({
      signature: { params: [], results: [I32] },
      locals: [],
      write: (code) => code.i32(value),
    }));
  }
  get hookCount(): number {
    return hookNames(this.#options).length;
  }
}
