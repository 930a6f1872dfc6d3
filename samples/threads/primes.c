// Counts the primes below a number, in several threads: usage: primes [number] [threads]. Each takes the next thousand numbers from a shared counter.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define CHUNK 1000
#define MOST_THREADS 64

static int limit;
static int next;
static int found;

static int is_prime(int n) {
  if (n < 2) return 0;
  for (int d = 2; d * d <= n; d++) {
    if (n % d == 0) return 0;
  }
  return 1;
}

static void *search(void *unused) {
  (void)unused;
  for (;;) {
    int from = __atomic_fetch_add(&next, CHUNK, __ATOMIC_SEQ_CST);
    if (from >= limit) return 0;
    int count = 0;
    for (int n = from; n < from + CHUNK && n < limit; n++) count += is_prime(n);
    __atomic_fetch_add(&found, count, __ATOMIC_SEQ_CST);
  }
}

int main(int argc, char **argv) {
  pthread_t threads[MOST_THREADS];
  limit = argc > 1 ? atoi(argv[1]) : 20000;
  int wanted = argc > 2 ? atoi(argv[2]) : 2, started = 0;
  if (wanted > MOST_THREADS) wanted = MOST_THREADS;
  while (started < wanted && pthread_create(&threads[started], 0, search, 0) == 0) started++;
  if (started == 0) search(0);
  for (int i = 0; i < started; i++) pthread_join(threads[i], 0);
  printf("%d primes below %d\n", found, limit);
  return 0;
}
