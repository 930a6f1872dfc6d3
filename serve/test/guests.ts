// The guests of the server's tests: well-behaved ones, and one for each way to misbehave.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assemble, projectRoot } from '../../test/helpers/wat.js';

const root = projectRoot();
export function file(path: string): Uint8Array {
  return new Uint8Array(readFileSync(join(root, path)));
}

/** Of WASI, for the texts below. */
const IMPORTS = `
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 2)
  ;; An iovec at 0: 4096 bytes at 1024. Counts at 8. A clock subscription at 64.
  (data (i32.const 0) "\\00\\04\\00\\00\\00\\10\\00\\00")
  (func $write (param i32) (i32.store (i32.const 4) (local.get 0))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func $read (result i32) (i32.store (i32.const 4) (i32.const 4096))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))) (i32.load (i32.const 8)))
  (func $sleep (param $ms i64)
    (i32.store (i32.const 80) (i32.const 1))
    (i64.store (i32.const 88) (i64.mul (local.get $ms) (i64.const 1000000)))
    (drop (call $poll_oneoff (i32.const 64) (i32.const 256) (i32.const 1) (i32.const 8))))`;
const program = (body: string, more = ''): Uint8Array =>
  assemble(`(module ${IMPORTS} ${more} (func (export "_start") ${body}))`);

/** Writes what it reads, as it comes. */
export const echo = program(`(local $n i32) (block $end (loop $next
  (local.set $n (call $read)) (br_if $end (i32.eqz (local.get $n))) (call $write (local.get $n)) (br $next)))`);
/** Writes a text and ends. */
export const saying = (text: string): Uint8Array =>
  program(`(call $write (i32.const ${text.length}))`, `(data (i32.const 1024) "${text}")`);
/** Sleeps, then says so. */
export const sleeping = (ms: number): Uint8Array =>
  program(`(call $sleep (i64.const ${ms})) (call $write (i32.const 5))`, '(data (i32.const 1024) "awake")');
export const spinning = program('(loop $again (br $again))');
export const flooding = program('(loop $again (call $write (i32.const 4096)) (br $again))');
export const trapping = program('(unreachable)');
export const exiting = (code: number): Uint8Array => program(`(call $exit (i32.const ${code}))`);
/** Never reads, and has an answer. */
export const ignoring = saying('no need to read');
/** Asks for memory until there is none, then says so with its exit code. */
export const growing = program(
  '(loop $again (br_if $again (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) (call $exit (i32.const 9))',
);
/** Uses processor time by a number of turns, then says so. */
export const busy = (turns: number): Uint8Array =>
  program(
    `(local $k i32) (loop $again (br_if $again (i32.lt_u
      (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const ${turns})))) (call $write (i32.const 4))`,
    '(data (i32.const 1024) "done")',
  );

export const upper = file('test/plugins/guests/upper.wasm');
export const sort = file('samples/sort.wasm');
export const greet = file('test/plugins/guests/greet.wasm');
export const extism = file('test/plugins/guests/extism.wasm');
export const cgi = (): Uint8Array => file('serve/test/guests/cgi.wasm');
