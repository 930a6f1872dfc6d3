// How an instrumented guest reaches the runtime: functions added behind the module's own, which call hooks through a table of their
// own. Nothing of the module's is renumbered for it. The host fills the table: see hooksModule().
import { encodeUtf8 } from '../base/utf8.js';
import { ByteWriter } from '../binary/writer.js';
import { BULK_LENGTH_PER_FUEL, ENTRIES_PER_LOOK } from '../wasm/fuel.js';
import type { Module, Span } from '../wasm/module.js';
import type { AddressType } from '../wasm/types.js';
import * as t from '../wasm/types.js';
import type { AddedTypes } from './added-types.js';
import { type Code, ZERO } from './code-writer.js';
import type { InstrumentOptions } from './instrument-options.js';
import { type LongBulk, operandTypes, writePieces } from './long-bulk.js';

/** Fuel that is left at least when a call returns, as long as there is any to refill from: so nothing is checked after calls. */
export const RESERVE = 2048;
/** Bytes or elements that an unmetered bulk instruction may move without a look at the clock. */
const UNTIMED_LENGTH = 65_536;
/** The same for tables and arrays, metered or not: hosts take long for each reference. */
const UNTIMED_ELEMENTS = 16;
/** Nanoseconds that memory.atomic.wait sleeps at a stretch. */
const WAIT_SLICE = 10_000_000;

interface Signature {
  readonly params: readonly t.ValType[];
  readonly results: readonly t.ValType[];
}
const { I32, I64, F64, ANYREF } = t;

/** The hooks by place in the table. Counts are what is left of the slice. */
export const HOOKS = {
  /** (left, depth, cost) -> left: a function's first check failed; depth: what its callees have. */
  enter: { params: [I32, I32, I32], results: [I32] },
  /** (left, cost) -> left: a later check failed. */
  refill: { params: [I32, I32], results: [I32] },
  /** (left): a block does not fit any more. */
  exhausted: { params: [I32], results: [] },
  /** (left, units) -> left: a bulk instruction; unmetered: units is 0. */
  bulk: { params: [I32, F64], results: [I32] },
  /** (memory, pages) -> pages before, or -1. */
  growMemory: { params: [I32, F64], results: [F64] },
  /** (table, elements, length) -> whether the table may grow. */
  mayGrowTable: { params: [I32, F64, F64], results: [I32] },
  /** (table, elements): the host did not grow it. */
  tableStayed: { params: [I32, F64], results: [] },
  /** (depth) -> left: an exception was caught by a function with that depth left. */
  caught: { params: [I32], results: [I32] },
  /** A look at the clock. */
  check: { params: [], results: [] },
  /** A float that is no number was to become an integer. */
  invalidConversion: { params: [], results: [] },
  /** The bytes of the frames are more than allowed. */
  stackFull: { params: [], results: [] },
  /** (object, bytes of its contents, unsigned): a GC object was made. */
  newObject: { params: [ANYREF, I32], results: [] },
} as const satisfies Record<string, Signature>;

export type HookName = keyof typeof HOOKS;
const HOOK_NAMES = Object.keys(HOOKS) as HookName[];

/** Names in the instrumented module: imports of memories, exports. An index of the module's own follows where there are several. */
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

/** Where the count and the depth live, and who else there is: fixed before any code is written. */
export interface Places {
  readonly left: number;
  readonly depth: number;
  /** The index of the last call through a table: the host's trap does not tell what was wrong with it. */
  readonly lastIndex: number;
  /** Bytes of frames that there is room for; only where they are counted. */
  readonly stack: number;
  readonly hookTable: number;
  readonly firstAdded: number;
}

/** The functions that added code calls; each is made when it is asked for. */
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
  /** Calls a hook; its arguments are on the stack. */
  #hook(code: Code, name: HookName): void {
    const { params, results } = HOOKS[name] as Signature;
    code.i32(HOOK_NAMES.indexOf(name));
    code.op('call_indirect');
    code.u32(this.#types.index(params, results));
    code.u32(this.#places.hookTable);
  }
  /** The hook's result is the new count: to its global, and returned. */
  #newCount(code: Code): void {
    code.setGlobal(this.#places.left);
    code.getGlobal(this.#places.left);
  }

  /** (left, depth, cost) -> left; the depth is in its global afterwards. */
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
  /** (left after the cost, cost) -> left before the cost: where a plain loop did not get through. */
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
  /** (left, cost, bound) -> (left, bound): with an empty reserve every iteration that fits must run. */
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
  /** (left), does not return */
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
  /** (length) -> length: charges a bulk instruction. @param elements of a table or an array; bytes otherwise */
  bulk(address: AddressType, elements: boolean): number {
    const type = address === 'i64' ? I64 : I32;
    return this.#add(`bulk ${address} ${elements}`, () => ({
      signature: { params: [type], results: [type] },
      locals: [type],
      write: (code) => {
        if (elements) this.#look(code, type, UNTIMED_ELEMENTS);
        else if (!this.#options.metered) this.#look(code, type, UNTIMED_LENGTH);
        if (this.#options.metered) this.#meteredBulk(code, type);
        else code.getLocal(0);
      },
    }));
  }
  /** (target, source or value, length) -> the operands of what is left to do, where that is long. */
  pieces(bulk: LongBulk): number {
    const types = operandTypes(bulk);
    const { name, spaces, length } = bulk;
    return this.#add(`pieces ${name} ${spaces.map(({ index }) => index)} ${length}`, () => ({
      signature: { params: types, results: types },
      locals: [],
      write: (code) => writePieces(code, bulk, () => this.#hook(code, 'check')),
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
    // Units are below 2^58: signed comparisons do.
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
  /** At the clock, from a length on. */
  #look(code: Code, type: t.ValType, untimed: number): void {
    const wide = type === I64;
    code.getLocal(0);
    code.integer(wide, untimed);
    code.op(wide ? 'i64.lt_u' : 'i32.lt_u');
    code.op('i32.eqz');
    code.if();
    this.#hook(code, 'check');
    code.end();
  }
  /** Stands for memory.grow. */
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
  /** Stands for table.grow. */
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
        this.#growInPieces(code, this.growTable(table, type), wide);
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
    code.integer(wide, ENTRIES_PER_LOOK);
    code.op(wide ? 'i64.gt_u' : 'i32.gt_u');
  }
  /** Where all would fit: each piece is charged as it comes, so that what a deadline leaves away costs nothing. */
  #growInPieces(code: Code, grow: number, wide: boolean): void {
    const growBy = (length: () => void): void => {
      code.getLocal(0);
      length();
      code.call(grow);
      code.op('drop');
    };
    const piece = (): void => code.integer(wide, ENTRIES_PER_LOOK);
    code.openEmpty('loop');
    growBy(piece);
    this.#hook(code, 'check');
    code.getLocal(1);
    piece();
    code.op(wide ? 'i64.sub' : 'i32.sub');
    code.setLocal(1);
    this.#isLong(code, wide);
    code.brIf(0);
    code.end();
    growBy(() => code.getLocal(1));
  }
  /** (address, expected, timeout) -> result: memory.atomic.wait at an offset, in slices. Of memories with 32-bit addresses. */
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
        // A negative timeout is for ever, and large as an unsigned number.
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
  /** Throws "invalid conversion to integer". */
  invalidConversion(): number {
    return this.#add('conversion', () => ({
      signature: HOOKS.invalidConversion,
      locals: [],
      write: (code) => this.#hook(code, 'invalidConversion'),
    }));
  }
  /** Throws the LimitError of the stack. */
  stackFull(): number {
    return this.#add('stack', () => ({
      signature: HOOKS.stackFull,
      locals: [],
      write: (code) => this.#hook(code, 'stackFull'),
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
  /** Stands for array.init_elem: hosts look at the segment before they look at the array. */
  initElements(type: number, segment: number): number {
    return this.#add(`elements ${type} ${segment}`, () => ({
      signature: { params: [t.refType(type, true), I32, I32, I32], results: [] },
      locals: [],
      write: (code) => {
        // A copy of the part onto itself traps where the array is too short.
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
  /** (): copies and drops the module's active segments, in order. */
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
  /** A function that reads or sets a global of ours, for the host; or returns a constant. */
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

/** The hooks of a set of options: the one with GC types stands last, so that hosts without them can leave it out. */
function hookNames({ chargesObjects }: Pick<InstrumentOptions, 'chargesObjects'>): readonly HookName[] {
  return chargesObjects ? HOOK_NAMES : HOOK_NAMES.slice(0, -1);
}

/** What a function type begins with. */
const FUNC_FORM = 0x60;

/** A module that imports the hooks by name from "h" and puts them into the table that it imports as "t" "t". */
export function hooksModule(options: Pick<InstrumentOptions, 'chargesObjects'>): Uint8Array {
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

/** Bytes of a custom section that names the module: V8 puts the name into its stack traces. */
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
