;; Two threads count in turn, each by waiting for the other: neither comes to an end unless both run at the same time, or take turns.
(module $Mem (memory (export "shared") 1 2 shared))
(register "mem")

;; "count" waits until word 0 has its parity, adds one, and wakes the other, up to a limit.
(module $Even
  (memory (import "mem" "shared") 1 2 shared)
  (func (export "count") (param $parity i32) (param $limit i32) (result i32)
    (local $word i32)
    (loop $next
      (local.set $word (i32.atomic.load (i32.const 0)))
      (if (i32.ge_u (local.get $word) (local.get $limit)) (then (return (local.get $word))))
      (if (i32.eq (i32.and (local.get $word) (i32.const 1)) (local.get $parity))
        (then
          (i32.atomic.store (i32.const 0) (i32.add (local.get $word) (i32.const 1)))
          (drop (memory.atomic.notify (i32.const 0) (i32.const -1))))
        (else (drop (memory.atomic.wait32 (i32.const 0) (local.get $word) (i64.const -1)))))
      (br $next))
    (unreachable)))

(thread $T1 (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 2 shared)
    (func (export "count") (param $parity i32) (param $limit i32) (result i32)
      (local $word i32)
      (loop $next
        (local.set $word (i32.atomic.load (i32.const 0)))
        (if (i32.ge_u (local.get $word) (local.get $limit)) (then (return (local.get $word))))
        (if (i32.eq (i32.and (local.get $word) (i32.const 1)) (local.get $parity))
          (then
            (i32.atomic.store (i32.const 0) (i32.add (local.get $word) (i32.const 1)))
            (drop (memory.atomic.notify (i32.const 0) (i32.const -1))))
          (else (drop (memory.atomic.wait32 (i32.const 0) (local.get $word) (i64.const -1)))))
        (br $next))
      (unreachable)))
  (assert_return (invoke "count" (i32.const 1) (i32.const 100)) (i32.const 100))
)
(assert_return (invoke $Even "count" (i32.const 0) (i32.const 100)) (i32.const 100))
(wait $T1)
(assert_return (invoke $Even "count" (i32.const 0) (i32.const 100)) (i32.const 100))
