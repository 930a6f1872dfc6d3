// An interpreter inside the interpreter: the Lisp of samples/lisp.c counts the n-queens solutions and builds and
// drops lists, so that its collector runs. Recursion, pointers, branches that nobody predicts.
// flags: -Wl,-z,stack-size=1048576
#include "program.h"

static uint32_t printed; // a hash of what the program prints

#define LISP_FAIL(message) ((void)(message), __builtin_trap())
#define LISP_PUT(byte) (printed = (printed ^ (uint8_t)(byte)) * 16777619u)
#include "../../samples/lisp.h"

static const char program[] =
    "(define safe? (lambda (row distance placed)"
    "  (cond ((null? placed) t)"
    "        ((= row (car placed)) ())"
    "        ((= row (+ (car placed) distance)) ())"
    "        ((= row (- (car placed) distance)) ())"
    "        (t (safe? row (+ distance 1) (cdr placed))))))"
    "(define place (lambda (n column row placed count)"
    "  (if (= column n) (+ count 1)"
    "    (if (= row n) count"
    "      (place n column (+ row 1) placed"
    "        (if (safe? row 1 placed) (place n (+ column 1) 0 (cons row placed) count) count))))))"
    "(define iota (lambda (n tail) (if (= n 0) tail (iota (- n 1) (cons n tail)))))"
    "(define map (lambda (f l) (if (null? l) () (cons (f (car l)) (map f (cdr l))))))"
    "(define sum (lambda (l total) (if (null? l) total (sum (cdr l) (+ total (car l))))))"
    "(define churn (lambda (times total)"
    "  (if (= times 0) total"
    "    (churn (- times 1) (xor total (sum (map (lambda (x) (* x times)) (iota 100 ())) total))))))"
    "(print (place 6 0 0 () 0))"
    "(define round (lambda (n total)"
    "  (if (= n 0) total (round (- n 1) (+ (churn 10 n) (+ total (place 5 0 0 () 0)))))))";

RUN(int32_t) {
  printed = 2166136261u;
  lisp_reset();
  lisp_run(program);
  push(make(CONS, from_number(0), NIL));
  roots[root_top - 1] = make(CONS, from_number(n), roots[root_top - 1]);
  Val call = make(CONS, intern("round", 5), roots[root_top - 1]);
  print(eval(call, NIL));
  return (int32_t)(printed ^ (uint32_t)collections << 20);
}
