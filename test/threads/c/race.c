// Two threads add to a number without a lock, with some work between reading and writing: usage: race. How many additions are lost, the schedule says.
#include <pthread.h>
#include <stdio.h>

static volatile int number;

static void *add(void *unused) {
  (void)unused;
  for (int i = 0; i < 1000; i++) {
    int before = number;
    for (volatile int k = 0; k < 10; k++) continue;
    number = before + 1;
  }
  return 0;
}

int main(void) {
  pthread_t threads[2];
  for (int i = 0; i < 2; i++) pthread_create(&threads[i], 0, add, 0);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], 0);
  printf("%d\n", number);
  return 0;
}
