// Both of Rust's manglings: the old one, which is C++'s with a hash at the end, and v0 (RFC 2603) without values of constants.
// Refuses nothing: what is not wholly understood is undefined.

/** The most parts of a name: those of v0 may refer to earlier ones, and so be exponentially long. */
const MOST_PARTS = 1_000;

export function demangledRust(name: string): string | undefined {
  if (/^_?_ZN/.test(name)) return legacy(name.slice(name.indexOf('_ZN') + 3));
  const start = /^_?_R(?=[A-Z])/.exec(name)?.[0].length;
  if (start === undefined) return undefined;
  try {
    return new V0(name.slice(start)).path();
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined;
    throw error;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  SP: '@',
  BP: '*',
  RF: '&',
  LT: '<',
  GT: '>',
  LP: '(',
  RP: ')',
  C: ',',
};

function legacy(text: string): string | undefined {
  const parts: string[] = [];
  let at = 0;
  while (text[at] !== 'E') {
    const digits = /^[1-9]\d{0,4}/.exec(text.slice(at))?.[0];
    if (digits === undefined) return undefined;
    at += digits.length;
    const part = text.slice(at, at + Number(digits));
    if (part.length !== Number(digits)) return undefined;
    parts.push(part);
    at += part.length;
  }
  // The hash tells it from C++.
  if (parts.length < 2 || !/^h[0-9a-f]{16}$/.test(parts.at(-1)!)) return undefined;
  return parts.slice(0, -1).map(unescaped).join('::');
}
function unescaped(part: string): string {
  return part
    .replace(/^_(?=\$)/, '')
    .replace(/\$(u([0-9a-f]{1,6})|[A-Z]{1,2})\$/g, (whole, name: string, code: string | undefined) => {
      if (code === undefined) return ESCAPES[name] ?? whole;
      const point = Number.parseInt(code, 16);
      return point <= 0x10_ffff ? String.fromCodePoint(point) : whole;
    })
    .replaceAll('..', '::');
}

class NotUnderstood extends Error {}

const BASIC: Readonly<Record<string, string>> = {
  a: 'i8',
  b: 'bool',
  c: 'char',
  d: 'f64',
  e: 'str',
  f: 'f32',
  h: 'u8',
  i: 'isize',
  j: 'usize',
  l: 'i32',
  m: 'u32',
  n: 'i128',
  o: 'u128',
  p: '_',
  s: 'i16',
  t: 'u16',
  u: '()',
  v: '...',
  x: 'i64',
  y: 'u64',
  z: '!',
};

class V0 {
  readonly #text: string;
  #at = 0;
  #parts = 0;

  constructor(text: string) {
    this.#text = text;
  }
  #next(): string {
    const one = this.#text[this.#at++];
    if (one === undefined || ++this.#parts > MOST_PARTS) throw new NotUnderstood();
    return one;
  }
  #takes(letter: string): boolean {
    if (this.#text[this.#at] !== letter) return false;
    this.#at++;
    return true;
  }
  /** Digits of base 62 and an underscore; nothing but that is 0. */
  #base62(): number {
    let value = 0;
    for (let first = true; ; first = false) {
      const one = this.#next();
      if (one === '_') return first ? 0 : value + 1;
      const digit = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'.indexOf(one);
      if (digit < 0) throw new NotUnderstood();
      value = value * 62 + digit;
    }
  }
  #identifier(): string {
    if (this.#takes('s')) this.#base62();
    const isPunycode = this.#takes('u');
    const digits = /^\d{1,5}/.exec(this.#text.slice(this.#at))?.[0];
    if (digits === undefined) throw new NotUnderstood();
    this.#at += digits.length;
    this.#takes('_');
    const name = this.#text.slice(this.#at, this.#at + Number(digits));
    if (name.length !== Number(digits)) throw new NotUnderstood();
    this.#at += name.length;
    return isPunycode ? `punycode{${name}}` : name;
  }
  #backReference<T>(read: () => T): T {
    const start = this.#at - 1;
    const to = this.#base62();
    if (to >= start) throw new NotUnderstood();
    const back = this.#at;
    this.#at = to;
    const value = read();
    this.#at = back;
    return value;
  }
  path(): string {
    switch (this.#next()) {
      case 'C':
        return this.#identifier();
      case 'M':
        this.#implPath();
        return `<${this.#type()}>`;
      case 'X':
        this.#implPath();
        return `<${this.#type()} as ${this.path()}>`;
      case 'Y':
        return `<${this.#type()} as ${this.path()}>`;
      case 'N': {
        const space = this.#next();
        const inside = this.path();
        const name = this.#identifier();
        if (space === 'C') return `${inside}::{closure}`;
        if (space === 'S') return `${inside}::{shim:${name}}`;
        return name === '' ? inside : `${inside}::${name}`;
      }
      case 'I': {
        const generic = this.path();
        return `${generic}::<${this.#list(() => this.#argument()).join(', ')}>`;
      }
      case 'B':
        return this.#backReference(() => this.path());
      default:
        throw new NotUnderstood();
    }
  }
  #implPath(): void {
    if (this.#takes('s')) this.#base62();
    this.path();
  }
  #list(read: () => string): string[] {
    const list: string[] = [];
    while (!this.#takes('E')) list.push(read());
    return list;
  }
  #argument(): string {
    if (this.#takes('L')) {
      this.#base62();
      return "'_";
    }
    return this.#takes('K') ? this.#constant() : this.#type();
  }
  #constant(): string {
    if (this.#takes('p')) return '_';
    if (this.#takes('B')) return this.#backReference(() => this.#constant());
    const type = this.#next();
    if (BASIC[type] === undefined) throw new NotUnderstood();
    const sign = this.#takes('n') ? '-' : '';
    const digits = /^[0-9a-f]*_/.exec(this.#text.slice(this.#at))?.[0];
    if (digits === undefined) throw new NotUnderstood();
    this.#at += digits.length;
    const value = BigInt(`0x${digits.slice(0, -1) || '0'}`);
    return type === 'b' ? String(value !== 0n) : `${sign}${value}`;
  }
  #type(): string {
    const letter = this.#next();
    const basic = BASIC[letter];
    if (basic !== undefined) return basic;
    switch (letter) {
      case 'A':
        return `[${this.#type()}; ${this.#constant()}]`;
      case 'S':
        return `[${this.#type()}]`;
      case 'T': {
        const parts = this.#list(() => this.#type());
        return `(${parts.join(', ')}${parts.length === 1 ? ',' : ''})`;
      }
      case 'R':
      case 'Q':
        if (this.#takes('L')) this.#base62();
        return `&${letter === 'Q' ? 'mut ' : ''}${this.#type()}`;
      case 'P':
        return `*const ${this.#type()}`;
      case 'O':
        return `*mut ${this.#type()}`;
      case 'B':
        return this.#backReference(() => this.#type());
      case 'C':
      case 'M':
      case 'X':
      case 'Y':
      case 'N':
      case 'I':
        this.#at--;
        return this.path();
      default:
        throw new NotUnderstood();
    }
  }
}
