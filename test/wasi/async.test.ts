// A guest that sleeps under callAsync lets the event loop go on, and an AbortSignal end it.

import { expect, test } from 'vitest';
import { Runtime } from '#src/embed/runtime.js';
import { interpEngine } from '#src/engine/interp/interp-engine.js';
import { ALL_LIBRARIES } from '#src/entry/libraries.js';
import { LimitError } from '#src/wasm/errors.js';
import { assemble } from '../helpers/wat.js';
import { platform } from './guest.js';

/** Sleeps for $ms, then gives the number of events. */
const SLEEPER = `(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "sleep") (param $ms i64) (result i32)
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.mul (local.get $ms) (i64.const 1000000)))
    (if (call $poll (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200)) (then unreachable))
    (i32.load (i32.const 200))))`;

function sleeper() {
  const runtime = Runtime.init({}, { platform, engines: [interpEngine()], libraries: ALL_LIBRARIES });
  const instance = runtime.instantiate(runtime.load(assemble(SLEEPER)), { mode: 'interp', wasi: {} });
  return { runtime, sleep: instance.lookupFunction('sleep')! };
}

test('the event loop goes on', async () => {
  const { runtime, sleep } = sleeper();
  let turns = 0;
  const interval = setInterval(() => turns++, 5);
  const before = performance.now();
  expect(await sleep.callAsync([400n])).toEqual([1]);
  expect(performance.now() - before).toBeGreaterThan(395);
  clearInterval(interval);
  expect(turns).toBeGreaterThan(5);
  expect(sleep.call(5n)).toEqual([1]);
  runtime.destroy();
});

test('a signal and a deadline end it', async () => {
  const { runtime, sleep } = sleeper();
  const before = performance.now();
  await expect(sleep.callAsync([60_000n], { signal: AbortSignal.timeout(50) })).rejects.toThrow(LimitError);
  await expect(sleep.callAsync([60_000n], { timeoutMs: 50 })).rejects.toThrow(LimitError);
  expect(performance.now() - before).toBeLessThan(30_000);
  runtime.destroy();
});
