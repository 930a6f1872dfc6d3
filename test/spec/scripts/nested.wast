;; A thread passes on the memory that it was passed, to a thread that wakes the first one. Waits of 64 bits, with and without a time.
(module $Mem (memory (export "shared") 1 1 shared))

(thread $Outer (shared (module $Mem))
  (register "m" $Mem)
  (thread $Inner (shared (module $Mem))
    (register "inner" $Mem)
    (module
      (memory (import "inner" "shared") 1 1 shared)
      (func (export "wake")
        (i64.atomic.store (i32.const 8) (i64.const 7))
        (loop $again
          (br_if $again (i32.ne (memory.atomic.notify (i32.const 16) (i32.const 1)) (i32.const 1))))))
    (assert_return (invoke "wake"))
    (assert_unlinkable (module (memory (import "m" "shared") 1 1 shared)) "unknown import")
  )
  (module
    (memory (import "m" "shared") 1 1 shared)
    (func (export "wait") (param $ns i64) (result i32)
      (memory.atomic.wait64 (i32.const 16) (i64.const 0) (local.get $ns)))
    (func (export "not-equal") (result i32)
      (memory.atomic.wait64 (i32.const 16) (i64.const 1) (i64.const -1)))
    (func (export "timed-out") (result i32)
      (memory.atomic.wait64 (i32.const 24) (i64.const 0) (i64.const 1000))))
  (assert_return (invoke "wait" (i64.const -1)) (i32.const 0))
  (assert_return (invoke "not-equal") (i32.const 1))
  (assert_return (invoke "timed-out") (i32.const 2))
  (wait $Inner)
)
(wait $Outer)

(register "mem" $Mem)
(module
  (memory (import "mem" "shared") 1 1 shared)
  (func (export "seen") (result i64) (i64.atomic.load (i32.const 8))))
(assert_return (invoke "seen") (i64.const 7))
