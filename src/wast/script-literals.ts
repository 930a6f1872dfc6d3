// Parses number literals of the text format into exact bits. Decimal and hexadecimal floats are rounded once, to nearest, ties to even.

interface FloatFormat {
  /** The number of bits of the significand, the implicit one included. */
  readonly precision: number;
  readonly exponentBits: number;
}

const F32: FloatFormat = { precision: 24, exponentBits: 8 };
const F64: FloatFormat = { precision: 53, exponentBits: 11 };

/** Parses an integer literal, which may have a sign and underscores, and wraps it to a signed number of `bits` bits. */
export function parseInteger(literal: string, bits: number): bigint {
  const { negative, rest } = splitSign(literal);
  if (!/^(0x[0-9a-fA-F]+|[0-9]+)$/.test(rest)) throw new SyntaxError(`not an integer: ${literal}`);
  const magnitude = BigInt(rest);
  const value = negative ? -magnitude : magnitude;
  if (value >= 1n << BigInt(bits) || value < -(1n << BigInt(bits - 1)))
    throw new RangeError(`out of range: ${literal}`);
  return BigInt.asIntN(bits, value);
}

function splitSign(literal: string): { negative: boolean; rest: string } {
  const text = literal.replaceAll('_', '');
  const signed = text[0] === '-' || text[0] === '+';
  return { negative: text[0] === '-', rest: signed ? text.slice(1) : text };
}

function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}

/** Returns the bits of significand and exponent of numerator / denominator, rounded to nearest, ties to even. */
function roundRatio(numerator: bigint, denominator: bigint, format: FloatFormat): bigint {
  if (numerator === 0n) return 0n;
  const bias = 2 ** (format.exponentBits - 1) - 1;
  const smallest = 1 - bias - (format.precision - 1);
  let exponent = bitLength(numerator) - bitLength(denominator) - format.precision;
  let scaled = 0n;
  let remainder = 0n;
  let divisor = 0n;
  // The estimate of the exponent may be one too small, and rounding may carry: at most three rounds.
  for (exponent = Math.max(exponent, smallest); ; exponent++) {
    const top = exponent < 0 ? numerator << BigInt(-exponent) : numerator;
    divisor = exponent > 0 ? denominator << BigInt(exponent) : denominator;
    scaled = top / divisor;
    remainder = top % divisor;
    const twice = remainder * 2n;
    if (twice > divisor || (twice === divisor && (scaled & 1n) === 1n)) scaled++;
    if (bitLength(scaled) <= format.precision) break;
  }
  const hidden = 1n << BigInt(format.precision - 1);
  if (scaled < hidden) return scaled;
  const biased = BigInt(exponent - smallest + 1);
  if (biased >= (1n << BigInt(format.exponentBits)) - 1n) throw new RangeError('float out of range');
  return (biased << BigInt(format.precision - 1)) | (scaled - hidden);
}

function parseRatio(rest: string): { numerator: bigint; denominator: bigint } {
  const hex = rest.startsWith('0x');
  const pattern = hex
    ? /^0x([0-9a-fA-F]+)(?:\.([0-9a-fA-F]*))?(?:[pP]([+-]?[0-9]+))?$/
    : /^([0-9]+)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?$/;
  const match = pattern.exec(rest);
  if (match === null) throw new SyntaxError(`not a float: ${rest}`);
  const fraction = match[2] ?? '';
  const exponent = Number(match[3] ?? '0');
  let numerator = BigInt((hex ? '0x' : '') + match[1] + fraction);
  let denominator = hex ? 1n << BigInt(4 * fraction.length) : 10n ** BigInt(fraction.length);
  const scale = (hex ? 2n : 10n) ** BigInt(Math.abs(exponent));
  if (exponent < 0) denominator *= scale;
  else numerator *= scale;
  return { numerator, denominator };
}

function parseFloatBits(literal: string, format: FloatFormat): bigint {
  const { negative, rest } = splitSign(literal);
  const fractionBits = BigInt(format.precision - 1);
  const infinity = ((1n << BigInt(format.exponentBits)) - 1n) << fractionBits;
  let magnitude: bigint;
  if (rest === 'inf') magnitude = infinity;
  else if (rest === 'nan') magnitude = infinity | (1n << (fractionBits - 1n));
  else if (rest.startsWith('nan:0x')) magnitude = infinity | BigInt(rest.slice(4));
  else {
    const { numerator, denominator } = parseRatio(rest);
    magnitude = roundRatio(numerator, denominator, format);
  }
  return negative ? magnitude | (1n << (fractionBits + BigInt(format.exponentBits))) : magnitude;
}

/** Returns the bits of an f32 literal as an unsigned number. */
export function parseF32(literal: string): number {
  return Number(parseFloatBits(literal, F32));
}

/** Returns the bits of an f64 literal as an unsigned number. */
export function parseF64(literal: string): bigint {
  return parseFloatBits(literal, F64);
}
