// printf and its relatives over a guest's va_list: arguments in memory, each aligned to its size, every byte checked. Refuses widths and precisions
// that would only cost memory, and texts longer than an int can count (the call then returns -1). %n is skipped, because format-string attacks write
// through it.
import type { ExecEnv } from '../../runtime/exec-env.js';
import { bytesAt, memoryOf } from '../../runtime/guest-memory.js';
import { exponential, fixed, general } from './float-text.js';
import { bytes, pace, string, stringUpTo } from './guest.js';
import { GuestText, intoMemory, Output, toStandardOutput } from './output.js';

/** The widest field and the most digits. */
const LARGEST_FIELD = 65_536;
/** From so many digits on, computing them takes long enough that the meter must be checked. */
const MANY_DIGITS = 100;
/** The length modifiers; the longest are `hh` and `ll`. */
const LONGEST_MODIFIER = 2;

interface Conversion {
  readonly minus: boolean;
  readonly plus: boolean;
  readonly space: boolean;
  readonly alternative: boolean;
  readonly zero: boolean;
  readonly width: number;
  /** -1: the format has no precision. */
  readonly precision: number;
  /** Bytes of an integer argument. */
  readonly size: 1 | 2 | 4 | 8;
  /** The argument of a float is a long double. */
  readonly isLong: boolean;
  readonly letter: string;
}

/** Reads the arguments of a va_list in order. */
class Arguments {
  readonly #env: ExecEnv;
  #at: number;
  constructor(env: ExecEnv, address: number) {
    this.#env = env;
    this.#at = address >>> 0;
  }
  int(): number {
    return this.#next(4).getInt32(0, true);
  }
  long(): bigint {
    return this.#next(8).getBigInt64(0, true);
  }
  double(): number {
    return this.#next(8).getFloat64(0, true);
  }
  /** Clang's long double for wasm has 128 bits, of which only those count that a double has. */
  longDouble(): number {
    const view = this.#next(16);
    const high = view.getBigUint64(8, true);
    const sign = high >> 63n === 0n ? 1 : -1;
    const exponent = Number((high >> 48n) & 0x7fffn) - 16_383;
    const fraction = ((high & 0xffff_ffff_ffffn) << 64n) | view.getBigUint64(0, true);
    if (exponent === 16_384) return fraction === 0n ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    // Values smaller than any double are 0 in a double.
    if (exponent < -1_100) return sign * 0;
    // Converting an integer rounds once, to even; scaling in two steps keeps it in range.
    const half = Math.trunc(exponent / 2);
    return sign * Number((1n << 112n) | fraction) * 2 ** (half - 112) * 2 ** (exponent - half);
  }
  #next(size: 4 | 8 | 16): DataView {
    const at = Math.ceil(this.#at / size) * size;
    const found = at > 0xffff_ffff ? bytes(this.#env, 0xffff_ffff, size) : bytes(this.#env, at, size);
    this.#at = at + size;
    return new DataView(found.buffer, found.byteOffset, size);
  }
}

/** Writes the formatted bytes. False where a field is too wide or the text too long. Throws a Trap where format, va_list or a string lies out of bounds. */
function format(env: ExecEnv, formatAddress: number, listAddress: number, output: Output): boolean {
  const pattern = new GuestText(env, formatAddress, string(env, formatAddress).length);
  const list = new Arguments(env, listAddress);
  const step = pace(env);
  for (let at = 0; at < pattern.length; ) {
    const percent = pattern.indexOf(0x25, at);
    output.add(pattern.part(at, percent < 0 ? pattern.length : percent));
    if (percent < 0) break;
    const { conversion, end } = parse(pattern.bytes(), percent + 1, list, step);
    if (conversion.width > LARGEST_FIELD || conversion.precision > LARGEST_FIELD) return false;
    if (!write(env, conversion, list, output)) output.add(pattern.part(percent, end));
    if (output.isTooLong) return false;
    at = end;
    step();
  }
  return true;
}

/** @param step called for each byte of conversions that may have many */
function parse(
  pattern: Uint8Array,
  start: number,
  list: Arguments,
  step: () => void,
): { conversion: Conversion; end: number } {
  let at = start;
  const char = (): string => (at < pattern.length ? String.fromCharCode(pattern[at]!) : '');
  const flags = new Set<string>();
  for (; char() !== '' && '-+ #0'.includes(char()); at++, step()) flags.add(char());
  const number = (): number => {
    if (char() === '*') {
      at++;
      return list.int();
    }
    let digits = 0;
    for (; char() >= '0' && char() <= '9'; at++, step()) {
      digits = Math.min(digits * 10 + Number(char()), LARGEST_FIELD + 1);
    }
    return digits;
  };
  let width = number();
  if (width < 0) {
    flags.add('-');
    width = -width;
  }
  let precision = -1;
  if (char() === '.') {
    at++;
    precision = Math.max(-1, number());
  }
  let modifiers = '';
  for (; char() !== '' && 'hlLqjzt'.includes(char()); at++, step()) {
    if (modifiers.length <= LONGEST_MODIFIER) modifiers += char();
  }
  const letter = char();
  const conversion: Conversion = {
    minus: flags.has('-'),
    plus: flags.has('+'),
    space: flags.has(' '),
    alternative: flags.has('#'),
    zero: flags.has('0'),
    width,
    precision,
    size: sizeOf(modifiers),
    isLong: modifiers === 'L',
    letter,
  };
  return { conversion, end: Math.min(at + 1, pattern.length) };
}

function sizeOf(modifiers: string): 1 | 2 | 4 | 8 {
  if (modifiers === 'hh') return 1;
  if (modifiers === 'h') return 2;
  return modifiers === 'll' || modifiers === 'j' || modifiers === 'q' ? 8 : 4;
}

/** Writes one conversion. Returns false for an unknown letter: the caller then copies the text. */
function write(env: ExecEnv, conversion: Conversion, list: Arguments, output: Output): boolean {
  const { letter, precision } = conversion;
  switch (letter) {
    case '%':
      output.text('%');
      return true;
    case 'c':
      pad(Uint8Array.of(list.int()), conversion, output);
      return true;
    case 's': {
      const address = list.int();
      const { length } = precision < 0 ? string(env, address) : stringUpTo(env, address, precision);
      pad(new GuestText(env, address, length), conversion, output);
      return true;
    }
    case 'n':
      list.int();
      return true;
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o':
    case 'p':
      number(integerText(conversion, list), conversion, output);
      return true;
    case 'f':
    case 'F':
    case 'e':
    case 'E':
    case 'g':
    case 'G':
      // The computation may produce thousands of digits of which few are written, so it is metered by itself.
      if (precision > MANY_DIGITS) env.store.meter.check();
      number(floatText(conversion, conversion.isLong ? list.longDouble() : list.double()), conversion, output);
      return true;
    default:
      return false;
  }
}

interface NumberText {
  /** The sign or `0x`. */
  readonly prefix: string;
  readonly digits: string;
  /** Whether leading zeros may fill the field. */
  readonly fillable: boolean;
}

function integerText({ letter, size, precision, ...flags }: Conversion, list: Arguments): NumberText {
  const bits = size * 8;
  const raw = size === 8 ? list.long() : BigInt(list.int());
  const signed = letter === 'd' || letter === 'i';
  const value = signed ? BigInt.asIntN(bits, raw) : BigInt.asUintN(bits, raw);
  const magnitude = value < 0n ? -value : value;
  const base = letter === 'o' ? 8 : letter === 'd' || letter === 'i' || letter === 'u' ? 10 : 16;
  let digits = magnitude === 0n && precision === 0 ? '' : magnitude.toString(base);
  if (letter === 'X') digits = digits.toUpperCase();
  digits = digits.padStart(precision, '0');
  if (letter === 'o' && flags.alternative && !digits.startsWith('0')) digits = `0${digits}`;
  let prefix = signed ? signOf(value < 0n, flags) : '';
  if (letter === 'p' || (base === 16 && flags.alternative && value !== 0n)) prefix = letter === 'X' ? '0X' : '0x';
  return { prefix, digits, fillable: precision < 0 };
}

function floatText({ letter, precision, alternative, ...flags }: Conversion, value: number): NumberText {
  const lower = letter.toLowerCase();
  const prefix = signOf(value < 0 || Object.is(value, -0), flags);
  let digits: string;
  if (Number.isNaN(value)) digits = 'nan';
  else if (!Number.isFinite(value)) digits = 'inf';
  else {
    const places = precision < 0 ? 6 : precision;
    if (lower === 'f') digits = fixed(value, places, alternative);
    else if (lower === 'e') digits = exponential(value, places, alternative);
    else digits = general(value, places, alternative);
  }
  if (lower !== letter) digits = digits.toUpperCase();
  return { prefix, digits, fillable: Number.isFinite(value) };
}

function signOf(negative: boolean, { plus, space }: Pick<Conversion, 'plus' | 'space'>): string {
  return negative ? '-' : plus ? '+' : space ? ' ' : '';
}

function number({ prefix, digits, fillable }: NumberText, conversion: Conversion, output: Output): void {
  const fill = conversion.zero && !conversion.minus && fillable;
  const zeros = fill ? Math.max(0, conversion.width - prefix.length - digits.length) : 0;
  const text = prefix + '0'.repeat(zeros) + digits;
  pad(
    Uint8Array.from(text, (char) => char.charCodeAt(0)),
    conversion,
    output,
  );
}

function pad(text: Uint8Array | GuestText, { width, minus }: Conversion, output: Output): void {
  const spaces = ' '.repeat(Math.max(0, width - text.length));
  if (!minus) output.text(spaces);
  output.add(text);
  if (minus) output.text(spaces);
}

export function printf(env: ExecEnv, formatAddress: number, list: number): number {
  const output = new Output(env, toStandardOutput(env));
  return format(env, formatAddress, list, output) ? output.end() : -1;
}
export function sprintf(env: ExecEnv, to: number, formatAddress: number, list: number): number {
  return snprintf(env, to, 0xffff_ffff, formatAddress, list);
}
/** Returns the length that the whole text has, as C defines it, even where the text is cut. */
export function snprintf(env: ExecEnv, to: number, size: number, formatAddress: number, list: number): number {
  const room = size >>> 0;
  const output = new Output(env, intoMemory(env, to, room));
  if (!format(env, formatAddress, list, output)) return -1;
  const length = output.end();
  if (room > 0 && length >= 0) bytesAt(memoryOf(env), (to >>> 0) + Math.min(length, room - 1), 1)[0] = 0;
  return length;
}
