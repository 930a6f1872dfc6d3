// Every template of wasm/semantics.ts against the host's own WebAssembly: edge values, random values, traps, NaN bits.
import { describe, expect, it } from 'vitest';
import { hostInstructions } from '../../test/helpers/host-instructions.js';
import {
  EDGES,
  fillRandom,
  hasOnlyCanonicalNans,
  type Lanes,
  randomWords,
  sameFloats,
} from '../../test/helpers/operand-bits.js';
import { opcodeRow } from '../wasm/opcodes.js';
import { SEMANTICS, type Semantics } from '../wasm/semantics.js';
import type { TrapId } from '../wasm/traps.js';
import * as numeric from './index.js';

type Name = keyof typeof SEMANTICS;
const NAMES = Object.keys(SEMANTICS) as Name[];
const LANES: Readonly<Record<string, Exclude<Lanes, 'i8'>>> = { i: 'i32', I: 'i64', f: 'f32', F: 'f64' };

const words = new Int32Array(16);
const f32 = new Float32Array(words.buffer);
const f64 = new Float64Array(words.buffer);

/** Reads operands as an engine does, leaves the result in words 12 and 13, returns the trap if there is one. */
function compile(name: Name): () => TrapId | undefined {
  const semantics: Semantics = SEMANTICS[name];
  const [operands, result] = opcodeRow(name).sig!.split(':') as [string, string];
  const declarations = [...operands].map((type, k) => {
    const [variable, word] = ['ab'[k]!, k * 4];
    const isPair = type === 'I' || (type === 'F' && semantics.bits);
    if (isPair) return `const ${variable}l = words[${word}], ${variable}h = words[${word + 1}];`;
    if (type === 'F') return `const ${variable} = f64[${word / 2}];`;
    return `const ${variable} = ${type === 'f' && !semantics.bits ? 'f32' : 'words'}[${word}];`;
  });
  const checks = (semantics.checks ?? []).map(([condition, trap]) => `if (${condition}) return '${trap}';`);
  const isPair = result === 'I' || (result === 'F' && semantics.bits);
  const text = semantics.condition === undefined ? semantics.js! : `(${semantics.condition}) ? 1 : 0`;
  const compute = isPair
    ? `let lo, hi; ${text}; int32(lo); int32(hi); words[12] = lo; words[13] = hi;`
    : result === 'F'
      ? `f64[6] = ${text};`
      : result === 'f' && !semantics.bits
        ? `const r = ${text}; single(r); f32[12] = r;`
        : `const r = ${text}; int32(r); words[12] = r;`;
  const free = { ...numeric, words, f32, f64, int32, single };
  const make = new Function(
    ...Object.keys(free),
    `return () => { ${declarations.join(' ')} ${checks.join(' ')} ${compute} }`,
  );
  return make(...Object.values(free)) as () => TrapId | undefined;
}

/** Integers must come out as signed words: engines keep them without another `| 0`. */
function int32(value: unknown): void {
  if (!Object.is(value, (value as number) | 0)) throw new Error(`not an int32: ${String(value)}`);
}

function single(value: number): void {
  if (!Object.is(value, Math.fround(value))) throw new Error(`not an f32: ${value}`);
}

function hostTrap(error: unknown, isNan: boolean): TrapId {
  const { message } = error as Error;
  if (message === 'divide by zero' || message === 'remainder by zero') return 'integer-divide-by-zero';
  if (message === 'divide result unrepresentable') return 'integer-overflow';
  if (message === 'float unrepresentable in integer range') return isNan ? 'invalid-conversion' : 'integer-overflow';
  throw error;
}

const host = hostInstructions(NAMES.map((name) => ({ name })));

function check(name: Name, computed: () => TrapId | undefined, native: () => void): void {
  const [operands, result] = opcodeRow(name).sig!.split(':') as [string, string];
  words[12] = words[13] = 0;
  host.words.set(words);
  let expectedTrap: TrapId | undefined;
  try {
    native();
  } catch (error) {
    expectedTrap = hostTrap(error, Number.isNaN(operands[0] === 'F' ? f64[0] : f32[0]));
  }
  const trap = computed();
  const about = `${name} of ${[...words.subarray(0, 6)].join(' ')}`;
  if (trap !== expectedTrap) expect.fail(`${about}: trap ${trap}, host ${expectedTrap}`);
  if (trap !== undefined) return;
  const expected = [host.words[12]!, host.words[13]!];
  const actual = [words[12]!, words[13]!];
  if (expected.join() === actual.join()) return;
  const lanes = LANES[result]!;
  const semantics: Semantics = SEMANTICS[name];
  if ((lanes === 'f32' || lanes === 'f64') && !semantics.bits) {
    const operandLanes = LANES[operands[0]!]!;
    const canonical =
      (operandLanes !== 'f32' && operandLanes !== 'f64') ||
      [...operands].every((_, k) =>
        hasOnlyCanonicalNans(words, k * 4, k * 4 + (operandLanes === 'f32' ? 1 : 2), operandLanes),
      );
    const length = lanes === 'f32' ? 1 : 2;
    if (sameFloats(expected.slice(0, length), actual.slice(0, length), lanes, canonical)) return;
  }
  expect.fail(`${about}: ${actual.join(' ')}, host ${expected.join(' ')}`);
}

describe.each(NAMES.map((name, index) => ({ name, index })))('$name', ({ name, index }) => {
  const computed = compile(name);
  const native = host.run[index]!;
  const operands = [...opcodeRow(name).sig!.split(':')[0]!].map((type) => LANES[type]!);

  it('gives what the host gives on every pair of edge values', () => {
    for (const first of EDGES[operands[0]!]) {
      for (const second of operands.length > 1 ? EDGES[operands[1]!] : [[]]) {
        words.set(first, 0);
        words.set(second, 4);
        check(name, computed, native);
      }
    }
  });

  it('gives what the host gives on random values', () => {
    const next = randomWords(index + 1);
    for (let round = 0; round < 1000; round++) {
      for (const [k, lanes] of operands.entries()) fillRandom(words, k * 4, k * 4 + 2, lanes, next);
      check(name, computed, native);
    }
  });
});
