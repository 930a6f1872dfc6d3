// The guest that threads are measured with, and how: what takes turns, and from when to when a start is counted.
// Refuses nothing.
import { threaded } from '../test/threads/guest-text.js';

export const GUEST = threaded(`
  (import "bench" "begins" (func $begins))
  (import "bench" "runs" (func $runs))
  (func $sum (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 7)) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  ;; The least argument: tells at once that it runs. One below zero: yields so many times. Zero: notes that it runs. Others: works.
  (func (export "wasi_thread_start") (param $id i32) (param $n i32)
    (if (i32.eq (local.get $n) (i32.const 0x80000000)) (then (call $runs) (local.set $n (i32.const 0))))
    (if (i32.lt_s (local.get $n) (i32.const 0)) (then (call $yields (i32.sub (i32.const 0) (local.get $n)))))
    (if (i32.gt_s (local.get $n) (i32.const 0))
      (then (drop (i32.atomic.rmw.add (i32.const 8) (call $sum (local.get $n))))))
    (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 0) (i32.const -1))))
  (func $yields (param $n i32)
    (loop $again (drop (call $yield)) (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $join (param $threads i32) (local $done i32)
    (block $all (loop $again
      (local.set $done (i32.atomic.load (i32.const 0)))
      (br_if $all (i32.ge_u (local.get $done) (local.get $threads)))
      (drop (memory.atomic.wait32 (i32.const 0) (local.get $done) (i64.const -1)))
      (br $again))))
  (func (export "threads") (param $threads i32) (param $n i32) (result i32) (local $k i32)
    (i64.store (i32.const 0) (i64.const 0))
    (i32.store (i32.const 8) (i32.const 0))
    (loop $again
      (if (i32.lt_s (call $spawn (local.get $n)) (i32.const 1)) (then unreachable))
      (br_if $again (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (local.get $threads))))
    (call $join (local.get $threads))
    (i32.load (i32.const 8)))
  (func (export "yields") (param $n i32) (result i32)
    (i64.store (i32.const 0) (i64.const 0))
    (if (i32.lt_s (call $spawn (i32.sub (i32.const 0) (local.get $n))) (i32.const 1)) (then unreachable))
    (call $yields (local.get $n))
    (call $join (i32.const 1))
    (i32.const 0))
  (func (export "firsts") (param $n i32) (result i32)
    (loop $again
      (i32.atomic.store (i32.const 0) (i32.const 0))
      (call $begins)
      (if (i32.lt_s (call $spawn (i32.const 0x80000000)) (i32.const 1)) (then unreachable))
      (call $join (i32.const 1))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.const 0))
  (func (export "spawns") (param $n i32) (result i32)
    (loop $again
      (i32.atomic.store (i32.const 0) (i32.const 0))
      (if (i32.lt_s (call $spawn (i32.const 0)) (i32.const 1)) (then unreachable))
      (call $join (i32.const 1))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.const 0))`);

/** Least means are of so many rounds. */
export const ROUNDS = 7;

/** The least milliseconds of the parts, which take turns so that a busy machine disturbs all alike. */
export function least(rounds: number, parts: readonly (() => void)[]): number[] {
  const best = parts.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds; round++) {
    for (const [k, part] of parts.entries()) {
      const start = performance.now();
      part();
      best[k] = Math.min(best[k]!, performance.now() - start);
    }
  }
  return best;
}

/** From the call that starts a thread to its first instruction. */
export class FirstInstructions {
  #begun = 0;
  #ms = 0;
  begins(): void {
    this.#begun = performance.now();
  }
  runs(): void {
    this.#ms += performance.now() - this.#begun;
  }
  /** The least mean of the rounds, in milliseconds. @param call starts so many threads */
  least(rounds: number, threads: number, call: () => void): number {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < rounds; round++) {
      this.#ms = 0;
      call();
      best = Math.min(best, this.#ms / threads);
    }
    return best;
  }
}

/** What threads do with each other and with their server. The two words that the import asks returns: how many threads a start begins, and of which kind. */
export const EXCHANGES = threaded(`
  (import "bench" "asks" (func $asks (param i32) (result i32)))
  (import "bench" "ends" (func $ends))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (func $until (param $wanted i32) (local $now i32)
    (block $is (loop $again
      (br_if $is (i32.eq (local.tee $now (i32.atomic.load (i32.const 16))) (local.get $wanted)))
      (drop (memory.atomic.wait32 (i32.const 16) (local.get $now) (i64.const -1)))
      (br $again))))
  (func $hand (param $to i32)
    (i32.atomic.store (i32.const 16) (local.get $to))
    (drop (memory.atomic.notify (i32.const 16) (i32.const 1))))
  ;; Above zero: hands back so often. Zero: runs for ever. Below: waits for ever.
  (func (export "wasi_thread_start") (param $id i32) (param $n i32)
    (drop (i32.atomic.rmw.add (i32.const 40) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 40) (i32.const 1)))
    (if (i32.eqz (local.get $n)) (then (loop $spin (br $spin))))
    (if (i32.lt_s (local.get $n) (i32.const 0))
      (then (drop (memory.atomic.wait32 (i32.const 48) (i32.const 0) (i64.const -1)))))
    (loop $again
      (call $until (i32.const 1))
      (call $hand (i32.const 0))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "handovers") (param $n i32) (result i32)
    (if (i32.lt_s (call $spawn (local.get $n)) (i32.const 1)) (then unreachable))
    (loop $again
      (call $hand (i32.const 1))
      (call $until (i32.const 0))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.atomic.load (i32.const 16)))
  (func (export "locks") (param $n i32) (result i32)
    (i32.store (i32.const 28) (i32.const 0))
    (loop $again
      (block $locked (loop $try
        (br_if $locked (i32.eqz (i32.atomic.rmw.cmpxchg (i32.const 24) (i32.const 0) (i32.const 1))))
        (drop (memory.atomic.wait32 (i32.const 24) (i32.const 1) (i64.const -1)))
        (br $try)))
      (i32.store (i32.const 28) (i32.add (i32.load (i32.const 28)) (i32.const 1)))
      (if (i32.eq (i32.atomic.rmw.xchg (i32.const 24) (i32.const 0)) (i32.const 2))
        (then (drop (memory.atomic.notify (i32.const 24) (i32.const 1)))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.load (i32.const 28)))
  ;; So many writes of 64 bytes, or none, with so much work after each.
  (func (export "writes") (param $n i32) (param $bytes i32) (param $work i32) (result i32) (local $k i32)
    (i32.store (i32.const 64) (i32.const 128))
    (i32.store (i32.const 68) (local.get $bytes))
    (loop $again
      (if (local.get $bytes)
        (then (if (call $write (i32.const 1) (i32.const 64) (i32.const 1) (i32.const 72)) (then unreachable))))
      (local.set $k (local.get $work))
      (loop $working (br_if $working (i32.gt_s (local.tee $k (i32.sub (local.get $k) (i32.const 1))) (i32.const 0))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.const 0))
  (func (export "_start") (local $threads i32) (local $begun i32)
    (local.set $threads (call $asks (i32.const 0)))
    (loop $again
      (if (i32.lt_s (call $spawn (call $asks (i32.const 1))) (i32.const 1)) (then unreachable))
      (br_if $again (local.tee $threads (i32.sub (local.get $threads) (i32.const 1)))))
    (local.set $threads (call $asks (i32.const 0)))
    (block $all (loop $again
      (br_if $all (i32.eq (local.tee $begun (i32.atomic.load (i32.const 40))) (local.get $threads)))
      (drop (memory.atomic.wait32 (i32.const 40) (local.get $begun) (i64.const -1)))
      (br $again)))
    (call $ends))`);
