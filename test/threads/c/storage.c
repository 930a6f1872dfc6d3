// What belongs to a thread: __thread variables with initial values, and values by key, whose destructors run when the thread ends.
#include <pthread.h>
#include <stdio.h>

static __thread int own = 7;
static __thread char text[16];
static pthread_key_t key;
static int destroyed;

static void destroy(void *value) { __atomic_fetch_add(&destroyed, *(int *)value, __ATOMIC_SEQ_CST); }

static void *run(void *argument) {
  int *number = argument;
  own += *number;
  snprintf(text, sizeof text, "t%d", *number);
  pthread_setspecific(key, number);
  for (volatile int k = 0; k < 2000; k++) continue;
  int *back = pthread_getspecific(key);
  return (void *)(long)(own * 100 + *back + (text[1] - '0') * 10000);
}

int main(void) {
  pthread_t threads[3];
  int numbers[3] = {1, 2, 3};
  pthread_key_create(&key, destroy);
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], 0, run, &numbers[i]);
  for (int i = 0; i < 3; i++) {
    void *result;
    pthread_join(threads[i], &result);
    printf("thread %d: %ld\n", i, (long)result);
  }
  printf("main: %d, destroyed %d, no value: %d\n", own, destroyed, pthread_getspecific(key) == 0);
  return 0;
}
