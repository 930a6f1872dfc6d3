// The scalar templates of wasm/semantics.ts, cut at their operands, so that the emitter can put expressions in.

import { SEMANTICS, type Semantics } from '../../wasm/semantics.js';
import { TRAPS } from '../../wasm/traps.js';

/** A template cut at its operands: odd entries are their names (a, b, al, ah, bl, bh; lo and hi are results). */
type Parts = readonly string[];

export interface Template {
  /** A boolean expression. */
  readonly condition: Parts | undefined;
  /** An expression; for an i64 result, one for the low and one for the high word. */
  readonly value: Parts | undefined;
  readonly low: Parts | undefined;
  readonly high: Parts | undefined;
  readonly checks: readonly { readonly condition: Parts; readonly trap: number }[];
  /** Which of the operands a and b are used more than once, per word. */
  readonly repeats: readonly [a: boolean, b: boolean];
  /** Of each operand only the low 32 bits matter, so any whole number with them will do. */
  readonly takesBits: boolean;
  /** The high word's expression reads the low word. */
  readonly highReadsLow: boolean;
  /** The names of numeric/ that it uses. */
  readonly names: readonly string[];
}

const OPERAND = /\b(al|ah|bl|bh|lo|hi|a|b)\b/;

/** The texts whose operators take the low 32 bits of a and b: ToInt32 and ToUint32 of the language, also of a sum. */
const OF_BITS =
  /^(\(a[-+]b\)\|0|\(a>>>b\)\|0|a(&|\||\^|<<|>>)b|Math\.(imul\(a,b|clz32\(a)\)|\(a>>>0\)[<>]=?\(b>>>0\))$/;

function cut(text: string): Parts {
  return text.replaceAll(' ', '').split(new RegExp(OPERAND, 'g'));
}

export function fill(parts: Parts, operands: Readonly<Record<string, string>>): string {
  let text = parts[0]!;
  for (let i = 1; i < parts.length; i += 2) text += operands[parts[i]!]! + parts[i + 1]!;
  return text;
}

function countUses(parts: readonly (Parts | undefined)[], name: string): number {
  let count = 0;
  for (const one of parts) if (one) for (let i = 1; i < one.length; i += 2) if (one[i] === name) count++;
  return count;
}

function compileTemplate(semantics: Semantics): Template {
  const { js, condition, checks = [] } = semantics;
  const pair = js?.startsWith('lo = ') ? /^lo = (.*); hi = (.*)$/.exec(js) : null;
  const parts = {
    condition: condition === undefined ? undefined : cut(condition),
    value: js !== undefined && !pair ? cut(js) : undefined,
    low: pair ? cut(pair[1]!) : undefined,
    high: pair ? cut(pair[2]!) : undefined,
  };
  const all = [parts.condition, parts.value, parts.low, parts.high];
  const cutChecks = checks.map(([text, trap]) => ({ condition: cut(text), trap: TRAPS[trap].number }));
  const uses = (name: string): number =>
    countUses(all, name) +
    countUses(
      cutChecks.map((check) => check.condition),
      name,
    );
  const repeats = (operand: string): boolean => [operand, `${operand}l`, `${operand}h`].some((name) => uses(name) > 1);
  const text = `${js ?? ''} ${condition ?? ''}`;
  return {
    ...parts,
    checks: cutChecks,
    repeats: [repeats('a'), repeats('b')],
    takesBits: OF_BITS.test((js ?? condition ?? '').replaceAll(' ', '')),
    highReadsLow: countUses([parts.high], 'lo') > 0 || text.includes('HIGH'),
    names: [...new Set(text.match(/\b(i32|i64|f32|f64)_\w+|\bHIGH\b/g) ?? [])],
  };
}

const cache = new Map<string, Template>();

/** Returns the template of a scalar instruction that is not one of bits. */
export function templateOf(name: string): Template {
  let template = cache.get(name);
  if (!template) {
    template = compileTemplate((SEMANTICS as Readonly<Record<string, Semantics>>)[name]!);
    cache.set(name, template);
  }
  return template;
}
