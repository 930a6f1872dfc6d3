// Counts the primes up to a limit with a sieve: pure computation in a megabyte or so of memory.
//   primes [LIMIT]
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  long limit = argc > 1 ? strtol(argv[1], NULL, 10) : 1000000;
  if (limit < 2 || limit > 100000000) {
    fprintf(stderr, "usage: primes [LIMIT], 2 to 100000000\n");
    return 2;
  }
  unsigned char *composite = calloc((size_t)limit + 1, 1);
  if (!composite) {
    fprintf(stderr, "primes: out of memory\n");
    return 1;
  }
  long count = 0, last = 0;
  for (long i = 2; i <= limit; i++) {
    if (composite[i]) continue;
    count++;
    last = i;
    if (i > limit / i) continue;
    for (long j = i * i; j <= limit; j += i) composite[j] = 1;
  }
  printf("%ld primes up to %ld, the last is %ld\n", count, limit, last);
  return 0;
}
