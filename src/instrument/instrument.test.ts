import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { programs } from '../../bench/programs/programs.js';
import { INTERRUPTIBLE, VARIANTS } from '../../test/helpers/instrument-options.js';
import { assemble } from '../../test/helpers/wat.js';
import { branchHintsByOffset, readBranchHints } from '../binary/branch-hints.js';
import { CodeReader } from '../binary/code-reader.js';
import { decode } from '../binary/decode.js';
import { validate } from '../validate/validate.js';
import type { Module, ValidatedModule } from '../wasm/module.js';
import { HOOKS, hooksModule, NAMES } from './hooks.js';
import { instrument, referencedFunctions, SourceMap } from './instrument.js';
import { optionsKey } from './instrument-options.js';
import { Planner } from './plan.js';
import { findSilent } from './silent-functions.js';

const load = (bytes: Uint8Array): ValidatedModule => validate(decode(bytes));
const files = [...new Set(programs.map(({ file }) => file))];

const BODY = `(loop $l (i32.store (local.get 0) (i32.const 77)) (br_if $l (local.tee 1 (call 0 (local.get 1)))))
  (drop (i32.div_u (i32.const 7) (local.get 1)))`;
const LOCATED = {
  'a function': `(module (memory 1) (func (export "f") (param i32) (result i32) (local i32 i64) ${BODY} (i32.const 0)))`,
  'an unrolled loop': `(module (memory 1) (func (export "f") (param i32) (result i32) (local i32)
    (loop $l (i32.store (local.get 0) (i32.const 77)) (drop (i32.div_u (i32.const 7) (local.get 1))) (br_if $l (local.get 1))) (local.get 0)))`,
  // Added types and functions whose indices take more bytes from some function on.
  'indices of two bytes': `(module (memory 1) ${'(type (func)) '.repeat(45)}
    (func (param i32) (result i32) (local.get 0)) ${'(func)'.repeat(90)}
    ${Array.from({ length: 12 }, (_, i) => {
      const results = Array.from({ length: i + 2 }, () => 'f32');
      const values = results.map(() => '(f32.const 0)').join(' ');
      return `(func (export "${i}") (param i32) (result ${results.join(' ')}) (local i32) ${BODY} ${values})`;
    }).join('\n')})`,
};

describe('instrument', () => {
  it.each(files)('%s: valid for the validator with every set of options', (file) => {
    const module = load(readFileSync(new URL(`../../bench/programs/${file}`, import.meta.url)));
    for (const options of VARIANTS) expect(() => load(instrument(module, options, 'name'))).not.toThrow();
  });

  it('leaves the code of a guest that nothing can interrupt as it is', () => {
    const text = `(module (memory 1) (func (export "f") (param i32) (result i32) (local i32)
      (loop $l (i32.store (local.get 0) (i32.const 77)) (br_if $l (local.tee 1 (call 0 (local.get 1)))))
      (if (local.get 0) (then (return (i32.const 1)))) (memory.fill (i32.const 0) (i32.const 0) (i32.const 9))
      (i32.const 2)))`;
    const module = load(assemble(text));
    const made = load(instrument(module, { ...INTERRUPTIBLE, interruptible: false }, 'n'));
    const codeOf = ({ bytes, functions }: ValidatedModule) =>
      bytes.slice(functions[0]!.code.start, functions[0]!.code.end);
    expect(codeOf(made)).toEqual(codeOf(module));
  });

  it('leaves functions alone that call only such functions and take little, and charges what they take to their callers', () => {
    const quick = '(local.set 0 (i32.add (local.get 0) (i32.const 1)))';
    const text = `(module (type $t (func (param i32) (result i32))) (table funcref (elem $leaf))
      (func $leaf (param i32) (result i32) ${quick} (local.get 0))
      (func $twice (param i32) (result i32) (call $leaf (call $leaf (local.get 0))))
      (func $self (param i32) (result i32) (if (result i32) (local.get 0) (then (call $self (i32.const 0))) (else (i32.const 1))))
      (func $looping (param i32) (result i32) (loop $l (local.set 0 (call $twice (local.get 0))) (br_if $l (local.get 0))) (i32.const 0))
      (func $unknown (param i32) (result i32) (call_indirect (type $t) (i32.const 1) (local.get 0)))
      (func $long (param i32) (result i32) ${quick.repeat(2000)} (call $long2 (local.get 0)))
      (func $long2 (param i32) (result i32) ${quick.repeat(2000)} (local.get 0)))`;
    const module = load(assemble(text));
    const made = load(instrument(module, INTERRUPTIBLE, 'n'));
    const unchanged = module.functions.map(({ code }, i) => {
      const { start, end } = made.functions[i]!.code;
      const before = Buffer.from(module.bytes.subarray(code.start, code.end));
      return before.equals(made.bytes.subarray(start, end));
    });
    expect(unchanged).toEqual([true, true, false, false, false, false, true]);
    const planner = new Planner(module, INTERRUPTIBLE);
    const plans = module.functions.map((body) => planner.plan(body));
    const [leaf, twice] = plans.map(({ weight }) => weight);
    const [before] = plans[3]!.loopWeights;
    expect(findSilent(plans, 0)).toEqual(unchanged);
    expect(plans[1]!.weight).toBe(twice! + 2 * leaf!);
    expect(plans[3]!.loopWeights[0]).toBe(before! + plans[1]!.weight);
  });

  it('removes the start function, imports the memories, exports by index', () => {
    const text = `(module (memory (export "m") 1 9) (table (export "t") 2 funcref) (global (export "g") (mut i64) (i64.const 1))
      (func $s) (func (export "same name")) (func (export "same name 2")) (start $s))`;
    const made = load(instrument(load(assemble(text)), { ...INTERRUPTIBLE, countsCalls: true }, 'n'));
    expect(made.start).toBeUndefined();
    expect(made.memories).toEqual([]);
    expect(made.imports.map(({ name }) => name)).toEqual(['m0']);
    const names = made.exports.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['f0', 'f1', 'f2', 't0', 'g0', NAMES.hooks, NAMES.threshold]));
  });

  it('finds the functions that the outside can get hold of', () => {
    const text = `(module (table funcref (elem $a)) (global funcref (ref.func $b)) (elem func $c)
      (func $a) (func $b) (func $c) (func $d) (func $e (export "e")) (func $f) (start $f))`;
    expect(referencedFunctions(load(assemble(text)))).toEqual([0, 1, 2, 4, 5]);
  });

  it('makes a module for the hooks', () => {
    const made = load(hooksModule({ chargesObjects: true, waits: true, tellsFunctions: true, tellsPlaces: true }));
    expect(made.imports).toHaveLength(Object.keys(HOOKS).length + 1);
    expect(load(hooksModule({ ...INTERRUPTIBLE, tellsPlaces: true })).imports).toHaveLength(
      Object.keys(HOOKS).length - 5,
    );
    expect(load(hooksModule(INTERRUPTIBLE)).imports).toHaveLength(Object.keys(HOOKS).length - 6);
  });

  it('hints that its checks seldom fail, at the places of their branches', () => {
    const module = load(readFileSync(new URL('../../bench/programs/records.wasm', import.meta.url)));
    for (const options of VARIANTS) {
      const made = load(instrument(module, options, 'n'));
      // Which refuses places where there is no branch.
      const hints = readBranchHints(made);
      expect(hints.every(({ likely }) => !likely)).toBe(true);
      expect(hints.length > 0).toBe(options.interruptible);
    }
  });

  it('keeps the hints of the guest with its branches, in every copy', () => {
    // A condition of 1000 + k belongs to the branch with the k-th hint.
    const likely = [true, false, true, false];
    const bytes = assemble(`(module (memory 1) (func (export "f") (param i32) (result i32)
      (if (i32.const 1000) (then (i32.store (i32.const 0) (local.get 0))))
      (block $out
        (loop $l
          (br_if $out (i32.const 1001))
          (i32.store (i32.const 4) (local.get 0))
          (br_if $l (i32.const 1002))))
      (block (br_if 0 (i32.const 1003)) (drop (call 0 (local.get 0))))
      (br_if 0 (i32.const 7) (local.get 0))))`);
    const plain = decode(bytes);
    const offsets = [...hintedBranches(plain)].map(([, offset]) => offset - plain.functions[0]!.start);
    expect(offsets).toHaveLength(likely.length);
    const name = new TextEncoder().encode('metadata.code.branch_hint');
    const payload = [name.length, ...name, 1, 0, likely.length, ...offsets.flatMap((at, k) => [at, 1, +likely[k]!])];
    const module = load(Uint8Array.from([...bytes, 0, payload.length, ...payload]));
    expect(readBranchHints(module)).toHaveLength(likely.length);
    for (const options of VARIANTS) {
      const made = load(instrument(module, options, 'n'));
      const hints = branchHintsByOffset(made);
      const found = hintedBranches(made);
      expect(found.map(([k, at]) => [k, hints.get(at)])).toEqual(found.map(([k]) => [k, likely[k]]));
      expect(new Set(found.map(([k]) => k))).toEqual(new Set([0, 1, 2, 3]));
      // The loop is unrolled wherever something counts.
      if (options.interruptible) expect(found.length).toBeGreaterThan(likely.length + 2);
      // What is not the guest's is a check.
      const own = new Set(found.map(([, at]) => at));
      for (const [at, isLikely] of hints) if (!own.has(at)) expect(isLikely).toBe(false);
    }
  });

  it('ignores hints that are malformed', () => {
    const bytes = assemble('(module (func (param i32) (if (local.get 0) (then))))');
    const name = new TextEncoder().encode('metadata.code.branch_hint');
    const malformed = load(Uint8Array.from([...bytes, 0, name.length + 3, name.length, ...name, 9, 9]));
    for (const options of VARIANTS)
      expect(instrument(malformed, options, 'n')).toEqual(instrument(load(bytes), options, 'n'));
  });

  it('has a key for each set of options', () => {
    expect(new Set(VARIANTS.map(optionsKey)).size).toBe(VARIANTS.length);
  });

  it.each(Object.entries(LOCATED))('maps every instruction that it copied back to where it was: %s', (_, text) => {
    const module = load(assemble(text));
    for (const options of VARIANTS) {
      const bytes = instrument(module, options, 'n');
      const made = decode(bytes);
      const map = new SourceMap(module, options);
      const found = new Set<string>();
      made.functions.forEach((body, emitted) => {
        const index = map.originalFunction(emitted);
        if (index === undefined) return;
        // The body of a code entry starts with its locals.
        const section = made.sections.find(({ id }) => id === 10)!;
        const start = bodyStart(bytes, section.bytes.start, emitted);
        const reader = new CodeReader(bytes, body.code.start, body.code.end);
        while (reader.next() >= 0) {
          if (!['i32.store', 'i32.div_u'].includes(reader.name)) continue;
          const offset = map.originalOffset(index, reader.start - start);
          const original = new CodeReader(module.bytes, offset, module.bytes.length);
          original.next();
          expect(original.name).toBe(reader.name);
          found.add(reader.name);
        }
      });
      expect([...found].sort()).toEqual(['i32.div_u', 'i32.store']);
    }
  });
});

function bodyStart(bytes: Uint8Array, section: number, index: number): number {
  const reader = new CodeReader(bytes, section, bytes.length);
  reader.u32();
  for (let i = 0; ; i++) {
    const size = reader.u32();
    if (i === index) return reader.pos;
    reader.skip(size);
  }
}

/** Returns the branches that follow a constant k + 1000, as k and the offset. */
function hintedBranches(module: Module): readonly (readonly [number, number])[] {
  const found: [number, number][] = [];
  for (const { code } of module.functions) {
    const reader = new CodeReader(module.bytes, code.start, code.end);
    let marker = -1;
    while (reader.next() >= 0) {
      if (reader.name === 'i32.const' && reader.low >= 1000 && reader.low < 1010) marker = reader.low - 1000;
      else if (marker >= 0 && (reader.name === 'if' || reader.name === 'br_if')) {
        found.push([marker, reader.start]);
        marker = -1;
      }
    }
  }
  return found;
}
