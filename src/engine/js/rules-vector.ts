// Vectors: a v128 is four integer variables. A few instructions are JavaScript themselves; the others go through the scratch words of
// numeric/v128-registers.ts.
import type { OpName } from '../../wasm/opcodes.js';
import { opcodeRow } from '../../wasm/opcodes.js';
import { F32, F64, I32, I64, V128, type ValType } from '../../wasm/types.js';
import type { FunctionEmitter } from './emit.js';
import { intText, type Operand, tempName } from './operands.js';
import type { Rule } from './rules-numeric.js';

const TYPES: Readonly<Record<string, ValType>> = { i: I32, I: I64, f: F32, F: F64, V: V128 };
const RESULT = 12;
const MAKES_NAN = /^f(32x4|64x2)\.(ceil|floor|trunc|nearest|sqrt|add|sub|mul|div|min|max|demote|promote|relaxed)/;

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Writes an operand to the scratch words from `at`, as bits. */
function toScratch(c: FunctionEmitter, operand: Operand, at: number): void {
  const [text] = operand.words as [string];
  if (operand.type === F32) {
    c.markExact(operand);
    if (operand.bits === undefined) c.used.add('f32ToBits');
    c.emit(`V[${at}]=${operand.bits ?? `f32ToBits(${text})`};`);
  } else if (operand.type === F64) {
    c.used.add('f64ToBits').add('HIGH');
    c.emit(`V[${at}]=f64ToBits(${text});V[${at + 1}]=HIGH[0];`);
  } else c.emit(operand.words.map((word, i) => `V[${at + i}]=${word};`).join(''));
}

function fromScratch(c: FunctionEmitter, type: ValType): void {
  const temps = c.tempsFor(type);
  if (type === F32) {
    c.used.add('f32FromBits');
    c.emit(`${tempName(temps[0]!)}=f32FromBits(V[${RESULT}]);`);
  } else if (type === F64) {
    c.used.add('f64FromBits');
    c.emit(`${tempName(temps[0]!)}=f64FromBits(V[${RESULT}],V[${RESULT + 1}]);`);
  } else c.emit(temps.map((temp, i) => `${tempName(temp)}=V[${RESULT + i}];`).join(''));
  c.pushTemps(type, temps);
}

function throughScratch(name: OpName): Rule {
  const [operands, results] = opcodeRow(name).sig!.split(':') as [string, string];
  const result = TYPES[results]!;
  const helper = `O_${name.replace('.', '_')}`;
  const canonical = name.startsWith('f32x4') ? 'canonicalizeF32x4' : 'canonicalizeF64x2';
  return (c) => {
    const { bytes, vectorAt, lane } = c.reader;
    c.flushBelow(operands.length);
    const popped = c.popMany(operands.length);
    c.used.add('V').add(helper);
    popped.forEach((operand, i) => {
      toScratch(c, operand, i * 4);
    });
    if (name === 'i8x16.shuffle') {
      for (let i = 0; i < 4; i++) c.emit(`V[${8 + i}]=${wordAt(bytes, vectorAt + i * 4)};`);
      c.emit(`${helper}(0);`);
    } else c.emit(`${helper}(${opcodeRow(name).imm ? lane : 0});`);
    if (c.options.deterministic && MAKES_NAN.test(name)) {
      c.used.add(canonical);
      c.emit(`${canonical}(V,${RESULT});`);
    }
    c.release(...popped);
    fromScratch(c, result);
  };
}

const WORDS = [0, 1, 2, 3] as const;
/** Word by word: a text of the operands' k-th words. */
function wordwise(count: number, word: (...words: string[]) => string, repeats = false): Rule {
  return (c) => {
    if (repeats) for (let below = count - 1; below >= 0; below--) c.settle(below);
    const operands = c.popMany(count);
    c.pushText(
      V128,
      WORDS.map((k) => word(...operands.map((one) => one.words[k]!))),
      operands,
    );
  };
}

export const VECTOR_RULES: Partial<Record<OpName, Rule>> = {
  'v128.const': (c) => {
    const { bytes, vectorAt } = c.reader;
    c.pushFixed(
      V128,
      WORDS.map((k) => intText(wordAt(bytes, vectorAt + k * 4))),
    );
  },
  'v128.not': wordwise(1, (a) => `~${a}`),
  'v128.and': wordwise(2, (a, b) => `(${a}&${b})`),
  'v128.or': wordwise(2, (a, b) => `(${a}|${b})`),
  'v128.xor': wordwise(2, (a, b) => `(${a}^${b})`),
  'v128.andnot': wordwise(2, (a, b) => `(${a}&~${b})`),
  'v128.bitselect': wordwise(3, (a, b, mask) => `(${a}&${mask}|${b}&~${mask})`, true),
  'i32x4.add': wordwise(2, (a, b) => `(${a}+${b}|0)`),
  'i32x4.sub': wordwise(2, (a, b) => `(${a}-${b}|0)`),
  'i32x4.mul': wordwise(2, (a, b) => `Math.imul(${a},${b})`),
  'i32x4.eq': wordwise(2, (a, b) => `(-(${a}===${b})|0)`),
  'i32x4.splat': (c) => {
    c.settle(0);
    const a = c.pop();
    c.pushText(
      V128,
      WORDS.map(() => a.words[0]!),
      [a],
    );
  },
  'i32x4.extract_lane': (c) => {
    const a = c.pop();
    c.pushText(I32, [a.words[c.reader.lane]!], [a]);
  },
};

export function vectorRule(name: OpName): Rule {
  return VECTOR_RULES[name] ?? throughScratch(name);
}
