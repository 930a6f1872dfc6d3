// Vectors of floats. The result of an instruction stays in numbers, one variable for each lane, for a following instruction that reads it as
// floats; other instructions convert the lanes to words. Refuses what must keep the bits of a signalling NaN: arithmetic reads and makes quiet
// ones.
import type { VectorOp } from '../../wasm/opcodes.js';
import { F32, F64, V128 } from '../../wasm/types.js';
import type { FunctionEmitter, Rule } from './function-emitter.js';
import { type Lanes, type Operand, tempName } from './operands.js';

type FloatType = Lanes['type'];

/** Returns the words of lanes; each expression stands alone. */
function wordsOf({ type, names }: Lanes): string[] {
  if (type === F32) return names.map((lane) => `(FF[0]=${lane},FI[0])`);
  return names.flatMap((lane) => [`(FD[0]=${lane},FI[0])`, `(FD[0]=${lane},FI[1])`]);
}

/** Returns an integer text of emit.ts as a number. */
function constantOf(word: string): number | undefined {
  return /^\(?-?\d+\)?$/.test(word) ? Number(word.replace(/[()]/g, '')) : undefined;
}
/** Returns a constant lane as a number's text; undefined if it is not constant, or not a number. */
function constantLane(words: readonly string[]): string | undefined {
  const values = words.map(constantOf);
  if (values.includes(undefined)) return undefined;
  const bits = Int32Array.from(values as number[]);
  const value = bits.length === 1 ? new Float32Array(bits.buffer)[0]! : new Float64Array(bits.buffer)[0]!;
  if (!Number.isFinite(value)) return undefined;
  return Object.is(value, -0) ? '(-0)' : value < 0 ? `(${value})` : String(value);
}

/** Returns the lanes of a vector, as expressions to be written once each. */
function lanesOf(c: FunctionEmitter, { words, lanes }: Operand, type: FloatType): readonly string[] {
  if (lanes?.type === type) return lanes.names;
  c.used.add('FI').add(type === F32 ? 'FF' : 'FD');
  if (type === F32) return words.map((word) => constantLane([word]) ?? `(FI[0]=${word},FF[0])`);
  return [0, 2].map((k) => {
    const [low, high] = [words[k]!, words[k + 1]!];
    return constantLane([low, high]) ?? `(FI[0]=${low},FI[1]=${high},FD[0])`;
  });
}
function pushLanes(c: FunctionEmitter, type: FloatType, texts: readonly string[], from: readonly Operand[]): void {
  const temps = texts.map(() => c.temp(1));
  texts.forEach((text, k) => {
    c.emit(`${tempName(temps[k]!)}=${text};`);
  });
  c.release(...from);
  c.used.add('FI').add(type === F32 ? 'FF' : 'FD');
  const lanes = { type, names: temps.map(tempName) };
  c.pushText(V128, wordsOf(lanes), [], { temps, lanes });
}

/** Compiles an instruction lane by lane, from the lanes x and y. */
function lanewise(type: FloatType, count: 1 | 2, text: (x: string, y: string) => string): Rule {
  return (c) => {
    c.flushBelow(count);
    const operands = c.popMany(count);
    const [xs, ys = []] = operands.map((one) => lanesOf(c, one, type)) as [readonly string[], (readonly string[])?];
    pushLanes(
      c,
      type,
      xs.map((x, k) => text(x, ys[k]!)),
      operands,
    );
  };
}
/** Compiles a comparison, which gives a mask of ones in the lanes where it is true. */
function comparison(type: FloatType, operator: string): Rule {
  return (c) => {
    c.flushBelow(2);
    const operands = c.popMany(2);
    const [xs, ys] = operands.map((one) => lanesOf(c, one, type)) as [readonly string[], readonly string[]];
    const temps = xs.map(() => c.temp(0));
    xs.forEach((x, k) => {
      c.emit(`${tempName(temps[k]!)}=${x}${operator}${ys[k]}?-1:0;`);
    });
    c.release(...operands);
    const names = temps.map(tempName);
    c.pushText(V128, type === F32 ? names : names.flatMap((name) => [name, name]), [], { temps, simple: true });
  };
}
/** Converts from i32 lanes alone, since the halves of an i64x2 are not separate numbers. */
function conversion(unsigned: boolean): Rule {
  return (c) => {
    c.flushBelow(1);
    const a = c.pop();
    pushLanes(
      c,
      F32,
      a.words.map((word) => `Math.fround(${word}${unsigned ? '>>>0' : ''})`),
      [a],
    );
  };
}

function extracted(type: FloatType): Rule {
  return (c) => {
    const { lane } = c.reader;
    const names = c.at(0).lanes?.type === type ? c.at(0).lanes!.names : undefined;
    if (names === undefined) c.materialize(0);
    const a = c.pop();
    if (names !== undefined) c.pushText(type, [names[lane]!], [a], { quiet: true });
    else if (type === F32) {
      const bits = a.words[lane]!;
      c.used.add('f32FromBits');
      c.pushText(F32, [`f32FromBits(${bits})`], [a], { quiet: false, bits });
    } else {
      c.used.add('f64FromBits');
      c.pushText(F64, [`f64FromBits(${a.words[lane * 2]},${a.words[lane * 2 + 1]})`], [a], { quiet: false });
    }
  };
}
function splat(type: FloatType): Rule {
  return (c) => {
    c.materialize(0);
    const a = c.pop();
    const [name] = a.words as [string];
    const names = type === F32 ? [name, name, name, name] : [name, name];
    c.used.add('FI').add(type === F32 ? 'FF' : 'FD');
    let words = wordsOf({ type, names });
    if (type === F32 && !a.quiet) {
      c.markExact(a);
      if (a.bits === undefined) c.used.add('f32ToBits');
      words = names.map(() => a.bits ?? `f32ToBits(${name})`);
    }
    c.pushText(V128, words, [a], { lanes: { type, names } });
  };
}

const COMPARISONS = { eq: '===', ne: '!==', lt: '<', gt: '>', le: '<=', ge: '>=' };

function rulesOf(shape: 'f32x4' | 'f64x2', type: FloatType, rounded: (text: string) => string): [string, Rule][] {
  const rules: [string, Rule][] = Object.entries({ add: '+', sub: '-', mul: '*', div: '/' }).map(([name, operator]) => [
    name,
    lanewise(type, 2, (x, y) => rounded(`${x}${operator}${y}`)),
  ]);
  rules.push(
    ['min', lanewise(type, 2, (x, y) => `Math.min(${x},${y})`)],
    ['max', lanewise(type, 2, (x, y) => `Math.max(${x},${y})`)],
    ['sqrt', lanewise(type, 1, (x) => rounded(`Math.sqrt(${x})`))],
  );
  rules.push(['splat', splat(type)], ['extract_lane', extracted(type)]);
  for (const [name, operator] of Object.entries(COMPARISONS)) rules.push([name, comparison(type, operator)]);
  return rules.map(([name, rule]) => [`${shape}.${name}`, rule]);
}

/** The rules of instructions that read lanes as floats. */
export const FLOAT_RULES: Readonly<Partial<Record<VectorOp, Rule>>> = /* @__PURE__ */ Object.fromEntries([
  ...rulesOf('f32x4', F32, (text) => `Math.fround(${text})`),
  ...rulesOf('f64x2', F64, (text) => text),
  ['f32x4.convert_i32x4_s', conversion(false)],
  ['f32x4.convert_i32x4_u', conversion(true)],
]);
