// Parses test scripts (.wast) into typed commands. Module texts stay text: the assembler reads them.
// Refuses commands it does not know, so that a new kind of assertion cannot be overlooked.

import { decodeUtf8 } from '../base/utf8.js';
import { Cursor } from './script-cursor.js';
import { parseF32, parseF64, parseInteger } from './script-literals.js';
import type { FloatPattern, Hierarchy, Nan, Pattern, Value } from './script-values.js';

export type ModuleSource =
  | { readonly form: 'text'; readonly text: string }
  | { readonly form: 'binary'; readonly bytes: Uint8Array }
  /** The quoted text; undefined if its bytes are not UTF-8, so that no assembler can read it. */
  | { readonly form: 'quote'; readonly text: string | undefined };

export type Action =
  | {
      readonly kind: 'invoke';
      readonly module: string | undefined;
      readonly field: string;
      readonly args: readonly Value[];
    }
  | { readonly kind: 'get'; readonly module: string | undefined; readonly field: string };

/** Assertions on a module that must be refused. */
export type RefusalKind =
  | 'assert_malformed'
  | 'assert_invalid'
  | 'assert_unlinkable'
  | 'assert_malformed_custom'
  | 'assert_invalid_custom';

export type CommandBody =
  | { readonly kind: 'module'; readonly id: string | undefined; readonly source: ModuleSource }
  | { readonly kind: 'module_definition'; readonly id: string | undefined; readonly source: ModuleSource }
  | { readonly kind: 'module_instance'; readonly id: string | undefined; readonly definition: string | undefined }
  | { readonly kind: 'register'; readonly name: string; readonly id: string | undefined }
  | { readonly kind: 'action'; readonly action: Action }
  | { readonly kind: 'assert_return'; readonly action: Action; readonly expected: readonly Pattern[] }
  | { readonly kind: 'assert_trap' | 'assert_exhaustion'; readonly action: Action; readonly text: string }
  | { readonly kind: 'assert_exception'; readonly action: Action }
  | { readonly kind: 'assert_trap_module'; readonly source: ModuleSource; readonly text: string }
  | { readonly kind: RefusalKind; readonly source: ModuleSource; readonly text: string }
  /** Runs commands beside those that follow; of the modules before it sees those alone that it shares. */
  | {
      readonly kind: 'thread';
      readonly id: string | undefined;
      readonly shared: readonly string[];
      readonly commands: readonly Command[];
    }
  | { readonly kind: 'wait'; readonly thread: string };

/** One command of a script. `line` counts from 1. */
export type Command = CommandBody & { readonly line: number };

const COMMANDS: ReadonlySet<string> = new Set([
  'module',
  'register',
  'invoke',
  'get',
  'assert_return',
  'assert_trap',
  'assert_exhaustion',
  'assert_exception',
  'assert_malformed',
  'assert_invalid',
  'assert_unlinkable',
  'assert_malformed_custom',
  'assert_invalid_custom',
  'thread',
  'wait',
]);

// Module fields may stand alone in a script: the whole script is then one module.
const FIELDS: ReadonlySet<string> = new Set([
  'func',
  'memory',
  'table',
  'global',
  'type',
  'rec',
  'import',
  'export',
  'elem',
  'data',
  'start',
  'tag',
]);

const HIERARCHIES: Record<string, Hierarchy> = {
  any: 'any',
  eq: 'any',
  i31: 'any',
  struct: 'any',
  array: 'any',
  none: 'any',
  func: 'func',
  nofunc: 'func',
  extern: 'extern',
  noextern: 'extern',
  exn: 'exn',
  noexn: 'exn',
};

/** The bits and the number of the lanes of each integer shape. */
const INTEGER_SHAPES: Record<string, number> = { i8x16: 8, i16x8: 16, i32x4: 32, i64x2: 64 };

/**
 * Returns all commands of a script in order.
 * @throws ScriptError with the line where the script is not well-formed, or has a command that is not known
 */
export function parseScript(text: string): Command[] {
  const cursor = new Cursor(text);
  const head = cursor.peekHead();
  if (head !== undefined && FIELDS.has(head)) {
    return [{ kind: 'module', id: undefined, source: { form: 'text', text: `(module ${text}\n)` }, line: 1 }];
  }
  const commands: Command[] = [];
  while (!cursor.atEnd()) commands.push(parseLocated(cursor));
  return commands;
}

function parseLocated(cursor: Cursor): Command {
  const line = cursor.lineAt(cursor.position);
  return { ...parseCommand(cursor), line };
}

function parseCommand(cursor: Cursor): CommandBody {
  const head = cursor.peekHead();
  if (head === undefined || !COMMANDS.has(head)) return cursor.fail(`unknown command ${head ?? ''}`);
  if (head === 'module') return parseModuleCommand(cursor);
  if (head === 'invoke' || head === 'get') return { kind: 'action', action: parseAction(cursor) };
  cursor.open();
  cursor.atom();
  const command = parseBody(cursor, head);
  cursor.close();
  return command;
}

function parseBody(cursor: Cursor, head: string): CommandBody {
  switch (head) {
    case 'register':
      return { kind: 'register', name: cursor.string(), id: cursor.tryId() };
    case 'thread':
      return parseThread(cursor);
    case 'wait':
      return { kind: 'wait', thread: cursor.tryId() ?? cursor.fail('expected the name of a thread') };
    case 'assert_return':
      return { kind: 'assert_return', action: parseAction(cursor), expected: parseList(cursor, parsePattern) };
    case 'assert_exception':
      return { kind: 'assert_exception', action: parseAction(cursor) };
    case 'assert_exhaustion':
      return { kind: 'assert_exhaustion', action: parseAction(cursor), text: cursor.string() };
    case 'assert_trap':
      return cursor.peekHead() === 'module'
        ? { kind: 'assert_trap_module', source: parseModule(cursor).source, text: cursor.string() }
        : { kind: 'assert_trap', action: parseAction(cursor), text: cursor.string() };
    default:
      return { kind: head as RefusalKind, source: parseModule(cursor).source, text: cursor.string() };
  }
}

function parseThread(cursor: Cursor): CommandBody {
  const id = cursor.tryId();
  const shared: string[] = [];
  while (cursor.peekHead() === 'shared') {
    cursor.open();
    cursor.atom();
    cursor.open();
    if (cursor.atom() !== 'module') cursor.fail('expected a module');
    shared.push(cursor.tryId() ?? cursor.fail('expected the name of a module'));
    cursor.close();
    cursor.close();
  }
  return { kind: 'thread', id, shared, commands: parseList(cursor, parseLocated) };
}

function parseList<T>(cursor: Cursor, parse: (cursor: Cursor) => T): T[] {
  const items: T[] = [];
  while (cursor.peek() === '(') items.push(parse(cursor));
  return items;
}

function parseModuleCommand(cursor: Cursor): CommandBody {
  const { id, source, use, definition } = parseModule(cursor);
  if (use === 'instance') return { kind: 'module_instance', id, definition };
  return { kind: use === 'definition' ? 'module_definition' : 'module', id, source };
}

interface ParsedModule {
  readonly id: string | undefined;
  readonly source: ModuleSource;
  readonly use: 'plain' | 'definition' | 'instance';
  /** The definition that an instance is made of. */
  readonly definition: string | undefined;
}

function parseModule(cursor: Cursor): ParsedModule {
  cursor.peek();
  const start = cursor.position;
  cursor.open();
  if (cursor.atom() !== 'module') cursor.fail('expected a module', start);
  let word = peekAtom(cursor);
  const use = word === 'definition' || word === 'instance' ? word : 'plain';
  if (use !== 'plain') cursor.atom();
  const id = cursor.tryId();
  if (use === 'instance') {
    const definition = cursor.tryId();
    cursor.close();
    return { id, source: { form: 'binary', bytes: new Uint8Array() }, use, definition };
  }
  word = peekAtom(cursor);
  if (word === 'binary' || word === 'quote') {
    cursor.atom();
    const bytes = joinStrings(cursor, word === 'quote');
    cursor.close();
    const source: ModuleSource =
      word === 'binary' ? { form: 'binary', bytes } : { form: 'quote', text: decodeUtf8(bytes) };
    return { id, source, use, definition: undefined };
  }
  const body = cursor.position;
  cursor.position = start;
  cursor.skipList();
  const text = `(module ${id ?? ''} ${cursor.text.slice(body, cursor.position)}`;
  return { id, source: { form: 'text', text }, use, definition: undefined };
}

function peekAtom(cursor: Cursor): string | undefined {
  cursor.peek();
  const saved = cursor.position;
  const atom = cursor.tryAtom();
  cursor.position = saved;
  return atom;
}

// Quoted strings are pieces of text: a line break between them keeps tokens and line comments apart.
function joinStrings(cursor: Cursor, asText: boolean): Uint8Array {
  const bytes: number[] = [];
  while (cursor.peek() === '"') {
    for (const byte of cursor.bytes()) bytes.push(byte);
    if (asText) bytes.push(10);
  }
  return Uint8Array.from(bytes);
}

function parseAction(cursor: Cursor): Action {
  cursor.open();
  const kind = cursor.atom();
  const module = cursor.tryId();
  const field = cursor.string();
  let action: Action;
  if (kind === 'invoke') action = { kind, module, field, args: parseList(cursor, parseValue) };
  else if (kind === 'get') action = { kind, module, field };
  else return cursor.fail(`unknown action ${kind}`);
  cursor.close();
  return action;
}

function parseValue(cursor: Cursor): Value {
  const line = cursor.position;
  const pattern = parsePattern(cursor);
  switch (pattern.type) {
    case 'nan':
    case 'lanes':
    case 'anyNull':
    case 'refClass':
    case 'either':
      return cursor.fail('a pattern where a value is wanted', line);
    default:
      return pattern;
  }
}

function parsePattern(cursor: Cursor): Pattern {
  cursor.open();
  const head = cursor.atom();
  const pattern = parsePatternBody(cursor, head);
  cursor.close();
  return pattern;
}

function parsePatternBody(cursor: Cursor, head: string): Pattern {
  switch (head) {
    case 'either':
      return { type: 'either', of: parseList(cursor, parsePattern) };
    case 'i32.const':
      return { type: 'i32', value: Number(parseInteger(cursor.atom(), 32)) };
    case 'i64.const':
      return { type: 'i64', value: parseInteger(cursor.atom(), 64) };
    case 'f32.const':
    case 'f64.const': {
      const lane = head === 'f32.const' ? 'f32' : 'f64';
      const bits = parseLane(cursor.atom(), lane);
      if (typeof bits !== 'bigint') return { type: 'nan', lane, nan: bits };
      return lane === 'f32' ? { type: 'f32', bits: Number(bits) } : { type: 'f64', bits };
    }
    case 'v128.const':
      return parseVector(cursor);
    case 'ref.null': {
      const heap = cursor.tryAtom();
      const hierarchy = heap === undefined ? undefined : HIERARCHIES[heap];
      return hierarchy === undefined ? { type: 'anyNull' } : { type: 'null', heap: hierarchy };
    }
    default:
      return parseReference(cursor, head);
  }
}

function parseReference(cursor: Cursor, head: string): Pattern {
  const id = cursor.tryAtom();
  if (head === 'ref.extern' && id !== undefined) return { type: 'extern', id: Number(id) };
  if (head === 'ref.host' && id !== undefined) return { type: 'host', id: Number(id) };
  switch (head) {
    case 'ref.any':
    case 'ref.eq':
    case 'ref.i31':
    case 'ref.struct':
    case 'ref.array':
    case 'ref.func':
    case 'ref.exn':
    case 'ref.extern':
      return { type: 'refClass', of: head.slice(4) as 'any' };
    default:
      return cursor.fail(`unknown value ${head}`);
  }
}

function parseLane(literal: string, lane: 'f32' | 'f64'): bigint | Nan {
  if (literal === 'nan:canonical' || literal === 'nan:arithmetic') return literal.slice(4) as Nan;
  return lane === 'f32' ? BigInt(parseF32(literal)) : parseF64(literal);
}

function parseVector(cursor: Cursor): Pattern {
  const shape = cursor.atom();
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  const integerBits = INTEGER_SHAPES[shape];
  if (integerBits !== undefined) {
    for (let lane = 0; lane < 128 / integerBits; lane++) {
      const value = BigInt.asUintN(integerBits, parseInteger(cursor.atom(), integerBits));
      for (let byte = 0; byte < integerBits / 8; byte++) {
        bytes[(lane * integerBits) / 8 + byte] = Number((value >> BigInt(8 * byte)) & 0xffn);
      }
    }
    return { type: 'v128', bytes };
  }
  if (shape !== 'f32x4' && shape !== 'f64x2') return cursor.fail(`unknown shape ${shape}`);
  const lane = shape === 'f32x4' ? 'f32' : 'f64';
  const lanes: FloatPattern[] = [];
  for (let index = 0; index < (lane === 'f32' ? 4 : 2); index++) {
    const bits = parseLane(cursor.atom(), lane);
    lanes.push({ lane, bits });
    if (typeof bits !== 'bigint') continue;
    if (lane === 'f32') view.setUint32(index * 4, Number(bits), true);
    else view.setBigUint64(index * 8, bits, true);
  }
  const exact = lanes.every((one) => typeof one.bits === 'bigint');
  return exact ? { type: 'v128', bytes } : { type: 'lanes', lanes };
}
