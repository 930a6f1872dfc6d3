// Vector instructions word by word: the texts of small functions from words of the operands to a word of the result, which a chunk declares when it
// uses them. Each chunk has its own, so that V8 collects feedback for each alone and inlines it. Refuses instructions whose lanes are not part of a
// word.
type Lanes = 'u8' | 's16' | 's32' | 'u32';

const LANE: Readonly<Record<Lanes, (word: string, lane: number) => string>> = {
  u8: (word, lane) => `${word}>>>${lane * 8}&255`,
  s16: (word, lane) => `${word}<<${16 - lane * 16}>>16`,
  s32: (word) => word,
  u32: (word) => `${word}>>>0`,
};

/** Returns a function of words a and b; the expression is of lanes x and y, or of x and n, if the second operand is a count. */
function lanewise(lanes: Lanes, expression: string): string {
  const width = Number(lanes.slice(1));
  let text = '(a,b)=>{let x=0,y=0,t=0,r=0;const n=b;';
  for (let lane = 0; lane < 32 / width; lane++) {
    const value = width === 32 ? expression : `((${expression})&${2 ** width - 1})<<${lane * width}`;
    text += `x=${LANE[lanes]('a', lane)};y=${LANE[lanes]('b', lane)};r=r|${value.startsWith('(') ? value : `(${value})`};`;
  }
  return `${text}return r;}`;
}

/** Repeats a lane of 8 or 16 bits over a word. */
const everyLane = (width: 8 | 16, lane: number): number => (width === 8 ? lane * 0x0101_0101 : lane * 0x0001_0001) | 0;

/**
 * Returns functions of words that process all lanes of 8 or 16 bits at once: H are the lanes' sign bits, L all others, B their lowest bits. A
 * lane's carry must not reach the next, so the sign bits are left out of sums and computed separately.
 */
function packedTexts(shape: string, width: 8 | 16): [string, string][] {
  const H = everyLane(width, 2 ** (width - 1));
  const L = ~H;
  const B = everyLane(width, 1);
  const all = 2 ** width - 1;
  /** Sets all bits of the lanes whose sign bit is set. */
  const spread = (bits: string): string => `Math.imul((${bits})>>>${width - 1}&${B},${all})`;
  const sum = (x: string, y: string): string => `((${x}&${L})+(${y}&${L})^(${x}^${y})&${H})`;
  const difference = (x: string, y: string): string => `((${x}|${H})-(${y}&${L})^(${x}^~${y})&${H})`;
  const below = (x: string, y: string, signed: boolean): string =>
    spread(`${signed ? `${x}&~${y}` : `~${x}&${y}`}|~(${x}^${y})&${difference(x, y)}`);
  const unequal = `Math.imul((((t=a^b)&${L})+${L}|t)>>>${width - 1}&${B},${all})`;
  const choose = (mask: string): string => `m=${mask};return a&m|b&~m;`;
  /** If a sum or difference r has left the range of its lane, it becomes the end of the range on the side of a. */
  const saturate = (overflow: string): string => `m=${spread(overflow)};return r&~m|(a>>>${width - 1}&${B})+${L}&m;`;
  const count = `n=b&${width - 1}`;
  const bodies: Record<string, string> = {
    add: `return ${sum('a', 'b')};`,
    sub: `return ${difference('a', 'b')};`,
    neg: `return ${difference('0', 'a')};`,
    abs: `m=${spread('a')};return (a^m)+(a>>>${width - 1}&${B});`,
    avgr_u: `return (a|b)-((a^b)>>>1&${L});`,
    eq: `return ~${unequal};`,
    ne: `return ${unequal};`,
    add_sat_u: `r=${sum('a', 'b')};return r|${spread('a&b|(a|b)&~r')};`,
    sub_sat_u: `r=${difference('a', 'b')};return r&~${spread('~a&b|~(a^b)&r')};`,
    add_sat_s: `r=${sum('a', 'b')};${saturate('~(a^b)&(a^r)')}`,
    sub_sat_s: `r=${difference('a', 'b')};${saturate('(a^b)&(a^r)')}`,
    shl: `${count};return a<<n&Math.imul(${all}<<n&${all},${B});`,
    shr_u: `${count};return a>>>n&Math.imul(${all}>>>n,${B});`,
    shr_s: `${count};m=Math.imul(${all}>>>n,${B});return a>>>n&m|${spread('a')}&~m;`,
  };
  for (const [suffix, signed] of [['_s', true] as const, ['_u', false] as const]) {
    bodies[`lt${suffix}`] = `return ${below('a', 'b', signed)};`;
    bodies[`gt${suffix}`] = `return ${below('b', 'a', signed)};`;
    bodies[`le${suffix}`] = `return ~${below('b', 'a', signed)};`;
    bodies[`ge${suffix}`] = `return ~${below('a', 'b', signed)};`;
    bodies[`min${suffix}`] = choose(below('a', 'b', signed));
    bodies[`max${suffix}`] = choose(below('b', 'a', signed));
  }
  return Object.entries(bodies).map(([name, body]) => [`${shape}.${name}`, `(a,b)=>{let m=0,n=0,r=0,t=0;${body}}`]);
}

function wholeWordTexts(shape: string): [string, string][] {
  const signed = 's32';
  const unsigned = 'u32';
  const texts: [string, Lanes, string][] = [
    ['ne', signed, 'x!==y?-1:0'],
    ['abs', signed, 'x<0?-x:x'],
    ['neg', signed, '-x'],
    ['shl', signed, 'x<<(n&31)'],
    ['shr_s', signed, 'x>>(n&31)'],
    ['shr_u', unsigned, 'x>>>(n&31)'],
  ];
  for (const [suffix, lanes] of [['_s', signed] as const, ['_u', unsigned] as const]) {
    const compares = { lt: '<', gt: '>', le: '<=', ge: '>=' };
    for (const [name, operator] of Object.entries(compares)) texts.push([name + suffix, lanes, `x${operator}y?-1:0`]);
    texts.push([`min${suffix}`, lanes, 'x<y?x:y'], [`max${suffix}`, lanes, 'x>y?x:y']);
  }
  return texts.map(([name, lanes, expression]) => [`${shape}.${name}`, lanewise(lanes, expression)]);
}

/** The texts of the functions, by the names of their instructions. */
export const WORD_TEXTS: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ...packedTexts('i8x16', 8),
  ...packedTexts('i16x8', 16),
  ...wholeWordTexts('i32x4'),
  ['i16x8.mul', '(a,b)=>Math.imul(a,b)&65535|Math.imul(a>>16,b>>16)<<16'],
  ['i16x8.q15mulr_sat_s', lanewise('s16', '(t=(Math.imul(x,y)+16384)>>15)>32767?32767:t')],
  ['i32x4.dot_i16x8_s', '(a,b)=>Math.imul(a<<16>>16,b<<16>>16)+Math.imul(a>>16,b>>16)|0'],
]);

/** Returns bytes `low` to `low + 3` of a shuffle of the words of two vectors, as an expression; each byte is a number below 32. */
export function shuffledWord(words: readonly string[], bytes: readonly number[]): string {
  if (bytes[0]! % 4 === 0 && bytes.every((byte, i) => byte === bytes[0]! + i)) return words[bytes[0]! >> 2]!;
  const parts = bytes.map((byte, i) => {
    const lane = LANE.u8(words[byte >> 2]!, byte & 3);
    return i === 0 ? `(${lane})` : `(${lane})<<${i * 8}`;
  });
  return `(${parts.join('|')})`;
}
