// The script parser: every form of the format, exact bits of literals, and what it refuses.
import { describe, expect, it } from 'vitest';
import { type Command, parseScript } from '#src/wast/script-commands.js';
import { Cursor, ScriptError } from '#src/wast/script-cursor.js';
import { parseF32, parseF64, parseInteger } from '#src/wast/script-literals.js';
import type { Pattern } from '#src/wast/script-values.js';

function one(text: string): Command {
  const commands = parseScript(text);
  expect(commands).toHaveLength(1);
  return commands[0]!;
}

function expected(pattern: string): Pattern {
  const command = one(`(assert_return (invoke "f") ${pattern})`);
  if (command.kind !== 'assert_return') throw new Error(command.kind);
  return command.expected[0]!;
}

describe('tokens', () => {
  it('skips line comments, nested block comments and annotations', () => {
    const cursor = new Cursor(';; (a\n(; x (; y ;) " ;) (@note ")" (b ;;)\n)) word');
    expect(cursor.atom()).toBe('word');
    expect(cursor.atEnd()).toBe(true);
  });

  it('reads strings as bytes, with every escape', () => {
    expect([...new Cursor('"a\\t\\n\\r\\"\\\'\\\\\\00\\fF\\u{20AC}é"').bytes()]).toEqual([
      97, 9, 10, 13, 34, 39, 92, 0, 255, 0xe2, 0x82, 0xac, 0xc3, 0xa9,
    ]);
  });

  it('keeps a byte order mark in names and refuses names that are not UTF-8', () => {
    expect(new Cursor('"\\ef\\bb\\bfx"').string()).toBe('\ufeffx');
    expect(() => new Cursor('"\\ff"').string()).toThrow(ScriptError);
  });

  it('counts lines forwards and backwards', () => {
    const cursor = new Cursor('a\nb\n\nc');
    expect([cursor.lineAt(0), cursor.lineAt(5), cursor.lineAt(2), cursor.lineAt(4)]).toEqual([1, 4, 2, 3]);
  });

  it.each(['(module', '(; open', '"open', '(assert_return (invoke "f"', '(invoke "\\zz")'])('refuses %s', (text) => {
    expect(() => parseScript(text)).toThrow(ScriptError);
  });
});

describe('threads', () => {
  it('reads threads, what they share, and waits, with the lines of all commands', () => {
    const script = '(thread $T (shared (module $M))\n (register "m" $M)\n (thread (invoke "f")))\n(wait $T)';
    const invoke = { kind: 'invoke', module: undefined, field: 'f', args: [] };
    expect(parseScript(script)).toEqual([
      {
        ...{ kind: 'thread', id: '$T', shared: ['$M'], line: 1 },
        commands: [
          { kind: 'register', name: 'm', id: '$M', line: 2 },
          {
            ...{ kind: 'thread', id: undefined, shared: [], line: 3 },
            commands: [{ kind: 'action', action: invoke, line: 3 }],
          },
        ],
      },
      { kind: 'wait', thread: '$T', line: 4 },
    ]);
    expect(() => parseScript('(wait)')).toThrow(ScriptError);
    expect(() => parseScript('(thread (shared $M))')).toThrow(ScriptError);
  });
});

describe('literals', () => {
  it('wraps integers to signed', () => {
    expect(parseInteger('0xffff_ffff', 32)).toBe(-1n);
    expect(parseInteger('-0x8000_0000', 32)).toBe(-2147483648n);
    expect(parseInteger('+18446744073709551615', 64)).toBe(-1n);
    expect(() => parseInteger('0x1_0000_0000', 32)).toThrow(RangeError);
    expect(() => parseInteger('12x', 32)).toThrow(SyntaxError);
  });

  it('gives the same f64 bits as the host for decimal literals', () => {
    const view = new DataView(new ArrayBuffer(8));
    const literals = [
      '0',
      '1',
      '0.1',
      '1e23',
      '5e-324',
      '2.2250738585072011e-308',
      '1.7976931348623157e308',
      '9007199254740993',
    ];
    for (const literal of [...literals, ...literals.map((text) => `-${text}`)]) {
      view.setFloat64(0, Number(literal));
      expect(parseF64(literal), literal).toBe(view.getBigUint64(0));
    }
  });

  it('rounds f32 decimals once', () => {
    expect(parseF32('1.0')).toBe(0x3f800000);
    // Just above the middle of two floats: rounding to f64 first would land on the middle and go to even.
    expect(parseF32('1.00000017881393432617187499')).toBe(0x3f800001);
    expect(parseF32('1.00000017881393432617187500')).toBe(0x3f800002);
    expect(parseF32('1.00000005960464477539062501')).toBe(0x3f800001);
    expect(parseF32('1e-45')).toBe(1);
    expect(parseF32('3.4028235e38')).toBe(0x7f7fffff);
    expect(() => parseF32('1e39')).toThrow(RangeError);
  });

  it('reads hexadecimal floats, infinities and NaN payloads', () => {
    expect(parseF32('0x1p-149')).toBe(1);
    expect(parseF32('-0x1.fffffep+127')).toBe(0xff7fffff);
    expect(parseF32('0x1.000001p0')).toBe(0x3f800000);
    expect(parseF32('0x1.0000011p0')).toBe(0x3f800001);
    expect(parseF64('0x1.8')).toBe(0x3ff8000000000000n);
    expect(parseF32('-inf')).toBe(0xff800000);
    expect(parseF32('nan')).toBe(0x7fc00000);
    expect(parseF64('-nan:0x1')).toBe(0xfff0000000000001n);
  });
});

describe('modules', () => {
  it('keeps module text and drops what only the script needs', () => {
    const command = one('(module definition $M (func (; c ;)))');
    expect(command).toMatchObject({ kind: 'module_definition', id: '$M', line: 1 });
    if (command.kind !== 'module_definition' || command.source.form !== 'text') throw new Error('text expected');
    expect(command.source.text.replace(/\s+/g, ' ')).toBe('(module $M (func (; c ;)))');
  });

  it('is not misled by parentheses in strings and comments', () => {
    const [first, second] = parseScript('(module (func (export ")")) ;; )\n) (register "a" $b)');
    expect(first).toMatchObject({ kind: 'module', line: 1 });
    expect(second).toMatchObject({ kind: 'register', name: 'a', id: '$b', line: 2 });
  });

  it('joins binary strings and separates quoted ones', () => {
    expect(one('(module binary "\\00asm" "\\01")')).toMatchObject({
      source: { form: 'binary', bytes: Uint8Array.of(0, 97, 115, 109, 1) },
    });
    expect(one('(module quote "(func" ")")')).toMatchObject({ source: { form: 'quote', text: '(func\n)\n' } });
    expect(one('(assert_malformed (module quote "\\ff") "text")')).toMatchObject({
      kind: 'assert_malformed',
      source: { form: 'quote', text: undefined },
      text: 'text',
    });
  });

  it('reads instances and scripts that are one bare module', () => {
    expect(one('(module instance $I $M)')).toMatchObject({ kind: 'module_instance', id: '$I', definition: '$M' });
    expect(one('(module instance)')).toMatchObject({ id: undefined, definition: undefined });
    expect(one('(func) (memory 0)')).toMatchObject({ kind: 'module', source: { form: 'text' } });
  });
});

describe('actions and assertions', () => {
  it('reads invoke and get, with or without an instance', () => {
    expect(one('(invoke $m "f" (i32.const -1) (i64.const 0xff))')).toMatchObject({
      action: { kind: 'invoke', module: '$m', field: 'f', args: [{ value: -1 }, { value: 255n }] },
    });
    expect(one('(assert_return (get "g") (f32.const -0))')).toMatchObject({
      action: { kind: 'get', module: undefined, field: 'g' },
      expected: [{ type: 'f32', bits: 0x80000000 }],
    });
  });

  it('tells traps of actions from traps of modules', () => {
    expect(one('(assert_trap (invoke "f") "unreachable")')).toMatchObject({ kind: 'assert_trap', text: 'unreachable' });
    expect(one('(assert_trap (module) "unreachable")')).toMatchObject({ kind: 'assert_trap_module' });
    expect(one('(assert_exhaustion (invoke "f") "call stack exhausted")')).toMatchObject({ kind: 'assert_exhaustion' });
    expect(one('(assert_exception (invoke "f"))')).toMatchObject({ kind: 'assert_exception' });
  });

  it.each([
    'assert_invalid',
    'assert_malformed',
    'assert_unlinkable',
    'assert_malformed_custom',
    'assert_invalid_custom',
  ])('reads %s', (kind) => {
    expect(one(`\n(${kind} (module) "why")`)).toMatchObject({ kind, text: 'why', line: 2 });
  });

  it('reads every result pattern', () => {
    expect(expected('(f32.const nan:canonical)')).toEqual({ type: 'nan', lane: 'f32', nan: 'canonical' });
    expect(expected('(f64.const nan:arithmetic)')).toEqual({ type: 'nan', lane: 'f64', nan: 'arithmetic' });
    expect(expected('(ref.null)')).toEqual({ type: 'anyNull' });
    expect(expected('(ref.null noextern)')).toEqual({ type: 'null', heap: 'extern' });
    expect(expected('(ref.extern 3)')).toEqual({ type: 'extern', id: 3 });
    expect(expected('(ref.host 3)')).toEqual({ type: 'host', id: 3 });
    expect(expected('(ref.extern)')).toEqual({ type: 'refClass', of: 'extern' });
    expect(expected('(ref.func 0)')).toEqual({ type: 'refClass', of: 'func' });
    expect(expected('(either (i32.const 1) (i32.const 2))')).toMatchObject({
      type: 'either',
      of: [{ value: 1 }, { value: 2 }],
    });
  });

  it('reads vectors of every shape', () => {
    const bytes = (pattern: Pattern): number[] => (pattern.type === 'v128' ? [...pattern.bytes] : []);
    expect(bytes(expected('(v128.const i32x4 1 -1 0x100 0)'))).toEqual([
      1, 0, 0, 0, 255, 255, 255, 255, 0, 1, 0, 0, 0, 0, 0, 0,
    ]);
    expect(bytes(expected('(v128.const i64x2 1 0x8000000000000000)')).slice(8)).toEqual([0, 0, 0, 0, 0, 0, 0, 128]);
    expect(bytes(expected('(v128.const i16x8 1 2 3 4 5 6 7 65535)')).slice(12)).toEqual([7, 0, 255, 255]);
    expect(bytes(expected('(v128.const f32x4 1 0 0 0)')).slice(0, 4)).toEqual([0, 0, 0x80, 0x3f]);
    expect(expected('(v128.const f64x2 nan:canonical 0)')).toEqual({
      type: 'lanes',
      lanes: [
        { lane: 'f64', bits: 'canonical' },
        { lane: 'f64', bits: 0n },
      ],
    });
  });

  it.each([
    '(assert_maybe (module) "x")',
    '(invoke "f" (f32.const nan:canonical))',
    '(invoke "f" (ref.func))',
    '(assert_return (invoke "f") (i33.const 0))',
    '(assert_return (call "f"))',
    'word',
  ])('refuses %s', (text) => {
    expect(() => parseScript(text)).toThrow(ScriptError);
  });
});
