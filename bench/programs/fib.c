// Recursive calls, one argument: Fibonacci numbers.
#include "program.h"

static int32_t fib(int32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

RUN(int32_t) { return fib(n); }
