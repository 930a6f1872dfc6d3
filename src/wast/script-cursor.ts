// A cursor over the tokens of a test script: parentheses, atoms and strings. It skips comments and annotations, and knows neither commands nor
// WebAssembly.

import { decodeUtf8, encodeUtf8 } from '../base/utf8.js';

/** A script is not well-formed; lines count from 1. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';
  readonly line: number;
  constructor(message: string, line: number) {
    super(`line ${line}: ${message}`);
    this.line = line;
  }
}

const ATOM_END: ReadonlySet<string> = new Set([' ', '\t', '\n', '\r', '(', ')', '"', ';']);
const ESCAPES: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, '"': 34, "'": 39, '\\': 92 };

/** Reads one script from left to right. Offsets are UTF-16 units of `text`. */
export class Cursor {
  readonly text: string;
  position = 0;
  private lineOfMark = 1;
  private mark = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Returns the line, from 1, of an offset that is not before the last one asked for. */
  lineAt(offset: number): number {
    if (offset < this.mark) {
      this.mark = 0;
      this.lineOfMark = 1;
    }
    for (let at = this.text.indexOf('\n', this.mark); at !== -1 && at < offset; at = this.text.indexOf('\n', at + 1)) {
      this.lineOfMark++;
      this.mark = at + 1;
    }
    return this.lineOfMark;
  }

  fail(message: string, offset = this.position): never {
    throw new ScriptError(message, this.lineAt(offset));
  }

  /** Moves past white space, comments and annotations. */
  skipSpace(): void {
    const { text } = this;
    for (;;) {
      const char = text[this.position];
      if (char === ' ' || char === '\n' || char === '\t' || char === '\r') this.position++;
      else if (char === ';' && text[this.position + 1] === ';') this.skipLine();
      else if (char === '(' && text[this.position + 1] === ';') this.skipBlockComment();
      else if (char === '(' && text[this.position + 1] === '@') this.skipList();
      else return;
    }
  }

  private skipLine(): void {
    const end = this.text.indexOf('\n', this.position);
    this.position = end === -1 ? this.text.length : end + 1;
  }

  private skipBlockComment(): void {
    const start = this.position;
    let depth = 0;
    do {
      if (this.position >= this.text.length) this.fail('unclosed comment', start);
      const pair = this.text.slice(this.position, this.position + 2);
      if (pair === '(;') depth++;
      if (pair === ';)') depth--;
      this.position += pair === '(;' || pair === ';)' ? 2 : 1;
    } while (depth > 0);
  }

  private skipString(): void {
    const start = this.position++;
    for (let char = this.text[this.position]; char !== '"'; char = this.text[this.position]) {
      if (char === undefined) this.fail('unclosed string', start);
      this.position += char === '\\' ? 2 : 1;
    }
    this.position++;
  }

  /** Moves past a whole parenthesised list; the cursor stands on its "(". */
  skipList(): void {
    const start = this.position;
    let depth = 0;
    do {
      const char = this.text[this.position];
      if (char === undefined) this.fail('unclosed parenthesis', start);
      if (char === '"') this.skipString();
      else if (char === ';' && this.text[this.position + 1] === ';') this.skipLine();
      else if (char === '(' && this.text[this.position + 1] === ';') this.skipBlockComment();
      else {
        if (char === '(') depth++;
        if (char === ')') depth--;
        this.position++;
      }
    } while (depth > 0);
  }

  atEnd(): boolean {
    this.skipSpace();
    return this.position >= this.text.length;
  }

  /** Returns the character that the next token starts with, or '' at the end. */
  peek(): string {
    this.skipSpace();
    return this.text[this.position] ?? '';
  }

  /** Returns the keyword after the next "(" without moving; undefined if the next token is not a list. */
  peekHead(): string | undefined {
    if (this.peek() !== '(') return undefined;
    const saved = this.position++;
    const head = this.tryAtom();
    this.position = saved;
    return head;
  }

  open(): void {
    if (this.peek() !== '(') this.fail('expected "("');
    this.position++;
  }

  close(): void {
    if (this.peek() !== ')') this.fail('expected ")"');
    this.position++;
  }

  tryAtom(): string | undefined {
    const first = this.peek();
    if (first === '' || ATOM_END.has(first)) return undefined;
    const start = this.position;
    while (this.position < this.text.length && !ATOM_END.has(this.text[this.position]!)) this.position++;
    return this.text.slice(start, this.position);
  }

  atom(): string {
    return this.tryAtom() ?? this.fail('expected a word');
  }

  /** Reads an identifier, `$name`; returns undefined if the next token is something else. */
  tryId(): string | undefined {
    return this.peek() === '$' ? this.atom() : undefined;
  }

  /** Reads a string literal and returns the bytes that it denotes. */
  bytes(): Uint8Array {
    if (this.peek() !== '"') this.fail('expected a string');
    const start = this.position + 1;
    this.skipString();
    return decodeString(this.text.slice(start, this.position - 1), (message) => this.fail(message, start));
  }

  /** Reads a string literal that must be UTF-8. */
  string(): string {
    const start = this.position;
    return decodeUtf8(this.bytes()) ?? this.fail('string is not UTF-8', start);
  }
}

function decodeString(literal: string, fail: (message: string) => never): Uint8Array {
  if (!literal.includes('\\')) return encodeUtf8(literal);
  const out: number[] = [];
  for (let at = 0; at < literal.length; ) {
    const char = literal[at]!;
    if (char !== '\\') {
      const end = literal.indexOf('\\', at);
      const plain = literal.slice(at, end === -1 ? literal.length : end);
      for (const byte of encodeUtf8(plain)) out.push(byte);
      at += plain.length;
      continue;
    }
    const next = literal[at + 1]!;
    const single = ESCAPES[next];
    if (single !== undefined) {
      out.push(single);
      at += 2;
    } else if (next === 'u') {
      const code = /^\{([0-9a-fA-F_]+)\}/.exec(literal.slice(at + 2)) ?? fail('malformed \\u escape');
      out.push(...encodeUtf8(String.fromCodePoint(Number.parseInt(code[1]!.replaceAll('_', ''), 16))));
      at += 2 + code[0].length;
    } else {
      const hex = literal.slice(at + 1, at + 3);
      if (!/^[0-9a-fA-F]{2}$/.test(hex)) fail('malformed escape');
      out.push(Number.parseInt(hex, 16));
      at += 3;
    }
  }
  return Uint8Array.from(out);
}
