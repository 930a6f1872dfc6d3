// The runner: that it notices every kind of wrong behaviour, and that the host passes what it must.
import { describe, expect, it } from 'vitest';
import { interpEngine } from '#src/engine/interp/interp-engine.js';
import { createEngineTarget } from '#src/wast/runtime-target.js';
import type { SpecTarget } from '#src/wast/script-target.js';
import { isNan, matches } from '#src/wast/script-values.js';
import { runSuiteScript } from './suite-script.js';
import { createNodeTarget } from './targets/node.js';
import { platform } from './targets/platform.js';

function run(script: string, target: SpecTarget = createNodeTarget(), file = 'sample') {
  return runSuiteScript(file, script, target, target.name);
}

const MODULE = `(module
  (func (export "one") (result i32) (i32.const 1))
  (func (export "trap") (unreachable))
  (func $deep (export "deep") (call $deep))
  (func (export "f32") (param f32) (result f32) (local.get 0))
  (func (export "f64") (param i32 f64) (result f64 i32) (local.get 1) (local.get 0))
  (func (export "v128") (param v128) (result v128) (local.get 0))
  (func (export "extern") (param externref) (result externref) (local.get 0))
  (func (export "func") (result funcref) (ref.null func))
  (global (export "nan") f32 (f32.const -nan:0x123))
  (global (export "mutable") (mut i64) (i64.const 5)))`;

describe('on the host', () => {
  it('passes what is right, with exact bits', () => {
    const report = run(`${MODULE}
      (assert_return (invoke "one") (i32.const 1))
      (assert_trap (invoke "trap") "unreachable")
      (assert_exhaustion (invoke "deep") "call stack exhausted")
      (assert_return (invoke "f32" (f32.const nan:0x200001)) (f32.const nan:0x200001))
      (assert_return (invoke "f64" (i32.const 7) (f64.const -nan:0x1)) (f64.const -nan:0x1) (i32.const 7))
      (assert_return (invoke "v128" (v128.const i64x2 1 2)) (v128.const i64x2 1 2))
      (assert_return (invoke "extern" (ref.extern 4)) (ref.extern 4))
      (assert_return (invoke "extern" (ref.null extern)) (ref.null extern))
      (assert_return (invoke "func") (ref.null func))
      (assert_return (get "nan") (f32.const -nan:0x123))
      (assert_return (get "mutable") (i64.const 5))
      (register "m")
      (module $n (import "m" "one" (func)))`);
    expect(report.failures).toMatchObject([{ expected: 'a valid module' }]);
    expect(report.passed).toBe(13);
  });

  it.each([
    ['(assert_return (invoke "one") (i32.const 2))', 'i32:2', 'i32:1'],
    ['(assert_return (invoke "one"))', '', 'i32:1'],
    ['(assert_return (invoke "trap"))', 'results', 'trap: '],
    ['(assert_trap (invoke "one") "unreachable")', 'trap: unreachable', 'i32:1'],
    ['(assert_trap (invoke "trap") "integer overflow")', 'trap: integer overflow', 'trap: '],
    ['(assert_exhaustion (invoke "trap") "call stack exhausted")', 'exhaustion', 'trap: '],
    ['(assert_exception (invoke "trap"))', 'exception', 'trap: '],
    ['(assert_return (invoke "extern" (ref.extern 4)) (ref.extern 5))', 'ref.extern 5', 'ref.extern 4'],
    ['(assert_return (invoke "absent"))', 'results', 'absent'],
    ['(assert_return (invoke $absent "one"))', '', 'unknown instance $absent'],
    ['(assert_invalid (module (func)) "type mismatch")', 'invalid: type mismatch', 'a valid module'],
    ['(assert_malformed (module binary "\\00asm\\01\\00\\00\\00") "x")', 'malformed: x', 'a valid module'],
    ['(assert_unlinkable (module (import "spectest" "print" (func))) "x")', 'unlinkable', 'an instance'],
    ['(assert_trap (module (func)) "unreachable")', 'trap: unreachable', 'an instance'],
    ['(module (func (result i32)))', 'a valid module', 'invalid: '],
  ])('reports %s', (command, expected, got) => {
    const { failures, passed } = run(`${MODULE}\n${command}`);
    expect(passed).toBe(1);
    expect(failures).toHaveLength(1);
    expect(failures[0]!.line).toBe(MODULE.split('\n').length + 1);
    expect(failures[0]!.expected).toContain(expected);
    expect(failures[0]!.got).toContain(got);
  });

  it('blames a broken module once for the commands that need it', () => {
    const { failures } = run('(module (func (result i32)))\n(invoke "f")\n(assert_return (invoke "g"))');
    expect(failures.map(({ line, follows }) => [line, follows])).toEqual([
      [1, false],
      [2, true],
      [3, true],
    ]);
  });

  it('skips quoted text that the assembler refuses, and nothing else', () => {
    const { skipped, failures } = run('(assert_malformed (module quote "(func") "x")\n(module quote "(func")');
    expect(skipped.map(({ line }) => line)).toEqual([1]);
    expect(failures.map(({ line }) => line)).toEqual([2]);
  });

  it('makes a new instance of a definition each time', () => {
    const report = run(`(module definition $M (global $g (mut i32) (i32.const 0))
        (func (export "next") (result i32) (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))
      (module instance $a $M)
      (module instance $b $M)
      (assert_return (invoke $a "next") (i32.const 1))
      (assert_return (invoke $a "next") (i32.const 2))
      (assert_return (invoke $b "next") (i32.const 1))`);
    expect(report).toMatchObject({ passed: 6, failures: [] });
  });

  it('fails an entry of the skip list that passes', () => {
    const script = '(assert_invalid (module (func (result i32))) "type mismatch")';
    const skips = [{ file: 'sample', reason: 'a reason of the test' }];
    expect(runSuiteScript('sample', script, createNodeTarget(), 'node', skips).failures).toMatchObject([
      { expected: 'skipped: a reason of the test', got: 'a pass' },
    ]);
  });
});

describe('targets that tell more than the host', () => {
  const strict = (kind: 'malformed' | 'invalid'): SpecTarget => ({
    ...createNodeTarget(),
    tellsMalformedFromInvalid: true,
    classify: () => ({ kind, text: '', specTexts: [] }),
  });

  it('must not call malformed what is invalid, nor the other way round', () => {
    const invalid = '(assert_invalid (module (func (result i32))) "type mismatch")';
    const malformed = '(assert_malformed (module binary "\\00asx") "magic header not detected")';
    expect(run(invalid, strict('invalid')).failures).toHaveLength(0);
    expect(run(invalid, strict('malformed')).failures).toHaveLength(1);
    expect(run(malformed, strict('malformed')).failures).toHaveLength(0);
    expect(run(malformed, strict('invalid')).failures).toHaveLength(1);
  });

  it('skips commands that follow a module the host cannot run', () => {
    const excused: SpecTarget = { ...createNodeTarget(), excuse: () => 'host lacks it' };
    const { skipped, failures } = run('(module (func (result i32)))\n(invoke "f")', excused);
    expect(failures).toEqual([]);
    expect(skipped).toEqual([
      { line: 1, reason: 'host lacks it' },
      { line: 2, reason: 'module of line 1: host lacks it' },
    ]);
  });
});

describe('patterns', () => {
  it('tells the classes of NaN', () => {
    expect(isNan(0x7fc00000n, 'f32', 'canonical')).toBe(true);
    expect(isNan(0xffc00000n, 'f32', 'canonical')).toBe(true);
    expect(isNan(0x7fc00001n, 'f32', 'canonical')).toBe(false);
    expect(isNan(0x7fc00001n, 'f32', 'arithmetic')).toBe(true);
    expect(isNan(0x7fa00000n, 'f32', 'arithmetic')).toBe(false);
    expect(isNan(0x7f800000n, 'f32', 'arithmetic')).toBe(false);
    expect(isNan(0x7ff8000000000000n, 'f64', 'canonical')).toBe(true);
  });

  it('tells the classes of references', () => {
    expect(matches({ type: 'ref', kind: 'struct' }, { type: 'refClass', of: 'eq' })).toBe(true);
    expect(matches({ type: 'host', id: 1 }, { type: 'refClass', of: 'eq' })).toBe(false);
    expect(matches({ type: 'host', id: 1 }, { type: 'refClass', of: 'any' })).toBe(true);
    expect(matches({ type: 'null', heap: 'any' }, { type: 'refClass', of: 'any' })).toBe(false);
    expect(matches({ type: 'null', heap: 'any' }, { type: 'null', heap: 'func' })).toBe(false);
    expect(matches({ type: 'null', heap: 'func' }, { type: 'anyNull' })).toBe(true);
    expect(matches({ type: 'extern', id: 1 }, { type: 'refClass', of: 'extern' })).toBe(true);
  });

  it('compares vectors lane by lane', () => {
    const bytes = new Uint8Array(16);
    bytes.set([0, 0, 0xc0, 0xff]);
    const rest = [0n, 0n, 0n].map((bits) => ({ lane: 'f32' as const, bits }));
    expect(
      matches({ type: 'v128', bytes }, { type: 'lanes', lanes: [{ lane: 'f32', bits: 'canonical' }, ...rest] }),
    ).toBe(true);
    bytes[4] = 1;
    expect(
      matches({ type: 'v128', bytes }, { type: 'lanes', lanes: [{ lane: 'f32', bits: 'canonical' }, ...rest] }),
    ).toBe(false);
  });
});

describe('threads', () => {
  const interp = () => createEngineTarget(interpEngine(), { platform });
  const MEMORY = '(module $Mem (memory (export "shared") 1 1 shared)) (register "mem" $Mem)';
  const WAITER = `(module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "wait") (param i64) (result i32)
      (memory.atomic.wait32 (i32.const 0) (i32.const 0) (local.get 0)))
    (func (export "notify") (result i32) (memory.atomic.notify (i32.const 0) (i32.const 1)))
    (func (export "until") (loop $spin (br_if $spin (i32.eqz (i32.load (i32.const 8))))))
    (func (export "set") (i32.store (i32.const 8) (i32.const 1))))`;
  const thread = (name: string, commands: string): string =>
    `(thread ${name} (shared (module $Mem)) (register "mem" $Mem) ${WAITER} ${commands})`;

  it('run into each other: one waits for what another does later, by a notification or by spinning', () => {
    const report = run(
      `${MEMORY}
      ${thread('$A', '(assert_return (invoke "wait" (i64.const -1)) (i32.const 0)) (invoke "set")')}
      ${thread('$B', '(invoke "until")')}
      ${WAITER}
      (assert_return (invoke "wait" (i64.const 1)) (i32.const 2))
      (assert_return (invoke "notify") (i32.const 1))
      (wait $A) (wait $B)`,
      interp(),
      'threads/sample',
    );
    expect(report).toMatchObject({ failures: [], skipped: [], passed: 16 });
  });
  it("fail where all of them wait, where the name is unknown, and at the line of the thread's own command", () => {
    const script = `${MEMORY}
      ${thread('$A', '\n(invoke "wait" (i64.const -1))\n(assert_return (invoke "notify") (i32.const 1))')}
      (thread $B (assert_return (invoke "notify") (i32.const 0)))
      (wait $A)
      (wait $C)
      (wait $B)`;
    const { failures } = run(script, interp(), 'threads/sample');
    const line = (text: string): number => script.slice(0, script.indexOf(text)).split('\n').length;
    expect(failures.map((failure) => [failure.line, failure.got]).sort()).toEqual(
      [
        [line('(invoke "wait" (i64.const -1))'), 'all threads of the script wait'],
        [line('(assert_return (invoke "notify") (i32.const 1)'), 'i32:0'],
        [line('(thread $B'), 'no module before'],
        [line('(wait $A)'), 'all threads of the script wait'],
        [line('(wait $C)'), 'unknown thread $C'],
      ].sort(),
    );
  });
});
