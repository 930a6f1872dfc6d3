// Names of the Itanium C++ ABI: functions with their classes, templates, operators and parameters; special names of tables and thunks; no expressions.
// Refuses nothing: what is not wholly understood is undefined.

class NotUnderstood extends Error {}

/** The most parts of a name, and the longest result: parts may refer to earlier ones, and so be exponentially long. */
const MOST_PARTS = 1_000;
const LONGEST_RESULT = 4_096;

export function demangledCpp(name: string): string | undefined {
  const start = /^_?_Z/.exec(name)?.[0].length;
  if (start === undefined) return undefined;
  try {
    const result = new Itanium(name.slice(start)).encoding();
    return result.length > LONGEST_RESULT ? undefined : result;
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined;
    throw error;
  }
}

const BUILTIN: Readonly<Record<string, string>> = {
  v: 'void',
  w: 'wchar_t',
  b: 'bool',
  c: 'char',
  a: 'signed char',
  h: 'unsigned char',
  s: 'short',
  t: 'unsigned short',
  i: 'int',
  j: 'unsigned int',
  l: 'long',
  m: 'unsigned long',
  x: 'long long',
  y: 'unsigned long long',
  n: '__int128',
  o: 'unsigned __int128',
  f: 'float',
  d: 'double',
  e: 'long double',
  g: '__float128',
  z: '...',
  Dn: 'std::nullptr_t',
  Ds: 'char16_t',
  Di: 'char32_t',
  Du: 'char8_t',
  Da: 'auto',
};
const STD: Readonly<Record<string, string>> = {
  St: 'std',
  Sa: 'std::allocator',
  Sb: 'std::basic_string',
  Ss: 'std::string',
  Si: 'std::istream',
  So: 'std::ostream',
  Sd: 'std::iostream',
};
const OPERATORS: Readonly<Record<string, string>> = {
  nw: ' new',
  na: ' new[]',
  dl: ' delete',
  da: ' delete[]',
  ps: '+',
  ng: '-',
  ad: '&',
  de: '*',
  co: '~',
  pl: '+',
  mi: '-',
  ml: '*',
  dv: '/',
  rm: '%',
  an: '&',
  or: '|',
  eo: '^',
  aS: '=',
  pL: '+=',
  mI: '-=',
  mL: '*=',
  dV: '/=',
  rM: '%=',
  aN: '&=',
  oR: '|=',
  eO: '^=',
  ls: '<<',
  rs: '>>',
  lS: '<<=',
  rS: '>>=',
  eq: '==',
  ne: '!=',
  lt: '<',
  gt: '>',
  le: '<=',
  ge: '>=',
  ss: '<=>',
  nt: '!',
  aa: '&&',
  oo: '||',
  pp: '++',
  mm: '--',
  cm: ',',
  pm: '->*',
  pt: '->',
  cl: '()',
  ix: '[]',
};
const SPECIAL: Readonly<Record<string, string>> = {
  TV: 'vtable for ',
  TT: 'VTT for ',
  TI: 'typeinfo for ',
  TS: 'typeinfo name for ',
};

class Itanium {
  readonly #text: string;
  #at = 0;
  #parts = 0;
  readonly #known: string[] = [];
  #template: readonly string[] = [];
  /** The name that was read last is of a template: then a function's type begins with its result. */
  #endsInTemplate = false;
  #isConst = false;

  constructor(text: string) {
    this.#text = text;
  }
  #peek(length = 1): string {
    return this.#text.slice(this.#at, this.#at + length);
  }
  #takes(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }
  #step(): void {
    if (++this.#parts > MOST_PARTS || this.#at > this.#text.length) throw new NotUnderstood();
  }
  #keep(text: string): string {
    if (text.length > LONGEST_RESULT) throw new NotUnderstood();
    this.#known.push(text);
    return text;
  }
  encoding(): string {
    const special = SPECIAL[this.#peek(2)];
    if (special !== undefined) {
      this.#at += 2;
      return `${special}${this.#type()}`;
    }
    const name = this.#name();
    const isConst = this.#isConst;
    // A suffix after a dot is the compiler's own.
    if (this.#at === this.#text.length || /^[.@]/.test(this.#peek())) return name;
    const isConstructor = /(^|::)~?(\w+)(<.*>)?::~?\2$/.test(name) || / ?operator [a-z]/.test(name);
    if (this.#endsInTemplate && !isConstructor) this.#type();
    const params: string[] = [];
    while (this.#at < this.#text.length && !/^[.@E]/.test(this.#peek())) params.push(this.#type());
    const list = params.length === 1 && params[0] === 'void' ? '' : params.join(', ');
    return `${name}(${list})${isConst ? ' const' : ''}`;
  }
  #name(): string {
    this.#step();
    this.#isConst = false;
    if (this.#peek() === 'N') return this.#nested();
    if (this.#takes('Z')) return this.#local();
    if (this.#peek(2) === 'St') {
      this.#at += 2;
      return this.#withArguments(`std::${this.#unqualified('std')}`, true);
    }
    if (this.#peek() === 'S') return this.#withArguments(this.#substitution(), false);
    return this.#withArguments(this.#unqualified(''), true);
  }
  #withArguments(name: string, isNew: boolean): string {
    this.#endsInTemplate = false;
    if (this.#peek() !== 'I') return name;
    if (isNew) this.#keep(name);
    this.#endsInTemplate = true;
    return `${name}${this.#arguments()}`;
  }
  #local(): string {
    const inside = this.encoding();
    if (!this.#takes('E')) throw new NotUnderstood();
    if (this.#takes('s')) return `${inside}::string literal`;
    const name = this.#name();
    const count = /^_\d|^__\d+_/.exec(this.#text.slice(this.#at))?.[0];
    this.#at += count?.length ?? 0;
    return `${inside}::${name}`;
  }
  #nested(): string {
    this.#at++;
    while (/^[rVK]/.test(this.#peek())) if (this.#text[this.#at++] === 'K') this.#isConst = true;
    const isConst = this.#isConst;
    if (!this.#takes('R')) this.#takes('O');
    let name = '';
    let isTemplate = false;
    while (!this.#takes('E')) {
      this.#step();
      if (this.#peek() === 'I') {
        name = `${name}${this.#arguments()}`;
        isTemplate = true;
      } else if (this.#peek() === 'S' && this.#peek(2) !== 'St') {
        name = this.#substitution();
        isTemplate = false;
        continue;
      } else if (this.#takes('St')) {
        name = 'std';
        continue;
      } else if (this.#peek() === 'T') {
        name = this.#parameter();
        isTemplate = false;
      } else {
        const part = this.#unqualified(name);
        name = name === '' ? part : `${name}::${part}`;
        isTemplate = false;
      }
      // The whole name is no substitution.
      if (this.#peek() !== 'E') this.#keep(name);
    }
    this.#endsInTemplate = isTemplate;
    this.#isConst = isConst;
    return name;
  }
  #unqualified(inside: string): string {
    this.#step();
    const text = this.#text.slice(this.#at);
    const digits = /^[1-9]\d{0,4}/.exec(text)?.[0];
    if (digits !== undefined) {
      const name = text.slice(digits.length, digits.length + Number(digits));
      if (name.length !== Number(digits)) throw new NotUnderstood();
      this.#at += digits.length + name.length;
      while (this.#takes('B')) this.#unqualified('');
      return name.startsWith('_GLOBAL__N') ? '(anonymous namespace)' : name;
    }
    if (this.#takes('L')) return this.#unqualified(inside);
    const constructor_ = /^(C|D)[0-5]/.exec(text)?.[0];
    if (constructor_ !== undefined) {
      this.#at += 2;
      const own = inside.replace(/<.*>$/, '').split('::').at(-1) ?? '';
      return `${constructor_[0] === 'D' ? '~' : ''}${own}`;
    }
    if (this.#takes('Ut') || this.#takes('Ul')) {
      const isLambda = text[1] === 'l';
      if (isLambda) while (!this.#takes('E')) this.#type();
      const number = /^\d*_/.exec(this.#text.slice(this.#at))?.[0];
      if (number === undefined) throw new NotUnderstood();
      this.#at += number.length;
      return isLambda ? '{lambda}' : '{unnamed}';
    }
    if (this.#takes('cv')) return `operator ${this.#type()}`;
    const operator = OPERATORS[this.#peek(2)];
    if (operator === undefined) throw new NotUnderstood();
    this.#at += 2;
    return `operator${operator}`;
  }
  #sequence(): number {
    const digits = /^[0-9A-Z]*_/.exec(this.#text.slice(this.#at))?.[0];
    if (digits === undefined) throw new NotUnderstood();
    this.#at += digits.length;
    return digits === '_' ? 0 : Number.parseInt(digits.slice(0, -1), 36) + 1;
  }
  #substitution(): string {
    const std = STD[this.#peek(2)];
    if (std !== undefined) {
      this.#at += 2;
      return std;
    }
    this.#at++;
    const known = this.#known[this.#sequence()];
    if (known === undefined) throw new NotUnderstood();
    return known;
  }
  #parameter(): string {
    this.#at++;
    const known = this.#template[this.#sequence()];
    if (known === undefined) throw new NotUnderstood();
    return known;
  }
  #arguments(): string {
    this.#at++;
    const list: string[] = [];
    while (!this.#takes('E')) list.push(...this.#argument());
    this.#template = list;
    return `<${list.join(', ')}>`;
  }
  #argument(): string[] {
    this.#step();
    if (this.#takes('J')) {
      const pack: string[] = [];
      while (!this.#takes('E')) pack.push(...this.#argument());
      return pack;
    }
    if (!this.#takes('L')) return [this.#type()];
    const type = this.#type();
    const value = /^n?\d+E/.exec(this.#text.slice(this.#at))?.[0];
    if (value === undefined) throw new NotUnderstood();
    this.#at += value.length;
    const number = value.slice(0, -1).replace('n', '-');
    return [type === 'bool' ? String(number !== '0') : number];
  }
  #type(): string {
    this.#step();
    const builtin = BUILTIN[this.#peek(2)] ?? BUILTIN[this.#peek()];
    if (builtin !== undefined) {
      this.#at += BUILTIN[this.#peek(2)] === undefined ? 1 : 2;
      return builtin;
    }
    const letter = this.#peek();
    switch (letter) {
      case 'P':
      case 'R':
      case 'O':
        this.#at++;
        return this.#keep(pointer(this.#type(), { P: '*', R: '&', O: '&&' }[letter]));
      case 'K':
      case 'V':
      case 'r':
        this.#at++;
        return this.#keep(`${this.#type()} ${{ K: 'const', V: 'volatile', r: 'restrict' }[letter]}`);
      case 'F': {
        this.#at++;
        this.#takes('Y');
        const result = this.#type();
        const params: string[] = [];
        while (!this.#takes('E')) params.push(this.#type());
        return this.#keep(`${result} (${params.join() === 'void' ? '' : params.join(', ')})`);
      }
      case 'A': {
        const size = /^A\d*_/.exec(this.#text.slice(this.#at))?.[0];
        if (size === undefined) throw new NotUnderstood();
        this.#at += size.length;
        return this.#keep(`${this.#type()} [${size.slice(1, -1)}]`);
      }
      case 'T': {
        const parameter = this.#keep(this.#parameter());
        return this.#peek() === 'I' ? this.#keep(`${parameter}${this.#arguments()}`) : parameter;
      }
      case 'D':
        if (!this.#takes('Dp')) throw new NotUnderstood();
        return `${this.#type()}...`;
      case 'S':
        if (this.#peek(2) !== 'St') {
          const known = this.#substitution();
          return this.#peek() === 'I' ? this.#keep(`${known}${this.#arguments()}`) : known;
        }
    }
    return this.#keep(this.#name());
  }
}

/** A pointer to a function or an array has its star in the middle. */
function pointer(to: string, mark: string): string {
  const at = to.search(/ [([][^<>]*$/);
  return at < 0 ? `${to}${mark}` : `${to.slice(0, at)} (${mark})${to.slice(at + 1)}`;
}
