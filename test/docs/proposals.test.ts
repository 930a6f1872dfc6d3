// docs/proposals.md says which mode has which feature: each row is what there is, shown by a module that uses the feature.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultEngines } from '#src/entry/engines.js';
import { DEFAULT_FEATURES, FEATURES, type Feature } from '#src/wasm/features.js';
import { projectRoot } from '../helpers/wat.js';
import { modeCases } from '../modes/mode-cases.js';

const FEATURE_NAMES = Object.keys(FEATURES) as Feature[];

/** A module for each feature, which uses it; its function `f` gives 7. */
const MODULES: Readonly<Record<Feature, string>> = {
  'mutable-globals': '(global (export "g") (mut i32) (i32.const 7)) (func (export "f") (result i32) global.get 0)',
  'sign-extension': '(func (export "f") (result i32) (i32.extend8_s (i32.const 0x107)))',
  'saturating-float-to-int': '(func (export "f") (result i32) (i32.trunc_sat_f32_s (f32.const 7.5)))',
  'multi-value':
    '(func $two (result i32 i32) i32.const 3 i32.const 4) (func (export "f") (result i32) call $two i32.add)',
  'bulk-memory': `(memory 1) (func (export "f") (result i32)
    (memory.fill (i32.const 0) (i32.const 7) (i32.const 1)) (i32.load8_u (i32.const 0)))`,
  'reference-types': `(table 1 externref) (func (export "f") (result i32)
    (i32.add (i32.const 6) (ref.is_null (table.get 0 (i32.const 0)))))`,
  simd: '(func (export "f") (result i32) (i32x4.extract_lane 1 (v128.const i32x4 0 7 0 0)))',
  'relaxed-simd': `(func (export "f") (result i32)
    (i8x16.extract_lane_u 0 (i8x16.relaxed_swizzle (v128.const i32x4 7 0 0 0) (v128.const i32x4 0 0 0 0))))`,
  'tail-call': '(func $seven (result i32) i32.const 7) (func (export "f") (result i32) return_call $seven)',
  'extended-const': `(global i32 (i32.add (i32.const 3) (i32.const 4))) (func (export "f") (result i32) global.get 0)`,
  'multi-memory': `(memory 1) (memory $b 1) (data (memory $b) (i32.const 0) "\\07")
    (func (export "f") (result i32) (i32.load8_u $b (i32.const 0)))`,
  memory64: '(memory i64 1) (data (i64.const 0) "\\07") (func (export "f") (result i32) (i32.load8_u (i64.const 0)))',
  exceptions: `(tag $e (param i32)) (func (export "f") (result i32)
    (block $caught (result i32) (try_table (result i32) (catch $e $caught) (throw $e (i32.const 7)))))`,
  'legacy-exceptions': `(tag $e (param i32)) (func (export "f") (result i32)
    try (result i32) i32.const 7 throw $e catch $e end)`,
  'function-references': `(type $t (func (result i32))) (func $seven (type $t) i32.const 7) (elem declare func $seven)
    (func (export "f") (result i32) (call_ref $t (ref.func $seven)))`,
  gc: `(type $s (struct (field i32))) (func (export "f") (result i32)
    (struct.get $s 0 (struct.new $s (i32.const 7))))`,
  threads: `(memory 1 1 shared) (func (export "f") (result i32)
    (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 7))) (i32.atomic.load (i32.const 0)))`,
  'wide-arithmetic': `(func (export "f") (result i32) (i64.add128 (i64.const 3) (i64.const 0) (i64.const 4) (i64.const 0))
    drop i32.wrap_i64)`,
  'custom-page-sizes': `(memory 7 7 (pagesize 1)) (func (export "f") (result i32) memory.size)`,
};

interface DocumentRow {
  readonly feature: string;
  readonly brings: string;
  readonly on: string;
  readonly everywhere: string;
  readonly host: string;
}
const document = readFileSync(join(projectRoot(), 'docs/proposals.md'), 'utf8');
const rows: DocumentRow[] = [...document.matchAll(/^\| `([a-z0-9-]+)` \|(.+)\|$/gm)].map((match) => {
  const [brings, , on, everywhere, host] = match[2]!.split('|').map((cell) => cell.trim());
  return { feature: match[1]!, brings: brings!, on: on!, everywhere: everywhere!, host: host! };
});

describe('docs/proposals.md', () => {
  it('has a row for each feature, which says what it brings and whether it is on', () => {
    expect(rows.map(({ feature, brings, on }) => [feature, brings, on])).toEqual(
      FEATURE_NAMES.map((name) => [name, FEATURES[name], DEFAULT_FEATURES.has(name) ? 'yes' : 'no']),
    );
    expect(new Set(rows.map(({ everywhere }) => everywhere))).toEqual(new Set(['yes']));
  });
  it.runIf(process.versions.node.startsWith('20.'))('says what Node 20 has', () => {
    const engine = defaultEngines().find(({ mode }) => mode === 'host')!;
    // One at a time: both forms of exceptions at once are another question.
    const has = (feature: Feature): boolean =>
      engine.missingFeatures({ usedFeatures: new Set([feature]) }).length === 0;
    expect(rows.map(({ feature, host }) => [feature, host])).toEqual(
      FEATURE_NAMES.map((feature) => [feature, has(feature) ? 'yes' : 'no']),
    );
  });
});

modeCases(
  'features',
  FEATURE_NAMES.map((feature) => ({
    name: feature,
    initArgs: { features: { 'wide-arithmetic': true, 'custom-page-sizes': true } },
    run: ({ start }) => {
      const instance = start(`(module ${MODULES[feature]})`);
      expect([...instance.module.usedFeatures]).toContain(feature);
      expect(instance.lookupFunction('f')!.call()).toEqual([7]);
    },
  })),
);
