// A guest whose second thread rewrites paths, buffers and their lists while the first makes calls with them: every call comes to what one of the versions
// says, nothing outside is reached, and no limit is passed.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LimitError } from '#src/wasm/errors.js';
import { threaded } from '../threads/guest-text.js';
import { start, thrownBy } from '../threads/support.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'enclasm-changing-'));
  mkdirSync(join(folder, 'inside'));
  writeFileSync(join(folder, 'secret'), 'outside');
  writeFileSync(join(folder, 'inside', 'ab_secret'), 'inside');
});
afterEach(() => rmSync(folder, { recursive: true }));

const IMPORTS = `
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))`;
const guest = (body: string): string => threaded(body).replace('(module', `(module ${IMPORTS}`);

test('a path that changes between ab_secret and ../secret never leads outside', () => {
  const instance = start(
    guest(`
      ;; "ab_secret" and "../secret", which differ in three bytes.
      (data (i32.const 256) "ab_secret")
      (func (export "wasi_thread_start") (param i32 i32)
        (loop $again
          (i32.store16 (i32.const 256) (i32.const 0x2e2e)) (i32.store8 (i32.const 258) (i32.const 0x2f))
          (i32.store16 (i32.const 256) (i32.const 0x6261)) (i32.store8 (i32.const 258) (i32.const 0x5f))
          (br $again)))
      ;; -> how often the file inside was opened, and how often another call came to that an outside one is refused.
      (func (export "run") (param $n i32) (result i32 i32) (local $opened i32) (local $refused i32) (local $errno i32)
        (drop (call $spawn (i32.const 0)))
        (loop $again
          (local.set $errno (call $open (i32.const 3) (i32.const 0) (i32.const 256) (i32.const 9) (i32.const 0)
            (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0)))
          (if (i32.eqz (local.get $errno))
            (then
              (local.set $opened (i32.add (local.get $opened) (i32.const 1)))
              (drop (call $close (i32.load (i32.const 0)))))
            (else (local.set $refused (i32.add (local.get $refused) (i32.const 1)))))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $opened) (local.get $refused))`),
    { mode: 'host', threads: 'parallel', wasi: { preopens: { '/': join(folder, 'inside') } } },
  );
  const [opened, refused] = instance.lookupFunction('run')!.call(3_000) as [number, number];
  expect(opened + refused).toBe(3_000);
  // Only the file inside exists under a name that can be opened.
  expect(readdirSync(join(folder, 'inside'))).toEqual(['ab_secret']);
  expect(readFileSync(join(folder, 'secret'), 'utf8')).toBe('outside');
});

test('a list of buffers that changes writes no more than the limit, and reaches nothing beyond the memory', () => {
  const instance = start(
    guest(`
      (func (export "wasi_thread_start") (param i32 i32)
        (loop $again
          ;; Short and in bounds, long, beyond the memory.
          (i32.store (i32.const 256) (i32.const 1024)) (i32.store (i32.const 260) (i32.const 16))
          (i32.store (i32.const 260) (i32.const 50000))
          (i32.store (i32.const 256) (i32.const 0x7fffff00))
          (br $again)))
      (func (export "run") (param $n i32)
        (drop (call $spawn (i32.const 0)))
        (i32.store (i32.const 264) (i32.const 2048)) (i32.store (i32.const 268) (i32.const 1))
        (loop $again
          (drop (call $write (i32.const 4) (i32.const 256) (i32.const 1) (i32.const 0)))
          (drop (call $write (i32.const 4) (i32.const 256) (i32.const 2) (i32.const 0)))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      (data (i32.const 512) "out")
      (func (export "open") (result i32)
        (drop (call $open (i32.const 3) (i32.const 0) (i32.const 512) (i32.const 3) (i32.const 1)
          (i64.const 0x40) (i64.const 0) (i32.const 0) (i32.const 0)))
        (i32.load (i32.const 0)))`),
    {
      ...{ mode: 'host', threads: 'parallel', limits: { outputBytes: 200_000 } },
      wasi: { preopens: { '/': join(folder, 'inside') } },
    },
  );
  expect(instance.lookupFunction('open')!.call()).toEqual([4]);
  const error = thrownBy(() => instance.lookupFunction('run')!.call(1_000_000)) as LimitError;
  expect(error).toBeInstanceOf(LimitError);
  expect([error.limit, error.thread]).toEqual(['outputBytes', 0]);
  const { size } = statSync(join(folder, 'inside', 'out'));
  expect(size).toBeLessThanOrEqual(200_000);
  expect(size).toBe(instance.usage.bytesWritten);
});
