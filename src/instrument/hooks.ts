// How an instrumented guest reaches the runtime: added functions behind the module's own functions call hooks through an additional table. No index
// of the module changes. The embedding JavaScript code fills the table; see hooksModule().
import { encodeUtf8 } from '../base/utf8.js';
import { ByteWriter } from '../binary/writer.js';
import { BULK_LENGTH_PER_FUEL, ENTRIES_PER_CHECKPOINT } from '../wasm/fuel.js';
import type { Module, Span } from '../wasm/module.js';
import type { AddressType } from '../wasm/types.js';
import * as t from '../wasm/types.js';
import type { AddedTypes } from './added-types.js';
import { type Code, ZERO } from './code-writer.js';
import type { InstrumentOptions } from './instrument-options.js';
import { type LongBulk, operandTypes, writeLongBulk } from './long-bulk.js';

/** The least fuel that is left when a call returns, as long as there is fuel to refill from. Therefore nothing needs to be checked after calls. */
export const RESERVE = 2048;
/** The number of bytes that an unmetered bulk instruction may move without a checkpoint. */
const UNTIMED_LENGTH = 65_536;
/** The same for the elements of tables and arrays, metered or not: JavaScript engines take long for each reference. */
const UNTIMED_ELEMENTS = 16;
/** The longest uninterrupted sleep of memory.atomic.wait, in nanoseconds. */
const WAIT_SLICE = 10_000_000;

interface Signature {
  readonly params: readonly t.ValType[];
  readonly results: readonly t.ValType[];
}
const { I32, I64, F64, ANYREF } = t;

/** The hooks in the order of the table. A count is what is left of the slice. */
export const HOOKS = {
  /** (left, depth, cost) -> left: the first check of a function has failed; depth is what its callees have. */
  enter: { params: [I32, I32, I32], results: [I32] },
  /** (left, cost) -> left: a later check has failed. */
  refill: { params: [I32, I32], results: [I32] },
  /** (left): a block does not fit into the remaining fuel. */
  exhausted: { params: [I32], results: [] },
  /** (left, units) -> left: charges a bulk instruction; units is 0 if the guest is unmetered. */
  bulk: { params: [I32, F64], results: [I32] },
  /** (memory, pages) -> the previous size in pages, or -1. */
  growMemory: { params: [I32, F64], results: [F64] },
  /** (table, elements, length) -> whether the table may grow. */
  mayGrowTable: { params: [I32, F64, F64], results: [I32] },
  /** (table, elements): the JavaScript engine did not grow the table. */
  tableStayed: { params: [I32, F64], results: [] },
  /** (depth) -> left: a function with that remaining depth has caught an exception. */
  caught: { params: [I32], results: [I32] },
  /** A checkpoint: may throw because of a deadline or a signal. */
  check: { params: [], results: [] },
  /** A NaN was to be converted to an integer. */
  invalidConversion: { params: [], results: [] },
  /** The frames take more bytes than the stack limit allows. */
  stackFull: { params: [], results: [] },
  /** (object, bytes of its contents, unsigned): a GC object was allocated. */
  newObject: { params: [ANYREF, I32], results: [] },
  /** (left, depth, function) -> left: an observed function begins; depth is what it has, itself included. */
  entered: { params: [I32, I32, I32], results: [I32] },
  /** (left, function): an observed function ends. */
  left: { params: [I32, I32], results: [] },
  /** (offset): observed code is at that offset of the original module. */
  reached: { params: [I32], results: [] },
} as const satisfies Record<string, Signature>;

export type HookName = keyof typeof HOOKS;
const HOOK_NAMES = Object.keys(HOOKS) as HookName[];

/**
 * The names of the instrumented module's exports and of its memory imports. If there are several of a kind, the index in the original module follows.
 */
export const NAMES = {
  module: 'i',
  memory: 'm',
  function: 'f',
  table: 't',
  global: 'g',
  tag: 'x',
  hooks: 'h',
  getLeft: 'a',
  getDepth: 'b',
  setLeft: 'c',
  setDepth: 'd',
  threshold: 'e',
  getIndex: 'k',
  getStack: 'p',
  setStack: 'q',
  initialize: 'n',
} as const;

interface AddedFunction {
  readonly signature: Signature;
  readonly locals: readonly t.ValType[];
  readonly write: (code: Code) => void;
}

/** Where the count and the depth are kept, and which other globals exist. This is fixed before any code is written. */
export interface Places {
  readonly left: number;
  readonly depth: number;
  /** The global with the index of the last call through a table; the JavaScript engine's trap does not say what was wrong with the entry. */
  readonly lastIndex: number;
  /** The global with the bytes of stack that are left; it exists only if frames are counted. */
  readonly stack: number;
  readonly hookTable: number;
  readonly firstAdded: number;
}

/** The functions that added code calls. Each is written on first use. */
export class AddedFunctions {
  readonly list: AddedFunction[] = [];
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
  /** Replaces table.grow. */
  growTable(table: number, type: t.TableType): number {
    const { element, address } = type;
    const wide = address === 'i64';
    const integer = wide ? I64 : I32;
    const before = 2;
    return this.#add(`table ${table}`, () => ({
      signature: { params: [element, integer], results: [integer] },
      locals: [integer],
      write: (code) => {
        const asNumber = (): void => code.op(wide ? 'f64.convert_i64_u' : 'f64.convert_i32_u');
        const size = (): void => {
          code.op('table.size');
          code.u32(table);
        };
        const tableAndDelta = (): void => {
          code.i32(table);
          code.getLocal(1);
          asNumber();
        };
        const unlessCharged = (): void => {
          tableAndDelta();
          size();
          asNumber();
          this.#hook(code, 'mayGrowTable');
          code.op('i32.eqz');
          code.if();
          code.integer(wide, -1);
          code.op('return');
          code.end();
        };
        const giveBack = (): void => {
          tableAndDelta();
          this.#hook(code, 'tableStayed');
        };
        this.#isLong(code, wide);
        code.if();
        unlessCharged();
        giveBack();
        size();
        code.setLocal(before);
        this.#growInChunks(code, this.growTable(table, type), wide);
        code.getLocal(before);
        code.op('return');
        code.end();
        unlessCharged();
        code.getLocal(0);
        code.getLocal(1);
        code.op('table.grow');
        code.u32(table);
        code.teeLocal(before);
        code.integer(wide, -1);
        code.op(wide ? 'i64.eq' : 'i32.eq');
        code.if();
        giveBack();
        code.end();
        code.getLocal(before);
      },
    }));
  }
  #isLong(code: Code, wide: boolean): void {
    code.getLocal(1);
    code.integer(wide, ENTRIES_PER_CHECKPOINT);
    code.op(wide ? 'i64.gt_u' : 'i32.gt_u');
  }
  /**
   * Grows in chunks once the whole growth is known to fit. Each chunk is charged when it is made, so that chunks which a deadline prevents cost
   * nothing.
   */
  #growInChunks(code: Code, grow: number, wide: boolean): void {
    const growBy = (length: () => void): void => {
      code.getLocal(0);
      length();
      code.call(grow);
      code.op('drop');
    };
    const chunk = (): void => code.integer(wide, ENTRIES_PER_CHECKPOINT);
    code.openEmpty('loop');
    growBy(chunk);
    this.#hook(code, 'check');
    code.getLocal(1);
    chunk();
    code.op(wide ? 'i64.sub' : 'i32.sub');
    code.setLocal(1);
    this.#isLong(code, wide);
    code.brIf(0);
    code.end();
    growBy(() => code.getLocal(1));
  }
  /** (address, expected, timeout) -> result: memory.atomic.wait at an offset, in slices, for memories with 32-bit addresses. */
  wait(memory: number, wide: boolean, offset: number): number {
    const expected = wide ? I64 : I32;
    return this.#add(`wait ${memory} ${wide} ${offset}`, () => ({
      signature: { params: [I32, expected, I64], results: [I32] },
      locals: [I32],
      write: (code) => {
        const timeout = 2;
        const result = 3;
        const slice = (): void => {
          code.integer(true, WAIT_SLICE);
        };
        const shorter = (): void => {
          code.getLocal(timeout);
          slice();
          code.op('i64.lt_u');
        };
        code.openEmpty('loop');
        code.getLocal(0);
        code.getLocal(1);
        // A negative timeout means no timeout, and is large as an unsigned number.
        code.getLocal(timeout);
        slice();
        shorter();
        code.op('select');
        code.op(wide ? 'memory.atomic.wait64' : 'memory.atomic.wait32');
        const align = wide ? 3 : 2;
        code.u32(memory === 0 ? align : align | 0x40);
        if (memory !== 0) code.u32(memory);
        code.u32(offset);
        code.setLocal(result);
        this.#hook(code, 'check');
        code.getLocal(result);
        code.i32(2);
        code.op('i32.eq');
        code.op('i32.eqz');
        shorter();
        code.op('i32.or');
        code.if();
        code.getLocal(result);
        code.op('return');
        code.end();
        code.getLocal(timeout);
        code.integer(true, 0);
        code.op('i64.ge_s');
        code.if();
        code.getLocal(timeout);
        slice();
        code.op('i64.sub');
        code.setLocal(timeout);
        code.end();
        code.br(0);
        code.end();
        code.op('unreachable');
      },
    }));
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

/** What decides which hooks there are. */
export type HookOptions = Pick<InstrumentOptions, 'chargesObjects' | 'tellsFunctions' | 'tellsPlaces'>;

/** The hooks for a set of options: the one with GC types is missing where the JavaScript engine may lack them, those of observers where there are none. */
function hookNames({ chargesObjects, tellsFunctions, tellsPlaces }: HookOptions): readonly HookName[] {
  const optional: Partial<Record<HookName, boolean>> = {
    newObject: chargesObjects,
    entered: tellsFunctions,
    left: tellsFunctions,
    reached: tellsPlaces,
  };
  return HOOK_NAMES.filter((name) => optional[name] ?? true);
}

/** The byte that introduces a function type. */
const FUNC_FORM = 0x60;

/** Encodes a module that imports the hooks by name from "h" and puts them into the table that it imports as "t" "t". */
export function hooksModule(options: HookOptions): Uint8Array {
  const names = hookNames(options);
  const writer = new ByteWriter();
  writer.raw(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  writer.vectorSection(1, names, (name) => {
    const { params, results } = HOOKS[name] as Signature;
    writer.u8(FUNC_FORM);
    writer.vector(params, (type) => writer.type(type));
    writer.vector(results, (type) => writer.type(type));
  });
  writer.section(2, () => {
    writer.u32(names.length + 1);
    names.forEach((name, i) => {
      writer.name('h');
      writer.name(name);
      writer.u8(0);
      writer.u32(i);
    });
    writer.name('t');
    writer.name('t');
    writer.raw(Uint8Array.of(1, 0x70, 0, names.length));
  });
  writer.section(9, () => {
    writer.raw(Uint8Array.of(1, 0));
    writer.raw(ZERO);
    writer.vector(names, (_, i) => writer.u32(i));
  });
  return writer.finish();
}

/** Encodes a custom section that names the module: V8 shows the name in its stack traces. */
export function nameSection(name: string): Uint8Array {
  const bytes = encodeUtf8(name);
  const writer = new ByteWriter();
  writer.section(0, () => {
    writer.name('name');
    writer.u8(0);
    writer.u32(bytes.length + 1);
    writer.name(name);
  });
  return writer.finish();
}
