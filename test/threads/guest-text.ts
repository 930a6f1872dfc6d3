// The text that every test guest of wasi-threads has around its own. Refuses nothing.

/** A module with a shared memory and the imports of wasi-threads. */
export function threaded(body: string): string {
  return `(module
    (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
    (import "env" "memory" (memory 1 4 shared))
    (export "memory" (memory 0))
    ${body})`;
}
