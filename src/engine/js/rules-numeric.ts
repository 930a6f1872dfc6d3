// Scalar arithmetic: the templates of wasm/semantics.ts, and special forms for constants or for the JavaScript engine's optimizer.
import { OPCODES, opcodeRow, type RuledOp, type ScalarOp, type WideOp } from '../../wasm/opcodes.js';
import { F32, F64, I32, I64, type ValType } from '../../wasm/types.js';
import type { FunctionEmitter, Rule } from './function-emitter.js';
import { intOf, intText, type Operand, tempName } from './operands.js';
import { fill, type Template, templateOf } from './templates.js';

export const TYPES: Readonly<Record<string, ValType>> = { i: I32, I: I64, f: F32, F: F64 };

function namesOf(a: Operand, b: Operand | undefined): Record<string, string> {
  const [al, ah] = a.words as [string, string];
  const names: Record<string, string> = { a: al, al, ah };
  if (b) {
    const [bl, bh] = b.words as [string, string];
    names['b'] = bl;
    names['bl'] = bl;
    names['bh'] = bh;
  }
  return names;
}

/** The end of the templates whose results are loose without it. */
const TO_INT = '|0';

/** Writes constants as the unsigned numbers that they are. */
function foldUnsigned(text: string): string {
  return text.replace(/(?<!\w)\((?:(\d+)|\((-\d+)\))>>>0\)/g, (_, digits, negative) =>
    String(Number(digits ?? negative) >>> 0),
  );
}

function use(c: FunctionEmitter, template: Template): void {
  for (const name of template.names) c.used.add(name);
}

/** Writes the checks that make an instruction trap; its operands are simple and still on the stack. */
function writeChecks(c: FunctionEmitter, template: Template, names: Record<string, string>): void {
  c.used.add('E');
  for (const { condition, trap } of template.checks) c.emit(`if(${fill(condition, names)})E.trap(${trap});`);
}

/** Whether a division by a constant cannot trap: the constant is neither 0, nor -1 if the quotient may be too large. */
function isSafeDivisor({ checks }: Template, b: Operand | undefined): boolean {
  if (!b?.constant || (b.low | b.high) === 0) return false;
  return checks.length === 1 || b.low !== -1 || (b.type === I64 && b.high !== -1);
}

/** The constant operands for which V8 drops an instruction, which lets a signalling NaN through. */
type Identity = readonly [right: string | undefined, left: string | undefined];
const MUL: Identity = ['1', '1'];
const DIV: Identity = ['1', undefined];
const SUB: Identity = ['0', undefined];
const ADD: Identity = ['(-0)', '(-0)'];
const IDENTITIES: Readonly<Partial<Record<ScalarOp, Identity>>> = {
  ...{ 'f32.mul': MUL, 'f32.div': DIV, 'f32.sub': SUB, 'f32.add': ADD },
  ...{ 'f64.mul': MUL, 'f64.div': DIV, 'f64.sub': SUB, 'f64.add': ADD },
};

function canonical(c: FunctionEmitter): void {
  c.materialize(0);
  const value = c.pop();
  c.pushText(value.type, [`(${value.words[0]}===${value.words[0]}?${value.words[0]}:NaN)`], [value]);
}

/** Compiles a scalar instruction by its template. */
function scalar(name: ScalarOp): Rule {
  const [operands, results] = OPCODES[name].sig.split(':') as [string, string];
  const result = TYPES[results]!;
  const binary = operands.length === 2;
  const makesNan = opcodeRow(name).nan !== undefined;
  const identity = IDENTITIES[name];
  return (c) => {
    const template = templateOf(name);
    const checked = template.checks.length > 0 && !(binary && isSafeDivisor(template, c.at(0)));
    if (binary && (template.repeats[1] || checked)) c.materialize(0);
    if (template.repeats[0] || checked) c.materialize(binary ? 1 : 0);
    if (checked) c.flush();
    const b = binary ? c.pop() : undefined;
    const a = c.pop();
    const names = namesOf(a, b);
    if (template.takesBits) {
      names['a'] = intOf(a);
      if (b) names['b'] = intOf(b);
    }
    use(c, template);
    if (checked) writeChecks(c, template, names);
    const from = b ? [a, b] : [a];
    if (template.condition) {
      c.pushCondition(foldUnsigned(fill(template.condition, names)), from);
      return;
    }
    if (template.value) {
      const value = foldUnsigned(fill(template.value, names));
      let text = `(${value})`;
      if (identity && b) {
        if (b.words[0] === identity[0] && !a.quiet) text = quieted(c, a);
        else if (a.words[0] === identity[1] && !b.quiet) text = quieted(c, b);
      }
      if (name === 'f64.promote_f32' && !a.quiet) text = quieted(c, a);
      const loose =
        c.isPlain && template.takesBits && value.endsWith(TO_INT) ? value.slice(0, -TO_INT.length) : undefined;
      c.pushText(result, [text], from, { loose });
      if (makesNan && c.options.deterministic) canonical(c);
      return;
    }
    pushPair(c, template, names, from);
  };
}

/** Makes a signalling NaN quiet by an addition that the JavaScript engine's optimizer cannot drop. */
function quieted(c: FunctionEmitter, value: Operand): string {
  const helper = value.type === F32 ? 'quietF32' : 'quiet';
  c.used.add(helper);
  return `${helper}(${value.words[0]})`;
}

function pushPair(
  c: FunctionEmitter,
  template: Template,
  names: Record<string, string>,
  from: readonly Operand[],
): void {
  if (!template.highReadsLow) {
    c.pushText(I64, [`(${fill(template.low!, names)})`, `(${fill(template.high!, names)})`], from);
    return;
  }
  if (from.some((one) => one.effects)) c.flush();
  const low = c.temp(0);
  names['lo'] = tempName(low);
  c.emit(`${names['lo']}=${fill(template.low!, names)};`);
  if (template.names.includes('HIGH')) {
    const high = c.temp(0);
    c.emit(`${tempName(high)}=HIGH[0];`);
    c.release(...from);
    c.pushTemps(I64, [low, high]);
    return;
  }
  // The high word folds; it reads the low word's variable.
  const temps = [low];
  c.pushText(I64, [names['lo']!, `(${fill(template.high!, names)})`], from);
  const pushed = c.pop();
  c.push({ ...pushed, temps: [...pushed.temps, ...temps] });
}

// ---- integers with constants ----

const foldable = (c: FunctionEmitter): boolean => c.at(0).constant && c.at(1).constant;

/** Compiles i32.add and i32.sub, folding constants. */
function addLike(name: 'i32.add' | 'i32.sub'): Rule {
  const plain = scalar(name);
  const sign = name === 'i32.add' ? 1 : -1;
  return (c) => {
    const k = c.at(0);
    if (foldable(c)) {
      const [a, b] = c.popMany(2) as [Operand, Operand];
      c.pushConstant(I32, (a.low + sign * b.low) | 0, 0);
    } else if (k.constant && k.low !== -0x8000_0000) {
      c.pop();
      const a = c.pop();
      const value = sign * k.low;
      const sum = `${intOf(a)}${value < 0 ? value : `+${value}`}`;
      const text = value === 0 ? a.words[0]! : `(${sum}|0)`;
      c.pushText(I32, [text], [a], { loose: c.isPlain && value !== 0 ? `(${sum})` : a.loose });
    } else plain(c);
  };
}

/** Returns bits of the word `x` shifted left by k, filled up with those of `y`; 0 < k < 32. */
const funnelLeft = (x: string, y: string, k: number): string => `(${x}<<${k}|${y}>>>${32 - k})`;
const funnelRight = (x: string, y: string, k: number): string => `(${x}>>>${k}|${y}<<${32 - k})`;

type Shift64 = 'i64.shl' | 'i64.shr_s' | 'i64.shr_u' | 'i64.rotl' | 'i64.rotr';
function shift64(name: Shift64): Rule {
  const plain = scalar(name);
  return (c) => {
    if (!c.at(0).constant) {
      plain(c);
      return;
    }
    const k = c.pop().low & 63;
    if (k !== 32 && k !== 0) c.materialize(0);
    const a = c.pop();
    c.pushText(I64, shiftedPair(name, a.words[0]!, a.words[1]!, k), [a]);
  };
}
/** Returns the words of a 64-bit shift or rotation by a constant. */
function shiftedPair(op: Shift64, al: string, ah: string, k: number): string[] {
  if (k === 0) return [al, ah];
  switch (op) {
    case 'i64.shl':
      return k < 32 ? [`(${al}<<${k})`, funnelLeft(ah, al, k)] : ['0', k === 32 ? al : `(${al}<<${k - 32})`];
    case 'i64.shr_u':
      if (k === 32) return [ah, '0'];
      return k < 32 ? [funnelRight(al, ah, k), `(${ah}>>>${k}|0)`] : [`(${ah}>>>${k - 32}|0)`, '0'];
    case 'i64.shr_s':
      return k < 32 ? [funnelRight(al, ah, k), `(${ah}>>${k})`] : [k === 32 ? ah : `(${ah}>>${k - 32})`, `(${ah}>>31)`];
    case 'i64.rotr':
      return shiftedPair('i64.rotl', al, ah, 64 - k);
    case 'i64.rotl':
      if (k === 32) return [ah, al];
      return k < 32
        ? [funnelLeft(al, ah, k), funnelLeft(ah, al, k)]
        : [funnelLeft(ah, al, k - 32), funnelLeft(al, ah, k - 32)];
  }
}

function rotate32(name: 'i32.rotl' | 'i32.rotr'): Rule {
  const plain = scalar(name);
  return (c) => {
    if (!c.at(0).constant) {
      plain(c);
      return;
    }
    const k = (name === 'i32.rotl' ? c.at(0).low : -c.at(0).low) & 31;
    c.pop();
    if (k === 0) return;
    c.materialize(0);
    const a = c.pop();
    c.pushText(I32, [funnelLeft(a.words[0]!, a.words[0]!, k)], [a]);
  };
}

/** Whether a word is the constant 0. */
const isZero = (word: string): boolean => word === '0';

/** Returns a word as an unsigned number. */
const unsigned = (word: string, { constant, low }: Operand): string => (constant ? String(low >>> 0) : `(${word}>>>0)`);

/**
 * Writes a 64-bit product. The high word of the product of the low words is the rest of their double product without the low word: that double is
 * off by at most 2^11, so that the nearest multiple of 2^32 is exact. It is written inline, so that it does not depend on the JavaScript engine's
 * inlining budget.
 */
function multiply64(c: FunctionEmitter): void {
  c.materialize(1);
  c.materialize(0);
  const [a, b] = c.popMany(2) as [Operand, Operand];
  const [al, ah] = a.words as [string, string];
  const [bl, bh] = b.words as [string, string];
  const temps = c.tempsFor(I64);
  const [low, high] = temps.map(tempName) as [string, string];
  let text = `${low}=Math.imul(${al},${bl});`;
  text += `${high}=(${unsigned(al, a)}*${unsigned(bl, b)}-(${low}>>>0))*2.3283064365386963e-10+0.5|0;`;
  if (!isZero(bh)) text += `${high}=${high}+Math.imul(${al},${bh})|0;`;
  if (!isZero(ah)) text += `${high}=${high}+Math.imul(${ah},${bl})|0;`;
  c.emit(text);
  c.release(a, b);
  c.pushTemps(I64, temps);
}

/** Compiles and, or, xor of 64 bits if a word of an operand is constant. */
function bitwise64(name: 'i64.and' | 'i64.or' | 'i64.xor'): Rule {
  const sign = { 'i64.and': '&', 'i64.or': '|', 'i64.xor': '^' }[name];
  const combine = (x: string, y: string): string => {
    if (sign === '&') {
      if (isZero(x) || isZero(y)) return '0';
      if (x === '(-1)') return y;
      if (y === '(-1)') return x;
    } else {
      if (isZero(x)) return y;
      if (isZero(y)) return x;
    }
    return `(${x}${sign}${y})`;
  };
  return (c) => {
    const [a, b] = c.popMany(2) as [Operand, Operand];
    c.pushText(I64, [combine(a.words[0]!, b.words[0]!), combine(a.words[1]!, b.words[1]!)], [a, b]);
  };
}

// ---- floats and their bits ----

function constantF32(c: FunctionEmitter): void {
  const { low, f32 } = c.reader;
  if (!Number.isNaN(f32)) c.pushFixed(F32, [floatText(f32)], true, intText(low));
  else {
    c.used.add('f32FromBits');
    c.pushFixed(F32, [`f32FromBits(${low})`], (low & 0x400000) !== 0, intText(low));
  }
}
function constantF64(c: FunctionEmitter): void {
  const { low, high, f64 } = c.reader;
  if (!Number.isNaN(f64)) c.pushFixed(F64, [floatText(f64)]);
  else {
    c.used.add('f64FromBits');
    c.pushFixed(F64, [`f64FromBits(${low},${high})`], (high & 0x80000) !== 0);
  }
}
function floatText(value: number): string {
  return value < 0 || Object.is(value, -0) ? `(${Object.is(value, -0) ? '-0' : value})` : String(value);
}

/** Compiles abs, neg, copysign. Both types of floats are JavaScript numbers whose NaNs keep sign and payload, so one form serves both. */
function signRule(type: ValType, op: 'abs' | 'neg' | 'copysign'): Rule {
  return (c) => {
    if (op === 'copysign') {
      const [a, b] = c.popMany(2) as [Operand, Operand];
      c.markExact(a);
      c.markExact(b);
      c.used.add('copysign');
      c.pushText(type, [`copysign(${exact(c, a)},${exact(c, b)})`], [a, b], { quiet: a.quiet });
      return;
    }
    if (op === 'neg') c.materialize(0);
    const a = c.pop();
    c.markExact(a);
    const text = exact(c, a);
    if (op === 'neg') c.used.add('negateNan');
    const words = [op === 'abs' ? `Math.abs(${text})` : `(${text}===${text}?-${text}:negateNan(${text}))`];
    c.pushText(type, words, [a], { quiet: a.quiet });
  };
}
function exact(c: FunctionEmitter, a: Operand): string {
  if (a.type !== F32 || a.bits === undefined || a.quiet) return a.words[0]!;
  c.used.add('f32FromBits');
  return `f32FromBits(${a.bits})`;
}

function bitsOfF32(c: FunctionEmitter): void {
  const a = c.pop();
  c.markExact(a);
  if (a.bits === undefined) c.used.add('f32ToBits');
  c.pushText(I32, [a.bits ?? `f32ToBits(${a.words[0]})`], [a]);
}
function f32OfBits(c: FunctionEmitter): void {
  c.materialize(0);
  const a = c.pop();
  c.used.add('f32FromBits');
  c.pushText(F32, [`f32FromBits(${a.words[0]})`], [a], { quiet: false, bits: a.words[0]! });
}
function bitsOfF64(c: FunctionEmitter): void {
  c.flush();
  const a = c.pop();
  c.used.add('f64ToBits').add('HIGH');
  const temps = c.tempsFor(I64);
  c.emit(`${tempName(temps[0]!)}=f64ToBits(${a.words[0]});${tempName(temps[1]!)}=HIGH[0];`);
  c.release(a);
  c.pushTemps(I64, temps);
}
function f64OfBits(c: FunctionEmitter): void {
  const a = c.pop();
  c.used.add('f64FromBits');
  c.pushText(F64, [`f64FromBits(${a.words.join()})`], [a], { quiet: false });
}

function wide(name: WideOp): Rule {
  const count = OPCODES[name].sig.indexOf(':');
  const helper = name.replace('.', '_');
  return (c) => {
    const operands = c.popMany(count);
    c.used.add(helper).add('WIDE');
    c.emit(`${helper}(${operands.flatMap((one) => one.words).join()});`);
    const low = c.tempsFor(I64);
    const high = c.tempsFor(I64);
    [...low, ...high].forEach((temp, i) => {
      c.emit(`${tempName(temp)}=WIDE[${i}];`);
    });
    c.release(...operands);
    c.pushTemps(I64, low);
    c.pushTemps(I64, high);
  };
}

function eqz(c: FunctionEmitter): void {
  const a = c.pop();
  c.pushCondition(a.condition === undefined ? `${a.words[0]}===0` : `!(${a.condition})`, [a]);
}

export const CONSTANT_RULES = {
  'i32.const': (c) => c.pushConstant(I32, c.reader.low, 0),
  'i64.const': (c) => c.pushConstant(I64, c.reader.low, c.reader.high),
  'f32.const': constantF32,
  'f64.const': constantF64,
} satisfies Partial<Record<RuledOp, Rule>>;

/** The instructions with a form of their own. */
const SPECIAL: Readonly<Partial<Record<ScalarOp, Rule>>> = {
  'i32.eqz': eqz,
  'i32.add': addLike('i32.add'),
  'i32.sub': addLike('i32.sub'),
  'i32.rotl': rotate32('i32.rotl'),
  'i32.rotr': rotate32('i32.rotr'),
  'i64.shl': shift64('i64.shl'),
  'i64.shr_s': shift64('i64.shr_s'),
  'i64.shr_u': shift64('i64.shr_u'),
  'i64.rotl': shift64('i64.rotl'),
  'i64.rotr': shift64('i64.rotr'),
  'i64.mul': multiply64,
  'i64.and': bitwise64('i64.and'),
  'i64.or': bitwise64('i64.or'),
  'i64.xor': bitwise64('i64.xor'),
  'i32.wrap_i64': (c) => {
    const a = c.pop();
    if (a.constant) c.pushConstant(I32, a.low, 0);
    else c.pushText(I32, [a.words[0]!], [a], { simple: a.simple });
  },
  'f32.abs': signRule(F32, 'abs'),
  'f32.neg': signRule(F32, 'neg'),
  'f32.copysign': signRule(F32, 'copysign'),
  'f64.abs': signRule(F64, 'abs'),
  'f64.neg': signRule(F64, 'neg'),
  'f64.copysign': signRule(F64, 'copysign'),
  'i32.reinterpret_f32': bitsOfF32,
  'f32.reinterpret_i32': f32OfBits,
  'i64.reinterpret_f64': bitsOfF64,
  'f64.reinterpret_i64': f64OfBits,
  'i64.add128': wide('i64.add128'),
  'i64.sub128': wide('i64.sub128'),
  'i64.mul_wide_s': wide('i64.mul_wide_s'),
  'i64.mul_wide_u': wide('i64.mul_wide_u'),
};

/** Returns the rule of a scalar instruction. */
export function scalarRule(name: ScalarOp): Rule {
  return SPECIAL[name] ?? scalar(name);
}
