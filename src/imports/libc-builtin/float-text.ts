// Doubles as text the way C's printf rounds them: exactly, halves to even. Refuses nothing: the caller bounds width and precision.

/** |value| = mantissa * 2^exponent, both whole. */
function split(value: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | 0x10_0000_0000_0000n, exponent: biased - 1075 };
}

/** |value| * 10^power, rounded to a whole number. */
function scaled(value: number, power: number): bigint {
  const { mantissa, exponent } = split(value);
  let numerator = mantissa;
  let denominator = 1n;
  if (exponent >= 0) numerator <<= BigInt(exponent);
  else denominator <<= BigInt(-exponent);
  if (power >= 0) numerator *= 10n ** BigInt(power);
  else denominator *= 10n ** BigInt(-power);
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  const up = twice > denominator || (twice === denominator && (quotient & 1n) === 1n);
  return up ? quotient + 1n : quotient;
}

/** %f of a finite number, without its sign. @param point write the point even without digits after it */
export function fixed(value: number, precision: number, point: boolean): string {
  const digits = scaled(value, precision)
    .toString()
    .padStart(precision + 1, '0');
  if (precision === 0) return point ? `${digits}.` : digits;
  return `${digits.slice(0, -precision)}.${digits.slice(-precision)}`;
}

/** The digits of %e, one before the point, and the decimal exponent. */
function significant(value: number, precision: number): { digits: string; power: number } {
  if (value === 0) return { digits: '0'.repeat(precision + 1), power: 0 };
  let power = Math.floor(Math.log10(Math.abs(value)));
  for (;;) {
    const digits = scaled(value, precision - power).toString();
    if (digits.length === precision + 1) return { digits, power };
    power += digits.length > precision + 1 ? 1 : -1;
  }
}

/** %e of a finite number, without its sign. */
export function exponential(value: number, precision: number, point: boolean): string {
  const { digits, power } = significant(value, precision);
  return withExponent(digits, power, point);
}

function withExponent(digits: string, power: number, point: boolean): string {
  const fraction = digits.length > 1 || point ? `.${digits.slice(1)}` : '';
  const exponent = String(Math.abs(power)).padStart(2, '0');
  return `${digits[0]}${fraction}e${power < 0 ? '-' : '+'}${exponent}`;
}

/** %g of a finite number, without its sign. @param alternative keep trailing zeros */
export function general(value: number, precision: number, alternative: boolean): string {
  const wanted = precision === 0 ? 1 : precision;
  const { digits, power } = significant(value, wanted - 1);
  if (power >= -4 && power < wanted) {
    const text = fixed(value, wanted - 1 - power, alternative);
    return alternative || !text.includes('.') ? text : text.replace(/\.?0+$/, '');
  }
  return withExponent(alternative ? digits : digits[0] + digits.slice(1).replace(/0+$/, ''), power, alternative);
}
