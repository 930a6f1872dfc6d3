// Loads and stores of plain code (emit-options.ts). Where nothing is compiled an element of a typed array is read in half the time that a call of a
// DataView's method takes, and outside of the array it is undefined. A base that is not aligned, which programs seldom have, takes the DataView.
// Addresses of 64 bits, offsets and constants that are not aligned, and vectors are left to rules-memory.ts.
import { type AccessOp, opcodeRow } from '../../wasm/opcodes.js';
import { TRAPS } from '../../wasm/traps.js';
import { F32, F64, I32, I64, type ValType } from '../../wasm/types.js';
import type { FunctionEmitter, Rule } from './function-emitter.js';
import { intOf, type Operand, tempName } from './operands.js';
import type { StoredView, View } from './view-scopes.js';

/** An array, the logarithm of its elements' bytes, and the DataView's methods for the same values. */
interface Elements<V extends View> {
  readonly view: V;
  readonly shift: number;
  readonly name: string;
}
const U8 = { view: 'u8', shift: 0, name: 'Uint8' } as const;
const I8 = { view: 'i8', shift: 0, name: 'Int8' } as const;
const U16 = { view: 'u16', shift: 1, name: 'Uint16' } as const;
const I16 = { view: 'i16', shift: 1, name: 'Int16' } as const;
const WORDS = { view: 'i32', shift: 2, name: 'Int32' } as const;
const SINGLES = { view: 'f32', shift: 2, name: 'Float32' } as const;
const DOUBLES = { view: 'f64', shift: 3, name: 'Float64' } as const;

function trap(c: FunctionEmitter): string {
  c.used.add('E');
  return `E.trap(${TRAPS['memory-out-of-bounds'].number})`;
}

/** The address of an access whose element is aligned if its base is. */
interface Place {
  /** The text that evaluates the base first, and the one that reads it then. */
  readonly first: string;
  readonly base: string;
  readonly offset: number;
  /** The bits that are 0 in a base that is aligned; 0: it is. */
  readonly mask: number;
  /** The temporaries in the text. */
  readonly temps: readonly number[];
}
function placeOf(c: FunctionEmitter, address: Operand, shift: number): Place {
  const mask = address.constant ? 0 : (1 << shift) - 1;
  const offset = c.reader.offsetLow >>> 0;
  if (address.simple || mask === 0) {
    const base = address.constant ? String(address.low >>> 0) : intOf(address);
    return { first: base, base, offset, mask, temps: [] };
  }
  const temp = c.temp(0);
  const base = tempName(temp);
  return { first: `(${base}=${intOf(address)})`, base, offset, mask, temps: [temp] };
}
function elementOf({ base, offset }: Place, shift: number): string {
  if (/^\d+$/.test(base)) return String((Number(base) + offset) / (1 << shift));
  return offset === 0 ? `${base}>>>${shift}` : `(${base}>>>${shift})+${offset / (1 << shift)}`;
}
/** Returns the arguments of a DataView's method that come before and after a value. */
function anywhere(c: FunctionEmitter, { base, offset }: Place, { shift }: Elements<View>): [string, string, string] {
  const { index } = c.reader;
  c.used.add(`M${index}`);
  return [`M${index}.view`, offset === 0 ? `${base}>>>0` : `(${base}>>>0)+${offset}`, shift === 0 ? '' : ',true'];
}

function readText(c: FunctionEmitter, place: Place, elements: Elements<View>): string {
  const element = `${c.text.views.array(elements.view, c.reader.index)}[${elementOf(place, elements.shift)}]`;
  if (place.mask === 0) return `(${element}??${trap(c)})`;
  const [view, at, order] = anywhere(c, place, elements);
  return `(${place.first}&${place.mask}?${view}.get${elements.name}(${at}${order}):${element}??${trap(c)})`;
}
function load(type: ValType, elements: Elements<View>): Rule {
  return (c) => {
    const base = c.at(0);
    const place = placeOf(c, base, elements.shift);
    c.pop();
    const text = readText(c, place, elements);
    const bits = type === F32 ? readText(c, place, WORDS) : undefined;
    const held = { ...base, temps: [...base.temps, ...place.temps] };
    c.pushText(type, [text], [held], { effects: true, quiet: type === I32, bits });
  };
}
function extended(elements: Elements<View>, signed: boolean): Rule {
  const read = load(I32, elements);
  return (c) => {
    read(c);
    c.materialize(0);
    const low = c.pop();
    c.pushText(I64, [low.words[0]!, signed ? `(${low.words[0]}>>31)` : '0'], [low]);
  };
}
function loadPair(c: FunctionEmitter): void {
  if (!c.at(0).simple) c.materialize(0);
  const place = placeOf(c, c.at(0), 2);
  const address = c.pop();
  c.flush();
  const words = c.text.views.array('i32', c.reader.index);
  const temps = c.tempsFor(I64);
  const [low, high] = temps.map(tempName) as [string, string];
  const element = elementOf(place, 2);
  const next = elementOf({ ...place, offset: place.offset + 4 }, 2);
  const aligned = `${high}=${words}[${next}]??${trap(c)};${low}=${words}[${element}];`;
  if (place.mask === 0) c.emit(aligned);
  else {
    const [view, at] = anywhere(c, place, WORDS);
    const [, after] = anywhere(c, { ...place, offset: place.offset + 4 }, WORDS);
    c.emit(
      `if(${place.first}&3){${high}=${view}.getInt32(${after},true);${low}=${view}.getInt32(${at},true);}else{${aligned}}`,
    );
  }
  c.release(address);
  c.pushTemps(I64, temps);
}

/** Writes a store of a value at a place: an expression, which must be a variable or a constant where it is written twice. */
function storeElement(c: FunctionEmitter, place: Place, elements: Elements<StoredView>, value: string): void {
  const { view, shift, name } = elements;
  const array = c.text.views.array(view, c.reader.index);
  const count = c.text.views.count(view, c.reader.index);
  const temp = c.temp(1);
  const at = tempName(temp);
  const aligned = `if((${at}=${elementOf(place, shift)})<${count})${array}[${at}]=${value};else ${trap(c)};`;
  if (place.mask === 0) c.emit(aligned);
  else {
    const [data, address, order] = anywhere(c, place, elements);
    c.emit(`if(${place.first}&${place.mask})${data}.set${name}(${address},${value}${order});else ${aligned}`);
  }
  c.releaseTemps([temp, ...place.temps]);
}
function store(elements: Elements<StoredView>): Rule {
  return (c) => {
    if (elements.shift > 0) c.materialize(0);
    const place = placeOf(c, c.at(1), elements.shift);
    c.flushBelow(2);
    const value = c.pop();
    const address = c.pop();
    storeElement(c, place, elements, value.type === F64 ? value.words[0]! : intOf(value));
    c.release(address, value);
  };
}
function storeF32(c: FunctionEmitter): void {
  const { bits, quiet } = c.at(0);
  if (bits === undefined) c.materialize(0);
  const place = placeOf(c, c.at(1), 2);
  c.flushBelow(2);
  const value = c.pop();
  const address = c.pop();
  const [text] = value.words as [string];
  if (bits === undefined && quiet) storeElement(c, place, SINGLES, text);
  else {
    const temp = c.temp(0);
    const name = tempName(temp);
    if (bits === undefined) {
      c.markExact(value);
      c.used.add('f32ToBits');
    }
    c.emit(`${name}=${bits ?? `f32ToBits(${text})`};`);
    storeElement(c, place, WORDS, name);
    c.releaseTemps([temp]);
  }
  c.release(address, value);
}
function storePair(c: FunctionEmitter): void {
  c.materialize(0);
  c.materialize(1);
  const place = placeOf(c, c.at(1), 2);
  c.flushBelow(2);
  const value = c.pop();
  const address = c.pop();
  const [low, high] = value.words as [string, string];
  const { index } = c.reader;
  const words = c.text.views.array('i32', index);
  const temp = c.temp(1);
  const at = tempName(temp);
  const next = elementOf({ ...place, offset: place.offset + 4 }, 2);
  const aligned = `if((${at}=${next})<${c.text.views.count('i32', index)}){${words}[${at}]=${high};${words}[${at}-1]=${low};}else ${trap(c)};`;
  if (place.mask === 0) c.emit(aligned);
  else {
    const [view, first] = anywhere(c, place, WORDS);
    const [, after] = anywhere(c, { ...place, offset: place.offset + 4 }, WORDS);
    c.emit(
      `if(${place.first}&3){${view}.setInt32(${after},${high},true);${view}.setInt32(${first},${low},true);}else ${aligned}`,
    );
  }
  c.releaseTemps([temp]);
  c.release(address, value);
}

const RULES: Readonly<Partial<Record<AccessOp, readonly [rule: Rule, shift: number]>>> = {
  'i32.load': [load(I32, WORDS), 2],
  'i32.load8_s': [load(I32, I8), 0],
  'i32.load8_u': [load(I32, U8), 0],
  'i32.load16_s': [load(I32, I16), 1],
  'i32.load16_u': [load(I32, U16), 1],
  'f32.load': [load(F32, SINGLES), 2],
  'f64.load': [load(F64, DOUBLES), 3],
  'i64.load': [loadPair, 2],
  'i64.load8_s': [extended(I8, true), 0],
  'i64.load8_u': [extended(U8, false), 0],
  'i64.load16_s': [extended(I16, true), 1],
  'i64.load16_u': [extended(U16, false), 1],
  'i64.load32_s': [extended(WORDS, true), 2],
  'i64.load32_u': [extended(WORDS, false), 2],
  'i32.store': [store(WORDS), 2],
  'i32.store8': [store(U8), 0],
  'i32.store16': [store(I16), 1],
  'f32.store': [storeF32, 2],
  'f64.store': [store(DOUBLES), 3],
  'i64.store': [storePair, 2],
  'i64.store8': [store(U8), 0],
  'i64.store16': [store(I16), 1],
  'i64.store32': [store(WORDS), 2],
};

/** Returns the rule of an access in plain code. @param usual the rule of one at any address */
export function plainAccess(name: AccessOp, usual: Rule): Rule {
  const made = RULES[name];
  if (made === undefined) return usual;
  const [rule, shift] = made;
  const below = opcodeRow(name).effect === 'write' ? 1 : 0;
  const mask = (1 << shift) - 1;
  return (c) => {
    const address = c.at(below);
    const { offsetLow, offsetHigh } = c.reader;
    const isElement = address.type === I32 && offsetHigh === 0 && (offsetLow & mask) === 0;
    (isElement && !(address.constant && (address.low & mask) !== 0) ? rule : usual)(c);
  };
}
