// Functions that embedders and natives hand on from one guest to another: none may run outside the limits of the one that gets it.
import { expect } from 'vitest';
import type { WasmTable } from '#src/embed/instance/externs.js';
import { Runtime } from '#src/embed/runtime.js';
import { interpEngine } from '#src/engine/interp/interp-engine.js';
import type { WasmValue } from '#src/runtime/value.js';
import { UsageError } from '#src/wasm/errors.js';
import { failure } from '../helpers/failure.js';
import { testPlatform } from '../helpers/test-platform.js';
import { assemble } from '../helpers/wat.js';
import { type ModeWorld, modeCases } from './mode-cases.js';

const GIVER = `(module (import "env" "keep" (func $keep (param funcref)))
  (global $calls (export "calls") (mut i32) (i32.const 0))
  (func $f (global.set $calls (i32.add (global.get $calls) (i32.const 1))))
  (elem declare func $f)
  (func (export "give") (call $keep (ref.func $f))))`;
const TAKER = `(module (import "env" "get" (func $get (result funcref)))
  (table (export "table") 1 funcref)
  (func (export "take") (param funcref) (table.set (i32.const 0) (local.get 0)) (call_indirect (i32.const 0)))
  (func (export "fetch") (table.set (i32.const 0) (call $get)) (call_indirect (i32.const 0))))`;

/** A function as a native gets it from a guest. */
function givenBy(start: ModeWorld['start'], metered: boolean): WasmValue {
  let kept: WasmValue = null;
  const keep = (_env: unknown, func: WasmValue): void => {
    kept = func;
  };
  start(GIVER, { metered, imports: { env: { keep } } })
    .lookupFunction('give')!
    .call();
  expect(kept).not.toBeNull();
  return kept;
}
/** Every way to hand it on. */
function handOn(start: ModeWorld['start'], func: WasmValue): (() => unknown)[] {
  const metered = { limits: { fuel: 10_000 } };
  const taker = start(TAKER, { ...metered, imports: { env: { get: () => func } } });
  return [
    () => taker.lookupFunction('take')!.call(func),
    () => taker.lookupFunction('fetch')!.call(),
    () => (taker.exports['table'] as WasmTable).set(0, func),
    () => start('(module (import "env" "f" (func)) (start 0))', { ...metered, imports: { env: { f: func } } }),
  ];
}

modeCases('functions that are handed on', [
  {
    name: 'one that is not counted cannot get to a guest that counts',
    run({ start }) {
      for (const attempt of handOn(start, givenBy(start, false))) {
        const error = failure(attempt);
        expect(error).toBeInstanceOf(UsageError);
        expect((error as Error).message).toContain('counts no fuel');
      }
    },
  },
  {
    name: 'one that is counted can',
    run({ start }) {
      for (const attempt of handOn(start, givenBy(start, true))) attempt();
    },
  },
  {
    name: 'an instance whose function was imported bare cannot end before the one that imports it',
    run({ start }) {
      let kept: WasmValue = null;
      const keep = (_env: unknown, func: WasmValue): void => {
        kept = func;
      };
      const giver = start(GIVER, { imports: { env: { keep } } });
      giver.lookupFunction('give')!.call();
      const user = start('(module (import "env" "f" (func $f)) (func (export "run") (call $f)))', {
        imports: { env: { f: kept } },
      });
      user.lookupFunction('run')!.call();
      expect(failure(() => giver.deinstantiate())).toBeInstanceOf(UsageError);
      user.deinstantiate();
      giver.deinstantiate();
    },
  },
  {
    name: 'one of another runtime is refused',
    run({ start }) {
      const other = Runtime.init({}, { platform: testPlatform(), engines: [interpEngine()], libraries: [] });
      const func = givenBy((text, options) => other.instantiate(other.load(assemble(text)), options), true);
      const [take, fetch, set] = handOn(start, func);
      for (const attempt of [take!, fetch!, set!]) {
        const error = failure(attempt);
        expect(error).toBeInstanceOf(UsageError);
        expect((error as Error).message).toContain('another runtime');
      }
      other.destroy();
    },
  },
]);
