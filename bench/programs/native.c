// Runs one program of the corpus natively, for the expected results:
//   gcc -O2 -ffp-contract=off -DPROGRAM='"fib.c"' native.c -lm -o fib && ./fib 25
#include PROGRAM

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    int32_t n = atoi(argv[i]);
    printf(_Generic(run(n), int32_t: "%d\n", int64_t: "%ld\n", double: "%.17g\n"), run(n));
  }
  return 0;
}
