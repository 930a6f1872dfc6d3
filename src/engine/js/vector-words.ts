// Vector instructions word by word: the texts of small functions from words of the operands to a word of the result, which a chunk
// declares when it uses them. Each chunk has its own, so that V8 learns about each alone and puts it where it is called. Refuses
// instructions whose lanes are no part of a word.
type Lanes = 's8' | 'u8' | 's16' | 'u16' | 's32' | 'u32' | 'f32';

const LANE: Readonly<Record<Exclude<Lanes, 'f32'>, (word: string, lane: number) => string>> = {
  s8: (word, lane) => `${word}<<${24 - lane * 8}>>24`,
  u8: (word, lane) => `${word}>>>${lane * 8}&255`,
  s16: (word, lane) => `${word}<<${16 - lane * 16}>>16`,
  u16: (word, lane) => `${word}>>>${lane * 16}&65535`,
  s32: (word) => word,
  u32: (word) => `${word}>>>0`,
};

/** A function of words a and b; the expression is of lanes x and y, or n, a count, for the second. */
function lanewise(lanes: Lanes, expression: string): string {
  if (lanes === 'f32') {
    const result = expression.startsWith('=') ? `return ${expression.slice(1)};` : `FF[2]=${expression};return FI[2];`;
    return `(a,b)=>{FI[0]=a;FI[1]=b;const x=FF[0],y=FF[1];${result}}`;
  }
  const width = Number(lanes.slice(1));
  let text = '(a,b)=>{let x=0,y=0,t=0,r=0;const n=b;';
  for (let lane = 0; lane < 32 / width; lane++) {
    const value = width === 32 ? expression : `((${expression})&${2 ** width - 1})<<${lane * width}`;
    text += `x=${LANE[lanes]('a', lane)};y=${LANE[lanes]('b', lane)};r=r|${value.startsWith('(') ? value : `(${value})`};`;
  }
  return `${text}return r;}`;
}

const clamp = (sum: string, low: number, high: number): string => `(t=${sum})<${low}?${low}:t>${high}?${high}:t`;

function integerTexts(shape: string, width: 8 | 16 | 32): [string, string][] {
  const made: [string, string][] = [];
  const add = (name: string, lanes: Lanes, expression: string): void => {
    made.push([`${shape}.${name}`, lanewise(lanes, expression)]);
  };
  const signed = `s${width}` as Lanes;
  const unsigned = `u${width}` as Lanes;
  const compares = { lt: '<', gt: '>', le: '<=', ge: '>=' };
  for (const [name, operator] of Object.entries(compares)) {
    add(`${name}_s`, signed, `x${operator}y?-1:0`);
    add(`${name}_u`, unsigned, `x${operator}y?-1:0`);
  }
  add('eq', signed, 'x===y?-1:0');
  add('ne', signed, 'x!==y?-1:0');
  for (const [name, operator] of [['min', '<'] as const, ['max', '>'] as const]) {
    add(`${name}_s`, signed, `x${operator}y?x:y`);
    add(`${name}_u`, unsigned, `x${operator}y?x:y`);
  }
  add('abs', signed, 'x<0?-x:x');
  add('neg', signed, '-x');
  add('shl', signed, `x<<(n&${width - 1})`);
  add('shr_s', signed, `x>>(n&${width - 1})`);
  add('shr_u', unsigned, `x>>>(n&${width - 1})`);
  if (width === 32) return made;
  add('add', signed, 'x+y');
  add('sub', signed, 'x-y');
  add('avgr_u', unsigned, '(x+y+1)>>1');
  for (const [name, operator] of [['add_sat', '+'] as const, ['sub_sat', '-'] as const]) {
    add(`${name}_s`, signed, clamp(`x${operator}y`, -(2 ** (width - 1)), 2 ** (width - 1) - 1));
    add(`${name}_u`, unsigned, clamp(`x${operator}y`, 0, 2 ** width - 1));
  }
  if (width === 16) {
    add('mul', signed, 'Math.imul(x,y)');
    add('q15mulr_sat_s', signed, '(t=(Math.imul(x,y)+16384)>>15)>32767?32767:t');
  }
  return made;
}

const FLOATS: Readonly<Record<string, string>> = {
  add: 'x+y',
  sub: 'x-y',
  mul: 'x*y',
  div: 'x/y',
  min: 'Math.min(x,y)',
  max: 'Math.max(x,y)',
  sqrt: 'Math.sqrt(x)',
  eq: '=x===y?-1:0',
  ne: '=x!==y?-1:0',
  lt: '=x<y?-1:0',
  gt: '=x>y?-1:0',
  le: '=x<=y?-1:0',
  ge: '=x>=y?-1:0',
};

/** By an instruction's name: a function's text. */
export const WORD_TEXTS: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ...integerTexts('i8x16', 8),
  ...integerTexts('i16x8', 16),
  ...integerTexts('i32x4', 32),
  ...Object.entries(FLOATS).map(([name, text]) => [`f32x4.${name}`, lanewise('f32', text)] as [string, string]),
  ['i32x4.dot_i16x8_s', '(a,b)=>Math.imul(a<<16>>16,b<<16>>16)+Math.imul(a>>16,b>>16)|0'],
]);

/** Bytes `low` to `low + 3` of a shuffle of the words of two vectors, as an expression; each byte is a number below 32. */
export function shuffledWord(words: readonly string[], bytes: readonly number[]): string {
  if (bytes[0]! % 4 === 0 && bytes.every((byte, i) => byte === bytes[0]! + i)) return words[bytes[0]! >> 2]!;
  const parts = bytes.map((byte, i) => {
    const lane = LANE.u8(words[byte >> 2]!, byte & 3);
    return i === 0 ? `(${lane})` : `(${lane})<<${i * 8}`;
  });
  return `(${parts.join('|')})`;
}
