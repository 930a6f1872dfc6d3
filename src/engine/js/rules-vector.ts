// The rules of vectors: a v128 is four integer variables. A few instructions are plain JavaScript; the others go through the scratch words of
// numeric/v128-registers.ts.
import { OPCODES, opcodeRow, type RuledOp, type VectorOp } from '../../wasm/opcodes.js';
import { F32, F64, I32, I64, V128, type ValType } from '../../wasm/types.js';
import type { FunctionEmitter, Rule } from './function-emitter.js';
import { intText, type Operand, tempName } from './operands.js';
import { FLOAT_RULES } from './rules-float-lanes.js';
import { shuffledWord, WORD_TEXTS } from './vector-words.js';

const TYPES: Readonly<Record<string, ValType>> = { i: I32, I: I64, f: F32, F: F64, V: V128 };
const RESULT = 12;

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

function throughScratch(name: VectorOp): Rule {
  const { sig, imm, nan } = opcodeRow(name);
  const [operands, results] = sig!.split(':') as [string, string];
  const result = TYPES[results]!;
  const helper = `O_${name.replace('.', '_')}`;
  const canonical = nan === 'f32x4' ? 'canonicalizeF32x4' : 'canonicalizeF64x2';
  return (c) => {
    const { lane } = c.reader;
    c.flushBelow(operands.length);
    const popped = c.popMany(operands.length);
    c.used.add('V').add(helper);
    popped.forEach((operand, i) => {
      toScratch(c, operand, i * 4);
    });
    c.emit(`${helper}(${imm ? lane : 0});`);
    if (c.options.deterministic && nan !== undefined) {
      c.used.add(canonical);
      c.emit(`${canonical}(V,${RESULT});`);
    }
    c.release(...popped);
    fromScratch(c, result);
  };
}

const WORDS = [0, 1, 2, 3] as const;
/** Compiles an instruction word by word, from a text of the operands' k-th words. */
function wordwise(count: number, word: (...words: string[]) => string, repeats = false): Rule {
  return (c) => {
    if (repeats) for (let below = count - 1; below >= 0; below--) c.materialize(below);
    const operands = c.popMany(count);
    c.pushText(
      V128,
      WORDS.map((k) => word(...operands.map((one) => one.words[k]!))),
      operands,
    );
  };
}

/** Compiles an instruction by calls of a function of words, which the chunk declares. */
function throughWords(name: VectorOp): Rule {
  const helper = `A_${name.replace('.', '_')}`;
  const count = OPCODES[name].sig.indexOf(':');
  return (c) => {
    for (let below = count - 1; below >= 0; below--) c.materialize(below);
    const [a, b] = c.popMany(count) as [Operand, Operand | undefined];
    c.used.add(helper);
    const temps = c.tempsFor(V128);
    for (const k of WORDS) {
      const second = b === undefined ? '0' : (b.words[k] ?? b.words[0]!);
      c.emit(`${tempName(temps[k]!)}=${helper}(${a.words[k]},${second})|0;`);
    }
    c.release(a, ...(b ? [b] : []));
    c.pushTemps(V128, temps);
  };
}

/** Compiles the extraction of a lane of an integer vector as an i32. */
function extract(bits: 8 | 16, signed: boolean): Rule {
  return (c) => {
    c.materialize(0);
    const a = c.pop();
    const { lane } = c.reader;
    const word = a.words[Math.floor((lane * bits) / 32)]!;
    const at = (lane * bits) % 32;
    const text = signed ? `(${word}<<${32 - bits - at}>>${32 - bits})` : `(${word}>>>${at}&${2 ** bits - 1})`;
    c.pushText(I32, [text], [a]);
  };
}
/** Compiles the extension of one half's lanes of 8 bits to lanes of 16. */
function extend8(from: 0 | 2, signed: boolean): Rule {
  return (c) => {
    c.materialize(0);
    const a = c.pop();
    const pair = (word: string, at: number): string =>
      signed
        ? `(${word}<<${24 - at}>>24&65535|${word}<<${16 - at}>>24<<16)`
        : `(${word}>>>${at}&255|(${word}>>>${at + 8}&255)<<16)`;
    const [low, high] = [a.words[from]!, a.words[from + 1]!];
    c.pushText(V128, [pair(low, 0), pair(low, 16), pair(high, 0), pair(high, 16)], [a]);
  };
}
/** Compiles the extension of one half's lanes of 16 bits to lanes of 32. */
function extend16(from: 0 | 2, signed: boolean): Rule {
  return (c) => {
    c.materialize(0);
    const a = c.pop();
    const words = [a.words[from]!, a.words[from + 1]!].flatMap((word) =>
      signed ? [`(${word}<<16>>16)`, `(${word}>>16)`] : [`(${word}&65535)`, `(${word}>>>16)`],
    );
    c.pushText(V128, words, [a]);
  };
}
function splatLanes(bits: 8 | 16): Rule {
  return (c) => {
    const a = c.pop();
    c.pushText(I32, [`Math.imul(${a.words[0]}&${2 ** bits - 1},${bits === 8 ? 16843009 : 65537})`], [a]);
    c.materialize(0);
    const word = c.pop();
    c.pushText(
      V128,
      WORDS.map(() => word.words[0]!),
      [word],
    );
  };
}

export const VECTOR_CONSTANT_RULES = {
  'v128.const': (c) => {
    const { bytes, vectorAt } = c.reader;
    c.pushFixed(
      V128,
      WORDS.map((k) => intText(wordAt(bytes, vectorAt + k * 4))),
    );
  },
} satisfies Partial<Record<RuledOp, Rule>>;

/** The instructions that are plain JavaScript. */
const VECTOR_RULES: Readonly<Partial<Record<VectorOp, Rule>>> = {
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
    c.materialize(0);
    const a = c.pop();
    c.pushText(
      V128,
      WORDS.map(() => a.words[0]!),
      [a],
    );
  },
  'i8x16.splat': splatLanes(8),
  'i16x8.splat': splatLanes(16),
  'i8x16.extract_lane_s': extract(8, true),
  'i8x16.extract_lane_u': extract(8, false),
  'i16x8.extract_lane_s': extract(16, true),
  'i16x8.extract_lane_u': extract(16, false),
  'i16x8.extend_low_i8x16_s': extend8(0, true),
  'i16x8.extend_low_i8x16_u': extend8(0, false),
  'i16x8.extend_high_i8x16_s': extend8(2, true),
  'i16x8.extend_high_i8x16_u': extend8(2, false),
  'i32x4.extend_low_i16x8_s': extend16(0, true),
  'i32x4.extend_low_i16x8_u': extend16(0, false),
  'i32x4.extend_high_i16x8_s': extend16(2, true),
  'i32x4.extend_high_i16x8_u': extend16(2, false),
  'i16x8.extadd_pairwise_i8x16_u': wordwise(
    1,
    (a) => `((${a}&255)+(${a}>>>8&255)|((${a}>>>16&255)+(${a}>>>24))<<16)`,
    true,
  ),
  'i16x8.extadd_pairwise_i8x16_s': wordwise(
    1,
    (a) => `((${a}<<24>>24)+(${a}<<16>>24)&65535|((${a}<<8>>24)+(${a}>>24))<<16)`,
    true,
  ),
  'i32x4.extadd_pairwise_i16x8_u': wordwise(1, (a) => `((${a}&65535)+(${a}>>>16)|0)`, true),
  'i32x4.extadd_pairwise_i16x8_s': wordwise(1, (a) => `((${a}<<16>>16)+(${a}>>16)|0)`, true),
  'f32x4.abs': wordwise(1, (a) => `(${a}&2147483647)`),
  'f32x4.neg': wordwise(1, (a) => `(${a}^-2147483648)`),
  'v128.any_true': (c) => {
    c.materialize(0);
    const a = c.pop();
    c.pushCondition(`(${a.words.join('|')})!==0`, [a]);
  },
  'i8x16.shuffle': (c) => {
    c.materialize(1);
    c.materialize(0);
    const { bytes, vectorAt } = c.reader;
    const [a, b] = c.popMany(2) as [Operand, Operand];
    const words = [...a.words, ...b.words];
    c.pushText(
      V128,
      WORDS.map((k) => shuffledWord(words, [...bytes.subarray(vectorAt + k * 4, vectorAt + k * 4 + 4)])),
      [a, b],
    );
    c.materialize(0);
  },
  'i32x4.extract_lane': (c) => {
    const a = c.pop();
    c.pushText(I32, [a.words[c.reader.lane]!], [a]);
  },
};

/** Returns the rule of a vector instruction. */
export function vectorRule(name: VectorOp): Rule {
  const { nan } = opcodeRow(name);
  const floats = FLOAT_RULES[name];
  const fallback = throughScratch(name);
  if (floats !== undefined) return (c) => (c.options.deterministic && nan !== undefined ? fallback(c) : floats(c));
  return VECTOR_RULES[name] ?? (WORD_TEXTS.has(name) ? throughWords(name) : fallback);
}
