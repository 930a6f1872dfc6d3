// Loads, stores, bulk memory and atomics. Accesses are DataView calls whose RangeError is the trap; checked code compares the address first. An i64
// is stored high word first, so that a store that traps has written nothing.
import {
  type AccessOp,
  type AtomicOp,
  type LaneLoadOp,
  type LaneStoreOp,
  type LoadOp,
  OPCODES,
  opcodeRow,
  type RuledOp,
  type StoreOp,
} from '../../wasm/opcodes.js';
import { TRAPS } from '../../wasm/traps.js';
import { F32, F64, I32, I64, V128, type ValType } from '../../wasm/types.js';
import { takeCall } from './emit-calls.js';
import type { FunctionEmitter, Rule } from './function-emitter.js';
import { handOver, takeBack } from './limit-checks.js';
import { intOf, type Operand, tempName } from './operands.js';
import { plainAccess } from './plain-access.js';

const TYPES: Readonly<Record<string, ValType>> = { i: I32, I: I64, f: F32, F: F64, V: V128 };

const TWO_32 = 0x1_0000_0000;

/** Returns the effective address of an access with a plain offset, as a number. */
export function addressText(c: FunctionEmitter, base: Operand): string {
  const { offsetLow, offsetHigh } = c.reader;
  const offset = (offsetLow >>> 0) + (offsetHigh >>> 0) * TWO_32;
  return plus(addressValue(base), offset);
}
function plus(base: string, offset: number): string {
  if (offset === 0) return base;
  return /^\d+$/.test(base) ? String(Number(base) + offset) : `${base}+${offset}`;
}
/** Returns an i32 or i64 operand as an unsigned number. */
export function addressValue(base: Operand): string {
  const [low, high] = base.words as [string, string];
  if (base.type !== I64) return base.constant ? String(base.low >>> 0) : `(${intOf(base)}>>>0)`;
  if (base.constant) return String((base.high >>> 0) * TWO_32 + (base.low >>> 0));
  return high === '0' ? `(${low}>>>0)` : `((${high}>>>0)*4294967296+(${low}>>>0))`;
}

/** Returns the text that reads at an address; `more` is added to the address. */
type Read = (view: string, address: string) => string;
const reads: Readonly<Record<string, Read>> = {
  s8: (d, a) => `${d}.getInt8(${a})`,
  u8: (d, a) => `${d}.getUint8(${a})`,
  s16: (d, a) => `${d}.getInt16(${a},true)`,
  u16: (d, a) => `${d}.getUint16(${a},true)`,
  s32: (d, a) => `${d}.getInt32(${a},true)`,
  f32: (d, a) => `${d}.getFloat32(${a},true)`,
  f64: (d, a) => `${d}.getFloat64(${a},true)`,
};

/** Pops the address of an access and makes it usable more than once, with a comparison in checked code. */
function materializedAddress(c: FunctionEmitter, bytes: number): { address: Operand; text: string } {
  c.materialize(0);
  const address = c.pop();
  return { address, text: checkedText(c, address, bytes) };
}
/** Returns the address of an access by a statement; in checked code it is a variable, which a statement of its own compares. */
function checkedText(c: FunctionEmitter, address: Operand, bytes: number): string {
  const text = addressText(c, address);
  if (!c.options.checked) return text;
  c.flush();
  const temp = c.temp(1);
  const name = tempName(temp);
  c.emit(`${name}=${text};`);
  c.emit(`if(!(${name}<=${c.limit(c.reader.index)}-${bytes}))${oob(c)};`);
  c.releaseTemps([temp]);
  return name;
}
function oob(c: FunctionEmitter): string {
  c.used.add('E');
  return `E.trap(${TRAPS['memory-out-of-bounds'].number})`;
}

/** Compiles loads whose result is one JavaScript expression. */
function loadOne(type: ValType, read: Read, bytes: number): Rule {
  return (c) => {
    const view = c.view(c.reader.index);
    const base = c.pop();
    const text = addressText(c, base);
    if (!c.options.checked) {
      const bits = type === F32 ? `${view}.getInt32(${text},true)` : undefined;
      c.pushText(type, [read(view, text)], [base], { effects: true, quiet: false, bits });
      return;
    }
    const temp = c.temp(1);
    const name = tempName(temp);
    const test = `(${name}=${text})<=${c.limit(c.reader.index)}-${bytes}?`;
    const bits = type === F32 ? `(${test}${view}.getInt32(${name},true):${oob(c)})` : undefined;
    c.pushText(type, [`(${test}${read(view, name)}:${oob(c)})`], [base], { effects: true, quiet: false, bits });
    const pushed = c.pop();
    c.push({ ...pushed, temps: [...pushed.temps, temp] });
  };
}
/** Compiles loads of several words, which are written at once. */
function loadWords(
  type: ValType,
  bytes: number,
  words: (view: string, at: (offset: number) => string) => string[],
): Rule {
  return (c) => {
    const view = c.view(c.reader.index);
    const { address, text } = materializedAddress(c, bytes);
    c.flush();
    const temps = c.tempsFor(type);
    words(view, (offset) => plus(text, offset)).forEach((word, i) => {
      c.emit(`${tempName(temps[i]!)}=${word};`);
    });
    c.release(address);
    c.pushTemps(type, temps);
  };
}
function extended64(read: Read, bytes: number, signed: boolean): Rule {
  return (c) => {
    loadOne(I32, read, bytes)(c);
    c.materialize(0);
    const low = c.pop();
    c.pushText(I64, [low.words[0]!, signed ? `(${low.words[0]}>>31)` : '0'], [low]);
  };
}
const s32 = reads['s32']!;
const LOADS: Readonly<Record<LoadOp, Rule>> = {
  'i32.load': loadOne(I32, s32, 4),
  'i32.load8_s': loadOne(I32, reads['s8']!, 1),
  'i32.load8_u': loadOne(I32, reads['u8']!, 1),
  'i32.load16_s': loadOne(I32, reads['s16']!, 2),
  'i32.load16_u': loadOne(I32, reads['u16']!, 2),
  'f32.load': loadOne(F32, reads['f32']!, 4),
  'f64.load': loadOne(F64, reads['f64']!, 8),
  'i64.load': loadWords(I64, 8, (d, at) => [s32(d, at(0)), s32(d, at(4))]),
  'i64.load8_s': extended64(reads['s8']!, 1, true),
  'i64.load8_u': extended64(reads['u8']!, 1, false),
  'i64.load16_s': extended64(reads['s16']!, 2, true),
  'i64.load16_u': extended64(reads['u16']!, 2, false),
  'i64.load32_s': extended64(s32, 4, true),
  'i64.load32_u': extended64(s32, 4, false),
  'v128.load': loadWords(V128, 16, (d, at) => [s32(d, at(0)), s32(d, at(4)), s32(d, at(8)), s32(d, at(12))]),
  'v128.load8x8_s': loadWords(V128, 8, (d, at) => packed8(d, at, 'getInt8')),
  'v128.load8x8_u': loadWords(V128, 8, (d, at) => packed8(d, at, 'getUint8')),
  'v128.load16x4_s': loadWords(V128, 8, (d, at) => [0, 2, 4, 6].map((k) => reads['s16']!(d, at(k)))),
  'v128.load16x4_u': loadWords(V128, 8, (d, at) => [0, 2, 4, 6].map((k) => reads['u16']!(d, at(k)))),
  'v128.load32x2_s': loadWords(V128, 8, (d, at) => [
    s32(d, at(0)),
    `${s32(d, at(0))}>>31`,
    s32(d, at(4)),
    `${s32(d, at(4))}>>31`,
  ]),
  'v128.load32x2_u': loadWords(V128, 8, (d, at) => [s32(d, at(0)), '0', s32(d, at(4)), '0']),
  'v128.load8_splat': splat(1, (d, at) => `Math.imul(${reads['u8']!(d, at)},16843009)`),
  'v128.load16_splat': splat(2, (d, at) => `Math.imul(${reads['u16']!(d, at)},65537)`),
  'v128.load32_splat': splat(4, s32),
  'v128.load64_splat': loadWords(V128, 8, (d, at) => [s32(d, at(0)), s32(d, at(4)), s32(d, at(0)), s32(d, at(4))]),
  'v128.load32_zero': loadWords(V128, 4, (d, at) => [s32(d, at(0)), '0', '0', '0']),
  'v128.load64_zero': loadWords(V128, 8, (d, at) => [s32(d, at(0)), s32(d, at(4)), '0', '0']),
};
function packed8(view: string, at: (offset: number) => string, get: string): string[] {
  return [0, 2, 4, 6].map((k) => `${view}.${get}(${at(k)})&65535|${view}.${get}(${at(k + 1)})<<16`);
}
function splat(bytes: number, read: Read): Rule {
  return loadWords(V128, bytes, (d, at) => {
    const word = read(d, at(0));
    return [word, word, word, word];
  });
}

/** Returns the text that writes words at an address; undefined if storeF32 does it. */
type Write = ((view: string, at: (offset: number) => string, value: readonly string[]) => string) | undefined;
const STORES: Readonly<Record<StoreOp, Write>> = {
  'i32.store': (d, at, v) => `${d}.setInt32(${at(0)},${v[0]},true);`,
  'i32.store8': (d, at, v) => `${d}.setInt8(${at(0)},${v[0]});`,
  'i32.store16': (d, at, v) => `${d}.setInt16(${at(0)},${v[0]},true);`,
  'i64.store': (d, at, v) => `${d}.setInt32(${at(4)},${v[1]},true);${d}.setInt32(${at(0)},${v[0]},true);`,
  'i64.store8': (d, at, v) => `${d}.setInt8(${at(0)},${v[0]});`,
  'i64.store16': (d, at, v) => `${d}.setInt16(${at(0)},${v[0]},true);`,
  'i64.store32': (d, at, v) => `${d}.setInt32(${at(0)},${v[0]},true);`,
  'f32.store': undefined,
  'f64.store': (d, at, v) => `${d}.setFloat64(${at(0)},${v[0]},true);`,
  'v128.store': (d, at, v) => [3, 2, 1, 0].map((k) => `${d}.setInt32(${at(k * 4)},${v[k]},true);`).join(''),
};

function store(name: StoreOp): Rule {
  const { bytes } = OPCODES[name];
  const write = STORES[name];
  const several = bytes > 4 && name !== 'f64.store';
  return (c) => {
    const view = c.view(c.reader.index);
    if (several || name === 'f32.store' || c.options.checked) c.materialize(1);
    if (c.options.checked) c.materialize(0);
    c.flushBelow(2);
    const value = c.pop();
    const address = c.pop();
    const text = checkedText(c, address, bytes);
    if (write) c.emit(write(view, (offset) => plus(text, offset), value.words));
    else storeF32(c, view, text, value);
    c.release(address, value);
  };
}
/** Stores an f32: a quiet one as its number, others as bits, since they may be a signalling NaN. */
function storeF32(c: FunctionEmitter, view: string, at: string, value: Operand): void {
  const [text] = value.words as [string];
  if (value.bits !== undefined) c.emit(`${view}.setInt32(${at},${value.bits},true);`);
  else if (value.quiet) c.emit(`${view}.setFloat32(${at},${text},true);`);
  else {
    c.markExact(value);
    c.used.add('f32ToBits');
    // The value is a variable or a constant, which may be used any number of times.
    c.emit(
      `if(${text}===${text})${view}.setFloat32(${at},${text},true);else ${view}.setInt32(${at},f32ToBits(${text}),true);`,
    );
  }
}

// ---- through the library ----

/** Writes a call of a method of the instance: `operands` (addresses as numbers, others as words), then `rest`. */
export function libraryCall(
  method: string,
  kinds: string,
  result: ValType | undefined,
  rest: (c: FunctionEmitter) => readonly (number | string)[] = () => [],
  quiet = true,
): Rule {
  return (c) => {
    c.flushBelow(kinds.length);
    const operands = c.popMany(kinds.length);
    c.used.add('E');
    const texts = operands.flatMap((operand, i) =>
      kinds[i] === 'A' ? [addressValue(operand)] : c.argumentTexts([operand]),
    );
    const call = `E.${method}(${[...texts, ...rest(c)].join()})`;
    if (result === undefined) {
      c.emit(`${call};`);
      c.release(...operands);
      return;
    }
    takeCall(c, call, operands, result, quiet);
  };
}
const oneIndex = (c: FunctionEmitter): readonly number[] => [c.reader.index];
const twoIndices = (c: FunctionEmitter): readonly number[] => [c.reader.index, c.reader.index2];
const addressType = (c: FunctionEmitter): ValType =>
  c.info.spaces.memories[c.reader.index]!.address === 'i64' ? I64 : I32;

/** Pushes a size or -1 as an address. */
function pushSize(c: FunctionEmitter, type: ValType, call: string, operands: readonly Operand[]): void {
  if (type === I32) {
    takeCall(c, call, operands, I32, true);
    return;
  }
  const temp = c.temp(1);
  const temps = c.tempsFor(I64);
  const name = tempName(temp);
  c.emit(`${name}=${call};${tempName(temps[0]!)}=${name}|0;${tempName(temps[1]!)}=Math.floor(${name}/4294967296)|0;`);
  c.releaseTemps([temp]);
  c.release(...operands);
  c.pushTemps(I64, temps);
}
/** Compiles memory.size, memory.grow, table.size, table.grow. */
export function sizeRule(method: string, operands: string, type: (c: FunctionEmitter) => ValType): Rule {
  return (c) => {
    c.flushBelow(operands.length);
    const popped = c.popMany(operands.length);
    c.used.add('E');
    const texts = popped.map((one, i) => (operands[i] === 'A' ? addressValue(one) : one.words[0]!));
    const { index } = c.reader;
    pushSize(c, type(c), `E.${method}(${[...texts, index].join()})`, popped);
    if (method === 'memoryGrow') c.reloadViews();
    if (method === 'memorySize') reloadIfShared(c, index);
  };
}

/** After an instruction by which the thread may notice that another one has let the memory grow: then what it reads next may lie beyond the old end. */
function reloadIfShared(c: FunctionEmitter, memory: number): void {
  if (c.info.spaces.memories[memory]!.shared) c.reloadViews();
}

function lane(name: LaneLoadOp | LaneStoreOp): Rule {
  const { bytes, effect } = OPCODES[name];
  const isStore = effect === 'write';
  return (c) => {
    const { index, lane: at } = c.reader;
    c.flushBelow(2);
    const [address, vector] = c.popMany(2) as [Operand, Operand];
    c.used.add('E');
    const args = [addressText(c, address), ...vector.words, bytes, at, index].join();
    if (isStore) {
      c.emit(`E.storeLane(${args});`);
      c.release(address, vector);
    } else takeCall(c, `E.loadLane(${args})`, [address, vector], V128, true);
  };
}

function atomic(name: AtomicOp): Rule {
  const { sig, bytes, atomic: operator } = OPCODES[name];
  const [operands, results] = sig.split(':') as [string, string];
  const wide = sig.includes('I');
  return (c) => {
    c.flushBelow(operands.length);
    const [address, ...values] = c.popMany(operands.length) as [Operand, ...Operand[]];
    c.used.add('E');
    const words = [...values, ...values].slice(0, 2).flatMap((one) => (wide ? one.words : [one.words[0]!, '0']));
    while (words.length < 4) words.push('0');
    const { index } = c.reader;
    const args = [index, addressText(c, address), bytes, JSON.stringify(operator), ...words];
    const call = `E.atomic(${args.join()})`;
    if (results) takeCall(c, call, [address, ...values], TYPES[results]!, true);
    else {
      c.emit(`${call};`);
      c.release(address, ...values);
    }
    reloadIfShared(c, index);
  };
}
function wait(wide: boolean): Rule {
  return (c) => {
    c.flushBelow(3);
    const [address, expected, timeout] = c.popMany(3) as [Operand, Operand, Operand];
    c.used.add('E');
    const value = wide ? expected.words : [expected.words[0]!, '0'];
    const { index } = c.reader;
    const args = [index, addressText(c, address), wide, ...value, ...timeout.words];
    // A thread that waits gives its fuel back.
    handOver(c);
    takeCall(c, `E.atomicWait(${args.join()})`, [address, expected, timeout], I32, true);
    takeBack(c);
    reloadIfShared(c, index);
  };
}

export const MEMORY_RULES = {
  'memory.size': sizeRule('memorySize', '', addressType),
  'memory.grow': sizeRule('memoryGrow', 'A', addressType),
  'memory.fill': libraryCall('memoryFill', 'AiA', undefined, oneIndex),
  'memory.copy': libraryCall('memoryCopy', 'AAA', undefined, twoIndices),
  'memory.init': libraryCall('memoryInit', 'AAA', undefined, twoIndices),
  'data.drop': libraryCall('dataDrop', '', undefined, oneIndex),
  'atomic.fence': () => {},
  'memory.atomic.notify': (c) => {
    c.flushBelow(2);
    const [address, count] = c.popMany(2) as [Operand, Operand];
    c.used.add('E');
    const args = [c.reader.index, addressText(c, address), `${count.words[0]}>>>0`];
    takeCall(c, `E.atomicNotify(${args.join()})`, [address, count], I32, true);
  },
  'memory.atomic.wait32': wait(false),
  'memory.atomic.wait64': wait(true),
} satisfies Partial<Record<RuledOp, Rule>>;

/** Returns the rule of an access of a memory. */
export function accessRule(name: AccessOp): Rule {
  const { atomic: operator, imm, effect } = opcodeRow(name);
  if (operator !== undefined) return atomic(name as AtomicOp);
  if (imm!.includes('lane')) return lane(name as LaneLoadOp | LaneStoreOp);
  const usual = effect === 'write' ? store(name as StoreOp) : LOADS[name as LoadOp];
  const plain = plainAccess(name, usual);
  return (c) => (c.isPlain ? plain : usual)(c);
}
