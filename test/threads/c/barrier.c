// Four threads add up a table in rounds, with a barrier after each: nobody reads what another has not written yet.
#include <pthread.h>
#include <stdio.h>

#define THREADS 4
#define ROUNDS 6

static int table[ROUNDS + 1][THREADS];
static int serial;
static pthread_barrier_t barrier;

static void *run(void *argument) {
  int me = *(int *)argument;
  table[0][me] = me + 1;
  for (int round = 1; round <= ROUNDS; round++) {
    if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) __atomic_fetch_add(&serial, 1, __ATOMIC_SEQ_CST);
    int sum = 0;
    for (int i = 0; i < THREADS; i++) sum += table[round - 1][i];
    table[round][me] = (sum + me) % 1000;
  }
  return 0;
}

int main(void) {
  pthread_t threads[THREADS];
  int ids[THREADS];
  pthread_barrier_init(&barrier, 0, THREADS);
  for (int i = 0; i < THREADS; i++) {
    ids[i] = i;
    pthread_create(&threads[i], 0, run, &ids[i]);
  }
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], 0);
  for (int i = 0; i < THREADS; i++) printf("%d ", table[ROUNDS][i]);
  printf("serial %d\n", serial);
  return 0;
}
